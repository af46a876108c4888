//! What a disbursement may leave out, and when the wallet is debited.

use crate::merchant::{BANK, MOBILE_MONEY, Merchant, OPENING, paying, with, without};

#[test]
fn what_is_optional_may_be_left_out() {
    let merchant = Merchant::open();
    for (name, body) in [
        ("bank without a name", without(BANK, "/recipient/name")),
        ("bank without a branch", without(BANK, "/recipient/branch")),
        ("without a narration", without(BANK, "/narration")),
        ("null is not there", with(BANK, "/narration", "null")),
        ("mobile money without a name", without(MOBILE_MONEY, "/recipient/name")),
        ("a field nobody knows", with(MOBILE_MONEY, "/recipient/nickname", r#""J""#)),
        ("the network in another case", with(MOBILE_MONEY, "/recipient/network", r#""mtn""#)),
        ("Airtel", with(MOBILE_MONEY, "/recipient/network", r#""Airtel""#)),
        ("the country in another case", with(MOBILE_MONEY, "/recipient/country", r#""rw""#)),
        ("one franc beyond the fee", paying(101)),
        ("no more decimals than francs have", with(BANK, "/amount", "2000.0")),
        ("the default outcome", with(BANK, "/scenario_key", r#""scenario:successful""#)),
    ] {
        let answer = merchant.disburse(&body, &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
}

#[test]
fn the_wallet_is_debited_at_acceptance() {
    let merchant = Merchant::open();
    let reference = merchant.pay(BANK);
    assert_eq!(merchant.francs(), OPENING - 10_000, "before the transfer");
    merchant.finish(&reference);
    assert_eq!(merchant.francs(), OPENING - 10_000, "after it");
    merchant.assert_audit_is_clean();
}
