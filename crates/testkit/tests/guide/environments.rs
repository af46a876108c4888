//! "Environments & Testing": every `scenario_key` of the table leads to its end, told once. Those
//! of cards are in `card_scenarios.rs`.

use serde_json::{Value, json};

use crate::card_scenarios::{ISSUERS, SCENES};
use crate::covered::Covered;
use crate::desk::{Desk, charge_body, merged, text};
use crate::{disburse, mobile_money};

/// Keys of mobile money, and what the record says once the delays are over.
const MOBILE_MONEY: [(&str, &str); 10] = [
    ("scenario:auth_pin", "success"),
    ("scenario:auth_redirect", "pending"),
    ("issuer:approved", "success"),
    ("issuer:insufficient_funds", "failed"),
    ("issuer:incorrect_pin", "failed"),
    ("issuer:expired_card", "failed"),
    ("issuer:invalid_cvv", "failed"),
    ("issuer:do_not_honor", "failed"),
    ("issuer:system_error", "failed"),
    ("scenario:auth_pin&issuer:do_not_honor", "failed"),
];

/// Keys of transfers, the record's word, and why.
const TRANSFERS: [(&str, &str, Option<&str>); 3] = [
    ("scenario:successful", "success", None),
    ("scenario:insufficient_balance", "failed", Some("Insufficient balance")),
    ("scenario:invalid_currency", "failed", Some("Invalid currency")),
];

pub fn covered() -> Covered {
    let keys = SCENES.iter().map(|(key, _)| *key).chain(ISSUERS.iter().map(|(key, _)| *key));
    let keys = keys.chain(MOBILE_MONEY.iter().map(|(key, _)| *key));
    let keys = keys.chain(TRANSFERS.iter().map(|(key, _, _)| *key));
    Covered::default().words(&keys.collect::<Vec<&str>>()).words(&["scenario_key"])
}

#[test]
fn every_key_of_mobile_money_and_transfers_has_its_end_told_once() {
    let desk = Desk::open();
    let mut ends = Vec::new();
    let keyed = |body: Value, key: &str| merged(body, json!({"scenario_key": key}));
    for (key, status) in MOBILE_MONEY {
        let answer = desk.post("/charges", &keyed(mobile_money::example(), key), &[]);
        assert_eq!(answer.status, 200, "{key}: {}", answer.text());
        ends.push((key, text(&answer.json(), "dgs_reference"), status, None));
    }
    for (key, status, reason) in TRANSFERS {
        let answer = desk.post("/disburse", &keyed(disburse::to_bank(), key), &[]);
        assert_eq!(answer.status, 200, "{key}: {}", answer.text());
        ends.push((key, text(&answer.json(), "dgs_reference"), status, reason));
    }
    desk.sandbox.advance_clock(3);
    for (key, reference, status, reason) in ends.iter().filter(|end| end.2 != "pending") {
        let event = desk.receiver.wait_for_event(reference);
        let told: Value = serde_json::from_slice(&event.body).expect("JSON");
        assert_eq!(told["status"], *status, "{key}: {told}");
        assert_eq!(told["fail_reason"].as_str(), *reason, "{key}: {told}");
    }
    let ended = ends.iter().filter(|end| end.2 != "pending");
    desk.assert_each_told_once(&ended.map(|end| end.1.clone()).collect::<Vec<String>>());
    for (key, reference, status, _) in &ends {
        assert_eq!(desk.record(reference)["status"], *status, "{key}");
    }
    let told = desk.receiver.received().len();
    assert_eq!(told, ends.len(), "all but the one that waits, and the last card");
    desk.assert_audit_is_clean();
}

/// The guide's example ends with a comma that JSON does not have.
#[test]
fn the_example_is_taken_as_it_is_printed() {
    let desk = Desk::open();
    let card = desk.browse_one(crate::desk::card());
    let body = charge_body(card, json!({})).to_string();
    let body = format!(
        "{}, \"scenario_key\": \"scenario:auth_pin&issuer:approved\",\n}}",
        body.trim_end_matches('}')
    );
    let answer = desk.sandbox.request("POST", "/charges", &[], body);
    assert_eq!(answer.json()["next_action_type"], "requires_pin", "{}", answer.text());
}
