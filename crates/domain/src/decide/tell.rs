//! Telling the merchant: an event with its frozen body, and the deliveries it is owed in.

use crate::book::Book;
use crate::decide::{Moment, Told};
use crate::delivery::{Delivery, DeliveryKey, DeliveryState};
use crate::endpoint::Endpoint;
use crate::event::{Event, EventKind};
use crate::id::{AccountId, EventId, PaymentId};
use crate::limits;
use crate::payment::PaymentState;
use crate::time::Timestamp;

/// Records the event of a payment that is in the book, and its deliveries.
pub(super) fn record_event(
    (account_id, payment_id): (AccountId, PaymentId),
    kind: EventKind,
    book: &mut Book,
    moment: &mut Moment<'_>,
) {
    let (Some(account), Some(payment)) =
        (book.accounts.find(&account_id), book.payments.find(&(account_id, payment_id)))
    else {
        return;
    };
    let detail = book.details.find(&(account_id, payment_id));
    let told = Told { payment, detail, at: moment.now };
    let event = Event {
        account: account_id,
        id: EventId(moment.ids.next(moment.now)),
        kind,
        payment: payment_id,
        body: moment.wording.event(account, kind, told),
        created_at: moment.now,
    };
    let deliveries: Vec<Delivery> = match &payment.callback_url {
        Some(url) => vec![to_payments_own(&event, url.clone())],
        None => book
            .endpoints_of(account_id)
            .into_iter()
            .filter(|endpoint| endpoint.wants(kind))
            .map(|endpoint| to_endpoint(&event, endpoint, book, moment))
            .collect(),
    };
    for delivery in deliveries {
        book.deliveries.insert(delivery.key, delivery);
    }
    book.events.push(event);
}

/// Tells of payments that a command made and left pending, where anybody wants to hear of it.
pub(super) fn record_processing(mark: usize, book: &mut Book, moment: &mut Moment<'_>) {
    for key in book.payments.new_since(mark) {
        let is_told = book.payments.find(&key).is_some_and(|payment| {
            payment.state == PaymentState::Pending && payment.callback_url.is_none()
        });
        let kind = EventKind::Processing;
        if is_told && book.endpoints.rows().any(|one| one.account == key.0 && one.wants(kind)) {
            record_event(key, kind, book, moment);
        }
    }
}

/// The delivery of an event to an endpoint, in its dialect. Parked at birth where the endpoint is
/// disabled: it can be replayed once the endpoint is back.
pub(super) fn to_endpoint(
    event: &Event,
    endpoint: &Endpoint,
    book: &Book,
    moment: &Moment<'_>,
) -> Delivery {
    let key = (event.account, event.payment);
    let body = match (book.accounts.find(&event.account), book.payments.find(&key)) {
        (Some(account), Some(payment)) => {
            let told = Told { payment, detail: book.details.find(&key), at: event.created_at };
            moment.wording.event_in(endpoint.dialect, account, event.kind, told)
        }
        (None, _) | (_, None) => None,
    };
    let leased = leased(event, endpoint.id, moment.now);
    let body = body.filter(|body| *body != event.body);
    if endpoint.state.is_told() {
        Delivery { body, ..leased }
    } else {
        let state = DeliveryState::Parked;
        Delivery { body, state, is_leased: false, due_at: moment.now, ..leased }
    }
}

fn to_payments_own(event: &Event, url: String) -> Delivery {
    Delivery { url: Some(url), ..leased(event, Endpoint::OF_PAYMENT, event.created_at) }
}

/// Born leased to this process, which sends it as soon as the commit is durable; should it die
/// first, its successor finds the lease.
fn leased(event: &Event, endpoint: crate::EndpointId, now: Timestamp) -> Delivery {
    Delivery {
        key: DeliveryKey { account: event.account, event: event.id, endpoint },
        url: None,
        body: None,
        state: DeliveryState::Pending,
        attempts_made: 0,
        attempts_before: 0,
        due_at: now.plus(limits::DELIVERY_LEASE),
        is_leased: true,
    }
}
