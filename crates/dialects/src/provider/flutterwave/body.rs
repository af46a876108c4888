//! What is sent: the bodies of requests, and the names that requests go by.

use aws_lc_rs::digest::{SHA256, digest};
use domain::Money;
use domain::charge::{Charge, Customer as Payer};
use domain::disbursement::Recipient as Payee;
use domain::money::amount_text;
use domain::phone::{Network, Phone, RWANDA};
use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::names::{self, Name};
use super::seal::{FieldKey, nonce};
use crate::json::number;
use crate::provider::{Address, Ask, CardData, Shown};

const NARRATION_CHARS_MAX: usize = 180;

/// A name of a request, the same every time it is sent: `X-Idempotency-Key` and `X-Trace-Id` in the
/// form of a UUID (version 8, RFC 9562), which Flutterwave recommends.
pub fn request_id(purpose: &str, client_reference: &str) -> String {
    let hash = digest(&SHA256, format!("{purpose} {client_reference}").as_bytes());
    let text = hex::encode(hash.as_ref());
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

pub fn json(body: &impl Serialize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(body).unwrap_or_default())
}

fn amount(money: Money) -> Box<RawValue> {
    number(amount_text(money.minor(), money.currency()))
}

#[derive(Serialize)]
pub struct DirectCharge<'a> {
    amount: Box<RawValue>,
    currency: &'static str,
    reference: &'a str,
    customer: Customer<'a>,
    payment_method: PaymentMethod<'a>,
    redirect_url: &'a str,
}

#[derive(Serialize)]
struct Customer<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneParts<'a>>,
}

#[derive(Serialize)]
struct PhoneParts<'a> {
    country_code: &'static str,
    number: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum PaymentMethod<'a> {
    Card { card: SealedFields },
    MobileMoney { mobile_money: Wallet<'a> },
}

#[derive(Serialize)]
struct SealedFields {
    nonce: String,
    encrypted_card_number: String,
    encrypted_expiry_month: String,
    encrypted_expiry_year: String,
    encrypted_cvv: String,
}

#[derive(Serialize)]
struct Wallet<'a> {
    network: &'static str,
    country_code: &'static str,
    phone_number: &'a str,
}

impl<'a> DirectCharge<'a> {
    /// `None` when there is nothing to charge: neither a phone nor the data of a card.
    pub fn of(
        ask: &Ask<'a>,
        charge: &'a Charge,
        card: Option<&CardData>,
        key: &FieldKey,
    ) -> Option<DirectCharge<'a>> {
        let payment_method = match (&charge.mobile_money, card) {
            (Some(mobile_money), _) => PaymentMethod::MobileMoney {
                mobile_money: Wallet {
                    network: network(mobile_money.network),
                    country_code: RWANDA,
                    phone_number: mobile_money.phone.national(),
                },
            },
            (None, Some(card)) => PaymentMethod::Card { card: seal(card, key, ask.chance)? },
            (None, None) => return None,
        };
        Some(DirectCharge {
            amount: amount(ask.payment.gross),
            currency: ask.payment.gross.currency().code(),
            reference: &ask.call.client_reference,
            customer: customer(&charge.customer),
            payment_method,
            redirect_url: ask.return_url,
        })
    }
}

fn customer(payer: &Payer) -> Customer<'_> {
    let name = names::of_customer(&payer.first_name, &payer.last_name);
    // Where the code of another country ends is not known here; the phone may be left away.
    let is_rwandan = Phone::rwandan(payer.phone.e164()).is_ok();
    let number = payer.phone.national();
    let phone = is_rwandan.then_some(PhoneParts { country_code: RWANDA, number });
    Customer { email: &payer.email, name, phone }
}

fn seal(card: &CardData, key: &FieldKey, chance: &[u8; 64]) -> Option<SealedFields> {
    let nonce = nonce(chance);
    let month = Zeroizing::new(format!("{:02}", card.expiry_month));
    let year = Zeroizing::new(format!("{:02}", card.expiry_year % 100));
    Some(SealedFields {
        encrypted_card_number: key.seal(&nonce, card.number.reveal())?,
        encrypted_expiry_month: key.seal(&nonce, &month)?,
        encrypted_expiry_year: key.seal(&nonce, &year)?,
        encrypted_cvv: key.seal(&nonce, card.cvv.reveal())?,
        nonce,
    })
}

const fn network(network: Network) -> &'static str {
    match network {
        Network::Mtn => "MTN",
        Network::Airtel => "AIRTEL",
    }
}

/// The body of `PUT /charges/{id}`.
#[derive(Serialize)]
pub struct ChargeChange<'a> {
    authorization: Authorization<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Authorization<'a> {
    Pin { pin: SealedPin },
    Otp { otp: Otp<'a> },
    Avs { avs: Avs<'a> },
}

#[derive(Serialize)]
struct SealedPin {
    nonce: String,
    encrypted_pin: String,
}

#[derive(Serialize)]
struct Otp<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct Avs<'a> {
    address: BillingAddress<'a>,
}

