//! `GET /banks/{country}`

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::caller::Caller;
use crate::api::{Problem, json_answer};
use crate::app::App;

pub async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Path(country): Path<String>,
) -> Result<Response, Problem> {
    let body = app.banks.answer(&country).ok_or(Problem::NotFound)?;
    Ok(json_answer(StatusCode::OK, body))
}
