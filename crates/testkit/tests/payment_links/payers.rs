//! `POST /pay/{slug}/charges`: strangers pay, by JSON and by form, what the link asks and nothing
//! else, while it lets them.

use serde_json::{Value, json};

use crate::merchant::{
    APPROVAL_S, FORM, Merchant, assert_refused, data, faulty_fields, fixed, flexible, form_text,
    payer, reference, stats, text, with, without,
};

#[test]
fn a_payer_needs_no_key_and_the_link_says_the_rest() {
    let merchant = Merchant::open();
    let callback = merchant.receiver.url("/ok/of-link");
    let link = merchant.link(&with(
        fixed(),
        json!({"redirect_url": "https://shop.example/thanks", "callback_url": callback}),
    ));
    let evil = json!({
        "redirect_url": "https://evil.example/",
        "callback_url": "https://evil.example/",
        "narration": "Evil",
        "dgs_reference": "evil",
        "link": "x",
    });
    let answer = merchant.pay(&link, &with(payer(), evil));
    let paid = reference(&answer);
    assert_eq!(answer.json()["transaction_status"], "pending");
    assert_eq!(
        (&answer.json()["amount"], &answer.json()["currency"]),
        (&json!(5000), &json!("RWF"))
    );
    assert_eq!(stats(&merchant.show(&link)), [0, 1, 0, 0]);
    merchant.sandbox.advance_clock(APPROVAL_S);
    let told = merchant.receiver.wait_at("/ok/of-link", 1);
    assert_eq!(told[0].reference(), paid);
    let record = merchant.record(&paid);
    assert_eq!((&record["status"], &record["payment_link_id"]), (&json!("success"), &link["id"]));
    assert_eq!(record["customer"]["phone"], "+250788000111");
    assert_eq!(record["payment_method"]["phone"], "+250789654321");
    let after = merchant.show(&link);
    assert_eq!((stats(&after), &after["uses"]), ([1, 0, 0, 5000], &json!(1)));
    let status = text(&answer.json()["next_action_redirect_url"]);
    let path = status.split_once("/pay/").expect("a page of ours").1;
    let page = merchant.sandbox.api.bare_request("GET", &format!("/pay/{path}"), &[], "");
    assert!(page.text().contains("https://shop.example/thanks?dgs_reference="), "{}", page.text());
    merchant.assert_audit_is_clean();
}

#[test]
fn payments_are_listed_by_their_link() {
    let merchant = Merchant::open();
    let [one, other] = [(); 2].map(|()| merchant.link(&fixed()));
    let first = reference(&merchant.pay(&one, &payer()));
    let second = reference(&merchant.pay(&one, &payer()));
    let third = reference(&merchant.pay(&other, &payer()));
    for (link, expected) in [(&one, vec![second, first]), (&other, vec![third])] {
        let query = format!("?payment_link_id={}", text(&link["id"]));
        assert_eq!(merchant.references(&query), expected);
        assert_eq!(merchant.references(&format!("{query}&status=pending")), expected);
        assert!(merchant.references(&format!("{query}&status=failed")).is_empty());
    }
}

#[test]
fn a_tampered_amount_or_currency_is_refused() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    for (members, field) in [
        (json!({"amount": 1}), "amount"),
        (json!({"amount": 4999}), "amount"),
        (json!({"amount": 5001}), "amount"),
        (json!({"amount": 0}), "amount"),
        (json!({"amount": -5000}), "amount"),
        (json!({"amount": 5000.5}), "amount"),
        (json!({"amount": "5000"}), "amount"),
        (json!({"amount": []}), "amount"),
        (json!({"currency": "USD"}), "currency"),
        (json!({"currency": "rwf"}), "currency"),
        (json!({"payment_type": "card"}), "payment_type"),
        (json!({"payment_type": "bank"}), "payment_type"),
        (json!({"payment_type": null}), "payment_type"),
    ] {
        let answer = merchant.pay(&link, &with(payer(), members.clone()));
        assert_refused(&members.to_string(), &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), [field], "{members}: {}", answer.text());
    }
    for members in [json!({"amount": 5000}), json!({"amount": 5000.0, "currency": "RWF"})] {
        reference(&merchant.pay(&link, &with(payer(), members)));
    }
    assert_eq!(stats(&merchant.show(&link)), [0, 2, 0, 0]);
}

