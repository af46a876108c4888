//! Requests whose answer waits for a provider: the first goes on to it, repetitions wait for what
//! the first is told.

use std::sync::Arc;
use std::time::Duration;

use dialects::provider::CardData;
use domain::AccountId;
use domain::decide::{Answer, Command, Refusal};
use domain::idempotency::{FirstUse, KeyScope};
use domain::limits::{CALL_LEASE, IDEMPOTENCY_WAIT};
use store::SubmitError;
use store::query::first_uses::find_first_use;
use tokio::time::{Instant, sleep};

use crate::app::App;
use crate::providers::{self, Shown};

/// How often a repetition looks for the first answer.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What goes on to the provider.
#[derive(Debug)]
pub enum Onward {
    Submission(Option<CardData>),
    Authorization(Shown),
}

/// Submits a command that may leave its request open, and answers that request.
pub async fn submit(
    app: &Arc<App>,
    account: AccountId,
    scope: Option<KeyScope>,
    command: Command,
    onward: Onward,
) -> Result<Answer, SubmitError> {
    match app.store.lane().submit(command).await {
        Ok(Answer::Opened(payment)) => {
            let key = (account, payment);
            match onward {
                Onward::Submission(card) => providers::submit(app, key, card, scope).await,
                Onward::Authorization(shown) => providers::authorize(app, key, shown, scope).await,
            }
        }
        Err(SubmitError::Refused(Refusal::StillRunning)) => wait_for_first(app, scope).await,
        answered => answered,
    }
}

async fn wait_for_first(app: &App, scope: Option<KeyScope>) -> Result<Answer, SubmitError> {
    let still_running = SubmitError::Refused(Refusal::StillRunning);
    let Some(scope) = scope else { return Err(still_running) };
    let patience = Instant::now() + IDEMPOTENCY_WAIT;
    while Instant::now() < patience {
        let wanted = scope.clone();
        let first = app.store.read(move |reader| find_first_use(reader, &wanted)).await;
        match first {
            Ok(Some(FirstUse { body: Some(body), .. })) => {
                return Ok(Answer::Written { body, is_replay: true });
            }
            // Whoever was to answer it is gone.
            Ok(Some(FirstUse { body: None, payment: Some(payment), created_at, .. }))
                if created_at < app.started_at
                    || app.clock.now().since(created_at) > CALL_LEASE =>
            {
                let account = scope.account;
                let command = Command::AnswerRequest { account, payment, scope: Some(scope) };
                return app.store.lane().submit(command).await;
            }
            Ok(_) => sleep(LOOK_EVERY).await,
            Err(error) => return Err(SubmitError::NotStored(error.to_string())),
        }
    }
    Err(still_running)
}
