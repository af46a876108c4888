//! The guide's parameter table for mobile money: every row left out, every row wrong, all rows
//! at once.

use crate::charge_body::{ChargeBody, GUIDE, required};
use crate::shop::{Shop, assert_refused, faulty_fields, reference_of};

/// Values that are of the right type and still wrong.
const WRONG: [(&str, &[&str]); 12] = [
    (
        "amount",
        &["0", "-1", "0.5", "2000.5", "1000000000000000", r#""2000""#, "true", "[2000]", "null"],
    ),
    ("currency", &[r#""USD""#, r#""EUR""#, r#""XXX""#, r#""""#, r#""RW""#, r#""RWFF""#]),
    ("payment_type", &[r#""cash""#, r#""mobile money""#, r#""""#, r#""MOBILE-MONEY""#]),
    (
        "customer_email",
        &[r#""jane""#, r#""jane@""#, r#""@example.com""#, r#""a b@example.com""#, r#""a@b@c.com""#],
    ),
    ("customer_first_name", &[r#""""#, r#""   ""#, r#""Ja\u0000ne""#, r#""Ja\nne""#]),
    ("customer_last_name", &[r#""""#, r#""   ""#, r#""Do\u001be""#, r#""D\u007foe""#]),
    ("customer_phone", &[r#""""#, r#""12""#, r#""abcdefghi""#, r#""78965432178965432""#]),
    ("customer_phone_country_code", &[r#""""#, r#""abc""#, r#""0""#, r#""99999""#, r#""2 5""#]),
    (
        "redirect_url",
        &[
            r#""""#,
            r#""yourdomain.com""#,
            r#""ftp://yourdomain.com/""#,
            r#""javascript:alert(1)""#,
            r#""https://""#,
            r#""//yourdomain.com/""#,
            r#""https://your domain.com/""#,
        ],
    ),
    ("mobile_money_network", &[r#""""#, r#""Tigo""#, r#""M T N""#, r#""mtn_rw""#]),
    (
        "mobile_money_phone",
        &[r#""""#, r#""78965432""#, r#""7896543210""#, r#""+254712345678""#, r#""689654321""#],
    ),
    ("narration", &[r#""a\u0000b""#, r#""a\r\nb""#, "1", "[]", "{}"]),
];

#[test]
fn every_field_wrong_in_its_own_ways_is_named() {
    let shop = Shop::open();
    for (field, values) in WRONG {
        for value in values {
            let name = format!("{field}: {value}");
            let answer = shop.post_charge(&ChargeBody::guide().with(field, value), &[]);
            assert_refused(&name, &answer, 400, "90");
            assert_eq!(faulty_fields(&answer), [field], "{name}: {}", answer.text());
        }
    }
}

#[test]
fn every_text_has_the_right_type_and_a_limit() {
    let shop = Shop::open();
    let long = format!("\"{}\"", "9".repeat(10_000));
    for (field, text) in GUIDE {
        if text.starts_with('"') {
            for value in ["7", "true", "[]", "{}", long.as_str()] {
                let name = format!("{field}: {}", &value[..value.len().min(20)]);
                let answer = shop.post_charge(&ChargeBody::guide().with(field, value), &[]);
                assert_refused(&name, &answer, 400, "90");
                assert_eq!(faulty_fields(&answer), [field], "{name}: {}", answer.text());
            }
        }
    }
}

#[test]
fn all_faults_come_at_once_in_the_tables_order() {
    let shop = Shop::open();
    let all_but_type: Vec<&str> = required().filter(|field| *field != "payment_type").collect();
    let only_type = r#"{"payment_type": "mobile_money"}"#;
    let answer = shop.sandbox.request("POST", "/charges", &[], only_type);
    assert_refused("only the type", &answer, 400, "90");
    assert_eq!(faulty_fields(&answer), all_but_type, "{}", answer.text());

    let all_wrong = WRONG
        .iter()
        .filter(|(field, _)| *field != "payment_type")
        .fold(ChargeBody::guide().reversed(), |body, (field, values)| body.with(field, values[0]));
    let answer = shop.post_charge(&all_wrong, &[]);
    assert_refused("all wrong", &answer, 400, "90");
    let expected: Vec<&str> =
        WRONG.iter().map(|(field, _)| *field).filter(|field| *field != "payment_type").collect();
    assert_eq!(faulty_fields(&answer), expected, "{}", answer.text());

    let answer = shop.sandbox.request("POST", "/charges", &[], "{}");
    assert_refused("nothing at all", &answer, 400, "90");
    assert!(faulty_fields(&answer).contains(&"payment_type".to_owned()), "{}", answer.text());
}

#[test]
fn every_spelling_of_a_phone_number_is_one_number() {
    let shop = Shop::open();
    for spelling in ["789654321", "0789654321", "250789654321", "+250789654321"] {
        let body = ChargeBody::guide()
            .with_text("mobile_money_phone", spelling)
            .with_text("customer_phone", spelling);
        let record = shop.record(&shop.charge(&body));
        for member in ["payment_method", "customer"] {
            let found = &record[member];
            assert!(found.contains("+250789654321"), "{spelling}: {member} is {found}");
        }
    }
    // Numbers can be ported: another network's prefix is taken.
    shop.charge(&ChargeBody::guide().with_text("mobile_money_phone", "730000000"));
}

#[test]
fn a_network_is_kept_in_its_canonical_spelling() {
    let shop = Shop::open();
    for (sent, kept) in [("mtn", "MTN"), ("Mtn", "MTN"), ("AIRTEL", "Airtel"), ("airtel", "Airtel")]
    {
        let body = ChargeBody::guide().with_text("mobile_money_network", sent);
        let record = shop.record(&shop.charge(&body));
        let quoted = format!("\"{kept}\"");
        assert!(record["payment_method"].contains(&quoted), "{sent}: {record:#?}");
    }
}

#[test]
fn a_reference_of_the_merchants_own_is_kept_and_unique() {
    let shop = Shop::open();
    let longest = "r".repeat(64);
    for reference in ["INV-123", "a", "A.b_c-9", longest.as_str()] {
        let body = ChargeBody::guide().with_text("dgs_reference", reference);
        let first = shop.post_charge(&body, &[]);
        assert_eq!(first.status, 200, "{reference}: {}", first.text());
        assert_eq!(reference_of(&first), reference);
        assert_eq!(shop.record(reference)["dgs_reference"], format!("\"{reference}\""));
        let again = shop.post_charge(&body, &[]);
        assert_refused(reference, &again, 409, "93");
        assert!(!again.fields().contains_key("errors"), "{}", again.text());
    }
    let (_, pagination) = shop.list("");
    assert_eq!(pagination["total"], "4");
    let too_long = "r".repeat(65);
    for reference in ["a b", "a/b", "é", "a?b", "INV#1", too_long.as_str()] {
        let body = ChargeBody::guide().with_text("dgs_reference", reference);
        let answer = shop.post_charge(&body, &[]);
        assert_refused(reference, &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), ["dgs_reference"], "{}", answer.text());
    }
}

#[test]
fn a_trailing_comma_is_tolerated_in_test() {
    let shop = Shop::open();
    let body = ChargeBody::guide().text();
    let body = body.trim_end_matches('}').to_owned() + ",\n}";
    let answer = shop.sandbox.request("POST", "/charges", &[], body);
    assert_eq!(answer.status, 200, "{}", answer.text());
}
