//! Endpoints: what is accepted and refused, who gets which events, and what a deletion leaves.

use serde_json::{Value, json};
use testkit::{Received, signature};

use crate::merchant::Merchant;

#[test]
fn an_endpoint_shows_its_secret_once_and_signs_with_it() {
    let merchant = Merchant::open();
    let made = merchant.endpoint("/ok", &json!({ "description": "Till 3" }));
    let secret = made["secret"].as_str().expect("shown once").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    assert_eq!((&made["state"], &made["dialect"]), (&json!("enabled"), &json!("dgs")));
    let listed = merchant.endpoint_now(&made["id"]);
    assert_eq!(listed["secret"], Value::Null);
    assert_eq!(listed["description"], "Till 3");
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    let event = merchant.receiver.wait_for_event(&reference);
    signature::assert_signed(&event, &secret);
}

#[test]
fn a_repetition_under_its_key_shows_the_same_secret_and_none_lies_open_in_the_store() {
    let merchant = Merchant::open();
    let body = json!({ "url": merchant.receiver.url("/ok") }).to_string();
    let create = || {
        let key = [("Idempotency-Key", "endpoint-1")];
        merchant.sandbox.request("POST", "/webhook-endpoints", &key, &body)
    };
    let (first, second) = (create(), create());
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.text(), second.text());
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(merchant.get("/webhook-endpoints").as_array().map(Vec::len), Some(1));
    let secret = first.json()["data"]["secret"].as_str().expect("shown").to_owned();
    for file in ["dgspay.db", "dgspay.db-wal"] {
        let bytes = std::fs::read(merchant.sandbox.data().join(file)).expect("a file");
        let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!is_there, "the secret is in {file}");
    }
}

#[test]
fn what_cannot_be_an_endpoint_is_refused_with_every_fault() {
    let merchant = Merchant::open();
    let own = format!("http://{}/webhook", merchant.sandbox.api.address);
    let own_by_name = own.replace("127.0.0.1", "localhost");
    for (name, body, fields) in [
        ("nothing", json!({}), vec!["url"]),
        ("own address", json!({ "url": own }), vec!["url"]),
        ("own address by name", json!({ "url": own_by_name }), vec!["url"]),
        ("private", json!({ "url": "https://10.0.0.1/" }), vec!["url"]),
        (
            "dusupay in the open",
            json!({ "url": "http://shop.example.com/", "dialect": "dusupay" }),
            vec!["url"],
        ),
        (
            "all wrong",
            json!({ "url": "x", "dialect": "morse", "events": ["payment.lost"], "secret": "s" }),
            vec!["url", "dialect", "events", "secret"],
        ),
        (
            "words of another dialect",
            json!({ "url": "https://shop.example.com/", "events": ["transaction.processing"] }),
            vec!["events"],
        ),
    ] {
        let answer = merchant.call("POST", "/webhook-endpoints", &body);
        assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("90")), "{name}");
        let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<&str> = errors.iter().filter_map(|one| one["field"].as_str()).collect();
        assert_eq!(found, fields, "{name}: {}", answer.text());
    }
    for (method, path) in [
        ("PATCH", "/webhook-endpoints/end_77"),
        ("DELETE", "/webhook-endpoints/end_77"),
        ("POST", "/webhook-endpoints/end_77/rotate-secret"),
        ("DELETE", "/webhook-endpoints/nonsense"),
    ] {
        let answer = merchant.call(method, path, &json!({}));
        assert_eq!((answer.status, &answer.json()["error_code"]), (404, &json!("92")), "{path}");
    }
}

#[test]
fn an_account_has_sixteen_at_most() {
    let merchant = Merchant::open();
    for number in 0..16 {
        merchant.endpoint(&format!("/ok/{number}"), &json!({}));
    }
    let body = json!({ "url": merchant.receiver.url("/ok/16") });
    let answer = merchant.call("POST", "/webhook-endpoints", &body);
    assert_eq!(answer.status, 400, "{}", answer.text());
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    for number in 0..16 {
        let came = merchant.receiver.wait_at(&format!("/ok/{number}"), 1);
        assert_eq!(came[0].reference(), reference);
    }
}

#[test]
fn filters_let_through_what_is_wanted() {
    let merchant = Merchant::open();
    merchant.endpoint("/ok/good", &json!({ "events": ["payment.success"] }));
    merchant.endpoint("/ok/bad", &json!({ "events": ["payment.failed"] }));
    merchant.endpoint("/ok/all", &json!({ "events": [] }));
    let (good, bad) = (merchant.charge(&json!({})), merchant.decline());
    merchant.approve();
    let mut both = vec![good.clone(), bad.clone()];
    both.sort();
    for (path, mut wanted) in [("/ok/good", vec![good]), ("/ok/bad", vec![bad]), ("/ok/all", both)]
    {
        let mut came: Vec<String> =
            merchant.receiver.wait_at(path, wanted.len()).iter().map(Received::reference).collect();
        came.sort();
        wanted.sort();
        assert_eq!(came, wanted, "{path}");
    }
    merchant.fence("no-more");
    let at = |path| merchant.receiver.received_at(path).len();
    assert_eq!((at("/ok/good"), at("/ok/bad"), at("/ok/all")), (1, 1, 2));
    merchant.assert_audit_is_clean();
}

#[test]
fn a_changed_url_counts_for_what_was_queued_before() {
    let merchant = Merchant::open();
    let endpoint = merchant.endpoint("/500", &json!({}));
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_at("/500", 1);
    merchant.fence("on-record");
    let path = format!("/webhook-endpoints/{}", endpoint["id"].as_str().expect("an id"));
    merchant.data("PATCH", &path, &json!({ "url": merchant.receiver.url("/ok/new") }));
    merchant.sandbox.advance_clock(10);
    assert_eq!(merchant.receiver.wait_at("/ok/new", 1)[0].reference(), reference);
}

#[test]
fn switching_off_and_deleting_park_what_waits() {
    let merchant = Merchant::open();
    let ids = ["/500", "/503"].map(|path| {
        let endpoint = merchant.endpoint(path, &json!({}));
        format!("/webhook-endpoints/{}", endpoint["id"].as_str().expect("an id"))
    });
    merchant.charge(&json!({}));
    merchant.approve();
    for path in ["/500", "/503"] {
        merchant.receiver.wait_at(path, 1);
    }
    merchant.fence("on-record");
    let off = merchant.data("PATCH", &ids[0], &json!({ "state": "disabled" }));
    assert_eq!(
        (&off["state"], &off["disabled_reason"]),
        (&json!("disabled"), &json!("switched_off"))
    );
    merchant.data("DELETE", &ids[1], &Value::Null);
    assert_eq!(merchant.call("DELETE", &ids[1], &Value::Null).status, 404);
    merchant.wait_for("both parked", |merchant| merchant.deliveries("&state=parked").len() == 2);
    merchant.charge(&json!({}));
    merchant.approve();
    merchant.fence("nothing-more");
    merchant.sandbox.advance_clock(3600);
    merchant.fence("an-hour-later");
    let at = |path| merchant.receiver.received_at(path).len();
    assert_eq!((at("/500"), at("/503")), (1, 1));
    assert_eq!(merchant.deliveries("&state=parked").len(), 3, "the new one is for the first alone");
    merchant.assert_audit_is_clean();
}
