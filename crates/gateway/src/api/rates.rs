//! `GET /rates`: an addition of ours.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::query::rates::list_rates;

use crate::api::caller::Caller;
use crate::api::{Problem, json_answer};
use crate::app::App;

pub async fn list(State(app): State<Arc<App>>, _caller: Caller) -> Result<Response, Problem> {
    let quotes = app.store.read(list_rates).await?;
    Ok(json_answer(StatusCode::OK, dialects::object::rates_answer(&quotes)))
}
