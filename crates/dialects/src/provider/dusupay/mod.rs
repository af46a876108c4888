//! DusuPay: mobile money in, mobile money and bank transfers out, told of by signed callbacks.
//!
//! Printed by DusuPay's API documentation (developer.dusupay.com, `x-api-version: 1`), or seen by
//! several clients in public code:
//! - the hosts `sandboxapi.dusupay.com` and `payments.dusupay.com`; the headers `x-api-version`,
//!   `public-key`, and `secret-key` where money leaves or balances are read;
//! - `POST /collections/initialize` and `POST /payout/send-funds` with their bodies, answered with
//!   202 and two references; references of at least 8 characters, descriptions of 10 to 30;
//!   payouts refuse the field `msisdn`, and take `extra_params.bank_code`;
//! - `mobile_money_hpp` with `redirect_url`, answered with `payment_url`: DusuPay's own page;
//! - `GET /data/transaction/verify/{merchant_reference}`; the words of `transaction_status`;
//!   `request_*` in the currency that was asked for and `transaction_*` in that of the payment
//!   option; `GET /data/wallet-balances`;
//! - status requests in the first two minutes of a transaction are refused, and the same
//!   transaction should be asked about every five minutes at most;
//! - before it pays out, DusuPay asks the payout verification URL of the merchant account, here the
//!   address of the callbacks, `GET …?reference=`, whether the payout is ours: 200 says yes;
//! - the callbacks and both their signatures.
//!
//! Deduced, because no page that we could read says it:
//! - the provider codes of Rwanda, `mtn_rw`, `airtel_rw` and `bank_rw`, after the
//!   operator_country pattern of the others. They are settings;
//! - that a reference used before is refused with a 4xx: every refusal of a submission is checked
//!   with a status request, so nothing hangs on the code or the text;
//! - the authorization by one-time code: `authorization_mode` in a transaction that waits for one,
//!   and `POST /collections/authorize`. DusuPay asks for codes in Ghana; in Rwanda the payer's PIN
//!   on the phone is all;
//! - the payment options of `GET /data/payment-providers` and the banks of
//!   `GET /data/payout-bank-codes`, after the form of the balances. Nothing that moves money hangs
//!   on them;
//! - that `allow_final_status_change: false` keeps a failed collection failed.

mod answer;
mod callback;
mod look_up;
mod request;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Currency;
use domain::payment::{Method, PaymentKind};
use domain::phone::Network;
use domain::provider_call::{Provider, Verdict, Word};

use super::look_up::{Found, LookUp};
use super::setting::{Fault, Kind, Need, Setting, Values};
use super::{
    Ask, Callback, CallbackAnswer, CallbackFault, Connector, Next, Outcome, Reply, Request, Secret,
    Service, Shown, Task, Token, Told,
};
use crate::signing::{RsaDigest, RsaVerifier};
use crate::webhook::WebhookSecret;

pub const KIND: Kind = Kind { provider: Provider::DusuPay, settings: SETTINGS, build };

const SETTINGS: &[Setting] = &[
    Setting {
        name: "url",
        about: "https://payments.dusupay.com, or https://sandboxapi.dusupay.com",
        need: Need::Required,
    },
    Setting {
        name: "public_key",
        about: "of the merchant account; without keys, callbacks alone are taken",
        need: Need::Optional,
    },
    Setting { name: "secret_key", about: "of the merchant account", need: Need::Optional },
    Setting {
        name: "hmac_key",
        about: "the signing key that callbacks' hmac-signature is checked with",
        need: Need::Optional,
    },
    Setting {
        name: "rsa_public_key",
        about: "DusuPay's public key in PEM, that callbacks' rsa-signature is checked with",
        need: Need::Optional,
    },
    Setting {
        name: "rsa_digest",
        about: "what the RSA signatures hash with: sha512 or sha256",
        need: Need::Default("sha512"),
    },
    Setting {
        name: "callback_addresses",
        about: "where callbacks may come from, with commas: 161.35.164.139 (live), \
                165.227.128.244 (sandbox); empty for anywhere",
        need: Need::Optional,
    },
    Setting {
        name: "hosted_page",
        about: "on sends payers to DusuPay's page instead of straight to their phone",
        need: Need::Default("off"),
    },
    Setting {
        name: "mtn_provider_code",
        about: "DusuPay's code of MTN Rwanda",
        need: Need::Default("mtn_rw"),
    },
    Setting {
        name: "airtel_provider_code",
        about: "DusuPay's code of Airtel Rwanda",
        need: Need::Default("airtel_rw"),
    },
    Setting {
        name: "bank_provider_code",
        about: "DusuPay's code of bank transfers in Rwanda",
        need: Need::Default("bank_rw"),
    },
];

