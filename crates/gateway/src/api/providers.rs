//! `GET /providers`: how the providers are doing; an addition of ours.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dialects::object::{ProviderObject, providers_answer};
use domain::phone::Network;

use crate::api::caller::Caller;
use crate::api::json_answer;
use crate::app::App;

pub async fn list(State(app): State<Arc<App>>, _: Caller) -> Response {
    let state = |provider, network| app.providers.availability.state(provider, network).word();
    let objects = app
        .providers
        .all()
        .map(|connector| {
            let provider = connector.provider();
            let networks = Network::ALL.map(|network| (network, state(provider, Some(network))));
            ProviderObject::of(provider, state(provider, None), &networks)
        })
        .collect();
    json_answer(StatusCode::OK, providers_answer(objects))
}
