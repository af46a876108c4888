//! Settings of a running gateway, gathered once from flags, `DGSPAY_…` variables and, of
//! `dgspay serve`, a file.

pub mod keys;
pub mod providers;
pub mod serve;
pub mod source;
pub mod template;

#[cfg(test)]
mod fake_provider;
#[cfg(test)]
mod provider_tests;
#[cfg(test)]
mod serve_tests;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use dialects::provider::Connector;
use dialects::provider::setting::KINDS;
use dialects::signing::RsaDigest;
use domain::provider_call::Provider;
use domain::route::Routes;
use domain::{Environment, limits};
use ipnet::IpNet;

use self::providers::{Providers, Scope};
use self::source::Source;
use crate::virtual_accounts::Bank;

/// How the program tells what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line per request and per delivery.
    Text,
    /// The same, one JSON object per line.
    Json,
    Off,
}

/// What RSA signatures of the `dusupay` dialect hash with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DusuPayDigest {
    Sha512,
    Sha256,
}

impl From<DusuPayDigest> for RsaDigest {
    fn from(digest: DusuPayDigest) -> RsaDigest {
        match digest {
            DusuPayDigest::Sha512 => RsaDigest::Sha512,
            DusuPayDigest::Sha256 => RsaDigest::Sha256,
        }
    }
}

/// `dgspay sandbox`: test money, a demo merchant, nothing to configure.
#[derive(Args, Debug)]
pub struct SandboxArgs {
    /// Address to listen on; port 0 takes a free one and prints it
    #[arg(long, env = "DGSPAY_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Folder for the database and the master key; made if absent
    #[arg(long, env = "DGSPAY_DATA", default_value = "data")]
    pub data: PathBuf,

    /// Where to send webhooks; kept until it is given again
    #[arg(long, env = "DGSPAY_WEBHOOK_URL")]
    pub webhook_url: Option<String>,

    /// API key to use instead of a random one (sk_test_ and at least 16 letters or digits)
    #[arg(long, env = "DGSPAY_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,

    /// Account number to use instead of a random one (ACC- and 7 digits)
    #[arg(long, env = "DGSPAY_ACCOUNT_NUMBER")]
    pub account_number: Option<String>,

    /// Encryption key to use instead of a random one (base64 of 32 bytes)
    #[arg(long, env = "DGSPAY_ENCRYPTION_KEY", hide_env_values = true)]
    pub encryption_key: Option<String>,

    /// Webhook secret to use instead of a random one (whsec_ and base64)
    #[arg(long, env = "DGSPAY_WEBHOOK_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<String>,

    /// Password of the portal's owner instead of a random one (at least 12 characters)
    #[arg(long, env = "DGSPAY_PORTAL_PASSWORD", hide_env_values = true)]
    pub portal_password: Option<String>,

    /// Whether webhooks may go to this machine, over http too
    #[arg(long, env = "DGSPAY_ALLOW_LOOPBACK_WEBHOOKS", default_value_t = true,
          action = clap::ArgAction::Set, value_name = "true|false")]
    pub allow_loopback_webhooks: bool,

    /// How to log
    #[arg(long, env = "DGSPAY_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,

    /// Milliseconds from a mobile money charge to its simulated approval
    #[arg(long, env = "DGSPAY_APPROVAL_DELAY_MS", default_value_t = 2000, value_name = "MS")]
    pub approval_delay_ms: u64,

    /// Milliseconds from a disbursement or refund to the end of its simulated transfer
    #[arg(long, env = "DGSPAY_TRANSFER_DELAY_MS", default_value_t = 2000, value_name = "MS")]
    pub transfer_delay_ms: u64,

    /// Milliseconds from a conversion to its simulated end
    #[arg(long, env = "DGSPAY_CONVERSION_DELAY_MS", default_value_t = 2000, value_name = "MS")]
    pub conversion_delay_ms: u64,

    /// Milliseconds from a charge's success to its settlement
    #[arg(long, env = "DGSPAY_SETTLEMENT_DELAY_MS", default_value_t = 5000, value_name = "MS")]
    pub settlement_delay_ms: u64,

    /// A file of rates to convert at instead of those that are stored; read at every start
    #[arg(long, env = "DGSPAY_RATES_FILE", value_name = "FILE")]
    pub rates_file: Option<PathBuf>,

    /// Requests per second that one account may make; 0 for no limit
    #[arg(long, env = "DGSPAY_RATE_LIMIT", default_value_t = limits::REQUESTS_PER_SECOND, value_name = "N")]
    pub rate_limit: u32,

    /// A file of banks and mobile money providers to serve instead of the built-in list
    #[arg(long, env = "DGSPAY_BANKS_FILE", value_name = "FILE")]
    pub banks_file: Option<PathBuf>,

    /// More certificates to trust when webhooks are sent, as PEM
    #[arg(long, env = "DGSPAY_EXTRA_CA_FILE", value_name = "FILE")]
    pub extra_ca_file: Option<PathBuf>,

    /// What the rsa-signature of the dusupay dialect hashes with
    #[arg(long, env = "DGSPAY_DUSUPAY_DIGEST", value_enum, default_value_t = DusuPayDigest::Sha512)]
    pub dusupay_digest: DusuPayDigest,

    /// Whether a dusupay webhook answered with 500 or above is tried again, instead of parked
    #[arg(long, env = "DGSPAY_DUSUPAY_RETRY_5XX", default_value_t = false,
          action = clap::ArgAction::Set, value_name = "true|false")]
    pub dusupay_retry_5xx: bool,

    /// Commands that one transaction commits together; 1 to compare with a transaction per request
    #[arg(long, env = "DGSPAY_GROUP_COMMANDS", default_value_t = limits::GROUP_COMMANDS_MAX,
          hide = true, value_name = "N")]
    pub group_commands: usize,

    /// Milliseconds to wait for an answer of a provider at most, where tests are in a hurry
    #[arg(long, env = "DGSPAY_PROVIDER_PATIENCE_MS", hide = true, value_name = "MS")]
    pub provider_patience_ms: Option<u64>,
}

