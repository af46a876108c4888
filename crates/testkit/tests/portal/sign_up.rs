//! `dgspay serve`: signing up, and who the operator lets in.

use crate::browser::{Browser, PASSWORD};
use crate::gateway::{Gateway, TEST};

fn browser(gateway: &Gateway) -> Browser {
    let nobody = Browser::at("127.0.0.1:1".parse().expect("an address")).client.credentials;
    Browser::at(gateway.merchant("Test", nobody).address)
}

#[test]
fn whoever_signs_up_has_a_test_account_at_once() {
    let gateway = Gateway::start(TEST);
    let mut browser = browser(&gateway);
    assert!(browser.page("sign-in").contains("/smart-merchant/sign-up"));
    let form = |email: &'static str, password: &'static str, merchant: &'static str| {
        [("email", email), ("password", password), ("merchant", merchant)]
    };
    for (fields, status) in [
        (form("jane", PASSWORD, "Kigali Books"), 400),
        (form("jane@example.com", "short", "Kigali Books"), 400),
        (form("jane@example.com", PASSWORD, " "), 400),
        (form("jane@example.com", PASSWORD, "Kigali <Books>"), 303),
    ] {
        assert_eq!(browser.post("sign-up", &fields).status, status, "{fields:?}");
    }
    assert!(browser.page("test").contains("Kigali &#60;Books&#62;"));
    let again =
        self::browser(&gateway).post("sign-up", &form("Jane@Example.com", PASSWORD, "Other"));
    assert_eq!(again.status, 409);
    let listed = gateway.ask("GET", "/operator/merchants", "").json();
    assert_eq!(listed["merchants"].as_array().map(Vec::len), Some(1), "{listed}");
    // Live is not open; the page says so and links nowhere.
    assert!(browser.page("live/api-settings").contains("Not open yet"));
    let page = browser.post("test/api-settings/api-key", &[]).text().into_owned();
    assert!(page.contains("sk_test_"));
    for number in 0..4 {
        let email: &'static str = ["a@b.cd", "b@b.cd", "c@b.cd", "d@b.cd"][number];
        assert_eq!(
            self::browser(&gateway).post("sign-up", &form(email, PASSWORD, "M")).status,
            303
        );
    }
    assert_eq!(self::browser(&gateway).post("sign-up", &form("e@b.cd", PASSWORD, "M")).status, 303);
    let late = self::browser(&gateway).post("sign-up", &form("f@b.cd", PASSWORD, "M"));
    assert_eq!(late.status, 429, "too many from one place");
}

#[test]
fn signing_up_is_the_operators_choice() {
    let gateway = Gateway::start(&format!("{TEST}[portal]\nsign_up = \"off\"\n"));
    let mut browser = browser(&gateway);
    assert!(!browser.page("sign-in").contains("sign-up"));
    assert_eq!(browser.get("sign-up").status, 404);
    let fields = [("email", "jane@example.com"), ("password", PASSWORD), ("merchant", "M")];
    assert_eq!(browser.post("sign-up", &fields).status, 404);
}

#[test]
fn the_operator_adds_people_and_replaces_lost_passwords() {
    let gateway = Gateway::start(TEST);
    gateway.open("Kigali Books");
    let merchants = gateway.ask("GET", "/operator/merchants", "").json();
    let id = merchants["merchants"][0]["merchant_id"].as_str().expect("an id").to_owned();
    let body = |email: &str, role: &str, id: &str| {
        format!(r#"{{"email": "{email}", "role": "{role}", "merchant_id": "{id}"}}"#)
    };
    for (body, status) in [
        (body("jane", "owner", &id), 400),
        (body("jane@example.com", "king", &id), 400),
        (body("jane@example.com", "owner", "other"), 404),
    ] {
        assert_eq!(gateway.ask("POST", "/operator/people", &body).status, status, "{body}");
    }
    let added = gateway.ask("POST", "/operator/people", &body("Jane@example.com", "owner", &id));
    assert_eq!(added.status, 200, "{}", added.text());
    let password = added.json()["password"].as_str().expect("a password").to_owned();
    let again = gateway.ask("POST", "/operator/people", &body("jane@example.com", "owner", &id));
    assert_eq!(again.status, 409);
    let mut jane = browser(&gateway);
    jane.sign_in("jane@example.com", &password);
    assert_eq!(jane.get("test").status, 200);
    let path = "/operator/people/new-password";
    let replaced = gateway.ask("POST", path, r#"{"email": "jane@example.com"}"#);
    let fresh = replaced.json()["password"].as_str().expect("a password").to_owned();
    assert_eq!(jane.get("test").status, 303, "her sessions have ended");
    assert_eq!(jane.try_sign_in("jane@example.com", &password).status, 401);
    jane.sign_in("jane@example.com", &fresh);
    assert_eq!(gateway.ask("POST", path, r#"{"email": "x@example.com"}"#).status, 404);
}
