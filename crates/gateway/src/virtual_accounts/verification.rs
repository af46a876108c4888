//! Asks the bank whether it has really booked what notices in its name say, and credits or holds
//! them by its word.

use std::sync::Arc;
use std::time::Duration;

use domain::decide::{Command, JudgeDeposit};
use domain::deposit::{Deposit, Judgement, ReviewReason};
use store::StoreError;
use store::query::deposits::{find_next_due_at, list_due};
use tokio::task::JoinSet;

use crate::app::App;
use crate::workers::stopped;

/// Questions to the bank at once.
const ASKED_AT_ONCE_MAX: i64 = 16;

/// How long to wait before what could not be read or stored is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

pub async fn run(app: Arc<App>) {
    // What was due while no process was there.
    app.alarms.deposits.ring_at(app.clock.now());
    loop {
        tokio::select! {
            () = app.alarms.deposits.rung(&app.clock) => {}
            () = stopped(&app) => return,
        }
        if let Err(error) = one_turn(&app).await {
            tracing::error!(%error, "unverified deposits could not be read");
            app.alarms.deposits.ring_at(app.clock.now().plus(RETRY_DELAY));
        }
    }
}

async fn one_turn(app: &Arc<App>) -> Result<(), StoreError> {
    app.alarms.deposits.clear();
    let now = app.clock.now();
    let due = app.store.read(move |reader| list_due(reader, now, ASKED_AT_ONCE_MAX)).await?;
    let mut asked = JoinSet::new();
    for deposit in due {
        asked.spawn(ask(Arc::clone(app), deposit));
    }
    let judgements = asked.join_all().await;
    let mut is_stored = true;
    for result in app.store.lane().submit_all(judgements).await {
        if let Err(error) = result {
            tracing::warn!(%error, "the bank's word was not stored; it is asked for again");
            is_stored = false;
        }
    }
    if let Some(at) = app.store.read(find_next_due_at).await? {
        let earliest = if is_stored { at } else { at.max(now.plus(RETRY_DELAY)) };
        app.alarms.deposits.ring_at(earliest);
    }
    Ok(())
}

async fn ask(app: Arc<App>, deposit: Deposit) -> Command {
    let judgement = match &app.settings.bank {
        Some(bank) => bank.verify(app.providers.upstream(), &deposit.notice).await,
        None => Judgement::Hold(ReviewReason::NotVerified),
    };
    if let Judgement::Hold(reason) = judgement {
        let settlement = &deposit.notice.settlement_id;
        tracing::warn!("deposit {settlement} waits for a person: {}", reason.word());
    }
    let account = deposit.account;
    Command::JudgeDeposit(Box::new(JudgeDeposit {
        account,
        deposit: deposit.notice.key(),
        judgement,
    }))
}
