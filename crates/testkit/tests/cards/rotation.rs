//! Keys are replaced: the old one is accepted until its time ends, the new one at once.

use serde_json::{Value, json};
use testkit::Options;

use crate::desk::{Desk, assert_faulty, assert_refused, card, merged, text};

const FOUR: [&str; 4] = [
    "card_encrypted_number",
    "card_encrypted_expiry_month",
    "card_encrypted_expiry_year",
    "card_encrypted_cvv",
];

/// The new key's answer.
fn rotate(desk: &Desk, path: &str, body: &Value) -> Value {
    let answer = desk.post(path, body, &[]);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["data"].clone()
}

fn card_under(key: &str, more: Value) -> Value {
    merged(merged(card(), json!({"key": key})), more)
}

#[test]
fn an_old_encryption_key_serves_until_its_overlap_ends() {
    let mut desk = Desk::open();
    let old = desk.sandbox.credentials().encryption_key.clone();
    let new =
        text(&rotate(&desk, "/encryption-keys/rotate", &json!({"overlap_hours": 72})), "secret");
    assert_ne!(old, new);
    let nonce = json!({"nonce": "abc123def456"});
    let pin = |key: &str| json!({"do": "pin", "pin": "1234", "key": key});
    let made = desk.browse(&[
        card_under(&old, nonce.clone()),
        card_under(&new, nonce.clone()),
        card_under(&old, nonce.clone()),
        card_under(&old, json!({})),
        card_under(&old, json!({})),
        card_under(&new, json!({})),
        pin(&old),
        pin(&old),
        pin(&new),
    ]);
    let charge = |desk: &Desk, at: usize| desk.charge(made[at].clone(), json!({}));
    assert_eq!(charge(&desk, 0).status, 200, "{}", charge(&desk, 0).text());
    assert_eq!(charge(&desk, 1).status, 200, "the same nonce under another key");
    assert_faulty("the same nonce under the old key", &charge(&desk, 2), &["card_nonce"]);
    let mixed = merged(made[3].clone(), json!({FOUR[3]: made[5][FOUR[3]]}));
    assert_faulty("fields under two keys", &desk.charge(mixed, json!({})), &FOUR[3..]);
    let authorize = |desk: &Desk, charged: &Value, at: usize| {
        desk.authorize(charged, merged(made[at].clone(), json!({"auth_type": "pin"})))
    };
    let asks = json!({"scenario_key": "scenario:auth_pin"});
    let first = desk.charge(made[3].clone(), asks.clone()).json();
    assert_eq!(authorize(&desk, &first, 6).json()["transaction_status"], "successful");

    // A restart knows both, and prints the new one.
    desk.sandbox.terminate();
    desk.sandbox.restart();
    assert_eq!(desk.sandbox.credentials().encryption_key, new);
    desk.sandbox.advance_clock(72 * 3600 - 60);
    let second = desk.charge(made[4].clone(), asks).json();
    assert_eq!(second["next_action_type"], "requires_pin", "{second}");
    desk.sandbox.advance_clock(60);
    assert_faulty("after its time", &charge(&desk, 0), &FOUR);
    assert_faulty("a PIN", &authorize(&desk, &second, 7), &["auth_pin_encrypted"]);
    assert_eq!(authorize(&desk, &second, 8).json()["transaction_status"], "successful");
    assert_eq!(charge(&desk, 5).status, 200);
    desk.assert_audit_is_clean();
}

