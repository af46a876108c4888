//! The test environment of `dgspay serve` without any provider: simulated, as in the sandbox.

use std::fs;

use testkit::process;
use testkit::sandbox::dgspay;
use testkit::{Client, Credentials};

use crate::gateway::{Gateway, TEST, folder};

const CHARGE: &str = r#"{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
    "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
    "customer_last_name": "Doe", "customer_phone": "789654321",
    "customer_phone_country_code": "250", "redirect_url": "https://yourdomain.com/ok",
    "mobile_money_network": "MTN", "mobile_money_phone": "789654321"}"#;

fn charge(client: &Client) -> String {
    let answer = client.request("POST", "/charges", &[], CHARGE);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["dgs_reference"].as_str().expect("a reference").to_owned()
}

fn succeed(client: &Client, reference: &str) {
    let moved = client.request("POST", "/sandbox/clock", &[], r#"{"advance_seconds": 60}"#);
    assert_eq!(moved.status, 200, "{}", moved.text());
    // The worker reports in its own time: the event feed holds the answer back until it has.
    let path = "/events?wait=30";
    let events = client.request("GET", path, &[], "");
    assert!(events.text().contains(reference), "{}", events.text());
}

#[test]
fn payments_run_as_in_the_sandbox_and_outlive_a_restart() {
    let mut gateway = Gateway::start(TEST);
    let (environment, credentials) = gateway.open("Kigali Books").remove(0);
    assert_eq!(environment, "test");
    let client = gateway.merchant("Test", credentials.clone());
    let reference = charge(&client);
    succeed(&client, &reference);
    gateway.restart();
    let client = gateway.merchant("Test", credentials.clone());
    let path = format!("/transactions/{reference}");
    let record = client.request("GET", &path, &[], "");
    assert_eq!(record.status, 200, "{}", record.text());
    // Only its hash is kept of the key.
    for entry in fs::read_dir(gateway.data().join("test")).expect("the store is there").flatten() {
        let bytes = fs::read(entry.path()).expect("it can be read");
        let key = credentials.api_key.as_bytes();
        assert!(!bytes.windows(key.len()).any(|part| part == key), "{:?}", entry.path());
    }
}

#[test]
fn merchants_are_apart_and_the_operators_routes_are_elsewhere() {
    let gateway = Gateway::start(TEST);
    let (_, ours) = gateway.open("Kigali Books").remove(0);
    let (_, theirs) = gateway.open("Musanze Shoes").remove(0);
    assert_ne!(ours.account_number, theirs.account_number);
    let client = gateway.merchant("Test", ours.clone());
    let reference = charge(&client);
    let path = format!("/transactions/{reference}");
    let other = gateway.merchant("Test", theirs.clone());
    assert_eq!(client.request("GET", &path, &[], "").status, 200);
    assert_eq!(other.request("GET", &path, &[], "").status, 404);
    let mixed = Credentials { account_number: theirs.account_number, ..ours };
    let refused = gateway.merchant("Test", mixed).request("GET", "/balance", &[], "");
    assert_eq!(refused.status, 401, "{}", refused.text());
    let token = format!("Bearer {}", gateway.token());
    let headers = [("Authorization", token.as_str())];
    let answer = client.bare_request("GET", "/operator/merchants", &headers, "");
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[test]
fn its_folder_is_audited_and_backed_up() {
    let gateway = Gateway::start(TEST);
    let (_, credentials) = gateway.open("Kigali Books").remove(0);
    let client = gateway.merchant("Test", credentials);
    let reference = charge(&client);
    succeed(&client, &reference);
    let copies = folder();
    let copy = copies.path().join("copy");
    let backup = {
        let mut command = dgspay();
        command.args(["backup", "--data"]).arg(gateway.data()).arg("--to").arg(&copy);
        process::run(&mut command, std::time::Duration::from_secs(60)).expect("it ends")
    };
    assert!(backup.is_success(), "{backup:?}");
    assert!(copy.join("test/dgspay.db").exists() && copy.join("master.key").exists());
    for folder in [gateway.data(), copy] {
        for json in [false, true] {
            let mut command = dgspay();
            command.arg("audit").arg("--data").arg(&folder);
            if json {
                command.arg("--json");
            }
            let audit = process::run(&mut command, std::time::Duration::from_secs(60));
            let audit = audit.expect("it ends");
            assert!(audit.is_success(), "{audit:?}");
            let mark = if json { r#"{"environment":"test""# } else { "test:\n" };
            assert!(audit.output.starts_with(mark), "{}", audit.output);
        }
    }
}
