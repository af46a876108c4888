//! `GET /card-public-key`: what browsers seal cards to.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::caller::Caller;
use crate::api::json_answer;
use crate::app::App;

pub async fn show(State(app): State<Arc<App>>, caller: Caller) -> Response {
    json_answer(StatusCode::OK, app.sealing_key(caller.0.account.id).public_answer())
}
