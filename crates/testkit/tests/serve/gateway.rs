//! One `dgspay serve` process on a folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use testkit::process::{self, Finished, Process};
use testkit::sandbox::dgspay;
use testkit::{Answer, Client, Credentials};

const LIMIT: Duration = Duration::from_secs(60);

/// Test alone, on free ports.
pub const TEST: &str = "\
[test]
listen = \"127.0.0.1:0\"
[operator]
listen = \"127.0.0.1:0\"
";

pub struct Gateway {
    pub printed: Vec<String>,
    process: Process,
    folder: TempDir,
    kept: Vec<TempDir>,
}

impl Gateway {
    /// Runs with these settings, beyond the data folder.
    pub fn start(settings: &str) -> Gateway {
        let folder = folder();
        fs::write(config(folder.path()), settings).expect("settings can be written");
        let (process, printed) = launch(folder.path());
        Gateway { printed, process, folder, kept: Vec::new() }
    }

    /// Waits for a line of the log.
    pub fn wait_for_line(&self, is_it: impl Fn(&str) -> bool) {
        self.process.wait_for_line(LIMIT, is_it);
    }

    /// Holds on to a folder that the settings name, as long as it runs.
    pub fn keep(&mut self, folder: TempDir) {
        self.kept.push(folder);
    }

    /// Stops it in order.
    pub fn stop(&mut self) {
        self.process.ask_to_stop();
        let status = self.process.wait_for_exit(LIMIT).expect("it stops");
        assert!(status.success(), "{status:?}");
    }

    /// Stops it in order, and starts another on the same data.
    pub fn restart(&mut self) {
        self.stop();
        (self.process, self.printed) = launch(self.folder.path());
    }

    pub fn data(&self) -> PathBuf {
        data(self.folder.path())
    }

    pub fn config(&self) -> PathBuf {
        config(self.folder.path())
    }

    pub fn token(&self) -> String {
        let text = fs::read_to_string(self.data().join("operator.token"));
        text.expect("the token is there").trim().to_owned()
    }

    /// A client of the operator's listener, without credentials.
    pub fn operator(&self) -> Client {
        let url = value(&self.printed, "Operator");
        client(url.strip_prefix("http://").expect("plain HTTP"), nobody())
    }

    /// A merchant in an environment, `Test` or `Live`.
    pub fn merchant(&self, environment: &str, credentials: Credentials) -> Client {
        client(&value(&self.printed, &format!("{environment} address")), credentials)
    }

    /// A request of the operator.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let token = format!("Bearer {}", self.token());
        let mut headers = vec![("Authorization", token.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.operator().bare_request(method, path, &headers, body)
    }

    /// A command of `dgspay` that speaks to it.
    pub fn command(&self, arguments: &[&str]) -> Finished {
        let mut command = dgspay();
        let operator = value(&self.printed, "Operator");
        command.env("DGSPAY_DATA", self.data());
        command.env("DGSPAY_OPERATOR_LISTEN", operator.trim_start_matches("http://"));
        command.env("DGSPAY_CONFIG", config(self.folder.path())).args(arguments);
        process::run(&mut command, LIMIT).expect("the command ends")
    }

    /// Opens accounts; the credentials of each, by environment.
    pub fn open(&self, name: &str) -> Vec<(String, Credentials)> {
        let body = format!(r#"{{"name": "{name}"}}"#);
        let answer = self.ask("POST", "/operator/merchants", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json = answer.json();
        let accounts = json["accounts"].as_array().expect("accounts").iter();
        accounts.map(credentials).collect()
    }
}

/// Whoever asks without the headers of merchants.
fn nobody() -> Credentials {
    let nothing = String::new;
    Credentials {
        api_key: nothing(),
        account_number: nothing(),
        encryption_key: nothing(),
        webhook_secret: nothing(),
    }
}

fn credentials(account: &serde_json::Value) -> (String, Credentials) {
    let text = |name: &str| account[name].as_str().expect(name).to_owned();
    let credentials = Credentials {
        api_key: text("api_key"),
        account_number: text("account_number"),
        encryption_key: text("encryption_key"),
        webhook_secret: text("webhook_secret"),
    };
    (text("environment"), credentials)
}

/// On a disk: the folder for temporary files is in memory on some machines, which live refuses.
pub fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder")
}

pub fn config(folder: &Path) -> PathBuf {
    folder.join("dgspay.toml")
}

pub fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// `dgspay` with the settings in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = dgspay();
    command.env("DGSPAY_DATA", data(folder)).env("DGSPAY_CONFIG", config(folder)).args(arguments);
    process::run(&mut command, LIMIT).expect("the command ends")
}

fn launch(folder: &Path) -> (Process, Vec<String>) {
    let mut command: Command = dgspay();
    command.env("DGSPAY_DATA", data(folder)).arg("serve").arg("--config").arg(config(folder));
    let process = Process::spawn(&mut command);
    let mut printed = Vec::new();
    while !printed.iter().any(|line: &String| line.starts_with("Operator  ")) {
        let line = process.wait_for_line(LIMIT, |line| !line.is_empty());
        printed.push(line);
    }
    (process, printed)
}

fn value(printed: &[String], label: &str) -> String {
    let found = printed.iter().find_map(|line| line.strip_prefix(label)?.strip_prefix("  "));
    found.unwrap_or_else(|| panic!("{label} is not printed: {printed:#?}")).trim().to_owned()
}

fn client(address: &str, credentials: Credentials) -> Client {
    let address: SocketAddr = address.parse().expect("an address is printed");
    Client { address, base_path: "/generation/v2".to_owned(), credentials }
}
