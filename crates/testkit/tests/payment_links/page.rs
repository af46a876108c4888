//! `/pay/{slug}` in a browser without scripts: what is asked, what is kept, where it leads.

use serde_json::{Value, json};
use testkit::Answer;

use crate::merchant::{
    FORM, Merchant, data, fixed, flexible, page, payer, reference, stats, text, with,
};

const HTML: &str = "text/html; charset=utf-8";

pub fn shown(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some(HTML), "{}", answer.text());
    answer.text().into_owned()
}

/// The value of an attribute in the one tag that has `mark`.
pub fn attribute(html: &str, mark: &str, name: &str) -> Option<String> {
    let tag = html
        .split('<')
        .find(|tag| tag.contains(mark))
        .unwrap_or_else(|| panic!("no {mark} in {html}"));
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

/// The page's own token in place of the constant one, as a browser would send it.
fn filled<'a>(token: &'a str, members: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = FORM.iter().copied().map(|(name, text)| match name {
        "form_token" => (name, token),
        _ => members.iter().copied().find(|(other, _)| *other == name).unwrap_or((name, text)),
    });
    let more = members.iter().copied().filter(|(name, _)| FORM.iter().all(|(own, _)| own != name));
    own.chain(more).collect()
}

#[test]
fn a_payer_fills_in_the_form_and_follows_the_payment() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(fixed(), json!({"description": "One seat", "max_uses": 1})));
    let html = shown(&merchant.page(&link, &[]));
    for part in ["Demo Merchant", "Concert", "One seat", "5000 RWF", "MTN", "Airtel"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(attribute(&html, "form method", "action"), Some(format!("{}/charges", page(&link))));
    let token = attribute(&html, "form_token", "value").unwrap();
    assert_eq!(token.len(), 32);
    let answer = merchant.pay_by_form(&link, &filled(&token, &[]));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let status = answer.header("location").expect("a page to follow").to_owned();
    assert!(status.starts_with("/pay/status/"), "{status}");
    // A double click.
    for _ in 0..3 {
        let again = merchant.pay_by_form(&link, &filled(&token, &[]));
        assert_eq!((again.status, again.header("location")), (303, Some(status.as_str())));
    }
    let [paid] = merchant.references("").try_into().expect("one payment");
    merchant.finish(&paid);
    let html = shown(&merchant.sandbox.api.bare_request("GET", &status, &[], ""));
    assert!(html.contains("Payment received"), "{html}");
    assert_eq!(stats(&merchant.show(&link)), [1, 0, 0, 5000]);
    assert_eq!(merchant.record(&paid)["customer"]["phone"], "+250789654321");
    merchant.assert_audit_is_clean();
}

#[test]
fn every_page_has_a_token_of_its_own_and_a_used_one_is_not_paid_with_again() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    let token = |html: &str| attribute(html, "form_token", "value").unwrap();
    let first = token(&shown(&merchant.page(&link, &[])));
    assert_ne!(first, token(&shown(&merchant.page(&link, &[]))));
    assert_eq!(merchant.pay_by_form(&link, &filled(&first, &[])).status, 303);
    // Gone back, and changed something.
    let changed = [("mobile_money_phone", "0722000111")];
    let answer = merchant.pay_by_form(&link, &filled(&first, &changed));
    assert_eq!(answer.status, 409);
    let html = shown(&answer);
    assert!(html.contains("sent already"), "{html}");
    let second = token(&html);
    assert_ne!(second, first);
    assert_eq!(merchant.pay_by_form(&link, &filled(&second, &changed)).status, 303);
    assert_eq!(merchant.references("").len(), 2);
}

#[test]
fn faults_stand_beside_their_fields_and_what_was_typed_is_kept() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(
        flexible(),
        json!({"min_amount": 100, "max_amount": 200, "collect_address": true}),
    ));
    let typed = [
        ("amount", "20x"),
        ("customer_first_name", "  "),
        ("customer_last_name", "O'Neil \"<b>"),
        ("customer_email", "jane"),
        ("customer_address", ""),
        ("mobile_money_network", "Airtel"),
        ("mobile_money_phone", "12"),
        ("customer_phone", "x"),
        ("customer_phone_country_code", "254"),
    ];
    let answer = merchant.pay_by_form(&link, &filled("t", &typed));
    assert_eq!(answer.status, 400);
    let html = shown(&answer);
    assert!(html.contains("At least 100 RWF. At most 200 RWF."), "{html}");
    for (field, value, fault) in [
        ("amount", "20x", Some("amount-limits amount-fault")),
        ("customer_first_name", "  ", Some("customer_first_name-fault")),
        ("customer_last_name", "O&#39;Neil &#34;&#60;b&#62;", None),
        ("customer_email", "jane", Some("customer_email-fault")),
        ("customer_address", "", Some("customer_address-fault")),
        ("mobile_money_phone", "12", Some("mobile_money_phone-fault")),
        ("customer_phone", "x", Some("customer_phone-fault")),
        ("customer_phone_country_code", "254", None),
    ] {
        let mark = format!("input id=\"{field}\"");
        assert_eq!(attribute(&html, &mark, "value").as_deref(), Some(value), "{field}: {html}");
        let is_invalid = attribute(&html, &mark, "aria-invalid").is_some();
        assert_eq!(is_invalid, fault.is_some(), "{field}: {html}");
        if let Some(fault) = fault {
            assert_eq!(attribute(&html, &mark, "aria-describedby").as_deref(), Some(fault));
            assert!(html.contains(&format!("id=\"{field}-fault\">")), "{field}: {html}");
        }
    }
    assert!(html.contains("value=\"Airtel\" required checked"), "{html}");
    assert!(merchant.references("").is_empty());
    // Mended, it is taken.
    let token = attribute(&html, "form_token", "value").unwrap();
    let mended = [("amount", "150"), ("customer_address", "KN 4 Ave")];
    assert_eq!(merchant.pay_by_form(&link, &filled(&token, &mended)).status, 303);
}

