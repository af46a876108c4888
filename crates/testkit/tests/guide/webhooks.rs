//! "Webhooks": signatures, acknowledgement, and the payment events.

use serde_json::json;
use testkit::signature::assert_signed;

use crate::covered::Covered;
use crate::desk::{Desk, merged, text};
use crate::mobile_money;
use crate::shape::{Shape, assert_shape};

const SUCCESS: Shape<'_> = &[
    ("event", "\"payment.success\""),
    ("dgs_reference", "\"dgs_#\""),
    ("flw_charge_id", "\"*\""),
    ("amount", "5000"),
    ("currency", "\"RWF\""),
    ("merchant_fee", "150"),
    ("net_amount", "4850"),
    ("status", "\"success\""),
    ("timestamp", "\"#-#-#T#:#:#Z\""),
    ("environment", "\"test\""),
];
const FAILED: Shape<'_> = &[
    ("event", "\"payment.failed\""),
    ("dgs_reference", "\"dgs_#\""),
    ("flw_charge_id", "\"*\""),
    ("amount", "5000"),
    ("currency", "\"RWF\""),
    ("merchant_fee", "0"),
    ("net_amount", "0"),
    ("status", "\"failed\""),
    ("timestamp", "\"#-#-#T#:#:#Z\""),
    ("environment", "\"test\""),
];

pub fn covered() -> Covered {
    let rows = ["event", "dgs_reference", "merchant_fee", "net_amount", "environment"];
    Covered::default()
        .shape(SUCCESS)
        .shape(FAILED)
        .rows(&rows)
        .words(&["payment.success", "payment.failed"])
}

#[test]
fn both_payment_events_are_told_once_and_signed() {
    let desk = Desk::open();
    let mut references = Vec::new();
    for (key, shape) in [("issuer:approved", SUCCESS), ("issuer:insufficient_funds", FAILED)] {
        let more = json!({"amount": 5000, "scenario_key": key});
        let answer = desk.post("/charges", &merged(mobile_money::example(), more), &[]);
        let reference = text(&answer.json(), "dgs_reference");
        desk.sandbox.advance_clock(3);
        let event = desk.receiver.wait_for_event(&reference);
        assert_eq!((event.method.as_str(), event.path.as_str()), ("POST", "/ok"));
        assert_eq!(event.header("content-type"), "application/json");
        assert_shape(key, &String::from_utf8_lossy(&event.body), shape);
        let shown = event.header("x-dgs-signature");
        let is_hex = shown.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        assert!(shown.len() == 64 && is_hex, "{shown}");
        assert_signed(&event, &desk.sandbox.credentials().webhook_secret);
        let told: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
        assert_eq!(told["flw_charge_id"], desk.record(&reference)["flw_reference"], "{told}");
        references.push(reference);
    }
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}

#[test]
fn whatever_is_not_200_is_sent_again_and_a_callback_url_comes_first() {
    let desk = Desk::open();
    let url = desk.receiver.url("/flaky/its-own");
    let body = merged(mobile_money::example(), json!({"callback_url": url}));
    assert_eq!(desk.post("/charges", &body, &[]).status, 200);
    desk.sandbox.advance_clock(3);
    desk.receiver.wait_at("/flaky/its-own", 1);
    // A charge of its own, told of: by then the failed attempt is on record.
    desk.assert_each_told_once(&[]);
    desk.sandbox.advance_clock(10);
    let attempts = desk.receiver.wait_at("/flaky/its-own", 2);
    assert_eq!(attempts[0].body, attempts[1].body, "the same bytes");
}
