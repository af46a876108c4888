//! What a provider says about a payment, by answer, poll or callback: the one way in which a
//! payment ends.

use crate::book::Book;
use crate::charge::{self, ChargeInput, Step};
use crate::decide::{Answer, Moment, Refusal, tell};
use crate::event::EventKind;
use crate::id::{AccountId, PaymentId};
use crate::ledger::{self, Fact, Journal, Transfer, Wallet, WalletError};
use crate::payment::{Payment, PaymentState};
use crate::provider_call::{CallState, Verdict, Word, next_poll_at};

#[derive(Clone, Debug)]
pub struct Report {
    pub account: AccountId,
    pub payment: PaymentId,
    pub word: Word,
    /// Whether we asked: then the next question is due later than the last.
    pub is_answer_to_poll: bool,
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
    let step = charge::step(before.state, input(&report.word.verdict));
    let posted = match post(&before, step, book, moment) {
        Ok(()) => step,
        Err(_) => Step::Review,
    };
    note_on_payment(&before, posted, report, book, moment);
    note_on_call(posted, report, book, moment);
    let kind = match posted {
        Step::Credit => EventKind::PaymentSuccess,
        Step::Fail => EventKind::PaymentFailed,
        Step::Unchanged | Step::CreditSuspense | Step::Review => return,
    };
    tell::record_event(key, kind, book, moment);
}

const fn input(verdict: &Verdict) -> ChargeInput {
    match verdict {
        Verdict::Succeeded => ChargeInput::Confirm,
        Verdict::Declined(_) => ChargeInput::Decline,
        Verdict::NextAction(_) | Verdict::Pending | Verdict::Unknown => ChargeInput::StillOpen,
    }
}

/// Posts the journal a step causes, all of it or nothing.
fn post(
    payment: &Payment,
    step: Step,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<(), Refusal> {
    let (fact, transfers) = match step {
        Step::Credit => (Fact::ChargeSucceeded, ledger::charge_succeeded(payment)?),
        Step::CreditSuspense => (Fact::ChargeConfirmedLate, ledger::charge_confirmed_late(payment)),
        Step::Unchanged | Step::Fail | Step::Review => return Ok(()),
    };
    let wallet_key = (payment.account, payment.gross.currency());
    let wallet = book.wallets.find(&wallet_key).copied().unwrap_or_default();
    let wallet = transfers.iter().try_fold(wallet, after)?;
    let chain = book.chains.find(&payment.account).copied().unwrap_or_default();
    let journal =
        Journal::append(&chain, payment.account, (fact, Some(payment.id)), transfers, moment.now);
    book.wallets.put(wallet_key, wallet);
    book.chains.put(payment.account, journal.chain());
    book.journals.push(journal);
    Ok(())
}

fn after(wallet: Wallet, transfer: &Transfer) -> Result<Wallet, WalletError> {
    wallet.after(transfer)
}

fn note_on_payment(
    before: &Payment,
    step: Step,
    report: &Report,
    book: &mut Book,
    moment: &Moment<'_>,
) {
    let state = step.leads_to(before.state);
    let reference = report.word.provider_reference.clone().or(before.provider_reference.clone());
    let next_action = match &report.word.verdict {
        Verdict::NextAction(action) if before.state == PaymentState::Pending => Some(*action),
        Verdict::NextAction(_)
        | Verdict::Succeeded
        | Verdict::Declined(_)
        | Verdict::Pending
        | Verdict::Unknown => before.next_action,
    };
    if state == before.state
        && reference == before.provider_reference
        && next_action == before.next_action
    {
        return;
    }
    let Some(payment) = book.payments.change(&(report.account, report.payment)) else { return };
    payment.version = payment.version.saturating_add(1);
    payment.state = state;
    payment.provider_reference = reference;
    payment.next_action = next_action;
    match step {
        Step::Credit => {
            payment.next_action = None;
            payment.finished_at = Some(moment.now);
        }
        Step::Fail => {
            payment.next_action = None;
            payment.finished_at = Some(moment.now);
            if let Verdict::Declined(reason) = &report.word.verdict {
                payment.reason = Some(reason.clone());
            }
        }
        Step::Unchanged | Step::CreditSuspense | Step::Review => {}
    }
}

fn note_on_call(step: Step, report: &Report, book: &mut Book, moment: &Moment<'_>) {
    let Some(call) = book.calls.find(&(report.account, report.payment)) else { return };
    let mut after = call.clone();
    match step {
        Step::Credit | Step::Fail => after.state = CallState::Answered,
        Step::CreditSuspense | Step::Review => after.state = CallState::NeedsReview,
        Step::Unchanged if after.state == CallState::Open => {
            let next = match report.word.ask_again_after {
                Some(wish) => Some(moment.now.plus(wish)),
                None => next_poll_at(after.created_at, moment.now, after.polls_made),
            };
            match next {
                Some(due_at) => after.due_at = due_at,
                None => after.state = CallState::NeedsReview,
            }
            if report.is_answer_to_poll {
                after.polls_made = after.polls_made.saturating_add(1);
            }
        }
        Step::Unchanged => return,
    }
    if let Some(call) = book.calls.change(&(report.account, report.payment)) {
        *call = after;
    }
}
