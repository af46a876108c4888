//! The merchant of these tests, and the strangers who pay.

use serde_json::{Value, json};
use testkit::{Answer, Options, Receiver, Sandbox};

/// A little more than the default approval delay.
pub const APPROVAL_S: u64 = 3;

#[derive(Debug)]
pub struct Merchant {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

impl Merchant {
    pub fn open() -> Merchant {
        let receiver = Receiver::start();
        let sandbox = Sandbox::start(Options::default().webhook_url(&receiver.url("/ok")));
        Merchant { sandbox, receiver }
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call_with(method, path, &[], body)
    }

    pub fn call_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.sandbox.request(method, path, headers, text)
    }

    /// A link that is made; its object.
    pub fn link(&self, body: &Value) -> Value {
        data(&self.call("POST", "/payment-links", body))
    }

    pub fn show(&self, link: &Value) -> Value {
        data(&self.call("GET", &path(link), &Value::Null))
    }

    pub fn change(&self, link: &Value, body: &Value) -> Answer {
        self.call("PATCH", &path(link), body)
    }

    pub fn archive(&self, link: &Value) -> Answer {
        self.call("DELETE", &path(link), &Value::Null)
    }

    /// A payer's JSON.
    pub fn pay(&self, link: &Value, body: &Value) -> Answer {
        let json = ("Content-Type", "application/json");
        self.pay_with(link, &[json], body.to_string())
    }

    /// A payer's form, sent by a browser.
    pub fn pay_by_form(&self, link: &Value, fields: &[(&str, &str)]) -> Answer {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        self.pay_with(link, &[form, ("Accept", "text/html,*/*;q=0.8")], form_text(fields))
    }

    pub fn pay_with(
        &self,
        link: &Value,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.sandbox.api.bare_request("POST", &format!("{}/charges", page(link)), headers, body)
    }

    pub fn page(&self, link: &Value, headers: &[(&str, &str)]) -> Answer {
        self.sandbox.api.bare_request("GET", &page(link), headers, "")
    }

    /// Lets the approval delay pass and waits until the merchant was told of the payment's end.
    pub fn finish(&self, reference: &str) {
        self.sandbox.advance_clock(APPROVAL_S);
        self.receiver.wait_for_event(reference);
    }

    /// A time within the next three minutes of the gateway's clock, on the same day.
    pub fn soon(&self) -> String {
        loop {
            let answer = self.call("POST", "/sandbox/clock", &json!({"advance_seconds": 1}));
            let now = text(&answer.json()["now"]);
            let (day, time) = now.split_once('T').expect("a day and a time");
            let minute: u32 = time[3..5].parse().expect("a minute");
            if minute < 58 {
                return format!("{day} {}:{:02}:00", &time[..2], minute + 2);
            }
            self.sandbox.advance_clock(180);
        }
    }

    pub fn record(&self, reference: &str) -> Value {
        data(&self.call("GET", &format!("/transactions/{reference}"), &Value::Null))
    }

    pub fn references(&self, query: &str) -> Vec<String> {
        let rows = data(&self.call("GET", &format!("/transactions{query}"), &Value::Null));
        let rows = rows.as_array().expect("a list");
        rows.iter().map(|row| text(&row["dgs_reference"])).collect()
    }

    pub fn assert_audit_is_clean(&self) {
        let audit = self.sandbox.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

/// The least that makes a link: 5000 RWF.
pub fn fixed() -> Value {
    json!({"title": "Concert", "amount_type": "fixed", "currency": "RWF", "amount": 5000})
}

pub fn flexible() -> Value {
    json!({"title": "Gift", "amount_type": "flexible", "currency": "RWF"})
}

/// The object with these members instead of its own.
pub fn with(mut object: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("members are an object") };
    object.as_object_mut().expect("an object").extend(members);
    object
}

pub fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// What a payer sends to a fixed link.
pub fn payer() -> Value {
    json!({
        "payment_type": "mobile_money",
        "customer_email": "jane.doe@example.com",
        "customer_first_name": "Jane",
        "customer_last_name": "Doe",
        "customer_phone": "788000111",
        "customer_phone_country_code": "250",
        "mobile_money_network": "MTN",
        "mobile_money_phone": "789654321",
    })
}

/// The fields of the page for a fixed link, as a browser sends them.
pub const FORM: [(&str, &str); 8] = [
    ("form_token", "0123456789abcdef"),
    ("payment_type", "mobile_money"),
    ("customer_first_name", "Jane"),
    ("customer_last_name", "Doe"),
    ("customer_email", "jane.doe@example.com"),
    ("mobile_money_network", "MTN"),
    ("mobile_money_phone", "0789654321"),
    ("customer_phone", ""),
];

pub fn form_text(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'.' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, text)| format!("{}={}", encoded(name), encoded(text))).collect();
    pairs.join("&")
}

pub fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["status"], "success", "{}", answer.text());
    answer.json()["data"].clone()
}

pub fn path(link: &Value) -> String {
    format!("/payment-links/{}", text(&link["id"]))
}

pub fn page(link: &Value) -> String {
    format!("/pay/{}", text(&link["slug"]))
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The reference of a charge that was taken.
pub fn reference(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    text(&answer.json()["dgs_reference"])
}

pub fn assert_refused(name: &str, answer: &Answer, status: u16, code: &str) {
    let shown = format!("{name}: {} {}", answer.status, answer.text());
    assert_eq!(answer.status, status, "{shown}");
    assert_eq!(answer.json()["error_code"], code, "{shown}");
    assert_eq!(answer.json()["status"], "failed", "{shown}");
}

/// The fields that a 90 complains about, in its order.
pub fn faulty_fields(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| text(&error["field"])).collect()
}

/// successful, pending, failed, collected.
pub fn stats(link: &Value) -> [i64; 4] {
    ["successful", "pending", "failed", "amount_collected"]
        .map(|name| link["stats"][name].as_i64().unwrap_or_else(|| panic!("{link}")))
}
