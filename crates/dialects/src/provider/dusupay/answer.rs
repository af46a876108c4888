//! What DusuPay says of a transaction, in answers and callbacks alike.

use std::time::Duration;

use domain::Money;
use domain::payment::{NextAction, PaymentKind, Reason};
use domain::provider_call::{Verdict, Word};

use crate::json::{Object, Tolerance, Value, parse_object};
use crate::provider::{Ask, Reply, stated};

/// Status requests are refused so soon after a transaction began; a little more, for clocks differ.
pub(super) const VERIFIED_AFTER: Duration = Duration::from_secs(125);
/// The least time between two status requests for one transaction.
const VERIFIED_EVERY: Duration = Duration::from_secs(5 * 60);
/// From its fourth question on, our own schedule is as slow as DusuPay wants it.
const OWN_SCHEDULE_FITS_AFTER: u32 = 3;

const TEXT_CHARS_MAX: usize = 200;

/// A transaction as DusuPay describes it; every member may be missing.
pub(super) struct Transaction<'a>(pub(super) &'a Object);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// PENDING or PROCESSING.
    Open,
    Completed,
    /// FAILED or CANCELLED, which both are final.
    Failed,
}

impl Status {
    pub(super) fn parse(word: &str) -> Option<Status> {
        match word {
            "PENDING" | "PROCESSING" => Some(Status::Open),
            "COMPLETED" => Some(Status::Completed),
            "FAILED" | "CANCELLED" => Some(Status::Failed),
            _ => None,
        }
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        match self.0.find(name) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            Some(_) | None => None,
        }
    }

    pub(super) fn word(&self) -> Word {
        let status = self.text("transaction_status").and_then(Status::parse);
        let verdict = match status {
            Some(Status::Open) if self.wants_code() => Verdict::NextAction(NextAction::Otp),
            Some(Status::Open) => Verdict::Pending,
            Some(Status::Completed) => self.completed(),
            Some(Status::Failed) => Verdict::Declined(reason(self.text("status_message"))),
            None => Verdict::Unknown,
        };
        let is_open = status == Some(Status::Open);
        Word {
            stated: self.stated(),
            page_url: self.text("payment_url").map(str::to_owned),
            instruction: self.text("status_message").filter(|_| is_open).map(plain),
            provider_reference: self.text("internal_reference").map(plain),
            ..Word::of(verdict)
        }
    }

    /// `request_amount` in `request_currency` is what we asked for. `transaction_amount` is in the
    /// currency of the payment option, which another one would have been exchanged to; it serves
    /// where the first is not told.
    fn stated(&self) -> Option<Money> {
        self.money("request").or_else(|| self.money("transaction"))
    }

    /// Money has moved, if it is the money that was asked for.
    fn completed(&self) -> Verdict {
        let same_currency = self.text("request_currency") == self.text("transaction_currency");
        let tells_both =
            self.0.find("request_amount").is_some() && self.0.find("transaction_amount").is_some();
        if self.stated().is_none() {
            Verdict::Contradicts("amount")
        } else if same_currency && tells_both && self.money("request") != self.money("transaction")
        {
            Verdict::Contradicts("transaction_amount")
        } else {
            Verdict::Succeeded
        }
    }

    fn money(&self, whose: &str) -> Option<Money> {
        let amount = match self.0.find(&format!("{whose}_amount"))? {
            Value::Number(text) | Value::Text(text) => text,
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => return None,
        };
        stated(amount, self.text(&format!("{whose}_currency"))?)
    }

    fn wants_code(&self) -> bool {
        self.text("authorization_mode") == Some("OTP")
    }

    /// What of it is not the payment that was asked about.
    fn contradiction(&self, ask: &Ask<'_>) -> Option<&'static str> {
        let expected = match ask.payment.kind {
            PaymentKind::Disbursement => "PAYOUT",
            PaymentKind::Charge | PaymentKind::Conversion | PaymentKind::Refund => "COLLECTION",
        };
        if self.text("merchant_reference") != Some(&ask.call.client_reference) {
            return Some("merchant_reference");
        }
        let kind = self.text("transaction_type")?;
        (!kind.eq_ignore_ascii_case(expected)).then_some("transaction_type")
    }
}

/// The end of a submission; `None` where its refusal must be checked, because it may be the
/// refusal of a second submission of what was done at the first.
pub(super) fn submitted(reply: &Reply, ask: &Ask<'_>) -> Option<Word> {
    let (status, body) = match reply {
        Reply::Answered { status, body } => (*status, body),
        Reply::Lost => return Some(unknown(ask)),
        Reply::NotSent => return Some(Word::of(Verdict::NotSent)),
    };
    match status {
        200..=299 => Some(accepted(body, ask)),
        408 | 429 => Some(unknown(ask)),
        400..=499 => None,
        _ => Some(unknown(ask)),
    }
}

