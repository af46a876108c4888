//! Many payers at once: never more successes than a link allows, and an answer for everyone.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};
use testkit::Answer;

use crate::merchant::{APPROVAL_S, Merchant, assert_refused, fixed, payer, reference, stats, with};

const PAYERS: usize = 500;

/// Everybody pays at the same moment; the references of those who were let in.
fn rush(merchant: &Merchant, link: &Value) -> Vec<String> {
    let barrier = Barrier::new(PAYERS);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let request = || {
            barrier.wait();
            merchant.pay(link, &payer())
        };
        let threads: Vec<_> = (0..PAYERS).map(|_| scope.spawn(request)).collect();
        threads.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let (taken, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    for answer in refused {
        assert_refused("not let in", answer, 400, "90");
        let text = answer.text();
        assert!(text.contains("exhausted") || text.contains("somebody else"), "{text}");
    }
    taken.into_iter().map(reference).collect()
}

#[test]
fn five_hundred_payers_of_a_one_use_link_make_one_success() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(fixed(), json!({"max_uses": 1})));
    let taken = rush(&merchant, &link);
    assert_eq!(taken.len(), 1);
    merchant.finish(&taken[0]);
    assert_eq!(stats(&merchant.show(&link)), [1, 0, 0, 5000]);
    assert!(rush(&merchant, &link).is_empty());
    assert_eq!(merchant.references("?status=success"), taken);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_link_of_ten_uses_lets_ten_in() {
    let merchant = Merchant::open();
    let link = merchant.link(&with(fixed(), json!({"max_uses": 10})));
    let taken = rush(&merchant, &link);
    assert_eq!(taken.len(), 10);
    merchant.sandbox.advance_clock(APPROVAL_S);
    for one in &taken {
        merchant.receiver.wait_for_event(one);
    }
    assert_eq!(stats(&merchant.show(&link)), [10, 0, 0, 50_000]);
    merchant.assert_audit_is_clean();
}
