//! Disbursements among the transactions.

use testkit::http::fields;

use crate::merchant::{BANK, MOBILE_MONEY, Merchant, TRANSFER_S, assert_exactly, with};

#[test]
fn the_record_shows_the_recipient() {
    let merchant = Merchant::open();
    for (name, body, expected) in [
        (
            "bank",
            BANK,
            &[
                ("account_number", r#""1234567890""#),
                ("bank_key", r#""kcb_rw""#),
                ("name", r#""John Doe""#),
                ("branch", r#""Kigali Main""#),
            ][..],
        ),
        (
            "mobile_money",
            MOBILE_MONEY,
            &[
                ("msisdn", r#""+250788123456""#),
                ("network", r#""MTN""#),
                ("country", r#""RW""#),
                ("name", r#""Jane Doe""#),
            ],
        ),
    ] {
        let reference = merchant.pay(body);
        let record = merchant.record(&reference);
        for (member, text) in [
            ("type", r#""disbursement""#),
            ("payment_method_type", &format!("\"{name}\"")),
            ("status", r#""pending""#),
            ("currency", r#""RWF""#),
            ("fee", "100"),
            ("settlement_status", r#""not_applicable""#),
            ("payment_link_id", "null"),
        ] {
            assert_eq!(record[member], text, "{name}: {member} of {record:#?}");
        }
        let method = fields(&record["payment_method"]);
        assert_exactly(name, &fields(&method["recipient"]), expected);
        merchant.finish(&reference);
        assert_eq!(merchant.record(&reference)["status"], r#""success""#, "{name}");
    }
}

#[test]
fn every_spelling_of_a_number_is_one_number() {
    let merchant = Merchant::open();
    for spelling in ["0788123456", "788123456", "250788123456", "+250788123456", "+250 788-123-456"]
    {
        let body = with(MOBILE_MONEY, "/recipient/msisdn", &format!("\"{spelling}\""));
        let record = merchant.record(&merchant.pay(&body));
        let recipient = fields(&fields(&record["payment_method"])["recipient"]);
        assert_eq!(recipient["msisdn"], r#""+250788123456""#, "{spelling}");
    }
}

#[test]
fn lists_count_disbursements_by_method_and_status() {
    let merchant = Merchant::open();
    merchant.pay(BANK);
    merchant.pay(BANK);
    merchant.pay(MOBILE_MONEY);
    let failing = with(BANK, "/scenario_key", r#""scenario:invalid_currency""#);
    let failed = merchant.pay(&failing);
    let count = |query| merchant.count(query);
    assert_eq!(
        [count(""), count("?payment_method_type=bank"), count("?status=pending")],
        [4, 3, 4]
    );
    merchant.sandbox.advance_clock(TRANSFER_S);
    merchant.receiver.wait_at("/ok", 4);
    assert_eq!([count("?status=success"), count("?status=failed")], [3, 1]);
    let record = merchant.record(&failed);
    assert_eq!(record["processor_response"], r#""Invalid currency""#);
    let by_transfer = format!("?flw_reference={}", record["flw_reference"].trim_matches('"'));
    assert_eq!(count(by_transfer.as_str()), 1);
    merchant.assert_audit_is_clean();
}
