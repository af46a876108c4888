//! Which providers are configured, by the names of their settings, never a value; and how they are
//! doing.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use dialects::provider::setting::KINDS;
use domain::phone::Network;
use domain::provider_call::Provider;
use serde::Serialize;

use crate::api::Problem;
use crate::app::App;
use crate::operator::{Operator, answer};

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    environments: Vec<EnvironmentObject>,
}

#[derive(Serialize)]
struct EnvironmentObject {
    environment: &'static str,
    providers: Vec<ProviderObject>,
}

#[derive(Serialize)]
struct ProviderObject {
    provider: &'static str,
    /// Of what goes to no network of phones, and of each network.
    state: &'static str,
    networks: Vec<NetworkObject>,
    /// Those that it knows.
    settings: Vec<&'static str>,
}

#[derive(Serialize)]
struct NetworkObject {
    network: &'static str,
    state: &'static str,
}

pub async fn list(State(operator): State<Arc<Operator>>) -> Result<Response, Problem> {
    let environments = operator.apps.iter().map(|app| EnvironmentObject {
        environment: app.settings.environment.word(),
        providers: app.settings.providers.iter().map(|one| object(app, one.provider())).collect(),
    });
    answer(&Answer { status: "success", environments: environments.collect() })
}

fn object(app: &App, provider: Provider) -> ProviderObject {
    let state = |network| app.providers.availability.state(provider, network).word();
    let of_network =
        |network: Network| NetworkObject { network: network.name(), state: state(Some(network)) };
    let kind = KINDS.iter().find(|kind| kind.provider == provider);
    let settings = kind.map_or(&[][..], |kind| kind.settings);
    ProviderObject {
        provider: provider.word(),
        state: state(None),
        networks: Network::ALL.map(of_network).into(),
        settings: settings.iter().map(|setting| setting.name).collect(),
    }
}
