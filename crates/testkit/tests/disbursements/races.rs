//! Many at once: a wallet is never spent twice, and one key is one disbursement.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use testkit::Answer;

use crate::merchant::{
    Merchant, TRANSFER_S, assert_refused, assert_short, paying, reference_of, with,
};

const PARALLEL: usize = 500;
const FUNDS: i64 = 15_000;
const EACH: i64 = 150;

/// The answers to requests that all start at the same moment.
fn at_once(request: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(PARALLEL);
    thread::scope(|scope| {
        let (barrier, request) = (&barrier, &request);
        let run = |number| {
            scope.spawn(move || {
                barrier.wait();
                request(number)
            })
        };
        let threads: Vec<_> = (0..PARALLEL).map(run).collect();
        threads.into_iter().map(|one| one.join().expect("an answer")).collect()
    })
}

#[test]
fn five_hundred_at_once_spend_exactly_what_is_there() {
    let merchant = Merchant::with_francs(FUNDS);
    let answers = at_once(|_| merchant.disburse(&paying(EACH), &[]));
    let (accepted, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((accepted.len(), refused.len()), (100, 400));
    for answer in refused {
        assert_short(answer, 0, EACH);
    }
    let references: BTreeSet<String> = accepted.iter().map(|answer| reference_of(answer)).collect();
    assert_eq!(references.len(), 100);
    assert_eq!(merchant.francs(), 0);
    merchant.sandbox.advance_clock(TRANSFER_S);
    merchant.receiver.wait_at("/ok", 101);
    assert_eq!((merchant.francs(), merchant.count("?status=success")), (0, 101));
    merchant.assert_audit_is_clean();
}

/// What fails comes back, and can be spent again: still no more than there is.
#[test]
fn what_comes_back_is_there_once() {
    let merchant = Merchant::with_francs(FUNDS);
    let failing = with(&paying(EACH), "/scenario_key", r#""scenario:insufficient_balance""#);
    for round in 1..=3 {
        let answers = at_once(|_| merchant.disburse(&failing, &[]));
        let accepted = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!((accepted, merchant.francs()), (100, 0), "round {round}");
        merchant.sandbox.advance_clock(TRANSFER_S);
        merchant.receiver.wait_at("/ok", 1 + 100 * round);
        assert_eq!(merchant.francs(), FUNDS, "round {round}");
    }
    merchant.assert_audit_is_clean();
}

#[test]
fn five_hundred_under_one_key_are_one_disbursement() {
    let merchant = Merchant::with_francs(FUNDS);
    let key = [("Idempotency-Key", "one")];
    let answers = at_once(|_| merchant.disburse(&paying(EACH), &key));
    let first = &answers[0];
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &first.body), "{}", answer.text());
    }
    let replayed = |answer: &&Answer| answer.header("idempotent-replayed") == Some("true");
    assert_eq!(answers.iter().filter(replayed).count(), PARALLEL - 1);
    assert_eq!(merchant.francs(), FUNDS - EACH);
    merchant.finish(&reference_of(first));
    assert_eq!(merchant.count(""), 2, "the drain and this one");
    merchant.assert_audit_is_clean();
}

#[test]
fn a_key_belongs_to_one_body_and_a_refusal_burns_none() {
    let merchant = Merchant::with_francs(FUNDS);
    let key = [("Idempotency-Key", "k")];
    assert_refused("faulty", &merchant.disburse("{}", &key), 400, "90");
    assert_short(&merchant.disburse(&paying(FUNDS + 1), &key), FUNDS, FUNDS + 1);
    let first = merchant.disburse(&paying(EACH), &key);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_refused("other body", &merchant.disburse(&paying(EACH + 1), &key), 409, "93");
    let again = merchant.disburse(&with(&paying(EACH), "/amount", "150.0"), &key);
    assert_eq!(again.body, first.body, "the same amount in other digits");
    // Replayed even when the wallet could not pay for it any more.
    merchant.pay(&paying(FUNDS - EACH));
    assert_eq!(merchant.disburse(&paying(EACH), &key).body, first.body);
    assert_eq!(merchant.francs(), 0);
    merchant.assert_audit_is_clean();
}

/// References of ours are never given away: a charge may not take the name of a disbursement that
/// is yet to be made.
#[test]
fn a_charge_cannot_take_the_reference_of_a_disbursement() {
    let merchant = Merchant::open();
    let reference = merchant.pay(&paying(EACH));
    for name in [reference.as_str(), "DGS999999999999999999"] {
        let body = format!(
            r#"{{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
            "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
            "customer_last_name": "Doe", "customer_phone": "789654321",
            "customer_phone_country_code": "250", "redirect_url": "https://yourdomain.com/x",
            "mobile_money_network": "MTN", "mobile_money_phone": "789654321",
            "dgs_reference": "{name}"}}"#
        );
        let answer = merchant.sandbox.request("POST", "/charges", &[], body);
        assert_refused(name, &answer, 409, "93");
    }
}
