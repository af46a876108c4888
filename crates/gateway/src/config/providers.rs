//! The providers of one environment and the routes to them.

use std::sync::Arc;

use dialects::provider::setting::{Kind, Need, Setting, Values};
use dialects::provider::{Connector, Secret, Service, providus};
use domain::payment::PaymentKind;
use domain::phone::Network;
use domain::provider_call::Provider;
use domain::route::{Route, Routes};
use domain::{Currency, Environment};

use crate::config::keys::{provider_name, route_name, variable};
use crate::config::source::{Source, split};
use crate::virtual_accounts::Bank;

/// Under which prefixes an environment's settings stand, the closest first.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// For what is said of it.
    word: &'static str,
    environment: Environment,
    variables: &'static [&'static str],
    /// Where a setting in the file makes a provider this environment's.
    own: &'static [&'static str],
    /// Where it only adds to that.
    shared: &'static [&'static str],
}

impl Scope {
    pub const SANDBOX: Scope = Scope {
        word: "sandbox",
        environment: Environment::Test,
        variables: &[""],
        own: &[],
        shared: &[],
    };

    /// What is said of no environment is meant for live. So no test payment can reach the providers
    /// of live before somebody says so under `test`.
    pub const fn of(environment: Environment) -> Scope {
        match environment {
            Environment::Test => Scope {
                word: "test",
                environment,
                variables: &["test."],
                own: &["test."],
                shared: &[""],
            },
            Environment::Live => Scope {
                word: "live",
                environment,
                variables: &["live.", ""],
                own: &["live.", ""],
                shared: &[],
            },
        }
    }
}

impl Scope {
    /// Where something may be set, to say what is wrong with it.
    fn place(&self, name: &dyn Fn(&str) -> String) -> String {
        match self.own.last() {
            Some(prefix) => format!("{}: `{}`", self.word, name(prefix)),
            None => variable(&name("")).unwrap_or_default(),
        }
    }
}

/// The providers that are configured, ready for use, and who serves what.
#[derive(Debug, Default)]
pub struct Providers {
    pub connectors: Vec<Arc<dyn Connector>>,
    pub routes: Routes,
    /// Where virtual accounts are.
    pub bank: Option<Bank>,
}

impl Providers {
    /// What is wrong is noted at the source.
    pub fn read(source: &mut Source<'_>, kinds: &[Kind], scope: Scope) -> Providers {
        let connectors: Vec<_> =
            kinds.iter().filter_map(|kind| connector(source, kind, scope)).collect();
        let otherwise = match scope.environment {
            Environment::Test => vec![Provider::Simulator],
            Environment::Live => Vec::new(),
        };
        let mut routes = Routes::new(otherwise);
        for route in Route::all() {
            if let Some(providers) = routed(source, &connectors, scope, (None, route)) {
                routes.set(None, route, providers);
            }
        }
        for number in source.account_numbers() {
            for route in Route::all() {
                let place = (Some(number.as_str()), route);
                if let Some(providers) = routed(source, &connectors, scope, place) {
                    routes.set(Some(&number), route, providers);
                }
            }
        }
        let bank = bank(source, scope);
        Providers { connectors, routes, bank }
    }

    /// What live cannot do without.
    pub fn missing_in_live(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.connectors.is_empty() {
            missing.push("live: no provider is configured; fill in one under [providers.NAME]");
        }
        if self.routes.is_empty() {
            missing.push("live: no payment leads to a provider; set one under [routes]");
        }
        missing
    }
}

/// `None` where nothing is said of the provider, or what is said is faulty.
fn connector(source: &mut Source<'_>, kind: &Kind, scope: Scope) -> Option<Arc<dyn Connector>> {
    let values = values(source, (kind.provider, kind.settings), scope)?;
    match (kind.build)(&values) {
        Ok(connector) => Some(connector),
        Err(fault) => {
            source.fault(format!("{}: {}: {fault}", scope.word, kind.provider.word()));
            None
        }
    }
}

fn bank(source: &mut Source<'_>, scope: Scope) -> Option<Bank> {
    let section = (Provider::Providus, providus::SETTINGS);
    let values = values(source, section, scope).unwrap_or_default();
    match Bank::of(&values, scope.environment) {
        Ok(bank) => bank,
        Err(fault) => {
            source.fault(format!("{}: {}: {fault}", scope.word, Provider::Providus.word()));
            None
        }
    }
}

