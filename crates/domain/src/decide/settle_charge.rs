//! Settling: the net of a charge moves from pending to available when it is due, once.

use crate::book::Book;
use crate::decide::post::post;
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, PaymentId};
use crate::ledger::Fact;

/// Does nothing when somebody was faster, or when the moment has not come: workers may repeat
/// themselves and run side by side.
pub(super) fn settle_charge(
    key: (AccountId, PaymentId),
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    let is_due =
        book.settlements.find(&key).is_some_and(|row| !row.is_done && row.due_at <= moment.now);
    let Some(charge) = book.payments.find(&key).cloned() else {
        return Err(Refusal::PaymentUnknown);
    };
    if !is_due || charge.settled_at.is_some() {
        return Ok(Answer::Done);
    }
    post(Fact::ChargeSettled, &charge, book, moment)?;
    if let Some(settlement) = book.settlements.change(&key) {
        settlement.is_done = true;
    }
    if let Some(charge) = book.payments.change(&key) {
        charge.settled_at = Some(moment.now);
        charge.version = charge.version.saturating_add(1);
    }
    Ok(Answer::Done)
}
