//! "Error Codes": each code, and the layers of status.

use serde_json::json;
use testkit::Answer;

use crate::covered::Covered;
use crate::desk::{Desk, assert_refused, merged};
use crate::mobile_money;
use testkit::Options;

/// Code and label, HTTP status, and the request that leads there.
type Case = (&'static str, u16, fn(&Desk) -> Answer);

const CODES: [Case; 6] = [
    ("00Success", 200, |desk| desk.sandbox.request("GET", "/balance", &[], "")),
    ("90Validation Error", 400, |desk| desk.sandbox.request("POST", "/charges", &[], "{")),
    ("91Auth Error", 401, |desk| {
        desk.sandbox.api.bare_request("GET", "/generation/v2/balance", &[], "")
    }),
    ("92Not Found", 404, |desk| desk.sandbox.request("GET", "/transactions/dgs_1", &[], "")),
    ("93Idempotency Error", 409, |desk| {
        let key = [("Idempotency-Key", "order-1")];
        desk.post("/charges", &mobile_money::example(), &key);
        desk.post("/charges", &merged(mobile_money::example(), json!({"amount": 1})), &key)
    }),
    // Safe to repeat after the short delay that it names.
    ("99Server Error", 429, |desk| {
        let ask = || desk.sandbox.request("GET", "/banks/RW", &[], "");
        std::iter::repeat_with(ask).find(|answer| answer.status != 200).expect("endless")
    }),
];

pub fn covered() -> Covered {
    let rows: Vec<&str> = CODES.iter().map(|(row, _, _)| *row).collect();
    Covered::default().rows(&rows).rows(&[
        "status: \"success\"",
        "status: \"pending\"",
        "status: \"failed\"",
        "error_code",
    ])
}

#[test]
fn every_code_has_its_cause() {
    for (row, status, cause) in CODES {
        let code = &row[..2];
        // So few requests that the last row's limit is met at once.
        let rate = if code == "99" { "1" } else { "1000" };
        let desk = Desk::open_with(Options::default().flag("--rate-limit", rate));
        let answer = cause(&desk);
        let json = answer.json();
        assert_eq!((answer.status, json["error_code"].as_str()), (status, Some(code)), "{json}");
        if code != "00" {
            assert_refused(row, &answer, status, code);
            assert!(json["message"].as_str().is_some_and(|text| !text.is_empty()), "{json}");
        }
        assert_eq!(answer.header("retry-after").is_some(), code == "99", "{row}");
    }
}

/// The API did its part, the payment waits, the customer refused: three layers.
#[test]
fn a_payment_that_fails_is_no_error_of_the_api() {
    let desk = Desk::open();
    let body = merged(mobile_money::example(), json!({"scenario_key": "issuer:do_not_honor"}));
    let answer = desk.post("/charges", &body, &[]).json();
    assert_eq!(
        (&answer["status"], &answer["transaction_status"]),
        (&json!("success"), &json!("pending"))
    );
    assert!(answer.get("error_code").is_none(), "{answer}");
    desk.sandbox.advance_clock(3);
    let event = desk.receiver.wait_for_event(answer["dgs_reference"].as_str().expect("text"));
    let told: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
    assert_eq!(told["status"], "failed", "{told}");
    assert!(told.get("error_code").is_none(), "{told}");
}
