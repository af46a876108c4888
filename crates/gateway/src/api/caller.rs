//! Who is calling: the account that a request is let in to, or the 91 that turns it away.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use domain::access::{AccessRefusal, Credentials, admit};
use governor::clock::{Clock, DefaultClock};

use crate::api::Problem;
use crate::api::client_address::client_address;
use crate::app::App;
use crate::directory::Entry;
use crate::secrets::hash_api_key;
use crate::server::Peer;

pub const API_KEY: &str = "x-dgs-api-key";
pub const ACCOUNT_NUMBER: &str = "x-dgs-account-number";

/// An authenticated request within its account's rate.
#[derive(Debug)]
pub struct Caller(pub Arc<Entry>);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Caller, Problem> {
        let caller = authenticate(parts, app)?;
        within_rate(app, &caller)?;
        Ok(caller)
    }
}

fn authenticate(parts: &Parts, app: &App) -> Result<Caller, Problem> {
    let key = single(&parts.headers, API_KEY).map_err(|_| AccessRefusal::KeyUnknown)?;
    let number =
        single(&parts.headers, ACCOUNT_NUMBER).map_err(|_| AccessRefusal::NumberForeign)?;
    let directory = app.directory();
    let now = app.clock.now();
    let entry = key.and_then(|key| directory.find_by_api_key(&hash_api_key(key), now));
    let credentials = Credentials {
        key_is_present: key.is_some(),
        account_of_key: entry.map(|entry| &entry.account),
        account_number: number,
        address_is_allowed: entry.is_some_and(|entry| address_is_allowed(parts, app, entry)),
    };
    admit(app.settings.environment, &credentials)?;
    entry.map(|entry| Caller(Arc::clone(entry))).ok_or(AccessRefusal::KeyUnknown.into())
}

/// A header's one value; absent and empty are the same, two are a fault.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    let text = first.map(|value| value.to_str().map_err(|_| ())).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn address_is_allowed(parts: &Parts, app: &App, entry: &Entry) -> bool {
    if entry.account.allowed_networks.is_empty() {
        return true;
    }
    let Some(peer) = parts.extensions.get::<Peer>() else { return false };
    let address = client_address(peer.0.ip(), &parts.headers, &app.settings.trusted_proxies);
    entry.allowed_networks.iter().any(|network| network.contains(&address))
}

fn within_rate(app: &App, caller: &Caller) -> Result<(), Problem> {
    let Some(limiter) = &app.limiter else { return Ok(()) };
    limiter.check_key(&caller.0.account.id).map_err(|not_until| Problem::TooMany {
        wait: not_until.wait_time_from(DefaultClock::default().now()),
    })
}
