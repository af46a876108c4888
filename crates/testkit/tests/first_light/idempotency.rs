//! One key, one charge, one answer: at the same time, later, and after a restart.

use std::sync::Barrier;
use std::thread;

use testkit::Answer;

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, assert_refused, reference_of, unquoted};

const PARALLEL: usize = 500;
const REPLAYED: &str = "idempotent-replayed";

#[test]
fn five_hundred_requests_at_once_make_one_charge() {
    let shop = Shop::open();
    let barrier = Barrier::new(PARALLEL);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let request = || {
            barrier.wait();
            shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", "one")])
        };
        let threads: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(request)).collect();
        threads.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let first = &answers[0];
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &first.body), "{}", answer.text());
    }
    let replayed = |answer: &&Answer| answer.header(REPLAYED) == Some("true");
    assert_eq!(answers.iter().filter(replayed).count(), PARALLEL - 1);
    let (_, pagination) = shop.list("");
    assert_eq!(pagination["total"], "1");
    let reference = reference_of(first);
    shop.finish(&reference);
    shop.fence("once");
    assert_eq!(shop.receiver.received_at("/ok").len(), 1, "one charge, one event");
    shop.assert_audit_is_clean();
}

#[test]
fn many_keys_at_once_do_not_disturb_each_other() {
    let shop = Shop::open();
    let bodies: Vec<(Answer, Answer)> = thread::scope(|scope| {
        let shop = &shop;
        let threads: Vec<_> = (0..50)
            .map(|number| {
                scope.spawn(move || {
                    let key = format!("key-{number}");
                    let post =
                        || shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", &key)]);
                    (post(), post())
                })
            })
            .collect();
        threads.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let mut references: Vec<String> = bodies
        .iter()
        .map(|(first, second)| {
            assert_eq!(first.body, second.body);
            reference_of(first)
        })
        .collect();
    references.sort_unstable();
    references.dedup();
    assert_eq!(references.len(), 50);
}

#[test]
fn the_same_key_with_another_body_is_93() {
    let shop = Shop::open();
    let key = [("Idempotency-Key", "k")];
    let first = shop.post_charge(&ChargeBody::guide(), &key);
    assert_eq!(first.status, 200, "{}", first.text());
    for (name, body) in [
        ("another amount", ChargeBody::guide().with("amount", "2001")),
        ("another name", ChargeBody::guide().with_text("customer_first_name", "Joan")),
        ("a field more", ChargeBody::guide().with_text("dgs_reference", "INV-1")),
        ("a field less", ChargeBody::guide().without("narration")),
    ] {
        assert_refused(name, &shop.post_charge(&body, &key), 409, "93");
    }
    for (name, body) in
        [("the same", ChargeBody::guide()), ("in another order", ChargeBody::guide().reversed())]
    {
        let again = shop.post_charge(&body, &key);
        assert_eq!((again.status, &again.body), (200, &first.body), "{name}");
        assert_eq!(again.header(REPLAYED), Some("true"), "{name}");
    }
    let (_, pagination) = shop.list("");
    assert_eq!(pagination["total"], "1");
}

#[test]
fn a_key_has_1_to_255_visible_ascii_characters() {
    let shop = Shop::open();
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    for key in ["k", "!~", "a-b_c.d:e/f", longest.as_str()] {
        let answer = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", key)]);
        assert_eq!(answer.status, 200, "{key}: {}", answer.text());
    }
    for key in ["", "\"\"", "a b", "a\tb", "clé", "\u{20ac}", too_long.as_str()] {
        let answer = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", key)]);
        assert_refused(&format!("{key:?}"), &answer, 400, "90");
    }
    // HTTP itself does not allow these, so they end before there is a request to answer.
    for key in ["a\u{1}b", "a\u{7f}b", "a\0b"] {
        let answer = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", key)]);
        assert_eq!(answer.status, 400, "{key:?}: {}", answer.text());
    }
    let (_, pagination) = shop.list("");
    assert_eq!(pagination["total"], "4");
}

#[test]
fn every_spelling_of_a_key_is_that_key() {
    let shop = Shop::open();
    let first = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", "abc")]);
    for header in [
        ("Idempotency-Key", "\"abc\""),
        ("idempotency-key", "abc"),
        ("X-Idempotency-Key", "abc"),
        ("X-Idempotency-Key", "\"abc\""),
    ] {
        let again = shop.post_charge(&ChargeBody::guide(), &[header]);
        assert_eq!(again.body, first.body, "{header:?}");
        assert_eq!(again.header(REPLAYED), Some("true"), "{header:?}");
    }
    let other = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", "ABC")]);
    assert_ne!(other.body, first.body, "keys are told apart by case");
}

#[test]
fn refusals_burn_no_key() {
    let shop = Shop::open();
    let key = ("Idempotency-Key", "k");
    let bad = shop.post_charge(&ChargeBody::guide().with("amount", "0"), &[key]);
    assert_refused("bad body", &bad, 400, "90");
    let no_json = shop.sandbox.request("POST", "/charges", &[key], "{");
    assert_refused("no JSON", &no_json, 400, "90");
    let path = format!("{}/charges", shop.sandbox.api.base_path);
    let headers = [key, ("Content-Type", "application/json")];
    let stranger =
        shop.sandbox.api.bare_request("POST", &path, &headers, ChargeBody::guide().text());
    assert_refused("stranger", &stranger, 401, "91");

    let good = shop.post_charge(&ChargeBody::guide(), &[key]);
    assert_eq!(good.status, 200, "{}", good.text());
    assert_eq!(good.header(REPLAYED), None);
    let still_bad = shop.post_charge(&ChargeBody::guide().with("amount", "0"), &[key]);
    assert!([400, 409].contains(&still_bad.status), "{}", still_bad.text());
}

#[test]
fn an_answer_is_replayed_byte_for_byte_later_and_after_a_restart() {
    let mut shop = Shop::open();
    let key = [("Idempotency-Key", "k")];
    let first = shop.post_charge(&ChargeBody::guide(), &key);
    let reference = reference_of(&first);
    shop.finish(&reference);
    assert_eq!(unquoted(&shop.record(&reference)["status"]), "success");
    let assert_replayed = |shop: &Shop, when: &str| {
        let again = shop.post_charge(&ChargeBody::guide(), &key);
        assert_eq!((again.status, &again.body), (200, &first.body), "{when}");
        assert_eq!(again.header(REPLAYED), Some("true"), "{when}");
    };
    assert_replayed(&shop, "after the charge was completed");
    assert!(shop.sandbox.terminate().success());
    shop.sandbox.restart();
    assert_replayed(&shop, "after a stop and a start");
    shop.sandbox.kill();
    shop.sandbox.restart();
    assert_replayed(&shop, "after kill -9");
    shop.sandbox.advance_clock(6 * 24 * 3600);
    assert_replayed(&shop, "six days later");
    shop.assert_audit_is_clean();
}

#[test]
fn without_a_key_every_request_is_a_charge() {
    let shop = Shop::open();
    let [one, other] = [(); 2].map(|()| shop.charge(&ChargeBody::guide()));
    assert_ne!(one, other);
}
