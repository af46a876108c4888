//! The developer of these tests: a sandbox, and the commands run beside it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::process::{self, Finished, Process};
use testkit::sandbox::dgspay;
use testkit::{Answer, Client, Options, Sandbox, http};

/// A little more than the default approval delay.
pub const APPROVAL_S: u64 = 3;

const LIMIT: Duration = Duration::from_secs(40);

const CHARGE: &str = r#"{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
    "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
    "customer_last_name": "Doe", "customer_phone": "789654321",
    "customer_phone_country_code": "250", "redirect_url": "https://yourdomain.com/paid",
    "mobile_money_network": "MTN", "mobile_money_phone": "789654321""#;

pub const DECLINED: &str = r#""scenario_key": "scenario:auth_pin&issuer:insufficient_funds""#;

/// A charge that approves itself, or what else the extra member says; its reference.
pub fn charge(api: &Client, extra: Option<&str>) -> String {
    let answer = try_charge(api, extra).expect("an answer");
    answer.expect("it is taken")
}

/// For a gateway that may be dying: `Err` is a request without an answer.
pub fn try_charge(api: &Client, extra: Option<&str>) -> std::io::Result<Option<String>> {
    let extra = extra.map(|member| format!(", {member}")).unwrap_or_default();
    let answer = api.try_request("POST", "/charges", &[], format!("{CHARGE}{extra}}}"))?;
    let reference = answer.json()["dgs_reference"].as_str().map(str::to_owned);
    Ok(reference.filter(|_| answer.status == 200))
}

/// `n` charges that have all ended; their references in the order of their events.
pub fn ended_charges(sandbox: &Sandbox, count: usize) -> Vec<String> {
    let before = feed(sandbox, "?after=now").next_after;
    for _ in 0..count {
        charge(&sandbox.api, None);
    }
    sandbox.advance_clock(APPROVAL_S);
    let mut after = before;
    let mut references = Vec::new();
    while references.len() < count {
        let from = after.map(|id| format!("&after={id}")).unwrap_or_default();
        let page = feed(sandbox, &format!("?wait=30{from}"));
        assert!(!page.events.is_empty(), "only {references:?} came");
        references.extend(page.events.into_iter().map(|event| event.reference));
        after = page.next_after;
    }
    references
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub reference: String,
    /// As it is written.
    pub body: String,
}

#[derive(Debug)]
pub struct Page {
    pub events: Vec<Event>,
    pub next_after: Option<String>,
}

pub fn get(sandbox: &Sandbox, path: &str) -> Answer {
    sandbox.request("GET", path, &[], "")
}

/// A page of the feed; the query begins with `?`.
pub fn feed(sandbox: &Sandbox, query: &str) -> Page {
    read_page(&get(sandbox, &format!("/events{query}")))
}

pub fn read_page(answer: &Answer) -> Page {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let members = answer.fields();
    assert_eq!(members["status"], r#""success""#);
    let events = http::elements(&members["data"]).iter().map(|text| read_event(text)).collect();
    Page { events, next_after: answer.json()["next_after"].as_str().map(str::to_owned) }
}

fn read_event(text: &str) -> Event {
    let members = http::fields(text);
    let found: Vec<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(found, ["body", "created_at", "dgs_reference", "id", "type"], "{text}");
    let value = |name: &str| members[name].trim_matches('"').to_owned();
    Event {
        id: value("id"),
        kind: value("type"),
        reference: value("dgs_reference"),
        body: members["body"].clone(),
    }
}

/// A command with the sandbox's address and credentials, in a folder of its own.
pub fn command(sandbox: &Sandbox, folder: &Path, args: &[&str]) -> Command {
    let mut command = dgspay();
    let credentials = sandbox.credentials();
    command
        .args(args)
        .current_dir(folder)
        .env("DGSPAY_URL", format!("http://{}", sandbox.api.address))
        .env("DGSPAY_API_KEY", &credentials.api_key)
        .env("DGSPAY_ACCOUNT_NUMBER", &credentials.account_number)
        .env("DGSPAY_WEBHOOK_SECRET", &credentials.webhook_secret);
    command
}

/// Runs a command that ends by itself.
pub fn finished(command: &mut Command) -> Finished {
    process::run(command, LIMIT).unwrap_or_else(|| panic!("{command:?} did not end"))
}

/// Starts `dgspay listen` and waits until it may be relied on.
pub fn listen(sandbox: &Sandbox, folder: &Path, url: &str) -> Process {
    let process = Process::spawn(&mut command(sandbox, folder, &["listen", "--forward-to", url]));
    process.wait_for_line(LIMIT, |line| line.starts_with("Ready: "));
    process
}

pub fn open() -> (Sandbox, tempfile::TempDir) {
    (Sandbox::start(Options::default()), tempfile::tempdir().expect("a temporary folder"))
}
