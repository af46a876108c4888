//! The merchant of these tests: a sandbox, a webhook receiver, and the few things that every
//! test does with them.

use testkit::{Answer, Fields, Options, Received, Receiver, Sandbox};

use crate::charge_body::ChargeBody;

/// A little more than the default approval delay.
pub const APPROVAL_S: u64 = 3;

#[derive(Debug)]
pub struct Shop {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

impl Shop {
    pub fn open() -> Shop {
        Shop::open_with(Options::default())
    }

    pub fn open_with(options: Options) -> Shop {
        Shop::open_telling("/ok", options)
    }

    /// With a receiver that behaves as its path says.
    pub fn open_telling(path: &str, options: Options) -> Shop {
        let receiver = Receiver::start();
        let sandbox = Sandbox::start(options.webhook_url(&receiver.url(path)));
        Shop { sandbox, receiver }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.sandbox.request("GET", path, &[], "")
    }

    pub fn post_charge(&self, body: &ChargeBody, headers: &[(&str, &str)]) -> Answer {
        self.sandbox.request("POST", "/charges", headers, body.text())
    }

    /// A charge that is taken; its reference.
    pub fn charge(&self, body: &ChargeBody) -> String {
        let answer = self.post_charge(body, &[]);
        assert_eq!(answer.status, 200, "{} to {}", answer.text(), body.text());
        reference_of(&answer)
    }

    /// Lets the approval delay pass and waits for the one event of this charge.
    pub fn finish(&self, reference: &str) -> Received {
        self.sandbox.advance_clock(APPROVAL_S);
        self.receiver.wait_for_event(reference)
    }

    /// A whole charge of its own, from request to acknowledged event. What the gateway had in
    /// hand before is done afterwards, so a test may then say "and nothing else happened".
    pub fn fence(&self, name: &str) {
        let path = format!("/ok/fence/{name}");
        let url = self.receiver.url(&path);
        self.charge(&ChargeBody::guide().with_text("callback_url", &url));
        self.sandbox.advance_clock(APPROVAL_S);
        self.receiver.wait_at(&path, 1);
    }

    /// The record of a payment, as `GET /transactions/{id}` shows it.
    pub fn record(&self, id: &str) -> Fields {
        let answer = self.get(&format!("/transactions/{id}"));
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
        let fields = answer.fields();
        let data = fields.get("data").unwrap_or_else(|| panic!("no data: {}", answer.text()));
        testkit::http::fields(data)
    }

    /// The rows of a list, and its `pagination`.
    pub fn list(&self, query: &str) -> (Vec<Fields>, Fields) {
        let answer = self.get(&format!("/transactions{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let fields = answer.fields();
        let rows = testkit::http::elements(&fields["data"]);
        let rows = rows.iter().map(|row| testkit::http::fields(row)).collect();
        (rows, testkit::http::fields(&fields["pagination"]))
    }

    /// Everything else aside, the money is right.
    pub fn assert_audit_is_clean(&self) {
        let audit = self.sandbox.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

pub fn reference_of(answer: &Answer) -> String {
    let fields = answer.fields();
    let text = fields.get("dgs_reference").unwrap_or_else(|| panic!("{}", answer.text()));
    unquoted(text)
}

pub fn unquoted(json: &str) -> String {
    json.trim_matches('"').to_owned()
}

/// Checks the envelope that every refusal has; its message.
pub fn assert_refused(name: &str, answer: &Answer, status: u16, code: &str) -> String {
    let shown = format!("{name}: {} {}", answer.status, answer.text());
    assert_eq!(answer.status, status, "{shown}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{shown}");
    let json = answer.json();
    assert_eq!(json["status"], "failed", "{shown}");
    assert_eq!(json["error_code"], code, "{shown}");
    assert_eq!(json["request_id"].as_str(), answer.header("x-request-id"), "{shown}");
    let message = json["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "{shown}");
    message.to_owned()
}

/// The fields that a 90 complains about, in its order.
pub fn faulty_fields(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    for error in &errors {
        let message = error["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{}", answer.text());
    }
    errors.iter().map(|error| error["field"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Every member that is expected and no other.
pub fn assert_members(name: &str, fields: &Fields, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let found: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(found, expected, "{name}: {fields:#?}");
}

/// Members with exactly these JSON texts.
pub fn assert_values(name: &str, fields: &Fields, expected: &[(&str, &str)]) {
    for (member, text) in expected {
        let found = fields.get(*member).map(String::as_str);
        assert_eq!(found, Some(*text), "{name}: {member} of {fields:#?}");
    }
}

/// `2026-04-03 11:00:00`, where `-`, ` ` and `:` stand for themselves and `9` for any digit.
pub fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
            b'9' => byte.is_ascii_digit(),
            other => byte == other,
        })
}