#[test]
fn a_rotation_without_overlap_or_a_second_one_ends_the_old_key() {
    let desk = Desk::open();
    let first = desk.sandbox.credentials().encryption_key.clone();
    let path = "/encryption-keys/rotate";
    let second = rotate(&desk, path, &json!({}));
    assert!(second["old_secret_ends_at"].is_string(), "a day where nothing is said: {second}");
    let third = rotate(&desk, path, &json!({"overlap_hours": 1}));
    let fourth = rotate(&desk, path, &json!({"overlap_hours": 0}));
    assert_eq!(fourth["old_secret_ends_at"], Value::Null);
    let keys = [first, text(&second, "secret"), text(&third, "secret"), text(&fourth, "secret")];
    let made = desk.browse(&keys.each_ref().map(|key| card_under(key, json!({}))));
    for (at, payload) in made.into_iter().enumerate() {
        let answer = desk.charge(payload, json!({}));
        let expected = if at == 3 { 200 } else { 400 };
        assert_eq!(answer.status, expected, "key {at}: {}", answer.text());
    }
    for body in [
        json!({"overlap_hours": 73}),
        json!({"overlap_hours": -1}),
        json!({"overlap_hours": 1.5}),
        json!({"overlap_hours": "1"}),
    ] {
        assert_faulty(path, &desk.post(path, &body, &[]), &["overlap_hours"]);
    }
}

#[test]
fn a_rotation_that_is_repeated_shows_the_same_key() {
    let desk = Desk::open();
    let key = [("Idempotency-Key", "rotation-1")];
    let first = desk.post("/encryption-keys/rotate", &json!({}), &key);
    let again = desk.post("/encryption-keys/rotate", &json!({}), &key);
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[test]
fn an_old_api_key_lets_in_until_its_overlap_ends() {
    let mut desk = Desk::open();
    let path = "/api-keys/rotate";
    let first = desk.sandbox.credentials().api_key.clone();
    let answer = rotate(&desk, path, &json!({"overlap_hours": 2}));
    let second = text(&answer, "secret");
    assert!(second.starts_with("sk_test_") && second != first, "{answer}");
    let status = |desk: &Desk, key: &str| {
        let mut api = desk.sandbox.api.clone();
        key.clone_into(&mut api.credentials.api_key);
        api.request("GET", "/balance", &[], "").status
    };
    assert_eq!((status(&desk, &first), status(&desk, &second)), (200, 200));
    desk.sandbox.advance_clock(2 * 3600);
    assert_eq!((status(&desk, &first), status(&desk, &second)), (401, 200));
    desk.sandbox.api.credentials.api_key.clone_from(&second);
    let third = text(&rotate(&desk, path, &json!({"overlap_hours": 0})), "secret");
    assert_eq!((status(&desk, &second), status(&desk, &third)), (401, 200));
    desk.sandbox.terminate();
    desk.sandbox.restart();
    assert_eq!(desk.sandbox.credentials().api_key, third);
    for old in [first, second] {
        assert_eq!(status(&desk, &old), 401);
    }
}

/// Nobody gets to try out ciphertexts in numbers.
#[test]
fn too_many_cards_that_cannot_be_decrypted_make_all_wait() {
    let desk = Desk::open_with(Options::default());
    let made = desk.browse(&[card(), card(), json!({"do": "pin", "pin": "1234"})]);
    let asks = json!({"scenario_key": "scenario:auth_pin"});
    let charged = desk.charge(made[0].clone(), asks).json();
    let bad = merged(made[1].clone(), json!({"card_nonce": "abc123def456"}));
    for _ in 0..100 {
        assert_faulty("another nonce", &desk.charge(bad.clone(), json!({})), &FOUR);
    }
    let pin = merged(made[2].clone(), json!({"auth_type": "pin"}));
    for answer in [desk.charge(made[1].clone(), json!({})), desk.authorize(&charged, pin.clone())] {
        assert_refused("too many", &answer, 429, "99");
        let wait: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("s");
        assert!((1..=61).contains(&wait), "{wait}");
    }
    // What is not encrypted goes on.
    let mobile = json!({"payment_type": "mobile_money", "mobile_money_network": "MTN",
                        "mobile_money_phone": "789654321"});
    assert_eq!(desk.charge(json!({}), mobile).status, 200);
    desk.sandbox.advance_clock(60);
    assert_eq!(desk.charge(made[1].clone(), json!({})).status, 200);
    assert_eq!(desk.authorize(&charged, pin).json()["transaction_status"], "successful");
    desk.assert_audit_is_clean();
}
