//! The first things a merchant sees: what the sandbox prints, its first charges, their money.

use std::process::Command;

use testkit::http::{elements, fields};

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, assert_members, assert_values, has_form, unquoted};

const PENDING_MEMBERS: [&str; 11] = [
    "status",
    "message",
    "transaction_id",
    "dgs_reference",
    "amount",
    "currency",
    "transaction_status",
    "payment_method_type",
    "next_action_type",
    "next_action_redirect_url",
    "display_text",
];

const PENDING_VALUES: [(&str, &str); 8] = [
    ("status", r#""success""#),
    ("message", r#""Charge initiated""#),
    ("amount", "2000"),
    ("currency", r#""RWF""#),
    ("transaction_status", r#""pending""#),
    ("payment_method_type", r#""mobile_money""#),
    ("next_action_type", r#""redirect_url""#),
    ("display_text", r#""Complete payment on your mobile device""#),
];

#[test]
fn the_guides_charges_are_answered_as_the_guide_shows() {
    let shop = Shop::open();
    let bodies = [
        ("MTN", ChargeBody::guide()),
        ("Airtel", airtel()),
        ("without the optional narration", ChargeBody::guide().without("narration")),
        ("2000.0 is 2000", ChargeBody::guide().with("amount", "2000.0")),
        ("members in another order", ChargeBody::guide().reversed()),
        ("a network in another case", ChargeBody::guide().with_text("mobile_money_network", "mtn")),
        ("spaces around a text", ChargeBody::guide().with_text("customer_first_name", "  Jane ")),
        ("a field nobody knows", ChargeBody::guide().with("x_extra", r#"{"a": [1, null]}"#)),
        ("a scenario", ChargeBody::guide().with_text("scenario_key", "scenario:auth_pin")),
    ];
    for (name, body) in bodies {
        let answer = shop.post_charge(&body, &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
        let fields = answer.fields();
        assert_members(name, &fields, &PENDING_MEMBERS);
        assert_values(name, &fields, &PENDING_VALUES);
        let id = unquoted(&fields["transaction_id"]);
        assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()), "{name}: {id}");
        assert_eq!(unquoted(&fields["dgs_reference"]), format!("dgs_{id}"), "{name}");
        let page = unquoted(&fields["next_action_redirect_url"]);
        assert!(page.starts_with("http"), "{name}: {page}");
    }
}

#[test]
fn transaction_ids_grow_with_time() {
    let shop = Shop::open();
    let ids: Vec<u64> = (0..20)
        .map(|_| {
            let reference = shop.charge(&ChargeBody::guide());
            reference.trim_start_matches("dgs_").parse().expect("decimal digits")
        })
        .collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[test]
fn every_answer_carries_a_request_id_and_ours_is_kept() {
    let shop = Shop::open();
    let longest = "r".repeat(128);
    for sent in ["abc-123", "!~", longest.as_str()] {
        let answer = shop.sandbox.request("GET", "/balance", &[("X-Request-Id", sent)], "");
        assert_eq!(answer.header("x-request-id"), Some(sent));
    }
    let too_long = "r".repeat(129);
    for sent in ["", "a b", "é", too_long.as_str()] {
        let answer = shop.sandbox.request("GET", "/balance", &[("X-Request-Id", sent)], "");
        let made = answer.header("x-request-id").unwrap_or_default();
        assert!(!made.is_empty() && made != sent, "{sent:?} was answered with {made:?}");
    }
    let [one, other] = [(); 2].map(|()| shop.get("/transactions/none"));
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[test]
fn a_success_shows_in_the_balance() {
    let shop = Shop::open();
    let before = rwf_balance(&shop);
    let reference = shop.charge(&ChargeBody::guide());
    assert_eq!(rwf_balance(&shop), before, "a pending charge is no money");
    shop.finish(&reference);
    let after = rwf_balance(&shop);
    // 3 % of 2000 stay with the gateway. In hundredths, as the balance prints them.
    assert_eq!(after.total, before.total + 194_000, "{before:?} then {after:?}");
    assert_eq!(after.pending, before.pending + 194_000, "{before:?} then {after:?}");
    shop.assert_audit_is_clean();
}

#[test]
fn the_printed_curl_command_makes_a_charge() {
    let shop = Shop::open();
    let command = shop.sandbox.printed_command();
    match Command::new("sh").arg("-c").arg(&command).output() {
        Ok(output) if output.status.code() == Some(127) => println!("skipped: no curl here"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("Charge initiated"), "{command}\nanswered {said}");
        }
        Err(error) => panic!("no shell: {error}"),
    }
}

#[test]
fn labels_are_printed_in_their_order() {
    let shop = Shop::open();
    let printed = shop.sandbox.printed.join("\n");
    let places: Vec<Option<usize>> =
        testkit::sandbox::LABELS.iter().map(|label| printed.find(&format!("{label}  "))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in\n{printed}");
    let shown = shop.sandbox.credentials();
    let (key, number) = (&shown.api_key, &shown.account_number);
    assert!(key.starts_with("sk_test_") && key.len() >= "sk_test_".len() + 32, "{key}");
    assert!(has_form(number, "ACC-9999999"), "{number}");
    assert!(shown.webhook_secret.starts_with("whsec_"), "{}", shown.webhook_secret);
    assert_eq!(shop.sandbox.api.base_path, "/generation/v2");
}

#[test]
fn health_needs_no_credentials() {
    let shop = Shop::open();
    for path in ["/health/ready", "/health/live"] {
        assert_eq!(shop.sandbox.api.bare_request("GET", path, &[], "").status, 200, "{path}");
    }
}

/// The guide's body for the other network.
fn airtel() -> ChargeBody {
    ChargeBody::guide()
        .with_text("mobile_money_network", "Airtel")
        .with_text("mobile_money_phone", "738123456")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Balance {
    pending: i64,
    total: i64,
}

fn rwf_balance(shop: &Shop) -> Balance {
    let answer = shop.get("/balance");
    let rows = elements(&answer.fields()["balances"]);
    let row = rows.iter().map(|row| fields(row)).find(|row| row["currency"] == r#""RWF""#);
    let row = row.expect("an RWF wallet");
    Balance {
        pending: hundredths(&row["pending_balance"]),
        total: hundredths(&row["total_balance"]),
    }
}

/// `1000.00` as 100000; panics unless it is written with two decimals.
fn hundredths(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    assert_eq!(decimals.len(), 2, "{text} is not printed with two decimals");
    format!("{whole}{decimals}").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}
