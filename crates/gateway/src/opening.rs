//! Opens accounts: makes their credentials, seals what must be read again, stores all of it.

use domain::account::Account;
use domain::decide::{Command, OpenAccount, SecretKind};
use domain::fee::FeeRule;
use domain::money::MoneyError;
use domain::settlement::SettlementRule;
use domain::{AccountId, Currency, Environment, Money};
use store::SubmitError;

use crate::app::App;
use crate::directory::DirectoryFault;
use crate::secrets::{self, MasterKey, SecretFault, SecretText};

/// What a fresh wallet of simulated money holds, in minor units.
const OPENING_FUNDS: [(Currency, i64); 3] =
    [(Currency::Rwf, 1_000_000), (Currency::Usd, 100_000), (Currency::Eur, 100_000)];

/// What accounts may charge cards in until it is changed.
pub const CARD_CURRENCIES: [Currency; 3] = [Currency::Rwf, Currency::Usd, Currency::Eur];

#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error(transparent)]
    Directory(#[from] DirectoryFault),
    #[error("the environment does not run")]
    NotRunning,
}

/// Who an account is opened for, and under which terms.
#[derive(Clone, Debug)]
pub struct Opening {
    pub merchant_id: String,
    pub merchant_name: String,
    /// In use nowhere.
    pub number: String,
    pub settlement: SettlementRule,
}

/// An account with its credentials, to be shown once: the API key cannot be read again.
pub struct Opened {
    pub environment: Environment,
    pub public_url: String,
    pub number: String,
    pub api_key: SecretText,
    pub encryption_key: SecretText,
    pub webhook_secret: SecretText,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({}, {})", self.environment.word(), self.number)
    }
}

/// The caller sees to it that no two accounts are opened at the same time.
pub async fn open_account(app: &App, opening: Opening) -> Result<Opened, OpenFault> {
    let environment = app.settings.environment;
    let last = app.directory().entries().map(|entry| entry.account.id.0).max();
    let id = AccountId(last.unwrap_or(0) + 1);
    let opened = Opened {
        environment,
        public_url: app.settings.public_url.clone(),
        number: opening.number,
        api_key: secrets::new_api_key(environment)?,
        encryption_key: secrets::new_encryption_key()?,
        webhook_secret: secrets::new_webhook_secret()?,
    };
    let now = app.clock.now();
    let seal = |kind, text: &str| app.master_key.seal((id, kind), text, now);
    let open = OpenAccount {
        account: Account {
            id,
            merchant_id: opening.merchant_id,
            merchant_name: opening.merchant_name,
            environment,
            number: opened.number.clone(),
            requires_number: true,
            allowed_networks: Vec::new(),
            charge_fee: FeeRule::CHARGE_DEFAULT,
            disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
            settlement: opening.settlement,
            card_currencies: CARD_CURRENCIES.to_vec(),
        },
        webhook_url: None,
        secrets: vec![
            MasterKey::hash_only(id, &opened.api_key, now),
            seal(SecretKind::Encryption, &opened.encryption_key)?,
            seal(SecretKind::Webhook, &opened.webhook_secret)?,
        ],
        opening_funds: match environment {
            Environment::Test => opening_funds()?,
            Environment::Live => Vec::new(),
        },
    };
    app.store.lane().submit(Command::OpenAccount(Box::new(open))).await?;
    app.refresh_directory().await?;
    Ok(opened)
}

pub fn opening_funds() -> Result<Vec<Money>, MoneyError> {
    OPENING_FUNDS.into_iter().map(|(currency, minor)| Money::from_minor(minor, currency)).collect()
}
