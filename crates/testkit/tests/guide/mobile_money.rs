//! "Mobile Money API": the parameter table, the example, and the three states.

use serde_json::{Value, json};

use crate::covered::Covered;
use crate::desk::{Desk, assert_faulty, merged, text};
use crate::parameters::{self, Row};
use crate::shape::{Shape, assert_shape};

const TABLE: [Row; 12] = [
    ("amount", "number", "Required"),
    ("currency", "string", "Required"),
    ("payment_type", "string", "Required"),
    ("customer_email", "string", "Required"),
    ("customer_first_name", "string", "Required"),
    ("customer_last_name", "string", "Required"),
    ("customer_phone", "string", "Required"),
    ("customer_phone_country_code", "string", "Required"),
    ("redirect_url", "string", "Required"),
    ("mobile_money_network", "string", "Required"),
    ("mobile_money_phone", "string", "Required"),
    ("narration", "string", "Optional"),
];

const PENDING: Shape<'_> = &[
    ("status", "\"success\""),
    ("message", "\"Charge initiated\""),
    ("transaction_id", "\"#\""),
    ("dgs_reference", "\"dgs_#\""),
    ("amount", "2000"),
    ("currency", "\"RWF\""),
    ("transaction_status", "\"pending\""),
    ("payment_method_type", "\"mobile_money\""),
    ("next_action_type", "\"redirect_url\""),
    ("next_action_redirect_url", "\"http*\""),
    ("display_text", "\"Complete payment on your mobile device\""),
];

/// The end comes after the answer: the guide's two final states are told by webhook, and the
/// record has each of their facts. Their shapes are held beside the code that writes them. Member of the guide, where the record has it, its value.
const COMPLETED: [(&str, &str, &str); 7] = [
    ("transaction_status", "/status", "success"),
    ("payment_method_type", "/payment_method_type", "mobile_money"),
    ("currency", "/currency", "RWF"),
    ("mobile_money_network", "/payment_method/network", "MTN"),
    ("mobile_money_phone", "/payment_method/phone", "+250789654321"),
    // The same number, with its country in front.
    ("mobile_money_country_code", "/payment_method/phone", "+250789654321"),
    ("amount", "/amount", "2000"),
];
const DECLINED: [(&str, &str, &str); 5] = [
    ("transaction_status", "/status", "failed"),
    ("payment_method_type", "/payment_method_type", "mobile_money"),
    ("processor_response", "/processor_response", "Insufficient funds"),
    ("currency", "/currency", "RWF"),
    ("amount", "/amount", "2000"),
];
/// What the guide prints of a declined issuer beside that, which cards are answered with at once.
const OF_ISSUER: [&str; 2] = ["issuer_response_type", "issuer_response_code"];

pub fn covered() -> Covered {
    let final_members = COMPLETED.iter().chain(&DECLINED).map(|(member, _, _)| *member);
    Covered::calls(&["POST /charges"])
        .table(&TABLE)
        .example(&example())
        .shape(PENDING)
        .words(&final_members.chain(OF_ISSUER).collect::<Vec<&str>>())
}

pub fn example() -> Value {
    json!({
        "amount": 2000,
        "currency": "RWF",
        "payment_type": "mobile_money",
        "customer_email": "jane.doe@example.com",
        "customer_first_name": "Jane",
        "customer_last_name": "Doe",
        "customer_phone": "789654321",
        "customer_phone_country_code": "250",
        "redirect_url": "https://yourdomain.com/payment-success",
        "narration": "Payment for Invoice #5678",
        "mobile_money_network": "MTN",
        "mobile_money_phone": "789654321",
    })
}

#[test]
fn the_example_is_pending_until_the_customer_approves() {
    let desk = Desk::open();
    let mut references = Vec::new();
    for (scenario, outcome) in
        [("issuer:approved", &COMPLETED[..]), ("issuer:insufficient_funds", &DECLINED[..])]
    {
        let body = merged(example(), json!({"scenario_key": scenario}));
        let answer = desk.post("/charges", &body, &[]);
        assert_shape(scenario, &answer.text(), PENDING);
        references.push((text(&answer.json(), "dgs_reference"), outcome));
    }
    desk.sandbox.advance_clock(3);
    for (reference, outcome) in &references {
        desk.receiver.wait_for_event(reference);
        let record = desk.record(reference);
        for (member, pointer, expected) in *outcome {
            let found = record.pointer(pointer).cloned().unwrap_or_default();
            let found = found.as_str().map_or(found.to_string(), str::to_owned);
            assert_eq!(found, *expected, "{member}: {record}");
        }
    }
    let references: Vec<String> = references.into_iter().map(|(reference, _)| reference).collect();
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}

#[test]
fn the_table_row_by_row() {
    let desk = Desk::open();
    parameters::walk(&desk, "/charges", &example(), ("", &TABLE));
}

/// What the text between the examples says.
#[test]
fn rwanda_only_and_both_networks() {
    let desk = Desk::open();
    for (name, more) in [
        ("Airtel", json!({"mobile_money_network": "Airtel", "mobile_money_phone": "738123456"})),
        ("local format", json!({"mobile_money_phone": "0789654321"})),
        ("international format", json!({"mobile_money_phone": "+250789654321"})),
    ] {
        let answer = desk.post("/charges", &merged(example(), more), &[]);
        assert_shape(name, &answer.text(), PENDING);
    }
    for (field, value) in [
        ("currency", json!("USD")),
        ("payment_type", json!("cash")),
        ("mobile_money_network", json!("Tigo")),
        ("amount", json!(0)),
    ] {
        let answer = desk.post("/charges", &merged(example(), json!({field: value})), &[]);
        assert_faulty(field, &answer, &[field]);
    }
}
