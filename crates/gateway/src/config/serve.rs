//! The settings of `dgspay serve`: the file and the variables, read whole, with all faults at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use dialects::provider::look_up::LookUp;
use dialects::provider::setting::Kind;
use domain::provider_call::Provider;
use domain::settlement::SettlementRule;
use domain::{Currency, Environment, limits};

use crate::config::providers::{Providers, Scope};
use crate::config::source::{Source, Variables, split};
use crate::config::{DusuPayDigest, LogFormat, Settings};
use crate::secrets::MasterKey;

/// The variable that holds the master key itself.
const MASTER_KEY: &str = "DGSPAY_MASTER_KEY";

/// The simulator's pace in the test environment, the same as the sandbox's.
const SIMULATED_DELAY: Duration = Duration::from_millis(2000);

#[derive(Debug)]
pub struct ServeSettings {
    pub data: PathBuf,
    pub log: LogFormat,
    pub rates_file: Option<PathBuf>,
    /// `None`, in test alone: one that is made in the data folder.
    pub master_key: Option<MasterKey>,
    /// What new accounts in live begin with.
    pub settlement: SettlementRule,
    pub operator_listen: SocketAddr,
    /// Whether anybody may become a merchant with a test account.
    pub sign_up: bool,
    /// Those that run; at least one.
    pub environments: Vec<EnvironmentSettings>,
}

#[derive(Debug)]
pub struct EnvironmentSettings {
    pub listen: SocketAddr,
    /// With an empty public URL where it is to be that of the address listened on.
    pub settings: Settings,
}

impl ServeSettings {
    /// Reads the text of a file and the variables; every fault, if there is any.
    pub fn read(
        text: &str,
        kinds: &[Kind],
        variables: Variables<'_>,
    ) -> Result<ServeSettings, Vec<String>> {
        let mut source = Source::of_file(text, kinds, variables);
        let data = data_folder(&mut source);
        let log = source
            .parse("log", "text, json or off", |text| LogFormat::from_str(text, false).ok())
            .unwrap_or(LogFormat::Text);
        let rates_file = source.path("rates_file");
        let settlement = source
            .parse("settlement", "business_days:N", SettlementRule::parse)
            .unwrap_or(SettlementRule::LIVE_DEFAULT);
        let operator_listen = operator_listen(&mut source);
        let sign_up = source.parse("portal.sign_up", "on or off", |text| match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        });
        let environments: Vec<EnvironmentSettings> = [Environment::Test, Environment::Live]
            .into_iter()
            .filter_map(|environment| read_environment(&mut source, kinds, &data, environment))
            .collect();
        let has_live = environments.iter().any(|one| one.settings.environment == Environment::Live);
        let master_key = read_master_key(&mut source, variables, has_live);
        if environments.is_empty() && source.faults.is_empty() {
            source.fault("nothing would run: set `test.listen`, `live.listen` or both");
        }
        refuse_shared_addresses(&mut source, operator_listen, &environments);
        match operator_listen {
            Some(operator_listen) if source.faults.is_empty() => Ok(ServeSettings {
                data,
                log,
                rates_file,
                master_key,
                settlement,
                operator_listen,
                sign_up: sign_up.unwrap_or(false),
                environments,
            }),
            Some(_) | None => Err(source.faults),
        }
    }
}

pub fn data_folder(source: &mut Source<'_>) -> PathBuf {
    PathBuf::from(source.text("data").unwrap_or_default())
}

pub fn operator_listen(source: &mut Source<'_>) -> Option<SocketAddr> {
    listen(source, "operator.listen")
}

fn listen(source: &mut Source<'_>, name: &str) -> Option<SocketAddr> {
    source.parse(name, "an address and a port, such as 127.0.0.1:8080", |text| text.parse().ok())
}