/// `None` where nothing is said of the provider, or what is said is faulty.
fn values(
    source: &mut Source<'_>,
    (provider, settings): (Provider, &'static [Setting]),
    scope: Scope,
) -> Option<Values> {
    let mut given = Vec::new();
    let mut missing = Vec::new();
    let mut is_own = false;
    for setting in settings {
        let own = find_own(source, provider, setting.name, scope);
        is_own |= own.is_some();
        let shared = |source: &mut Source<'_>| {
            let find = |prefix: &&str| {
                source.or_from_file(&provider_name(prefix, provider, setting.name), Source::of_name)
            };
            scope.shared.iter().find_map(find)
        };
        match own.or_else(|| shared(source)) {
            Some(value) => given.push((setting.name.to_owned(), value)),
            None if setting.need == Need::Required => missing.push(setting),
            None => {}
        }
    }
    if !is_own {
        return None;
    }
    let place = |name: &str| scope.place(&|prefix| provider_name(prefix, provider, name));
    if !missing.is_empty() {
        for setting in missing {
            source.fault(format!("{} is missing: {}", place(setting.name), setting.about));
        }
        return None;
    }
    match Values::of(settings, given) {
        Ok(values) => Some(values),
        Err(fault) => {
            source.fault(format!("{}: {}: {fault}", scope.word, provider.word()));
            None
        }
    }
}

fn find_own(
    source: &mut Source<'_>,
    provider: Provider,
    setting: &'static str,
    scope: Scope,
) -> Option<Secret> {
    let name = |prefix: &str| provider_name(prefix, provider, setting);
    let of_variable = |prefix: &&str| source.or_from_file(&name(prefix), Source::of_variable);
    if let Some(value) = scope.variables.iter().find_map(of_variable) {
        return Some(value);
    }
    scope.own.iter().find_map(|prefix| source.or_from_file(&name(prefix), Source::of_name))
}

/// The providers of one route, if it is set.
fn routed(
    source: &mut Source<'_>,
    connectors: &[Arc<dyn Connector>],
    scope: Scope,
    (account_number, route): (Option<&str>, Route),
) -> Option<Vec<Provider>> {
    let name = |prefix: &str| route_name(prefix, account_number, route);
    let list = scope
        .variables
        .iter()
        .find_map(|prefix| source.of_variable(&name(prefix)))
        .or_else(|| scope.own.iter().find_map(|prefix| source.of_name(&name(prefix))))?;
    let mut providers = Vec::new();
    for word in split(list.reveal()) {
        match provider(word, connectors, scope.environment, route) {
            Ok(provider) => providers.push(provider),
            Err(reason) => {
                source.fault(format!("{}: {word} {reason}", scope.place(&name)));
            }
        }
    }
    Some(providers)
}

fn provider(
    word: &str,
    connectors: &[Arc<dyn Connector>],
    environment: Environment,
    route: Route,
) -> Result<Provider, &'static str> {
    let provider = Provider::parse(word).ok_or("is no provider")?;
    if provider == Provider::Simulator && environment == Environment::Test {
        return Ok(provider);
    }
    let connector = connectors.iter().find(|connector| connector.provider() == provider);
    let connector = connector.ok_or("is not configured")?;
    if can_serve(connector.as_ref(), route) { Ok(provider) } else { Err("cannot serve this") }
}

/// Whether there is any payment on the route that the provider serves.
fn can_serve(connector: &dyn Connector, route: Route) -> bool {
    let networks = match route.network() {
        Some(network) => vec![Some(network)],
        None => vec![None, Some(Network::Mtn), Some(Network::Airtel)],
    };
    let currencies = route.currency().map_or(Currency::ALL.to_vec(), |currency| vec![currency]);
    let kinds = [PaymentKind::Charge, PaymentKind::Disbursement];
    kinds.iter().any(|&kind| {
        networks.iter().any(|&network| {
            currencies.iter().any(|&currency| {
                connector.serves(&Service { kind, method: route.method(), network, currency })
            })
        })
    })
}
