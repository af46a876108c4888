//! What is heard: answers read, and turned into words. An answer tells of our payment or it is a
//! contradiction; what it says was moved always goes along.

use domain::Money;
use domain::payment::NextAction;
use domain::provider_call::{Verdict, Word};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::codes::{Refusal, reason};
use super::word;
use crate::provider::{Ask, Reply, stated};

/// A reply, as far as it can be understood.
pub enum Heard<T> {
    Told(T),
    /// An error in the provider's own words.
    Refused(Refusal),
    /// Nothing that can be read, or nothing at all: `Unknown`, or `NotSent`.
    Silent(Verdict),
}

pub fn hear<T: DeserializeOwned>(reply: &Reply) -> Heard<T> {
    #[derive(Deserialize)]
    struct Success<T> {
        data: T,
    }
    #[derive(Deserialize)]
    struct Failure {
        error: Refusal,
    }
    let (status, body) = match reply {
        Reply::Answered { status, body } => (*status, body),
        Reply::Lost => return Heard::Silent(Verdict::Unknown),
        Reply::NotSent => return Heard::Silent(Verdict::NotSent),
    };
    let heard = match status {
        200..=299 => serde_json::from_slice(body).map(|Success { data }| Heard::Told(data)),
        400..=499 => serde_json::from_slice(body).map(|Failure { error }| Heard::Refused(error)),
        _ => return Heard::Silent(Verdict::Unknown),
    };
    heard.unwrap_or(Heard::Silent(Verdict::Unknown))
}

#[derive(Debug, Deserialize)]
pub struct Charge {
    pub id: String,
    amount: Box<RawValue>,
    currency: String,
    pub reference: String,
    status: String,
    #[serde(default)]
    next_action: Option<Step>,
    #[serde(default)]
    processor_response: Option<ProviderReason>,
}

#[derive(Debug, Deserialize)]
struct Step {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    redirect_url: Option<Page>,
    #[serde(default)]
    payment_instruction: Option<Note>,
}

#[derive(Debug, Deserialize)]
struct Page {
    url: String,
}

#[derive(Debug, Deserialize)]
struct Note {
    #[serde(default)]
    note: Option<String>,
}

