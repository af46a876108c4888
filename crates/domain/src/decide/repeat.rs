//! Requests that may be repeated: the first answer is kept under its idempotency key, in the same
//! commit as its effect, and given again.

use crate::book::Book;
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, PaymentId};
use crate::idempotency::{FirstUse, Judgement, KeyScope, KeyUse, judge};

/// The first answer, when the request is a repetition.
pub(super) fn replay(key_use: Option<&KeyUse>, book: &Book) -> Result<Option<Answer>, Refusal> {
    let Some(key_use) = key_use else { return Ok(None) };
    match judge(book.first_uses.find(&key_use.scope), &key_use.fingerprint) {
        Judgement::Proceed => Ok(None),
        Judgement::Replay(body) => {
            Ok(Some(Answer::Written { body: body.to_owned(), is_replay: true }))
        }
        Judgement::Running => Err(Refusal::StillRunning),
        Judgement::KeyReused => Err(Refusal::KeyReused),
    }
}

/// Keeps a request that waits for a provider under its key; [`answer_request`] answers it.
pub(super) fn open(
    key: (AccountId, PaymentId),
    key_use: Option<KeyUse>,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Answer {
    if let Some(KeyUse { scope, fingerprint }) = key_use {
        let first =
            FirstUse { fingerprint, body: None, payment: Some(key.1), created_at: moment.now };
        book.first_uses.insert(scope, first);
    }
    Answer::Opened(key.1)
}

/// Tells how a payment stands, in answer to the request that waited for the provider. Whoever
/// comes first decides what every repetition is told.
pub(super) fn answer_request(
    key: (AccountId, PaymentId),
    scope: Option<KeyScope>,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    let first = scope.as_ref().and_then(|scope| book.first_uses.find(scope));
    if let Some(body) = first.and_then(|first| first.body.clone()) {
        return Ok(Answer::Written { body, is_replay: false });
    }
    let (Some(payment), Some(detail)) = (book.payments.find(&key), book.details.find(&key)) else {
        return Err(Refusal::PaymentUnknown);
    };
    let body = moment.wording.answer(payment, detail);
    if let Some(first) = scope.and_then(|scope| book.first_uses.change(&scope)) {
        first.body = Some(body.clone());
    }
    Ok(Answer::Written { body, is_replay: false })
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
            body: Some(body.clone()),
            payment: None,
            created_at: moment.now,
        };
        book.first_uses.insert(key_use.scope, first);
    }
    Answer::Written { body, is_replay: false }
}
