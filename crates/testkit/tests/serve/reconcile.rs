//! Statements that are compared and recorded while the gateway runs.

use std::fs;

use serde_json::{Value, json};
use testkit::process::Finished;
use testkit::{Answer, process};

use crate::gateway::{Gateway, TEST, folder};

const STATEMENT: &str = "Txn,Our Reference,Paid,Currency,Date\n\
    F1,,500,RWF,2026-01-05 12:00:00\nF2,,700,RWF,2026-01-06 12:00:00\n";

fn send(gateway: &Gateway, query: &str, content_type: &str, body: &str) -> Answer {
    let token = format!("Bearer {}", gateway.token());
    let headers = [("Authorization", token.as_str()), ("Content-Type", content_type)];
    let path = format!("/operator/reconciliations?{query}");
    gateway.operator().bare_request("POST", &path, &headers, body)
}

fn reconcile(gateway: &Gateway, arguments: &[&str]) -> Finished {
    let data = gateway.data().join("test");
    let data = data.to_str().expect("a path of ours");
    gateway.command(&[&["reconcile"], arguments, &["--data", data]].concat())
}

fn ended(done: &Finished, code: i32, saying: &str) {
    let Finished { output, errors, .. } = done;
    assert_eq!(done.code, Some(code), "{output}\n{errors}");
    assert!(format!("{output}{errors}").contains(saying), "not {saying}: {output}\n{errors}");
}

fn differences(gateway: &Gateway, state: &str) -> Vec<Value> {
    let path = format!("/operator/differences?environment=test&state={state}");
    let answer = gateway.ask("GET", &path, "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].as_array().expect("a list").clone()
}

#[test]
fn the_commands_record_through_the_gateway_that_runs() {
    let mut gateway = Gateway::start(TEST);
    let folder = folder();
    let file = folder.path().join("january.csv");
    fs::write(&file, STATEMENT).expect("written");
    let file = file.to_str().expect("a path of ours");
    let import = ["import", "--provider", "simulator", "--file", file, "--timezone", "UTC"];
    let named = ["--column", "amount=Paid", "--column", "provider_reference=Txn"];
    let import = [&import[..], &named].concat();
    ended(&reconcile(&gateway, &import), 1, "2 differences, missing_here 2; 2 newly listed");
    ended(&reconcile(&gateway, &import), 1, "; 0 newly listed");
    let one_day = [&import[..], &["--from", "2026-01-05", "--to", "2026-01-05"]].concat();
    ended(&reconcile(&gateway, &one_day), 1, "; 0 newly listed");

    let listed = differences(&gateway, "open");
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["theirs"]["time"], "2026-01-05T12:00:00Z", "{}", listed[0]);
    let id = listed[0]["id"].as_str().expect("an id");
    ended(&reconcile(&gateway, &["resolve", id, "--note", "their invoice 7"]), 0, "");
    ended(&reconcile(&gateway, &["resolve", id, "--note", "again"]), 2, "resolved already");
    assert_eq!(differences(&gateway, "open").len(), 1);
    assert_eq!(differences(&gateway, "resolved")[0]["note"], "their invoice 7");

    // The same once more, alone with the folder.
    gateway.stop();
    ended(&reconcile(&gateway, &import), 1, "; 0 newly listed");
    let left = listed[1]["id"].as_str().expect("an id");
    ended(&reconcile(&gateway, &["resolve", left, "--note", "theirs"]), 0, "");
    assert_eq!(reconcile(&gateway, &["list"]).output, "");
    let audit = gateway.command(&["audit"]);
    assert!(audit.is_success(), "{audit:?}");
    let store = gateway.data().join("test");
    let names = fs::read_dir(store).expect("the store").flatten().map(|entry| entry.file_name());
    let left: Vec<_> =
        names.filter(|name| name.to_string_lossy().starts_with("statement")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_statement_is_taken_over_http_with_all_faults_told() {
    let gateway = Gateway::start(TEST);
    let right = "environment=test&provider=simulator&currency=RWF&column=amount%3DPaid\
                 &column=provider_reference%3DTxn";
    let taken = send(&gateway, right, "text/csv", STATEMENT);
    assert_eq!(taken.status, 200, "{}", taken.text());
    let told = taken.json();
    assert_eq!(
        json!([told["lines"], told["matched"], told["differences"], told["newly_listed"]]),
        json!([2, 0, 2, 2]),
        "{told}"
    );
    let fields = |answer: &Answer| -> Vec<String> {
        assert_eq!(answer.status, 400, "{}", answer.text());
        let json = answer.json();
        let faults = json["errors"].as_array().expect("faults").iter();
        faults.map(|fault| fault["field"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let wrong = "provider=x&from=yesterday&timezone=Paris&currency=FRF&column=total%3Dx";
    let all = ["environment", "provider", "from", "timezone", "currency", "column"];
    assert_eq!(fields(&send(&gateway, wrong, "text/csv", STATEMENT)), all);
    assert_eq!(fields(&send(&gateway, right, "text/csv", "<html>")), ["statement"]);
    assert_eq!(fields(&send(&gateway, right, "text/csv", "")), ["statement"]);
    assert_eq!(send(&gateway, right, "application/json", "{}").status, 415);
    let elsewhere = right.replace("test", "live");
    assert_eq!(send(&gateway, &elsewhere, "text/csv", STATEMENT).status, 404);

    // What is announced as too large is not waited for.
    let head = format!(
        "POST /operator/reconciliations?{right} HTTP/1.1\r\nHost: x\r\n\
         Authorization: Bearer {}\r\nContent-Type: text/csv\r\n\
         Content-Length: 300000000\r\n\r\n",
        gateway.token()
    );
    assert_eq!(gateway.operator().try_raw(head.as_bytes()).expect("an answer").status, 413);

    let id = differences(&gateway, "all")[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/operator/differences/{id}/resolve");
    let resolve = |path: &str, body: &str| gateway.ask("POST", path, body);
    assert_eq!(fields(&resolve(&path, "{}")), ["environment", "note"]);
    let body = r#"{"environment": "test", "note": "theirs"}"#;
    let resolved = resolve(&path, body);
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    assert_eq!(resolved.json()["data"][0]["state"], "resolved", "{}", resolved.text());
    assert_eq!(resolve(&path, body).status, 409);
    assert_eq!(resolve("/operator/differences/0000/resolve", body).status, 404);
    let query = "/operator/differences?environment=test&state=closed";
    assert_eq!(fields(&gateway.ask("GET", query, "")), ["state"]);
}

#[test]
fn a_gateway_that_is_another_is_not_asked() {
    let (one, other) = (Gateway::start(TEST), Gateway::start(TEST));
    let folder = folder();
    let file = folder.path().join("january.csv");
    fs::write(&file, STATEMENT.replace("Paid", "Amount")).expect("written");
    let data = one.data().join("test");
    let mut command = testkit::sandbox::dgspay();
    command.env("DGSPAY_CONFIG", other.config()).env("DGSPAY_DATA", other.data());
    command.args(["reconcile", "import", "--provider", "simulator", "--file"]).arg(&file);
    command.arg("--data").arg(&data);
    let done = process::run(&mut command, std::time::Duration::from_secs(60)).expect("it ends");
    ended(&done, 2, "recording needs the folder to itself");
}
