//! A secret is replaced: both sign for a while, then the new one alone.

use serde_json::{Value, json};
use testkit::{Options, Received, signature};

use crate::merchant::Merchant;

fn next_event(merchant: &Merchant) -> Received {
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_for_event(&reference)
}

/// Which of the secrets have signed: `X-DGS-Signature`, and how many are in `webhook-signature`.
fn signed_by(event: &Received, secrets: &[&str]) -> (Vec<usize>, Vec<usize>) {
    let (id, timestamp) = (event.header("webhook-id"), event.header("webhook-timestamp"));
    let shown: Vec<&str> = event.header("webhook-signature").split(' ').collect();
    let whose = |is_of: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..secrets.len()).filter(|at| is_of(secrets[*at])).collect()
    };
    let dgs =
        whose(&|secret| signature::dgs(secret, &event.body) == event.header("x-dgs-signature"));
    let standard = whose(&|secret| {
        shown.contains(&signature::standard(secret, id, timestamp, &event.body).as_str())
    });
    assert_eq!(standard.len(), shown.len(), "a signature of nobody: {shown:?}");
    (dgs, standard)
}

fn rotate(merchant: &Merchant, id: &Value, body: &Value) -> String {
    let path = format!("/webhook-endpoints/{}/rotate-secret", id.as_str().expect("an id"));
    merchant.data("POST", &path, body)["secret"].as_str().expect("shown once").to_owned()
}

#[test]
fn both_sign_during_the_overlap_and_the_new_one_alone_after_it() {
    let merchant = Merchant::open();
    let made = merchant.endpoint("/ok", &json!({}));
    let first = made["secret"].as_str().expect("shown").to_owned();
    let second = rotate(&merchant, &made["id"], &json!({ "overlap_hours": 72 }));
    assert_ne!(first, second);
    let known = [first.as_str(), second.as_str()];
    assert_eq!(signed_by(&next_event(&merchant), &known), (vec![1], vec![0, 1]));
    merchant.sandbox.advance_clock(71 * 3600);
    assert_eq!(signed_by(&next_event(&merchant), &known), (vec![1], vec![0, 1]));
    merchant.sandbox.advance_clock(3600);
    assert_eq!(signed_by(&next_event(&merchant), &known), (vec![1], vec![1]));
}

#[test]
fn the_old_one_may_go_on_alone_where_there_is_room_for_one() {
    let merchant = Merchant::open();
    let made = merchant.endpoint("/ok", &json!({}));
    let first = made["secret"].as_str().expect("shown").to_owned();
    let second = rotate(&merchant, &made["id"], &json!({ "signs_with": "old" }));
    let known = [first.as_str(), second.as_str()];
    assert_eq!(signed_by(&next_event(&merchant), &known), (vec![0], vec![0, 1]));
    merchant.sandbox.advance_clock(24 * 3600);
    assert_eq!(signed_by(&next_event(&merchant), &known), (vec![1], vec![1]));
}

#[test]
fn a_rotation_between_two_attempts_changes_the_signature_and_not_the_body() {
    let merchant = Merchant::open();
    let made = merchant.endpoint("/flaky", &json!({}));
    let first = made["secret"].as_str().expect("shown").to_owned();
    merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_at("/flaky", 1);
    merchant.fence("on-record");
    let second = rotate(&merchant, &made["id"], &json!({ "overlap_hours": 0 }));
    merchant.sandbox.advance_clock(10);
    let attempts = merchant.receiver.wait_at("/flaky", 2);
    let known = [first.as_str(), second.as_str()];
    assert_eq!(signed_by(&attempts[0], &known), (vec![0], vec![0]));
    assert_eq!(signed_by(&attempts[1], &known), (vec![1], vec![1]));
    assert_eq!(attempts[0].body, attempts[1].body);
    assert_eq!(attempts[0].header("webhook-id"), attempts[1].header("webhook-id"));
}

/// The account's own secret signs for endpoint 1 and for the payments' own addresses.
#[test]
fn the_accounts_secret_is_rotated_by_way_of_endpoint_1() {
    let receiver = testkit::Receiver::start();
    let options = Options::default().webhook_url(&receiver.url("/ok"));
    let mut merchant = Merchant { sandbox: testkit::Sandbox::start(options), receiver };
    let first = merchant.sandbox.credentials().webhook_secret.clone();
    let second = rotate(&merchant, &json!("end_1"), &json!({}));
    let known = [first.as_str(), second.as_str()];
    assert_eq!(signed_by(&next_event(&merchant), &known), (vec![1], vec![0, 1]));
    let url = merchant.receiver.url("/ok/own");
    merchant.charge(&json!({ "callback_url": url }));
    merchant.approve();
    let own = merchant.receiver.wait_at("/ok/own", 1);
    assert_eq!(signed_by(&own[0], &known), (vec![1], vec![0, 1]));
    merchant.sandbox.terminate();
    merchant.sandbox.restart();
    assert_eq!(merchant.sandbox.credentials().webhook_secret, second);
}

#[test]
fn an_overlap_has_its_bounds() {
    let merchant = Merchant::open();
    let made = merchant.endpoint("/ok", &json!({}));
    let path = format!("/webhook-endpoints/{}/rotate-secret", made["id"].as_str().expect("an id"));
    for body in [
        json!({ "overlap_hours": 73 }),
        json!({ "overlap_hours": -1 }),
        json!({ "overlap_hours": "1" }),
        json!({ "signs_with": "both" }),
        json!({ "secret": "short" }),
    ] {
        assert_eq!(merchant.call("POST", &path, &body).status, 400, "{body}");
    }
}