/// DusuPay's statements of an unknown reference are believed after the status requests that it
/// refuses, with as much again to spare.
const UNHEARD_AFTER: Duration = Duration::from_secs(5 * 60);

#[derive(Debug)]
pub struct DusuPay {
    url: String,
    keys: Option<Keys>,
    hmac: Option<WebhookSecret>,
    rsa: Option<(RsaVerifier, RsaDigest)>,
    callback_addresses: Vec<String>,
    hosted_page: bool,
    codes: Codes,
}

/// The two keys of a merchant account.
#[derive(Debug)]
struct Keys {
    public: Secret,
    secret: Secret,
}

/// DusuPay's names of the ways to pay.
#[derive(Debug)]
struct Codes {
    mtn: String,
    airtel: String,
    bank: String,
}

impl Codes {
    fn of(&self, network: Network) -> &str {
        match network {
            Network::Mtn => &self.mtn,
            Network::Airtel => &self.airtel,
        }
    }
}

fn build(values: &Values) -> Result<Arc<dyn Connector>, Fault> {
    DusuPay::of(values).map(|dusupay| -> Arc<dyn Connector> { Arc::new(dusupay) })
}

impl DusuPay {
    pub fn of(values: &Values) -> Result<DusuPay, Fault> {
        let keys = match (values.find("public_key"), values.find("secret_key")) {
            (Some(public), Some(secret)) => {
                Some(Keys { public: public.clone(), secret: secret.clone() })
            }
            (None, None) => None,
            (Some(_), None) => return Err(Fault::Missing("secret_key")),
            (None, Some(_)) => return Err(Fault::Missing("public_key")),
        };
        let hmac = values.find("hmac_key").map(|key| WebhookSecret::new(key.reveal()));
        let rsa = match values.find("rsa_public_key") {
            Some(pem) => Some((verifier(pem)?, digest(values)?)),
            None => None,
        };
        if keys.is_none() && hmac.is_none() && rsa.is_none() {
            return Err(Fault::Missing("public_key"));
        }
        let text = |name| values.get(name).map(|value| value.reveal().to_owned());
        Ok(DusuPay {
            url: values.url("url")?,
            keys,
            hmac,
            rsa,
            callback_addresses: addresses(values)?,
            hosted_page: values.switch("hosted_page")?,
            codes: Codes {
                mtn: text("mtn_provider_code")?,
                airtel: text("airtel_provider_code")?,
                bank: text("bank_provider_code")?,
            },
        })
    }
}

fn verifier(pem: &Secret) -> Result<RsaVerifier, Fault> {
    let begins_well = pem.reveal().trim_start().starts_with("-----BEGIN ");
    RsaVerifier::of_pem(pem.reveal())
        .filter(|_| begins_well)
        .ok_or(Fault::Unfit { name: "rsa_public_key", reason: "must be a public key in PEM" })
}

fn digest(values: &Values) -> Result<RsaDigest, Fault> {
    match values.get("rsa_digest")?.reveal() {
        "sha512" => Ok(RsaDigest::Sha512),
        "sha256" => Ok(RsaDigest::Sha256),
        _ => Err(Fault::Unfit { name: "rsa_digest", reason: "must be sha512 or sha256" }),
    }
}

