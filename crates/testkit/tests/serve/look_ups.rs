//! What providers tell the operator, and the rates that one of them sets.

use serde_json::{Value, json};
use testkit::providers::flutterwave as flw;
use testkit::providers::world::Wishes;
use testkit::providers::{Fault, Plan, Server, airtel_money, dusupay, find, mtn_momo};

use crate::gateway::{Gateway, TEST};

fn provider(name: &str) -> Server {
    Server::start(find(name).expect("a provider"), Wishes::default())
}

fn section(name: &str, server: &Server, values: &[(&str, &str)]) -> String {
    let lines = values.iter().map(|(name, value)| format!("{name} = '{value}'\n"));
    let lines: String = lines.collect();
    format!("[test.providers.{name}]\nurl = \"{}\"\n{lines}", server.url())
}

fn flutterwave(server: &Server) -> String {
    let token_url = server.url() + flw::TOKEN_PATH;
    let values = [
        ("token_url", token_url.as_str()),
        ("client_id", flw::CLIENT_ID),
        ("client_secret", flw::CLIENT_SECRET),
        ("encryption_key", flw::ENCRYPTION_KEY),
        ("webhook_secret", flw::WEBHOOK_SECRET),
    ];
    section("flutterwave", server, &values)
}

/// The data of a look-up that succeeds.
fn told(gateway: &Gateway, path: &str) -> Value {
    let answer = gateway.ask("GET", &format!("/operator/providers/{path}"), "");
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["data"].clone()
}

#[test]
fn every_provider_tells_what_it_can() {
    let servers = ["flutterwave", "mtn_momo", "airtel_money", "dusupay"].map(provider);
    let [flw_server, mtn_server, airtel_server, dusupay_server] = &servers;
    let keys = [("public_key", dusupay::PUBLIC_KEY), ("secret_key", dusupay::SECRET_KEY)];
    // A key over several lines is not for a table of texts on one.
    let plain: Vec<_> =
        airtel_money::SETTINGS.into_iter().filter(|(name, _)| !name.starts_with("pin")).collect();
    let sections = [
        flutterwave(flw_server),
        section("mtn_momo", mtn_server, &mtn_momo::SETTINGS),
        section("airtel_money", airtel_server, &plain),
        section("dusupay", dusupay_server, &keys),
    ];
    let gateway = Gateway::start(&format!("{TEST}{}", sections.concat()));

    let balance = |product: Value, currency: &str, available: &str| json!({"product": product, "currency": currency, "available": available});
    let float = "1000000000";
    for (name, expected) in [
        (
            "flutterwave",
            json!([balance(Value::Null, "RWF", "10000000"), balance(Value::Null, "USD", "12.5"),]),
        ),
        (
            "mtn_momo",
            json!([
                balance("collection".into(), "RWF", "0"),
                balance("disbursement".into(), "RWF", float),
            ]),
        ),
        ("airtel_money", json!([balance(Value::Null, "RWF", float)])),
        (
            "dusupay",
            json!([
                balance("MERCHANT_COLLECTION".into(), "RWF", "0"),
                balance("MERCHANT_PAYOUT".into(), "RWF", "10000000"),
            ]),
        ),
    ] {
        assert_eq!(told(&gateway, &format!("{name}/test/balances")), expected, "{name}");
    }
    let banks = told(&gateway, "flutterwave/test/banks?country=RW");
    assert_eq!(banks[0], json!({"code": "11290001", "name": "Bank of Kigali"}));
    assert_eq!(told(&gateway, "dusupay/test/banks")[0]["code"], "bk_rw");
    assert_eq!(told(&gateway, "flutterwave/test/networks")[1]["code"], "AIRTEL");
    assert_eq!(told(&gateway, "dusupay/test/networks")[0]["code"], "mtn_rw");
    let rate = told(&gateway, "flutterwave/test/rate?from=EUR&to=USD");
    let expected = json!({"from_currency": "EUR", "to_currency": "USD", "rate": 1.08});
    assert_eq!(rate, expected);
    let holder = told(&gateway, "mtn_momo/test/account-holder?phone=0788000111");
    let expected = json!({"phone": "+250788000111", "is_active": true, "name": "Jeanne Mukamana"});
    assert_eq!(holder, expected);
    let nobody = told(&gateway, "airtel_money/test/account-holder?phone=730000404");
    let expected = json!({"phone": "+250730000404", "is_active": false, "name": null});
    assert_eq!(nobody, expected);
    refusals(&gateway, flw_server);
}

