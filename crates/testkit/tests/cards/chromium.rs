//! The guide's routine, the served script and the bank's page in a real browser, where one is
//! installed.

use std::fs;

use serde_json::{Value, json};
use testkit::{Browser, Receiver};

use crate::desk::{Desk, card, merged, text};

/// Stands before a script that hands on a promise.
const GUIDES_ROUTINE: &str = include_str!("guide_routine.js");

#[test]
fn what_a_browser_encrypts_is_charged() {
    let Some(browser) = Browser::open() else { return };
    let desk = Desk::open();
    // Any page of a server on this machine: encryption is for pages that came safely.
    browser.visit(&desk.receiver.url("/ok"));
    let served = fs::read_to_string(&desk.script).expect("the script");
    let key = json!({"key": desk.sandbox.credentials().encryption_key, "pin": "1234"});
    let public = desk.sandbox.request("GET", "/card-public-key", &[], "").json();
    let run = |code: &str, call: &str| {
        let script = format!(
            "{code}\nconst [order, publicKey, tell] = arguments;
             ({call}).then(tell, (error) => tell({{ error: String(error) }}));"
        );
        browser.run(&script, &[merged(card(), key.clone()), public["public_key"].clone()])
    };
    let asks = json!({"scenario_key": "scenario:auth_pin"});
    for (way, code, card, pin) in [
        ("the guide's", GUIDES_ROUTINE, "guidesCard(order)", "guidesPin(order)"),
        (
            "ours",
            &served,
            "dgspay.encryptCard(order.key, order)",
            "dgspay.encryptPin(order.key, order.pin)",
        ),
        (
            "sealed",
            &served,
            "dgspay.sealCard(publicKey, order)",
            "dgspay.encryptPin(order.key, order.pin)",
        ),
    ] {
        let made = run(code, card);
        let answer = desk.charge(made.clone(), asks.clone());
        assert_eq!(answer.status, 200, "{way}: {made} {}", answer.text());
        let pin = merged(run(code, pin), json!({"auth_type": "pin"}));
        let done = desk.authorize(&answer.json(), pin);
        assert_eq!(done.json()["transaction_status"], "successful", "{way}: {}", done.text());
    }
    desk.assert_audit_is_clean();
}

#[test]
fn the_banks_buttons_are_clicked() {
    let Some(browser) = Browser::open() else { return };
    let desk = Desk::open();
    let site = Receiver::start();
    let mut references = Vec::new();
    for (button, status) in [("approve", "success"), ("refuse", "failed")] {
        let more =
            json!({"scenario_key": "scenario:auth_3ds", "redirect_url": site.url("/ok/paid")});
        let charged: Value = desk.charge(desk.browse_one(card()), more).json();
        let reference = text(&charged, "dgs_reference");
        browser.visit(&text(&charged, "next_action_redirect_url"));
        browser.click(&format!("button[value={button}]"));
        site.wait_at(&format!("/ok/paid?dgs_reference={reference}"), 1);
        assert_eq!(desk.record(&reference)["status"], status, "{button}");
        references.push(reference);
    }
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}
