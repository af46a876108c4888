//! Telling again: one event, or many deliveries that were parked. The bytes and the ids are those
//! of the first time.

use crate::book::Book;
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Refusal, tell};
use crate::delivery::{Delivery, DeliveryKey, take_up};
use crate::endpoint::Endpoint;
use crate::event::Event;
use crate::id::{AccountId, EndpointId, EventId};
use crate::idempotency::KeyUse;

#[derive(Debug)]
pub struct ResendEvent {
    pub account: AccountId,
    pub event: EventId,
    pub key_use: Option<KeyUse>,
    /// This one alone, whatever its filter says; otherwise all that want the event.
    pub endpoint: Option<EndpointId>,
}

#[derive(Debug)]
pub struct ReplayDeliveries {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub keys: Vec<DeliveryKey>,
    /// How many the filter found; those beyond `keys` are for another request.
    pub matched: u64,
}

pub(super) fn resend_event(
    resend: ResendEvent,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(resend.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let event = book
        .past_events
        .get(&(resend.account, resend.event))
        .cloned()
        .ok_or(Refusal::EventUnknown)?;
    let mut keys = owed(&event, resend.endpoint, book);
    let fresh = not_yet_owed(&event, resend.endpoint, book);
    let born: Vec<Delivery> = fresh
        .into_iter()
        .map(|endpoint| tell::to_endpoint(&event, endpoint, book, moment))
        .collect();
    if keys.is_empty() && born.is_empty() {
        return Err(Refusal::NobodyToTell);
    }
    for delivery in born {
        keys.push(delivery.key);
        // Not in hand yet: it takes its place in the endpoint's backlog.
        let delivery = Delivery { is_leased: false, due_at: moment.now, ..delivery };
        book.deliveries.insert(delivery.key, delivery);
    }
    for key in &keys {
        if let Some(delivery) = book.deliveries.change(key) {
            take_up(delivery, moment.now);
        }
    }
    let body = moment.wording.resent(&event, &keys);
    Ok(keep(body, resend.key_use, book, moment))
}

/// Deliveries of the event that are there already and may go out.
fn owed(event: &Event, endpoint: Option<EndpointId>, book: &Book) -> Vec<DeliveryKey> {
    let mut keys: Vec<DeliveryKey> = book
        .deliveries
        .rows()
        .map(|delivery| delivery.key)
        .filter(|key| key.account == event.account && key.event == event.id)
        .filter(|key| endpoint.is_none_or(|wanted| wanted == key.endpoint))
        .filter(|key| is_told(key, book))
        .collect();
    keys.sort_unstable();
    keys
}

/// Endpoints that came later, or that did not want the event and are now named.
fn not_yet_owed<'b>(
    event: &Event,
    endpoint: Option<EndpointId>,
    book: &'b Book,
) -> Vec<&'b Endpoint> {
    let goes_elsewhere = book
        .payments
        .find(&(event.account, event.payment))
        .is_some_and(|payment| payment.callback_url.is_some());
    let has_none = |one: &&Endpoint| {
        let key = DeliveryKey { account: event.account, event: event.id, endpoint: one.id };
        book.deliveries.find(&key).is_none()
    };
    let is_wanted = |one: &&Endpoint| match endpoint {
        Some(wanted) => wanted == one.id && one.dialect.event_word(event.kind).is_some(),
        None => one.wants(event.kind) && !goes_elsewhere,
    };
    let all = book.endpoints_of(event.account).into_iter();
    all.filter(|one| one.state.is_told()).filter(has_none).filter(is_wanted).collect()
}

fn is_told(key: &DeliveryKey, book: &Book) -> bool {
    let endpoint = book.endpoints.find(&(key.account, key.endpoint));
    key.endpoint == Endpoint::OF_PAYMENT || endpoint.is_some_and(|one| one.state.is_told())
}

/// Takes up what can go out again; deliveries of endpoints that are disabled or deleted stay.
pub(super) fn replay_deliveries(
    request: ReplayDeliveries,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(request.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let mut replayed = 0_u64;
    for key in request.keys.iter().filter(|key| key.account == request.account) {
        if is_told(key, book)
            && let Some(delivery) = book.deliveries.change(key)
        {
            take_up(delivery, moment.now);
            replayed = replayed.saturating_add(1);
        }
    }
    let body = moment.wording.replayed(request.matched, replayed);
    Ok(keep(body, request.key_use, book, moment))
}
