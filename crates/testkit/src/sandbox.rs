//! One `dgspay sandbox` process on a data directory of its own: started, killed, restarted, and
//! looked at from outside only.

use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::{Client, Credentials};
use crate::http::Answer;
use crate::process::{self, Finished, Process};

/// The labels that the sandbox prints before its values, in this order.
pub const LABELS: [&str; 8] = [
    "API base URL",
    "API key",
    "Account number",
    "Encryption key",
    "Webhook secret",
    "Portal",
    "Portal e-mail",
    "Portal password",
];

/// For a debug build on a busy machine. Tests that care measure [`Sandbox::ready_after`].
const START_LIMIT: Duration = Duration::from_secs(30);
/// The gateway drains for 10 s at most.
const STOP_LIMIT: Duration = Duration::from_secs(20);
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
const LOG_TAIL_LINES: usize = 60;

/// How a sandbox is started, beyond its address and its data directory.
#[derive(Clone, Debug, Default)]
pub struct Options {
    flags: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Options {
    pub fn webhook_url(self, url: &str) -> Options {
        self.flag("--webhook-url", url)
    }

    pub fn flag(mut self, name: &str, value: &str) -> Options {
        self.flags.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// With what others say besides; the later of two values counts.
    pub fn and(mut self, others: Options) -> Options {
        self.flags.extend(others.flags);
        self.variables.extend(others.variables);
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Options {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }
}

#[derive(Debug)]
pub struct Sandbox {
    pub api: Client,
    /// From the start of the process to the first 200 of `/health/ready`.
    pub ready_after: Duration,
    /// What it printed up to the last of [`LABELS`].
    pub printed: Vec<String>,
    process: Process,
    options: Options,
    directory: TempDir,
}

impl Sandbox {
    pub fn start(options: Options) -> Sandbox {
        Sandbox::start_in(TempDir::new().expect("a temporary directory"), options)
    }

    /// Starts on data that is there already: `data` is moved to where this sandbox keeps its own.
    pub fn start_on(data: &Path, options: Options) -> Sandbox {
        let directory = TempDir::new_in(data.parent().expect("data lie in a folder"))
            .expect("a temporary directory beside the data");
        fs::rename(data, data_of(directory.path())).expect("the data can be moved");
        Sandbox::start_in(directory, options)
    }

    fn start_in(directory: TempDir, options: Options) -> Sandbox {
        let launched = launch(&options, directory.path(), "127.0.0.1:0");
        let Launched { process, api, ready_after, printed } = launched;
        Sandbox { api, ready_after, printed, process, options, directory }
    }

    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.api.request(method, path, headers, body)
    }

    /// What it printed behind a label.
    pub fn value(&self, label: &str) -> String {
        value_of(&self.printed, label).unwrap_or_else(|| panic!("{label} is not printed"))
    }

    pub fn credentials(&self) -> &Credentials {
        &self.api.credentials
    }

    pub fn data(&self) -> PathBuf {
        data_of(self.directory.path())
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM; how the process ended. One that lives on is killed, so that whoever waits for its
    /// end, such as a load, is not held up by the panic.
    pub fn terminate(&mut self) -> ExitStatus {
        self.process.ask_to_stop();
        self.process.wait_for_exit(STOP_LIMIT).unwrap_or_else(|| {
            self.process.kill();
            panic!("still running {STOP_LIMIT:?} after SIGTERM")
        })
    }

    /// A new process on the same data, with the same options. The old one must have ended.
    pub fn restart(&mut self) {
        self.restart_listening_at("127.0.0.1:0");
    }

    /// The same, where clients that know the old address find it.
    pub fn restart_in_place(&mut self) {
        self.restart_listening_at(&self.api.address.to_string());
    }

    fn restart_listening_at(&mut self, address: &str) {
        let launched = launch(&self.options, self.directory.path(), address);
        self.process = launched.process;
        self.api = launched.api;
        self.ready_after = launched.ready_after;
        self.printed = launched.printed;
    }

    /// The next line that it prints after [`Sandbox::printed`]: its log, among others.
    pub fn next_line(&self, deadline: Instant) -> Result<String, process::NoLine> {
        self.process.next_line(deadline)
    }

    /// Moves the gateway's clock ahead.
    pub fn advance_clock(&self, seconds: u64) {
        let body = format!(r#"{{"advance_seconds": {seconds}}}"#);
        let answer = self.request("POST", "/sandbox/clock", &[], body);
        assert_eq!(answer.status, 200, "the clock does not move: {}", answer.text());
    }

    /// `dgspay audit` over the data, whether the sandbox runs or not.
    pub fn audit(&self) -> Finished {
        let mut command = dgspay();
        command.arg("audit").arg("--data").arg(self.data());
        process::run(&mut command, COMMAND_LIMIT).expect("the audit ends")
    }

    /// A second sandbox process on the same data. `None` when it was not turned away.
    pub fn start_second(&self) -> Option<Finished> {
        process::run(&mut sandbox_command(&self.options, &self.data(), "127.0.0.1:0"), START_LIMIT)
    }

    /// The command that the sandbox prints after its labels, with its continued lines.
    pub fn printed_command(&self) -> String {
        let deadline = Instant::now() + START_LIMIT;
        let next = || self.process.next_line(deadline).expect("a command is printed");
        let mut command = next();
        while !command.trim_start().starts_with("curl") {
            command = next();
        }
        while command.ends_with('\\') || command.matches('\'').count() % 2 == 1 {
            command = command + "\n" + &next();
        }
        command
    }

    /// Another process on the same data, started otherwise. The old one must have ended.
    pub fn restart_with(&mut self, options: Options) {
        self.options = options;
        self.restart();
    }

    /// What it said since the last look, without waiting for more.
    pub fn unread_lines(&self) -> Vec<String> {
        std::iter::from_fn(|| self.process.next_line(Instant::now()).ok()).collect()
    }

    /// Resident memory of the process (`VmRSS`).
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("the process is running");
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .expect("a running process has a VmRSS")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if thread::panicking() {
            let lines = self.unread_lines();
            let tail = &lines[lines.len().saturating_sub(LOG_TAIL_LINES)..];
            eprintln!("the sandbox said at last:\n{}", tail.join("\n"));
            eprintln!("and on standard error:\n{}", error_tail(self.directory.path()));
        }
    }
}

struct Launched {
    process: Process,
    api: Client,
    ready_after: Duration,
    printed: Vec<String>,
}

fn launch(options: &Options, directory: &Path, address: &str) -> Launched {
    let errors = OpenOptions::new()
        .create(true)
        .append(true)
        .open(errors_of(directory))
        .expect("the file for standard error can be opened");
    let started = Instant::now();
    let deadline = started + START_LIMIT;
    let process =
        Process::spawn(sandbox_command(options, &data_of(directory), address).stderr(errors));
    let mut printed = Vec::new();
    while value_of(&printed, LABELS[LABELS.len() - 1]).is_none() {
        match process.next_line(deadline) {
            Ok(line) => printed.push(line),
            Err(why) => panic!(
                "the sandbox did not print its credentials ({why:?}); it printed {printed:#?}\n{}",
                error_tail(directory)
            ),
        }
    }
    let api = client(&printed);
    wait_until_ready(&api, deadline);
    Launched { process, api, ready_after: started.elapsed(), printed }
}

/// It listens by now, so each turn of this loop takes the time of one request.
fn wait_until_ready(api: &Client, deadline: Instant) {
    loop {
        match api.try_bare_request("GET", "/health/ready", &[], b"") {
            Ok(answer) if answer.status == 200 => return,
            Ok(_) | Err(_) if Instant::now() < deadline => thread::yield_now(),
            last => panic!("not ready in {START_LIMIT:?}: {last:?}"),
        }
    }
}

fn client(printed: &[String]) -> Client {
    let value = |label| {
        value_of(printed, label).unwrap_or_else(|| panic!("{label} is not printed: {printed:#?}"))
    };
    let base_url = value("API base URL");
    let rest = base_url.strip_prefix("http://").expect("the sandbox serves plain HTTP");
    let (authority, path) = rest.split_once('/').expect("the base URL has a path");
    let address: SocketAddr = authority.parse().expect("the base URL has an address and a port");
    Client {
        address,
        base_path: format!("/{}", path.trim_end_matches('/')),
        credentials: Credentials {
            api_key: value("API key"),
            account_number: value("Account number"),
            encryption_key: value("Encryption key"),
            webhook_secret: value("Webhook secret"),
        },
    }
}

/// A printed line is a label, two or more spaces, a value.
fn value_of(printed: &[String], label: &str) -> Option<String> {
    printed.iter().find_map(|line| {
        let (found, value) = line.split_once("  ")?;
        (found == label).then(|| value.trim().to_owned())
    })
}

fn sandbox_command(options: &Options, data: &Path, address: &str) -> Command {
    let mut command = dgspay();
    // By a variable: a flag among the options goes before it.
    command.env("DGSPAY_LISTEN", address).args(["sandbox", "--data"]).arg(data);
    command.args(&options.flags);
    command.envs(options.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// The binary, without the settings that the developer's own shell may hold.
pub fn dgspay() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DGSPAY_") {
            command.env_remove(name);
        }
    }
    command
}

/// Beside the `deps` folder that the test executable lies in.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its executable");
    let folder = test.parent().and_then(Path::parent).expect("it lies in target/…/deps");
    let binary = folder.join("dgspay");
    assert!(
        binary.exists(),
        "{} is not built: run `cargo build -p gateway` first",
        binary.display()
    );
    binary
}

fn data_of(directory: &Path) -> PathBuf {
    directory.join("data")
}

fn errors_of(directory: &Path) -> PathBuf {
    directory.join("stderr")
}

fn error_tail(directory: &Path) -> String {
    let text = fs::read_to_string(errors_of(directory)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}
