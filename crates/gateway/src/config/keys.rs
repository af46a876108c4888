//! The names of all settings of `dgspay serve`: what a configuration file may hold, what
//! `dgspay config init` writes, and which variable stands for which name.

use dialects::provider::providus;
use dialects::provider::setting::{Kind, Setting};
use domain::provider_call::Provider;
use domain::route::Route;

#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// With dots: `test.listen` is `listen` under `[test]`.
    pub name: &'static str,
    /// For the commented file; lines parted by line breaks.
    pub about: &'static str,
    pub form: Form,
    pub start: Start,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    /// A whole number, `true` or `false`.
    Bare,
    List,
}

/// What it is before anybody says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing, and that is fine.
    Nothing,
    Default(&'static str),
    /// Nothing; a new file begins with this.
    Example(&'static str),
    /// Nothing; a new file has a blank to fill in.
    ToFill,
}

const fn key(name: &'static str, form: Form, start: Start, about: &'static str) -> Key {
    Key { name, about, form, start }
}

use Form::{Bare, List, Text};
use Start::{Default, Example, Nothing, ToFill};

const RATES_FROM: &str = "A provider whose rates replace the stored ones every ten minutes: flutterwave.\n\
     Conversions stay on your own book.";

pub const KEYS: &[Key] = &[
    key("data", Text, Default("data"), "The folder of both databases, on a local disk."),
    key("log", Text, Default("text"), "text, json or off."),
    key(
        "trusted_proxies",
        List,
        Nothing,
        "Addresses of your own proxies, such as \"10.0.0.0/8\", whose X-Forwarded-For is believed.",
    ),
    key("rate_limit", Bare, Default("20000"), "Requests a second of one account; 0 for no limit."),
    key(
        "settlement",
        Text,
        Default("business_days:1"),
        "When charges of new live accounts are settled.",
    ),
    key("extra_ca_file", Text, Nothing, "More certificates to trust when sending, as PEM."),
    key("banks_file", Text, Nothing, "A list of banks instead of the built-in one."),
    key(
        "rates_file",
        Text,
        Nothing,
        "Rates to convert at, read at every start. Without any, live converts nothing.",
    ),
    key(
        "dusupay_digest",
        Text,
        Default("sha512"),
        "sha512 or sha256: what rsa-signature hashes with.",
    ),
    key(
        "dusupay_retry_5xx",
        Bare,
        Default("false"),
        "true: a dusupay webhook answered with 500 or above is tried again.",
    ),
    key(
        "master_key.file",
        Text,
        ToFill,
        "The file with the key that seals every stored secret, for nobody else to read:\n\
         (umask 077; openssl rand -hex 32 > /etc/dgspay/master.key)\n\
         Keep a copy elsewhere. Or leave this out and set DGSPAY_MASTER_KEY to the 64 digits.",
    ),
    key(
        "test.listen",
        Text,
        Example("127.0.0.1:8080"),
        "Simulated money. Without an address to listen on, it does not run.",
    ),
    key(
        "test.public_url",
        Text,
        Nothing,
        "As merchants reach it, such as https://sandbox.example.rw",
    ),
    key(
        "test.allow_loopback_webhooks",
        Bare,
        Default("false"),
        "true: webhooks may go to this machine, over http too.",
    ),
    key("test.rates_from", Text, Nothing, RATES_FROM),
    key(
        "live.listen",
        Text,
        Example("127.0.0.1:8081"),
        "Real money. Without an address to listen on, it does not run.",
    ),
    key(
        "live.public_url",
        Text,
        ToFill,
        "As merchants reach it; https, such as https://pay.example.rw",
    ),
    key("live.rates_from", Text, Nothing, RATES_FROM),
    key(
        "operator.listen",
        Text,
        Default("127.0.0.1:9090"),
        "For you alone: opening accounts. Its token is in the data folder.",
    ),
    key(
        "portal.sign_up",
        Text,
        Default("on"),
        "on: anybody may sign up at /smart-merchant/ and gets a test account at once. Live accounts\n\
         are yours to open.",
    ),
];

/// Where settings of providers and routes may stand.
pub const PREFIXES: [&str; 3] = ["", "live.", "test."];

pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The variable that stands for a name: `DGSPAY_TEST_LISTEN`, `DGSPAY_LIVE_MTN_MOMO_URL`,
/// `DGSPAY_ROUTE_CARD`. None for the routes of one account.
pub fn variable(name: &str) -> Option<String> {
    let (prefix, rest) = PREFIXES
        .iter()
        .filter_map(|prefix| Some((*prefix, name.strip_prefix(prefix)?)))
        .find(|(prefix, rest)| !prefix.is_empty() && is_prefixed(rest))
        .unwrap_or(("", name));
    if rest.starts_with("accounts.") {
        return None;
    }
    let rest = match rest.strip_prefix("routes.") {
        Some(route) => format!("route.{route}"),
        None => rest.strip_prefix("providers.").unwrap_or(rest).to_owned(),
    };
    Some(format!("DGSPAY_{prefix}{rest}").replace('.', "_").to_uppercase())
}

fn is_prefixed(rest: &str) -> bool {
    ["providers.", "routes.", "accounts."].iter().any(|part| rest.starts_with(part))
}

/// Every name that a file may hold, but for the routes of accounts.
pub fn known_names(kinds: &[Kind]) -> Vec<String> {
    let mut names: Vec<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    for prefix in PREFIXES {
        for (provider, settings) in sections(kinds) {
            for setting in settings {
                let name = provider_name(prefix, provider, setting.name);
                names.push(format!("{name}_file"));
                names.push(name);
            }
        }
        names.extend(Route::all().into_iter().map(|route| route_name(prefix, None, route)));
    }
    names
}

/// The settings under `[providers.NAME]`: those of connectors, and of the bank, which is none.
pub fn sections(kinds: &[Kind]) -> impl Iterator<Item = (Provider, &'static [Setting])> {
    let bank = (Provider::Providus, providus::SETTINGS);
    kinds.iter().map(|kind| (kind.provider, kind.settings)).chain([bank])
}

pub fn provider_name(prefix: &str, provider: Provider, setting: &str) -> String {
    format!("{prefix}providers.{}.{setting}", provider.word())
}

pub fn route_name(prefix: &str, account_number: Option<&str>, route: Route) -> String {
    match account_number {
        Some(number) => format!("{prefix}accounts.{number}.routes.{}", route.name()),
        None => format!("{prefix}routes.{}", route.name()),
    }
}

/// The known name that is written most like an unknown one.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    known.iter().map(String::as_str).min_by_key(|other| distance(name, other))
}

