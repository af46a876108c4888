//! A worker takes a delivery in hand, and says what came of it.

use crate::account::Endpoint;
use crate::book::Book;
use crate::delivery::{Attempt, Delivery, DeliveryKey, DeliveryState, Reading, after_attempt};
use crate::limits;
use crate::time::Timestamp;

/// Leases a delivery that is due, also one whose lease ran out; nothing when somebody was faster.
pub(super) fn claim(key: &DeliveryKey, book: &mut Book, now: Timestamp) -> Option<Delivery> {
    let is_due = |found: &Delivery| found.state == DeliveryState::Pending && found.due_at <= now;
    book.deliveries.find(key).filter(|found| is_due(found))?;
    let delivery = book.deliveries.change(key)?;
    delivery.is_leased = true;
    delivery.due_at = now.plus(limits::DELIVERY_LEASE);
    Some(delivery.clone())
}

/// Writes down an attempt and what follows from it. A late word on a finished delivery is kept
/// as an attempt and changes nothing else.
pub(super) fn record(attempt: Attempt, draw: u32, book: &mut Book, now: Timestamp) {
    let pending = book
        .deliveries
        .find(&attempt.key)
        .is_some_and(|found| found.state == DeliveryState::Pending);
    if pending && let Some(delivery) = book.deliveries.change(&attempt.key) {
        after_attempt(delivery, attempt.reading, now, draw);
        let endpoint = attempt.key.endpoint;
        if attempt.reading == Reading::Gone
            && endpoint != Endpoint::OF_PAYMENT
            && let Some(endpoint) = book.endpoints.change(&(attempt.key.account, endpoint))
        {
            endpoint.is_enabled = false;
        }
    }
    book.attempts.push(attempt);
}
