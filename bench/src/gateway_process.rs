//! The gateway under test: this program again, as the sandbox, in a process of its own over a
//! store of its own. Its CPU time and memory can so be told apart from the load generator's.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::records::Records;
use crate::report::Commit;
use crate::request::{ACCOUNT_NUMBER, API_KEY};
use crate::stopwatch::Stopwatch;
use crate::usage::{self, Usage};
use crate::wire::{Connection, WireError};

/// As the first argument of this program it makes it the gateway.
pub const ARGUMENT: &str = "gateway";

const READY_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the gateway could not be started: {0}")]
    Start(io::Error),
    #[error("the gateway ended without telling its address; see what it says: {command}")]
    AddressMissing { command: String },
    #[error("the gateway was not ready within {READY_WITHIN:?}")]
    NotReady,
    #[error("the gateway has gone: {0}")]
    Gone(io::Error),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the gateway did not move its clock: {status:?}")]
    ClockNotMoved { status: Option<u16> },
}

/// An approval delay so long that no charge completes while accepts are measured.
pub const NEVER: Duration = Duration::from_secs(600);

/// How a gateway is set up for a measure.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    pub commit: Commit,
    /// How long the simulated payer takes.
    pub approval_delay: Duration,
    pub webhook_url: Option<&'a str>,
}

/// A gateway that is ready. Its fields are dropped in this order: the store goes last.
#[derive(Debug)]
pub struct GatewayProcess {
    running: Running,
    folder: TempDir,
    pub address: SocketAddr,
    /// From the start of the process to the first 200 of `/health/ready`.
    pub ready_in: Duration,
    /// What it used before the first charge.
    pub idle: Usage,
}

impl GatewayProcess {
    /// Over a store of its own.
    pub async fn start(setup: Setup<'_>) -> Result<GatewayProcess, GatewayError> {
        let folder = tempfile::tempdir().map_err(GatewayError::Start)?;
        GatewayProcess::start_in(folder, setup).await
    }

    pub async fn start_in(
        folder: TempDir,
        setup: Setup<'_>,
    ) -> Result<GatewayProcess, GatewayError> {
        let mut command = command(folder.path(), setup).map_err(GatewayError::Start)?;
        let stopwatch = Stopwatch::start();
        let mut running = Running(command.spawn().map_err(GatewayError::Start)?);
        let address = running
            .0
            .stdout
            .take()
            .and_then(address_told)
            .ok_or_else(|| GatewayError::AddressMissing { command: format!("{command:?}") })?;
        wait_until_ready(address).await?;
        let ready_in = stopwatch.elapsed();
        let idle = running.usage()?;
        Ok(GatewayProcess { running, folder, address, ready_in, idle })
    }

    pub fn usage(&self) -> Result<Usage, GatewayError> {
        self.running.usage()
    }

    /// Moves its clock ahead.
    pub async fn advance_clock(&self, by: Duration) -> Result<(), GatewayError> {
        let mut connection = Connection::open(self.address).await.map_err(GatewayError::Gone)?;
        let body = format!(r#"{{"advance_seconds":{}}}"#, by.as_secs());
        let request = format!(
            "POST /generation/v2/sandbox/clock HTTP/1.1\r\nHost: {}\r\n\
             X-DGS-API-Key: {API_KEY}\r\nX-DGS-ACCOUNT-NUMBER: {ACCOUNT_NUMBER}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        connection.write(request.as_bytes()).await.map_err(GatewayError::Gone)?;
        let status = connection.read().await?.and_then(|answer| answer.status());
        if status == Some(200) { Ok(()) } else { Err(GatewayError::ClockNotMoved { status }) }
    }

    /// What it has written down so far.
    pub fn records(&self) -> rusqlite::Result<Records> {
        Records::open(self.folder.path())
    }

    /// Ends the process and hands over its store.
    pub fn end(self) -> TempDir {
        self.folder
    }
}

/// Killed when dropped: what it acknowledged is on disk, and nobody waits for the rest.
#[derive(Debug)]
struct Running(Child);

impl Running {
    fn usage(&self) -> Result<Usage, GatewayError> {
        usage::of_process(self.0.id()).map_err(GatewayError::Gone)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait().map(|_| ())) {
            eprintln!("the gateway could not be ended: {error}");
        }
    }
}

fn command(folder: &Path, setup: Setup<'_>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    // Grouping is left to the gateway's own default: that is what is measured.
    if setup.commit == Commit::Naive {
        command.env("DGSPAY_GROUP_COMMANDS", "1");
    }
    command
        .args([ARGUMENT, "sandbox", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .args(["--api-key", API_KEY, "--account-number", ACCOUNT_NUMBER])
        .env("DGSPAY_APPROVAL_DELAY_MS", setup.approval_delay.as_millis().to_string())
        .env("DGSPAY_RATE_LIMIT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(url) = setup.webhook_url {
        command.args(["--webhook-url", url]);
    }
    Ok(command)
}

/// The address in the line `API base URL  http://ADDRESS/generation/v2`. What the gateway says
/// afterwards is read and thrown away, or it would stop once the pipe is full.
fn address_told(stdout: ChildStdout) -> Option<SocketAddr> {
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    let address = loop {
        line.clear();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(address) = address_in(&line) {
            break address;
        }
    };
    thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
    Some(address)
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let url = line.trim_start().strip_prefix("API base URL")?.trim_start();
    url.strip_prefix("http://")?.split('/').next()?.trim_end().parse().ok()
}

async fn wait_until_ready(address: SocketAddr) -> Result<(), GatewayError> {
    let ready = async {
        while !is_ready(address).await.unwrap_or(false) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(READY_WITHIN, ready).await.map_err(|_| GatewayError::NotReady)
}

async fn is_ready(address: SocketAddr) -> Result<bool, WireError> {
    let mut connection = Connection::open(address).await?;
    connection
        .write(format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
        .await?;
    Ok(connection.read().await?.is_some_and(|answer| answer.status() == Some(200)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_in_the_line_of_the_base_url() {
        assert_eq!(
            address_in("  API base URL     http://127.0.0.1:4242/generation/v2\n"),
            Some(SocketAddr::from(([127, 0, 0, 1], 4242)))
        );
        for other in ["Portal           http://127.0.0.1:4242/smart-merchant/\n", "API base URL\n"]
        {
            assert_eq!(address_in(other), None);
        }
    }
}
