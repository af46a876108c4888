//! `GET /events`: everything, once, in order, soon.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Options, Receiver, Sandbox};

use crate::desk::{APPROVAL_S, DECLINED, Event, charge, ended_charges, feed, get, open, read_page};

/// Follows the feed page by page to its end.
fn all(sandbox: &Sandbox, limit: u32) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut after = String::new();
    loop {
        let page = feed(sandbox, &format!("?limit={limit}{after}"));
        if page.events.is_empty() {
            return events;
        }
        let last = page.events.last().map(|event| event.id.clone());
        assert_eq!(page.next_after, last, "without a filter, the last shown is the last seen");
        after = format!("&after={}", last.expect("it is not empty"));
        events.extend(page.events);
    }
}

#[test]
fn pages_of_any_size_show_every_event_once_in_order_with_the_webhooks_bytes() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::start(Options::default().webhook_url(&receiver.url("/ok")));
    let references: BTreeSet<String> = (0..23).map(|_| charge(&sandbox.api, None)).collect();
    sandbox.advance_clock(APPROVAL_S);
    let told = receiver.wait_at("/ok", references.len());
    let events = all(&sandbox, 100);
    for limit in [1, 7, 23, 24] {
        assert_eq!(all(&sandbox, limit), events, "pages of {limit}");
    }
    assert_eq!(events.len(), references.len());
    let shown: BTreeSet<String> = events.iter().map(|event| event.reference.clone()).collect();
    assert_eq!(shown, references);
    let number = |event: &Event| event.id.trim_start_matches("evt_").parse::<i64>().ok();
    assert!(events.iter().map(number).is_sorted_by(|one, next| one < next), "{events:?}");
    for webhook in told {
        let event = events.iter().find(|event| event.id == webhook.header("webhook-id"));
        let body = String::from_utf8_lossy(&webhook.body);
        assert_eq!(event.map(|event| event.body.as_str()), Some(body.as_ref()));
    }
}

#[test]
fn a_waiting_request_is_answered_when_the_event_is_committed() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::start(Options::default().webhook_url(&receiver.url("/ok")));
    ended_charges(&sandbox, 1);
    for round in 0..5 {
        let after = feed(&sandbox, "?after=now").next_after.expect("there is an event");
        let reference = charge(&sandbox.api, None);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let page = feed(&sandbox, &format!("?after={after}&wait=30"));
                (page, Instant::now())
            });
            // Should the event come before the question, it is answered at once.
            sandbox.advance_clock(APPROVAL_S);
            let told = receiver.wait_for_event(&reference);
            let (page, at) = waiting.join().expect("an answer");
            let shown: Vec<&str> = page.events.iter().map(|one| one.reference.as_str()).collect();
            assert_eq!(shown, [reference.as_str()], "round {round}");
            let late = at.saturating_duration_since(told.at);
            assert!(late < Duration::from_secs(1), "round {round}: {late:?} after the webhook");
        });
    }
}

#[test]
fn without_an_event_the_answer_is_empty_and_says_where_to_go_on() {
    let (sandbox, _folder) = open();
    let page = feed(&sandbox, "");
    assert!(page.events.is_empty() && page.next_after.is_none(), "{page:?}");
    let asked = Instant::now();
    assert!(feed(&sandbox, "?wait=1").events.is_empty());
    assert!(asked.elapsed() >= Duration::from_secs(1), "{:?}", asked.elapsed());
    ended_charges(&sandbox, 2);
    let newest = all(&sandbox, 100).last().map(|event| event.id.clone());
    for query in ["?after=now".to_owned(), format!("?after={}", newest.clone().unwrap())] {
        let page = feed(&sandbox, &query);
        assert!(page.events.is_empty(), "{query}: {page:?}");
        assert_eq!(page.next_after, newest, "{query}");
    }
}

#[test]
fn types_narrow_the_feed_and_the_cursor_passes_the_others() {
    let (sandbox, _folder) = open();
    let declined = charge(&sandbox.api, Some(DECLINED));
    sandbox.advance_clock(APPROVAL_S);
    while feed(&sandbox, "?wait=30").events.is_empty() {}
    ended_charges(&sandbox, 3);
    let events = all(&sandbox, 100);
    let failed = feed(&sandbox, "?types=payment.failed");
    assert_eq!(failed.events.len(), 1, "{failed:?}");
    assert_eq!(failed.events[0].reference, declined);
    assert_eq!(failed.events[0].kind, "payment.failed");
    assert_eq!(failed.next_after, events.last().map(|event| event.id.clone()));
    let full = feed(&sandbox, "?types=payment.success&limit=2");
    assert_eq!(full.next_after, full.events.last().map(|event| event.id.clone()));
    let both = feed(&sandbox, "?types=payment.success,payment.failed");
    assert_eq!(both.events, events);
}

#[test]
fn faults_are_named_all_at_once() {
    let (sandbox, _folder) = open();
    for (query, fields) in [
        ("?after=evt_x&types=payment.won&wait=31&limit=0", vec!["after", "types", "wait", "limit"]),
        ("?after=123", vec!["after"]),
        ("?after=evt_1", vec!["after"]),
        ("?wait=-1", vec!["wait"]),
        ("?wait=1.5", vec!["wait"]),
        ("?limit=x", vec!["limit"]),
        ("?types=", vec!["types"]),
    ] {
        let answer = get(&sandbox, &format!("/events{query}"));
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
        let json = answer.json();
        assert_eq!(json["error_code"], "90", "{query}");
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<&str> = errors.iter().filter_map(|one| one["field"].as_str()).collect();
        assert_eq!(named, fields, "{query}");
    }
    assert_eq!(get(&sandbox, "/events?limit=1000").status, 200, "clamped, as lists are");
    let stranger = sandbox.api.bare_request("GET", "/generation/v2/events", &[], "");
    assert_eq!(stranger.status, 401, "{}", stranger.text());
}

#[test]
fn a_stop_answers_those_who_wait_and_a_restart_or_a_kill_changes_nothing() {
    let (mut sandbox, _folder) = open();
    ended_charges(&sandbox, 5);
    let events = all(&sandbox, 100);
    let mut connection = sandbox.api.connect().expect("it listens");
    let credentials = sandbox.credentials().clone();
    let request = format!(
        "GET /generation/v2/events?after=now&wait=30 HTTP/1.1\r\nHost: x\r\n\
         X-DGS-API-Key: {}\r\nX-DGS-ACCOUNT-NUMBER: {}\r\n\r\n",
        credentials.api_key, credentials.account_number
    );
    connection.send(request.as_bytes()).expect("it reads");
    // A connection that is served after ours was: what ours sent is at work by now, or is next.
    assert_eq!(get(&sandbox, "/events").status, 200);
    let asked = Instant::now();
    let status = sandbox.terminate();
    assert!(status.success(), "{status}");
    assert!(asked.elapsed() < Duration::from_secs(8), "it waited for them: {:?}", asked.elapsed());
    let page = read_page(&connection.read_answer().expect("a last answer"));
    assert!(page.events.is_empty());
    sandbox.restart();
    assert_eq!(all(&sandbox, 100), events);
    sandbox.kill();
    sandbox.restart();
    assert_eq!(all(&sandbox, 100), events);
    let after = format!("?after={}", page.next_after.expect("there are events"));
    let more = ended_charges(&sandbox, 2);
    let shown = feed(&sandbox, &after).events;
    let shown: Vec<String> = shown.into_iter().map(|event| event.reference).collect();
    assert_eq!(shown, more);
}
