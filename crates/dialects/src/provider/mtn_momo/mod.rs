//! MTN MoMo Open API: collection (request to pay) and disbursement (transfer, refund).
//! From the pages of momodeveloper.mtn.com and MTN's own SDK.

mod codes;
mod look_up;
mod reading;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Currency;
use domain::disbursement::Recipient;
use domain::money::amount_text;
use domain::payment::{Detail, Method, PaymentKind};
use domain::phone::{Network, Phone};
use domain::provider_call::{Provider, Verdict, Word};
use serde::Serialize;
use zeroize::Zeroizing;

use super::look_up::{Found, LookUp};
use super::setting::{Fault, Kind, Need, Setting, Values};
use super::simulator::declined;
use super::{
    About, Ask, Callback, CallbackAnswer, CallbackFault, Connector, Next, Outcome, Reply, Request,
    Secret, Service, Task, Token, Told, Verb, body,
};
use crate::object::to_text;
use reading::Created;

pub const KIND: Kind = Kind { provider: Provider::MtnMomo, settings: SETTINGS, build };

const fn optional(name: &'static str, about: &'static str) -> Setting {
    Setting { name, about, need: Need::Optional }
}

const SETTINGS: &[Setting] = &[
    Setting {
        name: "url",
        about: "Base URL, such as https://proxy.momoapi.mtn.com",
        need: Need::Required,
    },
    Setting {
        name: "target_environment",
        about: "X-Target-Environment: sandbox, or mtnrwanda in production",
        need: Need::Default("mtnrwanda"),
    },
    optional("currency", "The only currency served; when empty, EUR in the sandbox and else RWF"),
    optional("collection_subscription_key", "Subscription key of the product Collections"),
    optional("collection_api_user", "API user of the product Collections"),
    optional("collection_api_key", "API key of the product Collections"),
    optional("disbursement_subscription_key", "Subscription key of the product Disbursements"),
    optional("disbursement_api_user", "API user of the product Disbursements"),
    optional("disbursement_api_key", "API key of the product Disbursements"),
    Setting {
        name: "callbacks",
        about: "on: MTN calls back; our host must be registered with the API user",
        need: Need::Default("off"),
    },
    optional("callback_token", "Last part of the callback address, which nobody else knows"),
];

/// MTN's note fields take 160 characters.
const NOTE_CHARS_MAX: usize = 160;

/// The credentials of one product. A token of one is worth nothing at the other.
#[derive(Debug)]
struct Product {
    subscription_key: Secret,
    /// `Basic` and what stands behind it.
    basic: Secret,
}

#[derive(Debug)]
pub struct MtnMomo {
    url: String,
    target_environment: String,
    currency: Currency,
    collection: Option<Product>,
    disbursement: Option<Product>,
    callbacks: bool,
    callback_token: Option<Secret>,
}

fn build(values: &Values) -> Result<Arc<dyn Connector>, Fault> {
    let target_environment = values.get("target_environment")?.reveal().to_owned();
    let by_environment = if target_environment == "sandbox" { "EUR" } else { "RWF" };
    let code = values.find("currency").map_or(by_environment, Secret::reveal);
    let currency = Currency::parse(code)
        .ok_or(Fault::Unfit { name: "currency", reason: "must be a currency such as RWF" })?;
    let collection = product(
        values,
        ["collection_subscription_key", "collection_api_user", "collection_api_key"],
    )?;
    let disbursement = product(
        values,
        ["disbursement_subscription_key", "disbursement_api_user", "disbursement_api_key"],
    )?;
    if collection.is_none() && disbursement.is_none() {
        return Err(Fault::Missing("collection_subscription_key"));
    }
    Ok(Arc::new(MtnMomo {
        url: values.url("url")?,
        target_environment,
        currency,
        collection,
        disbursement,
        callbacks: values.switch("callbacks")?,
        callback_token: values.find("callback_token").cloned(),
    }))
}

