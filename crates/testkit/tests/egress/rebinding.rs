//! Names that change their minds: public when they are looked at, private when they are called.

use std::net::IpAddr;

use crate::name_server::{self, Answer, Question};
use crate::namespace::{self, packets_to_private_ranges, packets_to_public_address};
use crate::ranges::{self, OURS, PUBLIC};
use crate::shop::Shop;

/// Names tried at once.
const BATCH: usize = 200;

/// Later than a second attempt is due.
const RETRY_S: u64 = 7;

/// What a name plays.
const TRICKS: [&str; 7] = ["flips", "flips6", "both", "both6", "alias", "mapped", "private"];

#[test]
fn no_name_leads_to_a_private_address_whatever_it_says_and_when() {
    let full_name = "rebinding::no_name_leads_to_a_private_address_whatever_it_says_and_when";
    namespace::run(full_name, || {
        let tries = std::env::var("DGSPAY_REBIND_TRIES")
            .map_or(BATCH, |text| text.parse().expect("DGSPAY_REBIND_TRIES is a number"));
        name_server::start(OURS, play);
        let mut shop = Shop::open();
        for first in (0..tries).step_by(BATCH) {
            let urls: Vec<String> = (first..tries.min(first + BATCH)).map(url).collect();
            for url in &urls {
                let answer = shop.charge(url);
                assert_eq!(answer.status, 200, "{url}: {}", answer.text());
            }
            shop.wait_for_attempts(&urls, 1);
            shop.advance_clock(RETRY_S);
            shop.wait_for_attempts(&urls, 2);
        }
        assert_eq!(packets_to_private_ranges(), Vec::<String>::new());
        assert_tricks_were_played(&shop);
    });
}

fn url(number: usize) -> String {
    format!("http://{}-{number}.rebind.example.com/", TRICKS[number % TRICKS.len()])
}

fn play(question: Question<'_>) -> Vec<Answer> {
    let (trick, rest) = question.name.split_once('-').expect("a name of ours");
    let number: usize =
        rest.split('.').next().and_then(|text| text.parse().ok()).expect("its number");
    let private =
        |ranges: &[ranges::Range]| address(ranges[number / TRICKS.len() % ranges.len()].1);
    let (private_v4, private_v6) = (private(&ranges::V4), private(&ranges::V6));
    let is_public_now = question.times_before.is_multiple_of(2);
    let addresses = match (trick, question.wants_v6) {
        ("flips", false) if !is_public_now => vec![private_v4],
        ("flips6", true) if !is_public_now => vec![private_v6],
        ("flips6" | "flips", true) => vec![],
        ("both", false) if is_public_now => vec![address(PUBLIC), private_v4],
        ("both", false) => vec![private_v4, address(PUBLIC)],
        ("both6", true) => vec![private_v6],
        ("mapped", true) => vec![address("::ffff:10.0.0.1")],
        ("alias", false) => return vec![Answer::Alias(private_v4)],
        ("private", false) => vec![private_v4],
        ("flips" | "flips6" | "both6" | "mapped", false) => vec![address(PUBLIC)],
        ("both" | "alias" | "private", true) => vec![],
        _ => panic!("no such trick: {question:?}"),
    };
    addresses.into_iter().map(Answer::Address).collect()
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Names that flip are called while they are public; all others never.
fn assert_tricks_were_played(shop: &Shop) {
    let (mut calls, mut refusals, mut lost) = (0, 0, 0);
    for (url, words) in shop.outcomes() {
        let flips = url.contains("flips");
        for word in words {
            match word.as_str() {
                "blocked_address" => refusals += 1,
                // Nothing listens at the public address.
                "connect" if flips => calls += 1,
                // Questions get lost when many are asked at once.
                "timeout" | "resolve" => lost += 1,
                _ => panic!("{url}: {words:?}"),
            }
        }
    }
    let counts = format!("{calls} calls, {refusals} refusals, {lost} names not resolved");
    assert!(calls > 0 && refusals > calls && lost * 20 < refusals, "{counts}");
    assert!(packets_to_public_address() >= calls, "the gateway's packets are not counted");
    println!("{counts}");
}
