//! Every route of the program on one screen.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, patch, post};

use crate::api::{
    authorize, balance, banks, bulk_disbursements, card_public_key, charges, convert, description,
    disbursements, dusupay_key, events, frame, health, pay, payment_links, providers, rates,
    refunds, sandbox_clock, sandbox_deposits, secret_rotation, transactions, virtual_accounts,
    webhook_deliveries, webhook_endpoints,
};
use crate::app::App;
use crate::callbacks;
use crate::pages;
use crate::portal::{self, Door, Portal};
use crate::virtual_accounts::receiver;

/// The API and the pages of one environment, and the portal, which sees all of them.
pub fn router(app: &Arc<App>, portal: &Arc<Portal>) -> Router {
    let api = Router::new()
        .route("/charges", post(charges::create))
        .route("/authorize", post(authorize::submit))
        .route("/card-public-key", get(card_public_key::show))
        .route("/disburse", post(disbursements::create))
        .route("/disburse/bulk", post(bulk_disbursements::create))
        .route("/disburse/bulk/{id}", get(bulk_disbursements::show))
        .route("/payment-links", get(payment_links::list).post(payment_links::create))
        .route(
            "/payment-links/{id}",
            get(payment_links::show).patch(payment_links::change).delete(payment_links::archive),
        )
        .route("/virtual-accounts", get(virtual_accounts::list).post(virtual_accounts::create))
        .route("/deposits", get(virtual_accounts::deposits))
        .route("/transactions", get(transactions::list))
        .route("/transactions/{name}", get(transactions::show))
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::show))
        .route("/balance", get(balance::show))
        .route("/convert", post(convert::create))
        .route("/rates", get(rates::list))
        .route("/refunds", post(refunds::create))
        .route("/providers", get(providers::list))
        .route("/banks/{country}", get(banks::list))
        .route("/webhook-endpoints", get(webhook_endpoints::list).post(webhook_endpoints::create))
        .route(
            "/webhook-endpoints/{id}",
            patch(webhook_endpoints::change).delete(webhook_endpoints::delete),
        )
        .route("/webhook-endpoints/{id}/rotate-secret", post(webhook_endpoints::rotate_secret))
        .route("/webhook-deliveries", get(webhook_deliveries::list))
        .route("/webhook-deliveries/replay", post(webhook_deliveries::replay))
        .route("/webhook-deliveries/{id}", get(webhook_deliveries::show))
        .route("/events/{id}/resend", post(webhook_deliveries::resend));
    let api = match app.settings.environment {
        domain::Environment::Test => api
            .route("/sandbox/clock", post(sandbox_clock::advance))
            .route("/sandbox/deposits", post(sandbox_deposits::create))
            .route("/encryption-keys/rotate", post(secret_rotation::rotate_encryption_key))
            .route("/api-keys/rotate", post(secret_rotation::rotate_api_key)),
        domain::Environment::Live => api,
    };
    let door = Arc::new(Door { portal: Arc::clone(portal), app: Arc::clone(app) });
    Router::new()
        .nest("/generation/v2", api)
        .merge(of_providers())
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/openapi.json", get(description::show))
        .route("/docs", get(pages::reference::show))
        .route("/dusupay/public-key.pem", get(dusupay_key::show))
        .route("/assets/page.css", get(pages::assets::styles))
        .route("/assets/reference.css", get(pages::assets::reference_styles))
        .route("/pay/status/{token}", get(pages::status::show).post(pages::status::answer))
        .route("/pay/transfer/{token}", get(pages::transfer::show).post(pages::transfer::answer))
        .route("/pay/bank/{token}", get(pages::bank::show).post(pages::bank::answer))
        .route("/js/v2/dgspay.js", get(pages::assets::card_script))
        .route("/pay/{slug}", get(pages::link::show))
        .route("/pay/{slug}/charges", get(pages::link::back).post(pay::create))
        .merge(portal::router(&door))
        .fallback(frame::unknown_path)
        .method_not_allowed_fallback(frame::wrong_method)
        .layer(from_fn(frame::frame))
        .with_state(Arc::clone(app))
}

/// What providers and banks call.
fn of_providers() -> Router<Arc<App>> {
    Router::new()
        // The path that the bank prints, and the one that all providers have.
        .route("/v1/webhook", post(receiver::receive))
        .route("/providers/providus/webhook", post(receiver::receive))
        // Some providers post, some put.
        .route(
            "/providers/{provider}/webhook",
            post(callbacks::take).put(callbacks::take).get(callbacks::confirm),
        )
        .route(
            "/providers/{provider}/webhook/{*path}",
            post(callbacks::take_below).put(callbacks::take_below),
        )
}