fn addresses(values: &Values) -> Result<Vec<String>, Fault> {
    let Some(text) = values.find("callback_addresses") else { return Ok(Vec::new()) };
    let listed = text.reveal().split(',').map(str::trim).filter(|part| !part.is_empty());
    listed
        .map(|part| match part.parse::<IpAddr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err(Fault::Unfit {
                name: "callback_addresses",
                reason: "must be IP addresses with commas between them",
            }),
        })
        .collect()
}

impl Connector for DusuPay {
    fn provider(&self) -> Provider {
        Provider::DusuPay
    }

    fn serves(&self, service: &Service) -> bool {
        let is_known = match (service.kind, service.method) {
            (PaymentKind::Charge | PaymentKind::Disbursement, Method::MobileMoney)
            | (PaymentKind::Disbursement, Method::Bank) => true,
            (PaymentKind::Charge, Method::Bank)
            | (
                PaymentKind::Charge | PaymentKind::Disbursement,
                Method::Card | Method::BankTransfer | Method::Wallet,
            )
            | (PaymentKind::Conversion | PaymentKind::Refund, _) => false,
        };
        is_known && service.currency == Currency::Rwf && self.keys.is_some()
    }

    fn next(&self, ask: &Ask<'_>, replies: &[Reply]) -> Next {
        let nothing_sent = || Next::Done(Word::of(Verdict::NotSent));
        let Some(keys) = &self.keys else {
            return match ask.task {
                Task::Submit(_) | Task::Authorize(_) => nothing_sent(),
                Task::Enquire => Next::Done(Word::of(Verdict::Unknown)),
            };
        };
        match (ask.task, replies) {
            (Task::Submit(_), []) => {
                self.submission(keys, ask).map_or_else(nothing_sent, Next::Send)
            }
            (Task::Submit(_), [submitted]) => answer::submitted(submitted, ask)
                .map_or_else(|| Next::Send(self.verification(keys, ask)), Next::Done),
            (Task::Submit(_), [refused, verified, ..]) => {
                Next::Done(answer::refused(refused, verified, ask))
            }
            (Task::Authorize(Shown::Otp(code)), []) => {
                Next::Send(self.authorization(keys, ask, code))
            }
            (Task::Authorize(Shown::Otp(_)), [reply, ..]) => {
                Next::Done(answer::authorized(reply, ask))
            }
            (Task::Authorize(Shown::Pin(_) | Shown::Address(_)), _) => nothing_sent(),
            (Task::Enquire, []) => Next::Send(self.verification(keys, ask)),
            (Task::Enquire, [reply, ..]) => Next::Done(answer::verified(reply, ask)),
        }
    }

    fn token_request(&self, _: &'static str) -> Option<Request> {
        None
    }

    fn read_token(&self, _: u16, _: &[u8]) -> Option<Token> {
        None
    }

    fn unheard_after(&self) -> Duration {
        UNHEARD_AFTER
    }

    fn callback_addresses(&self) -> &[String] {
        &self.callback_addresses
    }

    fn payout_question(&self, query: &str) -> Option<String> {
        callback::payout_question(query)
    }

    fn look_up(&self, what: &LookUp) -> Vec<Request> {
        self.look_up_request(what).into_iter().collect()
    }

    fn read_look_up(&self, what: &LookUp, replies: &[Reply]) -> Option<Found> {
        look_up::read(what, replies.first()?)
    }

    fn read_callback(&self, callback: &Callback<'_>) -> Result<Told, CallbackFault> {
        self.told(callback)
    }

    /// 200 acknowledges. A 5xx would lose the event for good, so our own faults are a 429.
    fn answer_callback(&self, _: &Callback<'_>, outcome: Outcome) -> CallbackAnswer {
        let status = match outcome {
            Outcome::Taken | Outcome::Repeated => 200,
            Outcome::Refused(CallbackFault::Forged) => 401,
            Outcome::Refused(CallbackFault::Unreadable) => 400,
            Outcome::NotStored => 429,
        };
        CallbackAnswer { status, body: String::new() }
    }
}

#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod tests;
