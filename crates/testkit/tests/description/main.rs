//! `/openapi.json` says what the gateway does: its own examples are sent, and the answers and
//! webhooks that come back are held against its schemas.

mod document;

use document::Document;
use serde_json::{Value, json};
use testkit::{Options, Receiver, Sandbox};

const API: &str = "/generation/v2";

/// Beyond every delay of the sandbox.
const END_S: u64 = 30;

struct Client {
    sandbox: Sandbox,
    receiver: Receiver,
    document: Document,
}

impl Client {
    fn start() -> Client {
        let receiver = Receiver::start();
        let sandbox = Sandbox::start(Options::default().webhook_url(&receiver.url("/ok")));
        let document = Document::of(&sandbox);
        Client { sandbox, receiver, document }
    }

    /// Sends a body to a described path; `name` takes the place in braces.
    fn send(&self, (method, path): (&str, &str), name: &str, body: Option<&Value>) -> Value {
        let (method_name, described) = (method.to_lowercase(), format!("{API}{path}"));
        let operation = self.document.operation(&method_name, &described);
        let path = match path.split_once('{') {
            Some((before, rest)) => {
                let after = rest.split_once('}').map_or("", |(_, after)| after);
                format!("{before}{name}{after}")
            }
            None => path.to_owned(),
        };
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.sandbox.request(method, &path, &[], body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        let faults = self.document.faults_of_answer(operation, answer.status, &answer.json());
        assert!(faults.is_empty(), "{method} {path}: {faults:#?}\n{}", answer.text());
        answer.json()
    }

    fn show(&self, path: &str, name: &str) -> Value {
        self.send(("GET", path), name, None)
    }

    /// Sends the document's own example to something that is there.
    fn send_to(&self, (method, path): (&str, &str), name: &str, example: &str) -> Value {
        let described = format!("{API}{path}");
        let body = self.document.request(&method.to_lowercase(), &described, example);
        self.send((method, path), name, Some(&body))
    }

    /// Posts the document's own example, with changes.
    fn post(&self, path: &str, example: &str, changes: &[(&str, &str)]) -> Value {
        let mut body = self.document.request("post", &format!("{API}{path}"), example);
        for (name, value) in changes {
            body[*name] = json!(value);
        }
        self.send(("POST", path), "", Some(&body))
    }

    fn assert_event(&self, reference: &Value, kind: &str) {
        let received = self.receiver.wait_for_event(text(reference));
        let event: Value = serde_json::from_slice(&received.body).expect("an event is JSON");
        assert_eq!(event["event"], kind);
        let faults = self.document.faults_of_event(&event);
        assert!(faults.is_empty(), "{kind}: {faults:#?}\n{event}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn the_documents_examples_keep_its_schemas_and_people_can_read_it() {
    let sandbox = Sandbox::start(Options::default());
    let faults = Document::of(&sandbox).faults_of_examples();
    assert!(faults.is_empty(), "{faults:#?}");

    let page = sandbox.api.bare_request("GET", "/docs", &[], "");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(page.body.len() < 120_000, "{} bytes", page.body.len());
    let styles = sandbox.api.bare_request("GET", "/assets/reference.css", &[], "");
    assert_eq!(styles.status, 200);
    assert!(styles.body.len() < 10_000);
}

#[test]
fn payments_are_answered_and_told_of_as_described() {
    let client = Client::start();
    let paid = client.post("/charges", "mobile_money", &[]);
    let declined =
        client.post("/charges", "mobile_money", &[("scenario_key", "issuer:insufficient_funds")]);
    let sent = client.post("/disburse", "bank", &[]);
    let lost = client.post(
        "/disburse",
        "mobile_money",
        &[("scenario_key", "scenario:insufficient_balance")],
    );
    let bulk = client.post("/disburse/bulk", "json", &[]);
    client.show("/disburse/bulk/{id}", text(&bulk["bulk_id"]));
    client.post("/convert", "preview", &[]);
    let converted = client.post("/convert", "convert", &[]);
    let stuck = client.post("/convert", "convert", &[("scenario_key", "scenario:failed")]);
    client.post("/sandbox/clock", "minute", &[]);
    client.assert_event(&paid["dgs_reference"], "payment.success");
    client.assert_event(&declined["dgs_reference"], "payment.failed");
    client.assert_event(&sent["dgs_reference"], "disbursement.success");
    client.assert_event(&lost["dgs_reference"], "disbursement.failed");
    client.assert_event(&converted["dgs_conversion_ref"], "conversion.success");
    client.assert_event(&stuck["dgs_conversion_ref"], "conversion.failed");

    let charge = text(&paid["dgs_reference"]);
    let refunded = client.post("/refunds", "part", &[("dgs_reference", charge)]);
    let kept = [("dgs_reference", charge), ("scenario_key", "scenario:failed")];
    let kept = client.post("/refunds", "part", &kept);
    client.sandbox.advance_clock(END_S);
    client.assert_event(&refunded["refund_reference"], "payment.refunded");
    client.assert_event(&kept["refund_reference"], "refund.failed");

    let listed = client.show("/transactions", "");
    let rows = listed["data"].as_array().expect("a list");
    assert!(rows.len() >= 9, "{listed}");
    for row in rows {
        client.show("/transactions/{name}", text(&row["id"]));
    }
}

#[test]
fn links_and_what_can_be_looked_up_are_as_described() {
    let client = Client::start();
    let made = client.post("/payment-links", "fixed", &[]);
    let (id, slug) = (text(&made["data"]["id"]), text(&made["data"]["slug"]));
    let one = "/payment-links/{id}";
    client.show("/payment-links", "");
    client.show(one, id);
    client.send_to(("PATCH", one), id, "uses");

    let path = "/pay/{slug}/charges";
    let payment = client.document.request("post", path, "mobile_money").to_string();
    let json = [("Content-Type", "application/json")];
    let answer =
        client.sandbox.api.bare_request("POST", &format!("/pay/{slug}/charges"), &json, payment);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let operation = client.document.operation("post", path);
    assert!(client.document.faults_of_answer(operation, 200, &answer.json()).is_empty());
    client.send(("DELETE", one), id, None);

    for path in ["/balance", "/rates", "/card-public-key"] {
        client.show(path, "");
    }
    client.show("/banks/{country}", "RW");
    client.post("/encryption-keys/rotate", "slow", &[]);
    client.post("/api-keys/rotate", "slow", &[]);
}

#[test]
fn virtual_accounts_and_deposits_are_as_described() {
    let client = Client::start();
    let link = client.post("/payment-links", "naira", &[]);
    let slug = text(&link["data"]["slug"]);
    let path = "/pay/{slug}/charges";
    let payment = client.document.request("post", path, "bank_transfer").to_string();
    let json = [("Content-Type", "application/json")];
    let answer =
        client.sandbox.api.bare_request("POST", &format!("/pay/{slug}/charges"), &json, payment);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let operation = client.document.operation("post", path);
    let faults = client.document.faults_of_answer(operation, 200, &answer.json());
    assert!(faults.is_empty(), "{faults:#?}");

    client.post("/virtual-accounts", "reserved", &[]);
    let made = client.post("/virtual-accounts", "dynamic", &[]);
    let number = text(&made["data"]["account_number"]);
    client.show("/virtual-accounts", "");
    client.post("/sandbox/deposits", "transfer", &[("account_number", number)]);
    let deposits = client.show("/deposits", "");
    let charge = &deposits["data"][0]["dgs_reference"];
    client.assert_event(charge, "payment.success");
    client.show("/transactions/{name}", text(charge));

    let path = "/providers/providus/webhook";
    let notice = client.document.request("post", path, "notice").to_string();
    let answer = client.sandbox.api.bare_request("POST", path, &[], notice);
    assert_eq!(answer.json()["responseCode"], "02", "{}", answer.text());
    let operation = client.document.operation("post", path);
    assert!(client.document.faults_of_answer(operation, 200, &answer.json()).is_empty());
}

#[test]
fn endpoints_deliveries_and_events_are_as_described() {
    let client = Client::start();
    let url = client.receiver.url("/till");
    let made = client.post("/webhook-endpoints", "till", &[("url", &url)]);
    let (one, id) = ("/webhook-endpoints/{id}", text(&made["data"]["id"]));
    client.show("/webhook-endpoints", "");
    client.send_to(("PATCH", one), id, "name");
    client.send_to(("POST", "/webhook-endpoints/{id}/rotate-secret"), id, "slow");

    let charge = client.post("/charges", "mobile_money", &[]);
    client.sandbox.advance_clock(END_S);
    client.assert_event(&charge["dgs_reference"], "payment.success");
    let feed = client.show("/events", "");
    let event = text(&feed["data"][0]["id"]);
    client.show("/events/{id}", event);
    client.send_to(("POST", "/events/{id}/resend"), event, "all");
    let deliveries = client.show("/webhook-deliveries", "");
    client.show("/webhook-deliveries/{id}", text(&deliveries["data"][0]["id"]));
    client.post("/webhook-deliveries/replay", "dry", &[]);
    client.send(("DELETE", one), id, None);
}

#[test]
fn refusals_are_as_described() {
    let client = Client::start();
    let much =
        r#"{"action":"convert","from_currency":"USD","to_currency":"EUR","from_amount":99999999}"#;
    let card = client.document.request("post", &format!("{API}/charges"), "card").to_string();
    let code = client.document.request("post", &format!("{API}/authorize"), "otp").to_string();
    for (path, body, status) in [
        ("/charges", "{}", 400),
        // Encrypted under the key of another account.
        ("/charges", card.as_str(), 400),
        ("/authorize", code.as_str(), 404),
        ("/disburse/bulk", r#"{"disbursements":[{"amount":1}]}"#, 400),
        ("/convert", much, 400),
        ("/refunds", r#"{"dgs_reference":"nobody"}"#, 404),
    ] {
        let answer = client.sandbox.request("POST", path, &[], body);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        let operation = client.document.operation("post", &format!("{API}{path}"));
        let faults = client.document.faults_of_answer(operation, status, &answer.json());
        assert!(faults.is_empty(), "{path}: {faults:#?}\n{}", answer.text());
    }
    let stranger = client.sandbox.api.bare_request("GET", &format!("{API}/balance"), &[], "");
    let operation = client.document.operation("get", &format!("{API}/balance"));
    assert_eq!(stranger.status, 401);
    assert!(client.document.faults_of_answer(operation, 401, &stranger.json()).is_empty());
}
