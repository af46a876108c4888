//! Links paid by bank transfer: the payer is told an account, and what comes in there counts for the
//! link if it is what was asked for.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};
use testkit::Answer;

use crate::merchant::{
    Merchant, assert_refused, data, faulty_fields, fixed, flexible, payer, stats, text, with,
    without,
};

const PAYERS: usize = 500;
/// Of an account. The bank tells when it was paid in whole seconds.
const LIFE_S: u64 = 3600;

/// 5000 NGN.
pub fn naira() -> Value {
    with(fixed(), json!({"currency": "NGN", "payment_types": ["bank_transfer"]}))
}

/// What a payer sends who wants to transfer.
fn transfer() -> Value {
    let payer = without(without(payer(), "mobile_money_network"), "mobile_money_phone");
    with(payer, json!({"payment_type": "bank_transfer"}))
}

impl Merchant {
    /// Asks for an account to pay into; its number.
    pub fn account_for(&self, link: &Value) -> String {
        let answer = self.pay(link, &transfer());
        assert_eq!(answer.status, 200, "{}", answer.text());
        text(&answer.json()["bank_transfer"]["account_number"])
    }

    /// Money that comes to an account.
    pub fn transfer(&self, number: &str, amount: i64) {
        let body = json!({"account_number": number, "amount": amount});
        let paid = data(&self.call("POST", "/sandbox/deposits", &body));
        assert_eq!(paid["notice_answer"]["responseCode"], "00", "{paid}");
    }

    fn deposits(&self, query: &str) -> Vec<Value> {
        let rows = data(&self.call("GET", &format!("/deposits{query}"), &Value::Null));
        rows.as_array().cloned().unwrap_or_default()
    }

    /// Why the newest deposit waits for a person.
    fn review(&self) -> String {
        let newest = self.deposits("?limit=1")[0].clone();
        assert_eq!(newest["state"], "needs_review", "{newest}");
        assert_eq!(newest["dgs_reference"], Value::Null);
        text(&newest["review_reason"])
    }
}

#[test]
fn a_payer_transfers_what_is_asked_and_the_link_is_paid() {
    let merchant = Merchant::open();
    let shop = json!({"max_uses": 1, "redirect_url": "https://shop.example/thanks"});
    let link = merchant.link(&with(naira(), shop));
    let answer = merchant.pay(&link, &transfer());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    let number = text(&told["bank_transfer"]["account_number"]);
    for (name, value) in [
        ("status", json!("success")),
        ("message", json!("Transfer the amount to this account")),
        ("transaction_status", json!("pending")),
        ("payment_method_type", json!("bank_transfer")),
        ("amount", json!(5000)),
        ("currency", json!("NGN")),
        ("next_action_type", json!("requires_bank_transfer")),
    ] {
        assert_eq!(told[name], value, "{told}");
    }
    assert_eq!(told["bank_transfer"]["bank_name"], "Sandbox Bank");
    assert_eq!(told["bank_transfer"]["account_name"], "Demo Merchant");
    let shown = text(&told["display_text"]);
    assert!(shown.contains(&number) && shown.contains("5000.00 NGN"), "{shown}");
    assert!(text(&told["next_action_redirect_url"]).contains("/pay/transfer/"), "{told}");
    // Nothing is on its way.
    assert_eq!(stats(&merchant.show(&link)), [0, 0, 0, 0]);
    assert!(merchant.references("").is_empty());

    merchant.transfer(&number, 5000);
    let [paid] = merchant.references("?status=success").try_into().expect("one payment");
    assert_eq!(stats(&merchant.show(&link)), [1, 0, 0, 5000]);
    let record = merchant.record(&paid);
    assert_eq!(record["payment_method_type"], "bank_transfer");
    assert_eq!(record["customer"]["email"], "jane.doe@example.com");
    assert_eq!(record["customer"]["phone"], "+250788000111");
    let id = text(&link["id"]);
    assert_eq!(merchant.references(&format!("?payment_link_id={id}")), std::slice::from_ref(&paid));
    merchant.receiver.wait_for_event(&paid);
    let late = merchant.pay(&link, &transfer());
    assert_refused("exhausted", &late, 400, "90");
    merchant.assert_audit_is_clean();
}

