//! `/webhook-deliveries`: what was sent where, what came back, and sending it again.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::json::Value;
use dialects::object::{
    AttemptShown, DeliveryShown, delivery_answer, delivery_list_answer, parse_delivery,
    replay_answer,
};
use domain::decide::{Command, ReplayDeliveries, ResendEvent};
use domain::delivery::{DeliveryKey, DeliveryState};
use domain::endpoint::{DialectName, Endpoint};
use domain::event::EventKind;
use domain::{AccountId, EndpointId, EventId, limits};
use store::query::deliveries::{self, DeliverySeen, Filter};

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::MaybeJsonBody;
use crate::api::problem::FieldFault;
use crate::api::transactions::{TIME_MESSAGE, time};
use crate::api::{Problem, json_answer, written_answer};
use crate::app::App;
use crate::directory::Directory;

pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let Question { filter, below, limit } = Question::read(account, &query.unwrap_or_default())?;
    let mut rows = app
        .store
        .read(move |reader| deliveries::list_deliveries(reader, account, &filter, below, limit + 1))
        .await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let directory = app.directory();
    let shown: Vec<DeliveryShown<'_>> = rows.iter().map(|row| shown(row, &directory)).collect();
    Ok(json_answer(StatusCode::OK, delivery_list_answer(&shown, has_more)))
}

pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key = parse_delivery(account, &id).ok_or(Problem::NotFound)?;
    let filter =
        Filter { event: Some(key.event), endpoint: Some(key.endpoint), ..Filter::default() };
    let found = app
        .store
        .read(move |reader| {
            reader.snapshot(|reader| {
                let Some(seen) =
                    deliveries::list_deliveries(reader, account, &filter, None, 1)?.pop()
                else {
                    return Ok(None);
                };
                let body = deliveries::find_body(reader, &seen.delivery)?.unwrap_or_default();
                Ok(Some((seen, body, deliveries::list_attempts_of(reader, key)?)))
            })
        })
        .await?;
    let (seen, body, attempts) = found.ok_or(Problem::NotFound)?;
    let attempts: Vec<AttemptShown> = attempts
        .into_iter()
        .map(|attempt| AttemptShown {
            number: attempt.number,
            at: attempt.started_at,
            latency_ms: attempt.latency_us / 1000,
            http_status: attempt.status,
            fault: attempt.fault,
            response: attempt.excerpt,
        })
        .collect();
    let answer = delivery_answer(&shown(&seen, &app.directory()), &body, &attempts);
    Ok(json_answer(StatusCode::OK, answer))
}

/// `POST /events/{id}/resend`
pub async fn resend(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    MaybeJsonBody(body): MaybeJsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let event = EventId::parse(&id).ok_or(Problem::NotFound)?;
    let mut key_use = key_use(&headers, account, "POST /events/resend", &body)?;
    if let Some(key_use) = &mut key_use {
        // Keys have no blanks, so this is no key of anybody's.
        key_use.scope.key = format!("{id} {}", key_use.scope.key);
    }
    let mut form = Form::of(&body);
    let endpoint = endpoint(&mut form);
    form.finish()?;
    let resend = ResendEvent { account, event, key_use, endpoint };
    submit(&app, Command::ResendEvent(Box::new(resend))).await
}

/// `POST /webhook-deliveries/replay`
pub async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    MaybeJsonBody(body): MaybeJsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = key_use(&headers, account, "POST /webhook-deliveries/replay", &body)?;
    let mut form = Form::of(&body);
    let filter = Filter {
        endpoint: endpoint(&mut form),
        state: Some(finished_state(&mut form)),
        kinds: kinds(&mut form),
        from: moment(&mut form, "from", false),
        to: moment(&mut form, "to", true),
        is_for_sending: true,
        ..Filter::default()
    };
    let is_dry_run = match form.value("dry_run") {
        None => false,
        Some(Value::Bool(wish)) => *wish,
        Some(_) => {
            form.fault("dry_run", "must be true or false");
            false
        }
    };
    form.finish()?;
    let (matched, keys) = app
        .store
        .read(move |reader| {
            reader.snapshot(|reader| {
                let matched = deliveries::count_deliveries(reader, account, &filter)?;
                let limit = if is_dry_run { 0 } else { limits::REPLAYED_AT_ONCE_MAX };
                Ok((matched, deliveries::list_keys(reader, account, &filter, limit)?))
            })
        })
        .await?;
    if is_dry_run {
        return Ok(json_answer(StatusCode::OK, replay_answer(matched, None)));
    }
    let replay = ReplayDeliveries { account, key_use, keys, matched };
    submit(&app, Command::ReplayDeliveries(Box::new(replay))).await
}

async fn submit(app: &App, command: Command) -> Result<Response, Problem> {
    written_answer(app.store.lane().submit(command).await?)
}

