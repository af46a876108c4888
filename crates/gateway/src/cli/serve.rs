//! `dgspay serve`: test and live in one process, each with a store, a listener, workers and a
//! clock of its own, and a third listener for the operator.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use dialects::provider::setting::KINDS;
use domain::Environment;
use tokio::net::TcpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{Instrument, Span, info_span};

use super::config::{faults_of, read_file};
use super::sandbox::prepare_rates;
use super::signals::Signals;
use crate::app::App;
use crate::config::serve::{EnvironmentSettings, ServeSettings};
use crate::config::{local_url, variable};
use crate::operator::{self, Operator, OperatorToken};
use crate::portal::{People, Portal};
use crate::secrets::{self, MasterKey};
use crate::server::Limits;
use crate::workers::FreshDelivery;
use crate::{api, server, telemetry, workers};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

pub fn run(config: &Path) -> anyhow::Result<()> {
    let settings = ServeSettings::read(&read_file(config)?, KINDS, &variable)
        .map_err(|faults| faults_of(config, &faults))?;
    secrets::forbid_core_dumps().context("core dumps cannot be switched off")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: ServeSettings) -> anyhow::Result<()> {
    // From here on a signal stops the process in order.
    let signals = Signals::catch()?;
    let ServeSettings { data, log, rates_file, master_key, settlement, .. } = settings;
    std::fs::create_dir_all(&data).with_context(|| format!("{} cannot be made", data.display()))?;
    let master_key = match master_key {
        Some(key) => key,
        None => MasterKey::of_folder(&data)?,
    };
    let (stop_sender, stop) = watch::channel(false);
    let operator_socket = bind(settings.operator_listen)?;
    let operator_url = local_url(operator_socket.local_addr()?);
    let mut gateways = Vec::new();
    for environment in settings.environments {
        let gateway = Gateway::open(environment, &master_key, &stop)?;
        prepare_rates(&gateway.app, rates_file.as_deref()).await?;
        gateways.push(gateway);
    }
    let token = OperatorToken::of_folder(&data)
        .with_context(|| format!("{}/operator.token cannot be used", data.display()))?;
    let apps: Vec<Arc<App>> = gateways.iter().map(|one| Arc::clone(&one.app)).collect();
    let people = People::open(&data, master_key.of_people()?, Arc::default())?;
    let people = Arc::new(people);
    let operator = Arc::new(Operator::new(apps.clone(), token, settlement, Arc::clone(&people)));
    let has_test = apps.iter().any(|app| app.settings.environment == Environment::Test);
    let sign_up = (settings.sign_up && has_test).then(|| Arc::clone(&operator));
    let portal = Arc::new(Portal::new(apps.clone(), people, sign_up));

    // Everything is open: let them in.
    let mut doors = vec![(None, operator_socket.listen(BACKLOG)?, operator::router(&operator))];
    let mut fresh = Vec::new();
    let mut welcome = Welcome::default();
    for gateway in gateways {
        welcome.add(&gateway)?;
        let environment = Some(gateway.app.settings.environment);
        doors.push((
            environment,
            gateway.socket.listen(BACKLOG)?,
            api::router(&gateway.app, &portal),
        ));
        fresh.push((gateway.app, gateway.fresh));
    }
    welcome.print(&operator_url)?;
    let log_guard = telemetry::start(log);
    let start = |(app, fresh): (Arc<App>, _)| {
        span(Some(app.settings.environment)).in_scope(|| workers::start(&app, fresh))
    };
    let mut workers: Vec<_> = fresh.into_iter().map(start).collect();
    let mut servers = JoinSet::new();
    for (environment, listener, router) in doors {
        let serving = server::serve(listener, router, Limits::default(), stop.clone());
        servers.spawn(serving.instrument(span(environment)));
    }
    signals.wait().await;
    tracing::info!("stopping: requests in flight are finished first");
    stop_sender.send_replace(true);
    while servers.join_next().await.is_some() {}
    for workers in &mut workers {
        while workers.join_next().await.is_some() {}
    }
    apps.iter().for_each(|app| app.store.close());
    tracing::info!("stopped");
    drop(log_guard);
    Ok(())
}

/// Marks the lines of the log; `None` for the operator's listener.
fn span(environment: Option<Environment>) -> Span {
    match environment {
        Some(Environment::Test) => info_span!("test"),
        Some(Environment::Live) => info_span!("live"),
        None => info_span!("operator"),
    }
}

/// One environment: everything open, nobody let in yet.
struct Gateway {
    app: Arc<App>,
    fresh: mpsc::Receiver<FreshDelivery>,
    socket: TcpSocket,
}

impl Gateway {
    fn open(
        environment: EnvironmentSettings,
        master_key: &MasterKey,
        stop: &watch::Receiver<bool>,
    ) -> anyhow::Result<Gateway> {
        let EnvironmentSettings { listen, mut settings } = environment;
        let word = settings.environment.word();
        let socket = bind(listen)?;
        if settings.public_url.is_empty() {
            settings.public_url = local_url(socket.local_addr()?);
        }
        let key = master_key.of_environment(settings.environment)?;
        let (app, fresh) = App::build(settings, key, stop.clone())
            .with_context(|| format!("the {word} environment cannot be opened"))?;
        Ok(Gateway { app, fresh, socket })
    }
}

/// Takes an address without accepting anybody.
fn bind(address: SocketAddr) -> anyhow::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of the process before.
    socket.set_reuseaddr(true)?;
    socket.bind(address).with_context(|| format!("cannot listen on {address}"))?;
    Ok(socket)
}

/// Tools read these lines: a label, two or more spaces, a value.
#[derive(Default)]
struct Welcome(String);

impl Welcome {
    fn add(&mut self, gateway: &Gateway) -> std::io::Result<()> {
        let word = match gateway.app.settings.environment {
            Environment::Test => "Test",
            Environment::Live => "Live",
        };
        let (address, url) = (gateway.socket.local_addr()?, &gateway.app.settings.public_url);
        self.0 += &format!("{word} API base URL  {url}/generation/v2\n");
        self.0 += &format!("{word} portal        {url}/smart-merchant/\n");
        self.0 += &format!("{word} address       {address}\n");
        Ok(())
    }

    fn print(&self, operator_url: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "DGS-Pay {}\n\n{}", env!("CARGO_PKG_VERSION"), self.0.trim_end())?;
        writeln!(out, "Operator           {operator_url}")?;
        out.flush()
    }
}
