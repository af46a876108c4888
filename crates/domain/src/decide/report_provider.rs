//! What a provider says about a payment, by answer, poll or callback: the one way in which a
//! payment ends.

use crate::book::Book;
use crate::decide::post::post;
use crate::decide::{Answer, Moment, Refusal, tell};
use crate::event::EventKind;
use crate::id::{AccountId, PaymentId};
use crate::ledger::Fact;
use crate::limits;
use crate::payment::{Detail, Input, Payment, PaymentKind, PaymentState, Reason, Step, step};
use crate::provider_call::{CallState, Provider, ProviderCall, Verdict, Word, next_poll_at};
use crate::settlement::Settlement;
use crate::time::Timestamp;

#[derive(Clone, Debug)]
pub struct Report {
    pub account: AccountId,
    pub payment: PaymentId,
    pub word: Word,
    pub reported: Reported,
    /// When the call was due as the reporter last saw it, where it went by that: another time means
    /// that somebody else has it, or that a callback wants it asked about at once. The word counts
    /// all the same; what happens to the call next is not the reporter's to say.
    pub due_at: Option<Timestamp>,
}

/// How a word came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// In answer to the request that makes the payment. Should that not have been sent, the next
    /// provider of its route may be asked instead.
    BySubmission { otherwise: Option<Provider> },
    /// In answer to a question how it stands: the next one is due later than the last.
    ByPoll,
    /// By the payer's own step.
    ByPayer,
    /// Without our asking.
    ByCallback,
}

impl Reported {
    /// By a provider that has no other behind it.
    pub const FIRST: Reported = Reported::BySubmission { otherwise: None };
}

pub(super) fn report_provider(
    report: &Report,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    let key = (report.account, report.payment);
    if book.payments.find(&key).is_none() || book.accounts.find(&report.account).is_none() {
        return Err(Refusal::PaymentUnknown);
    }
    take_word(report, book, moment);
    Ok(Answer::Done)
}

/// Applies a word to a payment that is in the book. Never refuses: what cannot be posted is put
/// before a person.
pub(super) fn take_word(report: &Report, book: &mut Book, moment: &mut Moment<'_>) {
    let key = (report.account, report.payment);
    let Some(before) = book.payments.find(&key).cloned() else { return };
    let holds_call = report
        .due_at
        .is_none_or(|due_at| book.calls.find(&key).is_some_and(|call| call.due_at == due_at));
    let report = &judged(report, &before, holds_call);
    let taken = step(before.state, input(&report.word.verdict));
    let posted = match fact(before.kind, taken) {
        Some(fact) => post(fact, &before, book, moment).map_or(Step::Review, |()| taken),
        None => taken,
    };
    note_on_payment(&before, posted, report, book, moment);
    note_on_call(posted, report, holds_call, book, moment);
    note_on_relatives(&before, posted, book, moment);
    if posted == Step::Succeed {
        note_proof(key, report.word.proof.as_ref(), book);
    }
    if before.state == PaymentState::Pending && posted == Step::Unchanged {
        note_page(key, &report.word, book);
    }
    if let Some(kind) = event(before.kind, posted) {
        tell::record_event(key, kind, book, moment);
    }
}

/// The report with what its verdict means for this very payment.
fn judged(report: &Report, payment: &Payment, holds_call: bool) -> Report {
    let mut report = report.clone();
    let verdict = &mut report.word.verdict;
    if *verdict == Verdict::Succeeded
        && report.word.stated.is_some_and(|stated| stated != payment.asked())
    {
        *verdict = Verdict::Contradicts("it tells of another amount or currency");
    }
    // Somebody else may send it at this moment.
    if *verdict == Verdict::NotSent && !holds_call {
        *verdict = Verdict::Unknown;
    }
    // Of payouts that could not be sent, the money waits until they can be; a payer does not.
    if *verdict == Verdict::NotSent
        && payment.kind == PaymentKind::Charge
        && report.reported == Reported::FIRST
    {
        *verdict = Verdict::Declined(Reason {
            kind: "issuer_unavailable".to_owned(),
            code: "91".to_owned(),
            text: "No provider could be reached; nothing was sent".to_owned(),
        });
    }
    report
}

const fn input(verdict: &Verdict) -> Input {
    match verdict {
        Verdict::Succeeded => Input::Confirm,
        Verdict::Declined(_) => Input::Decline,
        Verdict::Contradicts(_) => Input::Contradict,
        Verdict::NextAction(_)
        | Verdict::Pending
        | Verdict::Unknown
        | Verdict::Unheard
        | Verdict::NotSent => Input::StillOpen,
    }
}

