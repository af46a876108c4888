//! The sandbox's `scenario_key` for disbursements.

use crate::merchant::{BANK, Merchant, OPENING, assert_refused, faulty_fields, with};

/// What each key leads to: the status, and what the failure is for.
const OUTCOMES: [(&str, &str, Option<&str>); 3] = [
    ("scenario:successful", "success", None),
    ("scenario:insufficient_balance", "failed", Some("Insufficient balance")),
    ("scenario:invalid_currency", "failed", Some("Invalid currency")),
];

fn keyed(key: &str) -> String {
    with(BANK, "/scenario_key", &format!("\"{key}\""))
}

#[test]
fn each_key_has_its_outcome_and_a_failure_gives_everything_back() {
    let merchant = Merchant::open();
    let mut left = OPENING;
    for (key, status, fail_reason) in OUTCOMES {
        let reference = merchant.pay(&keyed(key));
        assert_eq!(merchant.francs(), left - 10_000, "{key}: debited at acceptance");
        let event = merchant.finish(&reference);
        let told: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
        assert_eq!(told["event"], format!("disbursement.{status}"), "{key}");
        assert_eq!(told["status"], status, "{key}");
        assert_eq!(told["fail_reason"].as_str(), fail_reason, "{key}");
        assert_eq!(merchant.record(&reference)["status"], format!("\"{status}\""), "{key}");
        left -= if fail_reason.is_none() { 10_000 } else { 0 };
        assert_eq!(merchant.francs(), left, "{key}: at the end");
    }
    merchant.assert_audit_is_clean();
}

#[test]
fn a_restart_changes_no_outcome() {
    let mut merchant = Merchant::open();
    let made = OUTCOMES.map(|(key, status, _)| (status, merchant.pay(&keyed(key))));
    merchant.sandbox.kill();
    merchant.sandbox.restart();
    for (status, reference) in made {
        merchant.finish(&reference);
        assert_eq!(merchant.record(&reference)["status"], format!("\"{status}\""));
    }
    assert_eq!(merchant.francs(), OPENING - 10_000);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_key_that_does_not_apply_is_90_and_lists_what_does() {
    let merchant = Merchant::open();
    for key in [
        "successful",
        "scenario:no_such",
        "scenario:auth_pin",
        "scenario:failed",
        "issuer:approved",
        "scenario:successful&issuer:approved",
        "scenario:successful&scenario:successful",
    ] {
        let answer = merchant.disburse(&keyed(key), &[]);
        let json = assert_refused(key, &answer, 400, "90");
        assert_eq!(faulty_fields(&json["errors"]), ["scenario_key"], "{key}");
        for (allowed, _, _) in OUTCOMES {
            assert!(answer.text().contains(allowed), "{key}: {}", answer.text());
        }
    }
    assert_eq!((merchant.francs(), merchant.count("")), (OPENING, 0));
}