/// The acknowledgement has two references, and the address of DusuPay's page where one was wanted.
fn accepted(body: &[u8], ask: &Ask<'_>) -> Word {
    let Some(object) = parse_object(body, Tolerance::Strict).ok() else { return unknown(ask) };
    let Some(Value::Object(data)) = object.find("data") else { return unknown(ask) };
    let transaction = Transaction(data);
    if let Some(what) = transaction.contradiction(ask) {
        return Word::of(Verdict::Contradicts(what));
    }
    let verdict = match ask.payment.kind {
        // The payer is asked on the phone, or on DusuPay's page.
        PaymentKind::Charge => Verdict::NextAction(NextAction::Redirect),
        PaymentKind::Disbursement | PaymentKind::Conversion | PaymentKind::Refund => {
            Verdict::Pending
        }
    };
    Word { verdict, ask_again_after: ask_again_after(ask), ..transaction.word() }
}

/// A refused submission, and what a status request then said: the refusal counts where DusuPay has
/// no such transaction.
pub(super) fn refused(refused: &Reply, verified: &Reply, ask: &Ask<'_>) -> Word {
    let word = self::verified(verified, ask);
    match (refused, word.verdict) {
        // Nothing was wrong with the payment: our keys, or our address, are not let in.
        (Reply::Answered { status: 401 | 403, .. }, Verdict::Unheard) => Word::of(Verdict::NotSent),
        (Reply::Answered { body, .. }, Verdict::Unheard) => {
            Word::of(Verdict::Declined(reason(message(body).as_deref())))
        }
        (_, verdict) => Word { verdict, ..word },
    }
}

/// The end of an authorization. A code that is refused is asked for again; DusuPay fails the
/// transaction when it has had enough of them.
pub(super) fn authorized(reply: &Reply, ask: &Ask<'_>) -> Word {
    match reply {
        Reply::Answered { status: 200..=299, .. } => {
            Word { ask_again_after: ask_again_after(ask), ..Word::of(Verdict::Pending) }
        }
        Reply::Answered { status: 400 | 422, body } => Word {
            instruction: message(body).as_deref().map(plain),
            ask_again_after: ask_again_after(ask),
            ..Word::of(Verdict::NextAction(NextAction::Otp))
        },
        Reply::Answered { .. } | Reply::Lost => unknown(ask),
        Reply::NotSent => Word::of(Verdict::NotSent),
    }
}

/// The answer to a status request. Every other refusal than "not found" may be that of a request
/// that came too soon.
pub(super) fn verified(reply: &Reply, ask: &Ask<'_>) -> Word {
    let Reply::Answered { status, body } = reply else { return unknown(ask) };
    let Ok(object) = parse_object(body, Tolerance::Strict) else { return unknown(ask) };
    match (*status, object.find("data")) {
        (200, Some(Value::Object(data))) => {
            let transaction = Transaction(data);
            match transaction.contradiction(ask) {
                Some(what) => Word::of(Verdict::Contradicts(what)),
                None => Word { ask_again_after: ask_again_after(ask), ..transaction.word() },
            }
        }
        // A page that says "not found" is some other server's; this one says it in JSON too.
        (404, _) if object.find("code") == Some(&Value::Number("404".to_owned())) => {
            Word::of(Verdict::Unheard)
        }
        (_, _) => unknown(ask),
    }
}

fn unknown(ask: &Ask<'_>) -> Word {
    Word { ask_again_after: ask_again_after(ask), ..Word::of(Verdict::Unknown) }
}

fn ask_again_after(ask: &Ask<'_>) -> Option<Duration> {
    let first = VERIFIED_AFTER.saturating_sub(ask.now.since(ask.call.created_at));
    if !first.is_zero() {
        Some(first)
    } else if ask.call.polls_made < OWN_SCHEDULE_FITS_AFTER {
        Some(VERIFIED_EVERY)
    } else {
        None
    }
}

fn message(body: &[u8]) -> Option<String> {
    let object = parse_object(body, Tolerance::Strict).ok()?;
    match object.find("message") {
        Some(Value::Text(text)) => Some(text.clone()),
        // What is wrong with several fields comes as a list.
        Some(Value::List(list)) => list.iter().find_map(|one| match one {
            Value::Text(text) => Some(text.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => {
                None
            }
        }),
        Some(_) | None => None,
    }
}

/// DusuPay gives a text and no code.
fn reason(text: Option<&str>) -> Reason {
    Reason {
        kind: "declined".to_owned(),
        code: "05".to_owned(),
        text: text.map_or_else(|| "Declined by DusuPay".to_owned(), plain),
    }
}

/// A text from outside, fit to be stored and shown.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}
