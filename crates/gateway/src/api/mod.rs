//! The merchants' HTTP API.

mod balance;
mod banks;
mod caller;
mod charges;
mod client_address;
mod dusupay_key;
mod form;
mod frame;
mod health;
mod idempotency_key;
mod json_body;
mod problem;
mod router;
mod sandbox_clock;
mod transactions;
mod webhook_deliveries;
mod webhook_endpoints;

pub use problem::Problem;
pub use router::router;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

/// An answer of the API: JSON text with a status.
fn json_answer(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The answer of a command that may be a repetition under its idempotency key.
fn written_answer(body: String, is_replay: bool) -> Response {
    let mut response = json_answer(StatusCode::OK, body);
    if is_replay {
        let name = HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}
