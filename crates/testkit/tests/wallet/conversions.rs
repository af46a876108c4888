//! `POST /convert`: the guide's bodies, both ends, and a rate that holds.

use std::fs;

use testkit::http::elements;

use crate::purse::{END_S, Purse, convert_body, post, slow, with};
use crate::shop::{Shop, assert_members, assert_refused, assert_values, unquoted};

#[test]
fn a_preview_is_the_guides_and_moves_nothing() {
    let shop = Shop::open_slow();
    let before = shop.purses();
    let body = convert_body("preview", "USD", "EUR", "100");
    let answer = post(&shop.sandbox.api, "/convert", &body);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.text(),
        concat!(
            r#"{"status":"success","message":"Conversion preview — no funds moved","#,
            r#""from_currency":"USD","from_amount":100,"to_currency":"EUR","to_amount":94.50,"#,
            r#""rate":0.945000,"rate_display":"1 USD = 0.9450 EUR","fee":0}"#,
        )
    );
    // It asks for a price, whatever the wallet holds.
    let dear = convert_body("preview", "USD", "EUR", "1000000");
    assert_eq!(post(&shop.sandbox.api, "/convert", &dear).status, 200);
    assert_eq!(shop.purses(), before);
    assert_eq!(shop.list("").1["total"], "0");
    shop.assert_audit_is_clean();
}

