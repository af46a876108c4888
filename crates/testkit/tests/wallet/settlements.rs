//! What a charge brings is pending first, and available once it is settled.

use testkit::Options;

use crate::charge_body::ChargeBody;
use crate::purse::{END_S, Purse};
use crate::shop::{Shop, assert_values};

#[test]
fn a_charge_settles_when_the_clock_has_passed_its_delay() {
    let shop = Shop::open_slow();
    let before = shop.purses()["RWF"];
    let reference = shop.charge(&ChargeBody::guide().with("amount", "5000"));
    assert_values("record", &shop.record(&reference), &[("settlement_status", r#""unsettled""#)]);
    shop.finish(&reference);
    let pending = Purse { pending: before.pending + 485_000, ..before };
    assert_eq!(shop.purses()["RWF"], pending);
    assert_values("record", &shop.record(&reference), &[("settlement_status", r#""unsettled""#)]);
    shop.sandbox.advance_clock(END_S);
    shop.wait_for_record(&reference, "settlement_status", "settled");
    let settled = Purse { available: before.available + 485_000, ..before };
    assert_eq!(shop.purses()["RWF"], settled);
    let record = shop.record(&reference);
    assert!(record["timeline"].contains("settled"), "{record:#?}");
    // Later turns find nothing more to do.
    shop.settled_charge("1000");
    assert_eq!(shop.purses()["RWF"].available, settled.available + 97_000);
    shop.assert_audit_is_clean();
}

#[test]
fn a_failed_charge_has_nothing_to_settle() {
    let shop = Shop::open_slow();
    let body = ChargeBody::guide().with_text("scenario_key", "issuer:do_not_honor");
    let reference = shop.charge(&body);
    shop.finish(&reference);
    let expected = [("settlement_status", r#""not_applicable""#)];
    assert_values("record", &shop.record(&reference), &expected);
}

#[test]
fn the_delay_is_a_setting_and_zero_is_at_once() {
    let shop = Shop::open_with(Options::default().variable("DGSPAY_SETTLEMENT_DELAY_MS", "0"));
    let reference = shop.charge(&ChargeBody::guide());
    shop.finish(&reference);
    shop.wait_for_record(&reference, "settlement_status", "settled");
    let shop = Shop::open_slow();
    let reference = shop.charge(&ChargeBody::guide());
    shop.finish(&reference);
    shop.sandbox.advance_clock(END_S / 2);
    shop.fence("half-way");
    assert_values("record", &shop.record(&reference), &[("settlement_status", r#""unsettled""#)]);
}

#[test]
fn a_settlement_owed_before_a_kill_is_made_after_it() {
    let mut shop = Shop::open_slow();
    let reference = shop.charge(&ChargeBody::guide());
    shop.finish(&reference);
    shop.sandbox.kill();
    shop.sandbox.restart();
    shop.sandbox.advance_clock(END_S);
    shop.wait_for_record(&reference, "settlement_status", "settled");
    shop.assert_audit_is_clean();
}
