//! `POST /refunds`: never more than was captured, and whole again where it fails.

use crate::charge_body::ChargeBody;
use crate::purse::{END_S, Purse, with};
use crate::shop::{
    Shop, assert_members, assert_refused, assert_values, faulty_fields, has_form, unquoted,
};

fn body(reference: &str) -> String {
    format!(r#"{{"dgs_reference": "{reference}"}}"#)
}

#[test]
fn a_refund_is_held_and_then_gone() {
    let shop = Shop::open_slow();
    let charge = shop.settled_charge("5000");
    let before = shop.purses()["RWF"];
    let partial = with(&body(&charge), "amount", "2000");
    let answer = shop.refund(&with(&partial, "reason", r#""Wrong size""#));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let fields = answer.fields();
    let reference = unquoted(&fields["refund_reference"]);
    let digits = reference.strip_prefix("DGSREF").unwrap_or_default();
    assert!(digits.len() > 10 && digits.bytes().all(|b| b.is_ascii_digit()), "{reference}");
    let quoted = format!("\"{charge}\"");
    let expected = [
        ("status", r#""success""#),
        ("message", r#""Refund initiated""#),
        ("dgs_reference", quoted.as_str()),
        ("transaction_status", r#""pending""#),
        ("amount", "2000"),
        ("currency", r#""RWF""#),
    ];
    assert_values("answer", &fields, &expected);
    let less = Purse { available: before.available - 200_000, ..before };
    assert_eq!(shop.purses()["RWF"], less);

    shop.sandbox.advance_clock(END_S);
    let event = shop.receiver.wait_for_event(&reference).fields();
    let members = [
        "event",
        "dgs_reference",
        "charge_reference",
        "amount",
        "currency",
        "status",
        "timestamp",
        "environment",
    ];
    assert_members("event", &event, &members);
    let expected = [
        ("event", r#""payment.refunded""#),
        ("charge_reference", quoted.as_str()),
        ("amount", "2000"),
        ("status", r#""success""#),
    ];
    assert_values("event", &event, &expected);
    assert!(has_form(&unquoted(&event["timestamp"]), "9999-99-99T99:99:99Z"));
    assert_eq!(shop.purses()["RWF"], less);
    let record = shop.record(&reference);
    let expected = [
        ("type", r#""refund""#),
        ("status", r#""success""#),
        ("charge_reference", quoted.as_str()),
        ("reason", r#""Wrong size""#),
        ("settlement_status", r#""not_applicable""#),
    ];
    assert_values("record", &record, &expected);

    // The rest, and then nothing is left.
    let rest = shop.refund(&body(&charge));
    assert_values("rest", &rest.fields(), &[("amount", "3000")]);
    assert_refused("nothing left", &shop.refund(&body(&charge)), 409, "93");
    shop.assert_audit_is_clean();
}

#[test]
fn a_failed_refund_is_given_back_and_can_be_made_again() {
    let shop = Shop::open_slow();
    let charge = shop.settled_charge("5000");
    let before = shop.purses();
    let failing = with(&body(&charge), "scenario_key", r#""scenario:failed""#);
    let reference = unquoted(&shop.refund(&failing).fields()["refund_reference"]);
    assert_eq!(shop.purses()["RWF"].available, before["RWF"].available - 500_000);
    shop.sandbox.advance_clock(END_S);
    let event = shop.receiver.wait_for_event(&reference).fields();
    assert_values("event", &event, &[("event", r#""refund.failed""#), ("amount", "5000")]);
    assert!(event["fail_reason"].len() > 2, "{event:#?}");
    assert_eq!(shop.purses(), before);
    assert_values("again", &shop.refund(&body(&charge)).fields(), &[("amount", "5000")]);
    shop.assert_audit_is_clean();
}

#[test]
fn what_cannot_be_refunded_is_refused() {
    let shop = Shop::open_slow();
    let pending = shop.charge(&ChargeBody::guide());
    assert_refused("pending", &shop.refund(&body(&pending)), 409, "93");
    let failing = ChargeBody::guide().with_text("scenario_key", "issuer:do_not_honor");
    let failed = shop.charge(&failing);
    shop.finish(&failed);
    assert_refused("failed", &shop.refund(&body(&failed)), 409, "93");
    let conversion = shop.convert("USD", "EUR", "10");
    for nobody in ["dgs_1", "INV-1", conversion.as_str()] {
        assert_refused(nobody, &shop.refund(&body(nobody)), 404, "92");
    }
    let charge = shop.settled_charge("5000");
    for (body, fields) in [
        ("{}".to_owned(), vec!["dgs_reference"]),
        (r#"{"dgs_reference": 5, "amount": "1"}"#.to_owned(), vec!["dgs_reference", "amount"]),
        (with(&body(&charge), "amount", "5001"), vec!["amount"]),
        (with(&body(&charge), "amount", "0"), vec!["amount"]),
        (with(&body(&charge), "amount", "-1"), vec!["amount"]),
        (with(&body(&charge), "amount", "1.5"), vec!["amount"]),
        (with(&body(&charge), "reason", "7"), vec!["reason"]),
        (with(&body(&charge), "scenario_key", r#""issuer:approved""#), vec!["scenario_key"]),
    ] {
        let answer = shop.refund(&body);
        assert_refused(&body, &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), fields, "{body}: {}", answer.text());
    }
    shop.assert_audit_is_clean();
}

#[test]
fn a_refund_needs_money_that_is_settled() {
    let shop = Shop::open_slow();
    let amount = "3000000";
    let charge = shop.charge(&ChargeBody::guide().with("amount", amount));
    shop.finish(&charge);
    let before = shop.purses();
    let answer = shop.refund(&body(&charge));
    let message = assert_refused("short", &answer, 400, "90");
    assert_eq!(message, "Insufficient RWF balance");
    let expected =
        [("available_balance", "1000000"), ("required", amount), ("currency", r#""RWF""#)];
    assert_values("short", &answer.fields(), &expected);
    assert_eq!(shop.purses(), before);
    shop.assert_audit_is_clean();
}

#[test]
fn a_repeated_request_refunds_once() {
    let shop = Shop::open_slow();
    let charge = shop.settled_charge("5000");
    let part = with(&body(&charge), "amount", "100");
    let send = || shop.sandbox.request("POST", "/refunds", &[("Idempotency-Key", "r-1")], &part);
    let (first, again) = (send(), send());
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let rest = shop.refund(&body(&charge));
    assert_values("rest", &rest.fields(), &[("amount", "4900")]);
    shop.assert_audit_is_clean();
}
