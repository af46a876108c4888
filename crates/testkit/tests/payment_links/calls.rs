//! The five calls: what they take, what they answer, what they refuse.

use serde_json::{Value, json};

use crate::merchant::{
    Merchant, assert_refused, data, faulty_fields, fixed, flexible, path, stats, text, with,
    without,
};

#[test]
fn the_least_that_makes_a_link_is_filled_up_with_defaults() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    let slug = text(&link["slug"]);
    let is_base58 =
        slug.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte));
    assert!(slug.len() == 10 && is_base58, "{slug}");
    let expected = json!({
        "id": link["id"],
        "slug": slug,
        "url": format!("http://{}/pay/{slug}", merchant.sandbox.api.address),
        "state": "active",
        "title": "Concert",
        "description": null,
        "amount_type": "fixed",
        "currency": "RWF",
        "amount": 5000,
        "min_amount": null,
        "max_amount": null,
        "payment_types": ["mobile_money", "card"],
        "redirect_url": null,
        "callback_url": null,
        "logo_url": null,
        "max_uses": null,
        "expires_at": null,
        "collect_phone": true,
        "collect_name": true,
        "collect_address": false,
        "uses": 0,
        "stats": {"successful": 0, "pending": 0, "failed": 0, "amount_collected": 0},
        "created_at": link["created_at"],
        "archived_at": null,
    });
    assert_eq!(link, expected);
    // A UUID of version 7.
    let id = text(&link["id"]);
    assert!(id.len() == 36 && id.as_bytes()[14] == b'7', "{id}");
    assert_eq!(merchant.show(&link), link);
}

#[test]
fn every_field_is_kept_as_sent() {
    let merchant = Merchant::open();
    let full = json!({
        "title": "Gift",
        "amount_type": "flexible",
        "currency": "USD",
        "min_amount": 1.5,
        "max_amount": 100,
        "payment_types": ["card"],
        "slug": "Gift-2026_a",
        "description": "Whatever you like, é 💰",
        "redirect_url": "https://shop.example/thanks?a=b",
        "callback_url": merchant.receiver.url("/ok/links"),
        "logo_url": "https://cdn.example/logo.png",
        "max_uses": 3,
        "expires_at": "2031-02-28 23:59:59",
        "collect_phone": false,
        "collect_name": false,
        "collect_address": true,
    });
    let link = merchant.link(&full);
    for (field, sent) in full.as_object().unwrap() {
        let kept = if field == "min_amount" { json!(1.50) } else { link[field].clone() };
        assert_eq!(kept, *sent, "{field}");
    }
    let answer = merchant.call("GET", &path(&link), &Value::Null);
    assert!(answer.text().contains(r#""min_amount":1.50,"max_amount":100,"#), "{}", answer.text());
}

#[test]
fn what_is_offered_is_what_can_be_served() {
    let merchant = Merchant::open();
    let dollars = with(fixed(), json!({"currency": "USD"}));
    assert_eq!(merchant.link(&dollars)["payment_types"], json!(["card"]));
    for (members, words) in [
        (json!({"payment_types": ["ussd"]}), "ussd is not offered: no provider serves it"),
        (
            json!({"payment_types": ["card", "bank_transfer"]}),
            "bank_transfer is not offered in RWF",
        ),
        (json!({"payment_types": ["mobile_money"], "currency": "USD"}), "not offered in USD"),
        (json!({"payment_types": ["bank"]}), "must list one or more of"),
        (json!({"payment_types": []}), "must list one or more of"),
        (json!({"payment_types": "card"}), "must list one or more of"),
        (json!({"payment_types": [1]}), "must list one or more of"),
    ] {
        let answer = merchant.call("POST", "/payment-links", &with(fixed(), members.clone()));
        assert_refused(&members.to_string(), &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), ["payment_types"]);
        assert!(answer.text().contains(words), "{members}: {}", answer.text());
    }
    let naira = merchant.link(&with(fixed(), json!({"currency": "NGN"})));
    let methods = naira["payment_types"].as_array().expect("a list");
    assert!(methods.contains(&json!("bank_transfer")), "{naira}");
    let twice = with(fixed(), json!({"payment_types": ["card", "card"]}));
    assert_eq!(merchant.link(&twice)["payment_types"], json!(["card"]));
}

#[test]
fn every_wrong_value_is_named() {
    let merchant = Merchant::open();
    let long = "9".repeat(3000);
    for (field, values) in [
        (
            "title",
            vec![json!(null), json!(""), json!("  "), json!(7), json!("a\u{0}b"), json!(long)],
        ),
        ("amount_type", vec![json!(null), json!("Fixed"), json!(1)]),
        ("currency", vec![json!(null), json!("rwf"), json!("XXX"), json!("KES"), json!(646)]),
        ("amount", vec![json!(null), json!(0), json!(-1), json!(0.5), json!("5000"), json!(1e15)]),
        ("min_amount", vec![json!(1)]),
        ("max_amount", vec![json!(1)]),
        (
            "slug",
            vec![json!("a b"), json!("a/b"), json!("é"), json!("status"), json!(1), json!(long)],
        ),
        ("description", vec![json!(1), json!("a\nb"), json!(long)]),
        ("redirect_url", vec![json!("javascript:alert(1)"), json!("//x.example/"), json!(1)]),
        ("max_uses", vec![json!(0), json!(-1), json!(1.5), json!("1"), json!(1e30), json!(true)]),
        (
            "expires_at",
            vec![
                json!("2020-01-01 00:00:00"),
                json!("2031-01-01"),
                json!("2031-01-01T00:00:00Z"),
                json!("2031-02-30 00:00:00"),
                json!("2031-1-1 0:0:0"),
                json!(1),
            ],
        ),
        ("collect_phone", vec![json!("true"), json!(1)]),
        ("collect_name", vec![json!("yes")]),
        ("collect_address", vec![json!(0)]),
        ("logo_url", vec![json!("http://cdn.example/x.png"), json!("data:image/png,x"), json!(1)]),
        ("callback_url", vec![json!("ftp://x.example/"), json!("http://10.0.0.1/"), json!(1)]),
    ] {
        for value in values {
            let body = with(fixed(), json!({field: value}));
            let name =
                format!("{field}: {}", body[field].to_string().get(..20).unwrap_or_default());
            let answer = merchant.call("POST", "/payment-links", &body);
            assert_refused(&name, &answer, 400, "90");
            assert_eq!(faulty_fields(&answer), [field], "{name}: {}", answer.text());
        }
    }
    for (members, field) in [
        (json!({"amount": 1}), "amount"),
        (json!({"min_amount": 20, "max_amount": 10}), "max_amount"),
        (json!({"min_amount": 0}), "min_amount"),
    ] {
        let answer = merchant.call("POST", "/payment-links", &with(flexible(), members));
        assert_refused(field, &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), [field], "{}", answer.text());
    }
    assert_eq!(list(&merchant, "").1["total"], 0);
}

