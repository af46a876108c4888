//! Seeing what was sent, and having it sent again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::merchant::Merchant;

#[test]
fn a_delivery_is_shown_with_every_attempt() {
    let merchant = Merchant::open();
    let endpoint = merchant.endpoint("/flaky", &json!({}));
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_at("/flaky", 1);
    merchant.fence("on-record");
    merchant.sandbox.advance_clock(10);
    merchant.receiver.wait_at("/flaky", 2);
    merchant.fence("on-record-again");
    let id = endpoint["id"].as_str().expect("an id");
    let listed = merchant.deliveries(&format!("&endpoint_id={id}&state=delivered"));
    assert_eq!(listed.len(), 1, "{listed:?}");
    let name = listed[0]["id"].as_str().expect("an id");
    let shown = merchant.get(&format!("/webhook-deliveries/{name}"));
    assert_eq!(shown["dgs_reference"], reference);
    assert_eq!((&shown["event"], &shown["attempts"]), (&json!("payment.success"), &json!(2)));
    let sent = merchant.receiver.received_at("/flaky");
    assert_eq!(shown["body"].as_str().map(str::as_bytes), Some(sent[0].body.as_slice()));
    let log = shown["attempt_log"].as_array().expect("a log");
    let statuses: Vec<&Value> = log.iter().map(|one| &one["http_status"]).collect();
    assert_eq!(statuses, [&json!(500), &json!(200)]);
    for path in ["/webhook-deliveries/dlv_1_1", "/webhook-deliveries/x"] {
        assert_eq!(merchant.call("GET", path, &Value::Null).status, 404, "{path}");
    }
}

#[test]
fn the_list_has_pages_and_filters() {
    let merchant = Merchant::open();
    merchant.endpoint("/ok", &json!({}));
    let references: Vec<String> = (0..7).map(|_| merchant.charge(&json!({}))).collect();
    let declined = merchant.decline();
    merchant.approve();
    merchant.receiver.wait_at("/ok", 8);
    merchant.fence("on-record");
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let answer =
            merchant.call("GET", &format!("/webhook-deliveries?limit=3{after}"), &Value::Null);
        let page = answer.json();
        let rows = page["data"].as_array().expect("rows").clone();
        let last = rows.last().expect("a row")["id"].as_str().expect("an id").to_owned();
        seen.extend(rows.into_iter().map(|row| row["dgs_reference"].clone()));
        if page["has_more"] == false {
            break;
        }
        after = format!("&starting_after={last}");
    }
    assert_eq!(seen.len(), 9, "each once, and the fence's: {seen:?}");
    assert!(references.iter().all(|reference| seen.contains(&json!(reference))));
    let failed = merchant.deliveries("&event=payment.failed");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["dgs_reference"], declined);
    assert_eq!(merchant.deliveries("&endpoint_id=callback_url").len(), 1);
    assert_eq!(merchant.deliveries("&from=2090-01-01").len(), 0);
    assert_eq!(merchant.deliveries("&to=2020-01-01").len(), 0);
    let event = failed[0]["event_id"].as_str().expect("an id");
    assert_eq!(merchant.deliveries(&format!("&event_id={event}")).len(), 1);
    let wrong = merchant.call("GET", "/webhook-deliveries?state=lost&limit=0", &Value::Null);
    assert_eq!(wrong.json()["errors"].as_array().map(Vec::len), Some(2), "{}", wrong.text());
}

#[test]
fn an_event_is_told_again_in_the_same_bytes_also_to_who_came_later() {
    let merchant = Merchant::open();
    merchant.endpoint("/ok/first", &json!({}));
    let reference = merchant.charge(&json!({}));
    merchant.approve();
    merchant.receiver.wait_at("/ok/first", 1);
    merchant.fence("on-record");
    let late = merchant.endpoint("/ok/late", &json!({ "dialect": "dusupay" }));
    let event = merchant.receiver.received_at("/ok/first")[0].header("webhook-id").to_owned();
    let path = format!("/events/{event}/resend");
    let key = [("Idempotency-Key", "resend-1")];
    let first = merchant.sandbox.request("POST", &path, &key, "");
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.json()["data"]["deliveries"].as_array().map(Vec::len), Some(2));
    assert_eq!(merchant.sandbox.request("POST", &path, &key, "").text(), first.text());
    let came = merchant.receiver.wait_at("/ok/first", 2);
    assert_eq!(
        (came[0].body.clone(), came[1].header("webhook-id")),
        (came[1].body.clone(), event.as_str())
    );
    let told = merchant.receiver.wait_at("/ok/late", 1);
    let told: Value = serde_json::from_slice(&told[0].body).expect("JSON");
    assert_eq!(told["event"], "transaction.completed");
    assert_eq!(told["payload"]["merchant_reference"], reference);
    assert_eq!(told["payload"]["customer_name"], "Jane Doe");

    merchant.fence("late-on-record");
    let only = json!({ "endpoint_id": late["id"] });
    merchant.data("POST", &path, &only);
    merchant.receiver.wait_at("/ok/late", 2);
    merchant.fence("no-more");
    assert_eq!(merchant.receiver.received_at("/ok/first").len(), 2);
    let nobody = merchant.call("POST", &path, &json!({ "endpoint_id": "end_77" }));
    assert_eq!(nobody.status, 409, "{}", nobody.text());
    assert_eq!(merchant.call("POST", "/events/evt_77/resend", &Value::Null).status, 404);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_replay_is_counted_first_and_paced() {
    let merchant = Merchant::open();
    let endpoint = merchant.endpoint("/ok/paced", &json!({}));
    let path = format!("/webhook-endpoints/{}", endpoint["id"].as_str().expect("an id"));
    merchant.data("PATCH", &path, &json!({ "state": "disabled" }));
    for _ in 0..120 {
        merchant.charge(&json!({}));
    }
    merchant.approve();
    merchant.wait_for("all parked", |merchant| {
        let filter = json!({ "dry_run": true });
        let counted = merchant.data("POST", "/webhook-deliveries/replay", &filter);
        counted["matched"] == 0 && merchant.deliveries("&state=parked").len() == 100
    });
    merchant.data("PATCH", &path, &json!({ "state": "enabled" }));
    let counted = merchant.data("POST", "/webhook-deliveries/replay", &json!({ "dry_run": true }));
    assert_eq!(counted, json!({ "dry_run": true, "matched": 120, "replayed": 0 }));
    let failed = json!({ "dry_run": true, "events": ["payment.failed"] });
    assert_eq!(merchant.data("POST", "/webhook-deliveries/replay", &failed)["matched"], 0);
    assert_eq!(merchant.receiver.received_at("/ok/paced").len(), 0);
    let began = Instant::now();
    let replayed = merchant.data("POST", "/webhook-deliveries/replay", &json!({}));
    assert_eq!(replayed["replayed"], 120);
    let came = merchant.receiver.wait_at("/ok/paced", 120);
    // A second's worth goes at once, the other 70 at 50 a second.
    assert!(began.elapsed() > Duration::from_millis(1300), "{:?}", began.elapsed());
    let references: Vec<String> = came.iter().map(testkit::Received::reference).collect();
    let mut once = references.clone();
    once.sort();
    once.dedup();
    assert_eq!((references.len(), once.len()), (120, 120));
    merchant.assert_audit_is_clean();
}
