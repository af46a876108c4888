//! `POST /disburse/bulk`: many disbursements as one effect, in JSON and as a spreadsheet saves it.

use serde_json::Value;
use testkit::Answer;

use crate::merchant::{
    BANK, MOBILE_MONEY, Merchant, OPENING, TRANSFER_S, assert_refused, assert_short, paying, with,
};

/// A bulk in JSON.
pub fn bulk(mode: Option<&str>, lines: &[String]) -> String {
    let mode = mode.map(|mode| format!("\"mode\": \"{mode}\", ")).unwrap_or_default();
    format!("{{{mode}\"disbursements\": [{}]}}", lines.join(", "))
}

pub fn post(merchant: &Merchant, body: &str) -> Answer {
    merchant.sandbox.request("POST", "/disburse/bulk", &[], body)
}

pub fn post_csv(merchant: &Merchant, query: &str, body: &str) -> Answer {
    let api = &merchant.sandbox.api;
    let headers = [
        ("X-DGS-API-Key", api.credentials.api_key.as_str()),
        ("X-DGS-ACCOUNT-NUMBER", api.credentials.account_number.as_str()),
        ("Content-Type", "text/csv; charset=utf-8"),
    ];
    api.bare_request("POST", &format!("{}/disburse/bulk{query}", api.base_path), &headers, body)
}

fn accepted(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    assert_eq!(json["status"], "success", "{json}");
    json
}

/// The progress of the bulk that an answer names.
fn progress(merchant: &Merchant, answer: &Value) -> Value {
    let id = answer["bulk_id"].as_str().unwrap_or_default();
    let shown = merchant.get(&format!("/disburse/bulk/{id}"));
    assert_eq!(shown.status, 200, "{id}: {}", shown.text());
    shown.json()["data"].clone()
}

fn counts(progress: &Value) -> [u64; 4] {
    ["total", "pending", "success", "failed"].map(|name| progress[name].as_u64().unwrap_or(99))
}

