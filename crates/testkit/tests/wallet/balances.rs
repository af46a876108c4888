//! Balances read while money moves: every answer is of one moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use testkit::{Client, Options};

use crate::charge_body::ChargeBody;
use crate::purse::{Purses, convert_body, post, purses_of};
use crate::shop::Shop;

const READERS: usize = 4;
const READS: usize = 2500;

/// One reader on one connection; `check` sees what it reads.
fn read(api: &Client, mut check: impl FnMut(&Purses)) {
    let shown = &api.credentials;
    let request = format!(
        "GET {}/balance HTTP/1.1\r\nHost: {}\r\nX-DGS-API-Key: {}\r\nX-DGS-ACCOUNT-NUMBER: {}\r\n\r\n",
        api.base_path, api.address, shown.api_key, shown.account_number
    );
    let mut connection = api.connect().expect("the sandbox listens");
    for _ in 0..READS {
        connection.send(request.as_bytes()).expect("it reads");
        check(&purses_of(&connection.read_answer().expect("it answers")));
    }
}

/// Converts one way and back, and takes charges that settle at once, until told to stop.
fn load(api: &Client, is_over: &AtomicBool) {
    let ways = [("USD", "EUR"), ("EUR", "USD")];
    for (from, to) in ways.iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let convert = convert_body("convert", from, to, "1");
        assert_eq!(post(api, "/convert", &convert).status, 200);
        assert_eq!(post(api, "/charges", &ChargeBody::guide().text()).status, 200);
    }
}

#[test]
fn ten_thousand_reads_under_load_add_up() {
    let options = ["APPROVAL", "CONVERSION", "SETTLEMENT"]
        .iter()
        .fold(Options::default(), |options, delay| {
            options.variable(&format!("DGSPAY_{delay}_DELAY_MS"), "5")
        });
    let shop = Shop::open_with(options);
    let (api, is_over) = (&shop.sandbox.api, AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| load(api, &is_over));
        }
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut last_total = 0;
                    read(api, |purses| {
                        // Charges only add to it, and a settlement must not show half done.
                        let total = purses["RWF"].pending + purses["RWF"].available;
                        assert!(total >= last_total, "{total} after {last_total}");
                        last_total = total;
                    });
                    last_total
                })
            })
            .collect();
        let results: Vec<_> = readers.into_iter().map(|reader| reader.join()).collect();
        is_over.store(true, Ordering::Relaxed);
        for result in results {
            let seen = result.expect("every read adds up");
            assert!(seen > 100_000_000, "money moved while it was read");
        }
    });
    shop.assert_audit_is_clean();
}
