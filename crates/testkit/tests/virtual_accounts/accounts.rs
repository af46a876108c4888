//! `/virtual-accounts`: opening and listing.

use serde_json::{Value, json};
use testkit::providers::providus::{self, Providus};
use testkit::providers::world::Wishes;
use testkit::providers::{Fault, Plan, Server};
use testkit::{Answer, Options};

use crate::desk::{Desk, text};

const BVN: &str = "22222222222";

fn reserved() -> Value {
    json!({"account_name": "Ada Obi", "provider": "providus", "type": "reserved", "bvn": BVN})
}

/// Options of a gateway that is set up with this bank.
pub fn at(bank: &Server, verify: &str) -> Options {
    Options::default()
        .variable("DGSPAY_PROVIDUS_URL", &format!("{}/api", bank.url()))
        .variable("DGSPAY_PROVIDUS_CLIENT_ID", providus::CLIENT_ID)
        .variable("DGSPAY_PROVIDUS_CLIENT_SECRET", providus::CLIENT_SECRET)
        .variable("DGSPAY_PROVIDUS_VERIFY", verify)
}

fn faulty_fields(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("90")));
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| text(&error["field"])).collect()
}

#[test]
fn the_sandboxs_bank_opens_accounts_at_once() {
    let desk = Desk::open();
    let answer = desk.post("/virtual-accounts", &reserved());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let first = answer.json()["data"].clone();
    let number = text(&first["account_number"]);
    assert!(number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit()), "{number}");
    assert!(text(&first["id"]).starts_with("va_"), "{first}");
    for (name, value) in [
        ("provider", "providus"),
        ("type", "reserved"),
        ("account_name", "Ada Obi"),
        ("bank_name", "Sandbox Bank"),
        ("currency", "NGN"),
        ("state", "active"),
    ] {
        assert_eq!(first[name], value, "{first}");
    }
    assert!(!answer.text().contains(BVN), "the bank's alone: {}", answer.text());

    let key = [("Idempotency-Key", "va-1")];
    let body = json!({"account_name": "Till 2", "type": "dynamic"}).to_string();
    let send = || desk.sandbox.request("POST", "/virtual-accounts", &key, &body);
    let (made, again) = (send(), send());
    assert_eq!(made.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = desk.sandbox.request("POST", "/virtual-accounts", &key, reserved().to_string());
    assert_eq!((other.status, &other.json()["error_code"]), (409, &json!("93")));

    let listed = desk.get("/virtual-accounts?limit=1&page=2");
    assert_eq!(listed["data"], json!([first]));
    assert_eq!(listed["pagination"], json!({"page": 2, "limit": 1, "total": 2, "pages": 2}));
    desk.assert_audit_is_clean();
}

#[test]
fn all_faults_of_a_wish_are_told_at_once() {
    let desk = Desk::open();
    for (body, fields) in [
        (json!({}), vec!["account_name", "type"]),
        (
            json!({"account_name": 5, "provider": "bank", "type": "lent"}),
            vec!["account_name", "provider", "type"],
        ),
        (json!({"account_name": "Ada", "type": "reserved"}), vec!["bvn"]),
        (json!({"account_name": "Ada", "type": "reserved", "bvn": "123"}), vec!["bvn"]),
    ] {
        assert_eq!(faulty_fields(&desk.post("/virtual-accounts", &body)), fields, "{body}");
    }
    for query in ["?page=0", "?limit=x"] {
        let answer = desk.sandbox.request("GET", &format!("/virtual-accounts{query}"), &[], "");
        assert_eq!(answer.status, 400, "{query}");
    }
    let answer = desk.sandbox.request("GET", "/deposits?state=lost", &[], "");
    assert_eq!(faulty_fields(&answer), ["state"]);
    assert_eq!(desk.get("/virtual-accounts")["data"], json!([]));
}

#[test]
fn providus_gives_out_numbers_in_its_own_words() {
    let plan = Plan::Script(vec![("reserve", 3, Fault::LostAfterExecute)]);
    let wishes = Wishes { plan, ..Wishes::default() };
    let bank = Server::start(Box::new(Providus::default()), wishes);
    let desk = Desk::open_with(at(&bank, "off"));
    let answer = desk.post("/virtual-accounts", &reserved());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let data = answer.json()["data"].clone();
    assert_eq!(data["account_number"], "9977581536");
    assert_eq!(data["account_name"], "DGS(Ada Obi)");
    assert_eq!(data["bank_name"], "Providus Bank");
    let asked = bank.world.calls();
    assert_eq!(asked[0].path, "/api/PiPCreateReservedAccountNumber");
    assert_eq!(asked[0].json(), json!({"account_name": "Ada Obi", "bvn": BVN}));

    let mut unknown = reserved();
    unknown["bvn"] = json!(providus::UNKNOWN_BVN);
    let refused = desk.post("/virtual-accounts", &unknown);
    assert_eq!(faulty_fields(&refused), ["provider"]);
    assert!(refused.text().contains("Invalid BVN"), "{}", refused.text());

    // A repetition asks the bank for nothing.
    let key = [("Idempotency-Key", "va-1")];
    for _ in 0..2 {
        desk.sandbox.request("POST", "/virtual-accounts", &key, reserved().to_string());
    }
    assert_eq!(bank.world.requests("reserve"), 3);
    assert_eq!(desk.get("/virtual-accounts")["pagination"]["total"], 2);
    let silent = desk.post("/virtual-accounts", &reserved());
    assert_eq!((silent.status, &silent.json()["outcome"]), (503, &json!("unknown")));
    assert_eq!(desk.get("/virtual-accounts")["pagination"]["total"], 2);
    desk.assert_audit_is_clean();
}