#[test]
fn all_faults_come_at_once_in_the_tables_order() {
    let merchant = Merchant::open();
    let body = json!({
        "logo_url": "x", "collect_address": 1, "collect_name": 1, "collect_phone": 1,
        "expires_at": "soon", "max_uses": 0, "redirect_url": "x", "description": 1,
        "slug": "a b", "payment_types": ["cash"], "max_amount": -1, "min_amount": -1,
        "currency": "XXX", "amount_type": "flexible",
    });
    let answer = merchant.call("POST", "/payment-links", &body);
    assert_refused("all", &answer, 400, "90");
    let expected = [
        "title",
        "currency",
        "min_amount",
        "max_amount",
        "payment_types",
        "slug",
        "description",
        "redirect_url",
        "max_uses",
        "expires_at",
        "collect_phone",
        "collect_name",
        "collect_address",
        "logo_url",
    ];
    assert_eq!(faulty_fields(&answer), expected, "{}", answer.text());
    let answer = merchant.call("POST", "/payment-links", &json!({}));
    assert_eq!(faulty_fields(&answer), ["title", "amount_type", "currency"], "{}", answer.text());
    let answer = merchant.call("POST", "/payment-links", &without(fixed(), "amount"));
    assert_eq!(faulty_fields(&answer), ["amount"], "{}", answer.text());
}

#[test]
fn an_address_is_taken_once() {
    let merchant = Merchant::open();
    let body = with(fixed(), json!({"slug": "concert"}));
    let link = merchant.link(&body);
    assert_refused("again", &merchant.call("POST", "/payment-links", &body), 409, "93");
    merchant.link(&with(fixed(), json!({"slug": "Concert"})));
    // Whoever has the address of an archived link must not end up at another.
    data(&merchant.archive(&link));
    assert_refused("archived", &merchant.call("POST", "/payment-links", &body), 409, "93");
    assert_eq!(list(&merchant, "").1["total"], 2);
}

