//! Which providers may serve a payment. Routes are the operator's choice; whether a provider can
//! serve what is routed to it is its connector's to say.

use std::collections::HashMap;

use crate::money::Currency;
use crate::payment::Method;
use crate::phone::Network;
use crate::provider_call::Provider;

/// What a route is for: a method of payment, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    method: Method,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    All,
    Currency(Currency),
    Network(Network),
}

impl Route {
    /// Every route that can be set. Conversions are not routed.
    pub fn all() -> Vec<Route> {
        let mut routes = Vec::new();
        for method in [Method::MobileMoney, Method::Card, Method::Bank] {
            routes.push(Route { method, part: Part::All });
            if method == Method::MobileMoney {
                let networks = [Network::Mtn, Network::Airtel].map(Part::Network);
                routes.extend(networks.map(|part| Route { method, part }));
            }
            let currencies = Currency::ALL.map(Part::Currency);
            routes.extend(currencies.map(|part| Route { method, part }));
        }
        routes
    }

    /// The name in settings: `card`, `card.usd`, `mobile_money.mtn`.
    pub fn name(self) -> String {
        let part = match self.part {
            Part::All => return self.method.word().to_owned(),
            Part::Currency(currency) => currency.code(),
            Part::Network(network) => network.name(),
        };
        format!("{}.{}", self.method.word(), part.to_lowercase())
    }

    pub fn parse(name: &str) -> Option<Route> {
        Route::all().into_iter().find(|route| route.name() == name)
    }

    pub fn method(self) -> Method {
        self.method
    }

    /// The one network it is for, or `None` for any.
    pub fn network(self) -> Option<Network> {
        match self.part {
            Part::Network(network) => Some(network),
            Part::All | Part::Currency(_) => None,
        }
    }

    /// The one currency it is for, or `None` for any.
    pub fn currency(self) -> Option<Currency> {
        match self.part {
            Part::Currency(currency) => Some(currency),
            Part::All | Part::Network(_) => None,
        }
    }
}

type Table = HashMap<Route, Vec<Provider>>;

/// The routes of one environment.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    of_accounts: HashMap<String, Table>,
    of_all: Table,
    otherwise: Vec<Provider>,
}

impl Routes {
    /// No routes: everything goes to `otherwise`, which is empty where there is no such provider.
    pub fn new(otherwise: Vec<Provider>) -> Routes {
        Routes { otherwise, ..Routes::default() }
    }

    /// Sets a route of one account, or of all that have none of their own.
    pub fn set(&mut self, account_number: Option<&str>, route: Route, providers: Vec<Provider>) {
        let table = match account_number {
            Some(number) => self.of_accounts.entry(number.to_owned()).or_default(),
            None => &mut self.of_all,
        };
        table.insert(route, providers);
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.of_accounts.is_empty() && self.of_all.is_empty()
    }

    /// Who may serve a payment, in the order in which they are to be tried. An account's own
    /// routes come before those of all, a network's before a currency's, and both before those
    /// of the whole method.
    pub fn providers(
        &self,
        account_number: &str,
        method: Method,
        network: Option<Network>,
        currency: Currency,
    ) -> &[Provider] {
        let parts = [network.map(Part::Network), Some(Part::Currency(currency)), Some(Part::All)];
        for table in self.of_accounts.get(account_number).into_iter().chain([&self.of_all]) {
            for part in parts.into_iter().flatten() {
                if let Some(providers) = table.get(&Route { method, part }) {
                    return providers;
                }
            }
        }
        &self.otherwise
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Provider::*;

    #[test]
    fn every_route_has_a_name_of_its_own() {
        let names: Vec<String> = Route::all().into_iter().map(Route::name).collect();
        for (route, name) in Route::all().into_iter().zip(&names) {
            assert_eq!(Route::parse(name), Some(route), "{name}");
        }
        for name in ["mobile_money.mtn", "card", "card.usd", "bank.rwf"] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        for name in ["wallet", "card.mtn", "mobile_money.", "Card", ""] {
            assert_eq!(Route::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_closest_route_counts() {
        let mut routes = Routes::new(vec![Simulator]);
        assert!(routes.is_empty());
        for (account, name, provider) in [
            (None, "mobile_money", Flutterwave),
            (None, "mobile_money.mtn", MtnMomo),
            (None, "mobile_money.rwf", DusuPay),
            (Some("ACC-0000001"), "mobile_money", AirtelMoney),
            (Some("ACC-0000002"), "card.usd", Flutterwave),
        ] {
            routes.set(account, Route::parse(name).unwrap(), vec![provider]);
        }
        assert!(!routes.is_empty());
        let (mtn, airtel) = (Some(Network::Mtn), Some(Network::Airtel));
        let (momo, card) = (Method::MobileMoney, Method::Card);
        for (account, method, network, currency, expected) in [
            ("ACC-0000009", momo, mtn, Currency::Rwf, MtnMomo),
            ("ACC-0000009", momo, airtel, Currency::Rwf, DusuPay),
            ("ACC-0000009", momo, airtel, Currency::Ugx, Flutterwave),
            ("ACC-0000009", momo, None, Currency::Ugx, Flutterwave),
            ("ACC-0000001", momo, mtn, Currency::Rwf, AirtelMoney),
            ("ACC-0000002", momo, mtn, Currency::Rwf, MtnMomo),
            ("ACC-0000002", card, None, Currency::Usd, Flutterwave),
            ("ACC-0000002", card, None, Currency::Eur, Simulator),
            ("ACC-0000009", Method::Bank, None, Currency::Rwf, Simulator),
        ] {
            let found = routes.providers(account, method, network, currency);
            assert_eq!(found, [expected], "{account} {method:?} {network:?} {currency:?}");
        }
    }

    #[test]
    fn without_routes_there_may_be_nobody() {
        let routes = Routes::new(Vec::new());
        assert!(routes.providers("ACC-0000001", Method::Card, None, Currency::Usd).is_empty());
    }
}
