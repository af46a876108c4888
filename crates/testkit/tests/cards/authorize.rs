//! `POST /authorize`: what is refused, what is counted, and what happens when many come at once.

use serde_json::{Value, json};

use crate::desk::{
    Desk, address, assert_faulty, assert_refused, authorize_body, merged, otp, text,
};

fn pin(desk: &Desk, digits: &str) -> Value {
    let made = desk.browse_one(json!({"do": "pin", "pin": digits}));
    merged(made, json!({"auth_type": "pin"}))
}

#[test]
fn what_is_refused() {
    let desk = Desk::open();
    let charged = desk.charge_as("scenario:auth_pin");
    let right = pin(&desk, "1234");
    for (name, more, fields) in [
        ("no type", json!({}), vec!["auth_type"]),
        ("no such type", json!({"auth_type": "face"}), vec!["auth_type"]),
        ("an OTP for a PIN", otp("123456"), vec!["auth_type"]),
        ("an address for a PIN", address(), vec!["auth_type"]),
        (
            "no reference",
            merged(right.clone(), json!({"dgs_reference": ""})),
            vec!["dgs_reference"],
        ),
        (
            "nothing for a PIN",
            json!({"auth_type": "pin"}),
            vec!["auth_pin_encrypted", "auth_pin_nonce"],
        ),
        (
            "a placeholder",
            merged(right.clone(), json!({"auth_pin_encrypted": "<base64_encrypted_pin>"})),
            vec!["auth_pin_encrypted"],
        ),
        (
            "another nonce",
            merged(right.clone(), json!({"auth_pin_nonce": "abc123def456"})),
            vec!["auth_pin_encrypted"],
        ),
        ("three digits", pin(&desk, "123"), vec!["auth_pin_encrypted"]),
        ("seven digits", pin(&desk, "1234567"), vec!["auth_pin_encrypted"]),
        ("letters", pin(&desk, "12a4"), vec!["auth_pin_encrypted"]),
        ("an OTP of three", otp("123"), vec!["auth_otp"]),
        ("an OTP of nine", otp("123456789"), vec!["auth_otp"]),
        ("an OTP as a number", json!({"auth_type": "otp", "auth_otp": 123456}), vec!["auth_otp"]),
        ("no OTP", json!({"auth_type": "otp"}), vec!["auth_otp"]),
        ("no address", json!({"auth_type": "avs"}), vec!["avs_line1", "avs_country"]),
        (
            "a country's name",
            merged(address(), json!({"avs_country": "Rwanda"})),
            vec!["avs_country"],
        ),
    ] {
        assert_faulty(name, &desk.authorize(&charged, more), &fields);
    }
    let unknown = json!({"dgs_reference": "dgs_1"});
    assert_refused("unknown", &desk.authorize(&unknown, right.clone()), 404, "92");

    let done = desk.authorize(&charged, right.clone());
    assert_eq!(done.json()["transaction_status"], "successful", "{}", done.text());
    assert_refused("finished", &desk.authorize(&charged, right.clone()), 409, "93");
    assert_refused("finished", &desk.authorize(&charged, otp("123456")), 409, "93");

    let other = desk.charge_as("scenario:auth_pin_3ds");
    let reused = desk.authorize(&other, right);
    assert_faulty("a nonce that served", &reused, &["auth_pin_nonce"]);
    desk.assert_audit_is_clean();
}

#[test]
fn a_mobile_money_charge_takes_no_authorization() {
    let desk = Desk::open();
    let body = crate::desk::charge_body(
        json!({}),
        json!({"payment_type": "mobile_money", "mobile_money_network": "MTN",
               "mobile_money_phone": "789654321"}),
    );
    let charged = desk.post("/charges", &body, &[]).json();
    assert_eq!(charged["next_action_type"], "redirect_url", "{charged}");
    assert_faulty("mobile money", &desk.authorize(&charged, otp("123456")), &["auth_type"]);
}

