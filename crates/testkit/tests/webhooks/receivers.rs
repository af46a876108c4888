//! Receivers that misbehave: each gets the attempts that are documented, no more and no fewer.

use serde_json::{Value, json};

use crate::merchant::{DAY_S, Merchant};

/// What becomes of one event at a receiver: attempts within the first 40 seconds, the end of the
/// delivery, and the word of each attempt.
fn assert_attempts(path: &str, more: &Value, expected: (usize, &str, &[&str])) {
    let merchant = Merchant::open();
    let mut more = more.clone();
    if path == "/badtls" {
        more["url"] = json!(merchant.receiver.url(path).replace("http://", "https://"));
    }
    let endpoint = merchant.endpoint(path, &more);
    merchant.charge(&json!({}));
    merchant.approve();
    let (count, state, words) = expected;
    let of_endpoint = format!("&endpoint_id={}", endpoint["id"].as_str().expect("an id"));
    let attempts = |merchant: &Merchant| -> usize {
        let all = merchant.deliveries(&of_endpoint);
        all.iter().filter_map(|one| one["attempts"].as_u64()).sum::<u64>().try_into().unwrap_or(0)
    };
    merchant.wait_for("the first attempt", |merchant| attempts(merchant) >= 1);
    if count > 1 {
        merchant.sandbox.advance_clock(7);
        merchant.wait_for("the second", |merchant| attempts(merchant) >= 2);
    }
    if count > 2 {
        merchant.sandbox.advance_clock(36);
        merchant.wait_for("the third", |merchant| attempts(merchant) >= 3);
    }
    merchant.fence("others");
    let found = merchant.deliveries(&of_endpoint);
    assert_eq!(found.len(), 1, "{path}: {found:?}");
    assert_eq!((attempts(&merchant), found[0]["state"].as_str()), (count, Some(state)), "{path}");
    let name = found[0]["id"].as_str().expect("an id");
    let log = merchant.get(&format!("/webhook-deliveries/{name}"))["attempt_log"].clone();
    let said: Vec<String> = log
        .as_array()
        .expect("a log")
        .iter()
        .map(|one| match one["http_status"].as_u64() {
            Some(status) => status.to_string(),
            None => one["fault"].as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    assert_eq!(said, words, "{path}");
    merchant.assert_audit_is_clean();
}

#[test]
fn only_200_is_an_acknowledgement_for_the_guides_dialect() {
    assert_attempts("/ok", &json!({}), (1, "delivered", &["200"]));
    assert_attempts("/204", &json!({}), (3, "pending", &["204", "204", "204"]));
    assert_attempts("/500", &json!({}), (3, "pending", &["500", "500", "500"]));
    assert_attempts("/flaky", &json!({}), (2, "delivered", &["500", "200"]));
}

#[test]
fn any_2xx_is_one_for_standard_webhooks() {
    assert_attempts("/204", &json!({ "dialect": "standard" }), (1, "delivered", &["204"]));
}

#[test]
fn a_redirect_is_not_followed() {
    assert_attempts("/301", &json!({}), (3, "pending", &["301", "301", "301"]));
}

#[test]
fn gone_ends_it_at_once() {
    assert_attempts("/410", &json!({}), (1, "parked", &["410"]));
}

#[test]
fn a_body_without_end_does_not_matter_once_the_head_has_said_200() {
    assert_attempts("/huge", &json!({}), (1, "delivered", &["200"]));
}

#[test]
fn a_body_that_never_gets_on_does_not_matter_either() {
    assert_attempts("/drip", &json!({}), (1, "delivered", &["200"]));
}

#[test]
fn an_answer_after_fifteen_seconds_is_none() {
    assert_attempts("/slow/20", &json!({}), (1, "pending", &["timeout"]));
}

#[test]
fn no_answer_and_no_tls_are_tried_again() {
    assert_attempts("/reset", &json!({}), (3, "pending", &["reset", "reset", "reset"]));
    assert_attempts("/badtls", &json!({}), (3, "pending", &["tls", "tls", "tls"]));
}

#[test]
fn a_receivers_wish_to_wait_is_heard() {
    let merchant = Merchant::open();
    merchant.endpoint("/429-after/600", &json!({}));
    merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_at("/429-after/600", 1);
    merchant.fence("on-record");
    merchant.sandbox.advance_clock(570);
    merchant.fence("early");
    assert_eq!(merchant.receiver.received_at("/429-after/600").len(), 1);
    merchant.sandbox.advance_clock(60);
    merchant.receiver.wait_at("/429-after/600", 2);
    merchant.assert_audit_is_clean();
}

#[test]
fn three_failures_of_ten_lose_nothing() {
    let merchant = Merchant::open();
    merchant.endpoint("/flaky/0.3", &json!({}));
    let references: Vec<String> = (0..60).map(|_| merchant.charge(&json!({}))).collect();
    merchant.approve();
    let is_done = |merchant: &Merchant| {
        merchant.sandbox.advance_clock(3600);
        merchant.deliveries("&state=delivered").len() == references.len()
    };
    merchant.wait_for("every delivery", is_done);
    merchant.assert_audit_is_clean();
}

#[test]
fn five_days_of_failure_disable_an_endpoint_and_a_replay_brings_what_it_missed() {
    let merchant = Merchant::open();
    let endpoint = merchant.endpoint("/500", &json!({}));
    merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_at("/500", 1);
    merchant.wait_for("failing", |merchant| {
        merchant.endpoint_now(&endpoint["id"])["state"] == "failing"
    });
    merchant.wait_for("disabled", |merchant| {
        merchant.sandbox.advance_clock(DAY_S / 4);
        merchant.fence("a-quarter-day-later");
        merchant.endpoint_now(&endpoint["id"])["state"] == "disabled"
    });
    assert_eq!(merchant.endpoint_now(&endpoint["id"])["disabled_reason"], "unreachable");
    let before = merchant.receiver.received_at("/500").len();
    let missed: Vec<String> = (0..3).map(|_| merchant.charge(&json!({}))).collect();
    merchant.approve();
    merchant.fence("missed");
    let parked = merchant.deliveries("&state=parked");
    assert_eq!(parked.len(), missed.len());
    assert!(parked.iter().all(|one| one["attempts"] == 0), "{parked:?}");
    assert!(merchant.receiver.received_at("/500").len() <= before + 1, "only the old schedule");

    let path = format!("/webhook-endpoints/{}", endpoint["id"].as_str().expect("an id"));
    let back = json!({ "state": "enabled", "url": merchant.receiver.url("/ok/back") });
    assert_eq!(merchant.data("PATCH", &path, &back)["state"], "enabled");
    let replayed = merchant.data("POST", "/webhook-deliveries/replay", &json!({}));
    assert_eq!(replayed, json!({ "dry_run": false, "matched": 3, "replayed": 3 }));
    merchant.receiver.wait_for("the missed events, in their order", |all| {
        let came: Vec<String> = all
            .iter()
            .filter(|one| one.path == "/ok/back")
            .map(testkit::Received::reference)
            .filter(|reference| missed.contains(reference))
            .collect();
        came.len() == missed.len()
    });
    merchant.assert_audit_is_clean();
}
