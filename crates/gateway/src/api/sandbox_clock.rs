//! `POST /sandbox/clock`: moves the sandbox's clock ahead, and with it everything that waits.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dialects::json::Value;
use domain::decide::Command;

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::json_body::JsonBody;
use crate::api::{Problem, json_answer};
use crate::app::App;

/// The furthest one call may go: a year.
const ADVANCE_SECONDS_MAX: i64 = 366 * 24 * 3600;

/// The furthest the clock may stand ahead in all: a century, far from the end of any number.
const AHEAD_US_MAX: i64 = 100 * ADVANCE_SECONDS_MAX * 1_000_000;

pub async fn advance(
    State(app): State<Arc<App>>,
    _caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let mut form = Form::of(&body);
    let seconds = match form.value("advance_seconds") {
        Some(Value::Number(text)) => text.parse::<i64>().ok(),
        Some(_) | None => None,
    }
    .filter(|seconds| (1..=ADVANCE_SECONDS_MAX).contains(seconds));
    let Some(seconds) = seconds else {
        form.fault("advance_seconds", "must be a whole number from 1 to 31622400");
        form.finish()?;
        return Err(Problem::Bug);
    };
    // One at a time, so that two calls at once move it by both.
    let _turn = app.clock_turn.lock().await;
    let ahead_us = app.clock.ahead_us().saturating_add(seconds.saturating_mul(1_000_000));
    if ahead_us > AHEAD_US_MAX {
        form.fault("advance_seconds", "the clock stands a century ahead already");
        form.finish()?;
    }
    app.store.lane().submit(Command::SetClockAhead { ahead_us }).await?;
    app.clock.set_ahead_us(ahead_us);
    let now = dialects::object::event_time(app.clock.now());
    let body = format!(r#"{{"status":"success","advanced_seconds":{seconds},"now":"{now}"}}"#);
    Ok(json_answer(StatusCode::OK, body))
}
