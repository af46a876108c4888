//! What MTN's answers say.

use domain::payment::Reason;
use domain::provider_call::{ProviderCall, Verdict, Word};

use super::codes::{Meaning, REFUSALS, meaning};
use crate::json::{Object, Value};
use crate::provider::simulator::declined;
use crate::provider::{Reply, body, stated};

/// The answer to a new payment.
pub enum Created {
    Says(Verdict),
    /// MTN has it already: the answer to an earlier request was lost.
    Exists,
}

pub fn created(reply: &Reply) -> Created {
    let (status, content) = match reply {
        Reply::Answered { status, body } => (*status, body),
        Reply::Lost => return Created::Says(Verdict::Unknown),
        Reply::NotSent => return Created::Says(Verdict::NotSent),
    };
    let object = body::parse(content);
    let is_from_mtn = object.is_some() || content.is_empty();
    let code = object.as_ref().and_then(|object| body::text(object, &["code"]));
    Created::Says(match (status, code) {
        (202, _) => Verdict::Pending,
        (409, _) => return Created::Exists,
        (400.., Some(code)) if REFUSALS.contains(&code) => failed(Some(code)),
        (400, _) if is_from_mtn => Verdict::Declined(declined("96", "MTN refused the request")),
        // Turned away at the door, by its firewall of addresses, keys and quotas.
        (401 | 429, _) if is_from_mtn => Verdict::NotSent,
        (403, Some("FORBIDDEN_IP")) => Verdict::NotSent,
        // A page of a proxy, even with 200, tells nothing of the payment.
        (_, _) => Verdict::Unknown,
    })
}

/// The answer to a question about a payment. Nothing but MTN's own word is a failure of it.
pub fn status(reply: &Reply, call: &ProviderCall) -> Word {
    let Reply::Answered { status, body: content } = reply else {
        return Word::of(Verdict::Unknown);
    };
    let object = body::parse(content);
    match (status, &object) {
        (200, Some(object)) => payment(object, call),
        (404, Some(object)) if body::text(object, &["code"]) == Some("RESOURCE_NOT_FOUND") => {
            Word::of(Verdict::Unheard)
        }
        (404, None) if content.is_empty() => Word::of(Verdict::Unheard),
        (_, _) => Word::of(Verdict::Unknown),
    }
}

fn payment(object: &Object, call: &ProviderCall) -> Word {
    let text = |name| body::text(object, &[name]);
    if text("externalId").is_some_and(|name| name != call.client_reference) {
        return Word::of(Verdict::Contradicts("externalId"));
    }
    let amount = text("amount").zip(text("currency"));
    let stated = amount.and_then(|(amount, currency)| stated(amount, currency));
    let verdict = match text("status") {
        Some("SUCCESSFUL") if amount.is_some() && stated.is_none() => {
            Verdict::Contradicts("amount")
        }
        Some("SUCCESSFUL") => Verdict::Succeeded,
        Some("FAILED") => failed(reason(object)),
        // Also the sandbox's CREATED, and whatever comes to be.
        Some(_) => Verdict::Pending,
        None => Verdict::Unknown,
    };
    let proof = text("financialTransactionId").map(str::to_owned);
    Word { stated, proof, ..Word::of(verdict) }
}

/// A text, or an object with a `code`: MTN's description and its answers differ.
fn reason(object: &Object) -> Option<&str> {
    match object.find("reason")? {
        Value::Text(reason) => Some(reason),
        Value::Object(reason) => body::text(reason, &["code"]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => None,
    }
}

fn failed(reason: Option<&str>) -> Verdict {
    match meaning(reason) {
        Meaning::Declined(code, text) => {
            let reason: Reason = declined(code, text);
            Verdict::Declined(reason)
        }
        Meaning::Open => Verdict::Pending,
    }
}