/// `None` where it does not run.
fn read_environment(
    source: &mut Source<'_>,
    kinds: &[Kind],
    data: &Path,
    environment: Environment,
) -> Option<EnvironmentSettings> {
    let word = environment.word();
    source.text(&format!("{word}.listen"))?;
    let listen = listen(source, &format!("{word}.listen"));
    let public_url = public_url(source, environment);
    let providers = Providers::read(source, kinds, Scope::of(environment));
    let rates_from = rates_from(source, &providers, word);
    let data = data.join(word);
    if environment == Environment::Live {
        providers.missing_in_live().into_iter().for_each(|fault| source.fault(fault));
        if is_in_memory(&data) {
            source.fault("live: `data` lies in memory and would be gone after a restart");
        }
    }
    let settings = Settings {
        environment,
        public_url,
        data,
        allow_loopback_webhooks: environment == Environment::Test
            && source.flag("test.allow_loopback_webhooks"),
        extra_ca_file: source.path("extra_ca_file"),
        banks_file: source.path("banks_file"),
        approval_delay: SIMULATED_DELAY,
        transfer_delay: SIMULATED_DELAY,
        conversion_delay: SIMULATED_DELAY,
        requests_per_second: source.number("rate_limit").and_then(std::num::NonZeroU32::new),
        dusupay_digest: source
            .parse("dusupay_digest", "sha512 or sha256", |text| {
                DusuPayDigest::from_str(text, false).ok()
            })
            .unwrap_or(DusuPayDigest::Sha512)
            .into(),
        dusupay_retries_server_errors: source.flag("dusupay_retry_5xx"),
        trusted_proxies: source
            .parse("trusted_proxies", "a list of addresses such as \"10.0.0.0/8\"", |text| {
                split(text).map(crate::config::network).collect()
            })
            .unwrap_or_default(),
        group_commands: limits::GROUP_COMMANDS_MAX,
        provider_patience: None,
        providers: providers.connectors,
        routes: providers.routes,
        rates_from,
        bank: providers.bank,
    };
    Some(EnvironmentSettings { listen: listen?, settings })
}

/// A provider of the environment that tells rates at all.
fn rates_from(source: &mut Source<'_>, providers: &Providers, word: &str) -> Option<Provider> {
    let usual = LookUp::Rate { source: Currency::Usd, target: Currency::Rwf };
    let form = "a provider that is configured here and tells rates: flutterwave";
    source.parse(&format!("{word}.rates_from"), form, |text| {
        let provider = Provider::parse(text)?;
        let mut connectors = providers.connectors.iter();
        let connector = connectors.find(|connector| connector.provider() == provider)?;
        (!connector.look_up(&usual).is_empty()).then_some(provider)
    })
}

fn public_url(source: &mut Source<'_>, environment: Environment) -> String {
    let name = format!("{}.public_url", environment.word());
    let (schemes, form): (&[&str], _) = match environment {
        Environment::Test => (&["http", "https"], "an address such as https://sandbox.example.rw"),
        Environment::Live => (&["https"], "an https address such as https://pay.example.rw"),
    };
    let url = source.parse(&name, form, |text| {
        let uri = text.parse::<http::Uri>().ok()?;
        let is_fit = uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme))
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.path() == "/"
            && uri.query().is_none();
        is_fit.then(|| text.trim_end_matches('/').to_owned())
    });
    if environment == Environment::Live && source.text(&name).is_none() {
        source.fault(format!("`{name}` is missing: {form}"));
    }
    url.unwrap_or_default()
}

fn read_master_key(
    source: &mut Source<'_>,
    variables: Variables<'_>,
    is_required: bool,
) -> Option<MasterKey> {
    if let Some(text) = variables(MASTER_KEY).filter(|text| !text.is_empty()) {
        let key = MasterKey::parse(&text);
        if key.is_none() {
            source.fault(format!("{MASTER_KEY} must be 64 hex digits"));
        }
        return key;
    }
    match source.text("master_key.file") {
        Some(file) => match MasterKey::of_private_file(Path::new(&file)) {
            Ok(key) => Some(key),
            Err(fault) => {
                source.fault(fault.to_string());
                None
            }
        },
        None => {
            if is_required {
                source.fault(format!("`master_key.file` is missing, and so is {MASTER_KEY}"));
            }
            None
        }
    }
}

/// Two listeners on one address would leave one of them out, or mix up the environments.
fn refuse_shared_addresses(
    source: &mut Source<'_>,
    operator: Option<SocketAddr>,
    environments: &[EnvironmentSettings],
) {
    let mut taken: Vec<(&str, SocketAddr)> = Vec::new();
    let listeners = environments.iter().map(|one| (one.settings.environment.word(), one.listen));
    for (word, address) in listeners.chain(operator.map(|address| ("operator", address))) {
        for (other, occupied) in &taken {
            let overlaps = address.ip() == occupied.ip()
                || address.ip().is_unspecified()
                || occupied.ip().is_unspecified();
            if address.port() == occupied.port() && address.port() != 0 && overlaps {
                source.fault(format!("`{other}.listen` and `{word}.listen` are one address"));
            }
        }
        taken.push((word, address));
    }
}

/// Whether a folder, which need not be there yet, is on a file system that no disk is under.
fn is_in_memory(folder: &Path) -> bool {
    /// From linux/magic.h.
    const TMPFS: i128 = 0x0102_1994;
    const RAMFS: i128 = 0x8584_58f6;
    let Ok(whole) = std::path::absolute(folder) else { return false };
    let found = whole.ancestors().find_map(|above| rustix::fs::statfs(above).ok());
    found.is_some_and(|found| [TMPFS, RAMFS].contains(&i128::from(found.f_type)))
}