#[test]
fn what_is_not_what_was_asked_is_held() {
    let merchant = Merchant::open();
    let link = merchant.link(&naira());
    let number = merchant.account_for(&link);
    merchant.transfer(&number, 4999);
    assert_eq!(merchant.review(), "underpaid");
    merchant.transfer(&number, 5001);
    assert_eq!(merchant.review(), "overpaid");
    assert_eq!(stats(&merchant.show(&link)), [0, 0, 0, 0]);
    merchant.transfer(&number, 5000);
    assert_eq!(stats(&merchant.show(&link)), [1, 0, 0, 5000]);
    merchant.transfer(&number, 5000);
    assert_eq!(merchant.review(), "paid_again");

    let late = merchant.account_for(&link);
    merchant.sandbox.advance_clock(LIFE_S + 1);
    merchant.transfer(&late, 5000);
    assert_eq!(merchant.review(), "paid_late");

    let (changed, archived) = (merchant.account_for(&link), merchant.account_for(&link));
    data(&merchant.change(&link, &json!({"amount": 6000})));
    merchant.transfer(&changed, 5000);
    assert_eq!(merchant.review(), "link_changed");
    data(&merchant.change(&link, &json!({"amount": 5000})));
    data(&merchant.archive(&link));
    merchant.transfer(&archived, 5000);
    assert_eq!(merchant.review(), "link_archived");

    assert_eq!(stats(&merchant.show(&link)), [1, 0, 0, 5000]);
    assert_eq!(merchant.references("").len(), 1);
    assert_eq!(merchant.deposits("?state=needs_review").len(), 6);
    merchant.assert_audit_is_clean();
}

#[test]
fn an_account_lasts_no_longer_than_its_link() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(naira(), json!({"expires_at": merchant.soon()})));
    let answer = merchant.pay(&link, &transfer()).json();
    assert_eq!(answer["bank_transfer"]["expires_at"], link["expires_at"]);
    merchant.sandbox.advance_clock(180);
    merchant.transfer(&text(&answer["bank_transfer"]["account_number"]), 5000);
    assert_eq!(merchant.review(), "paid_late");
    merchant.assert_audit_is_clean();
}

#[test]
fn the_link_says_how_much_and_every_fault_is_named() {
    let merchant = Merchant::open();
    let gift = json!({
        "currency": "NGN", "min_amount": 100, "max_amount": 200,
        "payment_types": ["bank_transfer"], "collect_name": false, "collect_phone": false,
    });
    let link = merchant.link(&with(flexible(), gift));
    let least = json!({"payment_type": "bank_transfer", "customer_email": "a@example.com"});
    for (members, fields) in [
        (json!({}), vec!["amount"]),
        (json!({"amount": 99}), vec!["amount"]),
        (json!({"amount": 201}), vec!["amount"]),
        (json!({"amount": 150, "currency": "RWF"}), vec!["currency"]),
        (json!({"amount": 150, "payment_type": "mobile_money"}), vec!["payment_type"]),
        (json!({"amount": 150, "scenario_key": "auth_pin"}), vec!["scenario_key"]),
    ] {
        let answer = merchant.pay(&link, &with(least.clone(), members.clone()));
        assert_refused(&members.to_string(), &answer, 400, "90");
        assert_eq!(faulty_fields(&answer)[..1], fields[..], "{members}: {}", answer.text());
    }
    let answer = merchant.pay(&link, &with(least, json!({"amount": 150.50})));
    assert_eq!(answer.json()["amount"], json!(150.50), "{}", answer.text());
    let wanting = merchant.pay(&merchant.link(&naira()), &without(transfer(), "customer_phone"));
    assert_eq!(faulty_fields(&wanting), ["customer_phone"]);
}

#[test]
fn a_repetition_is_told_the_same_account() {
    let merchant = Merchant::open();
    let link = merchant.link(&naira());
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "t-1")];
    let send = |body: &Value| merchant.pay_with(&link, &headers, body.to_string());
    let (first, again) = (send(&transfer()), send(&transfer()));
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = send(&with(transfer(), json!({"customer_first_name": "June"})));
    assert_refused("another request", &other, 409, "93");
    let accounts = merchant.call("GET", "/virtual-accounts", &Value::Null);
    assert_eq!(accounts.json()["pagination"]["total"], 1);
    // Even when the link is closed by then.
    data(&merchant.archive(&link));
    assert_eq!(send(&transfer()).body, first.body);
}

#[test]
fn five_hundred_transfers_at_once_to_a_one_use_link_are_one_success() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(naira(), json!({"max_uses": 1})));
    let barrier = Barrier::new(PAYERS);
    let codes: Vec<Answer> = thread::scope(|scope| {
        let one = || {
            let number = merchant.account_for(&link);
            barrier.wait();
            let body = json!({"account_number": number, "amount": 5000});
            merchant.call("POST", "/sandbox/deposits", &body)
        };
        let threads: Vec<_> = (0..PAYERS).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    for answer in &codes {
        assert_eq!(data(answer)["notice_answer"]["responseCode"], "00", "{}", answer.text());
    }
    assert_eq!(stats(&merchant.show(&link)), [1, 0, 0, 5000]);
    assert_eq!(merchant.references("?status=success").len(), 1);
    let held = merchant.call("GET", "/deposits?state=needs_review&limit=1", &Value::Null).json();
    assert_eq!(held["pagination"]["total"], PAYERS - 1);
    assert_eq!(held["data"][0]["review_reason"], "link_exhausted");
    merchant.assert_audit_is_clean();
}
