//! What Airtel is sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::disbursement::Recipient;
use domain::money::amount_text;
use domain::payment::Detail;
use domain::phone::Phone;
use domain::provider_call::Verdict;
use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{AirtelMoney, Pin, TOKEN, Version};
use crate::json::number;
use crate::object::to_text;
use crate::provider::simulator::declined;
use crate::provider::{Ask, Request, Secret, Verb, body};
use crate::rsa_encryption::random_bytes;

/// No length is written anywhere; this is what a phone shows.
const REFERENCE_CHARS_MAX: usize = 64;

#[derive(Serialize)]
struct Collection<'a> {
    reference: String,
    subscriber: Party<'a>,
    transaction: Transaction<'a>,
}

#[derive(Serialize)]
struct Disbursement<'a> {
    payee: Party<'a>,
    reference: String,
    /// Encrypted.
    pin: &'a str,
    transaction: Transaction<'a>,
}

#[derive(Serialize, Default)]
struct Party<'a> {
    /// The national number: no country code, no zero before it.
    msisdn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wallet_type: Option<&'static str>,
}

#[derive(Serialize)]
struct Transaction<'a> {
    /// A number, in the major unit.
    amount: Box<RawValue>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

#[derive(Serialize)]
struct Refund<'a> {
    transaction: Refunded<'a>,
}

/// The charge by Airtel's own name. No amount: a refund is of all of it.
#[derive(Serialize)]
struct Refunded<'a> {
    airtel_money_id: &'a str,
}

impl Version {
    const fn word(self) -> &'static str {
        match self {
            Version::V1 => "v1",
            Version::V2 => "v2",
            Version::V3 => "v3",
        }
    }
}

impl AirtelMoney {
    /// The request that makes the payment; a verdict where there can be none.
    pub(super) fn creation(&self, ask: &Ask<'_>) -> Result<Request, Verdict> {
        let (path, content, signs) = match ask.detail {
            Detail::Charge(charge) => {
                let wallet = charge.mobile_money.as_ref().ok_or(Verdict::NotSent)?;
                let content = to_text(&self.collection(ask, &wallet.phone));
                (format!("/merchant/{}/payments/", self.collection_version.word()), content, true)
            }
            Detail::Disbursement(disbursement) => {
                let Recipient::MobileMoney { phone, name, .. } = &disbursement.recipient else {
                    return Err(Verdict::NotSent);
                };
                let pin = self.pin.as_ref().ok_or(Verdict::NotSent)?.sealed(ask.chance)?;
                let content = self.disbursement(ask, phone, name.as_deref(), pin.reveal());
                let signs = self.disbursement_version != Version::V1;
                (self.disbursements(), to_text(&content), signs)
            }
            Detail::Refund(_) => {
                ("/standard/v1/payments/refund".to_owned(), to_text(&refund(ask)?), true)
            }
            Detail::Conversion(_) => return Err(Verdict::NotSent),
        };
        let mut headers = self.headers();
        let content = Zeroizing::new(content.into_bytes());
        if let Some(seal) = self.seal.as_ref().filter(|_| signs) {
            headers.extend(seal.headers(&content, ask.chance).ok_or(Verdict::NotSent)?);
        }
        let url = format!("{}{path}", self.url);
        Ok(Request { verb: Verb::Post, url, headers, body: content, token: Some(TOKEN) })
    }

    pub(super) fn enquiry(&self, ask: &Ask<'_>) -> Request {
        let id = &ask.call.client_reference;
        let path = match ask.detail {
            Detail::Disbursement(_) => {
                format!("{}/{id}", self.disbursements().trim_end_matches('/'))
            }
            Detail::Charge(_) | Detail::Refund(_) | Detail::Conversion(_) => {
                format!("/standard/v1/payments/{id}")
            }
        };
        self.get(&path)
    }

    pub(super) fn get(&self, path: &str) -> Request {
        Request {
            verb: Verb::Get,
            url: format!("{}{path}", self.url),
            headers: self.headers(),
            body: Zeroizing::default(),
            token: Some(TOKEN),
        }
    }

    /// The slash at the end matters, and version 3 has none.
    fn disbursements(&self) -> String {
        let version = self.disbursement_version;
        let slash = if version == Version::V3 { "" } else { "/" };
        format!("/standard/{}/disbursements{slash}", version.word())
    }

    fn headers(&self) -> Vec<(&'static str, Secret)> {
        vec![
            ("x-country", Secret::new(self.country.as_str())),
            ("x-currency", Secret::new(self.currency.code())),
            ("content-type", Secret::new("application/json")),
            ("accept", Secret::new("*/*")),
        ]
    }

    fn collection<'a>(&'a self, ask: &Ask<'a>, phone: &'a Phone) -> Collection<'a> {
        let country = Some(self.country.as_str());
        let currency = Some(self.currency.code());
        Collection {
            reference: body::note(ask.payment, ask.detail, REFERENCE_CHARS_MAX),
            subscriber: Party { msisdn: phone.national(), country, currency, ..Party::default() },
            transaction: Transaction { country, currency, ..bare_transaction(ask) },
        }
    }

    fn disbursement<'a>(
        &'a self,
        ask: &Ask<'a>,
        phone: &'a Phone,
        name: Option<&'a str>,
        pin: &'a str,
    ) -> Disbursement<'a> {
        let payee = Party { msisdn: phone.national(), ..Party::default() };
        let (payee, kind) = match self.disbursement_version {
            Version::V1 => (payee, None),
            Version::V2 => {
                let country = Some(self.country.as_str());
                let currency = Some(self.currency.code());
                (Party { country, currency, name, ..payee }, Some("B2C"))
            }
            Version::V3 => (Party { wallet_type: Some("NORMAL"), ..payee }, Some("B2C")),
        };
        Disbursement {
            payee,
            reference: body::note(ask.payment, ask.detail, REFERENCE_CHARS_MAX),
            pin,
            transaction: Transaction { kind, ..bare_transaction(ask) },
        }
    }
}

impl Pin {
    /// A PIN that its key cannot take was found out when the settings were read.
    fn sealed(&self, chance: &[u8; 64]) -> Result<Secret, Verdict> {
        let random = random_bytes(chance, "airtel pin");
        let sealed = self.key.encrypt(self.padding, self.digits.reveal().as_bytes(), random);
        Ok(Secret::new(STANDARD.encode(sealed.ok_or(Verdict::NotSent)?)))
    }
}

fn bare_transaction<'a>(ask: &Ask<'a>) -> Transaction<'a> {
    let asked = ask.payment.asked();
    Transaction {
        amount: number(amount_text(asked.minor(), asked.currency())),
        id: &ask.call.client_reference,
        country: None,
        currency: None,
        kind: None,
    }
}

fn refund<'a>(ask: &Ask<'a>) -> Result<Refund<'a>, Verdict> {
    let refusal = |text| Verdict::Declined(declined("96", text));
    let charge = ask.charge.ok_or_else(|| refusal("There is no charge to refund"))?;
    if charge.gross != ask.payment.gross {
        return Err(refusal("Airtel Money refunds no part of a charge"));
    }
    let airtel_money_id = charge.provider_reference.as_deref();
    let airtel_money_id = airtel_money_id.ok_or_else(|| refusal("The charge has no Airtel id"))?;
    Ok(Refund { transaction: Refunded { airtel_money_id } })
}
