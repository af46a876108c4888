//! Pages for payers: server-rendered, without scripts, in three languages.

pub mod assets;
pub mod bank;
pub mod link;
pub mod packed;
pub mod reference;
pub mod status;
mod texts;
pub mod transfer;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

pub use texts::{Language, LinkTexts, PortalTexts, Texts};

/// What a page may load and do.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every page: nothing but our own styles is loaded, nobody frames us, and what a
/// page says of a payment is not kept anywhere.
const HEADERS: [(&str, &str); 6] = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("vary", "Accept-Language"),
];

pub fn page(status: StatusCode, template: &impl Template) -> Response {
    let (status, html) = match template.render() {
        Ok(html) => (status, html),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    dressed(response)
}

/// A page with the headers of every page, but for those that it has already.
fn dressed(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        let place = response.headers_mut().entry(HeaderName::from_static(name));
        place.or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Sends the browser to another page of ours after a form was taken.
pub fn see_other(path: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}
