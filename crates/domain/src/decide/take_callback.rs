//! A provider calls us: the callback is kept, once, and what it is about is looked into.

use crate::book::Book;
use crate::decide::report_provider::{Report, Reported, take_word};
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, PaymentId};
use crate::payment::PaymentState;
use crate::provider_call::{CallState, CallbackKey, InboundCallback, Word};

#[derive(Debug)]
pub struct TakeCallback {
    pub key: CallbackKey,
    /// The payment it is about; `None` where we follow no such payment.
    pub about: Option<(AccountId, PaymentId)>,
    /// What it says, where it may be believed without a question back.
    pub word: Option<Word>,
    /// Its body as it came, as text.
    pub body: String,
}

pub(super) fn take_callback(
    callback: TakeCallback,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if book.callbacks.find(&callback.key).is_some() {
        // Where the first copy was a forger's, this one may still be news: asking harms nobody.
        let is_pending = |key: &_| {
            book.payments.find(key).is_some_and(|payment| payment.state == PaymentState::Pending)
        };
        if let (Some(key), None) = (callback.about.filter(is_pending), callback.word) {
            ask_now(key, book, moment);
        }
        return Ok(Answer::CallbackTaken { is_repetition: true });
    }
    // What is kept of an unknown payment may be looked at by a person.
    let about = callback.about.filter(|key| book.payments.find(key).is_some());
    let kept = InboundCallback { about, body: callback.body, received_at: moment.now };
    book.callbacks.insert(callback.key, kept);
    match (about, callback.word) {
        (Some((account, payment)), Some(word)) => {
            let report =
                Report { account, payment, word, reported: Reported::ByCallback, due_at: None };
            take_word(&report, book, moment);
        }
        (Some(key), None) => ask_now(key, book, moment),
        (None, _) => {}
    }
    Ok(Answer::CallbackTaken { is_repetition: false })
}

/// Brings the next question forward. What has ended is asked about once more: the provider may
/// have changed its mind.
fn ask_now(key: (AccountId, PaymentId), book: &mut Book, moment: &Moment<'_>) {
    let is_pending =
        book.payments.find(&key).is_some_and(|payment| payment.state == PaymentState::Pending);
    let Some(call) = book.calls.change(&key) else { return };
    match (call.state, is_pending) {
        // Before it is sent there is nothing to ask.
        (CallState::Open | CallState::NeedsReview, true) if call.is_sent => {
            call.state = CallState::Open;
            call.is_leased = false;
            call.due_at = moment.now;
        }
        (CallState::Answered | CallState::Recheck, false) => {
            call.state = CallState::Recheck;
            call.is_leased = false;
            call.due_at = moment.now;
        }
        (CallState::Open | CallState::NeedsReview, true | false)
        | (CallState::Answered | CallState::Recheck, true) => {}
    }
}
