//! Settles charges when they are due: their net moves from pending to available. The decision
//! sees to it that each does so once, whatever runs side by side.

use std::sync::Arc;
use std::time::Duration;

use domain::decide::Command;
use domain::limits;
use store::StoreError;
use store::query::settlements;

use crate::app::App;
use crate::workers::stopped;

/// How long to wait before what could not be stored is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

pub async fn run(app: Arc<App>) {
    // What fell due while no process was there.
    app.alarms.settlements.ring_at(app.clock.now());
    loop {
        tokio::select! {
            () = app.alarms.settlements.rung(&app.clock) => {}
            () = stopped(&app) => return,
        }
        if let Err(error) = one_turn(&app).await {
            tracing::error!(%error, "due settlements could not be read");
            app.alarms.settlements.ring_at(app.clock.now().plus(RETRY_DELAY));
        }
    }
}

/// Settles what is due, up to one group of commands, and sets the alarm for the rest.
async fn one_turn(app: &App) -> Result<(), StoreError> {
    app.alarms.settlements.clear();
    let now = app.clock.now();
    let limit = i64::try_from(limits::GROUP_COMMANDS_MAX).unwrap_or(i64::MAX);
    let (due, next_due_at) = app
        .store
        .read(move |reader| {
            let due = settlements::list_due(reader, now, limit)?;
            Ok((due, settlements::find_next_due_at(reader, now)?))
        })
        .await?;
    if let Some(at) = next_due_at {
        app.alarms.settlements.ring_at(at);
    }
    let is_full = due.len() == limits::GROUP_COMMANDS_MAX;
    let commands =
        due.into_iter().map(|(account, payment)| Command::SettleCharge { account, payment });
    let mut wait = is_full.then_some(Duration::ZERO);
    for result in app.store.lane().submit_all(commands.collect()).await {
        if let Err(error) = result {
            tracing::warn!(%error, "a charge was not settled; it is tried again");
            wait = Some(RETRY_DELAY);
        }
    }
    if let Some(wait) = wait {
        app.alarms.settlements.ring_at(now.plus(wait));
    }
    Ok(())
}
