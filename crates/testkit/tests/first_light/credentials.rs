//! Who is let in: the corpus of credential headers, and the refusals that need no credentials
//! to be wrong.

use testkit::Answer;

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, assert_refused};

const KEY: &str = "X-DGS-API-Key";
const NUMBER: &str = "X-DGS-ACCOUNT-NUMBER";

const ENDPOINTS: [(&str, &str); 6] = [
    ("GET", "/balance"),
    ("GET", "/transactions"),
    ("GET", "/transactions/dgs_1"),
    ("GET", "/banks/RW"),
    ("POST", "/charges"),
    ("POST", "/sandbox/clock"),
];

/// Wrong values of a header that has the right one: name of the case, and how it is made.
type Spoiler = (&'static str, fn(&str) -> String);

const SPOILED: [Spoiler; 19] = [
    ("empty", |_| String::new()),
    ("only a space", |_| " ".to_owned()),
    ("first character missing", |right| right[1..].to_owned()),
    ("last character missing", |right| right[..right.len() - 1].to_owned()),
    ("half of it", |right| right[..right.len() / 2].to_owned()),
    ("one character more", |right| format!("{right}0")),
    ("written twice", |right| format!("{right}{right}")),
    ("listed twice", |right| format!("{right}, {right}")),
    ("upper case", |right| swap_case(right)),
    ("in quotes", |right| format!("\"{right}\"")),
    ("with a scheme", |right| format!("Bearer {right}")),
    ("in base64", |_| "c2tfdGVzdF8=".to_owned()),
    ("percent-encoded", |right| format!("%73{}", &right[1..])),
    ("a space inside", |right| format!("{} {}", &right[..5], &right[5..])),
    ("not ASCII", |right| format!("{right}é")),
    ("a wildcard", |_| "%".to_owned()),
    ("an injection", |_| "' or '1'='1".to_owned()),
    ("20 000 characters", |_| "k".repeat(20_000)),
    ("null", |_| "null".to_owned()),
];

#[test]
fn a_missing_header_is_91_on_every_endpoint() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    for (method, path) in ENDPOINTS {
        for (name, headers, at_fault) in [
            ("none", vec![], KEY),
            ("number only", vec![(NUMBER, shown.account_number.as_str())], KEY),
            ("key only", vec![(KEY, shown.api_key.as_str())], NUMBER),
        ] {
            let name = format!("{method} {path} with {name}");
            let answer = bare(&shop, method, path, &headers);
            let message = assert_refused(&name, &answer, 401, "91");
            assert!(message.contains(at_fault), "{name}: {message}");
        }
    }
}

#[test]
fn a_wrong_value_is_91_naming_the_header_and_never_the_value() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    for (header, right, other) in [
        (KEY, &shown.api_key, (NUMBER, shown.account_number.as_str())),
        (NUMBER, &shown.account_number, (KEY, shown.api_key.as_str())),
    ] {
        for (case, spoil) in SPOILED {
            let name = format!("{header} {case}");
            let wrong = spoil(right);
            let answer = bare(&shop, "GET", "/balance", &[(header, wrong.as_str()), other]);
            let message = assert_refused(&name, &answer, 401, "91");
            assert!(message.contains(header), "{name}: {message}");
            assert_tells_nothing(&name, &answer, &[right, &wrong]);
        }
    }
}

#[test]
fn a_key_of_the_right_form_is_not_told_from_any_other() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    let other = format!("sk_test_{}", "A".repeat(shown.api_key.len() - "sk_test_".len()));
    let live = shown.api_key.replace("sk_test_", "sk_live_");
    let messages = [other.as_str(), live.as_str(), "nonsense"].map(|key| {
        let headers = [(KEY, key), (NUMBER, shown.account_number.as_str())];
        assert_refused(key, &bare(&shop, "GET", "/balance", &headers), 401, "91")
    });
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
}

#[test]
fn a_header_sent_twice_is_91() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    let (key, number) = ((KEY, shown.api_key.as_str()), (NUMBER, shown.account_number.as_str()));
    for (name, headers) in [
        ("the right key twice", vec![key, key, number]),
        ("a right and a wrong key", vec![key, (KEY, "sk_test_wrong"), number]),
        ("a wrong and a right key", vec![(KEY, "sk_test_wrong"), key, number]),
        ("the right number twice", vec![key, number, number]),
        ("a right and a foreign number", vec![key, number, (NUMBER, "ACC-0000000")]),
        ("a foreign and a right number", vec![key, (NUMBER, "ACC-0000000"), number]),
    ] {
        assert_refused(name, &bare(&shop, "GET", "/balance", &headers), 401, "91");
    }
}

#[test]
fn a_key_in_any_other_place_is_no_key() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    let key = shown.api_key.as_str();
    let number = (NUMBER, shown.account_number.as_str());
    let bearer = format!("Bearer {key}");
    let cookie = format!("{KEY}={key}");
    for header in [
        ("Authorization", bearer.as_str()),
        ("Authorization", key),
        ("Cookie", cookie.as_str()),
        ("X-API-Key", key),
        ("X-DGS-API-Key-2", key),
        ("X_DGS_API_KEY", key),
    ] {
        let answer = bare(&shop, "GET", "/balance", &[header, number]);
        assert_refused(header.0, &answer, 401, "91");
        assert_tells_nothing(header.0, &answer, &[key]);
    }
    for path in [format!("/balance?api_key={key}"), format!("/balance?{KEY}={key}")] {
        let answer = bare(&shop, "GET", &path, &[number]);
        assert_refused("query", &answer, 401, "91");
        assert_tells_nothing("query", &answer, &[key]);
    }
    let body = ChargeBody::guide().with_text("api_key", key).with_text(KEY, key).text();
    let headers = [number, ("Content-Type", "application/json")];
    let path = format!("{}/charges", shop.sandbox.api.base_path);
    let answer = shop.sandbox.api.bare_request("POST", &path, &headers, body);
    assert_refused("body", &answer, 401, "91");
}

