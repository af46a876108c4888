//! kill -9 under load: every acknowledged disbursement is there, and no key paid twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use testkit::Client;

use crate::merchant::{Merchant, OPENING, TRANSFER_S, paying, reference_of};

const LOADERS: usize = 8;
const ROUNDS: usize = 8;
/// More than all rounds can ask for.
const EACH: i64 = 101;
const PER_ROUND: usize = 40;

/// Each key that was sent, and the reference it was answered with, if it was.
#[derive(Debug, Default)]
struct Sent {
    known: Mutex<BTreeMap<String, Option<String>>>,
    changed: Condvar,
}

impl Sent {
    fn note(&self, key: &str, reference: Option<String>) {
        let mut known = self.known.lock().expect("no holder panicked");
        if let Some(Some(before)) = known.insert(key.to_owned(), reference.clone()) {
            assert_eq!(Some(before), reference, "{key} was answered before");
        }
        self.changed.notify_all();
    }

    /// Whether that many were acknowledged in a minute. The caller stops the load before it
    /// complains.
    fn wait_for(&self, count: usize) -> bool {
        let mut known = self.known.lock().expect("no holder panicked");
        let deadline = Instant::now() + Duration::from_secs(60);
        while known.values().flatten().count() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            known = self.changed.wait_timeout(known, left).expect("no holder panicked").0;
        }
        true
    }

    fn entries(&self) -> BTreeMap<String, Option<String>> {
        self.known.lock().expect("no holder panicked").clone()
    }
}

#[test]
fn kill_under_load_keeps_every_acknowledged_disbursement() {
    let mut merchant = Merchant::open();
    let sent = Sent::default();
    for round in 0..ROUNDS {
        let enough = sent.entries().values().flatten().count() + PER_ROUND;
        let api = merchant.sandbox.api.clone();
        thread::scope(|scope| {
            for loader in 0..LOADERS {
                let (sent, api) = (&sent, &api);
                scope.spawn(move || load(api, sent, &format!("{round}-{loader}")));
            }
            let is_loaded = sent.wait_for(enough);
            merchant.sandbox.kill();
            assert!(is_loaded, "round {round}: {enough} were not acknowledged in a minute");
        });
        merchant.sandbox.restart();
        for (key, reference) in sent.entries() {
            let headers = [("Idempotency-Key", key.as_str())];
            match reference {
                Some(reference) => drop(merchant.record(&reference)),
                // A client without an answer asks again under its key.
                None => {
                    let answer = merchant.disburse(&paying(EACH), &headers);
                    assert_eq!(answer.status, 200, "{key}: {}", answer.text());
                    sent.note(&key, Some(reference_of(&answer)));
                }
            }
        }
    }
    assert_paid_once(&merchant, &sent);
}

/// One disbursement and one event per key, and the wallet has paid for just those.
fn assert_paid_once(merchant: &Merchant, sent: &Sent) {
    let entries = sent.entries();
    let references: BTreeSet<String> = entries.values().flatten().cloned().collect();
    assert_eq!(references.len(), entries.len(), "two keys share a disbursement");
    let count = i64::try_from(references.len()).expect("few");
    assert_eq!(merchant.count(""), references.len(), "one disbursement per key");
    assert_eq!(merchant.francs(), OPENING - count * EACH);
    // Past the transfer delay and the leases of killed senders.
    merchant.sandbox.advance_clock(TRANSFER_S + 200);
    let mut told = BTreeSet::new();
    let mut read = 0;
    merchant.receiver.wait_for("every disbursement's event", |all| {
        told.extend(all[read..].iter().map(testkit::Received::reference));
        read = all.len();
        told.len() >= references.len()
    });
    assert_eq!(told, references);
    assert_eq!(merchant.count("?status=success"), references.len());
    assert_eq!(merchant.francs(), OPENING - count * EACH);
    merchant.assert_audit_is_clean();
}

/// Disburses until the server is gone.
fn load(api: &Client, sent: &Sent, name: &str) {
    for number in 0_u64.. {
        let key = format!("{name}-{number}");
        sent.note(&key, None);
        let body = paying(EACH);
        match api.try_request("POST", "/disburse", &[("Idempotency-Key", &key)], body) {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{key}: {}", answer.text());
                sent.note(&key, Some(reference_of(&answer)));
            }
            Err(_) => return,
        }
    }
}
