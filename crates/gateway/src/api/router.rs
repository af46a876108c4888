//! Every route of the program on one screen.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::api::{
    balance, banks, bulk_disbursements, charges, convert, disbursements, events, frame, health,
    rates, refunds, sandbox_clock, transactions,
};
use crate::app::App;
use crate::pages;

pub fn router(app: &Arc<App>) -> Router {
    let api = Router::new()
        .route("/charges", post(charges::create))
        .route("/disburse", post(disbursements::create))
        .route("/disburse/bulk", post(bulk_disbursements::create))
        .route("/disburse/bulk/{id}", get(bulk_disbursements::show))
        .route("/transactions", get(transactions::list))
        .route("/transactions/{name}", get(transactions::show))
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::show))
        .route("/balance", get(balance::show))
        .route("/convert", post(convert::create))
        .route("/rates", get(rates::list))
        .route("/refunds", post(refunds::create))
        .route("/banks/{country}", get(banks::list));
    let api = match app.settings.environment {
        domain::Environment::Test => api.route("/sandbox/clock", post(sandbox_clock::advance)),
        domain::Environment::Live => api,
    };
    Router::new()
        .nest("/generation/v2", api)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/assets/page.css", get(pages::assets::styles))
        .route("/smart-merchant/", get(pages::portal::show))
        .route("/pay/status/{token}", get(pages::status::show).post(pages::status::answer))
        .fallback(frame::unknown_path)
        .method_not_allowed_fallback(frame::wrong_method)
        .layer(from_fn(frame::frame))
        .with_state(Arc::clone(app))
}