/// `processor_response` of charges, `provider_response` of transfers.
#[derive(Debug, Deserialize)]
struct ProviderReason {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Transfer {
    pub id: String,
    pub reference: String,
    status: String,
    amount: TransferAmount,
    destination_currency: String,
    #[serde(default)]
    payment_information: Option<PaymentInformation>,
    #[serde(default)]
    provider_response: Option<ProviderReason>,
    #[serde(default)]
    reversal: Option<Reversal>,
}

#[derive(Debug, Deserialize)]
struct TransferAmount {
    value: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct PaymentInformation {
    #[serde(default)]
    proof: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reversal {
    #[serde(default)]
    reversal_datetime: Option<String>,
    #[serde(default)]
    reconciliation_status: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct TransferPage {
    #[serde(default)]
    pub cursor: Option<Cursor>,
    pub transfers: Vec<Transfer>,
}

#[derive(Debug, Deserialize)]
pub struct Cursor {
    #[serde(default)]
    pub next: Option<String>,
    #[serde(default)]
    pub has_more_items: bool,
}

#[derive(Debug, Deserialize)]
pub struct Refund {
    id: String,
    amount_refunded: Box<RawValue>,
    charge_id: String,
    status: String,
    #[serde(default)]
    meta: Option<RefundMeta>,
}

#[derive(Debug, Deserialize)]
struct RefundMeta {
    #[serde(default)]
    reference: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Bank {
    pub id: String,
    pub code: String,
}

#[derive(Debug, Deserialize)]
pub struct Branch {
    pub code: String,
}

/// Names of theirs that go into addresses of ours.
pub fn is_plain(id: &str) -> bool {
    let of_class = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&id.len()) && id.bytes().all(of_class)
}

fn reference(id: String) -> Option<String> {
    Some(id).filter(|id| is_plain(id))
}

/// Some write amounts in quotation marks.
fn money(amount: &RawValue, currency: &str) -> Option<Money> {
    stated(amount.get().trim_matches('"'), currency)
}

/// Success needs an amount that can be compared.
fn succeeded(stated: Option<Money>) -> Verdict {
    match stated {
        Some(_) => Verdict::Succeeded,
        None => Verdict::Contradicts("amount or currency"),
    }
}

fn declined(given: Option<ProviderReason>, status: &str) -> Verdict {
    let given = given.unwrap_or(ProviderReason {
        kind: status.to_owned(),
        code: String::new(),
        message: None,
    });
    let text = given.message.unwrap_or_default();
    Verdict::Declined(reason(&given.kind, &given.code, &text))
}

impl Charge {
    pub fn word(self, ask: &Ask<'_>) -> Word {
        if self.reference != ask.call.client_reference {
            return word(Verdict::Contradicts("reference"));
        }
        let stated = money(&self.amount, &self.currency);
        let provider_reference = reference(self.id);
        let (mut page_url, mut instruction) = (None, None);
        let verdict = match self.status.as_str() {
            "succeeded" => succeeded(stated),
            "failed" | "voided" => declined(self.processor_response, &self.status),
            "pending" => {
                let step = self.next_action;
                let verdict = step.as_ref().map_or(Verdict::Pending, Step::verdict);
                if let Some(step) = step {
                    page_url = step.redirect_url.map(|page| page.url);
                    instruction = step.payment_instruction.and_then(|note| note.note);
                }
                verdict
            }
            _ => Verdict::Unknown,
        };
        Word { stated, page_url, instruction, provider_reference, ..word(verdict) }
    }
}

impl Step {
    fn verdict(&self) -> Verdict {
        match self.kind.as_str() {
            // The payer approves on the phone; the page behind it is ours.
            "payment_instruction" => Verdict::NextAction(NextAction::Redirect),
            "redirect_url" if self.redirect_url.is_some() => {
                Verdict::NextAction(NextAction::Redirect)
            }
            "requires_pin" => Verdict::NextAction(NextAction::Pin),
            "requires_otp" => Verdict::NextAction(NextAction::Otp),
            "requires_additional_fields" => Verdict::NextAction(NextAction::Address),
            // `requires_requery`, and whatever else there may be one day: ask again.
            _ => Verdict::Pending,
        }
    }
}

impl Transfer {
    pub fn word(self, ask: &Ask<'_>) -> Word {
        if self.reference != ask.call.client_reference {
            return word(Verdict::Contradicts("reference"));
        }
        let stated = money(&self.amount.value, &self.destination_currency);
        let is_reversed = self.reversal.is_some_and(|reversal| {
            reversal.reversal_datetime.is_some()
                || reversal.reconciliation_status.as_deref() == Some("REVERSED")
        });
        let verdict = match self.status.as_str() {
            "SUCCESSFUL" if is_reversed => {
                Verdict::Declined(reason("reversed", "", "The transfer was reversed"))
            }
            "SUCCESSFUL" => succeeded(stated),
            "FAILED" | "CANCELLED" => declined(self.provider_response, &self.status),
            "NEW" | "PENDING" | "INITIATED" => Verdict::Pending,
            _ => Verdict::Unknown,
        };
        let proof = self.payment_information.and_then(|information| information.proof);
        let proof = proof.filter(|_| verdict == Verdict::Succeeded);
        Word { stated, proof, provider_reference: reference(self.id), ..word(verdict) }
    }
}

impl Refund {
    pub fn is_of(&self, client_reference: &str) -> bool {
        let named = self.meta.as_ref().and_then(|meta| meta.reference.as_deref());
        named == Some(client_reference)
    }

    /// Its currency is that of the charge; the answer does not name it.
    pub fn word(self, ask: &Ask<'_>) -> Word {
        let charge_id = ask.charge.and_then(|charge| charge.provider_reference.as_deref());
        if charge_id.is_some_and(|id| id != self.charge_id) {
            return word(Verdict::Contradicts("charge"));
        }
        let stated = money(&self.amount_refunded, ask.payment.gross.currency().code());
        let verdict = match self.status.as_str() {
            "succeeded" | "completed" => succeeded(stated),
            "failed" | "cancelled" => declined(None, &self.status),
            "new" | "pending" | "requires_action" => Verdict::Pending,
            _ => Verdict::Unknown,
        };
        Word { stated, provider_reference: reference(self.id), ..word(verdict) }
    }
}
