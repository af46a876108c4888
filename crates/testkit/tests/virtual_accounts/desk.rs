//! The merchant of these tests, and the bank beside them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::http::{Fields, elements, fields};
use testkit::providers::providus::{self, CLIENT_ID};
use testkit::{Answer, Client, Options, Receiver, Sandbox};

const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// Where notices go.
pub const RECEIVER: &str = "/providers/providus/webhook";

pub struct Desk {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

impl Desk {
    pub fn open() -> Desk {
        Desk::open_with(Options::default())
    }

    pub fn open_with(options: Options) -> Desk {
        let receiver = Receiver::start();
        let sandbox = Sandbox::start(options.webhook_url(&receiver.url("/ok")));
        Desk { sandbox, receiver }
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.sandbox.request("POST", path, &[], body.to_string())
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.sandbox.request("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Opens a dynamic account; its number.
    pub fn open_account(&self) -> String {
        let answer =
            self.post("/virtual-accounts", &json!({"account_name": "Ada Obi", "type": "dynamic"}));
        assert_eq!(answer.status, 200, "{}", answer.text());
        text(&answer.json()["data"]["account_number"])
    }

    /// Sends a notice with the bank's signature; the code it is answered with.
    pub fn tell(&self, body: &Value) -> String {
        code(&self.tell_raw(&[("X-Auth-Signature", &providus::signature())], body.to_string()))
    }

    pub fn tell_raw(&self, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        self.sandbox.api.bare_request("POST", RECEIVER, headers, body)
    }

    /// The deposits told of so far, newest first.
    pub fn deposits(&self) -> Vec<Value> {
        self.get("/deposits?limit=100")["data"].as_array().cloned().unwrap_or_default()
    }

    /// Asks until the newest deposit is in this state.
    pub fn wait_for(&self, state: &str) -> Value {
        let deadline = Instant::now() + WAIT_LIMIT;
        loop {
            let newest = self.deposits().into_iter().next().unwrap_or_default();
            if newest["state"] == state {
                return newest;
            }
            assert!(Instant::now() < deadline, "not {state} for good: {newest}");
        }
    }

    /// What the wallet holds in naira, pending and available together, in kobo.
    pub fn naira(&self) -> i64 {
        let answer = self.sandbox.request("GET", "/balance", &[], "");
        let rows = elements(&answer.fields()["balances"]);
        let rows: Vec<Fields> = rows.iter().map(|row| fields(row)).collect();
        let row = rows.iter().find(|row| row["currency"] == r#""NGN""#);
        let total = row.map_or("0", |row| row["total_balance"].as_str());
        total.replace('.', "").parse().expect("a number with two decimals")
    }

    pub fn assert_audit_is_clean(&self) {
        let audit = self.sandbox.audit();
        assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
    }
}

/// Like [`Desk::tell`], for when the gateway may be dying.
pub fn try_tell(api: &Client, body: &Value) -> Option<String> {
    let signature = providus::signature();
    let headers = [("X-Auth-Signature", signature.as_str())];
    let told = api.try_bare_request("POST", RECEIVER, &headers, body.to_string().as_bytes());
    told.ok().map(|answer| code(&answer))
}

/// Checks what every answer to a notice has; its code.
pub fn code(answer: &Answer) -> String {
    let shown = format!("{} {}", answer.status, answer.text());
    assert_eq!(answer.status, 200, "{shown}");
    let json = answer.json();
    assert_eq!(json["requestSuccessful"], true, "{shown}");
    let code = text(&json["responseCode"]);
    let message = match code.as_str() {
        "00" => "success",
        "01" => "duplicate transaction",
        "02" => "rejected transaction",
        _ => "system failure, retry",
    };
    assert_eq!(json["responseMessage"], message, "{shown}");
    assert_eq!(json.as_object().map(serde_json::Map::len), Some(4), "{shown}");
    code
}

/// The bank's printed example, to an account.
pub fn example(number: &str) -> Value {
    json!({
        "sessionId": "000004210301180534806663649508",
        "accountNumber": number,
        "tranRemarks": "FROM UBA/...",
        "transactionAmount": "1",
        "settledAmount": "1",
        "feeAmount": "0",
        "vatAmount": "0",
        "currency": "NGN",
        "initiationTranRef": "kjhghjk",
        "settlementId": "202210301006807600001432",
        "sourceAccountNumber": "2093566866",
        "sourceAccountName": "CASAFINA CREDIT-EASY LOAN",
        "sourceBankName": "UNITED BANK FOR AFRICA",
        "channelId": "1",
        "tranDateTime": "2021-03-01 18:06:20",
    })
}

pub fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        body[*name] = value.clone();
    }
    body
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The headers of the bank's printed command, with a signature.
pub fn printed_headers(signature: &str) -> [(&str, &str); 3] {
    [
        ("Client-Id", CLIENT_ID),
        ("X-Auth-Signature", signature),
        ("Content-Type", "application/json"),
    ]
}