#[test]
fn what_http_lets_differ_may_differ() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    let padded = format!("{} \t", shown.api_key);
    for (name, header, value) in [
        ("lower case name", "x-dgs-api-key", shown.api_key.as_str()),
        ("upper case name", "X-DGS-API-KEY", shown.api_key.as_str()),
        ("blanks at the end", KEY, padded.as_str()),
    ] {
        let headers = [(header, value), (NUMBER, shown.account_number.as_str())];
        assert_eq!(bare(&shop, "GET", "/balance", &headers).status, 200, "{name}");
    }
}

#[test]
fn an_unknown_path_is_92() {
    let shop = Shop::open();
    for path in [
        "/nothing",
        "/charges/",
        "//charges",
        "/CHARGES",
        "/charges/1",
        "/charges%2f",
        "/transactions/1/2",
        "/balance/..;/charges",
        "/..%2fbalance",
        "/banks",
        "/",
        "",
    ] {
        for method in ["GET", "POST"] {
            let answer = shop.sandbox.request(method, path, &[], "");
            assert_refused(&format!("{method} {path}"), &answer, 404, "92");
        }
    }
    for path in ["/", "/generation", "/generation/v1/balance", "/balance", "/.env"] {
        let answer = shop.sandbox.api.bare_request("GET", path, &[], "");
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}

#[test]
fn a_wrong_method_is_405_and_lists_the_right_one() {
    let shop = Shop::open();
    for (path, allowed, wrong) in [
        ("/charges", "POST", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]),
        ("/balance", "GET", ["POST", "PUT", "PATCH", "DELETE", "TRACE"]),
        ("/transactions", "GET", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]),
        ("/transactions/dgs_1", "GET", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
        ("/banks/RW", "GET", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ] {
        for method in wrong {
            let name = format!("{method} {path}");
            let headers = [("X-HTTP-Method-Override", allowed)];
            let answer = shop.sandbox.request(method, path, &headers, "");
            assert_refused(&name, &answer, 405, "90");
            let listed = answer.header("allow").unwrap_or_default();
            assert!(listed.split(',').any(|one| one.trim() == allowed), "{name}: Allow: {listed}");
        }
    }
}

#[test]
fn a_body_must_be_json() {
    let shop = Shop::open();
    let shown = shop.sandbox.credentials().clone();
    let path = format!("{}/charges", shop.sandbox.api.base_path);
    let post = |types: &[&str]| {
        let mut headers =
            vec![(KEY, shown.api_key.as_str()), (NUMBER, shown.account_number.as_str())];
        headers.extend(types.iter().map(|one| ("Content-Type", *one)));
        shop.sandbox.api.bare_request("POST", &path, &headers, ChargeBody::guide().text())
    };
    for right in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
    ] {
        assert_eq!(post(&[right]).status, 200, "{right}");
    }
    for wrong in [
        &[][..],
        &[""],
        &["text/plain"],
        &["text/json"],
        &["application/xml"],
        &["application/x-www-form-urlencoded"],
        &["multipart/form-data; boundary=x"],
        &["application/jsonp"],
        &["application/json-patch+json"],
        &["json"],
        &["*/*"],
    ] {
        assert_refused(&format!("{wrong:?}"), &post(wrong), 415, "90");
    }
}

#[test]
fn too_many_requests_are_429_and_burn_no_key() {
    let shop = Shop::open_with(testkit::Options::default().variable("DGSPAY_RATE_LIMIT", "3"));
    let mut refused = None;
    for number in 0..200 {
        let key = format!("key-{number}");
        let answer = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", &key)]);
        if answer.status != 200 {
            refused = Some((key, answer));
            break;
        }
    }
    let (key, answer) = refused.expect("three a second are fewer than 200 at once");
    assert_refused("flood", &answer, 429, "99");
    let after: u64 = answer
        .header("retry-after")
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no Retry-After: {:?}", answer.head));
    assert!((1..=60).contains(&after), "Retry-After: {after}");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let accepted = loop {
        let again = shop.post_charge(&ChargeBody::guide(), &[("Idempotency-Key", &key)]);
        if again.status == 200 {
            break again;
        }
        assert!(std::time::Instant::now() < deadline, "still refused: {}", again.text());
    };
    assert_eq!(accepted.header("idempotent-replayed"), None, "the refusal did not burn the key");
}

fn bare(shop: &Shop, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("{}{path}", shop.sandbox.api.base_path);
    let body = if method == "POST" { "{}" } else { "" };
    let mut all = headers.to_vec();
    if !body.is_empty() {
        all.push(("Content-Type", "application/json"));
    }
    shop.sandbox.api.bare_request(method, &path, &all, body)
}

/// Neither body nor headers of an answer hold what must stay secret.
fn assert_tells_nothing(name: &str, answer: &Answer, secrets: &[&str]) {
    let shown = format!("{:?}\n{}", answer.head, answer.text());
    for secret in secrets.iter().filter(|secret| secret.trim().len() > 8) {
        assert!(!shown.contains(secret.trim()), "{name}: {shown}");
    }
}

fn swap_case(text: &str) -> String {
    text.chars()
        .map(
            |c| {
                if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
            },
        )
        .collect()
}
