//! Which providers an environment has, and what leads to them.

use domain::provider_call::Provider;
use domain::{Currency, Environment};

use crate::config::fake_provider::FAKE;
use crate::config::providers::{Providers, Scope};
use crate::config::source::Source;
use domain::payment::Method;
use domain::phone::Network;

const SHARED: &str =
    "[providers.airtel_money]\nurl = \"https://live\"\nclient_secret = \"SECRET\"\n";

fn read(file: &str, variables: &[(&str, &str)], scope: Scope) -> (Providers, Vec<String>) {
    let variable = |name: &str| {
        let found = variables.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut source = Source::of_file(file, &[FAKE], &variable);
    let providers = Providers::read(&mut source, &[FAKE], scope);
    (providers, source.faults)
}

fn serving(providers: &Providers, account: &str) -> Vec<Provider> {
    let (method, network) = (Method::MobileMoney, Some(Network::Airtel));
    providers.routes.providers(account, method, network, Currency::Rwf).to_vec()
}

#[test]
fn a_test_payment_reaches_a_provider_only_where_test_says_so() {
    let routed = format!("{SHARED}[routes]\nmobile_money = \"airtel_money\"\n");
    let test = Scope::of(Environment::Test);
    let live = Scope::of(Environment::Live);
    let own = format!("{routed}[test.providers.airtel_money]\nurl = \"https://test\"\n");
    let own_routed = format!("{own}[test.routes]\nmobile_money = [\"airtel_money\"]\n");
    let variables = [("DGSPAY_AIRTEL_MONEY_URL", "https://x"), ("DGSPAY_ROUTE_CARD", "x")];
    for (name, file, variables, scope, urls, provider) in [
        ("live", &routed, &[][..], live, &["https://live"][..], &[Provider::AirtelMoney][..]),
        ("test by default", &routed, &[], test, &[], &[Provider::Simulator]),
        ("test, not routed", &own, &[], test, &["https://test"], &[Provider::Simulator]),
        ("test, routed", &own_routed, &[], test, &["https://test"], &[Provider::AirtelMoney]),
        ("variables of live", &routed, &variables, test, &[], &[Provider::Simulator]),
        ("live, not routed", &SHARED.to_owned(), &[], live, &["https://live"], &[]),
    ] {
        let (providers, faults) = read(file, variables, scope);
        assert_eq!(faults, Vec::<String>::new(), "{name}");
        let shown = format!("{:?}", providers.connectors);
        assert_eq!(providers.connectors.len(), urls.len(), "{name}: {shown}");
        assert!(urls.iter().all(|url| shown.contains(url)), "{name}: {shown}");
        assert_eq!(serving(&providers, "ACC-0000009"), provider, "{name}");
    }
}

#[test]
fn the_closest_place_counts_and_variables_before_the_file() {
    let file = format!("{SHARED}[live.providers.airtel_money]\nurl = \"https://closer\"\n");
    let unprefixed = ("DGSPAY_AIRTEL_MONEY_URL", "https://variable");
    let prefixed = ("DGSPAY_LIVE_AIRTEL_MONEY_URL", "https://closest");
    for (variables, url) in [
        (vec![], "https://closer"),
        (vec![unprefixed], "https://variable"),
        (vec![unprefixed, prefixed], "https://closest"),
    ] {
        let (providers, _) = read(&file, &variables, Scope::of(Environment::Live));
        assert!(format!("{:?}", providers.connectors).contains(url), "{variables:?}");
    }
}

#[test]
fn a_sandbox_takes_variables() {
    let variables = [
        ("DGSPAY_AIRTEL_MONEY_URL", "https://x"),
        ("DGSPAY_AIRTEL_MONEY_CLIENT_SECRET", "SECRET"),
        ("DGSPAY_ROUTE_MOBILE_MONEY", "airtel_money, simulator"),
    ];
    let (providers, faults) = read("", &variables, Scope::SANDBOX);
    assert_eq!(faults, Vec::<String>::new());
    let expected = [Provider::AirtelMoney, Provider::Simulator];
    assert_eq!(serving(&providers, "ACC-0000009"), expected);
    let (providers, faults) = read("", &[], Scope::SANDBOX);
    assert!(faults.is_empty() && providers.connectors.is_empty());
    assert_eq!(serving(&providers, "ACC-0000009"), [Provider::Simulator]);
}

#[test]
fn accounts_have_routes_of_their_own() {
    let file = format!(
        "{SHARED}[accounts.\"ACC-0000001\".routes]\nmobile_money.airtel = \"airtel_money\"\n"
    );
    let (providers, faults) = read(&file, &[], Scope::of(Environment::Live));
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(serving(&providers, "ACC-0000001"), [Provider::AirtelMoney]);
    assert!(serving(&providers, "ACC-0000002").is_empty());
    assert!(providers.missing_in_live().is_empty());
}

#[test]
fn all_that_is_missing_or_wrong_is_told_without_a_value() {
    let file = "[providers.airtel_money]\ncountry = \"SECRET\"\n\
                [routes]\ncard = \"airtel_money\"\nbank = \"SECRET\"\nmobile_money = \"simulator\"\n";
    let (providers, faults) = read(file, &[], Scope::of(Environment::Live));
    let told = faults.join("\n");
    for part in [
        "live: `providers.airtel_money.url` is missing: Where its API is.",
        "live: `providers.airtel_money.client_secret` is missing",
        "live: `routes.card`: airtel_money is not configured",
        "live: `routes.mobile_money`: simulator is not configured",
    ] {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    assert_eq!(providers.missing_in_live().len(), 1, "{:?}", providers.missing_in_live());
    let (providers, _) = read("", &[], Scope::of(Environment::Live));
    assert_eq!(providers.missing_in_live().len(), 2);

    let unfit = "[providers.airtel_money]\nurl = \"SECRET\"\nclient_secret = \"SECRET\"\n\
                 client_secret_file = \"/none\"\n";
    let (_, unfit) = read(unfit, &[], Scope::of(Environment::Live));
    assert!(unfit.iter().any(|fault| fault.contains("say the same")), "{unfit:?}");
    let (_, wrong) = read(
        &format!("{SHARED}[routes]\ncard = \"airtel_money\"\n").replace("https:", "gopher:"),
        &[],
        Scope::of(Environment::Live),
    );
    assert!(wrong.iter().any(|fault| fault.contains("must begin with https://")), "{wrong:?}");
    let card = format!("{SHARED}[routes]\ncard = \"airtel_money\"\n");
    let (_, refused) = read(&card, &[], Scope::of(Environment::Live));
    assert!(refused[0].ends_with("`routes.card`: airtel_money cannot serve this"), "{refused:?}");
    assert!(!format!("{unfit:?}{wrong:?}{refused:?}").contains("SECRET"));
}
