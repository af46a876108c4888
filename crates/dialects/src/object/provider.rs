//! How a provider is doing, as `GET /providers` prints it.

use domain::phone::Network;
use domain::provider_call::Provider;
use serde::Serialize;

use crate::object::to_text;

#[derive(Debug, Serialize)]
pub struct ProviderObject {
    provider: &'static str,
    /// Of what goes to no network of phones: `up`, `degraded` or `down`.
    status: &'static str,
    networks: Vec<NetworkObject>,
}

#[derive(Debug, Serialize)]
struct NetworkObject {
    network: &'static str,
    status: &'static str,
}

#[derive(Serialize)]
struct ProvidersAnswer {
    status: &'static str,
    data: Vec<ProviderObject>,
}

impl ProviderObject {
    pub fn of(
        provider: Provider,
        status: &'static str,
        networks: &[(Network, &'static str)],
    ) -> ProviderObject {
        let network = |(network, status): &(Network, &'static str)| NetworkObject {
            network: network.name(),
            status,
        };
        ProviderObject {
            provider: provider.word(),
            status,
            networks: networks.iter().map(network).collect(),
        }
    }
}

pub fn providers_answer(data: Vec<ProviderObject>) -> String {
    to_text(&ProvidersAnswer { status: "success", data })
}
