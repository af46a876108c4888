//! `dgspay sandbox`: the whole gateway on one machine, with simulated money.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use dialects::rates;
use domain::account::Account;
use domain::decide::{Command, ConfigureAccount, OpenAccount, SealedSecret, SecretKind};
use domain::fee::FeeRule;
use domain::settlement::SettlementRule;
use domain::{AccountId, Environment};
use store::query::rates::list_rates;
use tokio::net::TcpListener;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::signals::Signals;
use crate::app::App;
use crate::config::{SandboxArgs, Settings, providers_of_sandbox};
use crate::opening::{CARD_CURRENCIES, opening_funds};
use crate::portal::{First, People, Portal, is_fit_password};
use crate::secrets::{self, MasterKey, SecretText};
use crate::server::Limits;
use crate::{api, server, telemetry, workers};

/// The one account of a sandbox.
const DEMO: AccountId = AccountId(1);

/// Its merchant, and who owns it.
const DEMO_MERCHANT: &str = "01980000-0000-7000-8000-000000000001";
const OWNER: &str = "owner@example.com";

pub fn run(args: SandboxArgs) -> anyhow::Result<()> {
    secrets::forbid_core_dumps().context("core dumps cannot be switched off")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args))
}

async fn serve(args: SandboxArgs) -> anyhow::Result<()> {
    let pinned = Pinned::of(&args)?;
    let providers =
        providers_of_sandbox().map_err(|faults| anyhow::anyhow!("{}", faults.join("\n  ")))?;
    // From here on a signal stops the process in order.
    let signals = Signals::catch()?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let settings = Settings::of_sandbox(&args, providers, listener.local_addr()?);
    let (stop_sender, stop) = watch::channel(false);
    let master_key = MasterKey::of_folder(&settings.data)?;
    let people_key = master_key.of_people()?;
    let (app, fresh) = App::build(settings, master_key, stop.clone())?;
    if let Some(url) = &args.webhook_url {
        app.egress.check_url(url).with_context(|| format!("--webhook-url {url}"))?;
    }
    let people = People::open(&app.settings.data, people_key, Arc::clone(&app.clock))?;
    let password = match pinned.portal_password.clone() {
        Some(password) => Some(password),
        None if people.is_empty().await? => Some(secrets::new_password()?),
        None => None,
    };
    let people = people.with_first(password.clone().map(owner));
    prepare_account(&app, pinned, args.webhook_url).await?;
    prepare_rates(&app, args.rates_file.as_deref()).await?;
    print_welcome(&Welcome::of(&app, password)?)?;
    let log_guard = telemetry::start(args.log);

    let mut workers = workers::start(&app, fresh);
    let portal = Arc::new(Portal::new(vec![Arc::clone(&app)], Arc::new(people), None));
    let router = api::router(&app, &portal);
    let serving = tokio::spawn(server::serve(listener, router, Limits::default(), stop));
    signals.wait().await;
    tracing::info!("stopping: requests in flight are finished first");
    stop_sender.send_replace(true);
    serving.await?;
    while workers.join_next().await.is_some() {}
    app.store.close();
    tracing::info!("stopped");
    drop(log_guard);
    Ok(())
}

/// What the developer chose for the account.
struct Pinned {
    account_number: Option<String>,
    settlement: SettlementRule,
    secrets: Vec<(SecretKind, SecretText)>,
    portal_password: Option<SecretText>,
}

impl Pinned {
    fn of(args: &SandboxArgs) -> anyhow::Result<Pinned> {
        let mut secrets = Vec::new();
        let wanted = [
            (SecretKind::ApiKey, &args.api_key, "--api-key"),
            (SecretKind::Encryption, &args.encryption_key, "--encryption-key"),
            (SecretKind::Webhook, &args.webhook_secret, "--webhook-secret"),
        ];
        for (kind, text, flag) in wanted {
            if let Some(text) = text {
                anyhow::ensure!(secrets::is_fit(kind, text), "{flag} {}", secrets::form(kind));
                secrets.push((kind, Zeroizing::new(text.clone())));
            }
        }
        let account_number = args.account_number.clone();
        if let Some(number) = &account_number {
            anyhow::ensure!(
                secrets::is_account_number(number),
                "--account-number must be ACC- and 7 digits, such as ACC-0001234"
            );
        }
        let delay = Duration::from_millis(args.settlement_delay_ms);
        let portal_password = args.portal_password.clone().map(Zeroizing::new);
        if let Some(password) = &portal_password {
            anyhow::ensure!(
                is_fit_password(password, OWNER),
                "--portal-password must have 12 to 128 characters, five of them different"
            );
        }
        let settlement = SettlementRule::After(delay);
        Ok(Pinned { account_number, settlement, secrets, portal_password })
    }
}

