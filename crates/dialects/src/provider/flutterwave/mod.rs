//! Flutterwave's v4 API: cards and mobile money in, transfers to phones and banks out, refunds.
//! A lost answer is asked for again by our reference, or got again by sending the same request
//! with the same `X-Idempotency-Key`; a callback never says more than that it is time to enquire.

mod answer;
mod body;
mod callback;
mod codes;
mod flow;
mod look_up;
mod names;
mod seal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use domain::Currency;
use domain::payment::{Method, PaymentKind};
use domain::phone::Network;
use domain::provider_call::{Provider, Verdict, Word};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::look_up::{Found, LookUp};
use super::setting::{Fault, Kind, Need, Setting, Values};
use super::{
    Ask, Callback, CallbackAnswer, CallbackFault, Connector, Next, Outcome, Reply, Request, Secret,
    Service, Token, Told, Verb,
};
use crate::signing::SigningKey;
use flow::Replies;
use seal::FieldKey;

pub const KIND: Kind = Kind { provider: Provider::Flutterwave, settings: SETTINGS, build };

const SETTINGS: &[Setting] = &[
    required("url", "Base address of the v4 API, without a path"),
    required("token_url", "Where tokens are given, whole"),
    required("client_id", "Client id of the API credentials"),
    required("client_secret", "Client secret of the API credentials"),
    required("encryption_key", "Encryption key of the dashboard: base64 of 32 bytes"),
    required("webhook_secret", "Secret hash of the webhook"),
];

const fn required(name: &'static str, about: &'static str) -> Setting {
    Setting { name, about, need: Need::Required }
}

/// The name of the one token there is.
const TOKEN: &str = "api";

/// Their own time-out is 28 s, after which a request may still be carried out.
const PATIENCE: Duration = Duration::from_secs(35);

#[derive(Debug)]
pub struct Flutterwave {
    url: String,
    token_url: String,
    client_id: Secret,
    client_secret: Secret,
    field_key: FieldKey,
    webhook_key: SigningKey,
}

fn build(values: &Values) -> Result<Arc<dyn Connector>, Fault> {
    Ok(Arc::new(Flutterwave::new(values)?))
}

impl Flutterwave {
    pub fn new(values: &Values) -> Result<Flutterwave, Fault> {
        let unfit = Fault::Unfit { name: "encryption_key", reason: "must be base64 of 32 bytes" };
        Ok(Flutterwave {
            url: values.url("url")?,
            token_url: values.url("token_url")?,
            client_id: values.get("client_id")?,
            client_secret: values.get("client_secret")?,
            field_key: FieldKey::read(values.get("encryption_key")?.reveal()).ok_or(unfit)?,
            webhook_key: SigningKey::new(values.get("webhook_secret")?.reveal().as_bytes()),
        })
    }
}

impl Connector for Flutterwave {
    fn provider(&self) -> Provider {
        Provider::Flutterwave
    }

    fn serves(&self, service: &Service) -> bool {
        match (service.kind, service.method) {
            (PaymentKind::Charge | PaymentKind::Refund, Method::Card) => true,
            (PaymentKind::Charge | PaymentKind::Disbursement | PaymentKind::Refund, method) => {
                let is_known = match method {
                    Method::MobileMoney => {
                        matches!(service.network, Some(Network::Mtn | Network::Airtel))
                    }
                    Method::Bank => service.kind == PaymentKind::Disbursement,
                    Method::Card | Method::BankTransfer | Method::Wallet => false,
                };
                is_known && service.currency == Currency::Rwf
            }
            (PaymentKind::Conversion, _) => false,
        }
    }

    fn next(&self, ask: &Ask<'_>, replies: &[Reply]) -> Next {
        match self.answer(ask, &mut Replies::of(replies)) {
            Ok(word) => Next::Done(word),
            Err(request) => Next::Send(*request),
        }
    }

    fn token_request(&self, _name: &'static str) -> Option<Request> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.client_id.reveal())
            .append_pair("client_secret", self.client_secret.reveal())
            .append_pair("grant_type", "client_credentials")
            .finish();
        let kind = ("content-type", Secret::new("application/x-www-form-urlencoded"));
        Some(Request {
            verb: Verb::Post,
            url: self.token_url.clone(),
            headers: vec![kind],
            body: Zeroizing::new(form.into_bytes()),
            token: None,
        })
    }

    fn read_token(&self, status: u16, body: &[u8]) -> Option<Token> {
        #[derive(Deserialize)]
        struct Given {
            access_token: String,
            /// Seconds; 600 as documented.
            expires_in: u64,
        }
        let given: Given = serde_json::from_slice(body).ok().filter(|_| status == 200)?;
        let serves = Duration::from_secs(given.expires_in);
        Some(Token { text: Secret::new(given.access_token), serves })
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn look_up(&self, what: &LookUp) -> Vec<Request> {
        self.look_up_request(what).into_iter().collect()
    }

    fn read_look_up(&self, what: &LookUp, replies: &[Reply]) -> Option<Found> {
        look_up::read(what, replies.first()?)
    }

    fn read_callback(&self, callback: &Callback<'_>) -> Result<Told, CallbackFault> {
        callback::read(&self.webhook_key, callback)
    }

    fn answer_callback(&self, _callback: &Callback<'_>, outcome: Outcome) -> CallbackAnswer {
        callback::answer(outcome)
    }
}

const fn word(verdict: Verdict) -> Word {
    Word::of(verdict)
}
