//! `/pay/transfer/{token}` in a browser without scripts, from the form that leads to it to the
//! receipt that follows it.

use serde_json::{Value, json};
use testkit::Answer;

use crate::merchant::{Merchant, data, form_text, text, with};
use crate::page::{attribute, shown};
use crate::transfers::naira;

const FORM: [(&str, &str); 7] = [
    ("form_token", "0123456789abcdef"),
    ("payment_type", "bank_transfer"),
    ("customer_first_name", "Ada"),
    ("customer_last_name", "Obi"),
    ("customer_email", "ada.obi@example.com"),
    ("customer_phone_country_code", "234"),
    ("customer_phone", "08031234567"),
];

/// Bytes of a page over the network; phones here are slow.
const PAGE_BYTES_MAX: usize = 6 * 1024;

/// The page after the form: its path.
fn begin(merchant: &Merchant, link: &Value) -> String {
    let answer = merchant.pay_by_form(link, &FORM);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let path = answer.header("location").expect("a page to follow").to_owned();
    assert!(path.starts_with("/pay/transfer/"), "{path}");
    path
}

fn look(merchant: &Merchant, path: &str, language: &str) -> Answer {
    merchant.sandbox.api.bare_request("GET", path, &[("Accept-Language", language)], "")
}

/// The number on the page.
fn number(html: &str) -> String {
    let (_, rest) = html.split_once("<code class=\"copy\">").expect("a number to copy");
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn a_payer_is_shown_the_account_pays_and_comes_to_the_receipt() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(naira(), json!({"redirect_url": "https://shop.example/ok"})));
    let html = shown(&merchant.page(&link, &[]));
    let method = attribute(&html, "\"payment_type\"", "value");
    assert_eq!(method.as_deref(), Some("bank_transfer"), "{html}");
    assert!(!html.contains("mobile_money"), "{html}");
    assert!(html.contains("Nothing is paid before you make the transfer"), "{html}");
    let code = attribute(&html, "input id=\"customer_phone_country_code\"", "value");
    assert_eq!(code.as_deref(), Some("234"));

    let path = begin(&merchant, &link);
    assert_eq!(begin(&merchant, &link), path, "a double click");
    let answer = look(&merchant, &path, "en");
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let html = shown(&answer);
    for part in ["5000.00 NGN", "Sandbox Bank", "Demo Merchant", "60 min", "fee of its own"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(html.contains("http-equiv=\"refresh\"") && !html.contains("<script"), "{html}");
    merchant.transfer(&number(&html), 5000);
    let answer = look(&merchant, &path, "en");
    assert_eq!(answer.status, 303, "{}", answer.text());
    let receipt = answer.header("location").expect("a receipt").to_owned();
    let html = shown(&look(&merchant, &receipt, "en"));
    assert!(html.contains("Payment received") && html.contains("5000.00 NGN"), "{html}");
    assert!(html.contains("https://shop.example/ok?dgs_reference="), "{html}");
    merchant.assert_audit_is_clean();
}

#[test]
fn a_tester_pays_on_the_page_once() {
    let merchant = Merchant::open();
    let link = merchant.link(&naira());
    let path = begin(&merchant, &link);
    assert!(shown(&look(&merchant, &path, "en")).contains("Simulated bank"));
    for _ in 0..2 {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = merchant.sandbox.api.bare_request("POST", &path, &form, form_text(&[]));
        assert_eq!((answer.status, answer.header("location")), (303, Some(path.as_str())));
    }
    let [paid] = merchant.references("").try_into().expect("one payment");
    assert_eq!(merchant.record(&paid)["customer"]["phone"], "+2348031234567");
    let unknown = merchant.sandbox.api.bare_request("POST", "/pay/transfer/x", &[], "");
    assert_eq!(unknown.status, 404);
    merchant.assert_audit_is_clean();
}

#[test]
fn every_standing_has_a_page_in_every_language_that_is_light() {
    let merchant = Merchant::open();
    let open = merchant.link(&naira());
    let late = begin(&merchant, &open);
    merchant.sandbox.advance_clock(3601);
    let archived = merchant.link(&naira());
    let closed = begin(&merchant, &archived);
    data(&merchant.archive(&archived));
    let other = merchant.link(&naira());
    let held = begin(&merchant, &other);
    merchant.transfer(&number(&shown(&look(&merchant, &held, "en"))), 1);
    let another = merchant.link(&naira());
    let waiting = begin(&merchant, &another);
    let unknown = "/pay/transfer/AAAA".to_owned();
    for (path, status, is_payable, titles) in [
        (
            &waiting,
            200,
            true,
            ["Waiting for your transfer", "votre virement", "ko wohereza amafaranga"],
        ),
        (&held, 200, false, ["being checked", "en cours de", "arimo kugenzurwa"]),
        (&late, 200, false, ["is over", "est passé", "cyarangiye"]),
        (&closed, 200, false, ["is closed", "est fermé", "yarafunzwe"]),
        (&unknown, 404, false, ["No such payment", "introuvable", "ntibubonetse"]),
    ] {
        for (language, title) in ["en", "fr", "rw"].into_iter().zip(titles) {
            let answer = look(&merchant, path, language);
            assert_eq!(answer.status, status, "{language}");
            let html = shown(&answer);
            assert!(html.contains(title), "{title}: {html}");
            assert!(html.contains(&format!("<html lang=\"{language}\"")), "{html}");
            assert!(html.len() < PAGE_BYTES_MAX, "{} bytes", html.len());
            // Nobody is led to pay where it would not count.
            assert_eq!(html.contains("class=\"copy\""), is_payable, "{html}");
        }
    }
    assert!(!shown(&look(&merchant, &waiting, "en")).contains(&text(&other["slug"])));
    merchant.assert_audit_is_clean();
}
