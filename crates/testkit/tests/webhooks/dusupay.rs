//! The `dusupay` dialect, checked with tools that are not ours.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::{Options, Received};

use crate::merchant::Merchant;

const SECRET: &str = "SGNKYUEMYFDEHRWGPEUG";

const PAYLOAD: [&str; 16] = [
    "id",
    "merchant_reference",
    "internal_reference",
    "transaction_type",
    "request_currency",
    "transaction_amount",
    "transaction_currency",
    "transaction_charge",
    "transaction_account",
    "charge_customer",
    "total_credit",
    "provider_code",
    "request_amount",
    "customer_name",
    "transaction_status",
    "status_message",
];

fn events_of(merchant: &Merchant, reference: &str) -> Vec<Received> {
    let is_of = |one: &Received| body(one)["payload"]["merchant_reference"] == reference;
    merchant
        .receiver
        .wait_for("two events", |all| all.iter().filter(|one| is_of(one)).count() >= 2);
    merchant.receiver.received().into_iter().filter(is_of).collect()
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).expect("JSON")
}

/// The string that both signatures cover, put together as DusuPay's guide says.
fn signed_text(body: &Value) -> String {
    let payload = |name: &str| body["payload"][name].as_str().expect("text").to_owned();
    [
        body["event"].as_str().expect("text").to_owned(),
        payload("merchant_reference"),
        payload("internal_reference"),
        payload("transaction_type"),
        payload("transaction_status"),
    ]
    .join(":")
}

#[test]
fn processing_then_the_end_in_the_dialects_own_words() {
    let merchant = Merchant::open();
    merchant.endpoint("/ok", &json!({ "dialect": "dusupay", "secret": SECRET }));
    // Once the key is made, nothing waits for it any more.
    public_key(&merchant);
    let (good, bad) = (merchant.charge(&json!({})), merchant.decline());
    merchant.receiver.wait_at("/ok", 2);
    merchant.approve();
    for (reference, event, status, charge, credit) in [
        (good, "transaction.completed", "COMPLETED", 150, 4850),
        (bad, "transaction.failed", "FAILED", 0, 0),
    ] {
        let told: Vec<Value> = events_of(&merchant, &reference).iter().map(body).collect();
        assert_eq!(
            (&told[0]["event"], &told[0]["payload"]["transaction_status"]),
            (&json!("transaction.processing"), &json!("PROCESSING"))
        );
        assert_eq!(told[1]["event"], event);
        let payload = &told[1]["payload"];
        let mut names: Vec<&str> =
            payload.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected = PAYLOAD;
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected);
        for (name, value) in [
            ("transaction_status", json!(status)),
            ("transaction_type", json!("COLLECTION")),
            ("transaction_amount", json!(5000)),
            ("transaction_charge", json!(charge)),
            ("total_credit", json!(credit)),
            ("request_currency", json!("RWF")),
            ("transaction_account", json!("250789654321")),
            ("provider_code", json!("mtn")),
            ("customer_name", json!("Jane Doe")),
            ("charge_customer", json!(false)),
        ] {
            assert_eq!(payload[name], value, "{name}");
        }
    }
    merchant.assert_audit_is_clean();
}

#[test]
fn the_guides_endpoints_are_told_of_the_end_alone() {
    let merchant = Merchant::open();
    merchant.endpoint("/ok/dusupay", &json!({ "dialect": "dusupay" }));
    merchant.endpoint("/ok/dgs", &json!({}));
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    events_of(&merchant, &reference);
    merchant.fence("no-more");
    let came = merchant.receiver.wait_at("/ok/dgs", 1);
    assert_eq!((came.len(), came[0].reference()), (1, reference));
    assert_eq!(merchant.receiver.received_at("/ok/dusupay").len(), 2);
    let feed = merchant.get("/events");
    let types: Vec<&Value> =
        feed.as_array().expect("a list").iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["payment.success", "payment.success"], "the fence's too");
}

