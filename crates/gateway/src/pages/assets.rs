//! The files that pages need.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

const STYLES: &str = include_str!("../../assets/page.css");

pub async fn styles() -> Response {
    let mut response = Response::new(Body::from(STYLES));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}
