//! "Authentication": two headers on every request.

use crate::covered::Covered;
use crate::desk::{Desk, assert_refused};

const CALLS: [&str; 1] = ["GET /balance"];

pub fn covered() -> Covered {
    Covered::calls(&CALLS)
}

#[test]
fn both_headers_are_needed_and_of_one_account_and_environment() {
    let desk = Desk::open();
    let shown = desk.sandbox.credentials().clone();
    let (key, number) = (shown.api_key.as_str(), shown.account_number.as_str());
    assert!(key.starts_with("sk_test_") && number.starts_with("ACC-"), "{key} {number}");
    let live_key = key.replace("sk_test_", "sk_live_");
    for (name, key, number, status) in [
        ("as the guide shows", Some(key), Some(number), 200),
        ("no key", None, Some(number), 401),
        ("no number", Some(key), None, 401),
        ("neither", None, None, 401),
        ("another key", Some("sk_test_xxxxxxxxxxxxxxxxxxxx"), Some(number), 401),
        ("a key of the other environment", Some(live_key.as_str()), Some(number), 401),
        ("another account", Some(key), Some("ACC-0001234"), 401),
    ] {
        let headers: Vec<(&str, &str)> = [
            ("X-DGS-API-Key", key),
            ("X-DGS-ACCOUNT-NUMBER", number),
            ("Content-Type", Some("application/json")),
        ]
        .into_iter()
        .filter_map(|(header, value)| value.map(|value| (header, value)))
        .collect();
        let answer = desk.sandbox.api.bare_request("GET", "/generation/v2/balance", &headers, "");
        if status == 200 {
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        } else {
            assert_refused(name, &answer, status, "91");
        }
    }
}
