//! `PATCH /payment-links/{id}`: what is sent changes, what is null is cleared, the rest and the
//! past stay.

use serde_json::{Value, json};

use crate::merchant::{
    Merchant, assert_refused, data, faulty_fields, fixed, flexible, payer, reference, stats, text,
    with,
};

#[test]
fn only_what_is_sent_changes() {
    let merchant = Merchant::open();
    let full = with(
        fixed(),
        json!({
            "description": "One seat", "redirect_url": "https://shop.example/", "max_uses": 3,
            "expires_at": "2031-01-01 00:00:00", "logo_url": "https://cdn.example/l.png",
            "payment_types": ["mobile_money"], "collect_phone": false,
            "callback_url": merchant.receiver.url("/ok/links"),
        }),
    );
    let link = merchant.link(&full);
    assert_eq!(data(&merchant.change(&link, &json!({}))), link);
    for (sent, kept) in [
        (json!({"title": "Opera"}), json!({"title": "Opera"})),
        (json!({"amount": 6000}), json!({"amount": 6000})),
        (json!({"description": null}), json!({"description": null})),
        (json!({"redirect_url": null}), json!({"redirect_url": null})),
        (json!({"callback_url": null}), json!({"callback_url": null})),
        (json!({"logo_url": null}), json!({"logo_url": null})),
        (json!({"max_uses": null}), json!({"max_uses": null})),
        (json!({"max_uses": 9}), json!({"max_uses": 9})),
        (json!({"expires_at": null}), json!({"expires_at": null})),
        (json!({"payment_types": ["card"]}), json!({"payment_types": ["card"]})),
        (json!({"payment_types": null}), json!({"payment_types": ["mobile_money", "card"]})),
        (json!({"collect_phone": null}), json!({"collect_phone": true})),
        (json!({"collect_address": true}), json!({"collect_address": true})),
        (
            json!({"amount_type": "flexible", "min_amount": 5}),
            json!({"amount_type": "flexible", "amount": null, "min_amount": 5}),
        ),
        (json!({"max_amount": 5}), json!({"max_amount": 5})),
        (json!({"min_amount": null}), json!({"min_amount": null})),
        (
            json!({"currency": "USD", "max_amount": 7.5, "payment_types": null}),
            json!({"currency": "USD", "max_amount": 7.5, "payment_types": ["card"]}),
        ),
    ] {
        let before = merchant.show(&link);
        let after = data(&merchant.change(&link, &sent));
        assert_eq!(after, with(before, kept), "{sent}");
        assert_eq!(merchant.show(&link), after, "{sent}");
    }
}

#[test]
fn a_change_that_makes_no_sense_is_refused_whole() {
    let merchant = Merchant::open();
    let one = merchant.link(&with(fixed(), json!({"payment_types": ["mobile_money"]})));
    let other = merchant.link(&with(flexible(), json!({"min_amount": 10, "max_amount": 20})));
    for (link, sent, fields) in [
        (&one, json!({"title": null}), vec!["title"]),
        (&one, json!({"amount": null}), vec!["amount"]),
        (&one, json!({"amount_type": null}), vec!["amount_type"]),
        (&one, json!({"currency": null}), vec!["currency"]),
        (&one, json!({"min_amount": 1}), vec!["min_amount"]),
        (&one, json!({"currency": "USD"}), vec!["amount", "payment_types"]),
        (&one, json!({"expires_at": "2020-01-01 00:00:00"}), vec!["expires_at"]),
        (&one, json!({"title": "New", "max_uses": 0}), vec!["max_uses"]),
        (&other, json!({"min_amount": 21}), vec!["max_amount"]),
        (&other, json!({"max_amount": 9}), vec!["max_amount"]),
        (&other, json!({"amount": 9}), vec!["amount"]),
        (&other, json!({"amount_type": "fixed"}), vec!["amount"]),
    ] {
        let answer = merchant.change(link, &sent);
        assert_refused(&sent.to_string(), &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), fields, "{sent}: {}", answer.text());
        assert_eq!(merchant.show(link), *link, "{sent}");
    }
    let taken = merchant.change(&one, &json!({"slug": other["slug"]}));
    assert_refused("slug", &taken, 409, "93");
}

#[test]
fn a_link_can_move_to_another_address() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    let moved = data(&merchant.change(&link, &json!({"slug": "opera"})));
    assert_eq!(merchant.page(&moved, &[]).status, 200);
    assert_eq!(merchant.page(&link, &[]).status, 404);
}

#[test]
fn what_was_paid_stays_what_it_was() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    let paid = reference(&merchant.pay(&link, &payer()));
    data(&merchant.change(&link, &json!({"amount": 9000, "title": "Dearer"})));
    merchant.finish(&paid);
    assert_eq!(merchant.record(&paid)["amount"], 5000);
    let after = merchant.show(&link);
    assert_eq!((stats(&after), &after["amount"]), ([1, 0, 0, 5000], &json!(9000)));
    // What was collected is a sum of this currency.
    let sent = json!({"currency": "USD", "amount": 9, "payment_types": null});
    let answer = merchant.change(&link, &sent);
    assert_refused("currency", &answer, 400, "90");
    assert_eq!(faulty_fields(&answer), ["currency"]);
    merchant.assert_audit_is_clean();
}

#[test]
fn changes_at_once_are_all_made() {
    let merchant = Merchant::open();
    let link = merchant.link(&flexible());
    let changes: Vec<Value> = (0..20)
        .map(|turn| match turn % 4 {
            0 => json!({"min_amount": 10}),
            1 => json!({"max_uses": 5}),
            2 => json!({"description": "Well"}),
            _ => json!({"max_amount": 20}),
        })
        .collect();
    std::thread::scope(|scope| {
        for sent in &changes {
            scope.spawn(|| data(&merchant.change(&link, sent)));
        }
    });
    let after = merchant.show(&link);
    let expected = json!({
        "min_amount": 10, "max_amount": 20, "max_uses": 5, "description": "Well",
        "title": text(&link["title"]),
    });
    assert_eq!(after, with(link, expected));
}