#[test]
fn the_page_asks_for_what_the_link_collects() {
    let merchant = Merchant::open();
    let all = merchant.link(&with(flexible(), json!({"collect_address": true})));
    let least = json!({"collect_phone": false, "collect_name": false});
    let least = merchant.link(&with(fixed(), least));
    let all = shown(&merchant.page(&all, &[]));
    let least = shown(&merchant.page(&least, &[]));
    for (field, is_always) in [
        ("amount", false),
        ("customer_first_name", false),
        ("customer_last_name", false),
        ("customer_phone", false),
        ("customer_address", false),
        ("customer_email", true),
        ("mobile_money_phone", true),
    ] {
        let mark = format!("<input id=\"{field}\"");
        // Every field has a label of its own.
        assert!(
            all.contains(&mark) && all.contains(&format!("<label for=\"{field}\">")),
            "{field}"
        );
        assert_eq!(least.contains(&mark), is_always, "{field}");
    }
    let dollars = merchant.link(&with(fixed(), json!({"currency": "USD"})));
    let html = shown(&merchant.page(&dollars, &[]));
    assert!(!html.contains("<form") && html.contains("cannot be paid on this page"), "{html}");
}

#[test]
fn every_state_has_a_page_in_every_language() {
    let merchant = Merchant::open();
    let taken = merchant.link(&with(fixed(), json!({"max_uses": 1})));
    reference(&merchant.pay(&taken, &payer()));
    let archived = merchant.link(&fixed());
    data(&merchant.archive(&archived));
    let open = merchant.link(&fixed());
    let unknown = json!({"slug": "none"});
    for (link, status, titles) in [
        (&open, 200, ["Network", "Réseau", "Umuyoboro"]),
        (&taken, 409, ["Somebody is paying", "en train de payer", "Hari undi uri kwishyura"]),
        (&archived, 410, ["is closed", "est fermé", "yarafunzwe"]),
        (&unknown, 404, ["No such payment link", "introuvable", "ntibonetse"]),
    ] {
        for (language, title) in ["en", "fr-FR,fr;q=0.9", "rw"].into_iter().zip(titles) {
            let answer = merchant.page(link, &[("Accept-Language", language)]);
            assert_eq!(answer.status, status, "{language}");
            let html = shown(&answer);
            assert!(html.contains(title), "{title}: {html}");
            assert!(html.contains(&format!("<html lang=\"{}\"", &language[..2])), "{html}");
        }
    }
}

#[test]
fn nothing_but_our_styles_and_the_links_logo_is_loaded() {
    let merchant = Merchant::open();
    let policy = |link: &Value| {
        let answer = merchant.page(link, &[]);
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        answer.header("content-security-policy").expect("a policy").to_owned()
    };
    let plain = policy(&merchant.link(&fixed()));
    let expected = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    assert_eq!(plain, expected);
    let logo = merchant.link(&with(fixed(), json!({"logo_url": "https://cdn.example/a.png"})));
    assert_eq!(policy(&logo), format!("{expected}; img-src https://cdn.example"));
    assert!(shown(&merchant.page(&logo, &[])).contains("src=\"https://cdn.example/a.png\""));
    // A host that would be read as more than a host is no host.
    let evil = merchant.link(&with(fixed(), json!({"logo_url": "https://a;script-src/x"})));
    assert_eq!(policy(&evil), expected);
    assert!(!shown(&merchant.page(&evil, &[])).contains("<img"));
}

#[test]
fn the_forms_address_leads_back_to_the_page() {
    let merchant = Merchant::open();
    let link = merchant.link(&fixed());
    let path = format!("{}/charges", page(&link));
    let answer = merchant.sandbox.api.bare_request("GET", &path, &[], "");
    assert_eq!((answer.status, answer.header("location")), (303, Some(page(&link).as_str())));
    assert_eq!(text(&link["url"]).rsplit('/').next(), text(&link["slug"]).as_str().into());
}
