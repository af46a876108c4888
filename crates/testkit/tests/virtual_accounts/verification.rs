//! With VERIFY on the bank is asked before anything is credited, whatever its notices say.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::providers::providus::{Providus, credit, fields};
use testkit::providers::world::{Callbacks, Wishes};
use testkit::providers::{Decision, Entry, Fault, Plan, Server};

use crate::accounts::at;
use crate::desk::{Desk, RECEIVER, example, text, with};

/// Beyond the moment from which the bank's "does not exist" is believed.
const BELIEVED_S: u64 = 90;

/// Longer than the bank is asked about a deposit.
const WEEK_S: u64 = 8 * 24 * 3600;

const WAIT_LIMIT: Duration = Duration::from_secs(30);

struct Pair {
    bank: Server,
    desk: Desk,
    number: String,
}

impl Pair {
    fn open(plan: Plan) -> Pair {
        let bank =
            Server::start(Box::new(Providus::default()), Wishes { plan, ..Wishes::default() });
        let desk = Desk::open_with(at(&bank, "on"));
        let url = format!("http://{}{RECEIVER}", desk.sandbox.api.address);
        bank.world.wish(|wishes| wishes.callback_url = Some(url));
        let number = desk.open_account();
        assert_eq!(number, "9977581536", "the bank's own example");
        Pair { bank, desk, number }
    }

    /// The bank books 100 naira, and tells of it.
    fn book(&self, settlement_id: &str) -> Entry {
        self.book_to(settlement_id, &self.number)
    }

    fn book_to(&self, settlement_id: &str, number: &str) -> Entry {
        let entry = credit(settlement_id, number, 10_000);
        self.bank.world.open(entry.clone()).expect("a new credit");
        self.bank.world.decide(settlement_id, Decision::Approve);
        entry
    }

    fn held(&self, reason: &str) {
        let deposit = self.desk.wait_for("needs_review");
        assert_eq!(deposit["review_reason"], reason, "{deposit}");
        assert_eq!((self.desk.naira(), self.desk.receiver.received().len()), (0, 0));
        self.desk.assert_audit_is_clean();
    }
}

#[test]
fn what_the_bank_has_booked_is_credited() {
    let pair = Pair::open(Plan::Flawless);
    pair.bank.world.wish(|wishes| wishes.callbacks = Callbacks::Duplicate);
    pair.book("s-1");
    let deposit = pair.desk.wait_for("credited");
    assert_eq!(deposit["settled_amount"], json!(98.93), "less 1.00 and VAT of 0.07");
    pair.desk.receiver.wait_for_event(&text(&deposit["dgs_reference"]));
    assert_eq!(pair.desk.naira(), 9_893 - 297);
    pair.bank.world.repeat("s-1");
    assert_eq!(pair.bank.world.told().len(), 4);
    assert_eq!(pair.bank.world.requests("verify"), 1);
    let asked = pair.bank.world.calls().pop().expect("it was asked");
    assert_eq!(asked.asked("settlement_id"), Some("s-1"));
    assert_eq!(pair.desk.deposits().len(), 1);
    pair.desk.assert_audit_is_clean();
}

/// The payer pays what the link asks for; the bank keeps its fee of that.
#[test]
fn a_link_is_paid_by_what_the_bank_confirms() {
    let pair = Pair::open(Plan::Flawless);
    let link = json!({
        "title": "Rent", "amount_type": "fixed", "currency": "NGN", "amount": 100,
        "payment_types": ["bank_transfer"], "collect_name": false, "collect_phone": false,
    });
    let link = pair.desk.post("/payment-links", &link).json()["data"].clone();
    let payer = json!({"payment_type": "bank_transfer", "customer_email": "ada@example.com"});
    let path = format!("/pay/{}/charges", text(&link["slug"]));
    let json = [("Content-Type", "application/json")];
    let told = pair.desk.sandbox.api.bare_request("POST", &path, &json, payer.to_string());
    assert_eq!(told.status, 200, "{}", told.text());
    let told = told.json();
    assert_eq!(told["bank_transfer"]["bank_name"], "Providus Bank");
    let opened = pair.bank.world.calls().pop().expect("it was asked");
    assert_eq!(opened.path, "/api/PiPCreateDynamicAccountNumber");
    let page = text(&told["next_action_redirect_url"]);
    let page = &page[page.find("/pay/").expect("a page of ours")..];
    let looked = pair.desk.sandbox.api.bare_request("GET", page, &[], "");
    assert!(!looked.text().contains("Simulated bank"), "{}", looked.text());
    let paid = pair.desk.sandbox.api.bare_request("POST", page, &[], "");
    assert_eq!(paid.status, 404, "a real bank is paid elsewhere");

    pair.book_to("s-1", &text(&told["bank_transfer"]["account_number"]));
    pair.desk.wait_for("credited");
    let link = pair.desk.get(&format!("/payment-links/{}", text(&link["id"])));
    assert_eq!(link["data"]["uses"], 1);
    assert_eq!(link["data"]["stats"]["amount_collected"], json!(98.93));
    pair.desk.assert_audit_is_clean();
}

