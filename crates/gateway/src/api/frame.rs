//! What every request gets: a name, an answer in the envelope, and a line in the log.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::api::Problem;
use crate::server::request_id::{RequestId, X_REQUEST_ID};

pub async fn frame(request: Request, next: Next) -> Response {
    let started_at = Instant::now();
    let request_id = RequestId::of(request.headers());
    let method = request.method().clone();
    let path = loggable(request.uri().path()).to_owned();
    // In a task of its own, so that a client that goes away does not stop a payment half-way and
    // a bug ends one request, not the connection.
    let answer = tokio::spawn(next.run(request)).await;
    let mut response = match answer {
        Ok(response) => response,
        Err(_) => Problem::Bug.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let allow = response.headers().get(axum::http::header::ALLOW).cloned();
        response = problem.answer(&request_id);
        if let Some(allow) = allow {
            response.headers_mut().insert(axum::http::header::ALLOW, allow);
        }
    }
    response.headers_mut().insert(X_REQUEST_ID, request_id.header_value());
    let (status, ms) = (response.status().as_u16(), started_at.elapsed().as_micros());
    let ms = format!("{}.{}", ms / 1000, ms % 1000 / 100);
    if response.status().is_server_error() {
        tracing::error!("{method} {path} {status} {ms} ms {request_id}");
    } else {
        tracing::info!("{method} {path} {status} {ms} ms {request_id}");
    }
    response
}

/// Never the query, which may name customers, nor a payer's page, whose name lets anyone in.
fn loggable(path: &str) -> &str {
    if path.starts_with("/pay/status/") { "/pay/status/…" } else { path }
}

pub async fn unknown_path() -> Problem {
    Problem::NotFound
}

pub async fn wrong_method() -> Problem {
    Problem::WrongMethod
}
