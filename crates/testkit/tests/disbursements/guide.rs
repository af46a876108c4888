//! The guide's own examples of disbursements, answered and told field for field.

use testkit::http::fields;

use crate::merchant::{
    BANK, MOBILE_MONEY, Merchant, OPENING, assert_exactly, paying, reference_of, with, without,
};

#[test]
fn the_guides_disbursements_are_accepted() {
    let merchant = Merchant::open();
    for (name, body, amount, gets, kind) in [
        ("bank", BANK, "10000", "9900", r#""bank""#),
        ("mobile money", MOBILE_MONEY, "5000", "4900", r#""mobile_money""#),
    ] {
        let answer = merchant.disburse(body, &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
        let reference = reference_of(&answer);
        let digits = reference.strip_prefix("DGS").unwrap_or_default();
        assert!(!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()), "{reference}");
        let expected = [
            ("status", r#""success""#),
            ("message", r#""Disbursement queued for processing""#),
            ("dgs_reference", &format!("\"{reference}\"")),
            ("transaction_status", r#""pending""#),
            ("amount", amount),
            ("fee", "100"),
            ("recipient_gets", gets),
            ("currency", r#""RWF""#),
            ("destination_type", kind),
        ];
        assert_exactly(name, &answer.fields(), &expected);
    }
}

#[test]
fn what_is_optional_may_be_left_out() {
    let merchant = Merchant::open();
    for (name, body) in [
        ("bank without a name", without(BANK, "/recipient/name")),
        ("bank without a branch", without(BANK, "/recipient/branch")),
        ("without a narration", without(BANK, "/narration")),
        ("null is not there", with(BANK, "/narration", "null")),
        ("mobile money without a name", without(MOBILE_MONEY, "/recipient/name")),
        ("a field nobody knows", with(MOBILE_MONEY, "/recipient/nickname", r#""J""#)),
        ("the network in another case", with(MOBILE_MONEY, "/recipient/network", r#""mtn""#)),
        ("Airtel", with(MOBILE_MONEY, "/recipient/network", r#""Airtel""#)),
        ("the country in another case", with(MOBILE_MONEY, "/recipient/country", r#""rw""#)),
        ("one franc beyond the fee", paying(101)),
        ("no more decimals than francs have", with(BANK, "/amount", "2000.0")),
        ("the default outcome", with(BANK, "/scenario_key", r#""scenario:successful""#)),
    ] {
        let answer = merchant.disburse(&body, &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
}

#[test]
fn a_success_is_told_as_the_guide_shows() {
    let merchant = Merchant::open();
    let reference = merchant.pay(BANK);
    let event = merchant.finish(&reference);
    let told = event.fields();
    let (id, proof) = (told["flw_transfer_id"].clone(), told["proof"].clone());
    // Within what a reader in JavaScript holds exactly.
    assert!(id.parse::<u64>().is_ok_and(|id| id < 1 << 53), "{id}");
    let digits = proof.trim_matches('"').strip_prefix("FLW-PROOF-").unwrap_or_default();
    assert!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()), "{proof}");
    let expected = [
        ("event", r#""disbursement.success""#),
        ("dgs_reference", &format!("\"{reference}\"")),
        ("flw_transfer_id", &id),
        ("status", r#""success""#),
        ("amount", "10000"),
        ("fee", "100"),
        ("recipient_gets", "9900"),
        ("currency", r#""RWF""#),
        ("destination_type", r#""bank""#),
        ("recipient", &told["recipient"]),
        ("proof", &proof),
    ];
    assert_exactly("event", &told, &expected);
    let recipient = [
        ("account_number", r#""1234567890""#),
        ("bank_key", r#""kcb_rw""#),
        ("name", r#""John Doe""#),
    ];
    assert_exactly("recipient", &fields(&told["recipient"]), &recipient);
    testkit::signature::assert_signed(&event, &merchant.sandbox.credentials().webhook_secret);
}

#[test]
fn a_failure_is_told_as_the_guide_shows() {
    let merchant = Merchant::open();
    let key = r#""scenario:insufficient_balance""#;
    let reference = merchant.pay(&with(MOBILE_MONEY, "/scenario_key", key));
    let told = merchant.finish(&reference).fields();
    let id = told["flw_transfer_id"].clone();
    assert!(id.parse::<u64>().is_ok(), "{id}");
    let expected = [
        ("event", r#""disbursement.failed""#),
        ("dgs_reference", &format!("\"{reference}\"")),
        ("flw_transfer_id", &id),
        ("status", r#""failed""#),
        ("amount", "5000"),
        ("fee", "100"),
        ("recipient_gets", "4900"),
        ("currency", r#""RWF""#),
        ("destination_type", r#""mobile_money""#),
        ("fail_reason", r#""Insufficient balance""#),
    ];
    assert_exactly("event", &told, &expected);
}

#[test]
fn the_wallet_is_debited_at_acceptance() {
    let merchant = Merchant::open();
    let reference = merchant.pay(BANK);
    assert_eq!(merchant.francs(), OPENING - 10_000, "before the transfer");
    merchant.finish(&reference);
    assert_eq!(merchant.francs(), OPENING - 10_000, "after it");
    merchant.assert_audit_is_clean();
}

#[test]
fn an_event_goes_to_the_disbursements_own_callback_url() {
    let merchant = Merchant::open();
    let url = merchant.receiver.url("/ok/its-own");
    let reference = merchant.pay(&with(BANK, "/callback_url", &format!("\"{url}\"")));
    assert_eq!(merchant.finish(&reference).path, "/ok/its-own");
    let other = merchant.pay(BANK);
    assert_eq!(merchant.finish(&other).path, "/ok");
    assert_eq!(merchant.receiver.received_at("/ok/its-own").len(), 1);
}
