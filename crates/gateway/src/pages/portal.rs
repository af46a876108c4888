//! `/smart-merchant/`: what a running sandbox tells a browser.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::app::App;
use crate::pages::{Language, Texts, page};

#[derive(Template)]
#[template(path = "portal.html")]
struct Portal<'a> {
    texts: &'static Texts,
    base_url: &'a str,
}

pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let texts = Language::wanted_by(&headers).texts();
    let base_url = format!("{}/generation/v2", app.settings.public_url);
    page(StatusCode::OK, &Portal { texts, base_url: &base_url })
}