#[test]
fn a_key_makes_one_link() {
    let merchant = Merchant::open();
    let key = [("Idempotency-Key", "k")];
    let create = |body: &Value| merchant.call_with("POST", "/payment-links", &key, body);
    let body = with(fixed(), json!({"expires_at": merchant.soon()}));
    let first = create(&body);
    let link = data(&first);
    for when in ["at once", "when time has made it faulty"] {
        let again = create(&body);
        assert_eq!((again.status, &again.body), (200, &first.body), "{when}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{when}");
        merchant.sandbox.advance_clock(180);
    }
    assert_eq!(merchant.show(&link)["state"], "expired");
    let refused = merchant.call("POST", "/payment-links", &body);
    assert_eq!(faulty_fields(&refused), ["expires_at"], "{}", refused.text());
    assert_refused("other body", &create(&fixed()), 409, "93");
    assert_eq!(list(&merchant, "").1["total"], 1);
    // A key counts for one path.
    let other = merchant.link(&fixed());
    for one in [&link, &other] {
        let changed = merchant.call_with("PATCH", &path(one), &key, &json!({"title": "Changed"}));
        assert_eq!(data(&changed)["id"], one["id"]);
        let archived = merchant.call_with("DELETE", &path(one), &key, &Value::Null);
        assert_eq!(data(&archived)["id"], one["id"]);
        let repeated = merchant.call_with("DELETE", &path(one), &key, &Value::Null);
        assert_eq!(repeated.body, archived.body);
        assert_eq!(repeated.header("idempotent-replayed"), Some("true"));
    }
    merchant.assert_audit_is_clean();
}

#[test]
fn pages_are_cut_newest_first() {
    let merchant = Merchant::open();
    let mut made: Vec<String> = (0..5).map(|_| text(&merchant.link(&fixed())["id"])).collect();
    made.reverse();
    for (query, page, limit, pages, expected) in [
        ("", 1, 20, 1, &made[..]),
        ("?limit=2", 1, 2, 3, &made[..2]),
        ("?limit=2&page=3", 3, 2, 3, &made[4..]),
        ("?limit=2&page=4", 4, 2, 3, &[]),
        ("?limit=1000", 1, 100, 1, &made[..]),
    ] {
        let (rows, pagination) = list(&merchant, query);
        let ids: Vec<String> = rows.iter().map(|row| text(&row["id"])).collect();
        assert_eq!(ids, expected, "{query}");
        let shown = json!({"page": page, "limit": limit, "total": 5, "pages": pages});
        assert_eq!(pagination, shown, "{query}");
    }
    let answer = merchant.call("GET", "/payment-links?page=0&limit=x", &Value::Null);
    assert_refused("page", &answer, 400, "90");
    assert_eq!(faulty_fields(&answer), ["page", "limit"]);
}

#[test]
fn what_is_not_there_is_92_and_a_stranger_is_91() {
    let merchant = Merchant::open();
    for id in ["1", "no-such", "018f5a4e-0000-7000-8000-000000000000"] {
        for method in ["GET", "PATCH", "DELETE"] {
            let body = if method == "PATCH" { json!({"title": "x"}) } else { Value::Null };
            let answer = merchant.call(method, &format!("/payment-links/{id}"), &body);
            assert_refused(&format!("{method} {id}"), &answer, 404, "92");
        }
    }
    let path = format!("{}/payment-links", merchant.sandbox.api.base_path);
    let answer = merchant.sandbox.api.bare_request("GET", &path, &[], "");
    assert_refused("no key", &answer, 401, "91");
}

#[test]
fn archived_is_for_good_and_may_be_said_again() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    let first = merchant.archive(&link);
    let archived = data(&first);
    assert_eq!(archived["state"], "archived");
    assert!(archived["archived_at"].is_string());
    merchant.sandbox.advance_clock(60);
    assert_eq!(merchant.archive(&link).body, first.body);
    assert_eq!(merchant.show(&link), archived);
    assert_eq!(stats(&archived), [0, 0, 0, 0]);
    assert_refused("change", &merchant.change(&link, &json!({"title": "x"})), 400, "90");
    let (rows, _) = list(&merchant, "");
    assert_eq!(rows, [archived]);
}

fn list(merchant: &Merchant, query: &str) -> (Vec<Value>, Value) {
    let answer = merchant.call("GET", &format!("/payment-links{query}"), &Value::Null);
    let rows = data(&answer).as_array().expect("a list").clone();
    (rows, answer.json()["pagination"].clone())
}