#[test]
fn a_conversion_debits_at_once_and_credits_with_the_guides_event() {
    let shop = Shop::open_slow();
    let before = shop.purses();
    let body = convert_body("convert", "USD", "EUR", "100");
    let answer = post(&shop.sandbox.api, "/convert", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let reference = unquoted(&answer.fields()["dgs_conversion_ref"]);
    let digits = reference.strip_prefix("DGSCONV").unwrap_or_default();
    assert!(
        digits.len() == 8
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
        "{reference}"
    );
    assert_eq!(
        answer.text(),
        format!(
            concat!(
                r#"{{"status":"success","#,
                r#""message":"Conversion initiated. EUR balance will be credited shortly.","#,
                r#""dgs_conversion_ref":"{}","conversion_status":"processing","#,
                r#""from_currency":"USD","from_amount":100,"to_currency":"EUR","#,
                r#""to_amount":94.50,"rate":0.945000,"fee":0}}"#,
            ),
            reference
        )
    );
    let meanwhile = shop.purses();
    let less = Purse { available: before["USD"].available - 10_000, ..before["USD"] };
    assert_eq!((meanwhile["USD"], meanwhile["EUR"]), (less, before["EUR"]));

    shop.sandbox.advance_clock(END_S);
    let event = shop.receiver.wait_for_event(&reference);
    testkit::signature::assert_signed(&event, &shop.sandbox.credentials().webhook_secret);
    assert_eq!(
        String::from_utf8_lossy(&event.body),
        format!(
            concat!(
                r#"{{"event":"conversion.success","dgs_reference":"{}","status":"success","#,
                r#""from_currency":"USD","from_amount":100,"to_currency":"EUR","#,
                r#""to_amount":94.50,"rate":0.945000,"rate_display":"1 USD = 0.9450 EUR"}}"#,
            ),
            reference
        )
    );
    let after = shop.purses();
    let more = Purse { available: before["EUR"].available + 9450, ..before["EUR"] };
    assert_eq!((after["USD"], after["EUR"]), (less, more));
    assert_eq!(after["RWF"], before["RWF"]);
    shop.assert_audit_is_clean();
}

#[test]
fn a_failure_gives_back_exactly_what_was_taken() {
    let shop = Shop::open_slow();
    let before = shop.purses();
    let body = convert_body("convert", "USD", "RWF", "123.45");
    let body = with(&body, "scenario_key", r#""scenario:failed""#);
    let answer = post(&shop.sandbox.api, "/convert", &body);
    let expected = [("conversion_status", r#""processing""#), ("from_amount", "123.45")];
    assert_values("answer", &answer.fields(), &expected);
    let reference = unquoted(&answer.fields()["dgs_conversion_ref"]);
    assert_eq!(shop.purses()["USD"].available, before["USD"].available - 12_345);
    shop.sandbox.advance_clock(END_S);
    let event = shop.receiver.wait_for_event(&reference);
    assert_eq!(
        String::from_utf8_lossy(&event.body),
        format!(
            concat!(
                r#"{{"event":"conversion.failed","dgs_reference":"{}","status":"failed","#,
                r#""from_currency":"USD","from_amount":123.45,"to_currency":"RWF","#,
                r#""fail_reason":"Insufficient balance","refund_amount":123.45,"#,
                r#""refund_currency":"USD"}}"#,
            ),
            reference
        )
    );
    assert_eq!(shop.purses(), before);
    shop.sandbox.advance_clock(3600);
    shop.fence("later");
    assert_eq!(shop.purses()["USD"], before["USD"]);
    let told = shop.receiver.received_at("/ok");
    assert_eq!(told.len(), 1, "told once");
    shop.assert_audit_is_clean();
}

#[test]
fn a_conversion_is_a_transaction() {
    let shop = Shop::open_slow();
    let reference = shop.convert("USD", "EUR", "100");
    let record = shop.record(&reference);
    let expected = [
        ("type", r#""conversion""#),
        ("status", r#""pending""#),
        ("amount", "100"),
        ("currency", r#""USD""#),
        ("to_currency", r#""EUR""#),
        ("to_amount", "94.50"),
        ("rate", "0.945000"),
        ("fee", "0"),
        ("payment_method_type", r#""wallet""#),
        ("settlement_status", r#""not_applicable""#),
    ];
    assert_values("record", &record, &expected);
    shop.sandbox.advance_clock(END_S);
    shop.receiver.wait_for_event(&reference);
    assert_values("record", &shop.record(&reference), &[("status", r#""success""#)]);
}

#[test]
fn a_scenario_of_success_and_none_are_the_same() {
    let shop = Shop::open_slow();
    let plain = convert_body("convert", "EUR", "RWF", "10");
    let successful = with(&plain, "scenario_key", r#""scenario:successful""#);
    for body in [plain, successful] {
        let answer = post(&shop.sandbox.api, "/convert", &body);
        let reference = unquoted(&answer.fields()["dgs_conversion_ref"]);
        shop.sandbox.advance_clock(END_S);
        let event = shop.receiver.wait_for_event(&reference).fields();
        assert_values(&body, &event, &[("event", r#""conversion.success""#)]);
    }
}

#[test]
fn a_repeated_request_converts_once() {
    let shop = Shop::open_slow();
    let before = shop.purses();
    let body = convert_body("convert", "USD", "EUR", "100");
    let send = |body: &str| {
        shop.sandbox.request("POST", "/convert", &[("Idempotency-Key", "convert-1")], body)
    };
    let first = send(&body);
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    let again = send(&body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let other = send(&convert_body("convert", "USD", "EUR", "101"));
    assert_refused("other body", &other, 409, "93");
    assert_eq!(shop.purses()["USD"].available, before["USD"].available - 10_000);
    shop.assert_audit_is_clean();
}

#[test]
fn the_callback_url_of_a_conversion_takes_its_event() {
    let shop = Shop::open_slow();
    let url = format!("\"{}\"", shop.receiver.url("/ok/mine"));
    let body = with(&convert_body("convert", "USD", "EUR", "1"), "callback_url", &url);
    assert_eq!(post(&shop.sandbox.api, "/convert", &body).status, 200);
    shop.sandbox.advance_clock(END_S);
    shop.receiver.wait_at("/ok/mine", 1);
}

/// The rate is that of the moment of the request, whatever the table says when it ends.
#[test]
fn a_rate_holds_while_the_table_changes() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("rates.json");
    let write = |rate: &str, time: &str| {
        let text = format!(
            r#"{{"origin": "treasury", "quoted_at": "{time}", "rates": {{"USD": {{"EUR": {rate}}}}}}}"#
        );
        fs::write(&file, text).expect("the folder is writable");
    };
    write("0.91", "2026-01-05T08:00:00Z");
    let path = file.to_str().expect("a path of UTF-8");
    let mut shop = Shop::open_with(slow().flag("--rates-file", path));
    let before = shop.purses();
    let reference = shop.convert("USD", "EUR", "100");

    write("0.5", "2026-01-06T08:00:00Z");
    assert!(shop.sandbox.terminate().success());
    shop.sandbox.restart();
    let rates = shop.get("/rates").fields();
    assert_values("rates", &rates, &[("status", r#""success""#)]);
    assert_eq!(
        rates["data"],
        concat!(
            r#"[{"from_currency":"USD","to_currency":"EUR","rate":0.500000,"#,
            r#""rate_display":"1 USD = 0.5000 EUR","origin":"treasury","#,
            r#""quoted_at":"2026-01-06T08:00:00Z"}]"#,
        )
    );
    let body = convert_body("preview", "USD", "EUR", "100");
    let preview = post(&shop.sandbox.api, "/convert", &body).fields();
    assert_values("preview", &preview, &[("to_amount", "50"), ("rate", "0.500000")]);

    shop.sandbox.advance_clock(END_S);
    let event = shop.receiver.wait_for_event(&reference).fields();
    assert_values("event", &event, &[("to_amount", "91"), ("rate", "0.910000")]);
    assert_eq!(shop.purses()["EUR"].available, before["EUR"].available + 9100);
    let quoted_at = [("rate_quoted_at", r#""2026-01-05 08:00:00""#)];
    assert_values("record", &shop.record(&reference), &quoted_at);
    shop.assert_audit_is_clean();
}

#[test]
fn rates_say_where_they_come_from_and_since_when() {
    let shop = Shop::open_slow();
    let answer = shop.get("/rates");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let members = ["from_currency", "to_currency", "rate", "rate_display", "origin", "quoted_at"];
    let rows = elements(&answer.fields()["data"]);
    assert!(rows.len() >= 20, "{}", answer.text());
    for row in rows {
        let row = testkit::http::fields(&row);
        assert_members("rate", &row, &members);
        assert_values("rate", &row, &[("origin", r#""simulated""#)]);
    }
    let bare = shop.sandbox.api.bare_request("GET", "/generation/v2/rates", &[], "");
    assert_refused("no key", &bare, 401, "91");
}
