//! What Airtel's answers say.

use std::time::Duration;

use domain::Timestamp;
use domain::payment::PaymentKind;
use domain::provider_call::{ProviderCall, Verdict, Word};

use super::codes::{Meaning, meaning};
use crate::json::Object;
use crate::provider::simulator::declined;
use crate::provider::{Ask, Reply, body};

/// Before this, Airtel's word of a failed collection may be followed by one of success.
const FAILURES_COUNT_AFTER: Duration = super::FIRST_ENQUIRY_AFTER;

/// The answer to a new payment.
pub enum Created {
    Says(Word),
    /// Airtel has it already: the answer to an earlier request was lost.
    Exists,
}

pub fn created(reply: &Reply, ask: &Ask<'_>) -> Created {
    let (status, content) = match reply {
        Reply::Answered { status, body } => (*status, body),
        Reply::Lost => return Created::Says(open(Verdict::Unknown, ask)),
        Reply::NotSent => return Created::Says(Word::of(Verdict::NotSent)),
    };
    // Turned away at the door, by its tokens and quotas.
    if status == 401 || status == 429 {
        return Created::Says(Word::of(Verdict::NotSent));
    }
    let Some(object) = body::parse(content).filter(|_| is_decisive(status)) else {
        return Created::Says(open(Verdict::Unknown, ask));
    };
    let verdict = match (said(&object), ask.payment.kind) {
        (Some(Meaning::Exists), _) => return Created::Exists,
        (Some(Meaning::Refused(code, text)), _)
        | (Some(Meaning::Declined(code, text)), PaymentKind::Charge) => {
            Verdict::Declined(declined(code, text))
        }
        // It was to be made: of what else would this be the truth?
        (Some(Meaning::Unheard), _) => Verdict::Unknown,
        // A collection has only begun: the payer was asked.
        (Some(Meaning::Succeeded | Meaning::Taken | Meaning::Pending), PaymentKind::Charge) => {
            Verdict::Pending
        }
        (meaning, _) => outcome(&object, meaning),
    };
    Created::Says(told(&object, verdict, ask))
}

/// The answer to a question about a payment. Nothing but Airtel's own word is a failure of it.
pub fn status(reply: &Reply, ask: &Ask<'_>) -> Word {
    let Reply::Answered { status, body: content } = reply else {
        return Word::of(Verdict::Unknown);
    };
    let Some(object) = body::parse(content).filter(|_| is_decisive(*status)) else {
        return Word::of(Verdict::Unknown);
    };
    let verdict = outcome(&object, said(&object));
    if matches!(verdict, Verdict::Declined(_)) && is_early(ask.call, ask.payment.kind, ask.now) {
        return open(Verdict::Pending, ask);
    }
    told(&object, verdict, ask)
}

/// A time-out or a fault on the way tells nothing, whatever its body says.
fn is_decisive(status: u16) -> bool {
    status != 408 && status < 500
}

/// `response_code`, or the older `result_code`; `None` without either.
fn said(object: &Object) -> Option<Meaning> {
    let code = body::text(object, &["status", "response_code"]).filter(|code| !code.is_empty());
    code.or_else(|| body::text(object, &["status", "result_code"])).map(meaning)
}

/// The code and the transaction's own status must not contradict each other.
fn outcome(object: &Object, meaning: Option<Meaning>) -> Verdict {
    let status = body::text(object, &["data", "transaction", "status"]).unwrap_or_default();
    let status = status.trim_end_matches('.').to_ascii_uppercase();
    match (meaning, status.as_str()) {
        // Refunds are told of with a word.
        (Some(Meaning::Succeeded | Meaning::Taken) | None, "TS" | "SUCCESS") => Verdict::Succeeded,
        (Some(Meaning::Declined(code, text)), "TF" | "TE" | "FAILED" | "") => {
            Verdict::Declined(declined(code, text))
        }
        (Some(Meaning::Taken) | None, "TF") => Verdict::Declined(declined("05", "Declined")),
        (Some(Meaning::Taken) | None, "TE") => {
            Verdict::Declined(declined("05", "Not approved in time"))
        }
        (Some(Meaning::Pending), _)
        | (
            Some(Meaning::Taken | Meaning::Succeeded | Meaning::Declined(..)) | None,
            "TIP" | "TA",
        ) => Verdict::Pending,
        (Some(Meaning::Unheard), _) => Verdict::Unheard,
        (_, _) => Verdict::Unknown,
    }
}

fn is_early(call: &ProviderCall, kind: PaymentKind, now: Timestamp) -> bool {
    kind == PaymentKind::Charge && now < call.created_at.plus(FAILURES_COUNT_AFTER)
}

fn told(object: &Object, verdict: Verdict, ask: &Ask<'_>) -> Word {
    let text = |name| body::text(object, &["data", "transaction", name]).map(str::to_owned);
    if text("id").is_some_and(|id| id != ask.call.client_reference) {
        return Word::of(Verdict::Contradicts("transaction.id"));
    }
    let proof = text("reference_id").filter(|_| ask.payment.kind == PaymentKind::Disbursement);
    Word { provider_reference: text("airtel_money_id"), proof, ..open(verdict, ask) }
}

/// An open collection is not worth asking about in its first minutes.
pub fn open(verdict: Verdict, ask: &Ask<'_>) -> Word {
    let is_open = matches!(verdict, Verdict::Pending | Verdict::Unknown);
    let first_at = ask.call.created_at.plus(super::FIRST_ENQUIRY_AFTER);
    let waits = is_open && ask.payment.kind == PaymentKind::Charge && ask.now < first_at;
    Word { ask_again_after: waits.then(|| first_at.since(ask.now)), ..Word::of(verdict) }
}
