//! "Getting Started": base URLs and the form of a request.

use serde_json::{Value, json};

use crate::covered::Covered;
use crate::desk::{Desk, assert_faulty, assert_refused};
use crate::mobile_money;

pub fn covered() -> Covered {
    Covered::calls(&["POST /charges"]).example(&minimal())
}

/// Shortened by the guide to show the form.
fn minimal() -> Value {
    json!({"amount": 2000, "currency": "RWF"})
}

#[test]
fn every_call_is_json_under_the_versioned_base() {
    let desk = Desk::open();
    let api = &desk.sandbox.api;
    assert_eq!(api.base_path, "/generation/v2");
    assert_faulty(
        "the short example",
        &desk.post("/charges", &minimal(), &[]),
        &[
            "payment_type",
            "customer_email",
            "customer_first_name",
            "customer_last_name",
            "customer_phone",
            "customer_phone_country_code",
            "redirect_url",
            "mobile_money_network",
            "mobile_money_phone",
        ],
    );
    let elsewhere = api.bare_request("POST", "/charges", &[], minimal().to_string());
    assert_eq!(elsewhere.status, 404, "{}", elsewhere.text());
    let shown = &api.credentials;
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
    ] {
        let headers = [
            ("X-DGS-API-Key", shown.api_key.as_str()),
            ("X-DGS-ACCOUNT-NUMBER", shown.account_number.as_str()),
            ("Content-Type", content_type),
        ];
        let body = mobile_money::example().to_string();
        let answer = api.bare_request("POST", "/generation/v2/charges", &headers, body);
        assert_eq!(answer.status, status, "{content_type}: {}", answer.text());
        if status != 200 {
            assert_refused(content_type, &answer, status, "90");
        }
    }
}
