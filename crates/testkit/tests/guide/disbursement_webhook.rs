//! "Disbursement Webhook": both events, as the guide prints them.

use serde_json::json;

use crate::covered::Covered;
use crate::desk::{Desk, merged, text};
use crate::disburse::{to_bank, to_phone};
use crate::shape::{Shape, assert_shape, member};

const SUCCESS: Shape<'_> = &[
    ("event", "\"disbursement.success\""),
    ("dgs_reference", "\"DGS#\""),
    ("flw_transfer_id", "#"),
    ("status", "\"success\""),
    ("amount", "10000"),
    ("fee", "100"),
    ("recipient_gets", "9900"),
    ("currency", "\"RWF\""),
    ("destination_type", "\"bank\""),
    ("recipient", "{*}"),
    ("proof", "\"FLW-PROOF-#\""),
];
const RECIPIENT: Shape<'_> =
    &[("account_number", "\"1234567890\""), ("bank_key", "\"kcb_rw\""), ("name", "\"John Doe\"")];
const FAILED: Shape<'_> = &[
    ("event", "\"disbursement.failed\""),
    ("dgs_reference", "\"DGS#\""),
    ("flw_transfer_id", "#"),
    ("status", "\"failed\""),
    ("amount", "10000"),
    ("fee", "100"),
    ("recipient_gets", "9900"),
    ("currency", "\"RWF\""),
    ("destination_type", "\"mobile_money\""),
    ("fail_reason", "\"*\""),
];
const EVENTS: [&str; 2] = ["disbursement.success", "disbursement.failed"];

pub fn covered() -> Covered {
    Covered::calls(&["POST /disburse"])
        .shape(SUCCESS)
        .shape(RECIPIENT)
        .shape(FAILED)
        .words(&EVENTS)
        .rows(&EVENTS)
}

#[test]
fn the_outcome_is_told_once_and_signed() {
    let desk = Desk::open();
    let key = json!({"amount": 10000, "scenario_key": "scenario:insufficient_balance"});
    let mut references = Vec::new();
    for (body, shape) in [(to_bank(), SUCCESS), (merged(to_phone(), key), FAILED)] {
        let answer = desk.post("/disburse", &body, &[]);
        let reference = text(&answer.json(), "dgs_reference");
        desk.sandbox.advance_clock(3);
        let event = desk.receiver.wait_for_event(&reference);
        let told = String::from_utf8_lossy(&event.body);
        assert_shape(&reference, &told, shape);
        // Within what a reader in JavaScript holds exactly.
        let id: u64 = member(&told, "flw_transfer_id").parse().expect("digits");
        assert!(id < 1 << 53, "{id}");
        if shape == SUCCESS {
            assert_shape("recipient", &member(&told, "recipient"), RECIPIENT);
        }
        testkit::signature::assert_signed(&event, &desk.sandbox.credentials().webhook_secret);
        references.push(reference);
    }
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}