#[test]
fn a_bulk_is_accepted_line_by_line_and_shows_how_far_it_is() {
    let merchant = Merchant::open();
    let failing = with(BANK, "/scenario_key", r#""scenario:invalid_currency""#);
    let named = with(MOBILE_MONEY, "/reference", r#""salary-7""#);
    let answer = accepted(&post(&merchant, &bulk(None, &[BANK.to_owned(), named, failing])));
    assert_eq!(
        (&answer["mode"], &answer["accepted"], &answer["refused"], &answer["amount"]),
        (&"all".into(), &3.into(), &0.into(), &25_000.into()),
        "{answer}"
    );
    assert_eq!(merchant.francs(), OPENING - 25_000);
    let lines = answer["lines"].as_array().expect("lines");
    for (line, number) in lines.iter().zip(1..) {
        assert_eq!(line["line"], number, "{answer}");
        let record = merchant.record(line["dgs_reference"].as_str().unwrap_or_default());
        assert_eq!(record["status"], r#""pending""#, "{answer}");
    }
    assert_eq!(lines[1]["reference"], "salary-7", "{answer}");
    assert_eq!((&lines[1]["fee"], &lines[1]["recipient_gets"]), (&100.into(), &4900.into()));

    assert_eq!(counts(&progress(&merchant, &answer)), [3, 3, 0, 0]);
    merchant.sandbox.advance_clock(TRANSFER_S);
    merchant.receiver.wait_at("/ok", 3);
    let shown = progress(&merchant, &answer);
    assert_eq!(counts(&shown), [3, 0, 2, 1], "{shown}");
    let ends: Vec<&str> = shown["lines"]
        .as_array()
        .map(|lines| lines.iter().filter_map(|line| line["status"].as_str()).collect())
        .unwrap_or_default();
    assert_eq!(ends, ["success", "success", "failed"], "{shown}");
    assert_eq!(shown["lines"][2]["fail_reason"], "Invalid currency", "{shown}");
    assert_eq!(merchant.francs(), OPENING - 15_000);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_spreadsheet_is_taken_as_it_is_saved() {
    let merchant = Merchant::open();
    let csv = "\u{feff}amount,destination_type,bank_key,account_number,name,branch,msisdn,network,country,narration,reference\r\n\
        10000,bank,kcb_rw,0012345678,\"Doe, John\",,,,,April,A-1\r\n\
        \r\n\
        5000,mobile_money,,,Jane Doe,,0788123456,mtn,RW,,A-2\r\n";
    let answer = accepted(&post_csv(&merchant, "", csv));
    assert_eq!((&answer["accepted"], &answer["mode"]), (&2.into(), &"all".into()), "{answer}");
    let first = answer["lines"][0]["dgs_reference"].as_str().unwrap_or_default().to_owned();
    let record = merchant.record(&first);
    let method = &record["payment_method"];
    // Leading zeros and the comma within quotes are kept.
    assert!(method.contains(r#""0012345678""#) && method.contains("Doe, John"), "{method}");
    assert_eq!(answer["lines"][1]["reference"], "A-2", "{answer}");
    assert_eq!(merchant.francs(), OPENING - 15_000);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_wallet_that_cannot_pay_for_all_pays_for_none() {
    let merchant = Merchant::with_francs(15_000);
    let lines = vec![paying(150); 101];
    assert_short(&post(&merchant, &bulk(None, &lines)), 15_000, 15_150);
    assert_eq!((merchant.francs(), merchant.count("")), (15_000, 1));
    accepted(&post(&merchant, &bulk(Some("all"), &lines[..100])));
    assert_eq!((merchant.francs(), merchant.count("")), (0, 101));
    merchant.assert_audit_is_clean();
}

#[test]
fn line_by_line_does_what_it_can_and_names_the_rest() {
    let merchant = Merchant::with_francs(1_000);
    let lines = [paying(600), paying(100), paying(600), paying(400), "7".to_owned()];
    let answer = accepted(&post(&merchant, &bulk(Some("per_line"), &lines)));
    assert_eq!((&answer["accepted"], &answer["refused"]), (&2.into(), &3.into()), "{answer}");
    let refused: Vec<bool> = answer["lines"]
        .as_array()
        .map(|lines| lines.iter().map(|line| line["errors"].is_array()).collect())
        .unwrap_or_default();
    assert_eq!(refused, [false, true, true, false, true], "{answer}");
    assert_eq!(answer["lines"][2]["errors"][0]["message"], "Insufficient RWF balance");
    assert_eq!(merchant.francs(), 0);
    assert_eq!(counts(&progress(&merchant, &answer)), [2, 2, 0, 0]);
    let nothing = post(&merchant, &bulk(Some("per_line"), &lines));
    let json = assert_refused("nothing can be done", &nothing, 400, "90");
    assert_eq!(json["lines"].as_array().map(Vec::len), Some(5), "{json}");
    merchant.assert_audit_is_clean();
}

#[test]
fn a_bulk_under_a_key_is_one_effect_also_after_kill() {
    let mut merchant = Merchant::open();
    let key = [("Idempotency-Key", "payday")];
    let body = bulk(Some("per_line"), &[paying(1_000), paying(50), paying(2_000)]);
    let send = |merchant: &Merchant, body: &str| {
        merchant.sandbox.request("POST", "/disburse/bulk", &key, body)
    };
    let first = send(&merchant, &body);
    assert_eq!(first.status, 200, "{}", first.text());
    merchant.sandbox.kill();
    merchant.sandbox.restart();
    let again = send(&merchant, &body);
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = send(&merchant, &bulk(Some("per_line"), &[paying(1_000)]));
    assert_refused("other body", &other, 409, "93");
    assert_eq!((merchant.francs(), merchant.count("")), (OPENING - 3_000, 2));
    merchant.assert_audit_is_clean();
}

#[test]
fn a_thousand_lines_are_one_bulk() {
    let merchant = Merchant::open();
    let lines = vec![paying(500); 1_000];
    let answer = accepted(&post(&merchant, &bulk(None, &lines)));
    assert_eq!((merchant.francs(), merchant.count("?status=pending")), (OPENING - 500_000, 1_000));
    merchant.sandbox.advance_clock(TRANSFER_S);
    merchant.receiver.wait_at("/ok", 1_000);
    assert_eq!(counts(&progress(&merchant, &answer)), [1_000, 0, 1_000, 0]);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_bulk_that_is_not_there_is_92() {
    let merchant = Merchant::open();
    for id in ["bulk_1", "bulk_", "1", "bulk_01", "x"] {
        assert_refused(id, &merchant.get(&format!("/disburse/bulk/{id}")), 404, "92");
    }
}
