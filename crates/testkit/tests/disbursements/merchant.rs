//! The merchant of these tests: a sandbox with a million francs, a webhook receiver, and the few
//! things that every test does with them.

use serde_json::Value;
use testkit::http::{elements, fields};
use testkit::{Answer, Fields, Options, Received, Receiver, Sandbox};

/// A little more than the transfer delay of these tests.
pub const TRANSFER_S: u64 = 601;

/// So long that only the moved clock ends a transfer, however slow the machine.
const TRANSFER_DELAY_MS: &str = "600000";

/// What a fresh sandbox holds in RWF.
pub const OPENING: i64 = 1_000_000;

/// The guide's bodies, character for character.
pub const BANK: &str = r#"{
    "amount": 10000,
    "destination_type": "bank",
    "recipient": {
      "bank_key": "kcb_rw",
      "account_number": "1234567890",
      "name": "John Doe",
      "branch": "Kigali Main"
    },
    "narration": "Vendor payment April 2026"
  }"#;
pub const MOBILE_MONEY: &str = r#"{
    "amount": 5000,
    "destination_type": "mobile_money",
    "recipient": {
      "msisdn": "+250788123456",
      "network": "MTN",
      "country": "RW",
      "name": "Jane Doe"
    }
  }"#;

#[derive(Debug)]
pub struct Merchant {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

impl Merchant {
    pub fn open() -> Merchant {
        Merchant::open_with(Options::default())
    }

    pub fn open_with(options: Options) -> Merchant {
        let receiver = Receiver::start();
        let options = options
            .variable("DGSPAY_TRANSFER_DELAY_MS", TRANSFER_DELAY_MS)
            .webhook_url(&receiver.url("/ok"));
        let sandbox = Sandbox::start(options);
        Merchant { sandbox, receiver }
    }

    /// With exactly this much left in the wallet.
    pub fn with_francs(francs: i64) -> Merchant {
        let merchant = Merchant::open();
        let reference = merchant.pay(&paying(OPENING - francs));
        merchant.finish(&reference);
        assert_eq!(merchant.francs(), francs);
        merchant
    }

    pub fn get(&self, path: &str) -> Answer {
        self.sandbox.request("GET", path, &[], "")
    }

    pub fn disburse(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        self.sandbox.request("POST", "/disburse", headers, body)
    }

    /// A disbursement that is taken; its reference.
    pub fn pay(&self, body: &str) -> String {
        let answer = self.disburse(body, &[]);
        assert_eq!(answer.status, 200, "{} to {body}", answer.text());
        reference_of(&answer)
    }

    /// Lets the transfer delay pass and waits for the one event of this disbursement.
    pub fn finish(&self, reference: &str) -> Received {
        self.sandbox.advance_clock(TRANSFER_S);
        self.receiver.wait_for_event(reference)
    }

    /// Francs that may be spent.
    pub fn francs(&self) -> i64 {
        let answer = self.get("/balance");
        let rows = elements(&answer.fields()["balances"]);
        let row = rows.iter().map(|row| fields(row)).find(|row| row["currency"] == "\"RWF\"");
        let row = row.unwrap_or_else(|| panic!("no RWF wallet: {}", answer.text()));
        let whole = row["available_balance"].strip_suffix(".00");
        whole.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{}", answer.text()))
    }

    /// The record of a payment, as `GET /transactions/{id}` shows it.
    pub fn record(&self, id: &str) -> Fields {
        let answer = self.get(&format!("/transactions/{id}"));
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
        fields(&answer.fields()["data"])
    }

    /// How many payments a query finds.
    pub fn count(&self, query: &str) -> usize {
        let answer = self.get(&format!("/transactions{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let total = fields(&answer.fields()["pagination"])["total"].parse();
        total.unwrap_or_else(|_| panic!("{}", answer.text()))
    }

    pub fn assert_audit_is_clean(&self) {
        let audit = self.sandbox.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

/// A mobile money disbursement of this many francs.
pub fn paying(francs: i64) -> String {
    with(MOBILE_MONEY, "/amount", &francs.to_string())
}

/// A body with one member, found by its JSON pointer, set to a JSON text.
pub fn with(body: &str, pointer: &str, json: &str) -> String {
    let value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    let mut object: Value = serde_json::from_str(body).expect("the body is JSON");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let members = object.pointer_mut(parent).and_then(Value::as_object_mut);
    members.expect("the parent is an object").insert(name.to_owned(), value);
    object.to_string()
}

pub fn without(body: &str, pointer: &str) -> String {
    let mut object: Value = serde_json::from_str(body).expect("the body is JSON");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let members = object.pointer_mut(parent).and_then(Value::as_object_mut);
    assert!(members.is_some_and(|members| members.remove(name).is_some()), "{pointer}");
    object.to_string()
}

pub fn reference_of(answer: &Answer) -> String {
    let json = answer.json();
    let text = json["dgs_reference"].as_str().unwrap_or_else(|| panic!("{}", answer.text()));
    text.to_owned()
}

/// Checks the envelope that every refusal has; its JSON.
pub fn assert_refused(name: &str, answer: &Answer, status: u16, code: &str) -> Value {
    let shown = format!("{name}: {} {}", answer.status, answer.text());
    assert_eq!(answer.status, status, "{shown}");
    let json = answer.json();
    assert_eq!(json["status"], "failed", "{shown}");
    assert_eq!(json["error_code"], code, "{shown}");
    assert_eq!(json["request_id"].as_str(), answer.header("x-request-id"), "{shown}");
    assert!(json["message"].as_str().is_some_and(|message| !message.is_empty()), "{shown}");
    json
}

/// The refusal of a wallet that is short, with its three fields (CONTRACT 1.8).
pub fn assert_short(answer: &Answer, available: i64, required: i64) {
    let json = assert_refused("short", answer, 400, "90");
    assert_eq!(json["available_balance"], available, "{json}");
    assert_eq!(json["required"], required, "{json}");
    assert_eq!(json["currency"], "RWF", "{json}");
    assert_eq!(json["message"], "Insufficient RWF balance");
}

/// The fields that a list of errors names, in its order. Each says what is wrong.
pub fn faulty_fields(errors: &Value) -> Vec<String> {
    let errors = errors.as_array().cloned().unwrap_or_default();
    let field = |error: &Value| {
        let message = error["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{error}");
        error["field"].as_str().unwrap_or_default().to_owned()
    };
    errors.iter().map(field).collect()
}

/// Every member that is expected, with its JSON text, and no other.
pub fn assert_exactly(name: &str, found: &Fields, expected: &[(&str, &str)]) {
    let owned = expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    assert_eq!(*found, owned.collect::<Fields>(), "{name}");
}
