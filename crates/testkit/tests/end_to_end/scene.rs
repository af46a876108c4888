//! A gateway between a shop and providers' servers, and the few things that every test does.

use std::sync::LazyLock;

use serde_json::{Value, json};
use testkit::http::{elements, fields};
use testkit::providers::world::Wishes;
use testkit::providers::{Server, World, airtel_money, dusupay, find, mtn_momo};
use testkit::{Answer, Client, Options, Receiver, Sandbox};

/// What a sandbox holds in RWF at its start.
pub const OPENING: i64 = 1_000_000;
pub const CHARGE_FEE_PERCENT: i64 = 3;
pub const PAYOUT_FEE: i64 = 100;

/// Only a test that says so waits for a slow provider longer than this.
const PATIENCE_MS: &str = "1000";

pub const PROVIDERS: [&str; 3] = ["mtn_momo", "airtel_money", "dusupay"];

#[derive(Debug)]
pub struct Scene {
    pub gateway: Sandbox,
    pub shop: Receiver,
    pub servers: Vec<Server>,
}

impl Scene {
    /// The providers stand in one route, in this order.
    pub fn open(providers: &[&'static str]) -> Scene {
        Scene::with(providers, Options::default())
    }

    pub fn with(providers: &[&'static str], options: Options) -> Scene {
        let start = |name: &&str| {
            Server::start(find(name).expect("a provider of the kit"), Wishes::default())
        };
        Scene::between(providers, providers.iter().map(start).collect(), options)
    }

    /// `servers` in the order of `providers`.
    pub fn between(providers: &[&'static str], servers: Vec<Server>, options: Options) -> Scene {
        let shop = Receiver::start();
        let mut options = Options::default()
            .variable("DGSPAY_PROVIDER_PATIENCE_MS", PATIENCE_MS)
            .variable("DGSPAY_ROUTE_MOBILE_MONEY", &providers.join(","))
            .webhook_url(&shop.url("/ok"))
            .and(options);
        for (name, server) in providers.iter().zip(&servers) {
            for (setting, value) in settings(name) {
                let variable = format!("DGSPAY_{name}_{setting}").to_uppercase();
                options = options.variable(&variable, &value);
            }
            let url = format!("DGSPAY_{}_URL", name.to_uppercase());
            options = options.variable(&url, &server.url());
        }
        let scene = Scene { gateway: Sandbox::start(options), shop, servers };
        for (name, server) in providers.iter().zip(&scene.servers) {
            let url = scene.callback_url(name);
            server.world.wish(|wishes| wishes.callback_url = Some(url));
        }
        scene
    }

    pub fn callback_url(&self, provider: &str) -> String {
        format!("http://{}/providers/{provider}/webhook", self.gateway.api.address)
    }

    /// Of the first provider.
    pub fn world(&self) -> &World {
        &self.servers[0].world
    }

    pub fn charge(&self, network: &str, phone: &str, amount: i64) -> String {
        taken(&self.gateway.api, "/charges", &charge(network, phone, amount))
    }

    pub fn pay_out(&self, network: &str, phone: &str, amount: i64) -> String {
        taken(&self.gateway.api, "/disburse", &payout(network, phone, amount))
    }

    /// `pending`, `success` or `failed`.
    pub fn status(&self, reference: &str) -> String {
        let answer = self.gateway.request("GET", &format!("/transactions/{reference}"), &[], "");
        assert_eq!(answer.status, 200, "{reference}: {}", answer.text());
        answer.json()["data"]["status"].as_str().expect("a status").to_owned()
    }

    pub fn count(&self, status: &str) -> usize {
        let path = format!("/transactions?status={status}&limit=1");
        let answer = self.gateway.request("GET", &path, &[], "");
        let total = fields(&answer.fields()["pagination"])["total"].parse();
        total.unwrap_or_else(|_| panic!("{}", answer.text()))
    }

    /// The RWF wallet: available, and with it what is not settled yet.
    pub fn francs(&self) -> (i64, i64) {
        let answer = self.gateway.request("GET", "/balance", &[], "");
        let rows = elements(&answer.fields()["balances"]);
        let row = rows.iter().map(|row| fields(row)).find(|row| row["currency"] == "\"RWF\"");
        let row = row.unwrap_or_else(|| panic!("no RWF wallet: {}", answer.text()));
        let whole = |name: &str| {
            let text = row[name].strip_suffix(".00").and_then(|text| text.parse().ok());
            text.unwrap_or_else(|| panic!("{}", answer.text()))
        };
        (whole("available_balance"), whole("total_balance"))
    }

    pub fn assert_audit_is_clean(&self) {
        let audit = self.gateway.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

/// The network of phones that a provider is tried with.
pub fn network(provider: &str) -> &'static str {
    if provider == "airtel_money" { "Airtel" } else { "MTN" }
}

/// What makes a connector speak to the server of the kit, but for its address.
pub fn settings(provider: &str) -> Vec<(String, String)> {
    static PEM: LazyLock<String> = LazyLock::new(dusupay::public_pem);
    let pairs: Vec<(&str, &str)> = match provider {
        "mtn_momo" => [&mtn_momo::SETTINGS[..], &[("callbacks", "on")]].concat(),
        "airtel_money" => airtel_money::SETTINGS.to_vec(),
        "dusupay" => vec![
            ("public_key", dusupay::PUBLIC_KEY),
            ("secret_key", dusupay::SECRET_KEY),
            ("hmac_key", dusupay::HMAC_KEY),
            ("rsa_public_key", &PEM),
        ],
        other => panic!("no settings of {other}"),
    };
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub fn charge(network: &str, phone: &str, amount: i64) -> Value {
    json!({
        "amount": amount, "currency": "RWF", "payment_type": "mobile_money",
        "customer_email": "jane.doe@example.com",
        "customer_first_name": "Jane", "customer_last_name": "Doe",
        "customer_phone": phone, "customer_phone_country_code": "250",
        "redirect_url": "https://yourdomain.com/payment-success",
        "mobile_money_network": network, "mobile_money_phone": phone,
    })
}

pub fn payout(network: &str, phone: &str, amount: i64) -> Value {
    let recipient = json!({
        "msisdn": format!("+250{phone}"), "network": network, "country": "RW", "name": "Jane Doe",
    });
    json!({ "amount": amount, "destination_type": "mobile_money", "recipient": recipient })
}

/// A payment that is taken, whatever becomes of it; its reference.
pub fn taken(api: &Client, path: &str, body: &Value) -> String {
    reference_of(&api.request("POST", path, &[], body.to_string()))
}

pub fn reference_of(answer: &Answer) -> String {
    let json = answer.json();
    let reference = json["dgs_reference"].as_str();
    reference.unwrap_or_else(|| panic!("{} {}", answer.status, answer.text())).to_owned()
}
