//! The answers of `GET /events`: events in the order in which they happened, each with the bytes
//! that webhooks carry, and how one was delivered.

use domain::EventId;
use domain::delivery::{DeliveryState, ListedAttempt, ListedDelivery};
use domain::event::ListedEvent;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{event_time, to_text};

#[derive(Serialize)]
struct FeedAnswer<'a> {
    status: &'static str,
    data: Vec<EventObject<'a>>,
    next_after: Option<String>,
}

#[derive(Serialize)]
struct EventAnswer<'a> {
    status: &'static str,
    data: SingleEvent<'a>,
}

#[derive(Serialize)]
struct SingleEvent<'a> {
    #[serde(flatten)]
    event: EventObject<'a>,
    deliveries: Vec<DeliveryObject<'a>>,
}

#[derive(Serialize)]
struct EventObject<'a> {
    id: String,
    r#type: &'static str,
    created_at: String,
    dgs_reference: &'a str,
    /// Not a character differs from what webhooks carry, so signatures can be made over it.
    body: &'a RawValue,
}

#[derive(Serialize)]
struct DeliveryObject<'a> {
    url: Option<&'a str>,
    state: &'static str,
    attempts_made: u32,
    /// `null` once there is nothing more to do.
    next_attempt_at: Option<String>,
    attempts: Vec<AttemptObject<'a>>,
}

#[derive(Serialize)]
struct AttemptObject<'a> {
    number: u32,
    at: String,
    latency_ms: u64,
    http_status: Option<u16>,
    fault: Option<&'a str>,
    answer: &'a str,
}

pub fn event_feed_answer(events: &[ListedEvent], next_after: Option<EventId>) -> String {
    to_text(&FeedAnswer {
        status: "success",
        data: events.iter().map(event_object).collect(),
        next_after: next_after.map(EventId::text),
    })
}

pub fn event_answer(event: &ListedEvent, deliveries: &[ListedDelivery]) -> String {
    let deliveries = deliveries.iter().map(delivery_object).collect();
    let data = SingleEvent { event: event_object(event), deliveries };
    to_text(&EventAnswer { status: "success", data })
}

fn event_object(listed: &ListedEvent) -> EventObject<'_> {
    let event = &listed.event;
    EventObject {
        id: event.id.text(),
        r#type: event.kind.word(),
        created_at: event_time(event.created_at),
        dgs_reference: &listed.dgs_reference,
        body: serde_json::from_str(&event.body).unwrap_or(RawValue::NULL),
    }
}

fn delivery_object(listed: &ListedDelivery) -> DeliveryObject<'_> {
    let delivery = &listed.delivery;
    let next_attempt_at = match delivery.state {
        DeliveryState::Pending => Some(event_time(delivery.due_at)),
        DeliveryState::Delivered | DeliveryState::Parked => None,
    };
    DeliveryObject {
        url: listed.url.as_deref(),
        state: delivery.state.word(),
        attempts_made: delivery.attempts_made,
        next_attempt_at,
        attempts: listed.attempts.iter().map(attempt_object).collect(),
    }
}

fn attempt_object(attempt: &ListedAttempt) -> AttemptObject<'_> {
    AttemptObject {
        number: attempt.number,
        at: event_time(attempt.started_at),
        latency_ms: attempt.latency.as_millis().try_into().unwrap_or(u64::MAX),
        http_status: attempt.status,
        fault: attempt.fault.as_deref(),
        answer: &attempt.excerpt,
    }
}
