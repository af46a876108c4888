//! Cards sealed to the account's public key by the script that the gateway serves.

use serde_json::{Value, json};

use crate::desk::{Desk, assert_faulty, assert_refused, card, charge_body, merged, text};

const SEALED: &str = "card_sealed";

fn sealed(more: Value) -> Value {
    merged(merged(card(), json!({"do": "seal"})), more)
}

#[test]
fn a_sealed_card_is_charged_once() {
    let desk = Desk::open();
    let payload = desk.browse_one(sealed(json!({"number": "4532 1234 5678 9010"})));
    assert_eq!(payload.as_object().map(|object| object.len()), Some(1), "{payload}");
    let body = charge_body(payload, json!({}));
    let key = [("Idempotency-Key", "sealed-1")];
    let first = desk.post("/charges", &body, &key);
    assert_eq!(first.json()["transaction_status"], "successful", "{}", first.text());
    let record = desk.record(&text(&first.json(), "dgs_reference"));
    assert_eq!(record["payment_method"]["last_four"], "9010", "{record}");
    assert_faulty("again", &desk.post("/charges", &body, &[]), &[SEALED]);
    // Long after the message is too old, its key still replays.
    desk.sandbox.advance_clock(7200);
    let again = desk.post("/charges", &body, &key);
    assert_eq!((again.status, &again.body), (200, &first.body), "{}", again.text());
    // A browser's clock does not know of that.
    let fresh = desk.browse_one(sealed(json!({"month": "7"})));
    let fresh = desk.charge(fresh, json!({"scenario_key": "scenario:auth_pin"}));
    assert_eq!(fresh.json()["next_action_type"], "requires_pin", "{}", fresh.text());
    let pin = desk.browse_one(json!({"do": "script_pin", "pin": "1234"}));
    let done = desk.authorize(&fresh.json(), merged(pin, json!({"auth_type": "pin"})));
    assert_eq!(done.json()["transaction_status"], "successful", "{}", done.text());
    desk.assert_audit_is_clean();
}

#[test]
fn what_is_refused() {
    let desk = Desk::open();
    let other = Desk::open();
    let orders = [
        ("too old", sealed(json!({"clock_off": -3700}))),
        ("from the future", sealed(json!({"clock_off": 400}))),
        ("a wrong number", sealed(json!({"number": "378282246310005"}))),
        ("an expired card", sealed(json!({"year": "25"}))),
        ("a wrong month", sealed(json!({"month": "13"}))),
        ("no CVV", sealed(json!({"cvv": ""}))),
    ];
    for ((name, _), made) in orders.iter().zip(desk.browse(&orders.clone().map(|(_, order)| order)))
    {
        assert_faulty(name, &desk.charge(made, json!({})), &[SEALED]);
    }
    let foreign = other.browse_one(sealed(json!({})));
    assert_faulty("another account's", &desk.charge(foreign, json!({})), &[SEALED]);
    let good = desk.browse_one(sealed(json!({})));
    let mut changed = text(&good, SEALED).into_bytes();
    changed[60] = if changed[60] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("ASCII");
    for (name, value) in [
        ("a changed byte", json!(changed)),
        ("a piece", json!(&text(&good, SEALED)[..80])),
        ("a placeholder", json!("<sealed>")),
        ("nothing", json!("")),
        ("a number", json!(5)),
        ("zeros", json!("A".repeat(200))),
    ] {
        assert_faulty(name, &desk.charge(json!({SEALED: value}), json!({})), &[SEALED]);
    }
    assert_eq!(desk.charge(good, json!({})).status, 200);
}

#[test]
fn the_public_key_is_the_accounts_and_stays() {
    let mut desk = Desk::open();
    let get =
        |desk: &Desk| desk.sandbox.request("GET", "/card-public-key", &[], "").text().into_owned();
    let before = get(&desk);
    desk.sandbox.terminate();
    desk.sandbox.restart();
    assert_eq!(get(&desk), before);
    let path = format!("{}/card-public-key", desk.sandbox.api.base_path);
    assert_refused("no key", &desk.sandbox.api.bare_request("GET", &path, &[], ""), 401, "91");
}

#[test]
fn the_script_is_small_and_any_page_may_load_it() {
    let desk = Desk::open();
    let answer = desk.sandbox.api.bare_request("GET", "/js/v2/dgspay.js", &[], "");
    assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.body.len() <= 10 * 1024, "{} bytes", answer.body.len());
}
