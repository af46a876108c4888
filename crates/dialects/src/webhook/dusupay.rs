//! The `dusupay` dialect (CONTRACT 3): an event with a payload, and two signatures over five of
//! its fields, an HMAC and an RSA one. HTTP 200 acknowledges; a 5xx stops.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::account::Account;
use domain::decide::Told;
use domain::delivery::Reading;
use domain::disbursement::Recipient;
use domain::endpoint::DialectName;
use domain::event::EventKind;
use domain::payment::{Detail, Payment, PaymentKind};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Dialect, Headers, Message, Secrets, WebhookSecret};
use crate::json::{Object, Tolerance, Value, parse_object};
use crate::object::{amount, to_text};
use crate::signing::{RsaDigest, RsaSigner, RsaVerifier};

/// The fields that both signatures cover, after the event's own word. Nothing else is covered,
/// not even an amount: a receiver asks for the transaction before it moves money.
const SIGNED: [&str; 4] =
    ["merchant_reference", "internal_reference", "transaction_type", "transaction_status"];

#[derive(Clone, Debug, Default)]
pub struct DusuPay {
    /// Without it there is the HMAC alone.
    pub rsa: Option<Arc<RsaSigner>>,
    pub digest: RsaDigest,
    /// A 5xx is tried again instead of ending the delivery.
    pub retries_server_errors: bool,
}

#[derive(Serialize)]
struct Callback<'a> {
    event: &'static str,
    payload: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    /// Text, because many receivers read numbers of this size through floats.
    id: String,
    merchant_reference: &'a str,
    internal_reference: String,
    transaction_type: &'static str,
    request_currency: &'static str,
    transaction_amount: Box<RawValue>,
    transaction_currency: &'static str,
    transaction_charge: Box<RawValue>,
    transaction_account: String,
    charge_customer: bool,
    total_credit: Box<RawValue>,
    provider_code: String,
    request_amount: Box<RawValue>,
    customer_name: String,
    transaction_status: &'static str,
    status_message: &'a str,
}

impl Dialect for DusuPay {
    fn write(&self, _: &Account, kind: EventKind, told: Told<'_>) -> Option<String> {
        let event = DialectName::DusuPay.event_word(kind)?;
        let status = match event {
            "transaction.completed" => "COMPLETED",
            "transaction.failed" => "FAILED",
            _ => "PROCESSING",
        };
        Some(to_text(&Callback { event, payload: payload(told, status) }))
    }

    fn sign(&self, secrets: &Secrets<'_>, message: &Message<'_>) -> Headers {
        // Our own bodies always have the five fields.
        let signed = signed_text(message.body).unwrap_or_default();
        let mac = hex::encode(secrets.lead.text.sign(&[signed.as_bytes()]));
        let mut headers = vec![("hmac-signature", format!("t={},s={mac}", message.unix_seconds))];
        let signature = self.rsa.as_ref().and_then(|rsa| rsa.sign(self.digest, signed.as_bytes()));
        headers.extend(signature.map(|bytes| ("rsa-signature", STANDARD.encode(bytes))));
        headers
    }

    fn read(&self, status: u16, retry_after: Option<Duration>) -> Reading {
        match status {
            200 => Reading::Delivered,
            500.. if !self.retries_server_errors => Reading::Stop,
            _ => Reading::Retry { after: retry_after },
        }
    }
}

fn payload<'a>(told: Told<'a>, status: &'static str) -> Payload<'a> {
    let payment = told.payment;
    let currency = payment.gross.currency();
    let is_failed = status == "FAILED";
    let (charge_minor, credit_minor) =
        if is_failed { (0, 0) } else { (payment.fee_minor, payment.net_minor()) };
    let (credit, credit_currency) = match told.detail {
        Some(Detail::Conversion(conversion)) if !is_failed => {
            (conversion.target.minor(), conversion.target.currency())
        }
        Some(_) | None => (credit_minor, currency),
    };
    let person = Person::of(told.detail, payment);
    Payload {
        id: payment.id.0.to_string(),
        merchant_reference: &payment.dgs_reference,
        internal_reference: payment.id.0.to_string(),
        transaction_type: transaction_type(payment.kind),
        request_currency: currency.code(),
        transaction_amount: amount(payment.gross.minor(), currency),
        transaction_currency: currency.code(),
        transaction_charge: amount(charge_minor, currency),
        transaction_account: person.account,
        charge_customer: false,
        total_credit: amount(credit, credit_currency),
        provider_code: person.provider_code,
        request_amount: amount(payment.gross.minor(), currency),
        customer_name: person.name,
        transaction_status: status,
        status_message: match (&payment.reason, status) {
            (Some(reason), "FAILED") => &reason.text,
            (_, "FAILED") => "Transaction Failed",
            (_, "COMPLETED") => "Transaction Completed Successfully",
            (_, _) => "Transaction is being processed",
        },
    }
}

