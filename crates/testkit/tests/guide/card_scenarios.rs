//! Every card scenario with every issuer: each reaches its end by its steps, and the merchant is
//! told of it once.

use serde_json::{Value, json};

use crate::desk::{Desk, address, card, members, otp, text};

/// Issuer, its code, and whether it approves.
pub const ISSUERS: [(&str, &str); 8] = [
    ("", "00"),
    ("issuer:approved", "00"),
    ("issuer:do_not_honor", "05"),
    ("issuer:insufficient_funds", "51"),
    ("issuer:expired_card", "54"),
    ("issuer:incorrect_pin", "55"),
    ("issuer:invalid_cvv", "N7"),
    ("issuer:system_error", "96"),
];

/// What a payer does next.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Pin,
    Otp,
    Address,
    Bank,
}

/// A scenario, and the steps by which it ends.
pub const SCENES: [(&str, &[Act]); 6] = [
    ("", &[]),
    ("scenario:auth_pin", &[Act::Pin]),
    ("scenario:auth_pin_3ds", &[Act::Pin, Act::Otp]),
    ("scenario:auth_3ds", &[Act::Otp]),
    ("scenario:auth_3ds", &[Act::Bank]),
    ("scenario:auth_avs", &[Act::Address]),
];

#[test]
fn every_scenario_with_every_issuer_ends_and_is_told_once() {
    let desk = Desk::open();
    let runs: Vec<_> = SCENES
        .iter()
        .flat_map(|(scene, acts)| ISSUERS.map(|(issuer, code)| (*scene, *acts, issuer, code)))
        .collect();
    let pin = json!({"do": "pin", "pin": "1234"});
    let orders: Vec<Value> = runs.iter().flat_map(|_| [card(), pin.clone()]).collect();
    let made = desk.browse(&orders);
    let mut ends = Vec::new();
    for ((scene, acts, issuer, code), made) in runs.iter().zip(made.chunks(2)) {
        let parts: Vec<&str> =
            [*scene, *issuer].into_iter().filter(|part| !part.is_empty()).collect();
        let key = parts.join("&");
        let more = if key.is_empty() { json!({}) } else { json!({"scenario_key": key}) };
        let name = format!("{key} by {acts:?}");
        let answer = desk.charge(made[0].clone(), more);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let mut charged = answer.json();
        for act in *acts {
            charged = step(&desk, &name, *act, &charged, &made[1]);
        }
        assert_ended(&name, &charged, code, acts.is_empty());
        ends.push((name, text(&charged, "dgs_reference"), *code));
    }
    let references: Vec<String> = ends.iter().map(|(_, reference, _)| reference.clone()).collect();
    desk.assert_each_told_once(&references);
    for (name, reference, code) in ends {
        let status = if code == "00" { "success" } else { "failed" };
        let event = desk.receiver.wait_for_event(&reference);
        let event: Value = serde_json::from_slice(&event.body).expect("JSON");
        assert_eq!(event["event"], format!("payment.{status}"), "{name}: {event}");
        assert_eq!(desk.record(&reference)["status"], status, "{name}");
    }
    desk.assert_audit_is_clean();
}

/// Does what is awaited, and checks that it was awaited.
fn step(desk: &Desk, name: &str, act: Act, charged: &Value, pin: &Value) -> Value {
    assert_eq!(charged["transaction_status"], "pending", "{name}: {charged}");
    assert_eq!(charged["status"], "success", "{name}: {charged}");
    assert!(!text(charged, "display_text").is_empty(), "{name}: {charged}");
    let (awaited, more) = match act {
        Act::Pin => {
            let mut more = pin.clone();
            more["auth_type"] = "pin".into();
            ("requires_pin", more)
        }
        Act::Otp if charged["next_action_type"] == "requires_otp" => {
            ("requires_otp", otp("123456"))
        }
        Act::Otp => ("redirect_url", otp("123456")),
        Act::Address => ("requires_additional_fields", address()),
        Act::Bank => return at_bank(desk, name, charged),
    };
    assert_eq!(charged["next_action_type"], awaited, "{name}: {charged}");
    let leads_away = charged.get("next_action_redirect_url").is_some();
    assert_eq!(leads_away, awaited == "redirect_url", "{name}: {charged}");
    let answer = desk.authorize(charged, more);
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    answer.json()
}

/// Approves on the page of the bank, which leads back to the merchant.
fn at_bank(desk: &Desk, name: &str, charged: &Value) -> Value {
    let path = desk.page(charged);
    let page = desk.sandbox.api.bare_request("GET", &path, &[], "");
    assert_eq!(page.status, 200, "{name}");
    assert!(page.text().contains("Visa card ending in 9010"), "{name}: {}", page.text());
    let reference = text(charged, "dgs_reference");
    let back = format!("https://yourdomain.com/payment-success?dgs_reference={reference}");
    for _ in 0..2 {
        let sent = desk.answer_at_bank(&path, "approve");
        assert_eq!((sent.status, sent.header("location")), (303, Some(back.as_str())), "{name}");
    }
    let again = desk.sandbox.api.bare_request("GET", &path, &[], "");
    let status_page = path.replace("/pay/bank/", "/pay/status/");
    assert_eq!(again.header("location"), Some(status_page.as_str()), "{name}");
    // The API's own answer comes by record from here on; made to look like one.
    let record = desk.record(&reference);
    let is_success = record["status"] == "success";
    if is_success { charged_as(&reference, "successful") } else { charged_as(&reference, "failed") }
}

fn charged_as(reference: &str, status: &str) -> Value {
    json!({"dgs_reference": reference, "transaction_status": status, "by": "bank"})
}

fn assert_ended(name: &str, charged: &Value, code: &str, at_once: bool) {
    let is_success = code == "00";
    let status = if is_success { "successful" } else { "failed" };
    assert_eq!(charged["transaction_status"], status, "{name}: {charged}");
    let names = members(charged);
    assert!(!names.iter().any(|name| name.starts_with("next_action")), "{name}: {charged}");
    if charged.get("by").is_some() {
        return;
    }
    let (said, message) =
        if is_success { ("success", "Payment completed") } else { ("failed", "Charge failed") };
    assert_eq!(
        (&charged["status"], &charged["message"]),
        (&json!(said), &json!(message)),
        "{name}"
    );
    assert_eq!(charged["amount"], 5000, "{name}, at once: {at_once}");
    if is_success {
        assert!(charged.get("issuer_response_code").is_none(), "{name}: {charged}");
    } else {
        assert_eq!(charged["issuer_response_type"], "declined", "{name}: {charged}");
        assert_eq!(charged["issuer_response_code"], code, "{name}: {charged}");
        assert!(!text(charged, "processor_response").is_empty(), "{name}: {charged}");
        assert!(charged.get("error_code").is_none(), "{name}: {charged}");
    }
}