#[test]
fn a_flexible_link_takes_what_lies_within_its_limits() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(flexible(), json!({"min_amount": 100, "max_amount": 200})));
    for (amount, is_taken) in [
        (json!(99), false),
        (json!(100), true),
        (json!(200), true),
        (json!(201), false),
        (json!(null), false),
        (json!(150.5), false),
        (json!("150"), false),
    ] {
        let answer = merchant.pay(&link, &with(payer(), json!({"amount": amount})));
        if is_taken {
            assert_eq!(answer.json()["amount"], amount, "{}", answer.text());
        } else {
            assert_refused(&amount.to_string(), &answer, 400, "90");
            assert_eq!(faulty_fields(&answer), ["amount"], "{amount}: {}", answer.text());
        }
    }
    let free = merchant.link(&flexible());
    reference(&merchant.pay(&free, &with(payer(), json!({"amount": 1}))));
}

#[test]
fn a_payer_is_asked_for_what_the_link_collects() {
    let merchant = Merchant::open();
    let all = merchant.link(&with(fixed(), json!({"collect_address": true})));
    let expected = [
        "payment_type",
        "customer_email",
        "customer_first_name",
        "customer_last_name",
        "customer_phone",
        "customer_phone_country_code",
        "customer_address",
        "mobile_money_network",
        "mobile_money_phone",
    ];
    let answer = merchant.pay(&all, &json!({}));
    assert_refused("nothing", &answer, 400, "90");
    assert_eq!(faulty_fields(&answer), expected, "{}", answer.text());
    let with_address = with(payer(), json!({"customer_address": "KN 4 Ave, Kigali"}));
    let paid = reference(&merchant.pay(&all, &with_address));
    assert_eq!(merchant.record(&paid)["customer"]["address"], "KN 4 Ave, Kigali");

    let least =
        merchant.link(&with(fixed(), json!({"collect_phone": false, "collect_name": false})));
    let mut body = with(payer(), json!({"customer_address": "Not asked for"}));
    for field in ["customer_first_name", "customer_phone", "customer_phone_country_code"] {
        body = without(body, field);
    }
    let record = merchant.record(&reference(&merchant.pay(&least, &body)));
    let expected = json!({
        "email": "jane.doe@example.com", "first_name": "", "last_name": "",
        "phone": "+250789654321",
    });
    assert_eq!(record["customer"], expected);
}

#[test]
fn every_state_refuses_but_active() {
    let merchant = Merchant::open();
    let expiring = merchant.link(&with(fixed(), json!({"expires_at": merchant.soon()})));
    let exhausted = merchant.link(&with(fixed(), json!({"max_uses": 1})));
    let archived = merchant.link(&fixed());
    let paid = reference(&merchant.pay(&exhausted, &payer()));
    let state = |link: &Value| text(&merchant.show(link)["state"]);

    // On its way: the place is kept, and the link is not said to be paid yet.
    assert_eq!(state(&exhausted), "active");
    assert_refused("taken", &merchant.pay(&exhausted, &payer()), 400, "90");
    assert_eq!(merchant.page(&exhausted, &[]).status, 409);
    merchant.finish(&paid);
    data(&merchant.archive(&archived));
    reference(&merchant.pay(&expiring, &payer()));
    merchant.sandbox.advance_clock(180);
    for (link, expected, words) in [
        (&expiring, "expired", "has expired"),
        (&exhausted, "exhausted", "is exhausted"),
        (&archived, "archived", "is archived"),
    ] {
        assert_eq!(state(link), expected);
        let answer = merchant.pay(link, &payer());
        assert_refused(expected, &answer, 400, "90");
        assert!(answer.text().contains(words), "{}", answer.text());
        assert_eq!(merchant.page(link, &[]).status, 410, "{expected}");
        assert_eq!(merchant.pay_by_form(link, &FORM).status, 410, "{expected}");
    }
    let unknown = json!({"slug": "none"});
    assert_refused("unknown", &merchant.pay(&unknown, &payer()), 404, "92");
    assert_eq!(merchant.page(&unknown, &[]).status, 404);
    assert_eq!(merchant.pay_by_form(&unknown, &FORM).status, 404);

    // The merchant may open it again.
    data(&merchant.change(&exhausted, &json!({"max_uses": 2})));
    data(&merchant.change(&expiring, &json!({"expires_at": null})));
    for link in [&exhausted, &expiring] {
        assert_eq!(state(link), "active");
        reference(&merchant.pay(link, &payer()));
    }
    merchant.assert_audit_is_clean();
}

