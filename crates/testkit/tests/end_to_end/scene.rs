//! A gateway between a shop and providers' servers, and the few things that every test does.

use std::sync::LazyLock;

use rusqlite::Connection;
use serde_json::{Value, json};
use testkit::http::{elements, fields};
use testkit::providers::world::Wishes;
use testkit::providers::{
    Callbacks, Decision, Entry, Notice, Pace, Part, Plan, Seal, Server, World, airtel_money,
    dusupay, find, flutterwave, mtn_momo,
};
use testkit::{Answer, Client, Options, Receiver, Sandbox};

/// What a sandbox holds in RWF at its start.
pub const OPENING: i64 = 1_000_000;
pub const CHARGE_FEE_PERCENT: i64 = 3;
pub const PAYOUT_FEE: i64 = 100;
/// What a fence moves.
pub const FENCE: i64 = 100;

/// Only a test that says so waits for a slow provider longer than this.
const PATIENCE_MS: &str = "3000";

pub const PROVIDERS: [&str; 4] = ["mtn_momo", "airtel_money", "dusupay", "flutterwave"];

#[derive(Debug)]
pub struct Scene {
    pub gateway: Sandbox,
    pub shop: Receiver,
    pub servers: Vec<Server>,
    providers: Vec<&'static str>,
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
        let servers: Vec<Server> = providers.iter().map(start).collect();
        let urls: Vec<String> = servers.iter().map(Server::url).collect();
        Scene::between(providers, &urls, servers, options)
    }

    /// The servers that are there stand at the first of the addresses.
    pub fn between(
        providers: &[&'static str],
        urls: &[String],
        servers: Vec<Server>,
        options: Options,
    ) -> Scene {
        let shop = Receiver::start();
        let mut options = Options::default()
            .variable("DGSPAY_PROVIDER_PATIENCE_MS", PATIENCE_MS)
            .variable("DGSPAY_ROUTE_MOBILE_MONEY", &providers.join(","))
            .webhook_url(&shop.url("/ok"))
            .and(options);
        for (name, url) in providers.iter().zip(urls) {
            let mut settings = settings(name);
            settings.push(("url".to_owned(), url.clone()));
            if *name == "flutterwave" {
                let token_url = format!("{url}{}", flutterwave::TOKEN_PATH);
                settings.push(("token_url".to_owned(), token_url));
            }
            for (setting, value) in settings {
                let variable = format!("DGSPAY_{name}_{setting}").to_uppercase();
                options = options.variable(&variable, &value);
            }
        }
        let gateway = Sandbox::start(options);
        let scene = Scene { gateway, shop, servers, providers: providers.to_vec() };
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

    /// A payer of the first provider's network; the charge's reference.
    pub fn charge(&self, phone: &str, amount: i64) -> String {
        taken(&self.gateway.api, "/charges", &charge(self.network(), phone, amount))
    }

    pub fn pay_out(&self, phone: &str, amount: i64) -> String {
        taken(&self.gateway.api, "/disburse", &payout(self.network(), phone, amount))
    }

    pub fn network(&self) -> &'static str {
        network(self.providers[0])
    }

    /// The one payment of a phone at the first provider.
    pub fn entry(&self, phone: &str) -> Entry {
        let found = self.world().find(|entry| entry.party.ends_with(phone));
        found.unwrap_or_else(|| panic!("nothing of {phone} at {}", self.providers[0]))
    }

    /// The first provider tells how a payment stands; the status of our answer.
    pub fn tell(&self, entry: &Entry) -> u16 {
        let protocol = find(self.providers[0]).expect("a provider of the kit");
        self.post(&protocol.notice(entry, Seal::Right).expect("it calls back"))
    }

    pub fn post(&self, notice: &Notice) -> u16 {
        let path = format!("/providers/{}/webhook{}", self.providers[0], notice.path);
        let headers: Vec<_> =
            notice.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.gateway.api.bare_request(notice.method, &path, &headers, &notice.body).status
    }

    /// A flawless payment from request to event: whatever was due before it has begun by then.
    pub fn fence(&self, name: &str) {
        let path = format!("/ok/fence/{name}");
        let phone = if self.network() == "Airtel" { "738999911" } else { "788999911" };
        let part = Part {
            decision: Decision::Approve,
            pace: Pace::AfterAnswer,
            callbacks: Callbacks::Once,
            plan: Plan::Flawless,
        };
        self.world().cast(phone, part);
        let mut body = charge(self.network(), phone, FENCE);
        body["callback_url"] = self.shop.url(&path).into();
        taken(&self.gateway.api, "/charges", &body);
        self.shop.wait_at(&path, 1);
        self.world().wait_for_quiet();
    }

    /// The events of a payment, once everything that was due has been done.
    pub fn events(&self, reference: &str, fence: &str) -> Vec<String> {
        self.fence(fence);
        let all = self.shop.received();
        let own = all.iter().filter(|one| one.reference() == reference);
        own.map(|one| one.fields()["event"].trim_matches('"').to_owned()).collect()
    }

    /// What a query of one text finds in the database, where no answer shows it.
    pub fn kept(&self, sql: &str) -> String {
        let connection = Connection::open(self.gateway.data().join("dgspay.db"));
        let found = connection.and_then(|open| open.query_row(sql, [], |row| row.get(0)));
        found.unwrap_or_else(|error| panic!("{sql}: {error}"))
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
        "flutterwave" => vec![
            ("client_id", flutterwave::CLIENT_ID),
            ("client_secret", flutterwave::CLIENT_SECRET),
            ("encryption_key", flutterwave::ENCRYPTION_KEY),
            ("webhook_secret", flutterwave::WEBHOOK_SECRET),
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