#[test]
fn a_forged_body_under_the_right_password_moves_nothing() {
    let pair = Pair::open(Plan::Flawless);
    let much = [("transactionAmount", json!("9000000")), ("settledAmount", json!("9000000"))];
    assert_eq!(pair.desk.tell(&with(example(&pair.number), &much)), "00");
    assert_eq!(pair.desk.wait_for("unverified")["review_reason"], Value::Null);
    pair.desk.sandbox.advance_clock(BELIEVED_S);
    pair.held("unknown_to_bank");
}

#[test]
fn a_notice_that_the_bank_contradicts_moves_nothing() {
    for (name, value) in [
        ("amounts", [("transactionAmount", json!("101.00")), ("settledAmount", json!("99.93"))]),
        ("fee", [("feeAmount", json!("1.07")), ("vatAmount", json!("0.00"))]),
    ] {
        let pair = Pair::open(Plan::Flawless);
        pair.bank.world.wish(|wishes| wishes.callbacks = Callbacks::None);
        let entry = pair.book("s-1");
        let forged = with(fields(&entry), &value);
        assert_eq!(pair.desk.tell(&forged), "00", "{name}");
        pair.held("bank_disagrees");
        // The true one comes too late for that name: a person decides.
        assert_eq!(pair.desk.tell(&fields(&entry)), "01", "{name}");
    }
}

#[test]
fn lost_and_unreadable_answers_are_asked_for_again() {
    let faults = [
        Fault::LostAfterExecute,
        Fault::ErrorBefore,
        Fault::Html,
        Fault::Truncated,
        Fault::EmptyOk,
        Fault::Huge,
    ];
    let script = (0..).zip(faults).map(|(number, fault)| ("verify", number, fault)).collect();
    let pair = Pair::open(Plan::Script(script));
    pair.book("s-1");
    // The schedule goes on by the hour; minute by minute, so that no answer is overtaken.
    let deadline = Instant::now() + WAIT_LIMIT;
    while pair.bank.world.requests("verify") < 7 {
        assert_eq!(pair.desk.naira(), 0);
        pair.desk.sandbox.advance_clock(60);
        assert!(Instant::now() < deadline, "it is not asked again");
    }
    pair.desk.wait_for("credited");
    assert_eq!(pair.desk.naira(), 9_893 - 297);
    pair.desk.assert_audit_is_clean();
}

#[test]
fn a_bank_that_never_answers_leaves_it_to_a_person() {
    let always = Plan::Seeded { seed: 1, per_mille: 1000, faults: vec![Fault::ErrorBefore] };
    let pair = Pair::open(Plan::Flawless);
    pair.bank.world.wish(|wishes| wishes.plan = always);
    pair.book("s-1");
    pair.wait_asked(1);
    pair.desk.sandbox.advance_clock(WEEK_S);
    pair.held("bank_silent");
}

#[test]
fn a_killed_gateway_asks_again_when_it_is_back() {
    let script = Plan::Script(vec![("verify", 0, Fault::Drip)]);
    let mut pair = Pair::open(script);
    pair.book("s-1");
    pair.wait_asked(1);
    pair.desk.sandbox.kill();
    pair.desk.sandbox.restart();
    pair.desk.wait_for("credited");
    assert_eq!(pair.desk.deposits().len(), 1);
    pair.desk.assert_audit_is_clean();
}

impl Pair {
    /// Until the bank was asked so often.
    fn wait_asked(&self, count: u64) {
        let deadline = Instant::now() + WAIT_LIMIT;
        while self.bank.world.requests("verify") < count {
            assert!(Instant::now() < deadline, "asked less than {count} times");
            std::thread::yield_now();
        }
    }
}