#[test]
fn a_failed_payment_gives_its_place_back() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(fixed(), json!({"max_uses": 1})));
    let broke = with(payer(), json!({"scenario_key": "issuer:insufficient_funds"}));
    let failed = reference(&merchant.pay(&link, &broke));
    merchant.finish(&failed);
    assert_eq!(stats(&merchant.show(&link)), [0, 0, 1, 0]);
    let paid = reference(&merchant.pay(&link, &payer()));
    merchant.finish(&paid);
    let after = merchant.show(&link);
    assert_eq!((stats(&after), &after["state"]), ([1, 0, 1, 5000], &json!("exhausted")));
    merchant.assert_audit_is_clean();
}

#[test]
fn forms_and_json_are_taken_and_nothing_else() {
    let merchant = Merchant::open();
    let link = merchant.link(&flexible());
    let form = [&FORM[..], &[("amount", "150")]].concat();
    let type_of_form = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    // A program that sends forms may ask for JSON.
    let headers = [type_of_form, ("Accept", "application/json")];
    let answer = merchant.pay_with(&link, &headers, form_text(&form));
    let record = merchant.record(&reference(&answer));
    assert_eq!(
        (&record["amount"], &record["customer"]["phone"]),
        (&json!(150), &json!("+250789654321"))
    );
    let faulty = merchant.pay_with(&link, &headers, "amount=x&payment_type=mobile_money");
    assert_refused("form", &faulty, 400, "90");
    assert!(faulty_fields(&faulty).contains(&"amount".to_owned()));

    for content_type in ["text/plain", "multipart/form-data", ""] {
        let answer = merchant.pay_with(&link, &[("Content-Type", content_type)], form_text(&form));
        assert_refused(content_type, &answer, 415, "90");
    }
    let twice = merchant.pay_with(&link, &headers, "amount=1&amount=2");
    assert_refused("twice", &twice, 400, "90");
    let large = "a=".to_owned() + &"x".repeat(70_000);
    assert_refused("large", &merchant.pay_with(&link, &headers, large), 413, "90");
    for garbage in
        ["%", "%zz=%", "&&==&", "\u{0}", "amount=%00&customer_email=%ff%fe", "amount=1e5e5"]
    {
        assert_refused(garbage, &merchant.pay_with(&link, &headers, garbage), 400, "90");
    }
}

#[test]
fn a_payers_key_makes_one_payment_at_each_link() {
    let merchant = Merchant::open();
    let [one, other] = [(); 2].map(|()| merchant.link(&with(fixed(), json!({"max_uses": 1}))));
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    let pay = |link: &Value, body: Value| merchant.pay_with(link, &headers, body.to_string());
    let first = pay(&one, payer());
    let paid = reference(&first);
    assert_ne!(reference(&pay(&other, payer())), paid);
    merchant.finish(&paid);
    data(&merchant.archive(&one));
    // The same answer, although the link takes nothing any more.
    let again = pay(&one, payer());
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let changed = with(payer(), json!({"mobile_money_network": "Airtel"}));
    assert_eq!(pay(&other, changed).status, 400, "the link has no place");
    assert_eq!(stats(&merchant.show(&one)), [1, 0, 0, 5000]);
    merchant.assert_audit_is_clean();
}
