//! `POST /convert` refuses what it should, in the guide's words where it has some.

use crate::purse::{convert_body, post, with};
use crate::shop::{Shop, assert_refused, faulty_fields};

#[test]
fn a_short_wallet_is_told_in_the_guides_body() {
    let shop = Shop::open_slow();
    let before = shop.purses();
    let body = convert_body("convert", "USD", "EUR", "1000.01");
    let answer = post(&shop.sandbox.api, "/convert", &body);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text(),
        concat!(
            r#"{"status":"failed","message":"Insufficient USD balance","#,
            r#""error_code":"VALIDATION_ERROR","available_balance":1000,"required":1000.01,"#,
            r#""currency":"USD"}"#,
        )
    );
    assert!(answer.header("x-request-id").is_some());
    // A currency that the account has never held.
    let answer = post(&shop.sandbox.api, "/convert", &convert_body("convert", "GBP", "EUR", "1"));
    assert_eq!(answer.json()["available_balance"], 0, "{}", answer.text());
    assert_eq!(shop.purses(), before);
    assert_eq!(shop.list("").1["total"], "0");
    shop.assert_audit_is_clean();
}

#[test]
fn every_fault_is_named_in_the_order_of_the_table() {
    let shop = Shop::open_slow();
    let before = shop.purses();
    let body = |action, from, to, amount| convert_body(action, from, to, amount);
    let good = body("convert", "USD", "EUR", "1");
    let cases: Vec<(String, &[&str])> = vec![
        ("{}".to_owned(), &["action", "from_currency", "to_currency", "from_amount"]),
        (body("swap", "USD", "EUR", "1"), &["action"]),
        (body("", "USD", "EUR", "1"), &["action"]),
        (body("convert", "USD", "USD", "1"), &["to_currency"]),
        (body("preview", "USD", "USD", "1"), &["to_currency"]),
        (body("convert", "usd", "EUR", "1"), &["from_currency"]),
        (body("convert", "USD", "XXX", "1"), &["to_currency"]),
        (body("convert", "XXX", "YYY", "-1"), &["from_currency", "to_currency", "from_amount"]),
        (body("convert", "USD", "XOF", "1"), &["to_currency"]),
        (body("preview", "USD", "XOF", "1"), &["to_currency"]),
        (body("convert", "USD", "EUR", "0"), &["from_amount"]),
        (body("convert", "USD", "EUR", "-5"), &["from_amount"]),
        (body("convert", "USD", "EUR", "0.001"), &["from_amount"]),
        (body("convert", "RWF", "EUR", "1.5"), &["from_amount"]),
        (body("convert", "RWF", "EUR", "1"), &["from_amount"]),
        (body("preview", "RWF", "EUR", "1"), &["from_amount"]),
        (body("convert", "USD", "EUR", "\"5\""), &["from_amount"]),
        (body("convert", "USD", "EUR", "1e15"), &["from_amount"]),
        (with(&good, "scenario_key", r#""scenario:auth_pin""#), &["scenario_key"]),
        (with(&good, "scenario_key", r#""issuer:approved""#), &["scenario_key"]),
        (with(&good, "callback_url", r#""http://10.0.0.1/""#), &["callback_url"]),
    ];
    for (body, fields) in cases {
        let answer = post(&shop.sandbox.api, "/convert", &body);
        assert_refused(&body, &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), fields, "{body}: {}", answer.text());
    }
    let wrong = with(&good, "scenario_key", r#""scenario:no_such""#);
    let answer = post(&shop.sandbox.api, "/convert", &wrong);
    for allowed in ["scenario:successful", "scenario:failed"] {
        assert!(answer.text().contains(allowed), "{}", answer.text());
    }
    assert_eq!(shop.purses(), before);
    assert_eq!(shop.list("").1["total"], "0");
    shop.assert_audit_is_clean();
}

#[test]
fn a_file_of_rates_that_cannot_be_read_stops_the_start_and_says_why() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("rates.json");
    let path = file.to_str().expect("a path of UTF-8");
    std::fs::write(
        &file,
        r#"{"origin": "x", "quoted_at": "2026-01-01T00:00:00Z", "rates": {"USD": {"EUR": 0}}}"#,
    )
    .expect("the folder is writable");
    let data = folder.path().join("data");
    let mut command = testkit::sandbox::dgspay();
    command.args(["sandbox", "--listen", "127.0.0.1:0", "--rates-file", path, "--data"]).arg(data);
    let ended = testkit::process::run(&mut command, std::time::Duration::from_secs(30));
    let ended = ended.expect("it ends");
    assert!(!ended.is_success());
    assert!(ended.errors.contains(path) && ended.errors.contains("USD to EUR"), "{}", ended.errors);
}

#[test]
fn a_merchant_cannot_take_our_references() {
    let shop = Shop::open_slow();
    for reference in ["DGSCONV1A2B3C4D", "DGSREF123"] {
        let body = crate::charge_body::ChargeBody::guide().with_text("dgs_reference", reference);
        assert_refused(reference, &shop.post_charge(&body, &[]), 409, "93");
    }
}