const fn transaction_type(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Charge => "COLLECTION",
        PaymentKind::Disbursement => "PAYOUT",
        PaymentKind::Conversion => "CONVERSION",
        PaymentKind::Refund => "REFUND",
    }
}

/// Whose money it is, and through which provider.
struct Person {
    name: String,
    account: String,
    provider_code: String,
}

impl Person {
    fn of(detail: Option<&Detail>, payment: &Payment) -> Person {
        let (name, account, provider) = match detail {
            Some(Detail::Charge(charge)) => {
                let customer = &charge.customer;
                let name = format!("{} {}", customer.first_name, customer.last_name);
                match (&charge.mobile_money, &charge.card) {
                    (Some(mobile), _) => (
                        name,
                        mobile.phone.e164().trim_start_matches('+').to_owned(),
                        Some(mobile.network.name().to_lowercase()),
                    ),
                    (None, Some(card)) => (
                        name,
                        format!("{}******{}", card.first_six, card.last_four),
                        Some(card.brand.name().to_lowercase()),
                    ),
                    (None, None) => (name, String::new(), None),
                }
            }
            Some(Detail::Disbursement(disbursement)) => match &disbursement.recipient {
                Recipient::Bank { bank_key, account_number, name, .. } => (
                    name.clone().unwrap_or_default(),
                    account_number.clone(),
                    Some(bank_key.clone()),
                ),
                Recipient::MobileMoney { network, phone, name } => (
                    name.clone().unwrap_or_default(),
                    phone.e164().trim_start_matches('+').to_owned(),
                    Some(network.name().to_lowercase()),
                ),
            },
            Some(Detail::Refund(refund)) => (String::new(), refund.charge_reference.clone(), None),
            Some(Detail::Conversion(_)) | None => (String::new(), String::new(), None),
        };
        let provider_code = provider.unwrap_or_else(|| payment.method.word().to_owned());
        Person { name, account, provider_code }
    }
}

/// The text that both signatures cover, from the values as they were sent; `None` where a field
/// is missing or no text, or where a colon in it would let the same text be read in two ways.
pub fn signed_text(body: &[u8]) -> Option<String> {
    let object = parse_object(body, Tolerance::Strict).ok()?;
    let text = |object: &Object, name| match object.find(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(_) | None => None,
    };
    let Some(Value::Object(payload)) = object.find("payload") else { return None };
    let mut signed = text(&object, "event")?;
    for name in SIGNED {
        signed.push(':');
        signed += &text(payload, name)?;
    }
    let has_one_reading = signed.matches(':').count() == SIGNED.len();
    has_one_reading.then_some(signed)
}

/// Whether an `hmac-signature` is of this body. Its `t` lies outside of the signature and proves
/// nothing: who must not act twice dedupes on the internal reference and the status.
pub fn verify_hmac(secret: &WebhookSecret, body: &[u8], header: &str) -> bool {
    match (mac_of(header), signed_text(body)) {
        (Some(mac), Some(signed)) => secret.text.verify(&[signed.as_bytes()], &mac),
        (None, _) | (_, None) => false,
    }
}

/// The one `s` of the header, in lower-case hex.
fn mac_of(header: &str) -> Option<Vec<u8>> {
    let mut found = header.split(',').filter_map(|part| part.trim().strip_prefix("s="));
    let (Some(text), None) = (found.next(), found.next()) else { return None };
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    hex::decode(text).ok().filter(|_| is_lower)
}

/// Whether an `rsa-signature` is of this body.
pub fn verify_rsa(key: &RsaVerifier, digest: RsaDigest, body: &[u8], header: &str) -> bool {
    match (STANDARD.decode(header.trim()), signed_text(body)) {
        (Ok(signature), Some(signed)) => key.verify(digest, signed.as_bytes(), &signature),
        (Err(_), _) | (_, None) => false,
    }
}

#[cfg(test)]
#[path = "dusupay_tests.rs"]
mod tests;