fn shown<'a>(seen: &'a DeliverySeen, directory: &'a Directory) -> DeliveryShown<'a> {
    let delivery = &seen.delivery;
    let endpoint = directory.find_endpoint(delivery.key.account, delivery.key.endpoint);
    let dialect = endpoint.map_or(DialectName::Dgs, |endpoint| endpoint.dialect);
    let word = EventKind::parse(&seen.event_kind).and_then(|kind| dialect.event_word(kind));
    DeliveryShown {
        delivery,
        event: word.unwrap_or(&seen.event_kind),
        url: delivery.url.as_deref().or(endpoint.map(|endpoint| endpoint.url.as_str())),
        dgs_reference: &seen.dgs_reference,
        created_at: seen.created_at,
    }
}

/// What a list request asks for.
struct Question {
    filter: Filter,
    below: Option<DeliveryKey>,
    limit: usize,
}

impl Question {
    fn read(account: AccountId, query: &str) -> Result<Question, Problem> {
        let limit = usize::try_from(limits::PAGE_ROWS_DEFAULT).unwrap_or(1);
        let mut question = Question { filter: Filter::default(), below: None, limit };
        let mut faults = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Err((field, message)) = question.take(account, &name, &value) {
                faults.push(FieldFault { field, message });
            }
        }
        if faults.is_empty() { Ok(question) } else { Err(Problem::Fields(faults)) }
    }

    /// Takes one parameter. Those we do not know are ignored, as unknown body fields are.
    fn take(
        &mut self,
        account: AccountId,
        name: &str,
        value: &str,
    ) -> Result<(), (&'static str, String)> {
        let fault = |field, message: &str| (field, message.to_owned());
        match name {
            "endpoint_id" => {
                self.filter.endpoint =
                    Some(endpoint_id(value).ok_or(fault("endpoint_id", ENDPOINT_MESSAGE))?);
            }
            "event_id" => {
                let message = "must be the id of an event, such as evt_123";
                let id = EventId::parse(value).ok_or(fault("event_id", message))?;
                self.filter.event = Some(id);
            }
            "event" => {
                let kinds = kinds_of(value);
                if kinds.is_empty() {
                    return Err(fault("event", "must be an event such as payment.success"));
                }
                self.filter.kinds = kinds;
            }
            "state" => {
                let message = "must be pending, delivered or parked";
                let state = DeliveryState::parse(value).ok_or(fault("state", message))?;
                self.filter.state = Some(state);
            }
            "from" => {
                self.filter.from = Some(time(value, false).ok_or(fault("from", TIME_MESSAGE))?);
            }
            "to" => self.filter.to = Some(time(value, true).ok_or(fault("to", TIME_MESSAGE))?),
            "starting_after" => {
                let message = "must be the id of a delivery";
                let key = parse_delivery(account, value).ok_or(fault("starting_after", message))?;
                self.below = Some(key);
            }
            "limit" => {
                let message = "must be a whole number from 1 to 100";
                let limit: usize = value
                    .parse()
                    .ok()
                    .filter(|limit| *limit >= 1)
                    .ok_or(fault("limit", message))?;
                self.limit = limit.min(usize::try_from(limits::PAGE_ROWS_MAX).unwrap_or(limit));
            }
            _ => {}
        }
        Ok(())
    }
}

const ENDPOINT_MESSAGE: &str =
    "must be the id of an endpoint, or callback_url for the payments' own addresses";

fn endpoint_id(text: &str) -> Option<EndpointId> {
    if text == "callback_url" { Some(Endpoint::OF_PAYMENT) } else { EndpointId::parse(text) }
}

fn endpoint(form: &mut Form<'_>) -> Option<EndpointId> {
    let text = form.text("endpoint_id", limits::NAME_CHARS_MAX)?;
    let id = endpoint_id(text);
    if id.is_none() {
        form.fault("endpoint_id", ENDPOINT_MESSAGE);
    }
    id
}

/// What is pending goes out by itself.
fn finished_state(form: &mut Form<'_>) -> DeliveryState {
    match form.text("state", limits::NAME_CHARS_MAX) {
        None | Some("parked") => DeliveryState::Parked,
        Some("delivered") => DeliveryState::Delivered,
        Some(_) => {
            form.fault("state", "must be parked or delivered");
            DeliveryState::Parked
        }
    }
}

/// The kinds of event that go by a word, in any dialect.
fn kinds_of(word: &str) -> Vec<&'static str> {
    let is_called_so = |kind: &EventKind| {
        DialectName::ALL.iter().any(|dialect| dialect.event_word(*kind) == Some(word))
    };
    EventKind::ALL.into_iter().filter(is_called_so).map(EventKind::word).collect()
}

fn kinds(form: &mut Form<'_>) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    let is_fit = match form.value("events") {
        None => true,
        Some(Value::List(list)) => list.iter().all(|value| match value {
            Value::Text(word) => {
                let found = kinds_of(word.trim());
                kinds.extend_from_slice(&found);
                !found.is_empty()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => {
                false
            }
        }),
        Some(_) => false,
    };
    if !is_fit {
        form.fault("events", "must be a list of events such as payment.success");
    }
    kinds
}

fn moment(form: &mut Form<'_>, field: &'static str, ends_span: bool) -> Option<domain::Timestamp> {
    let text = form.text(field, limits::NAME_CHARS_MAX)?;
    let at = time(text, ends_span);
    if at.is_none() {
        form.fault(field, TIME_MESSAGE);
    }
    at
}
