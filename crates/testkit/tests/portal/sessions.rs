//! Sessions: their cookie, how they end, and the second factor before them.

use aws_lc_rs::hmac;
use testkit::sandbox::Options;

use crate::browser::{Browser, OWNER, PASSWORD, between, sandbox};

const COOKIE: &str = "dgspay";

#[test]
fn a_token_is_new_at_every_step_and_the_old_one_is_dead() {
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::at(sandbox.api.address);
    // Fixation: a token that somebody else chose is never taken over.
    browser.cookies.insert(COOKIE.to_owned(), "f".repeat(64));
    let answer = browser.try_sign_in(OWNER, PASSWORD);
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let first = browser.clone();
    assert_ne!(first.cookies[COOKIE], "f".repeat(64));
    assert_eq!(browser.post("confirm", &[("password", PASSWORD)]).status, 303);
    assert_ne!(first.cookies[COOKIE], browser.cookies[COOKIE]);
    assert_eq!(first.clone().get("test").status, 303, "the token before is dead");
    assert_eq!(browser.get("test").status, 200);

    // A new password ends the other sessions.
    let mut other = Browser::owner(&sandbox);
    let new = "another horse battery";
    let fields = [("password", PASSWORD), ("new_password", new)];
    assert_eq!(browser.post("profile/password", &fields).status, 200);
    assert_eq!(other.get("test").status, 303);
    assert_eq!(browser.get("test").status, 200);
    assert_eq!(Browser::at(sandbox.api.address).try_sign_in(OWNER, PASSWORD).status, 401);

    let mut kept = browser.clone();
    assert_eq!(browser.post("sign-out", &[]).status, 303);
    assert!(!browser.cookies.contains_key(COOKIE));
    assert_eq!(kept.get("test").status, 303, "signed out is signed out");
    assert!(sandbox.audit().is_success());
}

#[test]
fn sessions_end_when_nobody_is_there_and_after_a_day_of_work() {
    let sandbox = sandbox(Options::default());
    let mut idle = Browser::owner(&sandbox);
    sandbox.advance_clock(899);
    assert_eq!(idle.get("test").status, 200);
    sandbox.advance_clock(899);
    assert_eq!(idle.get("test").status, 200, "it was seen in between");
    sandbox.advance_clock(900);
    assert_eq!(idle.get("test").status, 303);
    let mut busy = Browser::owner(&sandbox);
    for _ in 0..35 {
        sandbox.advance_clock(800);
        assert_eq!(busy.get("test").status, 200);
    }
    sandbox.advance_clock(800);
    assert_eq!(busy.get("test").status, 303, "8 hours");
}

#[test]
fn the_second_factor_is_asked_for_and_no_code_serves_twice() {
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::owner(&sandbox);
    let offer = browser.post("profile/second-factor", &[("wish", "offer")]);
    assert_eq!(offer.status, 303, "{}", offer.text());
    let page = browser.page("profile");
    assert!(page.contains("<svg class=\"qr\""));
    let secret = between(&page, "app: <code>", "</code>").expect("the secret").to_owned();
    let wrong = browser.post("profile/second-factor", &[("wish", "enable"), ("code", "000000")]);
    assert_eq!(wrong.status, 401);
    let code = code_now(&sandbox, &secret);
    let on = browser.post("profile/second-factor", &[("wish", "enable"), ("code", &code)]);
    assert_eq!(on.status, 200, "{}", on.text());
    let page = on.text().into_owned();
    let recovery = between(&page, "<li><code>", "</code>").expect("a recovery code").to_owned();

    // The password alone opens nothing but the page that asks for the code.
    let mut next = Browser::at(sandbox.api.address);
    next.sign_in(OWNER, PASSWORD);
    let half = next.clone();
    assert_eq!(next.get("test").header("location"), Some("/smart-merchant/sign-in/code"));
    let replayed = next.post("sign-in/code", &[("code", &code)]);
    assert_eq!(replayed.status, 401, "it was used to switch the factor on");
    sandbox.advance_clock(60);
    let fresh = code_now(&sandbox, &secret);
    assert_eq!(next.post("sign-in/code", &[("code", &fresh)]).status, 303);
    assert_eq!(next.get("test").status, 200);
    assert_ne!(next.cookies[COOKIE], half.cookies[COOKIE]);

    let mut again = Browser::at(sandbox.api.address);
    for expected in [303, 401] {
        again.cookies.clear();
        again.sign_in(OWNER, PASSWORD);
        assert_eq!(again.post("sign-in/code", &[("code", &recovery)]).status, expected);
    }
    for _ in 0..4 {
        assert_eq!(again.post("sign-in/code", &[("code", "000000")]).status, 401);
    }
    let fresh = code_now(&sandbox, &secret);
    assert_eq!(again.post("sign-in/code", &[("code", &fresh)]).status, 429, "five were wrong");
}

/// The code of the sandbox's own time.
fn code_now(sandbox: &testkit::Sandbox, secret: &str) -> String {
    let answer = sandbox.request("POST", "/sandbox/clock", &[], r#"{"advance_seconds": 1}"#);
    let now = answer.json()["now"].as_str().expect("a time").to_owned();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &from_base32(secret));
    let tag = hmac::sign(&key, &(seconds_of(&now) / 30).to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let word: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().expect("four bytes");
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

/// Seconds since 1970 of `2026-11-22T01:14:11…`.
fn seconds_of(text: &str) -> i64 {
    let part = |from: usize, to: usize| text[from..to].parse::<i64>().expect("digits");
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    // Days as a calendar counts them whose years begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469;
    days * 86_400 + part(11, 13) * 3600 + part(14, 16) * 60 + part(17, 19)
}

fn from_base32(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String =
        text.chars().map(|one| format!("{:05b}", letters.find(one).expect("base 32"))).collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    let byte = |chunk: &[u8]| chunk.iter().fold(0u8, |byte, bit| byte << 1 | (bit - b'0'));
    bytes.map(byte).collect()
}
