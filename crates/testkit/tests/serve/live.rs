//! Live beside test in one process: what holds in live alone, and that neither knows the other.

use std::fs;

use testkit::process;
use testkit::sandbox::dgspay;
use testkit::{Answer, Client, Credentials};

use crate::gateway::{Gateway, TEST, folder};

const NONCE: &str = "abc123def456";

/// Nothing of these tests goes to the provider: all of it is refused before.
fn both() -> (Gateway, Credentials, Credentials) {
    let keys = folder();
    let key = keys.path().join("master.key");
    fs::write(&key, "a1".repeat(32)).expect("a key can be written");
    private(&key);
    let settings = format!(
        "trusted_proxies = [\"127.0.0.1\"]\n{TEST}\
         [live]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://pay.example.rw\"\n\
         [master_key]\nfile = \"{}\"\n\
         [providers.dusupay]\nurl = \"https://provider.example\"\npublic_key = \"x\"\n\
         secret_key_file = \"{}\"\n[routes]\nmobile_money = \"dusupay\"\n",
        key.display(),
        key.display()
    );
    let mut gateway = Gateway::start(&settings);
    let mut accounts = gateway.open("Kigali Books").into_iter();
    let (Some((test_word, test)), Some((live_word, live))) = (accounts.next(), accounts.next())
    else {
        panic!("two accounts are opened");
    };
    assert_eq!((test_word.as_str(), live_word.as_str()), ("test", "live"));
    gateway.keep(keys);
    (gateway, test, live)
}

fn private(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is ours");
}

fn refused(answer: &Answer, status: u16, code: &str, part: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.json()["error_code"], code, "{}", answer.text());
    assert!(answer.text().contains(part), "{part}: {}", answer.text());
}

#[test]
fn keys_of_one_environment_are_refused_by_the_other() {
    let (gateway, test, live) = both();
    assert!(test.api_key.starts_with("sk_test_") && live.api_key.starts_with("sk_live_"));
    assert_ne!(test.account_number, live.account_number);
    for (environment, right, wrong) in [("Test", &test, &live), ("Live", &live, &test)] {
        let balance = |credentials: &Credentials| {
            gateway.merchant(environment, credentials.clone()).request("GET", "/balance", &[], "")
        };
        assert_eq!(balance(right).status, 200, "{environment}");
        let mark = format!("{}: GET /generation/v2/balance 200", environment.to_lowercase());
        gateway.wait_for_line(|line| line.contains(&mark));
        refused(&balance(wrong), 401, "91", "X-DGS-API-Key");
        let mixed = Credentials { account_number: wrong.account_number.clone(), ..right.clone() };
        refused(&balance(&mixed), 401, "91", "X-DGS-ACCOUNT-NUMBER");
    }
    // Simulated money is in test alone.
    let balance = |environment, credentials| {
        gateway.merchant(environment, credentials).request("GET", "/balance", &[], "").json()
    };
    let (test, live) = (balance("Test", test), balance("Live", live));
    assert_eq!(test["merchant_id"], live["merchant_id"]);
    assert!(test["balances"].to_string().contains("1000000"), "{test}");
    assert!(!live["balances"].to_string().contains("1000000"), "{live}");
}

