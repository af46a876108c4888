//! The sandbox's `scenario_key` for mobile money: what the simulated customer and issuer do.

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, assert_refused, assert_values, faulty_fields};

/// The status that each key leads to, once the approval delay has passed.
const OUTCOMES: [(&str, &str); 9] = [
    ("scenario:auth_pin", "success"),
    ("issuer:approved", "success"),
    ("scenario:auth_pin&issuer:approved", "success"),
    ("issuer:insufficient_funds", "failed"),
    ("issuer:do_not_honor", "failed"),
    ("issuer:expired_card", "failed"),
    ("issuer:incorrect_pin", "failed"),
    ("issuer:invalid_cvv", "failed"),
    ("scenario:auth_pin&issuer:system_error", "failed"),
];

const NOT_ALLOWED: [&str; 13] = [
    "auth_pin",
    "scenario:",
    "scenario:no_such",
    "scenario:auth_avs",
    "scenario:auth_3ds",
    "scenario:auth_pin_3ds",
    "scenario:successful",
    "issuer:no_such",
    "issuer:approved&issuer:approved",
    "scenario:auth_pin&scenario:auth_redirect",
    "scenario:auth_pin&",
    "scenario:auth_pin,issuer:approved",
    "SCENARIO:AUTH_PIN",
];

#[test]
fn each_key_has_its_outcome() {
    let shop = Shop::open();
    let body = |key| ChargeBody::guide().with_text("scenario_key", key);
    let charged = OUTCOMES.map(|(key, status)| (key, status, shop.charge(&body(key))));
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    for (key, status, reference) in charged {
        let event = shop.receiver.wait_for_event(&reference);
        let quoted = format!("\"{status}\"");
        assert_values(key, &event.fields(), &[("status", &quoted)]);
        let record = shop.record(&reference);
        assert_values(key, &record, &[("status", &quoted)]);
        let said = &record["processor_response"];
        if status == "success" {
            assert_values(key, &record, &[("processor_response", "null"), ("fee", "60")]);
        } else {
            assert!(said.len() > 2 && said.starts_with('"'), "{key}: {said}");
        }
    }
    shop.assert_audit_is_clean();
}

/// The words of the guide's example of a declined mobile money payment.
#[test]
fn insufficient_funds_are_told_in_the_guides_words() {
    let shop = Shop::open();
    let body = ChargeBody::guide().with_text("scenario_key", "issuer:insufficient_funds");
    let reference = shop.charge(&body);
    shop.finish(&reference);
    let record = shop.record(&reference);
    let expected = [("processor_response", r#""Insufficient funds""#), ("status", r#""failed""#)];
    assert_values("record", &record, &expected);
}

#[test]
fn a_redirect_waits_for_the_customer() {
    let shop = Shop::open();
    let body = ChargeBody::guide().with_text("scenario_key", "scenario:auth_redirect");
    let answer = shop.post_charge(&body, &[]);
    assert_eq!(answer.json()["next_action_type"], "redirect_url", "{}", answer.text());
    let reference = crate::shop::reference_of(&answer);
    shop.sandbox.advance_clock(600);
    shop.fence("redirect");
    assert_values("record", &shop.record(&reference), &[("status", r#""pending""#)]);
}

#[test]
fn a_key_that_does_not_apply_is_90_and_lists_what_does() {
    let shop = Shop::open();
    for key in NOT_ALLOWED {
        let answer = shop.post_charge(&ChargeBody::guide().with_text("scenario_key", key), &[]);
        assert_refused(key, &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), ["scenario_key"], "{key}: {}", answer.text());
        for allowed in ["scenario:auth_pin", "scenario:auth_redirect", "issuer:insufficient_funds"]
        {
            assert!(answer.text().contains(allowed), "{key}: {}", answer.text());
        }
    }
}
