//! The operator's listener: who is let in, and what may be changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::gateway::{Gateway, TEST};

#[test]
fn nobody_is_let_in_without_the_token() {
    let gateway = Gateway::start(TEST);
    let file = gateway.data().join("operator.token");
    let mode = fs::metadata(file).expect("the token is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let operator = gateway.operator();
    let token = gateway.token();
    let right = format!("Bearer {token}");
    let wrong = format!("Bearer {}", "0".repeat(token.len()));
    for path in ["/operator/merchants", "/operator/providers", "/none", "/generation/v2/balance"] {
        for headers in [
            vec![],
            vec![("Authorization", wrong.as_str())],
            vec![("Authorization", token.as_str())],
            vec![("Authorization", right.as_str()), ("Authorization", right.as_str())],
            vec![("X-DGS-API-Key", token.as_str())],
        ] {
            let answer = operator.bare_request("GET", path, &headers, "");
            assert_eq!(answer.status, 401, "{path} {headers:?}: {}", answer.text());
            assert_eq!(answer.json()["error_code"], "91");
            assert!(!answer.text().contains(&token));
        }
    }
    assert_eq!(gateway.ask("GET", "/none", "").status, 404);
    assert_eq!(gateway.ask("DELETE", "/operator/merchants", "").status, 405);
    let providers = gateway.ask("GET", "/operator/providers", "");
    assert_eq!(providers.json()["environments"][0]["environment"], "test", "{}", providers.text());
    // Framing is as strict as for merchants.
    let smuggled = "POST /operator/merchants HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\
                    Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(operator.try_raw(smuggled.as_bytes()).expect("an answer").status, 400);
}

#[test]
fn merchants_are_opened_and_listed_with_all_faults_told() {
    let gateway = Gateway::start(TEST);
    for (body, field) in [
        ("{}", "name"),
        (r#"{"name": 5}"#, "name"),
        (r#"{"name": "A", "environments": ["live"]}"#, "environments"),
        (r#"{"name": "A", "environments": []}"#, "environments"),
        (r#"{"name": "A", "environments": "test"}"#, "environments"),
    ] {
        let answer = gateway.ask("POST", "/operator/merchants", body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text());
    }
    // As strict as live.
    assert_eq!(gateway.ask("POST", "/operator/merchants", r#"{"name": "A",}"#).status, 400);

    let opened = gateway.ask("POST", "/operator/merchants", r#"{"name": "Kigali Books"}"#);
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert_eq!(opened.header("cache-control"), Some("no-store"));
    let json = opened.json();
    let id = json["merchant_id"].as_str().expect("an id");
    // It has its account in test already.
    let again =
        gateway.ask("POST", "/operator/merchants", &format!(r#"{{"merchant_id": "{id}"}}"#));
    assert_eq!(again.status, 409, "{}", again.text());
    let unknown = gateway.ask("POST", "/operator/merchants", r#"{"merchant_id": "x"}"#);
    assert_eq!(unknown.status, 404, "{}", unknown.text());
    gateway.open("Another");

    let list = gateway.ask("GET", "/operator/merchants", "").json();
    let names: Vec<_> = list["merchants"].as_array().expect("a list").iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(list["merchants"][1]["name"], "Kigali Books");
    assert_eq!(list["merchants"][1]["merchant_id"], id);
    assert!(!list.to_string().contains("sk_test_"), "{list}");
}

#[test]
fn the_terms_of_an_account_change_and_stay_changed() {
    let mut gateway = Gateway::start(TEST);
    let (_, credentials) = gateway.open("Kigali Books").remove(0);
    let path = format!("/operator/accounts/{}", credentials.account_number);
    for (body, field) in [
        (r#"{"allowed_network": []}"#, "body"),
        (r#"{"allowed_networks": ["10.0.0.0/40"]}"#, "allowed_networks"),
        (r#"{"allowed_networks": "10.0.0.0/8"}"#, "allowed_networks"),
        (r#"{"requires_number": "no"}"#, "requires_number"),
        (r#"{"charge_fee": {"rate_ppm": 1000001}}"#, "charge_fee.rate_ppm"),
        (r#"{"charge_fee": {"flat_minor": -1}}"#, "charge_fee.flat_minor"),
        (r#"{"disbursement_fee": 5}"#, "disbursement_fee"),
        (r#"{"settlement": "soon"}"#, "settlement"),
        (r#"{"card_currencies": ["XXX"]}"#, "card_currencies"),
    ] {
        let answer = gateway.ask("PATCH", &path, body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text());
    }
    assert_eq!(gateway.ask("PATCH", "/operator/accounts/ACC-0", "{}").status, 404);
    let body = r#"{"requires_number": false, "allowed_networks": ["10.0.0.0/8", "2001:db8::1"],
        "charge_fee": {"rate_ppm": 15000}, "disbursement_fee": {"flat_minor": 50},
        "settlement": "business_days:2", "card_currencies": ["USD"]}"#;
    let changed = gateway.ask("PATCH", &path, body);
    assert_eq!(changed.status, 200, "{}", changed.text());
    let expected = serde_json::json!({
        "environment": "test",
        "account_number": credentials.account_number,
        "requires_number": false,
        "allowed_networks": ["10.0.0.0/8", "2001:db8::1/128"],
        "charge_fee": {"rate_ppm": 15000, "flat_minor": 0},
        "disbursement_fee": {"rate_ppm": 0, "flat_minor": 50},
        "settlement": "business_days:2",
        "card_currencies": ["USD"],
    });
    assert_eq!(changed.json()["account"], expected);
    let key_alone = |gateway: &Gateway| {
        let headers = [("X-DGS-API-Key", credentials.api_key.as_str())];
        let client = gateway.merchant("Test", credentials.clone());
        client.bare_request("GET", "/generation/v2/balance", &headers, "").status
    };
    assert_eq!(key_alone(&gateway), 200);
    gateway.restart();
    assert_eq!(key_alone(&gateway), 200);
    let list = gateway.ask("GET", "/operator/merchants", "").json();
    assert_eq!(list["merchants"][0]["accounts"][0], expected);
}

#[test]
fn the_commands_do_the_same() {
    let gateway = Gateway::start(TEST);
    let added = gateway.command(&["merchant", "add", "--name", "Kigali Books"]);
    assert!(added.is_success(), "{added:?}");
    let value = |label: &str| {
        let found = added.output.lines().find_map(|line| line.strip_prefix(label));
        found.unwrap_or_else(|| panic!("{label}: {}", added.output)).trim().to_owned()
    };
    assert!(value("API key").starts_with("sk_test_"));
    assert!(value("API base URL").ends_with("/generation/v2"));
    let list = gateway.command(&["merchant", "list"]);
    let expected = format!(
        "{}  Kigali Books\n  test  {}  after:5000000\n",
        value("Merchant id"),
        value("Account number")
    );
    assert_eq!(list.output, expected, "{list:?}");
    let refused = gateway.command(&["merchant", "add", "--name", "B", "--environment", "live"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.errors.contains("environments must be a list of test"), "{refused:?}");
}
