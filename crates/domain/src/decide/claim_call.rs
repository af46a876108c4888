//! Somebody takes a due provider call: whoever commits first has it, for as long as its lease.

use crate::book::Book;
use crate::decide::Answer;
use crate::id::{AccountId, PaymentId};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimCall {
    pub account: AccountId,
    pub payment: PaymentId,
    /// When it was due as the claimer saw it: another time means that somebody was faster.
    pub due_at: Timestamp,
}

/// Answers with the end of the lease; `None` when the call is somebody else's.
pub(super) fn claim_call(claim: &ClaimCall, book: &mut Book, now: Timestamp) -> Answer {
    let key = (claim.account, claim.payment);
    let is_free = book
        .calls
        .find(&key)
        .is_some_and(|call| call.state.is_due_sometime() && call.due_at == claim.due_at);
    let Some(call) = book.calls.change(&key).filter(|_| is_free) else {
        return Answer::CallClaimed(None);
    };
    call.lease(now);
    Answer::CallClaimed(Some(call.due_at))
}
