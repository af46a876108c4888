//! `dgspay reconcile`, from outside: a statement of ten thousand lines with planted differences
//! against payments that were really made.
#![expect(
    clippy::disallowed_methods,
    reason = "the statement is of the world's day: no clock of the App is in reach"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use testkit::process::{self, Finished};
use testkit::sandbox::dgspay;
use testkit::{Options, Receiver, Sandbox};

const PAYMENTS: usize = 140;
const LINES: usize = 10_000;
/// Of each class.
const PLANTED: usize = 4;
const FORMULA: &str = "=HYPERLINK(\"http://attacker.example\")";
const TRANSFER_S: u64 = 601;

struct Paid {
    client_reference: String,
    provider_reference: String,
    /// What the recipient got.
    amount: i64,
}

/// Disbursements of 5000 francs that ended about noon of a day, the last four in failure.
fn payments() -> (Sandbox, Vec<Paid>) {
    let receiver = Receiver::start();
    let options = Options::default()
        .variable("DGSPAY_TRANSFER_DELAY_MS", "600000")
        .webhook_url(&receiver.url("/ok"));
    let sandbox = Sandbox::start(options);
    sandbox.advance_clock(day_seconds() - now_seconds() % day_seconds() + 10 * 3600);
    let line = |number: usize| {
        let recipient = json!({"msisdn": "+250788123456", "network": "MTN", "country": "RW",
            "name": "Jane Doe"});
        let mut line =
            json!({"amount": 5000, "destination_type": "mobile_money", "recipient": recipient});
        if number >= PAYMENTS - PLANTED {
            line["scenario_key"] = "scenario:invalid_currency".into();
        }
        line
    };
    let lines: Vec<Value> = (0..PAYMENTS).map(line).collect();
    let body = json!({ "disbursements": lines }).to_string();
    let taken = sandbox.request("POST", "/disburse/bulk", &[], body);
    assert_eq!(taken.status, 200, "{}", taken.text());
    sandbox.advance_clock(TRANSFER_S);
    receiver.wait_at("/ok", PAYMENTS);
    let taken = taken.json();
    let lines = taken["lines"].as_array().expect("lines");
    let paid = lines.iter().map(|line| paid(&sandbox, line)).collect();
    (sandbox, paid)
}

