//! Keeps the rates at what a provider tells, where the operator has chosen one. Conversions stay on
//! the operator's own book: this only says at which price.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dialects::provider::Connector;
use dialects::provider::look_up::{Found, LookUp};
use domain::Currency;
use domain::conversion::Quote;
use domain::decide::Command;
use store::query::rates::{list_rates, list_wallet_currencies};

use crate::app::App;
use crate::opening::CARD_CURRENCIES;
use crate::workers::stopped;

const TURN_EVERY: Duration = Duration::from_secs(600);

pub async fn run(app: Arc<App>) {
    let Some(provider) = app.settings.rates_from else { return };
    let Some(connector) = app.providers.find(provider) else { return };
    loop {
        let refreshed = tokio::select! {
            refreshed = refresh(&app, connector.as_ref()) => refreshed,
            () = stopped(&app) => return,
        };
        if let Err(error) = refreshed {
            tracing::warn!(%error, "the rates were not refreshed: the old ones stay");
        }
        let next_turn_at = app.clock.now().plus(TURN_EVERY);
        tokio::select! {
            () = app.clock.sleep_until(next_turn_at) => {}
            () = stopped(&app) => return,
        }
    }
}

/// Asks for every pair. A pair that is not told keeps its old rate, with its old time.
async fn refresh(app: &App, connector: &dyn Connector) -> anyhow::Result<()> {
    let origin = connector.provider().word();
    let (mut fresh, mut missing) = (Vec::new(), Vec::new());
    for (source, target) in pairs(app).await? {
        match app.providers.look_up(connector, &LookUp::Rate { source, target }).await {
            Ok(Found::Rate(rate)) => {
                let quoted_at = app.clock.now();
                fresh.push(Quote { source, target, rate, origin: origin.to_owned(), quoted_at });
            }
            Ok(_) | Err(_) => missing.push(format!("{source} to {target}")),
        }
    }
    if !missing.is_empty() {
        let pairs = missing.join(", ");
        tracing::warn!(provider = origin, pairs, "no rates were told: the old ones stay");
    }
    if fresh.is_empty() {
        return Ok(());
    }
    let count = fresh.len();
    let mut quotes = app.store.read(list_rates).await?;
    quotes.retain(|old| {
        !fresh.iter().any(|new| (new.source, new.target) == (old.source, old.target))
    });
    quotes.append(&mut fresh);
    app.store.lane().submit(Command::SetRates(quotes)).await?;
    tracing::info!(provider = origin, count, "the rates are fresh");
    Ok(())
}

/// Of the currencies that there are wallets in, and of those that every account may begin with.
async fn pairs(app: &App) -> anyhow::Result<Vec<(Currency, Currency)>> {
    let held = app.store.read(list_wallet_currencies).await?;
    let currencies: BTreeSet<Currency> = held.into_iter().chain(CARD_CURRENCIES).collect();
    let targets = |source: Currency| {
        let others = currencies.iter().filter(move |target| **target != source);
        others.map(move |target| (source, *target))
    };
    Ok(currencies.iter().flat_map(|source| targets(*source)).collect())
}
