//! Who gets in, and how guessing is slowed down.

use testkit::Sandbox;
use testkit::sandbox::Options;

use crate::browser::{Browser, OWNER, PASSWORD, sandbox};

#[test]
fn what_the_sandbox_prints_lets_its_owner_in() {
    let mut sandbox = Sandbox::start(Options::default());
    let url = sandbox.value("Portal");
    assert_eq!(url, format!("http://{}/smart-merchant/", sandbox.api.address));
    let (email, password) = (sandbox.value("Portal e-mail"), sandbox.value("Portal password"));
    let mut browser = Browser::at(sandbox.api.address);
    let first = browser.get("");
    assert_eq!(first.header("location"), Some("/smart-merchant/sign-in?next=%2Fsmart-merchant%2F"));
    browser.sign_in(&email, &password);
    assert_eq!(browser.get("").header("location"), Some("/smart-merchant/test"));
    assert!(browser.page("test").contains("Demo Merchant"));
    // The password stays; it is not shown again. One that is pinned replaces it.
    assert!(sandbox.terminate().success());
    sandbox.restart();
    assert!(!sandbox.printed.join("\n").contains(&password));
    Browser::at(sandbox.api.address).sign_in(&email, &password);
    assert!(sandbox.terminate().success());
    sandbox.restart_with(Options::default().flag("--portal-password", PASSWORD));
    let mut browser = Browser::at(sandbox.api.address);
    assert_eq!(browser.try_sign_in(&email, &password).status, 401);
    browser.sign_in(OWNER, PASSWORD);
}

#[test]
fn a_refusal_says_the_same_of_somebody_and_of_nobody() {
    let sandbox = sandbox(Options::default());
    let mut answers = Vec::new();
    for email in [OWNER, "nobody@example.com", "OWNER@example.com "] {
        let answer = Browser::at(sandbox.api.address).try_sign_in(email, "wrong horse battery");
        assert_eq!(answer.status, 401);
        assert!(answer.header("set-cookie").is_none());
        answers.push(answer.text().replace(email.trim(), "").replace("value=\" \"", "value=\"\""));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[test]
fn guessing_ends_in_a_lock_that_leaves_sessions_alone() {
    let sandbox = sandbox(Options::default());
    let mut inside = Browser::owner(&sandbox);
    for email in [OWNER, "nobody@example.com"] {
        let mut browser = Browser::at(sandbox.api.address);
        for failure in 1..=10 {
            let answer = browser.try_sign_in(email, "wrong horse battery");
            assert_eq!(answer.status, 401, "failure {failure}");
            sandbox.advance_clock(40);
        }
        let locked = browser.try_sign_in(email, PASSWORD);
        assert_eq!(locked.status, 429, "{email}");
        assert!(locked.header("set-cookie").is_none());
    }
    assert_eq!(inside.get("test").status, 200);
    sandbox.advance_clock(1800);
    Browser::at(sandbox.api.address).sign_in(OWNER, PASSWORD);
}

#[test]
fn guessing_at_many_addresses_from_one_place_waits_too() {
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::at(sandbox.api.address);
    let mut statuses = Vec::new();
    for number in 0..23 {
        let email = format!("guess{number}@example.com");
        statuses.push(browser.try_sign_in(&email, "wrong horse battery").status);
    }
    assert_eq!(&statuses[..21], [401; 21]);
    assert_eq!(statuses[21], 429);
}

#[test]
fn after_signing_in_one_lands_on_the_portal_and_nowhere_else() {
    let sandbox = sandbox(Options::default());
    for (next, target) in [
        ("/smart-merchant/test/transactions?page=2", "/smart-merchant/test/transactions?page=2"),
        ("", "/smart-merchant/"),
        ("//evil.example", "/smart-merchant/"),
        ("https://evil.example", "/smart-merchant/"),
        ("/\\evil.example", "/smart-merchant/"),
        ("/smart-merchant//evil.example", "/smart-merchant/"),
        ("/smart-merchant/../pay/x", "/smart-merchant/"),
        ("/smart-merchant/\r\nSet-Cookie: a=b", "/smart-merchant/"),
        ("javascript:alert(1)", "/smart-merchant/"),
        ("/smart-merchant@evil.example", "/smart-merchant/"),
    ] {
        let mut browser = Browser::at(sandbox.api.address);
        let fields = [("email", OWNER), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("sign-in", &fields);
        assert_eq!(answer.header("location"), Some(target), "{next:?}");
    }
}
