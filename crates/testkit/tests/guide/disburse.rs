//! "Disburse Funds": three tables, two examples, and who pays the fee.

use serde_json::{Value, json};

use crate::balances::available;
use crate::covered::Covered;
use crate::desk::{Desk, assert_faulty, assert_refused, merged, text};
use crate::parameters::{self, Row};
use crate::shape::{Shape, assert_shape};

const TABLE: [Row; 5] = [
    ("amount", "number", "Required"),
    ("destination_type", "string", "Required"),
    ("recipient", "object", "Required"),
    ("narration", "string", "Optional"),
    ("callback_url", "string", "Optional"),
];
const BANK_RECIPIENT: [Row; 4] = [
    ("bank_key", "", "Required"),
    ("account_number", "", "Required"),
    ("name", "", "Optional"),
    ("branch", "", "Optional"),
];
const MOBILE_RECIPIENT: [Row; 4] = [
    ("msisdn", "", "Required"),
    ("network", "", "Required"),
    ("country", "", "Required"),
    ("name", "", "Optional"),
];

/// The guide prints no answer; this is ours.
const QUEUED: Shape<'_> = &[
    ("status", "\"success\""),
    ("message", "\"Disbursement queued for processing\""),
    ("dgs_reference", "\"DGS#\""),
    ("transaction_status", "\"pending\""),
    ("amount", "10000"),
    ("fee", "100"),
    ("recipient_gets", "9900"),
    ("currency", "\"RWF\""),
    ("destination_type", "\"*\""),
];

pub fn covered() -> Covered {
    Covered::calls(&["POST /disburse"])
        .table(&TABLE)
        .table(&BANK_RECIPIENT)
        .table(&MOBILE_RECIPIENT)
        .example(&to_bank())
        .example(&to_phone())
}

pub fn to_bank() -> Value {
    json!({
        "amount": 10000,
        "destination_type": "bank",
        "recipient": {
            "bank_key": "kcb_rw",
            "account_number": "1234567890",
            "name": "John Doe",
            "branch": "Kigali Main",
        },
        "narration": "Vendor payment April 2026",
    })
}

pub fn to_phone() -> Value {
    json!({
        "amount": 5000,
        "destination_type": "mobile_money",
        "recipient": {
            "msisdn": "+250788123456",
            "network": "MTN",
            "country": "RW",
            "name": "Jane Doe",
        },
    })
}

#[test]
fn the_tables_row_by_row() {
    let desk = Desk::open();
    let url = desk.receiver.url("/ok/its-own");
    let bank = merged(to_bank(), json!({"callback_url": url}));
    parameters::walk(&desk, "/disburse", &bank, ("", &TABLE));
    parameters::walk(&desk, "/disburse", &bank, ("/recipient", &BANK_RECIPIENT));
    parameters::walk(&desk, "/disburse", &to_phone(), ("/recipient", &MOBILE_RECIPIENT));
    desk.assert_audit_is_clean();
}

#[test]
fn the_gross_amount_leaves_the_wallet_and_the_recipient_gets_the_net() {
    let desk = Desk::open();
    let before = available(&desk, "RWF");
    let phone = merged(to_phone(), json!({"amount": 10000}));
    let mut local = phone.clone();
    local["recipient"]["msisdn"] = json!("0788123456");
    for (name, body) in [("bank", to_bank()), ("mobile money", phone), ("local format", local)] {
        let answer = desk.post("/disburse", &body, &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_shape(name, &answer.text(), QUEUED);
    }
    assert_eq!(available(&desk, "RWF"), before - 3_000_000, "hundredths of francs");
    let within_the_fee = merged(to_bank(), json!({"amount": 100}));
    assert_faulty("within the fee", &desk.post("/disburse", &within_the_fee, &[]), &["amount"]);
    let too_dear = desk.post("/disburse", &merged(to_bank(), json!({"amount": 10_000_000})), &[]);
    assert_refused("a short wallet", &too_dear, 400, "90");
}

#[test]
fn a_callback_url_takes_the_transfers_event() {
    let desk = Desk::open();
    let url = desk.receiver.url("/ok/its-own");
    let body = merged(to_bank(), json!({"callback_url": url}));
    let answer = desk.post("/disburse", &body, &[]).json();
    desk.sandbox.advance_clock(3);
    let event = desk.receiver.wait_for_event(&text(&answer, "dgs_reference"));
    assert_eq!(event.path, "/ok/its-own");
}