/// The fact that a step is in the ledger, if it moves money.
const fn fact(kind: PaymentKind, step: Step) -> Option<Fact> {
    use {PaymentKind as K, Step as S};
    match (kind, step) {
        (K::Charge, S::Succeed) => Some(Fact::ChargeSucceeded),
        (K::Charge, S::ConfirmLate) => Some(Fact::ChargeConfirmedLate),
        (K::Disbursement, S::Succeed) => Some(Fact::DisbursementSucceeded),
        (K::Disbursement, S::Fail) => Some(Fact::DisbursementFailed),
        (K::Disbursement, S::ConfirmLate) => Some(Fact::DisbursementConfirmedLate),
        (K::Conversion, S::Succeed) => Some(Fact::ConversionSucceeded),
        (K::Conversion, S::Fail) => Some(Fact::ConversionFailed),
        (K::Conversion, S::ConfirmLate) => Some(Fact::ConversionConfirmedLate),
        (K::Refund, S::Succeed) => Some(Fact::RefundSucceeded),
        (K::Refund, S::Fail) => Some(Fact::RefundFailed),
        (K::Refund, S::ConfirmLate) => Some(Fact::RefundConfirmedLate),
        // Nothing was taken from anyone when a charge was asked for.
        (K::Charge, S::Fail)
        | (K::Charge | K::Disbursement | K::Conversion | K::Refund, S::Unchanged | S::Review) => {
            None
        }
    }
}

/// What the merchant is told of a step, if anything. A late confirmation is for the operator.
const fn event(kind: PaymentKind, step: Step) -> Option<EventKind> {
    use {PaymentKind as K, Step as S};
    match (kind, step) {
        (K::Charge, S::Succeed) => Some(EventKind::PaymentSuccess),
        (K::Charge, S::Fail) => Some(EventKind::PaymentFailed),
        (K::Disbursement, S::Succeed) => Some(EventKind::DisbursementSuccess),
        (K::Disbursement, S::Fail) => Some(EventKind::DisbursementFailed),
        (K::Conversion, S::Succeed) => Some(EventKind::ConversionSuccess),
        (K::Conversion, S::Fail) => Some(EventKind::ConversionFailed),
        (K::Refund, S::Succeed) => Some(EventKind::PaymentRefunded),
        (K::Refund, S::Fail) => Some(EventKind::RefundFailed),
        (
            K::Charge | K::Disbursement | K::Conversion | K::Refund,
            S::Unchanged | S::Review | S::ConfirmLate,
        ) => None,
    }
}

fn note_on_payment(
    before: &Payment,
    step: Step,
    report: &Report,
    book: &mut Book,
    moment: &Moment<'_>,
) {
    let mut after = before.clone();
    after.state = step.leads_to(before.state);
    if report.word.provider_reference.is_some() {
        after.provider_reference.clone_from(&report.word.provider_reference);
    }
    match (step, &report.word.verdict) {
        (Step::Succeed | Step::Fail, verdict) => {
            after.next_action = None;
            after.finished_at = Some(moment.now);
            if let Verdict::Declined(reason) = verdict {
                after.reason = Some(reason.clone());
            }
        }
        (Step::Unchanged, Verdict::NextAction(action)) if before.state == PaymentState::Pending => {
            after.next_action = Some(*action);
        }
        (Step::Unchanged | Step::ConfirmLate | Step::Review, _) => {}
    }
    if let (Verdict::NotSent, Reported::BySubmission { otherwise: Some(provider) }) =
        (&report.word.verdict, report.reported)
    {
        after.provider = provider;
    }
    if after != *before
        && let Some(payment) = book.payments.change(&(report.account, report.payment))
    {
        after.version = before.version.saturating_add(1);
        *payment = after;
    }
}

