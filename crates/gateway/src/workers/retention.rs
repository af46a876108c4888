//! Forgets the answers under idempotency keys once their time is over, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use domain::decide::Command;
use domain::limits;

use crate::app::App;
use crate::workers::stopped;

const TURN_EVERY: Duration = Duration::from_secs(600);

pub async fn run(app: Arc<App>) {
    loop {
        let before = app.clock.now().minus(limits::IDEMPOTENCY_RETENTION);
        if let Err(error) = app.store.lane().submit(Command::ForgetFirstUses { before }).await {
            tracing::warn!(%error, "old idempotency keys were not forgotten");
        }
        let next_turn_at = app.clock.now().plus(TURN_EVERY);
        tokio::select! {
            () = app.clock.sleep_until(next_turn_at) => {}
            () = stopped(&app) => return,
        }
    }
}
