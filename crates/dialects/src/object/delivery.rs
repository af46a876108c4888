//! Webhook deliveries and their attempts as merchants see them.

use domain::delivery::{Delivery, DeliveryKey, DeliveryState};
use domain::event::Event;
use domain::id::parse_digits;
use domain::{AccountId, EndpointId, EventId, Timestamp};
use serde::Serialize;

use crate::object::{record_time, to_text};

/// A delivery and what is shown beside it.
#[derive(Debug)]
pub struct DeliveryShown<'a> {
    pub delivery: &'a Delivery,
    /// What the event is called in the endpoint's dialect.
    pub event: &'a str,
    /// Where it goes, unless the endpoint is gone.
    pub url: Option<&'a str>,
    pub dgs_reference: &'a str,
    pub created_at: Timestamp,
}

#[derive(Debug, Serialize)]
pub struct AttemptShown {
    pub number: i64,
    #[serde(serialize_with = "as_record_time")]
    pub at: Timestamp,
    pub latency_ms: i64,
    pub http_status: Option<i64>,
    /// One word, where there was no answer.
    pub fault: Option<String>,
    /// The first KiB of the answer.
    pub response: String,
}

#[derive(Serialize)]
struct DeliveryObject<'a> {
    id: String,
    event_id: String,
    event: &'a str,
    dgs_reference: &'a str,
    /// Null for a payment's own `callback_url`.
    endpoint_id: Option<String>,
    url: Option<&'a str>,
    state: &'static str,
    attempts: u32,
    next_attempt_at: Option<String>,
    created_at: String,
}

#[derive(Serialize)]
struct Single<'a> {
    #[serde(flatten)]
    delivery: DeliveryObject<'a>,
    body: &'a str,
    attempt_log: &'a [AttemptShown],
}

#[derive(Serialize)]
struct List<'a> {
    status: &'static str,
    data: Vec<DeliveryObject<'a>>,
    has_more: bool,
}

#[derive(Serialize)]
struct Answer<T> {
    status: &'static str,
    data: T,
}

#[derive(Serialize)]
struct Resent {
    event_id: String,
    deliveries: Vec<String>,
}

#[derive(Serialize)]
struct Replayed {
    dry_run: bool,
    matched: u64,
    replayed: u64,
}

/// The text merchants see.
pub fn delivery_text(key: DeliveryKey) -> String {
    format!("dlv_{}_{}", key.event.0, key.endpoint.0)
}

/// Reads it back, within an account.
pub fn parse_delivery(account: AccountId, text: &str) -> Option<DeliveryKey> {
    let (event, endpoint) = text.strip_prefix("dlv_")?.split_once('_')?;
    let endpoint = if endpoint == "0" { 0 } else { parse_digits(endpoint)? };
    Some(DeliveryKey {
        account,
        event: EventId(parse_digits(event)?),
        endpoint: EndpointId(endpoint),
    })
}

fn object<'a>(shown: &DeliveryShown<'a>) -> DeliveryObject<'a> {
    let delivery = shown.delivery;
    let is_of_payment = delivery.url.is_some();
    let is_pending = delivery.state == DeliveryState::Pending;
    DeliveryObject {
        id: delivery_text(delivery.key),
        event_id: delivery.key.event.text(),
        event: shown.event,
        dgs_reference: shown.dgs_reference,
        endpoint_id: (!is_of_payment).then(|| delivery.key.endpoint.text()),
        url: shown.url,
        state: delivery.state.word(),
        attempts: delivery.attempts_made,
        next_attempt_at: (is_pending && !delivery.is_leased).then(|| record_time(delivery.due_at)),
        created_at: record_time(shown.created_at),
    }
}

pub fn delivery_list_answer(rows: &[DeliveryShown<'_>], has_more: bool) -> String {
    to_text(&List { status: "success", data: rows.iter().map(object).collect(), has_more })
}

pub fn delivery_answer(shown: &DeliveryShown<'_>, body: &str, attempts: &[AttemptShown]) -> String {
    let data = Single { delivery: object(shown), body, attempt_log: attempts };
    to_text(&Answer { status: "success", data })
}

pub fn resend_answer(event: &Event, deliveries: &[DeliveryKey]) -> String {
    let deliveries = deliveries.iter().map(|key| delivery_text(*key)).collect();
    to_text(&Answer { status: "success", data: Resent { event_id: event.id.text(), deliveries } })
}

/// `replayed` is `None` for a dry run, which changes nothing.
pub fn replay_answer(matched: u64, replayed: Option<u64>) -> String {
    let data = Replayed { dry_run: replayed.is_none(), matched, replayed: replayed.unwrap_or(0) };
    to_text(&Answer { status: "success", data })
}

fn as_record_time<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&record_time(*at))
}
