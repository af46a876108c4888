//! The gateway of one environment: built once, shared by reference.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use dialects::banks::Banks;
use dialects::card::SealingKey;
use dialects::provider::Service;
use dialects::provider::simulator::Simulator;
use dialects::wording::PublicWording;
use domain::provider_call::Provider;
use domain::{AccountId, Timestamp};
use governor::{DefaultKeyedRateLimiter, Quota};
use store::query::accounts::find_clock_ahead_us;
use store::{LaneSettings, News, Store, StoreError};
use tokio::sync::{mpsc, watch};

use crate::api::decryption_limit::DecryptionLimit;
use crate::bells::Bells;
use crate::clock::Clock;
use crate::config::Settings;
use crate::dialect::Dialects;
use crate::directory::{Directory, DirectoryFault, Rows};
use crate::egress::upstream::Upstream;
use crate::egress::{Egress, EgressError, EgressPolicy};
use crate::pages::packed::Packed;
use crate::providers::Providers;
use crate::secrets::{MasterKey, SecretFault};
use crate::workers::{Alarm, FreshDelivery};

/// New deliveries that may wait in memory for the delivery worker. What does not fit is found
/// again in the store when its lease runs out.
const FRESH_DELIVERIES_MAX: usize = 20_000;

#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error(transparent)]
    Directory(#[from] DirectoryFault),
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("the file of banks {file} cannot be used: {reason}")]
    Banks { file: String, reason: String },
}

#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    pub store: Store,
    pub clock: Arc<Clock>,
    /// What was begun before was begun by a process that is gone.
    pub started_at: Timestamp,
    pub master_key: MasterKey,
    pub wording: Arc<PublicWording>,
    pub simulator: Simulator,
    pub providers: Providers,
    pub egress: Egress,
    pub banks: Banks,
    pub limiter: Option<DefaultKeyedRateLimiter<AccountId>>,
    pub decryption_limit: DecryptionLimit,
    pub alarms: Arc<Alarms>,
    pub dialects: Dialects,
    /// True once the process has been asked to stop.
    pub stop: watch::Receiver<bool>,
    /// The API reference, which tells this environment's address, once somebody wants it.
    pub reference_page: OnceLock<Packed>,
    /// Held while the sandbox's clock is moved.
    pub clock_turn: tokio::sync::Mutex<()>,
    directory: RwLock<Arc<Directory>>,
}

/// What a commit wakes.
#[derive(Debug, Default)]
pub struct Alarms {
    pub calls: Alarm,
    pub deliveries: Alarm,
    pub settlements: Alarm,
    pub deposits: Alarm,
    pub accounts: tokio::sync::Notify,
    /// For requests that wait for the next event.
    pub events: Bells,
}

