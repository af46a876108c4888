//! Telling the merchant: an event with its frozen body, and the deliveries it is owed in.

use crate::account::Endpoint;
use crate::book::Book;
use crate::decide::{Moment, Told};
use crate::delivery::{Delivery, DeliveryKey, DeliveryState};
use crate::event::{Event, EventKind};
use crate::id::{AccountId, EventId, PaymentId};
use crate::limits;

/// Records the event of a payment that is in the book, and its deliveries. They are born leased
/// to this process, which sends them as soon as the commit is durable; should it die first, its
/// successor finds the lease.
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
    let targets = match &payment.callback_url {
        Some(url) => vec![(Endpoint::OF_PAYMENT, Some(url.clone()))],
        None => book.enabled_endpoints(account_id).into_iter().map(|id| (id, None)).collect(),
    };
    for (endpoint, url) in targets {
        let key = DeliveryKey { account: account_id, event: event.id, endpoint };
        let delivery = Delivery {
            key,
            url,
            state: DeliveryState::Pending,
            attempts_made: 0,
            due_at: moment.now.plus(limits::DELIVERY_LEASE),
            is_leased: true,
        };
        book.deliveries.insert(key, delivery);
    }
    book.events.push(event);
}
