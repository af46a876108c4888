//! "Conversion Webhook": both events, and the refund of the one that failed.

use serde_json::json;

use crate::balances::available;
use crate::convert::body;
use crate::covered::Covered;
use crate::desk::{Desk, merged, text};
use crate::shape::{Shape, assert_shape};

/// The guide prints the same rate with three decimals here and six elsewhere; ours has six.
const SUCCESS: Shape<'_> = &[
    ("event", "\"conversion.success\""),
    ("dgs_reference", "\"DGSCONV*\""),
    ("status", "\"success\""),
    ("from_currency", "\"USD\""),
    ("from_amount", "100"),
    ("to_currency", "\"EUR\""),
    ("to_amount", "94.50"),
    ("rate", "0.945000"),
    ("rate_display", "\"1 USD = 0.9450 EUR\""),
];
const FAILED: Shape<'_> = &[
    ("event", "\"conversion.failed\""),
    ("dgs_reference", "\"DGSCONV*\""),
    ("status", "\"failed\""),
    ("from_currency", "\"USD\""),
    ("from_amount", "100"),
    ("to_currency", "\"EUR\""),
    ("fail_reason", "\"Insufficient balance\""),
    ("refund_amount", "100"),
    ("refund_currency", "\"USD\""),
];

pub fn covered() -> Covered {
    Covered::default()
        .shape(SUCCESS)
        .shape(FAILED)
        .words(&["conversion.success", "conversion.failed"])
}

#[test]
fn the_outcome_is_told_once_and_a_failure_gives_back() {
    let desk = Desk::open();
    let before = available(&desk, "USD");
    let mut references = Vec::new();
    for (key, shape, left) in
        [("scenario:failed", FAILED, before), ("scenario:successful", SUCCESS, before - 10_000)]
    {
        let body = merged(body("convert"), json!({"scenario_key": key}));
        let answer = desk.post("/convert", &body, &[]);
        let reference = text(&answer.json(), "dgs_conversion_ref");
        desk.sandbox.advance_clock(3);
        let event = desk.receiver.wait_for_event(&reference);
        assert_shape(key, &String::from_utf8_lossy(&event.body), shape);
        testkit::signature::assert_signed(&event, &desk.sandbox.credentials().webhook_secret);
        assert_eq!(available(&desk, "USD"), left, "{key}");
        references.push(reference);
    }
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}