fn refusals(gateway: &Gateway, flw_server: &Server) {
    for (path, status, part) in [
        ("airtel_money/test/banks", 404, "does not tell"),
        ("flutterwave/test/account-holder?phone=788000111", 404, "does not tell"),
        ("flutterwave/live/balances", 404, "nothing is here"),
        ("providus/test/balances", 404, "nothing is here"),
        ("flutterwave/test/secrets", 404, "nothing is here"),
        ("flutterwave/test/rate?from=USD", 400, "to"),
        ("flutterwave/test/banks?country=rw%26x", 400, "country"),
        ("mtn_momo/test/account-holder?phone=12", 400, "phone"),
    ] {
        let answer = gateway.ask("GET", &format!("/operator/providers/{path}"), "");
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.json()["status"], "failed");
        assert!(answer.text().contains(part), "{path}: {}", answer.text());
    }
    let count = flw_server.world.requests("balances");
    let plan = Plan::Script(vec![("balances", count, Fault::Html)]);
    flw_server.world.wish(|wishes| wishes.plan = plan);
    let silent = gateway.ask("GET", "/operator/providers/flutterwave/test/balances", "");
    assert_eq!((silent.status, &silent.json()["error_code"]), (503, &json!("99")));
    assert_eq!(silent.json()["outcome"], "none");
}

#[test]
fn rates_come_from_the_provider_and_stay_when_it_fails() {
    let server = provider("flutterwave");
    let settings = TEST.replacen("[test]\n", "[test]\nrates_from = \"flutterwave\"\n", 1);
    let gateway = Gateway::start(&format!("{settings}{}", flutterwave(&server)));
    let (_, credentials) = gateway.open("Kigali Books").remove(0);
    let client = gateway.merchant("Test", credentials);
    let rates = || client.request("GET", "/rates", &[], "").json()["data"].clone();
    let find = |from: &str, to: &str| {
        let rates = rates();
        let rows = rates.as_array().expect("a list").iter();
        let found: Vec<&Value> =
            rows.filter(|row| row["from_currency"] == from && row["to_currency"] == to).collect();
        assert_eq!(found.len(), 1, "{from} to {to}");
        (found[0]["rate"].to_string(), found[0]["origin"].clone())
    };
    gateway.wait_for_line(|line| line.contains("the rates are fresh"));
    assert_eq!(find("USD", "RWF"), ("1449.275362".to_owned(), json!("flutterwave")));
    assert_eq!(find("RWF", "USD"), ("0.00069".to_owned(), json!("flutterwave")));

    // It says the price; the provider is asked for nothing else.
    let body = r#"{"action":"convert","from_currency":"USD","to_currency":"RWF","from_amount":10}"#;
    let converted = client.request("POST", "/convert", &[], body);
    assert_eq!(converted.status, 200, "{}", converted.text());
    assert!(converted.text().contains("14493"), "{}", converted.text());
    let asked = server.world.calls();
    let others = asked.iter().filter(|call| call.path != "/transfers/rates");
    assert!(others.clone().all(|call| call.path == flw::TOKEN_PATH), "{others:?}");

    // Ten minutes later two of the pairs are not told.
    let before = rates();
    let count = server.world.requests("rate");
    let plan = [(count, Fault::ErrorBefore), (count + 1, Fault::Html)];
    let plan = Plan::Script(plan.map(|(number, fault)| ("rate", number, fault)).to_vec());
    server.world.wish(|wishes| wishes.plan = plan);
    let advance = || {
        let moved = client.request("POST", "/sandbox/clock", &[], r#"{"advance_seconds": 601}"#);
        assert_eq!(moved.status, 200, "{}", moved.text());
    };
    advance();
    gateway.wait_for_line(|line| {
        line.contains("the old ones stay") && line.contains("RWF to USD, RWF to EUR")
    });
    gateway.wait_for_line(|line| line.contains("the rates are fresh"));
    let after = rates();
    let told = |row: &&Value| row["origin"] == "flutterwave";
    let before = before.as_array().expect("rows").iter().filter(told);
    let kept = before.filter(|old| after.as_array().expect("rows").contains(old));
    assert_eq!(kept.count(), 2, "{after}");

    // Then it is not there at all.
    let plan = Plan::Seeded { seed: 1, per_mille: 1000, faults: vec![Fault::ErrorBefore] };
    server.world.wish(|wishes| wishes.plan = plan);
    advance();
    gateway.wait_for_line(|line| line.contains("the old ones stay"));
    assert_eq!(rates(), after);
    let audit = gateway.command(&["audit"]);
    assert!(audit.is_success(), "{audit:?}");
}
