//! "Card Payments API": the encryption routine, the charge, and the three ways to authorize it.

use serde_json::{Value, json};

use crate::covered::Covered;
use crate::desk::{Desk, assert_faulty, authorize_body, card, charge_body, merged, otp, text};
use crate::shape::{Shape, assert_shape};

const COMPLETED: Shape<'_> = &[
    ("status", "\"success\""),
    ("message", "\"Payment completed\""),
    ("transaction_id", "\"#\""),
    ("dgs_reference", "\"dgs_#\""),
    ("amount", "5000"),
    ("currency", "\"RWF\""),
    ("transaction_status", "\"successful\""),
    ("payment_method_type", "\"card\""),
];

const DECLINED: Shape<'_> = &[
    ("status", "\"failed\""),
    ("message", "\"Charge failed\""),
    ("transaction_id", "\"#\""),
    ("dgs_reference", "\"dgs_#\""),
    ("amount", "5000"),
    ("currency", "\"RWF\""),
    ("transaction_status", "\"failed\""),
    ("payment_method_type", "\"card\""),
    ("issuer_response_type", "\"declined\""),
    ("issuer_response_code", "\"51\""),
    ("processor_response", "\"*\""),
];

/// What the card asks for next, between the two.
const WAITING: Shape<'_> = &[
    ("status", "\"success\""),
    ("message", "\"Charge initiated\""),
    ("transaction_id", "\"#\""),
    ("dgs_reference", "\"dgs_#\""),
    ("amount", "5000"),
    ("currency", "\"RWF\""),
    ("transaction_status", "\"pending\""),
    ("payment_method_type", "\"card\""),
    ("next_action_type", "\"requires_*\""),
    ("display_text", "\"*\""),
];

/// The rows of the authorization table: the type, what it requires, and what leads to it.
const AUTHORIZATIONS: [(&str, &[&str], &str, &str); 3] = [
    ("pin", &["auth_pin_encrypted", "auth_pin_nonce"], "scenario:auth_pin", "requires_pin"),
    ("otp", &["auth_otp"], "scenario:auth_pin_3ds", "requires_otp"),
    ("avs", &["avs_line1", "avs_country"], "scenario:auth_avs", "requires_additional_fields"),
];

pub fn covered() -> Covered {
    let rows: Vec<String> = AUTHORIZATIONS
        .iter()
        .map(|(kind, required, _, _)| format!("{kind}{}", required.join(", ")))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let pin = json!({"auth_pin_encrypted": "", "auth_pin_nonce": ""});
    Covered::calls(&["POST /charges", "POST /authorize"])
        .rows(&rows)
        .example(&charge_body(placeholders(), json!({})))
        .example(&merged(pin, json!({"auth_type": "pin", "dgs_reference": ""})))
        .example(&otp("123456"))
        .example(&address())
        .shape(WAITING)
}

fn placeholders() -> Value {
    json!({
        "card_encrypted_number": "<encrypted_number>",
        "card_encrypted_expiry_month": "<encrypted_month>",
        "card_encrypted_expiry_year": "<encrypted_year>",
        "card_encrypted_cvv": "<encrypted_cvv>",
        "card_nonce": "<24_hex_nonce>",
    })
}

fn address() -> Value {
    json!({
        "auth_type": "avs",
        "avs_line1": "123 Main Street",
        "avs_line2": "Apt 4B",
        "avs_city": "Kigali",
        "avs_state": "Kigali City",
        "avs_country": "RW",
        "avs_postal_code": "00000",
    })
}

#[test]
fn what_the_guides_routine_encrypts_is_charged() {
    let desk = Desk::open();
    // The routine's own usage example says 2028; the nonce rules speak of 24 hex characters.
    let hexed = json!({"nonce": "00112233445566778899aabb", "is_hex": true});
    let orders = [merged(card(), json!({"year": "2028"})), merged(card(), hexed), card(), card()];
    let made = desk.browse(&orders);
    let plain = json!({});
    let poor = json!({"scenario_key": "issuer:insufficient_funds"});
    for (name, payload, more, shape) in [
        ("the usage example", &made[0], &plain, COMPLETED),
        ("24 hex characters", &made[1], &plain, COMPLETED),
        ("a card without funds", &made[2], &poor, DECLINED),
    ] {
        let answer = desk.charge(payload.clone(), more.clone());
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_shape(name, &answer.text(), shape);
    }
    // Never reuse a nonce.
    assert_faulty("the same nonce", &desk.charge(made[0].clone(), plain.clone()), &["card_nonce"]);
    // All four fields under one nonce; each of them is needed.
    for field in placeholders().as_object().expect("an object").keys() {
        let without = merged(made[3].clone(), json!({field: null}));
        assert_faulty(field, &desk.charge(without, plain.clone()), &[field]);
    }
    let printed = desk.post("/charges", &charge_body(placeholders(), json!({})), &[]);
    let all: Vec<String> = placeholders().as_object().expect("an object").keys().cloned().collect();
    let json = printed.json();
    let named = json["errors"].as_array().cloned().unwrap_or_default();
    let mut named: Vec<String> = named.iter().map(|error| text(error, "field")).collect();
    named.sort_unstable();
    assert_eq!((printed.status, named), (400, all), "{json}");
}

#[test]
fn each_authorization_completes_the_charge_that_asks_for_it() {
    let desk = Desk::open();
    let pin = json!({"do": "pin", "pin": "1234"});
    // The guide's example has this nonce for a PIN.
    let example = merged(pin.clone(), json!({"nonce": "abc123def456"}));
    let mut pins = desk.browse(&[example, pin]).into_iter();
    for (kind, required, scenario, awaited) in AUTHORIZATIONS {
        let mut charged = desk.charge_as(scenario);
        if awaited == "requires_otp" {
            let first = merged(pins.next().expect("made"), json!({"auth_type": "pin"}));
            charged = desk.authorize(&charged, first).json();
        }
        assert_shape(kind, &charged_text(&desk, scenario), WAITING);
        assert_eq!(charged["next_action_type"], awaited, "{charged}");
        let body = match kind {
            "pin" => merged(pins.next().expect("made"), json!({"auth_type": "pin"})),
            "otp" => otp("123456"),
            _ => address(),
        };
        for field in required {
            let without = merged(body.clone(), json!({*field: null}));
            assert_faulty(field, &desk.authorize(&charged, without), &[field]);
        }
        for field in ["auth_type", "dgs_reference"] {
            let without =
                merged(merged(authorize_body(&charged), body.clone()), json!({field: null}));
            assert_faulty(field, &desk.post("/authorize", &without, &[]), &[field]);
        }
        let answer = desk.authorize(&charged, body);
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        // Complete: successful, and nothing is left to do.
        assert_shape(kind, &answer.text(), COMPLETED);
    }
    desk.assert_audit_is_clean();
}

/// The least that an address needs.
#[test]
fn an_address_needs_a_line_and_a_country() {
    let desk = Desk::open();
    let charged = desk.charge_as("scenario:auth_avs");
    let least = json!({"auth_type": "avs", "avs_line1": "123 Main Street", "avs_country": "RW"});
    assert_shape("the minimum", &desk.authorize(&charged, least).text(), COMPLETED);
}

/// The text of a charge's answer, whose members stand in their order.
fn charged_text(desk: &Desk, scenario: &str) -> String {
    let payload = desk.browse_one(card());
    desk.charge(payload, json!({"scenario_key": scenario})).text().into_owned()
}