/// Letters to insert, remove or exchange (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (b, cell) in other.bytes().zip(row.iter_mut().skip(1)) {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = exchanged.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_settings() {
        for (name, expected) in [
            ("data", Some("DGSPAY_DATA")),
            ("test.listen", Some("DGSPAY_TEST_LISTEN")),
            ("master_key.file", Some("DGSPAY_MASTER_KEY_FILE")),
            ("providers.mtn_momo.url", Some("DGSPAY_MTN_MOMO_URL")),
            ("live.providers.dusupay.hmac_key", Some("DGSPAY_LIVE_DUSUPAY_HMAC_KEY")),
            ("routes.mobile_money", Some("DGSPAY_ROUTE_MOBILE_MONEY")),
            ("test.routes.mobile_money.mtn", Some("DGSPAY_TEST_ROUTE_MOBILE_MONEY_MTN")),
            ("accounts.ACC-0000001.routes.card", None),
            ("test.accounts.ACC-0000001.routes.card", None),
        ] {
            assert_eq!(variable(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        let known = known_names(&[]);
        for (slip, meant) in [
            ("test.lisen", "test.listen"),
            ("tset.listen", "test.listen"),
            ("live.publicurl", "live.public_url"),
            ("routes.mobile-money", "routes.mobile_money"),
            ("trusted_proxy", "trusted_proxies"),
        ] {
            assert_eq!(nearest(slip, &known), Some(meant));
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
