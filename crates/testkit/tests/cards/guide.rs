//! Cards that the guide's own routine encrypted, and what is answered and recorded.

use serde_json::{Value, json};

use crate::desk::{Desk, assert_faulty, card, members, merged, text};

const COMPLETED: [&str; 8] = [
    "amount",
    "currency",
    "dgs_reference",
    "message",
    "payment_method_type",
    "status",
    "transaction_id",
    "transaction_status",
];

#[test]
fn what_the_guides_routine_encrypts_is_charged_at_once() {
    let desk = Desk::open();
    let orders = [
        ("as the guide", card()),
        ("24 hex characters as 12 bytes", with(json!({"nonce": LONG, "is_hex": true}))),
        ("24 hex characters as they are", with(json!({"nonce": OTHER_LONG}))),
        ("12 characters that are no hex", with(json!({"nonce": "Zz-Nonce-012"}))),
        ("a year of two digits", with(json!({"year": "68"}))),
        ("a code of four digits", with(json!({"cvv": "1234"}))),
        ("Mastercard", with(json!({"number": "5555555555554444"}))),
        ("Mastercard's newer range", with(json!({"number": "2223003122003222"}))),
        ("the served script", with(json!({"do": "script_card"}))),
    ];
    let payloads = desk.browse(&orders.clone().map(|(_, order)| order));
    let mut references = Vec::new();
    for ((name, order), payload) in orders.iter().zip(payloads) {
        let answer = desk.charge(payload, json!({}));
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let charged = answer.json();
        assert_eq!(members(&charged), COMPLETED, "{name}: {charged}");
        for (member, expected) in [
            ("status", "success"),
            ("message", "Payment completed"),
            ("transaction_status", "successful"),
            ("payment_method_type", "card"),
            ("currency", "RWF"),
        ] {
            assert_eq!(charged[member], expected, "{name}: {charged}");
        }
        let record = desk.record(&text(&charged, "dgs_reference"));
        let number = text(order, "number");
        let brand = if number.starts_with('4') { "Visa" } else { "Mastercard" };
        let kept = json!({
            "type": "card",
            "brand": brand,
            "first_six": number[..6],
            "last_four": number[number.len() - 4..],
            "expiry": "12/2068",
        });
        assert_eq!(record["payment_method"], kept, "{name}");
        assert_eq!((&record["status"], &record["fee"]), (&json!("success"), &json!(150)), "{name}");
        references.push(text(&charged, "dgs_reference"));
    }
    desk.assert_each_told_once(&references);
    for event in desk.receiver.received() {
        let body: Value = serde_json::from_slice(&event.body).expect("JSON");
        assert!(text(&body, "flw_charge_id").starts_with("flw_"), "{body}");
    }
    desk.assert_audit_is_clean();
}

#[test]
fn currencies_and_addresses_of_cards() {
    let desk = Desk::open();
    let taken = [
        ("dollars and cents", json!({"amount": 12.5, "currency": "USD"})),
        ("euros", json!({"amount": 7, "currency": "EUR"})),
        ("nowhere to go back to", json!({"redirect_url": null})),
    ];
    let refused = [
        ("naira", json!({"currency": "NGN"}), "currency"),
        ("no such currency", json!({"currency": "XXX"}), "currency"),
        ("tenths of a franc", json!({"amount": 5000.5}), "amount"),
        ("thousandths of a dollar", json!({"amount": 1.005, "currency": "USD"}), "amount"),
        ("a script for an address", json!({"redirect_url": "javascript:x"}), "redirect_url"),
        (
            "a scenario of mobile money",
            json!({"scenario_key": "scenario:auth_redirect"}),
            "scenario_key",
        ),
    ];
    let payloads = desk.browse(&vec![card(); taken.len() + refused.len()]);
    let mut payloads = payloads.into_iter();
    for ((name, more), payload) in taken.into_iter().zip(payloads.by_ref()) {
        let answer = desk.charge(payload, more);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    for ((name, more, field), payload) in refused.into_iter().zip(payloads) {
        assert_faulty(name, &desk.charge(payload, more), &[field]);
    }
    desk.assert_audit_is_clean();
}

const LONG: &str = "00112233445566778899aAbB";
const OTHER_LONG: &str = "ffeeddccbbaa998877665544";

fn with(more: Value) -> Value {
    merged(card(), more)
}
