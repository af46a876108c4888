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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::providers::Providers;
    use crate::config::{SandboxArgs, Settings};
    use crate::secrets::MasterKey;
    use clap::Parser;
    use domain::Environment;
    use domain::account::Account;
    use domain::charge::{Charge, Customer, MobileMoney};
    use domain::decide::{CreateCharge, OpenAccount};
    use domain::fee::FeeRule;
    use domain::payment::Method;
    use domain::phone::{Network, Phone};
    use domain::provider_call::{Provider, Verdict, Word};
    use domain::scenario::Scenario;
    use domain::settlement::SettlementRule;
    use domain::{AccountId, Currency, Money};
    use store::query::wallets::list_wallets;
    use tokio::sync::watch;

    const ACCOUNT: AccountId = AccountId(7);
    /// More than one turn settles.
    const CHARGES: usize = limits::GROUP_COMMANDS_MAX + 100;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SandboxArgs,
    }

    fn account() -> Command {
        Command::OpenAccount(Box::new(OpenAccount {
            account: Account {
                id: ACCOUNT,
                merchant_id: "m".to_owned(),
                merchant_name: "M".to_owned(),
                environment: Environment::Test,
                number: "ACC-0000007".to_owned(),
                requires_number: true,
                allowed_networks: Vec::new(),
                charge_fee: FeeRule::CHARGE_DEFAULT,
                disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
                settlement: SettlementRule::SANDBOX_DEFAULT,
                card_currencies: Vec::new(),
            },
            webhook_url: None,
            secrets: Vec::new(),
            opening_funds: Vec::new(),
        }))
    }

    fn successful_charge() -> Command {
        let phone = Phone::rwandan("789654321").unwrap();
        let succeeded = Word::of(Verdict::Succeeded);
        Command::CreateCharge(Box::new(CreateCharge {
            account: ACCOUNT,
            key_use: None,
            dgs_reference: None,
            method: Method::MobileMoney,
            gross: Money::from_minor(5000, Currency::Rwf).unwrap(),
            charge: Charge {
                customer: Customer {
                    email: "jane@example.com".to_owned(),
                    first_name: "Jane".to_owned(),
                    last_name: "Doe".to_owned(),
                    phone: phone.clone(),
                    address: None,
                },
                redirect_url: None,
                narration: None,
                mobile_money: Some(MobileMoney { network: Network::Mtn, phone }),
                card: None,
                page_url: None,
                instruction: None,
                scenario: Scenario::default(),
            },
            card_nonce: None,
            link: None,
            callback_url: None,
            provider: Provider::Simulator,
            first_word: Some(succeeded),
            waits: false,
        }))
    }

    /// pending, available
    async fn wallet(app: &App) -> (i64, i64) {
        let wallets = app.store.read(|reader| list_wallets(reader, ACCOUNT)).await.unwrap();
        let (_, wallet) = wallets[0];
        (wallet.pending_minor, wallet.available_minor)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn ten_workers_on_one_store_settle_every_charge_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let line = Line::parse_from(["dgspay", "--data", data]);
        let settings =
            Settings::of_sandbox(&line.args, Providers::default(), "127.0.0.1:1".parse().unwrap());
        let master_key = MasterKey::of_folder(&settings.data).unwrap();
        let (_stop, stopping) = watch::channel(false);
        let (app, _fresh) = App::build(settings, master_key, stopping).unwrap();
        app.store.lane().submit(account()).await.unwrap();
        let charges = (0..CHARGES).map(|_| successful_charge()).collect();
        for answer in app.store.lane().submit_all(charges).await {
            answer.unwrap();
        }
        let owed = i64::try_from(CHARGES).unwrap() * 4850;
        one_turn(&app).await.unwrap();
        assert_eq!(wallet(&app).await, (owed, 0), "nothing is due yet");

        app.clock.set_ahead_us(10_000_000);
        for _ in 0..2 {
            let turn = || {
                let app = Arc::clone(&app);
                tokio::spawn(async move { one_turn(&app).await.unwrap() })
            };
            let turns: Vec<_> = (0..10).map(|_| turn()).collect();
            for turn in turns {
                turn.await.unwrap();
            }
        }
        assert_eq!(wallet(&app).await, (0, owed));
        let findings = store::audit::run(&store::open_to_read(folder.path()).unwrap()).unwrap();
        for finding in findings {
            assert_eq!(finding.violations, 0, "{}: {:?}", finding.invariant, finding.examples);
        }
        app.store.close();
    }
}
