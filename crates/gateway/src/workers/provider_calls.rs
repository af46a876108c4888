//! Does what is due of every provider call: sends it, or asks for its outcome, and reports what the
//! provider says.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::decide::{Command, Report, Reported};
use domain::limits::{CALLS_PER_PROVIDER_MAX, DRAIN_TIMEOUT, GROUP_COMMANDS_MAX};
use domain::provider_call::{Provider, Verdict, Word};
use domain::{AccountId, PaymentId};
use store::StoreError;
use store::query::provider_calls::{self, DueCall};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use crate::app::App;
use crate::providers;
use crate::workers::stopped;

pub async fn run(app: Arc<App>) {
    let mut outside = Outside::default();
    loop {
        match one_turn(&app, &mut outside).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "due provider calls could not be read"),
        }
        tokio::select! {
            () = app.alarms.calls.rung(&app.clock) => {}
            Some(done) = outside.calls.join_next() => outside.forget(done),
            () = stopped(&app) => break,
        }
    }
    // What is under way is let finish: an answer that nobody hears costs a question later.
    if timeout(DRAIN_TIMEOUT, outside.calls.join_all()).await.is_err() {
        tracing::warn!("calls to providers were cut off; they are asked about after the restart");
    }
}

type Key = (AccountId, PaymentId);

/// The calls that are on their way over the network.
#[derive(Default)]
struct Outside {
    calls: JoinSet<Key>,
    under_way: HashSet<Key>,
    /// No provider is called by more at once, and none waits for another.
    places: HashMap<Provider, Arc<Semaphore>>,
}

/// Does what is due, up to one group of commands. Returns how many were begun.
async fn one_turn(app: &Arc<App>, outside: &mut Outside) -> Result<usize, StoreError> {
    app.alarms.calls.clear();
    let now = app.clock.now();
    let limit = i64::try_from(GROUP_COMMANDS_MAX).unwrap_or(i64::MAX);
    // Their hundreds must not stand in the way of the others.
    let busy = outside.busy();
    let (due, next_due_at) = app
        .store
        .read(move |reader| {
            let due = provider_calls::list_due(reader, now, &busy, limit)?;
            Ok((due, provider_calls::find_next_due_at(reader, now)?))
        })
        .await?;
    let mut reports = Vec::new();
    let mut begun = 0;
    for due in due {
        let Some(word) = at_hand(app, &due) else {
            begun += usize::from(outside.begin(app, due));
            continue;
        };
        let (account, payment) = (due.call.account, due.call.payment);
        let report = Report { account, payment, word, reported: Reported::ByPoll, due_at: None };
        reports.push(Command::ReportProvider(report));
    }
    // Those that found no place come up when a place is free.
    if let Some(at) = next_due_at {
        app.alarms.calls.ring_at(at);
    }
    begun += reports.len();
    for result in app.store.lane().submit_all(reports).await {
        if let Err(error) = result {
            tracing::warn!(%error, "a provider's answer was not stored; it is asked for again");
        }
    }
    Ok(begun)
}

/// What those within this process say at once.
fn at_hand(app: &App, due: &DueCall) -> Option<Word> {
    match due.call.provider {
        Provider::Simulator => {
            Some(app.simulator.status(&due.payment, &due.detail, app.clock.now()))
        }
        // The operator's own book has what it has promised.
        Provider::Treasury => Some(Word::of(Verdict::Succeeded)),
        Provider::Flutterwave
        | Provider::MtnMomo
        | Provider::AirtelMoney
        | Provider::DusuPay
        | Provider::Providus => None,
    }
}

impl Outside {
    /// The providers without a place left.
    fn busy(&self) -> Vec<Provider> {
        let full = self.places.iter().filter(|(_, places)| places.available_permits() == 0);
        full.map(|(provider, _)| *provider).collect()
    }

    /// Pursues a call that is not under way, where its provider has a place left.
    fn begin(&mut self, app: &Arc<App>, due: DueCall) -> bool {
        while let Some(done) = self.calls.try_join_next() {
            self.forget(done);
        }
        let key = (due.call.account, due.call.payment);
        if self.under_way.contains(&key) {
            return false;
        }
        let places = self
            .places
            .entry(due.call.provider)
            .or_insert_with(|| Arc::new(Semaphore::new(CALLS_PER_PROVIDER_MAX)));
        let Ok(place) = Arc::clone(places).try_acquire_owned() else { return false };
        let app = Arc::clone(app);
        self.under_way.insert(key);
        self.calls.spawn(async move {
            providers::pursue(&app, due).await;
            drop(place);
            key
        });
        true
    }

    fn forget(&mut self, done: Result<Key, JoinError>) {
        match done {
            Ok(key) => {
                self.under_way.remove(&key);
            }
            Err(error) => tracing::error!(%error, "a call to a provider ended in a panic"),
        }
    }
}
