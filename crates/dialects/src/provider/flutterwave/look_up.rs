//! Balances, banks, mobile networks and rates.

use domain::conversion::Rate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::answer::{Heard, hear};
use super::body::{json, request_id};
use super::{Flutterwave, TOKEN};
use crate::provider::look_up::{Balance, Found, Listed, LookUp, balance};
use crate::provider::{Reply, Request, Secret, Verb};

/// How much of the target currency the rate is asked for: both amounts of the answer have enough
/// digits then for a rate of six decimals.
const EXCHANGED: u32 = 100_000;

/// Decimals of the answer's numbers, 2 to 9. The 6 they have otherwise leave no more than three
/// digits of what a franc costs in dollars.
const PRECISION: u32 = 9;

#[derive(Deserialize)]
struct WalletBalance {
    currency: String,
    available_balance: Box<RawValue>,
}

#[derive(Deserialize)]
struct Bank {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct MobileNetwork {
    network: String,
    name: String,
}

#[derive(Deserialize)]
struct Exchange {
    source: Side,
    destination: Side,
}

#[derive(Deserialize)]
struct Side {
    amount: Box<RawValue>,
    currency: String,
}

impl Flutterwave {
    /// `None` for account holders: wallets of mobile networks cannot be resolved there.
    pub(super) fn look_up_request(&self, what: &LookUp) -> Option<Request> {
        let (verb, path, body) = match what {
            LookUp::Balances => (Verb::Get, "/wallets/balances".to_owned(), Zeroizing::default()),
            LookUp::Banks(country) => {
                (Verb::Get, format!("/banks?country={}", country.code()), Zeroizing::default())
            }
            LookUp::MobileNetworks(country) => {
                let path = format!("/mobile-networks?country={}", country.code());
                (Verb::Get, path, Zeroizing::default())
            }
            LookUp::Rate { source, target } => {
                let body = json!({
                    "source": { "currency": source.code() },
                    "destination": { "currency": target.code(), "amount": EXCHANGED },
                    "precision": PRECISION,
                });
                (Verb::Post, "/transfers/rates".to_owned(), json(&body))
            }
            LookUp::AccountHolder(_) => return None,
        };
        let trace_id = request_id("look-up", &format!("{what:?}"));
        let mut headers = vec![("x-trace-id", Secret::new(trace_id))];
        if !body.is_empty() {
            headers.push(("content-type", Secret::new("application/json")));
        }
        let url = format!("{}{path}", self.url);
        Some(Request { verb, url, headers, body, token: Some(TOKEN) })
    }
}

pub fn read(what: &LookUp, reply: &Reply) -> Option<Found> {
    match what {
        LookUp::Balances => {
            let balances: Vec<WalletBalance> = told(reply)?;
            Some(Found::Balances(balances.iter().filter_map(WalletBalance::read).collect()))
        }
        LookUp::Banks(_) => {
            let banks: Vec<Bank> = told(reply)?;
            let listed = banks.into_iter().map(|Bank { code, name }| Listed { code, name });
            Some(Found::Banks(listed.collect()))
        }
        LookUp::MobileNetworks(_) => {
            let networks: Vec<MobileNetwork> = told(reply)?;
            let listed = networks.into_iter();
            let listed =
                listed.map(|MobileNetwork { network, name }| Listed { code: network, name });
            Some(Found::MobileNetworks(listed.collect()))
        }
        LookUp::Rate { source, target } => {
            let exchange: Exchange = told(reply)?;
            let is_it = exchange.source.currency == source.code()
                && exchange.destination.currency == target.code();
            let [source, target] = [&exchange.source, &exchange.destination].map(Side::amount);
            Rate::of_exchange(source, target).ok().filter(|_| is_it).map(Found::Rate)
        }
        LookUp::AccountHolder(_) => None,
    }
}

fn told<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    match hear(reply) {
        Heard::Told(told) => Some(told),
        Heard::Refused(_) | Heard::Silent(_) => None,
    }
}

impl WalletBalance {
    fn read(&self) -> Option<Balance> {
        balance(None, &self.currency, self.available_balance.get().trim_matches('"'))
    }
}

impl Side {
    /// In quotation marks, as documented, or without them.
    fn amount(&self) -> &str {
        self.amount.get().trim_matches('"')
    }
}
