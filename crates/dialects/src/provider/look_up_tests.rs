//! Every look-up of every connector against answers in the provider's form, made for these tests.

use std::sync::Arc;

use domain::Currency;
use domain::conversion::Rate;
use domain::phone::Phone;

use super::look_up::{AccountHolder, Balance, Country, Found, Listed, LookUp, is_decimal};
use super::mobile_samples::{answered, connector, header, json};
use super::{Connector, Reply, Verb, airtel_money, dusupay, flutterwave, mtn_momo};

const RATE: LookUp = LookUp::Rate { source: Currency::Usd, target: Currency::Rwf };

fn flutterwave() -> Arc<dyn Connector> {
    let given = [
        ("url", "https://x.test"),
        ("token_url", "https://idp.test/token"),
        ("client_id", "id"),
        ("client_secret", "secret"),
        ("encryption_key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("webhook_secret", "hash"),
    ];
    connector(flutterwave::KIND, &given)
}

fn dusupay() -> Arc<dyn Connector> {
    let given = [("url", "https://x.test"), ("public_key", "PUBLIC"), ("secret_key", "SECRET")];
    connector(dusupay::KIND, &given)
}

fn mtn() -> Arc<dyn Connector> {
    let given = [
        ("url", "https://x.test"),
        ("collection_subscription_key", "col-key"),
        ("collection_api_user", "col-user"),
        ("collection_api_key", "col-secret"),
        ("disbursement_subscription_key", "dis-key"),
        ("disbursement_api_user", "dis-user"),
        ("disbursement_api_key", "dis-secret"),
    ];
    connector(mtn_momo::KIND, &given)
}

fn airtel() -> Arc<dyn Connector> {
    let given = [("url", "https://x.test"), ("client_id", "id"), ("client_secret", "secret")];
    connector(airtel_money::KIND, &given)
}

fn rwanda() -> Country {
    Country::parse("RW").unwrap()
}

fn holder() -> LookUp {
    LookUp::AccountHolder(Phone::rwandan("0788000111").unwrap())
}

fn balance(product: Option<&str>, available: &str) -> Balance {
    let product = product.map(str::to_owned);
    Balance { product, currency: Currency::Rwf, available: available.to_owned() }
}

fn listed(code: &str, name: &str) -> Listed {
    Listed { code: code.to_owned(), name: name.to_owned() }
}

fn known(is_active: bool, name: Option<&str>) -> Found {
    Found::AccountHolder(AccountHolder { is_active, name: name.map(str::to_owned) })
}

/// What is asked, and what the answers say.
fn check(
    connector: &dyn Connector,
    what: &LookUp,
    paths: &[&str],
    answers: &[&str],
    found: Option<Found>,
) {
    let requests = connector.look_up(what);
    let urls: Vec<&str> = requests.iter().map(|request| request.url.as_str()).collect();
    let expected: Vec<String> = paths.iter().map(|path| format!("https://x.test{path}")).collect();
    assert_eq!(urls, expected);
    let replies: Vec<Reply> = answers.iter().map(|body| answered(200, body)).collect();
    assert_eq!(connector.read_look_up(what, &replies), found, "{what:?}: {answers:?}");
    for spoilt in [Reply::Lost, Reply::NotSent, answered(200, "<html>"), answered(500, "{}")] {
        let replies = vec![spoilt; paths.len()];
        assert_eq!(connector.read_look_up(what, &replies), None, "{what:?}: {replies:?}");
    }
    assert_eq!(connector.read_look_up(what, &[]), None, "{what:?}");
}

#[test]
fn flutterwave_tells_balances_banks_networks_and_rates() {
    let flutterwave = flutterwave();
    let balances = r#"{"status":"success","data":[{"currency":"RWF","available_balance":71500.5},
        {"currency":"XXX","available_balance":1},{"currency":"RWF","available_balance":"-3"}]}"#;
    let found = Found::Balances(vec![balance(None, "71500.5"), balance(None, "-3")]);
    let path = "/wallets/balances";
    check(&*flutterwave, &LookUp::Balances, &[path], &[balances], Some(found));
    let banks = r#"{"data":[{"id":"bnk_1","code":"040","name":"Bank of Kigali"}]}"#;
    let found = Found::Banks(vec![listed("040", "Bank of Kigali")]);
    let path = "/banks?country=RW";
    check(&*flutterwave, &LookUp::Banks(rwanda()), &[path], &[banks], Some(found));
    let networks = r#"{"data":[{"id":"mob_1","network":"MTN","name":"MTN Mobile Money"}]}"#;
    let found = Found::MobileNetworks(vec![listed("MTN", "MTN Mobile Money")]);
    let path = "/mobile-networks?country=RW";
    check(&*flutterwave, &LookUp::MobileNetworks(rwanda()), &[path], &[networks], Some(found));
    assert!(flutterwave.look_up(&holder()).is_empty());
}

