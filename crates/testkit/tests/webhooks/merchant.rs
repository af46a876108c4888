//! The merchant of these tests: a sandbox, a receiver, endpoints.

use serde_json::{Value, json};
use testkit::{Answer, Options, Receiver, Sandbox};

/// A little more than the default approval delay.
pub const APPROVAL_S: u64 = 3;
pub const DAY_S: u64 = 24 * 3600;

#[derive(Debug)]
pub struct Merchant {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

impl Merchant {
    /// Without any webhook URL.
    pub fn open() -> Merchant {
        Merchant::open_with(Options::default())
    }

    pub fn open_with(options: Options) -> Merchant {
        Merchant { sandbox: Sandbox::start(options), receiver: Receiver::start() }
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.sandbox.request(method, path, &[], body)
    }

    /// A call that is accepted; its `data`.
    pub fn data(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.call(method, path, body);
        assert_eq!(answer.status, 200, "{method} {path} {body}: {}", answer.text());
        answer.json()["data"].clone()
    }

    pub fn get(&self, path: &str) -> Value {
        self.data("GET", path, &Value::Null)
    }

    /// A new endpoint at a path of the receiver; its `data`.
    pub fn endpoint(&self, path: &str, more: &Value) -> Value {
        let mut body = json!({ "url": self.receiver.url(path) });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.data("POST", "/webhook-endpoints", &body)
    }

    pub fn endpoint_now(&self, id: &Value) -> Value {
        let all = self.get("/webhook-endpoints");
        let found = all.as_array().expect("a list").iter().find(|one| one["id"] == *id);
        found.unwrap_or_else(|| panic!("{id} is not in {all}")).clone()
    }

    pub fn deliveries(&self, query: &str) -> Vec<Value> {
        self.get(&format!("/webhook-deliveries?limit=100{query}"))
            .as_array()
            .expect("a list")
            .clone()
    }

    /// A charge that is taken; its reference.
    pub fn charge(&self, more: &Value) -> String {
        let answer = self.call("POST", "/charges", &charge_body(more));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["dgs_reference"].as_str().expect("a reference").to_owned()
    }

    pub fn approve(&self) {
        self.sandbox.advance_clock(APPROVAL_S);
    }

    /// A charge that fails.
    pub fn decline(&self) -> String {
        self.charge(&json!({ "scenario_key": "issuer:do_not_honor" }))
    }

    /// A charge of its own from request to acknowledged event: what the gateway had in hand
    /// before is on record afterwards.
    pub fn fence(&self, name: &str) {
        let path = format!("/ok/fence/{name}");
        self.charge(&json!({ "callback_url": self.receiver.url(&path) }));
        self.approve();
        self.receiver.wait_at(&path, 1);
    }

    /// Looks again until the deliveries are as they should be; each look takes a request's time.
    pub fn wait_for(&self, what: &str, is_so: impl Fn(&Merchant) -> bool) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !is_so(self) {
            assert!(std::time::Instant::now() < deadline, "waited in vain for {what}");
            std::thread::yield_now();
        }
    }

    pub fn assert_audit_is_clean(&self) {
        let audit = self.sandbox.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

pub fn charge_body(more: &Value) -> Value {
    let mut body = json!({
        "amount": 5000,
        "currency": "RWF",
        "payment_type": "mobile_money",
        "customer_email": "jane.doe@example.com",
        "customer_first_name": "Jane",
        "customer_last_name": "Doe",
        "customer_phone": "789654321",
        "customer_phone_country_code": "250",
        "redirect_url": "https://yourdomain.com/payment-success",
        "mobile_money_network": "MTN",
        "mobile_money_phone": "789654321",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}
