//! Requests that may be repeated: the first answer is kept under its idempotency key, in the same
//! commit as its effect, and given again.

use crate::book::Book;
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, PaymentId};
use crate::idempotency::{FirstUse, Judgement, KeyUse, judge};

/// The first answer, when the request is a repetition.
pub(super) fn replay(key_use: Option<&KeyUse>, book: &Book) -> Result<Option<Answer>, Refusal> {
    let Some(key_use) = key_use else { return Ok(None) };
    match judge(book.first_uses.find(&key_use.scope), &key_use.fingerprint) {
        Judgement::Proceed => Ok(None),
        Judgement::Replay(body) => {
            Ok(Some(Answer::Written { body: body.to_owned(), is_replay: true }))
        }
        Judgement::KeyReused => Err(Refusal::KeyReused),
    }
}

/// The answer that tells how a payment stands, kept for repetitions.
pub(super) fn answer(
    key: (AccountId, PaymentId),
    key_use: Option<KeyUse>,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    let (Some(payment), Some(detail)) = (book.payments.find(&key), book.details.find(&key)) else {
        return Err(Refusal::PaymentUnknown);
    };
    let body = moment.wording.answer(payment, detail);
    Ok(keep(body, key_use, book, moment))
}

/// Keeps the body of an answer for repetitions, and gives it.
pub(super) fn keep(
    body: String,
    key_use: Option<KeyUse>,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Answer {
    if let Some(key_use) = key_use {
        let first = FirstUse {
            fingerprint: key_use.fingerprint,
            body: body.clone(),
            created_at: moment.now,
        };
        book.first_uses.insert(key_use.scope, first);
    }
    Answer::Written { body, is_replay: false }
}