#[test]
fn flutterwaves_rate_is_what_its_amounts_make() {
    let flutterwave = flutterwave();
    let answer = |source: &str, target: &str, amount: &str| {
        format!(
            r#"{{"data":{{"rate":"0.0007","source":{{"amount":{amount},"currency":"{source}"}},
                "destination":{{"amount":"100000","currency":"{target}"}}}}}}"#
        )
    };
    let right = answer("USD", "RWF", "\"68.954500000\"");
    let found = Found::Rate(Rate { micros: 1_450_231_674 });
    check(&*flutterwave, &RATE, &["/transfers/rates"], &[&right], Some(found));
    let request = flutterwave.look_up(&RATE).remove(0);
    assert_eq!(request.verb, Verb::Post);
    assert_eq!(
        json(&request),
        serde_json::json!({"source": {"currency": "USD"}, "precision": 9,
            "destination": {"currency": "RWF", "amount": 100_000}})
    );
    // Under the same name, what was answered before might be answered again.
    assert_eq!(header(&request, "x-idempotency-key"), None);
    for wrong in [
        answer("RWF", "USD", "\"68.9545\""),
        answer("USD", "USD", "\"68.9545\""),
        answer("USD", "RWF", "\"0\""),
        answer("USD", "RWF", "-68.9"),
        answer("USD", "RWF", "\"\""),
        answer("USD", "RWF", "null"),
    ] {
        check(&*flutterwave, &RATE, &["/transfers/rates"], &[&wrong], None);
    }
}

#[test]
fn mtn_tells_the_balance_of_each_product() {
    let paths = ["/collection/v1_0/account/balance", "/disbursement/v1_0/account/balance"];
    let answers = [
        r#"{"availableBalance":"150000","currency":"RWF"}"#,
        r#"{"availableBalance":"0","currency":"RWF"}"#,
    ];
    let of = |product, available| balance(Some(product), available);
    let found = Found::Balances(vec![of("collection", "150000"), of("disbursement", "0")]);
    check(&*mtn(), &LookUp::Balances, &paths, &answers, Some(found));
    let requests = mtn().look_up(&LookUp::Balances);
    let keys: Vec<_> =
        requests.iter().map(|request| header(request, "ocp-apim-subscription-key")).collect();
    assert_eq!(keys, [Some("col-key"), Some("dis-key")]);
    let tokens: Vec<_> = requests.iter().map(|request| request.token).collect();
    assert_eq!(tokens, [Some("collection"), Some("disbursement")]);
    // Half of it would look like the whole.
    check(&*mtn(), &LookUp::Balances, &paths, &[answers[0], "{}"], None);
    assert!(mtn().look_up(&LookUp::Banks(rwanda())).is_empty());
}

