//! The merchant of these tests, and the browser of its payers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use testkit::{Answer, Options, Receiver, Sandbox};

#[derive(Debug)]
pub struct Desk {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
    public_key: String,
    /// The script that the gateway serves, as a file.
    pub script: PathBuf,
}

/// The guide's own test card, which lasts.
pub fn card() -> Value {
    json!({"do": "card", "number": "4532123456789010", "month": "12", "year": "2068", "cvv": "123"})
}

impl Desk {
    pub fn open() -> Desk {
        Desk::open_with(Options::default())
    }

    pub fn open_with(options: Options) -> Desk {
        let receiver = Receiver::start();
        let sandbox = Sandbox::start(options.webhook_url(&receiver.url("/ok")));
        let key = sandbox.request("GET", "/card-public-key", &[], "");
        assert_eq!(key.status, 200, "{}", key.text());
        let public_key = key.json()["public_key"].as_str().unwrap_or_default().to_owned();
        let served = sandbox.api.bare_request("GET", "/js/v2/dgspay.js", &[], "");
        assert_eq!(served.status, 200, "{}", served.text());
        let script = sandbox.data().join("../dgspay.js");
        std::fs::write(&script, &served.body).expect("the script can be written");
        Desk { sandbox, receiver, public_key, script }
    }

    /// What a browser makes of these orders; see browser.mjs.
    pub fn browse(&self, orders: &[Value]) -> Vec<Value> {
        let mut node = Command::new("node")
            .arg("--no-warnings")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards/browser.mjs"))
            .arg(&self.sandbox.credentials().encryption_key)
            .arg(&self.public_key)
            .arg(&self.script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed: it stands for the payer's browser");
        let lines: String = orders.iter().map(|order| format!("{order}\n")).collect();
        let mut input = node.stdin.take().expect("its input is piped");
        let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
        let made = node.wait_with_output().expect("node ends");
        writer.join().expect("no panic").expect("node reads all");
        assert!(made.status.success(), "node failed");
        let text = String::from_utf8(made.stdout).expect("it prints UTF-8");
        let made: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
        assert_eq!(made.len(), orders.len());
        made
    }

    pub fn browse_one(&self, order: Value) -> Value {
        self.browse(&[order]).remove(0)
    }

    pub fn post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.sandbox.request("POST", path, headers, body.to_string())
    }

    pub fn charge(&self, payload: Value, more: Value) -> Answer {
        self.post("/charges", &charge_body(payload, more), &[])
    }

    /// A charge of the guide's card that is taken; its answer.
    pub fn charge_as(&self, scenario: &str) -> Value {
        let answer = self.charge(self.browse_one(card()), json!({"scenario_key": scenario}));
        assert_eq!(answer.status, 200, "{scenario}: {}", answer.text());
        answer.json()
    }

    pub fn authorize(&self, charged: &Value, more: Value) -> Answer {
        self.post("/authorize", &merged(authorize_body(charged), more), &[])
    }

    pub fn record(&self, reference: &str) -> Value {
        let answer = self.sandbox.request("GET", &format!("/transactions/{reference}"), &[], "");
        assert_eq!(answer.status, 200, "{reference}: {}", answer.text());
        answer.json()["data"].clone()
    }

    /// The path of the page that a charge's `next_action_redirect_url` leads to.
    pub fn page(&self, charged: &Value) -> String {
        let url = text(charged, "next_action_redirect_url");
        let root = format!("http://{}", self.sandbox.api.address);
        url.strip_prefix(&root).unwrap_or_else(|| panic!("not ours: {charged}")).to_owned()
    }

    /// Sends the bank page's form.
    pub fn answer_at_bank(&self, path: &str, answer: &str) -> Answer {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.sandbox.api.bare_request("POST", path, &form, format!("answer={answer}"))
    }

    /// Waits for the one event of each, and for a later charge's, so that a second would show.
    pub fn assert_each_told_once(&self, references: &[String]) {
        let last = text(&self.charge_as("issuer:approved"), "dgs_reference");
        for reference in references.iter().chain([&last]) {
            self.receiver.wait_for_event(reference);
        }
        let all = self.receiver.received();
        for reference in references {
            let count = all.iter().filter(|one| one.reference() == *reference).count();
            assert_eq!(count, 1, "{reference}");
        }
    }

    pub fn assert_audit_is_clean(&self) {
        let audit = self.sandbox.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

/// The guide's example of a card charge, with an encrypted card and further members.
pub fn charge_body(payload: Value, more: Value) -> Value {
    let body = json!({
        "amount": 5000,
        "currency": "RWF",
        "payment_type": "card",
        "customer_email": "john.doe@example.com",
        "customer_first_name": "John",
        "customer_last_name": "Doe",
        "customer_phone": "788123456",
        "customer_phone_country_code": "250",
        "redirect_url": "https://yourdomain.com/payment-success",
        "narration": "Payment for Order #1234",
    });
    merged(merged(body, payload), more)
}

pub fn authorize_body(charged: &Value) -> Value {
    json!({"dgs_reference": charged["dgs_reference"]})
}

pub fn otp(code: &str) -> Value {
    json!({"auth_type": "otp", "auth_otp": code})
}

pub fn address() -> Value {
    json!({"auth_type": "avs", "avs_line1": "123 Main Street", "avs_country": "RW"})
}

/// One object with the members of both; `null` takes a member away.
pub fn merged(mut whole: Value, more: Value) -> Value {
    let (Some(into), Value::Object(from)) = (whole.as_object_mut(), more) else {
        panic!("objects are merged")
    };
    into.extend(from);
    into.retain(|_, value| !value.is_null());
    whole
}

pub fn text(object: &Value, member: &str) -> String {
    let text = object[member].as_str();
    text.unwrap_or_else(|| panic!("no {member} in {object}")).to_owned()
}

/// The names of an object's members, sorted.
pub fn members(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Checks the envelope of a refusal.
pub fn assert_refused(name: &str, answer: &Answer, status: u16, code: &str) {
    let json = answer.json();
    assert_eq!(answer.status, status, "{name}: {json}");
    assert_eq!(json["status"], "failed", "{name}: {json}");
    assert_eq!(json["error_code"], code, "{name}: {json}");
}

/// Checks that a 90 names these fields and no other.
pub fn assert_faulty(name: &str, answer: &Answer, fields: &[&str]) {
    assert_refused(name, answer, 400, "90");
    let json = answer.json();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    let found: Vec<&str> =
        errors.iter().map(|error| error["field"].as_str().unwrap_or_default()).collect();
    assert_eq!(found, fields, "{name}: {json}");
}
