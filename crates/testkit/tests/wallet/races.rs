//! Everybody at once on one wallet: not one unit more or less than there is.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use testkit::Answer;

use crate::charge_body::ChargeBody;
use crate::purse::{END_S, convert_body, post, with};
use crate::shop::{Shop, unquoted};

/// Sends these requests at the same moment, each on a connection of its own.
fn all_at_once(shop: &Shop, requests: &[(&str, String)]) -> Vec<Answer> {
    let start = Barrier::new(requests.len());
    thread::scope(|scope| {
        let sent: Vec<_> = requests
            .iter()
            .map(|(path, body)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    post(&shop.sandbox.api, path, body)
                })
            })
            .collect();
        sent.into_iter().map(|one| one.join().expect("it is answered")).collect()
    })
}

fn accepted<'a>(answers: &'a [Answer], member: &str) -> Vec<(&'a Answer, String)> {
    let taken = answers.iter().filter(|answer| answer.status == 200);
    taken.map(|answer| (answer, unquoted(&answer.fields()[member]))).collect()
}

fn wait_for_events(shop: &Shop, references: &BTreeSet<String>) {
    shop.sandbox.advance_clock(END_S);
    shop.receiver.wait_for("every event", |all| {
        let told: BTreeSet<String> = all.iter().map(|event| event.reference()).collect();
        references.is_subset(&told)
    });
}

#[test]
fn five_hundred_conversions_of_what_a_hundred_can_have() {
    let shop = Shop::open_slow();
    let body = convert_body("convert", "USD", "EUR", "10");
    let requests = vec![("/convert", body); 500];
    let answers = all_at_once(&shop, &requests);
    let taken = accepted(&answers, "dgs_conversion_ref");
    let references: BTreeSet<String> = taken.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!((taken.len(), references.len()), (100, 100), "each has a name of its own");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_eq!(answer.json()["error_code"], "VALIDATION_ERROR", "{}", answer.text());
    }
    assert_eq!(shop.purses()["USD"].available, 0);
    wait_for_events(&shop, &references);
    // 1000.00 to begin with, and 100 times 9.45.
    assert_eq!(shop.purses()["EUR"].available, 100_000 + 94_500);
    shop.assert_audit_is_clean();
}

#[test]
fn five_hundred_refunds_of_one_charge_give_back_the_charge_and_no_more() {
    let shop = Shop::open_slow();
    let charge = shop.settled_charge("5000");
    let before = shop.purses()["RWF"].available;
    let body = format!(r#"{{"dgs_reference": "{charge}", "amount": 100}}"#);
    let requests = vec![("/refunds", body); 500];
    let answers = all_at_once(&shop, &requests);
    let taken = accepted(&answers, "refund_reference");
    let references: BTreeSet<String> = taken.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!((taken.len(), references.len()), (50, 50));
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 400 | 409)));
    assert_eq!(shop.purses()["RWF"].available, before - 500_000);
    wait_for_events(&shop, &references);
    assert_eq!(shop.purses()["RWF"].available, before - 500_000);
    shop.assert_audit_is_clean();
}

#[test]
fn conversions_and_refunds_on_one_wallet_end_exact() {
    let shop = Shop::open_slow();
    let charges: Vec<String> =
        (0..4).map(|_| shop.charge(&ChargeBody::guide().with("amount", "100000"))).collect();
    let made: BTreeSet<String> = charges.iter().cloned().collect();
    wait_for_events(&shop, &made);
    shop.sandbox.advance_clock(END_S);
    for charge in &charges {
        shop.wait_for_record(charge, "settlement_status", "settled");
    }
    let before = shop.purses();
    // Together they want more than the 1 388 000 that there is.
    let mut requests = Vec::new();
    for number in 0..300 {
        let convert = convert_body("convert", "RWF", "USD", "4001");
        let outcome = if number % 3 == 0 { "failed" } else { "successful" };
        let scenario = format!(r#""scenario:{outcome}""#);
        requests.push(("/convert", with(&convert, "scenario_key", &scenario)));
        let charge = &charges[number % charges.len()];
        let refund = format!(r#"{{"dgs_reference": "{charge}", "amount": 2999}}"#);
        requests.push(("/refunds", with(&refund, "scenario_key", &scenario)));
    }
    let answers = all_at_once(&shop, &requests);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 400)), "{answers:?}");
    let mut references = BTreeSet::new();
    let (mut taken, mut kept, mut bought) = (0, 0, 0);
    for ((path, body), answer) in requests.iter().zip(&answers) {
        if answer.status != 200 {
            continue;
        }
        let is_conversion = *path == "/convert";
        let member = if is_conversion { "dgs_conversion_ref" } else { "refund_reference" };
        references.insert(unquoted(&answer.fields()[member]));
        let minor = if is_conversion { 400_100 } else { 299_900 };
        taken += minor;
        if body.contains("successful") {
            kept += minor;
            // 4001 RWF at 0.000690 are 2.76 USD.
            bought += if is_conversion { 276 } else { 0 };
        }
    }
    assert_eq!(shop.purses()["RWF"].available, before["RWF"].available - taken);
    wait_for_events(&shop, &references);
    let after = shop.purses();
    assert_eq!(after["RWF"].available, before["RWF"].available - kept);
    assert_eq!(after["USD"].available, before["USD"].available + bought);
    shop.assert_audit_is_clean();
}
