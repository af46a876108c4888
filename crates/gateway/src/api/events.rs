//! `GET /events` and `GET /events/{id}`: a feed to pull, for those whom no webhook can reach and
//! those who missed one. Events are kept for ever.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use dialects::object::{event_answer, event_feed_answer};
use domain::event::EventKind;
use domain::{AccountId, EventId, limits};
use store::query::events::{self, Page, Start};
use tokio::time::{Instant, timeout_at};

use crate::api::caller::Caller;
use crate::api::problem::FieldFault;
use crate::api::{Problem, json_answer};
use crate::app::App;
use crate::workers::stopped;

pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Question { mut sought, wait } = Question::read(&query.unwrap_or_default())?;
    let account = caller.0.account.id;
    let deadline = Instant::now() + wait;
    // The bell is there before the first look, so nothing that is committed in between is missed.
    let mut bell = match wait {
        Duration::ZERO => None,
        _ => Some(app.alarms.events.listen(account).ok_or(Problem::Busy)?),
    };
    loop {
        let page = read(&app, account, sought.clone()).await?;
        sought.start = page.next_after.map_or(Start::Oldest, Start::After);
        let Some(bell) = bell.as_mut().filter(|_| page.events.is_empty()) else {
            return Ok(answer(&page));
        };
        let rung = async {
            tokio::select! {
                rung = bell.changed() => rung.is_ok(),
                // A process that stops does not make its last callers wait.
                () = stopped(&app) => false,
            }
        };
        if !timeout_at(deadline, rung).await.unwrap_or(false) {
            return Ok(answer(&page));
        }
    }
}

async fn read(app: &App, account: AccountId, sought: events::Question) -> Result<Page, Problem> {
    let page = app.store.read(move |reader| events::list_events(reader, account, &sought)).await?;
    page.ok_or_else(|| Problem::Fields(vec![fault("after", "is not an event of this account")]))
}

fn answer(page: &Page) -> Response {
    json_answer(StatusCode::OK, event_feed_answer(&page.events, page.next_after))
}

pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let id = EventId::parse(&name).ok_or(Problem::NotFound)?;
    let account = caller.0.account.id;
    let found = app.store.read(move |reader| events::find_event(reader, account, id)).await?;
    let (event, deliveries) = found.ok_or(Problem::NotFound)?;
    Ok(json_answer(StatusCode::OK, event_answer(&event, &deliveries)))
}

/// What a feed request asks for.
struct Question {
    sought: events::Question,
    wait: Duration,
}

impl Question {
    fn read(query: &str) -> Result<Question, Problem> {
        let sought = events::Question {
            start: Start::Oldest,
            kinds: Vec::new(),
            limit: limits::FEED_EVENTS_MAX,
        };
        let mut question = Question { sought, wait: Duration::ZERO };
        let mut faults = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Err(fault) = question.take(&name, &value) {
                faults.push(fault);
            }
        }
        if faults.is_empty() { Ok(question) } else { Err(Problem::Fields(faults)) }
    }

    /// Takes one parameter. Those we do not know are ignored, as everywhere.
    fn take(&mut self, name: &str, value: &str) -> Result<(), FieldFault> {
        match name {
            "after" => {
                let message = "must be the id of an event, or now";
                self.sought.start = start(value).ok_or_else(|| fault("after", message))?;
            }
            "types" => self.sought.kinds = kinds(value)?,
            "wait" => {
                let most = limits::FEED_WAIT_MAX.as_secs();
                let seconds = value.parse().ok().filter(|seconds| *seconds <= most);
                let message = "must be a whole number of seconds from 0 to 30";
                self.wait = Duration::from_secs(seconds.ok_or_else(|| fault("wait", message))?);
            }
            "limit" => {
                let wanted = value.parse::<u64>().ok().filter(|wanted| *wanted >= 1);
                let message = "must be a whole number from 1 to 100";
                let wanted = wanted.ok_or_else(|| fault("limit", message))?;
                let most = limits::FEED_EVENTS_MAX;
                self.sought.limit = u32::try_from(wanted).unwrap_or(most).min(most);
            }
            _ => {}
        }
        Ok(())
    }
}

fn start(text: &str) -> Option<Start> {
    if text == "now" { Some(Start::Now) } else { EventId::parse(text).map(Start::After) }
}

fn kinds(text: &str) -> Result<Vec<EventKind>, FieldFault> {
    let parse = |word: &str| {
        EventKind::parse(word.trim()).ok_or_else(|| {
            let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.word()).collect();
            fault("types", format!("must be some of {}, joined by commas", known.join(", ")))
        })
    };
    text.split(',').map(parse).collect()
}

fn fault(field: &'static str, message: impl Into<String>) -> FieldFault {
    FieldFault { field, message: message.into() }
}
