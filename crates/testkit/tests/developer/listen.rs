//! `dgspay listen` and `dgspay events`: what they bring, show and refuse.

use std::fs;
use std::time::Duration;

use testkit::process::Process;
use testkit::{Receiver, signature};

use crate::desk::{charge, command, ended_charges, feed, finished, listen, open};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn it_brings_each_event_once_in_order_signed_and_goes_on_where_it_was() {
    let (sandbox, folder) = open();
    ended_charges(&sandbox, 2);
    let receiver = Receiver::start();
    let url = receiver.url("/ok");
    let mut listener = listen(&sandbox, folder.path(), &url);
    let mut expected = ended_charges(&sandbox, 12);
    receiver.wait_at("/ok", expected.len());
    listener.kill();
    expected.extend(ended_charges(&sandbox, 3));
    let _listener = listen(&sandbox, folder.path(), &url);
    expected.extend(ended_charges(&sandbox, 3));
    receiver.wait_for_event(expected.last().expect("there are some"));
    let came = receiver.received();
    let mut ids: Vec<String> = Vec::new();
    for one in &came {
        signature::assert_signed(one, &sandbox.credentials().webhook_secret);
        assert_eq!(one.header("content-type"), "application/json");
        ids.push(one.header("webhook-id").to_owned());
    }
    // The kill may have come between the receiver's 200 and its note.
    ids.dedup();
    let events = feed(&sandbox, "").events;
    let all: Vec<String> = events.iter().map(|event| event.id.clone()).collect();
    assert_eq!(ids, all[2..], "what had happened before the first start is not brought");
    let body = String::from_utf8_lossy(&came[0].body);
    assert_eq!(body, events[2].body, "the bytes of the webhook");
}

#[test]
fn only_200_moves_it_on_and_the_next_event_waits_its_turn() {
    let (sandbox, folder) = open();
    let receiver = Receiver::start();
    let listener = listen(&sandbox, folder.path(), &receiver.url("/flaky"));
    let references = ended_charges(&sandbox, 3);
    receiver.wait_at("/flaky", 6);
    let came: Vec<String> = receiver.received().iter().map(|one| one.reference()).collect();
    let twice: Vec<String> =
        references.iter().flat_map(|reference| [reference.clone(), reference.clone()]).collect();
    assert_eq!(came, twice);
    for reference in &references {
        for answer in ["-> 500 in ", "-> 200 in "] {
            listener.wait_for_line(LIMIT, |line| {
                line.contains(reference.as_str()) && line.contains(answer)
            });
        }
    }
}

#[test]
fn its_lines_for_machines_are_json() {
    let (sandbox, folder) = open();
    ended_charges(&sandbox, 1);
    let receiver = Receiver::start();
    let url = receiver.url("/ok");
    let args = ["listen", "--forward-to", &url, "--json", "--from-oldest", "--cursor", "c"];
    let listener = Process::spawn(&mut command(&sandbox, folder.path(), &args));
    let ready = listener.wait_for_line(LIMIT, |line| line.contains("\"ready\":true"));
    assert!(ready.contains(&url), "{ready}");
    let line = listener.wait_for_line(LIMIT, |line| line.contains("evt_"));
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["http_status"], 200);
    assert_eq!(line["attempt"], 1);
    assert_eq!(line["type"], "payment.success");
    assert_eq!(line["next_attempt_in_ms"], serde_json::Value::Null);
    assert!(folder.path().join("c").exists(), "the cursor is where it was asked for");
}

#[test]
fn it_waits_for_a_gateway_that_is_not_there_yet() {
    let (mut sandbox, folder) = open();
    let receiver = Receiver::start();
    sandbox.kill();
    let url = receiver.url("/ok");
    let mut waiting = command(&sandbox, folder.path(), &["listen", "--forward-to", &url]);
    let listener = Process::spawn(&mut waiting);
    sandbox.restart_in_place();
    listener.wait_for_line(LIMIT, |line| line.starts_with("Ready: "));
    let references = ended_charges(&sandbox, 1);
    receiver.wait_for_event(&references[0]);
}

#[test]
fn it_says_what_is_missing_or_wrong() {
    let (sandbox, folder) = open();
    let run = |args: &[&str], without: &str, with: (&str, &str)| {
        let mut command = command(&sandbox, folder.path(), args);
        let ended = finished(command.env(with.0, with.1).env_remove(without));
        (ended.code, ended.errors)
    };
    let to = ["listen", "--forward-to", "http://127.0.0.1:9/"];
    let (code, said) = run(&to, "DGSPAY_WEBHOOK_SECRET", ("X", "x"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--webhook-secret") && said.contains("Webhook secret"), "{said}");
    let (code, said) = run(&to, "DGSPAY_API_KEY", ("X", "x"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--api-key"), "{said}");
    let (code, said) = run(&to, "", ("DGSPAY_API_KEY", "sk_test_wrong"));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("X-DGS-API-Key") && !said.contains("sk_test_wrong"), "{said}");
    let (code, said) = run(&["listen", "--forward-to", "localhost:3000"], "", ("X", "x"));
    assert_eq!(code, Some(2), "{said}");
    let cursor = folder.path().join(".dgspay-cursor");
    for (record, word) in [
        (r#"{"account_number":"ACC-0000000","after":"evt_1"}"#, "ACC-0000000"),
        (r#"{"account_number":null,"after":"evt_1"}"#, "remove .dgspay-cursor"),
        ("my thesis", "no cursor"),
    ] {
        fs::write(&cursor, record).expect("a file");
        let (code, said) = run(&to, "", ("X", "x"));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(word), "{said}");
    }
    for subcommand in [&["listen"][..], &["trigger"], &["events", "tail"], &["events", "resend"]] {
        let help = finished(testkit::sandbox::dgspay().args(subcommand).arg("--help"));
        assert!(help.is_success() && help.output.contains("Exit codes:"), "{}", help.output);
    }
}

#[test]
fn events_are_shown_as_they_happen_and_one_is_brought_again() {
    let (sandbox, folder) = open();
    ended_charges(&sandbox, 1);
    let tail = |args: &[&str]| {
        Process::spawn(&mut command(&sandbox, folder.path(), &[&["events", "tail"], args].concat()))
    };
    let first = feed(&sandbox, "").events.remove(0);
    let text = tail(&["--from-oldest", "--types", "payment.success"]);
    let line = text.wait_for_line(LIMIT, |_| true);
    assert!(line.ends_with(&format!("payment.success  {}  {}", first.reference, first.id)));
    let json = tail(&["--after", &first.id, "--json"]);
    let reference = charge(&sandbox.api, None);
    sandbox.advance_clock(crate::desk::APPROVAL_S);
    let line = json.wait_for_line(LIMIT, |_| true);
    let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(event["dgs_reference"], reference.as_str());
    assert_eq!(event["body"]["event"], "payment.success");
    text.wait_for_line(LIMIT, |line| line.contains(&reference));

    let receiver = Receiver::start();
    let url = receiver.url("/ok");
    let resend = ["events", "resend", &first.id, "--forward-to", &url];
    let ended = finished(&mut command(&sandbox, folder.path(), &resend));
    assert!(ended.is_success(), "{}", ended.errors);
    let came = receiver.wait_at("/ok", 1).remove(0);
    signature::assert_signed(&came, &sandbox.credentials().webhook_secret);
    assert_eq!(String::from_utf8_lossy(&came.body), first.body);
    let refused = ["events", "resend", &first.id, "--forward-to", &receiver.url("/500")];
    let ended = finished(&mut command(&sandbox, folder.path(), &refused));
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
}
