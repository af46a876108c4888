//! Whether the process lives, and whether it takes requests. No credentials needed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::json_answer;
use crate::app::App;

pub async fn live() -> Response {
    json_answer(StatusCode::OK, r#"{"status":"success"}"#.to_owned())
}

pub async fn ready(State(app): State<Arc<App>>) -> Response {
    if *app.stop.borrow() {
        return json_answer(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"failed"}"#.to_owned());
    }
    json_answer(StatusCode::OK, r#"{"status":"success"}"#.to_owned())
}