/// Asked again three times; the fourth fails the charge.
#[test]
fn wrong_codes_are_counted() {
    let desk = Desk::open();
    let mut references = Vec::new();
    for (scenario, awaited) in
        [("scenario:auth_pin_3ds", "requires_otp"), ("scenario:auth_3ds", "redirect_url")]
    {
        for wrong_first in [3, 4] {
            let mut charged = desk.charge_as(scenario);
            references.push(text(&charged, "dgs_reference"));
            if awaited == "requires_otp" {
                charged = desk.authorize(&charged, pin(&desk, "123456")).json();
            }
            for turn in 1..=wrong_first {
                assert_eq!(charged["next_action_type"], awaited, "{scenario} {turn}: {charged}");
                charged = desk.authorize(&charged, otp("000000")).json();
            }
            if wrong_first == 3 {
                assert_eq!(charged["transaction_status"], "pending", "{scenario}: {charged}");
                charged = desk.authorize(&charged, otp("1234")).json();
                assert_eq!(charged["transaction_status"], "successful", "{scenario}: {charged}");
            } else {
                assert_eq!(charged["transaction_status"], "failed", "{scenario}: {charged}");
                assert_eq!(charged["processor_response"], "Incorrect OTP", "{scenario}: {charged}");
                assert_eq!(charged["issuer_response_code"], "55", "{scenario}: {charged}");
                assert_refused("over", &desk.authorize(&charged, otp("1234")), 409, "93");
            }
        }
    }
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}

#[test]
fn one_key_one_step() {
    let desk = Desk::open();
    let charged = desk.charge_as("scenario:auth_pin_3ds");
    let body = merged(authorize_body(&charged), pin(&desk, "1234"));
    let key = [("Idempotency-Key", "step-1")];
    let first = desk.post("/authorize", &body, &key);
    assert_eq!(first.json()["next_action_type"], "requires_otp", "{}", first.text());
    let again = desk.post("/authorize", &body, &key);
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = merged(authorize_body(&charged), otp("123456"));
    assert_refused("another body", &desk.post("/authorize", &other, &key), 409, "93");
    // A wrong code that is repeated under its key counts once.
    let wrong = merged(authorize_body(&charged), otp("000000"));
    for _ in 0..10 {
        desk.post("/authorize", &wrong, &[("Idempotency-Key", "step-2")]);
    }
    assert_eq!(desk.authorize(&charged, otp("123456")).json()["transaction_status"], "successful");
}

#[test]
fn of_a_hundred_at_once_one_moves_the_charge() {
    let desk = Desk::open();
    let runs = [
        ("scenario:auth_avs", address(), "successful"),
        ("scenario:auth_3ds", otp("123456"), "successful"),
        ("scenario:auth_3ds", otp("000000"), "failed"),
        ("scenario:auth_pin&issuer:do_not_honor", Value::Null, "failed"),
    ];
    let mut references = Vec::new();
    for (scenario, more, expected) in runs {
        let charged = desk.charge_as(scenario);
        let bodies = if more.is_null() { hundred_pins(&desk) } else { vec![more; 100] };
        let answers: Vec<_> = std::thread::scope(|scope| {
            let send = |body| {
                let (desk, charged) = (&desk, &charged);
                scope.spawn(move || desk.authorize(charged, body))
            };
            let senders: Vec<_> = bodies.into_iter().map(send).collect();
            senders.into_iter().map(|sender| sender.join().expect("no panic")).collect()
        });
        let ended =
            answers.iter().filter(|answer| answer.json()["transaction_status"] == expected).count();
        assert_eq!(ended, 1, "{scenario}");
        assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)), "{scenario}");
        references.push(text(&charged, "dgs_reference"));
    }
    desk.assert_each_told_once(&references);
    desk.assert_audit_is_clean();
}

/// Each with a nonce of its own, or only one could come through.
fn hundred_pins(desk: &Desk) -> Vec<Value> {
    let made = desk.browse(&vec![json!({"do": "pin", "pin": "1234"}); 100]);
    made.into_iter().map(|pin| merged(pin, json!({"auth_type": "pin"}))).collect()
}
