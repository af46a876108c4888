//! Airtel Africa Open API: collection by USSD push, disbursement, refund. The portal's pages are
//! behind a login: this follows what they are quoted with and what was seen on the wire.

mod callback;
mod codes;
mod look_up;
mod reading;
mod request;
mod sealing;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::Currency;
use domain::payment::{Method, PaymentKind};
use domain::phone::Network;
use domain::provider_call::{Provider, Verdict, Word};
use serde_json::json;
use zeroize::Zeroizing;

use super::look_up::{Found, LookUp};
use super::{
    About, Ask, Callback, CallbackAnswer, CallbackFault, Connector, Next, Outcome, Reply, Request,
    Secret, Service, Task, Token, Told, Verb, body,
};
use crate::rsa_encryption::{Padding, RsaPublicKey};
use crate::signing::SigningKey;
use reading::Created;
use sealing::Seal;
pub use settings::KIND;

/// The portal's floor between a push and the first question about it.
const FIRST_ENQUIRY_AFTER: Duration = Duration::from_secs(180);

/// A refund cannot be asked about at all: a person will look after a week of this.
const REFUND_LOOK_AFTER: Duration = Duration::from_secs(24 * 3600);

const TOKEN: &str = "airtel";

/// `v1`, `v2` or `v3` in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
    V3,
}

/// What proves to Airtel that a disbursement is ours.
#[derive(Debug)]
struct Pin {
    digits: Secret,
    key: RsaPublicKey,
    padding: Padding,
}

#[derive(Debug)]
pub struct AirtelMoney {
    url: String,
    client_id: Secret,
    client_secret: Secret,
    /// ISO 3166 alpha-2.
    country: String,
    currency: Currency,
    collection_version: Version,
    disbursement_version: Version,
    /// Without one there are no disbursements.
    pin: Option<Pin>,
    /// Where message signing is on.
    seal: Option<Seal>,
    callback_key: Option<SigningKey>,
    callback_token: Option<Secret>,
}

impl Connector for AirtelMoney {
    fn provider(&self) -> Provider {
        Provider::AirtelMoney
    }

    fn serves(&self, service: &Service) -> bool {
        let can = match service.kind {
            PaymentKind::Charge | PaymentKind::Refund => true,
            PaymentKind::Disbursement => self.pin.is_some(),
            PaymentKind::Conversion => false,
        };
        can && service.method == Method::MobileMoney
            && service.network == Some(Network::Airtel)
            && service.currency == self.currency
    }

    fn next(&self, ask: &Ask<'_>, replies: &[Reply]) -> Next {
        let is_refund = ask.payment.kind == PaymentKind::Refund;
        let unknown = || Next::Done(reading::open(Verdict::Unknown, ask));
        let look_later = || {
            let ask_again_after = Some(REFUND_LOOK_AFTER);
            Next::Done(Word { ask_again_after, ..Word::of(Verdict::Unknown) })
        };
        match (ask.task, replies) {
            (Task::Submit(_), []) => match self.creation(ask) {
                Ok(request) => Next::Send(request),
                Err(verdict) => Next::Done(Word::of(verdict)),
            },
            (Task::Submit(_), [reply]) => match reading::created(reply, ask) {
                Created::Says(Word { verdict: Verdict::Unknown, .. }) if is_refund => look_later(),
                Created::Says(word) => Next::Done(word),
                Created::Exists if is_refund => look_later(),
                Created::Exists => Next::Send(self.enquiry(ask)),
            },
            (Task::Enquire | Task::Authorize(_), _) if is_refund => look_later(),
            (Task::Enquire | Task::Authorize(_), []) => Next::Send(self.enquiry(ask)),
            (Task::Submit(_), [.., last]) => match reading::status(last, ask) {
                // It exists, Airtel has just said so.
                Word { verdict: Verdict::Unheard, .. } => unknown(),
                word => Next::Done(word),
            },
            (Task::Enquire | Task::Authorize(_), [.., last]) => {
                Next::Done(reading::status(last, ask))
            }
        }
    }

    fn token_request(&self, _: &'static str) -> Option<Request> {
        let body = json!({
            "client_id": self.client_id.reveal(),
            "client_secret": self.client_secret.reveal(),
            "grant_type": "client_credentials",
        });
        Some(Request {
            verb: Verb::Post,
            url: format!("{}/auth/oauth2/token", self.url),
            headers: vec![
                ("content-type", Secret::new("application/json")),
                ("accept", Secret::new("*/*")),
            ],
            body: Zeroizing::new(body.to_string().into_bytes()),
            token: None,
        })
    }

    fn read_token(&self, status: u16, body: &[u8]) -> Option<Token> {
        body::token(status, body)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn unheard_after(&self) -> Duration {
        FIRST_ENQUIRY_AFTER
    }

    fn look_up(&self, what: &LookUp) -> Vec<Request> {
        self.look_up_request(what).into_iter().collect()
    }

    fn read_look_up(&self, what: &LookUp, replies: &[Reply]) -> Option<Found> {
        look_up::read(what, replies.first()?)
    }

    /// Even an authentic one may be of an intermediate state, and its failures of no meaning.
    fn read_callback(&self, callback: &Callback<'_>) -> Result<Told, CallbackFault> {
        body::check_address(callback, self.callback_token.as_ref())?;
        let object = body::parse(callback.body).ok_or(CallbackFault::Unreadable)?;
        if let Some(key) = &self.callback_key
            && !callback::is_authentic(key, callback.body)
        {
            return Err(CallbackFault::Forged);
        }
        let about = body::text(&object, &["transaction", "id"])
            .map_or(About::Nothing, |id| About::ClientReference(id.to_owned()));
        Ok(Told { dedupe_key: body::content_key(&object), about, word: None })
    }

    fn answer_callback(&self, _: &Callback<'_>, outcome: Outcome) -> CallbackAnswer {
        body::plain_answer(outcome)
    }
}