#[derive(Serialize)]
struct BillingAddress<'a> {
    line1: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line2: Option<&'a str>,
    city: &'a str,
    state: &'a str,
    country: &'a str,
    postal_code: &'a str,
}

impl<'a> ChargeChange<'a> {
    pub fn of(shown: Shown<'a>, key: &FieldKey, chance: &[u8; 64]) -> Option<ChargeChange<'a>> {
        let authorization = match shown {
            Shown::Pin(pin) => {
                let nonce = nonce(chance);
                let encrypted_pin = key.seal(&nonce, pin.reveal())?;
                Authorization::Pin { pin: SealedPin { nonce, encrypted_pin } }
            }
            Shown::Otp(otp) => Authorization::Otp { otp: Otp { code: otp.reveal() } },
            Shown::Address(address) => {
                Authorization::Avs { avs: Avs { address: billing_address(address) } }
            }
        };
        Some(ChargeChange { authorization })
    }
}

/// Flutterwave wants every part; the guide asks for the first line and the country alone.
fn billing_address(address: &Address) -> BillingAddress<'_> {
    fn given(part: &Option<String>) -> Option<&str> {
        part.as_deref().filter(|text| !text.trim().is_empty())
    }
    BillingAddress {
        line1: &address.line1,
        line2: given(&address.line2),
        city: given(&address.city).unwrap_or("Kigali"),
        state: given(&address.state).unwrap_or("Kigali"),
        country: &address.country,
        postal_code: given(&address.postal_code).unwrap_or("00000"),
    }
}

#[derive(Serialize)]
pub struct DirectTransfer<'a> {
    action: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    narration: Option<String>,
    callback_url: &'a str,
    payment_instruction: Instruction<'a>,
}

#[derive(Serialize)]
struct Instruction<'a> {
    source_currency: &'static str,
    destination_currency: &'static str,
    amount: TransferAmount,
    recipient: Recipient<'a>,
}

#[derive(Serialize)]
struct TransferAmount {
    value: Box<RawValue>,
    applies_to: &'static str,
}

#[derive(Serialize)]
struct Recipient<'a> {
    name: Name,
    #[serde(flatten)]
    target: Target<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Target<'a> {
    Bank { account_number: &'a str, code: &'a str, branch: &'a str },
    MobileMoney { network: &'static str, msisdn: &'a str },
}

impl<'a> DirectTransfer<'a> {
    /// What the recipient gets is the amount without our fee. `None` when nothing is left of it,
    /// or when the bank's code or branch is missing.
    pub fn of(
        ask: &Ask<'a>,
        payee: &'a Payee,
        narration: Option<&str>,
        branch: Option<&'a str>,
    ) -> Option<DirectTransfer<'a>> {
        let currency = ask.payment.gross.currency();
        let net = Money::from_minor(ask.payment.net_minor(), currency).ok()?;
        let (target, name) = match payee {
            Payee::Bank { account_number, name, .. } => {
                let (code, branch) = (ask.bank_code?, branch?);
                (Target::Bank { account_number, code, branch }, name)
            }
            Payee::MobileMoney { network: of, phone, name } => {
                let msisdn = phone.e164().trim_start_matches('+');
                (Target::MobileMoney { network: network(*of), msisdn }, name)
            }
        };
        let narration = narration.map(str::trim).filter(|text| !text.is_empty());
        Some(DirectTransfer {
            action: "instant",
            kind: payee.method().word(),
            reference: &ask.call.client_reference,
            narration: narration.map(|text| text.chars().take(NARRATION_CHARS_MAX).collect()),
            callback_url: ask.callback_url,
            payment_instruction: Instruction {
                source_currency: currency.code(),
                destination_currency: currency.code(),
                amount: TransferAmount { value: amount(net), applies_to: "destination_currency" },
                recipient: Recipient { name: names::of_recipient(name.as_deref()), target },
            },
        })
    }
}

#[derive(Serialize)]
pub struct NewRefund<'a> {
    amount: Box<RawValue>,
    charge_id: &'a str,
    reason: &'static str,
    meta: Meta<'a>,
}

/// A refund has no reference there; its meta carries ours.
#[derive(Serialize)]
struct Meta<'a> {
    reference: &'a str,
}

impl<'a> NewRefund<'a> {
    pub fn of(ask: &Ask<'a>, charge_id: &'a str) -> NewRefund<'a> {
        NewRefund {
            amount: amount(ask.payment.gross),
            charge_id,
            reason: "requested_by_customer",
            meta: Meta { reference: &ask.call.client_reference },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_name_and_shares_it_with_no_other() {
        let id = request_id("charge", "712345678901234567");
        assert_eq!(id, request_id("charge", "712345678901234567"));
        assert_ne!(id, request_id("transfer", "712345678901234567"));
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
