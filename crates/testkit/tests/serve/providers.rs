//! Both environments at once, each with a provider's server of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use testkit::providers::world::Wishes;
use testkit::providers::{Notice, Protocol, Seal, Server, dusupay};
use testkit::{Client, Credentials};

use crate::gateway::{Gateway, TEST, folder};

fn server() -> Server {
    Server::start(Box::<dusupay::DusuPay>::default(), Wishes::default())
}

fn settings(environment: &str, server: &Server) -> String {
    format!(
        "[{environment}.providers.dusupay]\nurl = \"{}\"\npublic_key = \"{}\"\n\
         secret_key = \"{}\"\nhmac_key = \"{}\"\n\
         [{environment}.routes]\nmobile_money = \"dusupay\"\n",
        server.url(),
        dusupay::PUBLIC_KEY,
        dusupay::SECRET_KEY,
        dusupay::HMAC_KEY
    )
}

fn both(test: &Server, live: &Server) -> (Gateway, Credentials, Credentials) {
    let keys = folder();
    let key = keys.path().join("master.key");
    fs::write(&key, "a1".repeat(32)).expect("a key can be written");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let settings = format!(
        "{TEST}[live]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://pay.example.rw\"\n\
         [master_key]\nfile = \"{}\"\n{}{}",
        key.display(),
        settings("test", test),
        settings("live", live)
    );
    let mut gateway = Gateway::start(&settings);
    gateway.keep(keys);
    let mut accounts = gateway.open("Kigali Books").into_iter().map(|(_, credentials)| credentials);
    let (Some(test), Some(live)) = (accounts.next(), accounts.next()) else {
        panic!("two accounts are opened");
    };
    (gateway, test, live)
}

fn charge(client: &Client, amount: i64) -> String {
    let body = json!({
        "amount": amount, "currency": "RWF", "payment_type": "mobile_money",
        "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
        "customer_last_name": "Doe", "customer_phone": "789654321",
        "customer_phone_country_code": "250", "redirect_url": "https://yourdomain.com/ok",
        "mobile_money_network": "MTN", "mobile_money_phone": "789654321",
    });
    let answer = client.request("POST", "/charges", &[], body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["dgs_reference"].as_str().expect("a reference").to_owned()
}

fn post(client: &Client, notice: &Notice) -> u16 {
    let headers: Vec<_> =
        notice.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.bare_request("POST", "/providers/dusupay/webhook", &headers, &notice.body).status
}

#[test]
fn neither_environment_speaks_to_the_others_provider() {
    let (test_server, live_server) = (server(), server());
    let (gateway, test, live) = both(&test_server, &live_server);
    let sides = [
        (gateway.merchant("Test", test), &test_server, 2000),
        (gateway.merchant("Live", live), &live_server, 3000),
    ];
    for (client, server, _) in &sides {
        let url = format!("http://{}/providers/dusupay/webhook", client.address);
        server.world.wish(|wishes| wishes.callback_url = Some(url));
    }
    for (client, server, amount) in &sides {
        let reference = charge(client, *amount);
        // The callback brings the question forward, in live too, whose clock nobody moves.
        let events = client.request("GET", "/events?wait=30", &[], "");
        assert!(events.text().contains(&reference), "{}", events.text());
        assert!(events.text().contains("payment.success"), "{}", events.text());
        let entries = server.world.entries();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!((entries[0].amount.clone(), entries[0].executions), (amount.to_string(), 1));
    }
    let balances = || {
        sides.each_ref().map(|(client, ..)| {
            client.request("GET", "/balance", &[], "").json()["balances"].clone()
        })
    };
    let before = balances();
    for ((_, server, _), (other, ..)) in sides.iter().zip(sides.iter().rev()) {
        let entry = server.world.entries().remove(0);
        let notice = dusupay::DusuPay::default().notice(&entry, Seal::Right);
        // Kept as about nothing of ours, in a store that does not know the payment.
        assert_eq!(post(other, &notice.expect("it calls back")), 200);
    }
    assert_eq!(balances(), before);
    let asked = sides.each_ref().map(|(_, server, _)| server.world.requests("enquiry"));
    assert_eq!(asked, [1, 1], "each about its own, once");
}
