//! Whatever a merchant writes as a URL, no packet leaves for an address that is not public.

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::process;
use testkit::sandbox::dgspay;

use crate::name_server::{self, Answer};
use crate::namespace::{self, packets_to_private_ranges};
use crate::ranges::{self, OURS};
use crate::shop::Shop;
use crate::spellings::{self, NAMES, OTHERS};

#[test]
fn no_spelling_of_a_private_address_is_called() {
    namespace::run("urls::no_spelling_of_a_private_address_is_called", || {
        name_server::start(OURS, |question| {
            let address = if question.wants_v6 { "::1" } else { "127.0.0.1" };
            vec![Answer::Address(address.parse().expect("an address"))]
        });
        let urls = corpus();
        assert!(urls.len() >= 150, "{}", urls.len());
        let mut shop = Shop::open();
        let mut taken = Vec::new();
        for url in urls {
            let answer = shop.charge(&url);
            if answer.status == 200 {
                taken.push(url);
                continue;
            }
            let json = answer.json();
            let seen = (answer.status, json["error_code"].as_str(), &json["errors"][0]["field"]);
            assert_eq!(seen, (400, Some("90"), &"callback_url".into()), "{url:?}: {json}");
        }
        // An address is known by looking at it; a name must be looked up, each time.
        assert_eq!(taken, NAMES.map(str::to_owned), "taken at registration");
        let logged: Vec<String> =
            taken.iter().map(|url| url.split('?').next().unwrap_or_default().to_owned()).collect();
        shop.wait_for_attempts(&logged, 1);
        shop.advance_clock(60);
        shop.wait_for_attempts(&logged, 2);
        for (url, words) in shop.outcomes() {
            assert!(words.iter().all(|word| word == "blocked_address"), "{url}: {words:?}");
        }
        assert_eq!(packets_to_private_ranges(), Vec::<String>::new());
    });
}

#[test]
fn a_gateway_that_is_told_to_call_itself_does_not_start() {
    for url in ["http://127.0.0.1:9/", "http://[::1]/", "http://169.254.169.254/", "http://0x7f.1/"]
    {
        let data = tempfile::tempdir().expect("a temporary directory");
        let mut command = dgspay();
        command
            .args(["sandbox", "--listen", "127.0.0.1:0", "--allow-loopback-webhooks", "false"])
            .args(["--webhook-url", url, "--data"])
            .arg(data.path());
        let ended = process::run(&mut command, Duration::from_secs(30)).expect("it ends");
        assert!(!ended.is_success() && ended.errors.contains("--webhook-url"), "{url}: {ended:?}");
    }
}

/// Names go last and in their order.
fn corpus() -> Vec<String> {
    let mut urls: BTreeSet<String> = OTHERS.map(str::to_owned).into();
    for (_, address) in ranges::V4 {
        urls.extend(spellings::of(address.parse().expect("an address")));
    }
    for (_, address) in ranges::V6 {
        urls.extend([format!("http://[{address}]/"), format!("https://[{address}]:8443/x")]);
    }
    urls.into_iter().chain(NAMES.map(str::to_owned)).collect()
}