#[test]
fn mtn_tells_who_has_a_wallet() {
    let base = "/collection/v1_0/accountholder/msisdn/250788000111";
    let [active, info] = [format!("{base}/active"), format!("{base}/basicuserinfo")];
    let (what, paths) = (holder(), [active.as_str(), info.as_str()]);
    let yes = r#"{"result":true}"#;
    let named = r#"{"given_name":"Jeanne","family_name":"Mukamana"}"#;
    let found = known(true, Some("Jeanne Mukamana"));
    check(&*mtn(), &what, &paths, &[yes, named], Some(found));
    let no = r#"{"result":false}"#;
    check(&*mtn(), &what, &paths, &[no, "<html>"], Some(known(false, None)));
    check(&*mtn(), &what, &paths, &[r#"{"result":"true"}"#, named], None);
    let unknown = answered(404, r#"{"code":"RESOURCE_NOT_FOUND"}"#);
    let replies = [unknown, answered(403, "")];
    assert_eq!(mtn().read_look_up(&what, &replies), Some(known(false, None)));
    let replies = [answered(404, "<html>"), answered(200, named)];
    assert_eq!(mtn().read_look_up(&what, &replies), None);
}

#[test]
fn airtel_tells_its_balance_and_who_has_a_wallet() {
    let told = r#"{"data":{"balance":"71500","currency":"RWF","account_status":"Active"},
        "status":{"response_code":"DP02100000001","success":true}}"#;
    let found = Found::Balances(vec![balance(None, "71500")]);
    let path = "/standard/v1/users/balance";
    check(&*airtel(), &LookUp::Balances, &[path], &[told], Some(found));
    // Written for people: what the comma parts is not said.
    let formatted = told.replace("71500", "71,500");
    check(&*airtel(), &LookUp::Balances, &[path], &[&formatted], None);

    let path = "/standard/v1/users/788000111";
    let user = |code: &str, data: &str| {
        format!(r#"{{"data":{{{data}}},"status":{{"response_code":"{code}"}}}}"#)
    };
    let data = r#""first_name":"Aline","last_name":"Uwase","is_barred":false,"is_pin_set":true"#;
    let found = user("DP02200000001", data);
    check(&*airtel(), &holder(), &[path], &[&found], Some(known(true, Some("Aline Uwase"))));
    for (from, to) in [("is_barred\":false", "is_barred\":true"), ("set\":true", "set\":false")] {
        let unfit = found.replace(from, to);
        check(&*airtel(), &holder(), &[path], &[&unfit], Some(known(false, Some("Aline Uwase"))));
    }
    let nobody = user("DP02200000002", "");
    check(&*airtel(), &holder(), &[path], &[&nobody], Some(known(false, None)));
    check(&*airtel(), &holder(), &[path], &[&user("DP02200000000", data)], None);
    check(&*airtel(), &holder(), &[path], &[&user("DP02200000001", "")], None);
}

#[test]
fn dusupay_tells_its_wallets_networks_and_banks() {
    let dusupay = dusupay();
    let wallets = r#"{"code":200,"data":{"merchant_wallets":[
        {"available_balance":40000.50,"currency":"RWF","wallet_type":"MERCHANT_PAYOUT"},
        {"available_balance":1,"currency":"XXX","wallet_type":"MERCHANT_PAYOUT"}]}}"#;
    let found = Found::Balances(vec![balance(Some("MERCHANT_PAYOUT"), "40000.50")]);
    let path = "/data/wallet-balances";
    check(&*dusupay, &LookUp::Balances, &[path], &[wallets], Some(found));
    let request = dusupay.look_up(&LookUp::Balances).remove(0);
    assert_eq!(header(&request, "secret-key"), Some("SECRET"));
    let options = r#"{"data":{"payment_providers":[
        {"provider_code":"mtn_rw","provider_name":"MTN","transaction_method":"MOBILE_MONEY"},
        {"provider_code":"bank_rw","provider_name":"Banks","transaction_method":"BANK"}]}}"#;
    let found = Found::MobileNetworks(vec![listed("mtn_rw", "MTN")]);
    let path = "/data/payment-providers?currency=RWF&transaction_type=PAYOUT";
    check(&*dusupay, &LookUp::MobileNetworks(rwanda()), &[path], &[options], Some(found));
    let banks = r#"{"data":{"payout_banks":[{"bank_code":"bk_rw"}]}}"#;
    let found = Found::Banks(vec![listed("bk_rw", "bk_rw")]);
    let path = "/data/payout-bank-codes?provider_code=bank_rw";
    check(&*dusupay, &LookUp::Banks(rwanda()), &[path], &[banks], Some(found));
    let uganda = Country::parse("UG").unwrap();
    for what in [LookUp::Banks(uganda.clone()), LookUp::MobileNetworks(uganda), holder(), RATE] {
        assert!(dusupay.look_up(&what).is_empty());
    }
}

#[test]
fn codes_of_countries_and_decimal_numbers_are_told_from_others() {
    for code in ["", "R", "rw", "RWA", "R1", "R&"] {
        assert_eq!(Country::parse(code), None, "{code}");
    }
    for text in ["0", "71500", "-12.50", "0.000001"] {
        assert!(is_decimal(text), "{text}");
    }
    for text in ["", "-", ".5", "5.", "1,000", "1e5", "NaN", "+1", "1.2.3"] {
        assert!(!is_decimal(text), "{text}");
    }
}
