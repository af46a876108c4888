//! The merchants' HTTP API.

mod balance;
mod banks;
mod caller;
mod charges;
mod client_address;
mod events;
mod form;
mod frame;
mod health;
mod idempotency_key;
mod json_body;
#[cfg(test)]
mod live_tests;
mod problem;
mod router;
mod sandbox_clock;
mod transactions;

pub use problem::Problem;
pub use router::router;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
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
