//! Which providers are configured, by the names of their settings; never a value.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use dialects::provider::setting::KINDS;
use serde::Serialize;

use crate::api::Problem;
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
    /// Those that it knows.
    settings: Vec<&'static str>,
}

pub async fn list(State(operator): State<Arc<Operator>>) -> Result<Response, Problem> {
    let environments = operator.apps.iter().map(|app| EnvironmentObject {
        environment: app.settings.environment.word(),
        providers: app.settings.providers.iter().map(|one| object(one.provider())).collect(),
    });
    answer(&Answer { status: "success", environments: environments.collect() })
}

fn object(provider: domain::provider_call::Provider) -> ProviderObject {
    let kind = KINDS.iter().find(|kind| kind.provider == provider);
    let settings = kind.map_or(&[][..], |kind| kind.settings);
    ProviderObject {
        provider: provider.word(),
        settings: settings.iter().map(|setting| setting.name).collect(),
    }
}