/// What a gateway is built from, whichever command starts it.
#[derive(Debug)]
pub struct Settings {
    pub environment: Environment,
    /// Where payers and merchants reach us, without a slash at the end.
    pub public_url: String,
    pub data: PathBuf,
    pub allow_loopback_webhooks: bool,
    pub extra_ca_file: Option<PathBuf>,
    pub banks_file: Option<PathBuf>,
    pub approval_delay: Duration,
    pub transfer_delay: Duration,
    pub conversion_delay: Duration,
    /// `None` for no limit.
    pub requests_per_second: Option<std::num::NonZeroU32>,
    pub dusupay_digest: RsaDigest,
    pub dusupay_retries_server_errors: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub group_commands: usize,
    /// Bounds the connectors' own patience.
    pub provider_patience: Option<Duration>,
    /// The providers that are configured, with their credentials.
    pub providers: Vec<Arc<dyn Connector>>,
    /// Which of them serve what; the simulator in test, where nothing else is said.
    pub routes: Routes,
    /// Whose rates replace the stored ones.
    pub rates_from: Option<Provider>,
    /// Where virtual accounts are. `None` in live until one is configured.
    pub bank: Option<Bank>,
}

impl Settings {
    /// The settings of a sandbox that really listens on `address`.
    pub fn of_sandbox(args: &SandboxArgs, providers: Providers, address: SocketAddr) -> Settings {
        Settings {
            environment: Environment::Test,
            public_url: local_url(address),
            data: args.data.clone(),
            allow_loopback_webhooks: args.allow_loopback_webhooks,
            extra_ca_file: args.extra_ca_file.clone(),
            banks_file: args.banks_file.clone(),
            approval_delay: Duration::from_millis(args.approval_delay_ms),
            transfer_delay: Duration::from_millis(args.transfer_delay_ms),
            conversion_delay: Duration::from_millis(args.conversion_delay_ms),
            requests_per_second: std::num::NonZeroU32::new(args.rate_limit),
            dusupay_digest: args.dusupay_digest.into(),
            dusupay_retries_server_errors: args.dusupay_retry_5xx,
            trusted_proxies: Vec::new(),
            group_commands: args.group_commands,
            provider_patience: args.provider_patience_ms.map(Duration::from_millis),
            providers: providers.connectors,
            routes: providers.routes,
            rates_from: None,
            bank: providers.bank,
        }
    }
}

/// The providers of a sandbox, which has no file: what its variables say, or all their faults.
pub fn providers_of_sandbox() -> Result<Providers, Vec<String>> {
    let mut source = Source::of_variables(&variable);
    let providers = Providers::read(&mut source, KINDS, Scope::SANDBOX);
    if source.faults.is_empty() { Ok(providers) } else { Err(source.faults) }
}

/// The value of a variable of this process.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How this machine reaches what listens on an address.
pub fn local_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{ip}:{}", address.port())
}

/// A block of addresses, or one address alone.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
