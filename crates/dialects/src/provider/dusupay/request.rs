//! What is sent to DusuPay.

use domain::disbursement::{Disbursement, Recipient};
use domain::money::amount_text;
use domain::payment::Detail;
use domain::phone::Phone;
use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{DusuPay, Keys};
use crate::json::number;
use crate::provider::{Ask, Request, Secret, Verb};

/// Descriptions have 10 to 30 characters.
const DESCRIPTION_MIN: usize = 10;
const DESCRIPTION_MAX: usize = 30;

#[derive(Serialize)]
struct Collection<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    msisdn: &'a str,
    customer_name: String,
    customer_email: &'a str,
    charge_customer: bool,
    allow_final_status_change: bool,
    #[serde(flatten)]
    page: Option<HostedPage<'a>>,
}

#[derive(Serialize)]
struct HostedPage<'a> {
    mobile_money_hpp: bool,
    redirect_url: &'a str,
}

#[derive(Serialize)]
struct Payout<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    account_number: &'a str,
    customer_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_params: Option<ExtraParams<'a>>,
}

#[derive(Serialize)]
struct ExtraParams<'a> {
    bank_code: &'a str,
}

#[derive(Serialize)]
struct Common<'a> {
    merchant_reference: &'a str,
    transaction_method: &'static str,
    currency: &'static str,
    amount: Box<RawValue>,
    provider_code: &'a str,
    description: String,
}

#[derive(Serialize)]
struct Authorization<'a> {
    merchant_reference: &'a str,
    otp: &'a str,
}

impl DusuPay {
    /// `None` where the payment is not of those that DusuPay serves, or the recipient's bank has
    /// no code at DusuPay.
    pub(super) fn submission(&self, keys: &Keys, ask: &Ask<'_>) -> Option<Request> {
        match ask.detail {
            Detail::Charge(charge) => {
                let mobile = charge.mobile_money.as_ref()?;
                let (customer, narration) = (&charge.customer, charge.narration.as_deref());
                let way = Way::MobileMoney(self.codes.of(mobile.network));
                let body = Collection {
                    common: Common::of(ask, way, narration),
                    msisdn: digits(&mobile.phone),
                    customer_name: format!("{} {}", customer.first_name, customer.last_name),
                    customer_email: &customer.email,
                    charge_customer: false,
                    allow_final_status_change: false,
                    page: self.hosted_page.then_some(HostedPage {
                        mobile_money_hpp: true,
                        redirect_url: ask.return_url,
                    }),
                };
                Some(self.post("/collections/initialize", keys.public_only(), &body))
            }
            Detail::Disbursement(disbursement) => {
                let body = self.payout(ask, disbursement)?;
                Some(self.post("/payout/send-funds", keys.both(), &body))
            }
            Detail::Conversion(_) | Detail::Refund(_) => None,
        }
    }

    fn payout<'a>(&'a self, ask: &Ask<'a>, disbursement: &'a Disbursement) -> Option<Payout<'a>> {
        let (way, account_number, name, bank_code) = match &disbursement.recipient {
            Recipient::MobileMoney { network, phone, name } => {
                (Way::MobileMoney(self.codes.of(*network)), digits(phone), name, None)
            }
            Recipient::Bank { account_number, name, .. } => {
                (Way::Bank(&self.codes.bank), account_number.as_str(), name, Some(ask.bank_code?))
            }
        };
        Some(Payout {
            common: Common::of(ask, way, disbursement.narration.as_deref()),
            account_number,
            // Required by DusuPay; not by us.
            customer_name: name.as_deref().unwrap_or(account_number),
            extra_params: bank_code.map(|bank_code| ExtraParams { bank_code }),
        })
    }

    pub(super) fn authorization(&self, keys: &Keys, ask: &Ask<'_>, code: &Secret) -> Request {
        let merchant_reference = &ask.call.client_reference;
        let body = Authorization { merchant_reference, otp: code.reveal() };
        self.post("/collections/authorize", keys.public_only(), &body)
    }

    pub(super) fn verification(&self, keys: &Keys, ask: &Ask<'_>) -> Request {
        let path = format!("/data/transaction/verify/{}", ask.call.client_reference);
        self.get(&path, keys.public_only())
    }

    fn post(&self, path: &str, mut headers: Headers, body: &impl Serialize) -> Request {
        headers.push(("content-type", Secret::new("application/json")));
        // Nothing in these bodies can fail to be written.
        let body = Zeroizing::new(serde_json::to_vec(body).unwrap_or_default());
        Request { verb: Verb::Post, url: format!("{}{path}", self.url), headers, body, token: None }
    }

    pub(super) fn get(&self, path: &str, headers: Headers) -> Request {
        let url = format!("{}{path}", self.url);
        Request { verb: Verb::Get, url, headers, body: Zeroizing::default(), token: None }
    }
}

pub(super) type Headers = Vec<(&'static str, Secret)>;

impl Keys {
    pub(super) fn public_only(&self) -> Headers {
        vec![
            ("accept", Secret::new("application/json")),
            ("x-api-version", Secret::new("1")),
            ("public-key", self.public.clone()),
        ]
    }

    /// Where money leaves, and for balances.
    pub(super) fn both(&self) -> Headers {
        let mut headers = self.public_only();
        headers.push(("secret-key", self.secret.clone()));
        headers
    }
}

/// How the money travels, with DusuPay's code of who carries it.
enum Way<'a> {
    MobileMoney(&'a str),
    Bank(&'a str),
}

impl<'a> Common<'a> {
    fn of(ask: &Ask<'a>, way: Way<'a>, narration: Option<&str>) -> Common<'a> {
        let asked = ask.payment.asked();
        let (transaction_method, provider_code) = match way {
            Way::MobileMoney(code) => ("MOBILE_MONEY", code),
            Way::Bank(code) => ("BANK", code),
        };
        Common {
            merchant_reference: &ask.call.client_reference,
            transaction_method,
            currency: asked.currency().code(),
            amount: number(amount_text(asked.minor(), asked.currency())),
            provider_code,
            description: description(narration, &ask.call.client_reference),
        }
    }
}

/// The narration where it has a length that DusuPay takes, cut where it is too long.
fn description(narration: Option<&str>, reference: &str) -> String {
    let fitting = narration.filter(|text| text.chars().count() >= DESCRIPTION_MIN);
    let text = fitting.map_or_else(|| format!("Payment {reference}"), str::to_owned);
    text.chars().take(DESCRIPTION_MAX).collect()
}

/// A phone number as DusuPay wants it: with its country code, without `+`.
fn digits(phone: &Phone) -> &str {
    phone.e164().trim_start_matches('+')
}
