//! What every page has in common: headers, weight, languages, and that it works without scripts.

use testkit::sandbox::Options;

use crate::browser::{Browser, between, charge, sandbox};

const PAGES: [&str; 7] = [
    "sign-in",
    "test",
    "test/transactions",
    "test/api-settings",
    "test/audit-log",
    "profile",
    "live",
];

/// The first page with all that it loads; on a slow line each 10 KiB is a second.
const FIRST_PAGE_MAX: usize = 60 * 1024;

#[test]
fn pages_are_light_and_load_nothing_of_others() {
    let sandbox = sandbox(Options::default());
    let mut owner = Browser::owner(&sandbox);
    for number in 0..30 {
        charge(&sandbox, &format!("Jane{number}"), "x");
    }
    let mut nobody = Browser::at(sandbox.api.address);
    let asset = |path: &str| {
        let answer = owner.client.bare_request("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}");
        answer.body.len()
    };
    let assets = asset("/assets/portal.css") + asset("/assets/portal.js");
    for page in PAGES {
        let answer = if page == "sign-in" { nobody.get(page) } else { owner.get(page) };
        assert_eq!(answer.status, 200, "{page}");
        let weight = answer.body.len() + assets;
        assert!(weight <= FIRST_PAGE_MAX, "{page} weighs {weight}");
        let policy = answer.header("content-security-policy").expect("a policy").to_owned();
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let text = answer.text().into_owned();
        let scripts = text.matches("<script").count();
        assert_eq!(
            scripts,
            text.matches("<script src=\"/assets/portal.js\" defer></script>").count()
        );
        for inline in [" style=", "<style", " onclick=", " onload=", "http-equiv"] {
            assert!(!text.contains(inline), "{page} has {inline}");
        }
        assert!(
            text.contains("class=\"skip\" href=\"#main\"") && text.contains("<main id=\"main\"")
        );
        assert_eq!(text.matches("<h1").count(), 1, "{page}");
        // Every field has a name that is read out.
        for field in text.split("<input").skip(1) {
            let field = field.split('>').next().unwrap_or_default();
            if let Some(id) = between(field, " id=\"", "\"") {
                assert!(text.contains(&format!("for=\"{id}\"")), "{page}: {id}");
            }
        }
    }
}

#[test]
fn the_language_is_the_browsers_then_the_cookies_then_the_profiles() {
    let sandbox = sandbox(Options::default());
    let mut nobody = Browser::at(sandbox.api.address);
    let headers = [("Accept-Language", "rw")];
    let answer = nobody.client.bare_request("GET", "/smart-merchant/sign-in", &headers, "");
    assert!(answer.text().contains("<html lang=\"rw\""));
    let fields = [("language", "fr"), ("next", "/smart-merchant/sign-in")];
    assert_eq!(nobody.post("language", &fields).status, 303);
    assert!(nobody.page("sign-in").contains("Se connecter"));
    let mut owner = Browser::owner(&sandbox);
    let fields = [("language", "rw"), ("next", "/smart-merchant/test")];
    assert_eq!(owner.post("language", &fields).header("location"), Some("/smart-merchant/test"));
    // Elsewhere too: it is in the profile.
    let mut elsewhere = Browser::owner(&sandbox);
    assert!(elsewhere.page("test").contains("<html lang=\"rw\""));
    assert_eq!(owner.post("profile/theme", &[("theme", "dark")]).status, 303);
    assert!(elsewhere.page("test").contains("data-theme=\"dark\""));
    assert_eq!(owner.post("language", &[("language", "xx")]).status, 404);
}

#[test]
fn a_payment_that_ends_is_news_and_is_found_by_every_filter() {
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::owner(&sandbox);
    let made = charge(&sandbox, "Jane", "x");
    let reference = made.json()["dgs_reference"].as_str().expect("a reference").to_owned();
    let page = browser.page("test/transactions");
    assert!(page.contains(&reference) && page.contains("data-newest=\"0\""));
    // Answered when the payment ends, not before.
    let news = browser.get("test/transactions/news?after=0");
    assert_eq!(news.status, 200);
    let page = browser.page("test/transactions");
    assert!(page.contains(&format!("data-newest=\"{}\"", news.text())));
    let id = made.json()["transaction_id"].as_str().expect("an id").to_owned();
    for (query, is_found) in [
        (format!("search={reference}"), true),
        (format!("search={id}"), true),
        ("search=nothing".to_owned(), false),
        ("status=success&type=charge&method=mobile_money&currency=RWF".to_owned(), true),
        ("status=failed".to_owned(), false),
        ("from=2020-01-01&to=2020-01-02".to_owned(), false),
        ("page=2".to_owned(), false),
    ] {
        let page = browser.page(&format!("test/transactions?{query}"));
        assert_eq!(page.contains(&format!(">{reference}</a>")), is_found, "{query}");
    }
    let home = browser.page("test");
    assert!(home.contains("2\u{a0}000 RWF") && home.contains("100 %"), "{home}");
}