/// All three or none.
fn product(values: &Values, names: [&'static str; 3]) -> Result<Option<Product>, Fault> {
    if names.iter().all(|name| values.find(name).is_none()) {
        return Ok(None);
    }
    let [subscription_key, api_user, api_key] = names.map(|name| values.get(name));
    let credentials = Zeroizing::new(format!("{}:{}", api_user?.reveal(), api_key?.reveal()));
    let basic = Secret::new(format!("Basic {}", STANDARD.encode(credentials.as_bytes())));
    Ok(Some(Product { subscription_key: subscription_key?, basic }))
}

/// Where MTN is asked, and with which credentials.
struct Order<'a> {
    product: &'a Product,
    /// The product's name in addresses, and that of its token.
    token: &'static str,
    path: &'static str,
    reference_id: String,
}

impl Connector for MtnMomo {
    fn provider(&self) -> Provider {
        Provider::MtnMomo
    }

    fn serves(&self, service: &Service) -> bool {
        let (token, _) = place(service.kind);
        self.product(token).is_some()
            && service.method == Method::MobileMoney
            && service.network == Some(Network::Mtn)
            && service.currency == self.currency
    }

    fn next(&self, ask: &Ask<'_>, replies: &[Reply]) -> Next {
        let Some(order) = self.order(ask) else {
            return Next::Done(Word::of(Verdict::NotSent));
        };
        // Known from the start, and what a refund of this payment will have to name.
        let provider_reference = Some(order.reference_id.clone());
        let done = |word: Word| Next::Done(Word { provider_reference, ..word });
        match (ask.task, replies) {
            (Task::Submit(_), []) => match content(ask) {
                Ok(content) => Next::Send(self.creation(&order, content, ask.callback_url)),
                Err(verdict) => done(Word::of(verdict)),
            },
            (Task::Submit(_), [reply]) => match reading::created(reply) {
                Created::Says(verdict) => done(Word::of(verdict)),
                Created::Exists => Next::Send(self.enquiry(&order)),
            },
            (Task::Enquire | Task::Authorize(_), []) => Next::Send(self.enquiry(&order)),
            (Task::Submit(_), [.., last]) => done(match reading::status(last, ask.call) {
                // It exists, MTN has just said so.
                Word { verdict: Verdict::Unheard, .. } => Word::of(Verdict::Unknown),
                word => word,
            }),
            (Task::Enquire | Task::Authorize(_), [.., last]) => {
                done(reading::status(last, ask.call))
            }
        }
    }

    fn token_request(&self, name: &'static str) -> Option<Request> {
        let product = self.product(name)?;
        Some(Request {
            verb: Verb::Post,
            url: format!("{}/{name}/token/", self.url),
            headers: vec![
                ("authorization", product.basic.clone()),
                ("ocp-apim-subscription-key", product.subscription_key.clone()),
            ],
            body: Zeroizing::default(),
            token: None,
        })
    }

    fn read_token(&self, status: u16, body: &[u8]) -> Option<Token> {
        body::token(status, body)
    }

    fn look_up(&self, what: &LookUp) -> Vec<Request> {
        self.look_up_requests(what)
    }

    fn read_look_up(&self, what: &LookUp, replies: &[Reply]) -> Option<Found> {
        self.found(what, replies)
    }

    /// MTN signs nothing, so that a callback says no more than that it is time to ask.
    fn read_callback(&self, callback: &Callback<'_>) -> Result<Told, CallbackFault> {
        body::check_address(callback, self.callback_token.as_ref())?;
        let object = body::parse(callback.body).ok_or(CallbackFault::Unreadable)?;
        let about = body::text(&object, &["externalId"])
            .map_or(About::Nothing, |text| About::ClientReference(text.to_owned()));
        Ok(Told { dedupe_key: body::content_key(&object), about, word: None })
    }

    fn answer_callback(&self, _: &Callback<'_>, outcome: Outcome) -> CallbackAnswer {
        body::plain_answer(outcome)
    }
}

impl MtnMomo {
    fn product(&self, token: &str) -> Option<&Product> {
        match token {
            "collection" => self.collection.as_ref(),
            "disbursement" => self.disbursement.as_ref(),
            _ => None,
        }
    }

