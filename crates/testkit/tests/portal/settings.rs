//! API settings: each behind the password, in the log, and true at once.

use testkit::sandbox::Options;

use crate::browser::{Browser, PASSWORD, between, charge, sandbox};

fn shown(page: &str) -> String {
    let secret = page.split("class=\"secret\"").nth(1).expect("a secret is shown");
    between(secret, ">", "</code>").and_then(|text| text.rsplit('>').next()).expect("it").to_owned()
}

#[test]
fn every_setting_waits_for_the_password() {
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::owner(&sandbox);
    sandbox.advance_clock(301);
    let page = browser.page("test/api-settings");
    assert!(page.contains("/smart-merchant/confirm?next=/smart-merchant/test/api-settings"));
    for action in [
        "api-key",
        "encryption-key",
        "show-encryption-key",
        "webhook-url",
        "webhook-secret",
        "show-webhook-secret",
        "networks",
        "account-number",
    ] {
        let answer = browser.post(&format!("test/api-settings/{action}"), &[]);
        assert_eq!(answer.status, 303, "{action}");
        let target = answer.header("location").expect("a target").to_owned();
        assert!(target.starts_with("/smart-merchant/confirm"), "{action}: {target}");
    }
    assert_eq!(charge(&sandbox, "Jane", "x").status, 200, "the key is the old one");
    assert_eq!(browser.post("confirm", &[("password", "wrong horse battery")]).status, 401);
    let next = "/smart-merchant/test/api-settings";
    let answer = browser.post("confirm", &[("password", PASSWORD), ("next", next)]);
    assert_eq!(answer.header("location"), Some(next));
    assert_eq!(browser.post("test/api-settings/show-encryption-key", &[]).status, 200);
}

#[test]
fn what_is_set_holds_at_once_and_is_in_the_log() {
    let mut sandbox = sandbox(Options::default());
    let mut browser = Browser::owner(&sandbox);
    let mut send = |action: &str, fields: &[(&str, &str)]| {
        browser.post(&format!("test/api-settings/{action}"), fields)
    };
    let old = sandbox.credentials().clone();
    assert_eq!(shown(&send("show-encryption-key", &[]).text()), old.encryption_key);
    assert_eq!(shown(&send("show-webhook-secret", &[]).text()), old.webhook_secret);
    let key = shown(&send("api-key", &[]).text());
    assert_eq!(sandbox.request("GET", "/balance", &[], "").status, 401);
    sandbox.api.credentials.api_key.clone_from(&key);
    assert_eq!(sandbox.request("GET", "/balance", &[], "").status, 200);
    let encryption_key = shown(&send("encryption-key", &[]).text());
    assert_ne!(encryption_key, old.encryption_key);

    let refused = send("webhook-url", &[("webhook_url", "ftp://shop.example/x")]);
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("value=\"ftp://shop.example/x\""));
    let url = "https://shop.example/hook?key=unseen-by-all";
    assert_eq!(send("webhook-url", &[("webhook_url", url)]).status, 303);
    let listed = sandbox.request("GET", "/webhook-endpoints", &[], "");
    assert!(listed.text().contains("https://shop.example/hook"), "{}", listed.text());
    let rotated = send("webhook-secret", &[]);
    assert_ne!(shown(&rotated.text()), old.webhook_secret);
    assert!(rotated.text().contains("The old secret signs beside the new one until"));
    assert_eq!(send("webhook-url", &[("webhook_url", "")]).status, 303);
    let listed = sandbox.request("GET", "/webhook-endpoints", &[], "");
    assert!(!listed.text().contains("shop.example"), "{}", listed.text());

    assert_eq!(send("networks", &[("networks", "203.0.113.9\nnonsense")]).status, 400);
    assert_eq!(send("networks", &[("networks", "203.0.113.9\r\n2001:db8::/32")]).status, 303);
    assert_eq!(send("account-number", &[]).status, 303);
    sandbox.api.credentials.account_number.clear();
    assert_eq!(sandbox.request("GET", "/balance", &[], "").status, 200, "the key alone");

    let page = browser.page("test/api-settings");
    assert!(page.contains("2001:db8::/32\n203.0.113.9/32"));
    for secret in [&key, &encryption_key, &old.encryption_key] {
        assert!(!page.contains(secret.as_str()), "shown once");
    }
    let log = browser.page("test/audit-log");
    for deed in [
        "Encryption key shown",
        "Webhook secret shown",
        "New API key",
        "New encryption key",
        "https://shop.example/hook<",
        "New webhook secret",
        "2001:db8::/32, 203.0.113.9/32",
        "Account number requirement changed",
        "Signed in",
    ] {
        assert!(log.contains(deed), "{deed}");
    }
    assert!(!log.contains("unseen-by-all") && !log.contains(&key));
    // The sandbox prints the key that counts.
    assert!(sandbox.audit().is_success());
    assert!(sandbox.terminate().success());
    sandbox.restart();
    assert_eq!(sandbox.credentials().api_key, key);
}
