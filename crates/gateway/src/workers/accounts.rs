//! Keeps the directory of accounts as the store has it.

use std::sync::Arc;

use crate::app::App;
use crate::workers::stopped;

pub async fn run(app: Arc<App>) {
    loop {
        tokio::select! {
            () = app.alarms.accounts.notified() => {}
            () = stopped(&app) => return,
        }
        if let Err(error) = app.refresh_directory().await {
            tracing::error!(%error, "the accounts could not be read again");
        }
        // An endpoint that went leaves deliveries to be parked.
        app.alarms.deliveries.ring_at(app.clock.now());
    }
}
