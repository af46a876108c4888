//! Asks providers for the outcome of every call that is due, and reports what they say.

use std::sync::Arc;

use domain::decide::{Command, Report};
use domain::limits;
use domain::provider_call::{Provider, Verdict, Word};
use store::StoreError;
use store::query::provider_calls::{self, DueCall};

use crate::app::App;
use crate::workers::stopped;

pub async fn run(app: Arc<App>) {
    loop {
        match one_turn(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "due provider calls could not be read"),
        }
        tokio::select! {
            () = app.alarms.calls.rung(&app.clock) => {}
            () = stopped(&app) => return,
        }
    }
}

/// Asks for what is due, up to one group of commands. Returns how many were asked for.
async fn one_turn(app: &Arc<App>) -> Result<usize, StoreError> {
    app.alarms.calls.clear();
    let now = app.clock.now();
    let limit = i64::try_from(limits::GROUP_COMMANDS_MAX).unwrap_or(i64::MAX);
    let (due, next_due_at) = app
        .store
        .read(move |reader| {
            let due = provider_calls::list_due(reader, now, limit)?;
            Ok((due, provider_calls::find_next_due_at(reader)?))
        })
        .await?;
    if let Some(at) = next_due_at {
        app.alarms.calls.ring_at(at);
    }
    let count = due.len();
    let reports = due.iter().map(|due| Command::ReportProvider(ask(app, due))).collect();
    for result in app.store.lane().submit_all(reports).await {
        if let Err(error) = result {
            tracing::warn!(%error, "a provider's answer was not stored; it is asked for again");
        }
    }
    Ok(count)
}

/// The simulator answers within this process; others would be asked through egress.
fn ask(app: &App, due: &DueCall) -> Report {
    let word = match due.call.provider {
        Provider::Simulator => app.simulator.status(&due.payment, &due.detail, app.clock.now()),
        Provider::Treasury
        | Provider::Flutterwave
        | Provider::MtnMomo
        | Provider::AirtelMoney
        | Provider::DusuPay
        | Provider::Providus => Word::of(Verdict::Unknown),
    };
    Report { account: due.call.account, payment: due.call.payment, word, is_answer_to_poll: true }
}
