//! `POST /sandbox/deposits`, and what a deposit is afterwards.

use serde_json::json;
use testkit::providers::Server;
use testkit::providers::providus::Providus;
use testkit::providers::world::Wishes;

use crate::accounts::at;
use crate::desk::{Desk, text};

#[test]
fn a_developer_pays_in_and_the_money_settles() {
    let desk = Desk::open();
    let number = desk.open_account();
    let body = json!({
        "account_number": number,
        "amount": 2500.75,
        "sender_name": "ADA OBI STORES",
        "remarks": "Invoice 7",
        "settlement_id": "first",
    });
    let answer = desk.post("/sandbox/deposits", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let data = answer.json()["data"].clone();
    assert_eq!(data["settlement_id"], "first");
    assert_eq!(data["notice_answer"]["responseCode"], "00");
    assert_eq!(data["notice_answer"]["sessionId"], data["session_id"]);
    let again = desk.post("/sandbox/deposits", &body).json();
    assert_eq!(again["data"]["notice_answer"]["responseCode"], "01");

    let deposit = desk.wait_for("credited");
    assert_eq!(deposit["account_number"], number);
    assert_eq!(deposit["amount"], json!(2500.75));
    assert_eq!(deposit["sender"]["account_name"], "ADA OBI STORES");
    assert_eq!(deposit["remarks"], "Invoice 7");
    let reference = text(&deposit["dgs_reference"]);
    desk.receiver.wait_for_event(&reference);
    assert_eq!(desk.naira(), 250_075 - 7_502);
    // There is no way back to whoever paid.
    let refund = desk.post("/refunds", &json!({"dgs_reference": reference}));
    assert_eq!(
        (refund.status, &refund.json()["errors"][0]["field"]),
        (400, &json!("dgs_reference"))
    );

    let next = desk.post("/sandbox/deposits", &json!({"account_number": number, "amount": 1}));
    assert_eq!(next.json()["data"]["notice_answer"]["responseCode"], "00");
    assert_eq!(desk.deposits().len(), 2);
    desk.assert_audit_is_clean();
}

#[test]
fn only_into_an_account_of_ones_own_at_the_sandboxs_bank() {
    let desk = Desk::open();
    let nobody =
        desk.post("/sandbox/deposits", &json!({"account_number": "9000000000", "amount": 1}));
    assert_eq!(nobody.status, 404, "{}", nobody.text());
    let empty = desk.post("/sandbox/deposits", &json!({}));
    assert_eq!(empty.json()["errors"].as_array().map(Vec::len), Some(2), "{}", empty.text());
    drop(desk);
    let bank = Server::start(Box::new(Providus::default()), Wishes::default());
    let desk = Desk::open_with(at(&bank, "off"));
    let number = desk.open_account();
    let elsewhere = desk.post("/sandbox/deposits", &json!({"account_number": number, "amount": 1}));
    assert_eq!(elsewhere.status, 404, "{}", elsewhere.text());
}