impl App {
    /// Opens the store and everything that a request or a worker needs. The receiver hands new
    /// deliveries to the delivery worker.
    pub fn build(
        settings: Settings,
        master_key: MasterKey,
        stop: watch::Receiver<bool>,
    ) -> Result<(Arc<App>, mpsc::Receiver<FreshDelivery>), StartFault> {
        let wording = Arc::new(PublicWording {
            public_url: settings.public_url.clone(),
            page_key: master_key.derive("page tokens"),
        });
        let clock = Arc::new(Clock::default());
        let alarms = Arc::new(Alarms::default());
        let (fresh_sender, fresh_receiver) = mpsc::channel(FRESH_DELIVERIES_MAX);
        let store = {
            let (clock, alarms) = (Arc::clone(&clock), Arc::clone(&alarms));
            let lane = LaneSettings {
                group_commands_max: settings.group_commands,
                clock: Box::new(move || clock.now()),
                wording: Arc::<PublicWording>::clone(&wording),
                on_commit: Box::new(move |news| spread(news, &alarms, &fresh_sender)),
            };
            Store::open(&settings.data, lane)?
        };
        let reader = store::open_to_read(&settings.data)?;
        clock.set_ahead_us(find_clock_ahead_us(&reader)?);
        let directory = Directory::of(Rows::read(&reader)?, &master_key)?;
        let app = App {
            simulator: Simulator {
                approval_delay: settings.approval_delay,
                transfer_delay: settings.transfer_delay,
                conversion_delay: settings.conversion_delay,
            },
            providers: Providers::new(
                settings.providers.clone(),
                Upstream::new(settings.extra_ca_file.as_deref(), settings.provider_patience)?,
            ),
            egress: Egress::new(EgressPolicy {
                allow_loopback: settings.allow_loopback_webhooks,
                require_https: settings.environment == domain::Environment::Live,
                extra_ca_file: settings.extra_ca_file.clone(),
                own_url: settings.public_url.parse().ok(),
            })?,
            banks: read_banks(&settings)?,
            limiter: settings
                .requests_per_second
                .map(|rate| DefaultKeyedRateLimiter::dashmap(Quota::per_second(rate))),
            decryption_limit: DecryptionLimit::default(),
            dialects: Dialects::of(&settings),
            reference_page: OnceLock::new(),
            clock_turn: tokio::sync::Mutex::new(()),
            directory: RwLock::new(Arc::new(directory)),
            settings,
            store,
            started_at: clock.now(),
            clock,
            master_key,
            wording,
            alarms,
            stop,
        };
        Ok((Arc::new(app), fresh_receiver))
    }

    /// The providers that can serve a payment of an account, best first.
    pub fn route(&self, account: AccountId, service: &Service) -> Vec<Provider> {
        let directory = self.directory();
        let number = directory.find(account).map_or("", |entry| entry.account.number.as_str());
        let Service { method, network, currency, .. } = *service;
        let route = self.settings.routes.providers(number, method, network, currency);
        self.providers.fit(route, service, self.clock.now())
    }

    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key pair that cards are sealed with for an account. Not of its encryption key: every
    /// browser has that one.
    pub fn sealing_key(&self, account: AccountId) -> SealingKey {
        SealingKey::of(&self.master_key.derive_bytes(&format!("sealed cards of {}", account.0)))
    }

    /// Reads the accounts again, after a commit that changed them.
    pub async fn refresh_directory(&self) -> Result<(), DirectoryFault> {
        let rows = self.store.read(Rows::read).await?;
        let fresh = Arc::new(Directory::of(rows, &self.master_key)?);
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

/// Tells the workers what a commit left for them. Runs on the writer's thread: it never waits.
fn spread(news: News, alarms: &Alarms, fresh: &mpsc::Sender<FreshDelivery>) {
    for (delivery, body) in news.deliveries {
        let lease_ends_at = delivery.due_at;
        if fresh.try_send(FreshDelivery { delivery, body }).is_err() {
            alarms.deliveries.ring_at(lease_ends_at);
        }
    }
    if let Some(at) = news.calls_due_at {
        alarms.calls.ring_at(at);
    }
    if let Some(at) = news.settlements_due_at {
        alarms.settlements.ring_at(at);
    }
    if let Some(at) = news.deposits_due_at {
        alarms.deposits.ring_at(at);
    }
    if let Some(at) = news.deliveries_due_at {
        alarms.deliveries.ring_at(at);
    }
    alarms.events.ring(&news.accounts_told);
    for (account, endpoint, state) in news.endpoints_disabled {
        let (account, endpoint) = (account.0, endpoint.text());
        tracing::warn!("endpoint {endpoint} of account {account} is disabled: {}", state.word());
    }
    if news.accounts_changed {
        alarms.accounts.notify_one();
    }
}

fn read_banks(settings: &Settings) -> Result<Banks, StartFault> {
    let Some(path) = &settings.banks_file else {
        return Banks::built_in().map_err(|error| StartFault::Banks {
            file: "built in".to_owned(),
            reason: error.to_string(),
        });
    };
    let fault = |reason: String| StartFault::Banks { file: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    Banks::parse(&text).map_err(|error| fault(error.to_string()))
}