#[test]
fn the_sandboxs_liberties_end_in_live() {
    let (gateway, test, live) = both();
    let (test, live) = (gateway.merchant("Test", test), gateway.merchant("Live", live));
    let post = |client: &Client, path: &str, body: &str| client.request("POST", path, &[], body);
    for (path, body, part) in [
        ("/charges", r#"{"scenario_key": "scenario:auth_pin"}"#, "for the sandbox alone"),
        ("/convert", r#"{"scenario_key": "scenario:failed"}"#, "for the sandbox alone"),
        ("/refunds", r#"{"scenario_key": "scenario:failed"}"#, "for the sandbox alone"),
        ("/disburse", r#"{"scenario_key": "scenario:successful"}"#, "for the sandbox alone"),
        ("/charges", r#"{"redirect_url": "http://yourdomain.com/"}"#, "https address"),
        ("/charges", r#"{"amount": 1,}"#, "not valid JSON"),
        ("/webhook-endpoints", r#"{"url": "http://shop.example.com/hook"}"#, "https"),
        ("/webhook-endpoints", r#"{"url": "https://127.0.0.1/hook"}"#, "url"),
    ] {
        refused(&post(&live, path, body), 400, "90", part);
    }
    refused(&post(&live, "/sandbox/clock", r#"{"advance_seconds": 1}"#), 404, "92", "");
    let moved = post(&test, "/sandbox/clock", r#"{"advance_seconds": 86400}"#);
    assert_eq!(moved.status, 200, "{}", moved.text());
    // Nobody has said at which rates real money is to be converted.
    let rates = |client: &Client| client.request("GET", "/rates", &[], "").json()["data"].clone();
    assert_eq!(rates(&live), serde_json::json!([]));
    assert_ne!(rates(&test), serde_json::json!([]));
    let in_test = post(&test, "/charges", r#"{"amount": 1,}"#);
    assert!(!in_test.text().contains("not valid JSON"), "{}", in_test.text());
}

/// The guide's own card is none: its last digit is wrong, which test lets pass.
#[test]
fn the_last_digit_of_a_card_counts_in_live() {
    let (gateway, test, live) = both();
    let faults = |environment: &str, credentials: &Credentials| {
        let number = encrypted(&credentials.encryption_key, "4532123456789010");
        let body = format!(
            r#"{{"payment_type": "card", "card_nonce": "{NONCE}", "card_encrypted_number": "{number}"}}"#
        );
        let client = gateway.merchant(environment, credentials.clone());
        let answer = client.request("POST", "/charges", &[], body);
        assert_eq!(answer.status, 400, "{}", answer.text());
        answer.text().into_owned()
    };
    let (in_test, in_live) = (faults("Test", &test), faults("Live", &live));
    assert!(in_live.contains("last digit is right"), "{in_live}");
    assert!(in_test.contains("card_encrypted_cvv"), "{in_test}");
    assert!(!in_test.contains(r#""field":"card_encrypted_number""#), "{in_test}");
}

/// As the guide's page encrypts it in a browser.
fn encrypted(key: &str, text: &str) -> String {
    const SCRIPT: &str = "const [key, nonce, text] = process.argv.slice(1);
        const cipher = require('crypto')
            .createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), nonce);
        const parts = [cipher.update(text), cipher.final(), cipher.getAuthTag()];
        console.log(Buffer.concat(parts).toString('base64'));";
    let mut node = std::process::Command::new("node");
    node.args(["-e", SCRIPT, key, NONCE, text]);
    let made = process::run(&mut node, std::time::Duration::from_secs(60)).expect("node ends");
    assert!(made.is_success(), "{made:?}");
    made.output.trim().to_owned()
}

#[test]
fn only_addresses_on_the_whitelist_are_let_in_to_live() {
    let (gateway, test, live) = both();
    for number in [&test.account_number, &live.account_number] {
        let body = r#"{"allowed_networks": ["203.0.113.0/24", "2001:db8::/32"]}"#;
        let changed = gateway.ask("PATCH", &format!("/operator/accounts/{number}"), body);
        assert_eq!(changed.status, 200, "{}", changed.text());
    }
    let (test, live) = (gateway.merchant("Test", test), gateway.merchant("Live", live));
    // The test is the trusted proxy: only what stands right-most is believed.
    for (forwarded, status) in [
        (None, 403),
        (Some("203.0.113.9"), 200),
        (Some("2001:db8::5"), 200),
        (Some("198.51.100.1"), 403),
        (Some("203.0.113.9, 198.51.100.1"), 403),
        (Some("198.51.100.1, 203.0.113.9"), 200),
        (Some("203.0.113.9, 127.0.0.1"), 200),
    ] {
        let headers: Vec<_> = forwarded.map(|hops| ("X-Forwarded-For", hops)).into_iter().collect();
        let answer = live.request("GET", "/balance", &headers, "");
        assert_eq!(answer.status, status, "{forwarded:?}: {}", answer.text());
        assert_eq!(test.request("GET", "/balance", &headers, "").status, 200, "{forwarded:?}");
    }
}

#[test]
fn live_is_opened_later_under_the_merchants_id() {
    let (gateway, ..) = both();
    let first = gateway.command(&["merchant", "add", "--name", "Late", "--environment", "test"]);
    assert!(first.is_success(), "{first:?}");
    assert!(!first.output.contains("sk_live_"), "{first:?}");
    let id = first.output.lines().find_map(|line| line.strip_prefix("Merchant id"));
    let id = id.expect("the id is printed").trim();
    let later = gateway.command(&["merchant", "add", "--merchant-id", id, "--environment", "live"]);
    assert!(later.output.contains("sk_live_"), "{later:?}");
    let again = gateway.command(&["merchant", "add", "--merchant-id", id, "--environment", "live"]);
    assert!(again.errors.contains("has an account in live already"), "{again:?}");
    let list = gateway.command(&["merchant", "list"]);
    let lines: Vec<_> = list.output.lines().skip_while(|line| !line.ends_with("Late")).collect();
    assert!(lines[1].starts_with("  test") && lines[2].starts_with("  live"), "{list:?}");
    assert!(lines[2].ends_with("business_days:1"), "{list:?}");
}

#[test]
fn both_stop_and_start_together_with_clean_books() {
    let (mut gateway, test, live) = both();
    let twice = r#"{"name": "Once", "environments": ["test", "live", "test"]}"#;
    let opened = gateway.ask("POST", "/operator/merchants", twice).json();
    assert_eq!(opened["accounts"].as_array().map(Vec::len), Some(2), "{opened}");
    gateway.restart();
    for (environment, credentials) in [("Test", test), ("Live", live)] {
        let client = gateway.merchant(environment, credentials);
        assert_eq!(client.request("GET", "/balance", &[], "").status, 200, "{environment}");
        assert_eq!(client.bare_request("GET", "/health/ready", &[], "").status, 200);
    }
    let providers = gateway.ask("GET", "/operator/providers", "").json();
    assert_eq!(providers["environments"][0]["providers"], serde_json::json!([]));
    assert_eq!(providers["environments"][1]["providers"][0]["provider"], "dusupay");
    assert!(!providers.to_string().contains("provider.example"), "{providers}");
    let mut audit = dgspay();
    audit.arg("audit").arg("--data").arg(gateway.data());
    let audit = process::run(&mut audit, std::time::Duration::from_secs(60)).expect("it ends");
    assert!(audit.is_success(), "{audit:?}");
    assert!(audit.output.contains("\nlive:\n"), "{}", audit.output);
}