fn note_on_call(
    step: Step,
    report: &Report,
    holds_call: bool,
    book: &mut Book,
    moment: &Moment<'_>,
) {
    let Some(call) = book.calls.find(&(report.account, report.payment)) else { return };
    let mut after = call.clone();
    after.is_leased = false;
    match step {
        Step::Succeed | Step::Fail => after.state = CallState::Answered,
        Step::ConfirmLate => after.show_to_a_person("it was confirmed after it had failed"),
        Step::Review => after.show_to_a_person(match report.word.verdict {
            Verdict::Contradicts(what) => what,
            Verdict::Succeeded => "what it confirms cannot be posted",
            Verdict::Declined(_)
            | Verdict::NextAction(_)
            | Verdict::Pending
            | Verdict::Unknown
            | Verdict::Unheard
            | Verdict::NotSent => "it takes back what it had confirmed",
        }),
        Step::Unchanged => match after.state {
            CallState::Open | CallState::Recheck if !holds_call => return,
            CallState::Open => go_on(&mut after, report, moment),
            // It said again what it had said before.
            CallState::Recheck if !is_open(&report.word.verdict) => {
                after.state = CallState::Answered;
            }
            CallState::Recheck => go_on(&mut after, report, moment),
            CallState::Answered | CallState::NeedsReview => return,
        },
    }
    if let Some(call) = book.calls.change(&(report.account, report.payment)) {
        *call = after;
    }
}

/// When the call comes up again, and at whom.
fn go_on(call: &mut ProviderCall, report: &Report, moment: &Moment<'_>) {
    let now = moment.now;
    if let (Verdict::NotSent, Reported::BySubmission { otherwise }) =
        (&report.word.verdict, report.reported)
    {
        call.is_sent = false;
        match otherwise {
            Some(provider) => {
                call.provider = provider;
                call.lease(now);
            }
            None if now < call.created_at.plus(limits::POLL_FOR) => {
                call.due_at = now.plus(limits::SEND_AGAIN_AFTER);
            }
            None => call.show_to_a_person("it could not be sent for a week"),
        }
        return;
    }
    let next = match report.word.ask_again_after {
        Some(wish) => Some(now.plus(wish)),
        None => next_poll_at(call.created_at, now, call.polls_made),
    };
    match next {
        Some(due_at) => call.due_at = due_at,
        None => call.show_to_a_person("it was asked for a week in vain"),
    }
    if report.reported == Reported::ByPoll {
        call.polls_made = call.polls_made.saturating_add(1);
    }
}

/// Whether a word leaves open what became of the payment.
const fn is_open(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Succeeded | Verdict::Declined(_) | Verdict::Contradicts(_) => false,
        Verdict::NextAction(_)
        | Verdict::Pending
        | Verdict::Unknown
        | Verdict::Unheard
        | Verdict::NotSent => true,
    }
}

/// Where the payer goes on, and what they are shown there, in the provider's words.
fn note_page(key: (AccountId, PaymentId), word: &Word, book: &mut Book) {
    if !word.has_page() {
        return;
    }
    if let Some(Detail::Charge(charge)) = book.details.change(&key) {
        charge.page_url.clone_from(&word.page_url);
        charge.instruction.clone_from(&word.instruction);
    }
}

fn note_proof(key: (AccountId, PaymentId), proof: Option<&String>, book: &mut Book) {
    if let Some(proof) = proof
        && let Some(Detail::Disbursement(disbursement)) = book.details.change(&key)
    {
        disbursement.proof = Some(proof.clone());
    }
}

/// What else follows from a payment's end: its settlement, the counts of the link it came
/// through, the charge it gives back.
fn note_on_relatives(payment: &Payment, step: Step, book: &mut Book, moment: &Moment<'_>) {
    let key = (payment.account, payment.id);
    if payment.kind == PaymentKind::Charge
        && step == Step::Succeed
        && let Some(account) = book.accounts.find(&payment.account)
    {
        let settlement = Settlement {
            account: payment.account,
            payment: payment.id,
            due_at: account.settlement.due_at(moment.now),
            is_done: false,
        };
        book.settlements.insert(key, settlement);
    }
    if let Some(link) = payment.link.and_then(|id| book.links.change(&(payment.account, id))) {
        match step {
            Step::Succeed => {
                link.pending = link.pending.saturating_sub(1);
                link.uses = link.uses.saturating_add(1);
                link.collected_minor = link.collected_minor.saturating_add(payment.gross.minor());
            }
            Step::Fail => {
                link.pending = link.pending.saturating_sub(1);
                link.failed = link.failed.saturating_add(1);
            }
            Step::Unchanged | Step::ConfirmLate | Step::Review => {}
        }
    }
    if step == Step::Fail
        && let Some(Detail::Refund(refund)) = book.details.find(&key)
    {
        let charge = (payment.account, refund.charge);
        if let Some(charge) = book.payments.change(&charge) {
            charge.refunded_minor = charge.refunded_minor.saturating_sub(payment.gross.minor());
            charge.version = charge.version.saturating_add(1);
        }
    }
}
