//! What DusuPay sends us by itself.

use domain::provider_call::Word;

use super::DusuPay;
use super::answer::{Status, Transaction, VERIFIED_AFTER};
use crate::json::{Object, Tolerance, Value, parse_object};
use crate::provider::{About, Callback, CallbackFault, Told};
use crate::webhook::dusupay::{signed_text, verify_hmac, verify_rsa};

impl DusuPay {
    /// Where there are keys, only an event that moves no money is believed by itself: the
    /// signatures do not cover the amount, and the status request does.
    pub(super) fn told(&self, callback: &Callback<'_>) -> Result<Told, CallbackFault> {
        let unreadable = |_| CallbackFault::Unreadable;
        let object = parse_object(callback.body, Tolerance::Strict).map_err(unreadable)?;
        signed_text(callback.body).ok_or(CallbackFault::Unreadable)?;
        self.authenticate(callback)?;
        let (event, payload) = parts(&object).ok_or(CallbackFault::Unreadable)?;
        let told = Transaction(payload);
        let field = |name| told.text(name).ok_or(CallbackFault::Unreadable);
        let status = field("transaction_status")?;
        Ok(Told {
            dedupe_key: format!("{}:{status}:{event}", field("internal_reference")?),
            about: About::ClientReference(field("merchant_reference")?.to_owned()),
            word: self.believed(event, status, &told),
        })
    }

    fn believed(&self, event: &str, status: &str, told: &Transaction<'_>) -> Option<Word> {
        let status = Status::parse(status)?;
        let fits = match event {
            "transaction.processing" => status == Status::Open,
            "transaction.completed" => status == Status::Completed,
            "transaction.failed" | "request.failed" => status == Status::Failed,
            _ => false,
        };
        let moves_nothing = status == Status::Open;
        let is_believed = fits && (moves_nothing || self.keys.is_none());
        // By then two minutes have gone by since the transaction began, too.
        let ask_again_after = moves_nothing.then_some(VERIFIED_AFTER);
        is_believed.then(|| Word { ask_again_after, ..told.word() })
    }

    /// Every signature that is there and can be checked must be right, and there must be one.
    /// Their time lies outside of them and proves nothing.
    fn authenticate(&self, callback: &Callback<'_>) -> Result<(), CallbackFault> {
        let hmac = match (&self.hmac, only(callback, "hmac-signature")?) {
            (Some(key), Some(header)) => Some(verify_hmac(key, callback.body, header)),
            (None, _) | (_, None) => None,
        };
        let rsa = match (&self.rsa, only(callback, "rsa-signature")?) {
            (Some((key, digest)), Some(header)) => {
                Some(verify_rsa(key, *digest, callback.body, header))
            }
            (None, _) | (_, None) => None,
        };
        match (hmac, rsa) {
            (Some(true), Some(true) | None) | (None, Some(true)) => Ok(()),
            (Some(false), _) | (_, Some(false)) | (None, None) => Err(CallbackFault::Forged),
        }
    }
}

/// A header that may be missing, but not stand twice.
fn only<'a>(callback: &Callback<'a>, name: &str) -> Result<Option<&'a str>, CallbackFault> {
    let mut found = callback.headers.iter().filter(|(other, _)| other == name);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => {
            std::str::from_utf8(value).map(Some).map_err(|_| CallbackFault::Forged)
        }
        (Some(_), Some(_)) => Err(CallbackFault::Forged),
    }
}

fn parts(object: &Object) -> Option<(&str, &Object)> {
    match (object.find("event"), object.find("payload")) {
        (Some(Value::Text(event)), Some(Value::Object(payload))) => Some((event, payload)),
        (_, _) => None,
    }
}

/// DusuPay asks `GET …?reference=` before it pays out. Our references are digits alone.
pub(super) fn payout_question(query: &str) -> Option<String> {
    let mut asked = query.split('&').filter_map(|pair| pair.strip_prefix("reference="));
    match (asked.next(), asked.next()) {
        (Some(reference), None) if is_ours(reference) => Some(reference.to_owned()),
        (_, _) => None,
    }
}

fn is_ours(reference: &str) -> bool {
    (1..=64).contains(&reference.len()) && reference.bytes().all(|byte| byte.is_ascii_digit())
}
