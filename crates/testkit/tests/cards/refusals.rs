//! Card payloads that are refused, by the name of the field at fault.

use serde_json::{Value, json};
use testkit::Options;

use crate::desk::{Desk, assert_faulty, card, charge_body, merged};

const NUMBER: &str = "card_encrypted_number";
const MONTH: &str = "card_encrypted_expiry_month";
const YEAR: &str = "card_encrypted_expiry_year";
const CVV: &str = "card_encrypted_cvv";
const NONCE: &str = "card_nonce";
const FOUR: [&str; 4] = [NUMBER, MONTH, YEAR, CVV];

#[test]
fn what_a_card_may_not_hold() {
    let desk = Desk::open();
    let cases = [
        ("too short a number", json!({"number": "45321234567"}), vec![NUMBER]),
        ("too long a number", json!({"number": "45321234567890123456"}), vec![NUMBER]),
        ("letters", json!({"number": "4532abcd56789010"}), vec![NUMBER]),
        ("American Express", json!({"number": "378282246310005"}), vec![NUMBER]),
        ("month 13", json!({"month": "13"}), vec![MONTH]),
        ("month 00", json!({"month": "00"}), vec![MONTH]),
        ("last year", json!({"year": "2025"}), vec![YEAR]),
        ("last year in two digits", json!({"year": "25"}), vec![YEAR]),
        ("year of three digits", json!({"year": "206"}), vec![YEAR]),
        ("two digits of CVV", json!({"cvv": "12"}), vec![CVV]),
        ("an empty CVV", json!({"cvv": ""}), vec![CVV]),
        ("all wrong", json!({"number": "1", "month": "x", "year": "x", "cvv": "x"}), FOUR.to_vec()),
        ("another key", json!({"key": "A".repeat(43) + "="}), FOUR.to_vec()),
    ];
    let orders: Vec<Value> =
        cases.iter().map(|(_, more, _)| merged(card(), more.clone())).collect();
    for ((name, _, fields), payload) in cases.iter().zip(desk.browse(&orders)) {
        assert_faulty(name, &desk.charge(payload, json!({})), fields);
    }
}

#[test]
fn what_is_not_encrypted_as_it_says() {
    let desk = Desk::open();
    let made = desk.browse(&[card(), card()]);
    let (good, other) = (&made[0], &made[1]);
    let swapped = |one: &str, two: &str| json!({one: good[two], two: good[one]});
    let placeholders = json!({
        NUMBER: "<encrypted_number>", MONTH: "<encrypted_month>", YEAR: "<encrypted_year>",
        CVV: "<encrypted_cvv>",
    });
    let url_safe =
        good[NUMBER].as_str().map(|text| text.replace(['+', '/'], "_").replace('=', "-"));
    let cases = [
        ("a placeholder", json!({NUMBER: "<encrypted_number>"}), vec![NUMBER]),
        ("placeholders", placeholders.clone(), FOUR.to_vec()),
        (
            "the guide's example as it stands",
            merged(placeholders, json!({NONCE: "<24_hex_nonce>"})),
            vec![NUMBER, MONTH, YEAR, CVV, NONCE],
        ),
        ("a plain number", json!({NUMBER: "4532123456789010"}), vec![NUMBER]),
        ("base64 of another alphabet", json!({NUMBER: url_safe}), vec![NUMBER]),
        ("nothing but a tag", json!({CVV: "AAAAAAAAAAAAAAAAAAAAAA=="}), vec![CVV]),
        ("number and month swapped", swapped(NUMBER, MONTH), vec![NUMBER, MONTH]),
        ("month and year swapped", swapped(MONTH, YEAR), vec![MONTH, YEAR]),
        ("month and CVV swapped", swapped(MONTH, CVV), vec![MONTH, CVV]),
        ("a field of another card", json!({CVV: other[CVV]}), vec![CVV]),
        ("another nonce", json!({NONCE: other[NONCE]}), FOUR.to_vec()),
        ("a nonce of 13", json!({NONCE: "abc123def4567"}), vec![NONCE]),
        ("a nonce of 24 that is no hex", json!({NONCE: "x".repeat(24)}), vec![NONCE]),
        ("no nonce", json!({NONCE: null}), vec![NONCE]),
        ("no number", json!({NUMBER: null}), vec![NUMBER]),
        ("a number that is a number", json!({NUMBER: 4532123456789010_i64}), vec![NUMBER]),
        (
            "nothing at all",
            json!({NUMBER: null, MONTH: null, YEAR: null, CVV: null, NONCE: null}),
            vec![NUMBER, MONTH, YEAR, CVV, NONCE],
        ),
    ];
    for (name, more, fields) in &cases {
        assert_faulty(name, &desk.charge(merged(good.clone(), more.clone()), json!({})), fields);
    }
    // None of this used the nonce up.
    let taken = desk.charge(good.clone(), json!({}));
    assert_eq!(taken.status, 200, "{}", taken.text());
}

#[test]
fn a_nonce_serves_once_within_its_window_and_a_key_replays() {
    let desk = Desk::open();
    let nonce = "0123456789abcdef01234567";
    let again =
        json!({"nonce": nonce.to_uppercase(), "is_hex": true, "number": "4111111111111111"});
    let hexed = merged(card(), json!({"nonce": nonce, "is_hex": true}));
    let made = desk.browse(&[card(), hexed, merged(card(), again)]);
    let key = [("Idempotency-Key", "order-1")];
    let body = charge_body(made[0].clone(), json!({}));
    let first = desk.post("/charges", &body, &key);
    assert_eq!(first.status, 200, "{}", first.text());
    for headers in [&[][..], &[("Idempotency-Key", "order-2")]] {
        assert_faulty("the same again", &desk.post("/charges", &body, headers), &[NONCE]);
    }
    let replayed = desk.post("/charges", &body, &key);
    assert_eq!((replayed.status, &replayed.body), (200, &first.body));
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));

    assert_eq!(desk.charge(made[1].clone(), json!({})).status, 200);
    let same_bytes = desk.charge(made[2].clone(), json!({}));
    assert_faulty("the same nonce in capitals", &same_bytes, &[NONCE]);

    desk.sandbox.advance_clock(72 * 3600 - 60);
    assert_faulty("71 hours later", &desk.post("/charges", &body, &[]), &[NONCE]);
    desk.sandbox.advance_clock(120);
    assert_eq!(desk.post("/charges", &body, &[]).status, 200, "after 72 hours");
    desk.assert_audit_is_clean();
}

#[test]
fn a_nonce_is_held_against_its_own_key_alone() {
    let mut desk = Desk::open_with(Options::default());
    let order = merged(card(), json!({"nonce": "abc123def456"}));
    assert_eq!(desk.charge(desk.browse_one(order.clone()), json!({})).status, 200);
    let key = format!("{}=", "B".repeat(42) + "A");
    desk.sandbox.terminate();
    desk.sandbox.restart_with(Options::default().flag("--encryption-key", &key));
    let encrypted = desk.browse_one(order);
    let answer = desk.charge(encrypted.clone(), json!({}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_faulty("again", &desk.charge(encrypted, json!({})), &[NONCE]);
}

#[test]
fn of_a_hundred_charges_with_one_nonce_one_is_taken() {
    let desk = Desk::open();
    let body = charge_body(desk.browse_one(card()), json!({}));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..100).map(|_| scope.spawn(|| desk.post("/charges", &body, &[]).status)).collect();
        senders.into_iter().map(|sender| sender.join().expect("no panic")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
    desk.assert_audit_is_clean();
}