fn paid(sandbox: &Sandbox, line: &Value) -> Paid {
    let reference = line["dgs_reference"].as_str().expect("a reference");
    let record = sandbox.request("GET", &format!("/transactions/{reference}"), &[], "").json();
    let text = |name: &str| record["data"][name].as_str().unwrap_or_default().to_owned();
    Paid {
        client_reference: text("transaction_id"),
        provider_reference: text("flw_reference"),
        amount: line["recipient_gets"].as_i64().expect("a whole amount"),
    }
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

const fn day_seconds() -> u64 {
    24 * 3600
}

/// Noon in Kigali on the day of the payments, or on the day before.
fn noon(days_before: u64) -> String {
    let day = now_seconds() / day_seconds() + 1 - days_before;
    let mut command = std::process::Command::new("date");
    let output = command.args(["-u", "-d", &format!("@{}", day * day_seconds()), "+%d/%m/%Y"]);
    let output = output.output().expect("date runs");
    format!("{} 12:00:00", String::from_utf8_lossy(&output.stdout).trim())
}

/// The statement, and the differences in it by class.
fn statement(paid: &[Paid]) -> (String, BTreeMap<&'static str, usize>) {
    let (today, yesterday) = (noon(0), noon(1));
    let mut rows =
        vec!["Transaction ID,Our Reference,Amount,Currency,Status,Date,DR/CR".to_owned()];
    let mut planted = BTreeMap::new();
    for (number, one) in paid.iter().enumerate() {
        let Paid { client_reference, provider_reference, amount } = one;
        let (mut amount, mut currency, mut date) = (*amount, "RWF", &today);
        let class = match number / PLANTED {
            0 => "amount_differs",
            1 => "currency_differs",
            2 => "duplicate_line",
            3 => "other_day",
            4 => "missing_there",
            5 => "missing_here",
            _ if number >= PAYMENTS - PLANTED => "status_differs",
            _ => "",
        };
        match class {
            "amount_differs" => amount += 1,
            "currency_differs" => currency = "UGX",
            "other_day" => date = &yesterday,
            "missing_there" => {}
            "missing_here" => {
                let stranger = format!("\"{}{number}\"", FORMULA.replace('"', "\"\""));
                rows.push(format!("{stranger},,77,RWF,success,{today},DR"));
            }
            _ => {}
        }
        if !class.is_empty() {
            *planted.entry(class).or_default() += 1;
        }
        // By either name alone, too.
        let (theirs, ours) = match number % 3 {
            0 => (provider_reference.as_str(), client_reference.as_str()),
            1 => (provider_reference.as_str(), ""),
            _ => ("", client_reference.as_str()),
        };
        let row = format!("{theirs},{ours},{amount},{currency},success,{date},DR");
        if class == "duplicate_line" {
            rows.push(row.clone());
        }
        if class != "missing_there" {
            rows.push(row);
        }
    }
    for number in rows.len()..=LINES {
        rows.push(format!("F{number},,500,RWF,failed,{today},CR"));
    }
    (rows.join("\n") + "\n", planted)
}

fn reconcile(data: &Path, arguments: &[&str]) -> Finished {
    let mut command = dgspay();
    command.arg("reconcile").args(arguments).arg("--data").arg(data);
    process::run(&mut command, Duration::from_secs(60)).expect("the command ends")
}

fn import(data: &Path, file: &Path, more: &[&str]) -> Finished {
    let file = file.to_str().expect("a path of ours");
    let arguments = ["import", "--provider", "simulator", "--file", file];
    reconcile(data, &[&arguments, more].concat())
}

fn by_class(output: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in output.lines() {
        let item: Value = serde_json::from_str(line).expect("one object per line");
        *counts.entry(item["class"].as_str().expect("a class").to_owned()).or_default() += 1;
    }
    counts
}

fn ended(done: &Finished, code: i32, saying: &str) {
    let Finished { output, errors, .. } = done;
    assert_eq!(done.code, Some(code), "{output}\n{errors}");
    assert!(format!("{output}{errors}").contains(saying), "not {saying}: {output}\n{errors}");
}

#[test]
fn what_a_statement_differs_in_is_listed_once_and_moves_nothing() {
    let (mut sandbox, paid) = payments();
    let (text, planted) = statement(&paid);
    assert!(planted.len() == 7 && planted.values().all(|count| *count == PLANTED), "{planted:?}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("november.csv");
    fs::write(&file, &text).expect("written");
    let data = sandbox.data();

    // Comparing works beside the gateway, listing does not.
    let compared = import(&data, &file, &["--dry-run", "--format", "json"]);
    ended(&compared, 1, "10000 lines, 136 matched, 28 differences");
    let found = by_class(&compared.output);
    let expected: BTreeMap<String, usize> =
        planted.iter().map(|(class, count)| ((*class).to_owned(), *count)).collect();
    assert_eq!(found, expected, "{}", compared.output);
    ended(&import(&data, &file, &[]), 2, "recording needs the folder to itself");
    assert_eq!(reconcile(&data, &["list"]).output, "");

    sandbox.terminate();
    ended(&import(&data, &file, &[]), 1, "; 28 newly listed");
    ended(&import(&data, &file, &[]), 1, "28 differences");
    ended(&import(&data, &file, &[]), 1, "; 0 newly listed");
    // A statement of part of that time, and of the time around it.
    let part: Vec<&str> = text.lines().take(300).collect();
    fs::write(&file, part.join("\n")).expect("written");
    ended(&import(&data, &file, &[]), 1, "28 differences");
    ended(
        &import(&data, &file, &["--from", "2027-01-01", "--to", "2026-01-01"]),
        2,
        "ends before it begins",
    );
    let audit = sandbox.audit();
    assert!(audit.is_success(), "{}", audit.output);

    let listed = reconcile(&data, &["list", "--format", "json"]);
    assert_eq!(by_class(&listed.output), expected);
    let csv = reconcile(&data, &["list", "--format", "csv"]);
    assert_eq!(csv.output.lines().count(), 29);
    assert!(csv.output.contains(",\"'=HYPERLINK("), "{}", csv.output);
    resolve_one(&data, &listed.output);
}

fn resolve_one(data: &Path, listed: &str) {
    let first: Value = serde_json::from_str(listed.lines().next().unwrap_or("")).expect("an item");
    let id = first["id"].as_str().expect("an id");
    ended(&reconcile(data, &["resolve", id, "--note", "their invoice 7"]), 0, "");
    ended(&reconcile(data, &["resolve", id, "--note", "again"]), 2, "resolved already");
    ended(&reconcile(data, &["resolve", "0000", "--note", "x"]), 2, "no difference has this id");
    assert_eq!(reconcile(data, &["list"]).output.lines().count(), 27);
    let resolved = reconcile(data, &["list", "--state", "resolved", "--format", "json"]);
    assert!(resolved.output.contains("\"note\":\"their invoice 7\""), "{}", resolved.output);
}

#[test]
fn a_file_that_is_no_statement_is_refused_and_an_empty_month_is_right() {
    let sandbox = Sandbox::start(Options::default());
    let data = sandbox.data();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("statement.csv");
    let write = |text: &str| fs::write(&file, text).expect("written");
    write("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>");
    ended(&import(&data, &file, &["--dry-run"]), 2, "this is XML or HTML");
    write("amount,currency,time\n=1+1,RWF,2026-11-21\n");
    let told = "line 2, column 1 (\"amount\"): \"=1+1\" is no amount";
    ended(&import(&data, &file, &["--dry-run"]), 2, told);
    write("amount,currency,time\n");
    ended(&import(&data, &file, &["--dry-run"]), 2, "say the period with --from and --to");
    let november = ["--dry-run", "--from", "2026-11-01", "--to", "2026-11-30"];
    ended(&import(&data, &file, &november), 0, "0 lines, 0 matched, 0 differences");
    write("Paid,Day\n500,2026-11-21\n");
    let named = ["--dry-run", "--column", "amount=Paid", "--column", "time=Day"];
    let named = [&named[..], &["--currency", "RWF", "--timezone", "UTC"]].concat();
    ended(&import(&data, &file, &named), 1, "missing_here 1");
    ended(&import(&data, &file, &["--timezone", "Europe/Paris"]), 2, "is no zone that is known");
    ended(&import(folder.path(), &file, &november), 2, "dgspay reconcile: ");
}
