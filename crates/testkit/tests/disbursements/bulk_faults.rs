//! A bulk at fault: every fault of every line at once, and nothing done.

use serde_json::Value;

use crate::bulk::{bulk, post, post_csv};
use crate::merchant::{
    BANK, MOBILE_MONEY, Merchant, OPENING, assert_refused, faulty_fields, paying, with, without,
};

/// Line numbers with the fields at fault in each.
fn faults(json: &Value) -> Vec<(u64, Vec<String>)> {
    let lines = json["lines"].as_array().cloned().unwrap_or_default();
    lines
        .iter()
        .map(|line| (line["line"].as_u64().unwrap_or(0), faulty_fields(&line["errors"])))
        .collect()
}

fn owned(expected: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
    let owned = |(line, fields): &(u64, &[&str])| {
        (*line, fields.iter().map(|field| (*field).to_owned()).collect())
    };
    expected.iter().map(owned).collect()
}

#[test]
fn all_faults_of_all_lines_are_told_and_nothing_is_done() {
    let merchant = Merchant::open();
    let lines = [
        BANK.to_owned(),
        with(&without(BANK, "/amount"), "/recipient/bank_key", r#""mtn_rw""#),
        "[]".to_owned(),
        MOBILE_MONEY.to_owned(),
        with(&paying(100), "/recipient/msisdn", r#""12""#),
        "{}".to_owned(),
    ];
    let answer = post(&merchant, &bulk(None, &lines));
    let json = assert_refused("faulty lines", &answer, 400, "90");
    let expected: [(u64, &[&str]); 4] = [
        (2, &["amount", "recipient.bank_key"]),
        (3, &["disbursements"]),
        (5, &["amount", "recipient.msisdn"]),
        (6, &["amount", "destination_type", "recipient"]),
    ];
    assert_eq!(faults(&json), owned(&expected), "{json}");
    assert_eq!((merchant.francs(), merchant.count("")), (OPENING, 0));
    merchant.assert_audit_is_clean();
}

#[test]
fn a_reference_that_stands_twice_is_told_with_the_line_it_stood_in() {
    let merchant = Merchant::open();
    let named = |name: &str| with(BANK, "/reference", &format!("\"{name}\""));
    let answer = post(&merchant, &bulk(None, &[named("a"), named("b"), named("a")]));
    let json = assert_refused("twice", &answer, 400, "90");
    assert_eq!(faults(&json), owned(&[(3, &["reference"])]), "{json}");
    assert!(answer.text().contains("line 1"), "{json}");
}

#[test]
fn the_columns_of_a_spreadsheet_are_named_in_its_faults() {
    let merchant = Merchant::open();
    let csv = "amount,destination_type,bank_key,account_number,msisdn,network,country\n\
        10000,bank,kcb_rw,1234567890,,,\n\
        ten,bank,no_such,,,,\n\
        5000,mobile_money,,,12,Tigo,KE\n";
    let json = assert_refused("faulty cells", &post_csv(&merchant, "", csv), 400, "90");
    let expected: [(u64, &[&str]); 2] =
        [(2, &["amount", "bank_key", "account_number"]), (3, &["msisdn", "network", "country"])];
    assert_eq!(faults(&json), owned(&expected), "{json}");
    let answer = post_csv(&merchant, "?mode=per_line", csv);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["accepted"], 1, "{}", answer.text());
    assert_eq!(merchant.francs(), OPENING - 10_000);
}

#[test]
fn what_is_no_bulk_at_all_is_90() {
    let merchant = Merchant::open();
    for (name, body, field) in [
        ("no list", "{}", Some("disbursements")),
        ("an empty list", r#"{"disbursements": []}"#, Some("disbursements")),
        ("no list but an object", r#"{"disbursements": {}}"#, Some("disbursements")),
        ("an unknown mode", &bulk(Some("some"), &[BANK.to_owned()]), Some("mode")),
        ("a list alone", "[]", None),
        ("no JSON", "amount\n1\n", None),
        ("1001 lines", &bulk(None, &vec!["{}".to_owned(); 1_001]), Some("disbursements")),
    ] {
        let json = assert_refused(name, &post(&merchant, body), 400, "90");
        assert_eq!(faulty_fields(&json["errors"]).first().map(String::as_str), field, "{name}");
    }
    for (name, query, csv) in [
        ("no lines", "", "amount\n".to_owned()),
        ("an unknown column", "", "amount,iban\n1,2\n".to_owned()),
        ("a column twice", "", "amount,amount\n1,2\n".to_owned()),
        ("a cell too many", "", "amount,name\n1,2,3\n".to_owned()),
        ("an unknown mode", "?mode=some", "amount\n1\n".to_owned()),
        ("1001 lines", "", format!("amount\n{}", "1\n".repeat(1_001))),
    ] {
        assert_refused(name, &post_csv(&merchant, query, &csv), 400, "90");
    }
    assert_eq!((merchant.francs(), merchant.count("")), (OPENING, 0));
}

#[test]
fn a_bulk_may_have_a_mebibyte() {
    let merchant = Merchant::open();
    let filled = |bytes: usize| {
        let body = bulk(None, &[paying(500)]);
        let fill = " ".repeat(bytes - body.len());
        body + &fill
    };
    assert_eq!(post(&merchant, &filled(1024 * 1024)).status, 200);
    let large = post(&merchant, &filled(1024 * 1024 + 1));
    let json = assert_refused("too large", &large, 413, "90");
    assert_eq!(json["message"], "the body is larger than 1024 KiB");
    let single = merchant.disburse(&filled(64 * 1024 + 1), &[]);
    assert_refused("a single one", &single, 413, "90");
    assert_eq!(merchant.count(""), 1);
}
