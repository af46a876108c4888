//! A worker takes a delivery in hand, and says what came of it.

use crate::book::Book;
use crate::delivery::{Attempt, Delivery, DeliveryKey, DeliveryState, after_attempt};
use crate::endpoint::{DialectName, Endpoint};
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

/// Writes down an attempt and what follows from it, for the delivery and for its endpoint. A late
/// word on a delivery that is done is kept as an attempt and changes nothing else.
pub(super) fn record(attempt: Attempt, draw: u32, book: &mut Book, now: Timestamp) {
    let endpoint_key = (attempt.key.account, attempt.key.endpoint);
    let endpoint = book.endpoints.find(&endpoint_key);
    let dialect = endpoint.map_or(DialectName::Dgs, |endpoint| endpoint.dialect);
    let is_open = |found: &Delivery| found.state != DeliveryState::Delivered;
    if book.deliveries.find(&attempt.key).is_some_and(is_open)
        && let Some(delivery) = book.deliveries.change(&attempt.key)
    {
        after_attempt(delivery, attempt.reading, dialect.delays_s(), now, draw);
    }
    let endpoint = book.endpoints.find(&endpoint_key);
    if let Some(after) = endpoint.and_then(|found| found.after_attempt(attempt.reading, now)) {
        book.endpoints.put(endpoint_key, after);
    }
    book.attempts.push(attempt);
}

/// Parks a delivery whose endpoint is no more, or may not be tried. Gives it back where it may
/// after all: the asker's picture of the endpoints was an old one.
pub(super) fn park(key: &DeliveryKey, book: &mut Book) -> Option<Delivery> {
    let endpoint = book.endpoints.find(&(key.account, key.endpoint));
    let may_be_tried = key.endpoint == Endpoint::OF_PAYMENT
        || endpoint.is_some_and(|endpoint| endpoint.state.may_be_tried());
    let found = book.deliveries.find(key);
    let pending = found.filter(|found| found.state == DeliveryState::Pending)?;
    if may_be_tried {
        return Some(pending.clone());
    }
    let delivery = book.deliveries.change(key)?;
    delivery.state = DeliveryState::Parked;
    delivery.is_leased = false;
    None
}