    fn order(&self, ask: &Ask<'_>) -> Option<Order<'_>> {
        let (token, path) = place(ask.payment.kind);
        let reference_id = reference_id(&ask.call.client_reference);
        Some(Order { product: self.product(token)?, token, path, reference_id })
    }

    fn creation(&self, order: &Order<'_>, content: Content<'_>, callback_url: &str) -> Request {
        let mut headers = self.headers(order.product);
        headers.push(("x-reference-id", Secret::new(order.reference_id.as_str())));
        if self.callbacks {
            let base = callback_url.trim_end_matches('/');
            let token = self.callback_token.as_ref().map(Secret::reveal);
            let url = token.map_or(base.to_owned(), |token| format!("{base}/{token}"));
            headers.push(("x-callback-url", Secret::new(url)));
        }
        Request {
            verb: Verb::Post,
            url: format!("{}/{}/v1_0/{}", self.url, order.token, order.path),
            headers,
            body: Zeroizing::new(to_text(&content).into_bytes()),
            token: Some(order.token),
        }
    }

    fn enquiry(&self, order: &Order<'_>) -> Request {
        let Order { token, path, reference_id, .. } = order;
        Request {
            verb: Verb::Get,
            url: format!("{}/{token}/v1_0/{path}/{reference_id}", self.url),
            headers: self.headers(order.product),
            body: Zeroizing::default(),
            token: Some(token),
        }
    }

    fn headers(&self, product: &Product) -> Vec<(&'static str, Secret)> {
        vec![
            ("x-target-environment", Secret::new(self.target_environment.as_str())),
            ("ocp-apim-subscription-key", product.subscription_key.clone()),
            ("content-type", Secret::new("application/json")),
        ]
    }
}

/// The product and the end of the address.
const fn place(kind: PaymentKind) -> (&'static str, &'static str) {
    match kind {
        PaymentKind::Charge => ("collection", "requesttopay"),
        PaymentKind::Disbursement => ("disbursement", "transfer"),
        PaymentKind::Refund => ("disbursement", "refund"),
        // MTN changes no money: there is no such product.
        PaymentKind::Conversion => ("", ""),
    }
}

/// Texts, all of them, the amount too.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    amount: String,
    currency: &'static str,
    external_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payee: Option<Party<'a>>,
    payer_message: String,
    payee_note: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id_to_refund: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Party<'a> {
    party_id_type: &'static str,
    /// International, without `+`.
    party_id: &'a str,
}

fn content<'a>(ask: &Ask<'a>) -> Result<Content<'a>, Verdict> {
    let asked = ask.payment.asked();
    let mut content = Content {
        amount: amount_text(asked.minor(), asked.currency()),
        currency: asked.currency().code(),
        external_id: &ask.call.client_reference,
        payer: None,
        payee: None,
        payer_message: body::note(ask.payment, ask.detail, NOTE_CHARS_MAX),
        payee_note: body::clean(&ask.payment.dgs_reference, NOTE_CHARS_MAX),
        reference_id_to_refund: None,
    };
    match ask.detail {
        Detail::Charge(charge) => {
            let wallet = charge.mobile_money.as_ref().ok_or(Verdict::NotSent)?;
            content.payer = Some(party(&wallet.phone));
        }
        Detail::Disbursement(disbursement) => match &disbursement.recipient {
            Recipient::MobileMoney { phone, .. } => content.payee = Some(party(phone)),
            Recipient::Bank { .. } => return Err(Verdict::NotSent),
        },
        Detail::Refund(_) => {
            let charge = ask.charge.and_then(|charge| charge.provider_reference.as_deref());
            let refusal = || Verdict::Declined(declined("96", "The charge has no name at MTN"));
            content.reference_id_to_refund = Some(charge.ok_or_else(refusal)?);
        }
        Detail::Conversion(_) => return Err(Verdict::NotSent),
    }
    Ok(content)
}

fn party(phone: &Phone) -> Party<'_> {
    Party { party_id_type: "MSISDN", party_id: phone.e164().trim_start_matches('+') }
}

/// MTN wants the form of a random UUID (version 4). Ours follows from our own name of the call,
/// so that a request sent again after a crash is the same request.
fn reference_id(client_reference: &str) -> String {
    let hash = digest(&SHA256, client_reference.as_bytes());
    let bytes = hash.as_ref().first_chunk().copied().unwrap_or_default();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
