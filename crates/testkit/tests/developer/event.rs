//! `GET /events/{id}`: one event, and how telling it went.

use testkit::http::{elements, fields};
use testkit::{Options, Receiver, Sandbox};

use crate::desk::{APPROVAL_S, charge, feed, get};

#[test]
fn an_event_shows_its_deliveries_and_every_attempt() {
    let receiver = Receiver::start();
    let url = receiver.url("/flaky");
    let sandbox = Sandbox::start(Options::default().webhook_url(&url));
    let reference = charge(&sandbox.api, None);
    sandbox.advance_clock(APPROVAL_S);
    receiver.wait_at("/flaky", 1);
    let event = feed(&sandbox, "").events.remove(0);
    let path = format!("/events/{}", event.id);
    // Past the first pause. The second attempt is on record once its delivery is done.
    while delivery(&sandbox, &path)["state"] != r#""delivered""# {
        sandbox.advance_clock(10);
    }
    let data = fields(&get(&sandbox, &path).fields()["data"]);
    assert_eq!(data["body"], event.body);
    assert_eq!(data["dgs_reference"], format!("\"{reference}\""));
    let delivery = delivery(&sandbox, &path);
    assert_eq!(delivery["url"], format!("\"{url}\""));
    assert_eq!(delivery["next_attempt_at"], "null");
    let attempts = elements(&delivery["attempts"]);
    assert_eq!(delivery["attempts_made"], attempts.len().to_string());
    let attempts: Vec<_> = attempts.iter().map(|text| fields(text)).collect();
    let statuses: Vec<&str> = attempts.iter().map(|one| one["http_status"].as_str()).collect();
    assert_eq!(statuses, ["500", "200"]);
    for member in ["number", "at", "latency_ms", "fault", "answer"] {
        assert!(attempts[0].contains_key(member), "{member}: {attempts:?}");
    }
}

fn delivery(sandbox: &Sandbox, path: &str) -> testkit::Fields {
    let data = fields(&get(sandbox, path).fields()["data"]);
    fields(&elements(&data["deliveries"])[0])
}

#[test]
fn what_is_not_there_is_not_found() {
    let sandbox = Sandbox::start(Options::default());
    for id in ["evt_1", "evt_", "evt_x", "1", "evt_99999999999999999999", "%00"] {
        let answer = get(&sandbox, &format!("/events/{id}"));
        assert_eq!((answer.status, &answer.json()["error_code"]), (404, &"92".into()), "{id}");
    }
}
