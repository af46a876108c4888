//! "Currency Conversion": preview, execution, and a wallet that is short.

use serde_json::{Value, json};

use crate::balances::available;
use crate::covered::Covered;
use crate::desk::{Desk, assert_faulty, merged, text};
use crate::parameters::{self, Row};
use crate::shape::{Shape, assert_shape};

const TABLE: [Row; 4] = [
    ("action", "string", ""),
    ("from_currency", "string", ""),
    ("to_currency", "string", ""),
    ("from_amount", "number", ""),
];

const PREVIEW: Shape<'_> = &[
    ("status", "\"success\""),
    ("message", "\"Conversion preview — no funds moved\""),
    ("from_currency", "\"USD\""),
    ("from_amount", "100"),
    ("to_currency", "\"EUR\""),
    ("to_amount", "94.50"),
    ("rate", "0.945000"),
    ("rate_display", "\"1 USD = 0.9450 EUR\""),
    ("fee", "0"),
];
const EXECUTION: Shape<'_> = &[
    ("status", "\"success\""),
    ("message", "\"Conversion initiated. EUR balance will be credited shortly.\""),
    ("dgs_conversion_ref", "\"DGSCONV*\""),
    ("conversion_status", "\"processing\""),
    ("from_currency", "\"USD\""),
    ("from_amount", "100"),
    ("to_currency", "\"EUR\""),
    ("to_amount", "94.50"),
    ("rate", "0.945000"),
    ("fee", "0"),
];
const SHORT: Shape<'_> = &[
    ("status", "\"failed\""),
    ("message", "\"Insufficient USD balance\""),
    ("error_code", "\"VALIDATION_ERROR\""),
    ("available_balance", "50"),
    ("required", "100"),
    ("currency", "\"USD\""),
];

pub fn covered() -> Covered {
    Covered::calls(&["POST /convert"]).table(&TABLE).shape(PREVIEW).shape(EXECUTION).shape(SHORT)
}

pub fn body(action: &str) -> Value {
    json!({"action": action, "from_currency": "USD", "to_currency": "EUR", "from_amount": 100})
}

#[test]
fn a_preview_moves_nothing_and_an_execution_debits_at_once() {
    let desk = Desk::open();
    let before = available(&desk, "USD");
    assert_shape("preview", &desk.post("/convert", &body("preview"), &[]).text(), PREVIEW);
    assert_eq!(available(&desk, "USD"), before);
    let answer = desk.post("/convert", &body("convert"), &[]);
    assert_shape("convert", &answer.text(), EXECUTION);
    assert_eq!(available(&desk, "USD"), before - 10_000);
    // Fifty dollars are left, as in the guide's example.
    let reference = text(&answer.json(), "dgs_conversion_ref");
    let rest = merged(body("convert"), json!({"from_amount": 850}));
    assert_eq!(desk.post("/convert", &rest, &[]).status, 200);
    let short = desk.post("/convert", &body("convert"), &[]);
    assert_eq!(short.status, 400);
    assert_shape("short", &short.text(), SHORT);
    assert_eq!(desk.record(&reference)["type"], "conversion");
    desk.assert_audit_is_clean();
}

#[test]
fn the_table_row_by_row() {
    let desk = Desk::open();
    parameters::walk(&desk, "/convert", &body("preview"), ("", &TABLE));
    for (field, value) in
        [("action", json!("swap")), ("from_amount", json!(0)), ("to_currency", json!("USD"))]
    {
        let answer = desk.post("/convert", &merged(body("convert"), json!({field: value})), &[]);
        assert_faulty(field, &answer, &[field]);
    }
}
