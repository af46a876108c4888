//! What a bank told and nobody believes waits for the operator, who decides it once.

use serde_json::{Value, json};
use testkit::Client;
use testkit::providers::providus::signature;

use crate::gateway::{Gateway, TEST};

fn open_account(client: &Client) -> String {
    let body = r#"{"account_name": "Ada Obi", "type": "dynamic"}"#;
    let answer = client.request("POST", "/virtual-accounts", &[], body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"]["account_number"].as_str().expect("a number").to_owned()
}

/// A notice whose sums do not add up.
fn tell(client: &Client, number: &str, settlement_id: &str) {
    let body = json!({
        "sessionId": "1",
        "accountNumber": number,
        "transactionAmount": "500",
        "settledAmount": "490",
        "feeAmount": "0",
        "vatAmount": "0",
        "currency": "NGN",
        "settlementId": settlement_id,
    });
    let path = "/providers/providus/webhook";
    let signature = signature();
    let headers = [("X-Auth-Signature", signature.as_str())];
    let answer = client.bare_request("POST", path, &headers, body.to_string());
    assert_eq!(answer.json()["responseCode"], "00", "{}", answer.text());
}

fn held(gateway: &Gateway) -> Vec<Value> {
    let answer = gateway.ask("GET", "/operator/deposits", "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["deposits"].as_array().expect("a list").clone()
}

#[test]
fn the_operator_credits_or_rejects_what_is_held() {
    let gateway = Gateway::start(TEST);
    let (_, credentials) = gateway.open("Lagos Books").remove(0);
    let client = gateway.merchant("Test", credentials);
    let number = open_account(&client);
    tell(&client, &number, "s-1");
    tell(&client, &number, "s-2");
    let shown = held(&gateway);
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert_eq!(shown[0]["environment"], "test");
    assert_eq!(shown[0]["settlement_id"], "s-1");
    assert_eq!(shown[0]["review_reason"], "sums_differ");

    let decide = |id: &str, decision: &str| {
        let body = json!({"environment": "test", "decision": decision}).to_string();
        gateway.ask("POST", &format!("/operator/deposits/{id}"), &body)
    };
    let credited = decide("s-1", "credit");
    assert_eq!(credited.json()["deposit"]["state"], "credited", "{}", credited.text());
    let rejected = decide("s-2", "reject");
    assert_eq!(rejected.json()["deposit"]["state"], "rejected", "{}", rejected.text());
    for (id, decision) in [("s-1", "credit"), ("s-1", "reject"), ("s-2", "credit")] {
        assert_eq!(decide(id, decision).status, 409, "{id} {decision}");
    }
    assert_eq!(decide("s-3", "credit").status, 404);
    assert_eq!(decide("s-1", "ignore").status, 400);
    assert!(held(&gateway).is_empty());

    let charges = client.request("GET", "/transactions", &[], "").json();
    assert_eq!(charges["pagination"]["total"], 1, "{charges}");
    assert_eq!(charges["data"][0]["amount"], 490, "{charges}");
    let data = gateway.data().join("test");
    let audit = gateway.command(&["audit", "--data", data.to_str().expect("plain")]);
    assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
}