#[test]
fn openssl_and_node_verify_both_signatures_with_either_digest() {
    for digest in ["sha512", "sha256"] {
        let options = Options::default().variable("DGSPAY_DUSUPAY_DIGEST", digest);
        let mut merchant = Merchant::open_with(options);
        merchant.endpoint("/ok", &json!({ "dialect": "dusupay", "secret": SECRET }));
        let reference = merchant.charge(&json!({}));
        merchant.approve();
        let event = events_of(&merchant, &reference).remove(1);
        let pem = public_key(&merchant);
        let folder = tempfile::tempdir().expect("a folder");
        let text = signed_text(&body(&event));
        assert!(openssl_verifies(folder.path(), digest, &pem, &event, &text));
        for place in 0..5 {
            let changed: Vec<String> = text
                .split(':')
                .enumerate()
                .map(|(at, part)| if at == place { format!("{part}x") } else { part.to_owned() })
                .collect();
            let changed = changed.join(":");
            assert!(!openssl_verifies(folder.path(), digest, &pem, &event, &changed), "{changed}");
        }
        assert_eq!(
            event.header("hmac-signature").split_once(",s=").map(|(_, mac)| mac.to_owned()),
            Some(openssl_hmac(&text))
        );
        node_verifies(folder.path(), digest, &event);
        // The key is kept: what a receiver has pinned stays good.
        merchant.sandbox.kill();
        merchant.sandbox.restart();
        assert_eq!(public_key(&merchant), pem);
    }
}

fn public_key(merchant: &Merchant) -> String {
    let answer = merchant.sandbox.api.bare_request("GET", "/dusupay/public-key.pem", &[], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/x-pem-file"));
    answer.text().into_owned()
}

fn openssl_verifies(folder: &Path, digest: &str, pem: &str, event: &Received, text: &str) -> bool {
    let signature = STANDARD.decode(event.header("rsa-signature")).expect("base64");
    assert_eq!(signature.len(), 512, "4096 bits");
    fs::write(folder.join("key.pem"), pem).expect("written");
    fs::write(folder.join("signature"), signature).expect("written");
    fs::write(folder.join("text"), text).expect("written");
    Command::new("openssl")
        .current_dir(folder)
        .args(["dgst", &format!("-{digest}"), "-verify", "key.pem"])
        .args(["-signature", "signature", "text"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("openssl runs")
        .success()
}

fn openssl_hmac(text: &str) -> String {
    let script = format!("printf '%s' '{text}' | openssl dgst -sha256 -hmac {SECRET} -r");
    let output = Command::new("sh").arg("-c").arg(script).output().expect("openssl runs");
    String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap_or_default().to_owned()
}

/// As a receiver in Node.js would check, from the body it got.
fn node_verifies(folder: &Path, digest: &str, event: &Received) {
    const SCRIPT: &str = "
        const crypto = require('node:crypto'), fs = require('node:fs');
        const { event, payload: p } = JSON.parse(fs.readFileSync('body'));
        const signed = [event, p.merchant_reference, p.internal_reference, p.transaction_type,
            p.transaction_status].join(':');
        const [digest, rsa, hmac, secret] = process.argv.slice(1);
        const key = fs.readFileSync('key.pem');
        const isOurs = crypto.verify(digest, Buffer.from(signed), key, Buffer.from(rsa, 'base64'));
        const mac = crypto.createHmac('sha256', secret).update(signed).digest('hex');
        process.exit(isOurs && hmac.endsWith(',s=' + mac) ? 0 : 1);";
    fs::write(folder.join("body"), &event.body).expect("written");
    let status = Command::new("node")
        .current_dir(folder)
        .args(["-e", SCRIPT, digest, event.header("rsa-signature")])
        .args([event.header("hmac-signature"), SECRET])
        .status();
    match status {
        Ok(status) => assert!(status.success(), "node refuses ours, {digest}"),
        Err(error) => println!("skipped: node does not run: {error}"),
    }
}

#[test]
fn below_500_is_tried_five_times_and_a_5xx_ends_it() {
    let merchant = Merchant::open();
    let only_ends = json!({ "dialect": "dusupay", "events": ["transaction.completed"] });
    for path in ["/400", "/503", "/reset"] {
        merchant.endpoint(path, &only_ends);
    }
    merchant.charge(&json!({}));
    merchant.approve();
    merchant.wait_for("all parked", |merchant| {
        merchant.sandbox.advance_clock(600);
        merchant.deliveries("&state=parked").len() == 3
    });
    let at = |path| merchant.receiver.received_at(path).len();
    assert_eq!((at("/400"), at("/503"), at("/reset")), (5, 1, 5));
    merchant.assert_audit_is_clean();
}

#[test]
fn a_setting_turns_the_end_at_5xx_into_another_try() {
    let options = Options::default().variable("DGSPAY_DUSUPAY_RETRY_5XX", "true");
    let merchant = Merchant::open_with(options);
    let only_ends = json!({ "dialect": "dusupay", "events": ["transaction.completed"] });
    merchant.endpoint("/503", &only_ends);
    merchant.charge(&json!({}));
    merchant.approve();
    merchant.wait_for("parked", |merchant| {
        merchant.sandbox.advance_clock(600);
        merchant.deliveries("&state=parked").len() == 1
    });
    assert_eq!(merchant.receiver.received_at("/503").len(), 5);
}
