//! Every form of every page: taken from our own page with its token, and from nowhere else.

use testkit::sandbox::Options;

use crate::browser::{Browser, OWNER, PASSWORD, ROOT, between, charge, sandbox};

/// Pages of somebody signed in that hold forms, with one transaction among them.
fn pages(browser: &mut Browser) -> Vec<String> {
    let list = browser.page("test/transactions");
    let found = between(&list, "href=\"/smart-merchant/test/transactions/", "\"");
    let transaction = format!("test/transactions/{}", found.expect("a transaction"));
    [
        "test",
        "test/transactions",
        "test/api-settings",
        "test/audit-log",
        "profile",
        "confirm",
        "live",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([transaction])
    .collect()
}

/// Where the forms of a page that change something go.
fn actions(page: &str) -> Vec<String> {
    let forms = page.split("<form method=\"post\" action=\"").skip(1);
    forms.map(|rest| rest.split('"').next().expect("an address").to_owned()).collect()
}

#[test]
fn no_form_is_taken_from_elsewhere_or_without_its_token() {
    let sandbox = sandbox(Options::default().webhook_url("http://127.0.0.1:1024/hook"));
    let made = charge(&sandbox, "Jane", "x");
    assert_eq!(made.status, 200, "{}", made.text());
    sandbox.advance_clock(3);
    let mut browser = Browser::owner(&sandbox);
    let own = format!("http://{}", browser.client.address);
    let mut stranger = Browser::owner(&sandbox);
    let of_another_session = stranger.token();
    let mut seen = Vec::new();
    for page in pages(&mut browser) {
        for action in actions(&browser.page(&page)) {
            if seen.contains(&action) {
                continue;
            }
            let path = action.strip_prefix(ROOT).expect("a page of ours").to_owned();
            let token = browser.token();
            for (headers, token, why) in [
                (vec![("Origin", "https://evil.example")], token.as_str(), "another origin"),
                (vec![("Origin", "null")], &token, "an origin that hides"),
                (vec![("Origin", &own), ("Sec-Fetch-Site", "cross-site")], &token, "another site"),
                (vec![("Sec-Fetch-Site", "same-site")], &token, "a sibling"),
                (vec![], &token, "no word of where from"),
                (vec![("Origin", &own)], "", "no token"),
                (vec![("Origin", &own)], &of_another_session, "another session's token"),
            ] {
                let fields = [("form_token", token), ("language", "fr"), ("wish", "offer")];
                let answer = browser.post_with(&path, &headers, &fields);
                assert_eq!(answer.status, 403, "{action} with {why}");
            }
            seen.push(action);
        }
    }
    assert_eq!(seen.len(), 15, "{seen:#?}");
    for page in ["sign-in", "sign-in/code"] {
        let headers = [("Origin", "https://evil.example")];
        let fields = [("email", OWNER), ("password", PASSWORD)];
        let answer = Browser::at(sandbox.api.address).post_with(page, &headers, &fields);
        assert_eq!(answer.status, 403, "{page}");
        assert!(answer.header("set-cookie").is_none());
    }
    // Nothing of it was done.
    let log = browser.page("test/audit-log");
    for deed in ["New ", "Webhook", "Encryption key", "IP whitelist", "Second factor", "Password"] {
        assert!(!log.contains(&format!("<th scope=\"row\">{deed}")), "{deed}: {log}");
    }
}

#[test]
fn looking_changes_nothing() {
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::owner(&sandbox);
    for path in [
        "sign-out",
        "language",
        "profile/theme",
        "profile/password",
        "profile/second-factor",
        "test/api-settings/api-key",
        "test/transactions/x/resend",
    ] {
        let status = browser.get(path).status;
        assert!(status == 405 || status == 404, "{path}: {status}");
    }
    assert_eq!(browser.get("test").status, 200);
}