/// Opens the demo account at the first start; at every start, sets what was pinned.
async fn prepare_account(
    app: &Arc<App>,
    pinned: Pinned,
    webhook_url: Option<String>,
) -> anyhow::Result<()> {
    let sealed = |secrets: Vec<(SecretKind, SecretText)>| -> anyhow::Result<Vec<SealedSecret>> {
        let now = app.clock.now();
        let seal = |(kind, text): (SecretKind, SecretText)| {
            Ok(app.master_key.seal((DEMO, kind), &text, now)?)
        };
        secrets.into_iter().map(seal).collect()
    };
    let settlement = pinned.settlement;
    let command = if app.directory().find(DEMO).is_some() {
        Command::ConfigureAccount(Box::new(ConfigureAccount {
            number: pinned.account_number,
            webhook_url,
            settlement: Some(settlement),
            secrets: sealed(pinned.secrets)?,
            ..ConfigureAccount::nothing(DEMO)
        }))
    } else {
        let mut chosen = pinned.secrets;
        for kind in SecretKind::ALL {
            if !chosen.iter().any(|(pinned, _)| *pinned == kind) {
                chosen.push((kind, secrets::fresh(kind, Environment::Test)?));
            }
        }
        let number = match pinned.account_number {
            Some(number) => number,
            None => secrets::new_account_number()?,
        };
        Command::OpenAccount(Box::new(OpenAccount {
            account: demo_account(number, settlement),
            webhook_url,
            secrets: sealed(chosen)?,
            opening_funds: opening_funds()?,
        }))
    };
    app.store.lane().submit(command).await?;
    app.refresh_directory().await?;
    Ok(())
}

/// An operator's file replaces all rates; without one, a new store of simulated money gets the
/// built-in ones. Real money is never converted at those.
pub async fn prepare_rates(app: &App, file: Option<&Path>) -> anyhow::Result<()> {
    let rates = match file {
        Some(file) => {
            let context = || format!("--rates-file {}", file.display());
            let text = std::fs::read_to_string(file).with_context(context)?;
            rates::parse(&text).with_context(context)?
        }
        None if app.settings.environment == Environment::Live => return Ok(()),
        None if app.store.read(list_rates).await?.is_empty() => rates::built_in()?,
        None => return Ok(()),
    };
    app.store.lane().submit(Command::SetRates(rates)).await?;
    Ok(())
}

fn owner(password: SecretText) -> First {
    First { email: OWNER.to_owned(), password, merchant_id: DEMO_MERCHANT.to_owned() }
}

fn demo_account(number: String, settlement: SettlementRule) -> Account {
    Account {
        id: DEMO,
        merchant_id: DEMO_MERCHANT.to_owned(),
        merchant_name: "Demo Merchant".to_owned(),
        environment: Environment::Test,
        number,
        requires_number: true,
        allowed_networks: Vec::new(),
        charge_fee: FeeRule::CHARGE_DEFAULT,
        disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
        settlement,
        card_currencies: CARD_CURRENCIES.to_vec(),
    }
}

/// What a developer needs to begin.
struct Welcome {
    public_url: String,
    account_number: String,
    api_key: SecretText,
    encryption_key: SecretText,
    webhook_secret: SecretText,
    /// `None` where it was printed at an earlier start: only its hash is kept.
    portal_password: Option<SecretText>,
}

impl Welcome {
    fn of(app: &App, portal_password: Option<SecretText>) -> anyhow::Result<Welcome> {
        let reader = store::open_to_read(&app.settings.data)?;
        let rows = store::query::accounts::list_secrets(&reader)?;
        let open = |kind: SecretKind| -> anyhow::Result<SecretText> {
            let sealed = rows.iter().find(|row| row.account == DEMO && row.kind == kind);
            Ok(app
                .master_key
                .open(sealed.context("a credential of the demo account is missing")?)?)
        };
        let directory = app.directory();
        let entry = directory.find(DEMO).context("the demo account is missing")?;
        Ok(Welcome {
            public_url: app.settings.public_url.clone(),
            account_number: entry.account.number.clone(),
            api_key: open(SecretKind::ApiKey)?,
            encryption_key: open(SecretKind::Encryption)?,
            webhook_secret: open(SecretKind::Webhook)?,
            portal_password,
        })
    }
}

/// Tools read these lines: a label, two or more spaces, a value.
fn print_welcome(welcome: &Welcome) -> std::io::Result<()> {
    let Welcome { public_url, account_number, api_key, encryption_key, webhook_secret, .. } =
        welcome;
    let portal_password = welcome
        .portal_password
        .as_ref()
        .map_or("as printed at the first start; --portal-password sets another", |password| {
            password.as_str()
        });
    let (api_key, encryption_key, webhook_secret) =
        (api_key.as_str(), encryption_key.as_str(), webhook_secret.as_str());
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "DGS-Pay sandbox {version}: simulated money\n
API base URL      {public_url}/generation/v2
API key           {api_key}
Account number    {account_number}
Encryption key    {encryption_key}
Webhook secret    {webhook_secret}
Portal            {public_url}/smart-merchant/
Portal e-mail     {OWNER}
Portal password   {portal_password}

Take a first payment:

curl -X POST {public_url}/generation/v2/charges \\
  -H 'X-DGS-API-Key: {api_key}' \\
  -H 'X-DGS-ACCOUNT-NUMBER: {account_number}' \\
  -H 'Content-Type: application/json' \\
  -d '{{
    \"amount\": 2000,
    \"currency\": \"RWF\",
    \"payment_type\": \"mobile_money\",
    \"customer_email\": \"jane.doe@example.com\",
    \"customer_first_name\": \"Jane\",
    \"customer_last_name\": \"Doe\",
    \"customer_phone\": \"789654321\",
    \"customer_phone_country_code\": \"250\",
    \"redirect_url\": \"https://yourdomain.com/payment-success\",
    \"narration\": \"Payment for Invoice #5678\",
    \"mobile_money_network\": \"MTN\",
    \"mobile_money_phone\": \"789654321\"
  }}'
",
        version = env!("CARGO_PKG_VERSION"),
    )?;
    out.flush()
}
