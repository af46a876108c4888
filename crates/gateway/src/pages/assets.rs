//! The files that pages need.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

const STYLES: &str = include_str!("../../assets/page.css");

const REFERENCE_STYLES: &str = include_str!("../../assets/reference.css");

const PORTAL_STYLES: &str = include_str!("../../assets/portal.css");

/// Renews lists, and copies secrets. Every page works without it.
const PORTAL_SCRIPT: &str = include_str!("../../assets/portal.js");

/// What a merchant's own checkout page encrypts or seals cards with.
const CARD_SCRIPT: &str = include_str!("../../assets/dgspay.js");

pub async fn styles() -> Response {
    file(STYLES, "text/css; charset=utf-8")
}

pub async fn reference_styles() -> Response {
    file(REFERENCE_STYLES, "text/css; charset=utf-8")
}

pub async fn portal_styles() -> Response {
    file(PORTAL_STYLES, "text/css; charset=utf-8")
}

pub async fn portal_script() -> Response {
    file(PORTAL_SCRIPT, "text/javascript; charset=utf-8")
}

/// Any page may load it: it holds no secret and touches nothing but what it is given.
pub async fn card_script() -> Response {
    let mut response = file(CARD_SCRIPT, "text/javascript; charset=utf-8");
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

fn file(text: &'static str, kind: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
