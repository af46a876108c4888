//! Stops, kills and starts: what was acknowledged is there once, and what is owed is told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use testkit::{Client, Options};

use crate::charge_body::ChargeBody;
use crate::operations::{Operations, reference_in};
use crate::shop::Shop;

const LOADERS: usize = 8;
const KILL_ROUNDS: u64 = 20;
/// The contract's aim is 1 s; a busy machine may take twice that.
const READY_LIMIT: Duration = Duration::from_secs(2);

/// What the load knows: each key it sent, and the reference it was answered with. `None` is a
/// request without an answer: it may have happened or not.
#[derive(Debug, Default)]
struct Journal {
    sent: Mutex<BTreeMap<String, Option<String>>>,
    changed: Condvar,
}

impl Journal {
    fn note(&self, key: &str, reference: Option<String>) {
        let mut sent = self.sent.lock().expect("no holder panicked");
        if let Some(Some(known)) = sent.insert(key.to_owned(), reference.clone()) {
            assert_eq!(Some(known), reference, "{key} was answered before");
        }
        self.changed.notify_all();
    }

    fn acknowledged(&self) -> usize {
        let sent = self.sent.lock().expect("no holder panicked");
        sent.values().flatten().count()
    }

    /// Whether that many were acknowledged in a minute. The caller must stop the load before it
    /// complains: a panic would wait for the load, and the load for the server's end.
    fn wait_for(&self, count: usize) -> bool {
        let mut sent = self.sent.lock().expect("no holder panicked");
        let deadline = Instant::now() + Duration::from_secs(60);
        while sent.values().flatten().count() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            sent = self.changed.wait_timeout(sent, left).expect("no holder panicked").0;
        }
        true
    }

    fn unanswered(&self) -> Vec<String> {
        let sent = self.sent.lock().expect("no holder panicked");
        sent.iter().filter(|(_, known)| known.is_none()).map(|(key, _)| key.clone()).collect()
    }

    fn references(&self) -> BTreeSet<String> {
        self.sent.lock().expect("no holder panicked").values().flatten().cloned().collect()
    }

    fn len(&self) -> usize {
        self.sent.lock().expect("no holder panicked").len()
    }
}

#[test]
fn sigterm_under_load_ends_well_and_loses_nothing() {
    let mut shop = Shop::open();
    let operations = Operations::prepare(&shop);
    let journal = Journal::default();
    let api = shop.sandbox.api.clone();
    thread::scope(|scope| {
        for loader in 0..LOADERS {
            let (journal, api, operations) = (&journal, &api, &operations);
            scope.spawn(move || load(api, operations, journal, &format!("term-{loader}")));
        }
        let is_loaded = journal.wait_for(100);
        let status = shop.sandbox.terminate();
        assert!(is_loaded, "100 operations were not acknowledged in a minute");
        assert_eq!(status.code(), Some(0), "{status}");
    });
    shop.sandbox.restart();
    ask_again(&shop, &operations, &journal);
    assert_all_told(&shop, &operations, &journal);
    shop.assert_audit_is_clean();
}

#[test]
fn kill_at_any_moment_loses_nothing_and_repeats_nothing() {
    let rounds = std::env::var("DGSPAY_KILL_ROUNDS")
        .map_or(KILL_ROUNDS, |text| text.parse().expect("DGSPAY_KILL_ROUNDS is a number"));
    let mut chance = Chance::fresh();
    let mut shop = Shop::open();
    let operations = Operations::prepare(&shop);
    let journal = Journal::default();
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let before = journal.references();
        kill_under_load(&mut shop, &operations, &journal, (round, &mut chance));
        shop.sandbox.restart();
        slowest = slowest.max(shop.sandbox.ready_after);
        for reference in journal.references().difference(&before) {
            let record = shop.record(reference);
            assert_eq!(record["dgs_reference"], format!("\"{reference}\""), "round {round}");
        }
        ask_again(&shop, &operations, &journal);
    }
    println!("{rounds} kills, {} operations, slowest start {slowest:?}", journal.len());
    assert!(slowest < READY_LIMIT, "a restart took {slowest:?}");
    assert_all_told(&shop, &operations, &journal);
    assert_eq!(shop.sandbox.terminate().code(), Some(0));
    shop.assert_audit_is_clean();
}

/// The start itself looks for what is owed: nobody may come by to remind it.
#[test]
fn a_webhook_in_hand_at_a_kill_is_sent_again_after_the_start() {
    for path in ["/silent", "/500"] {
        let mut shop = Shop::open_telling(path, Options::default());
        shop.charge(&ChargeBody::guide());
        shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
        shop.receiver.wait_at(path, 1);
        shop.sandbox.kill();
        shop.sandbox.restart();
        // Past the first delay, in case the failure had been written down.
        shop.sandbox.advance_clock(10);
        let attempts = shop.receiver.wait_at(path, 2);
        assert_eq!(attempts[0].body, attempts[1].body, "{path}");
        assert_eq!(attempts[0].header("webhook-id"), attempts[1].header("webhook-id"), "{path}");
    }
}

#[test]
fn a_retry_that_was_due_later_survives_a_stop_and_a_start() {
    let mut shop = Shop::open_telling("/500", Options::default());
    shop.charge(&ChargeBody::guide());
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    shop.receiver.wait_at("/500", 1);
    assert!(shop.sandbox.terminate().success());
    shop.sandbox.restart();
    shop.sandbox.advance_clock(10);
    shop.receiver.wait_at("/500", 2);
}

#[test]
fn a_second_process_on_the_same_data_is_turned_away() {
    let mut shop = Shop::open();
    let second = shop.sandbox.start_second().expect("two processes must not share their data");
    assert!(!second.is_success());
    let holder = shop.sandbox.pid().to_string();
    let said = format!("{}{}", second.output, second.errors);
    assert!(said.contains(&holder), "it names the holder {holder}: {said}");
    shop.charge(&ChargeBody::guide());
    shop.sandbox.kill();
    shop.sandbox.restart();
    shop.charge(&ChargeBody::guide());
}

#[test]
fn a_second_start_prints_the_same_credentials() {
    let mut shop = Shop::open();
    let first = shop.sandbox.credentials().clone();
    assert!(shop.sandbox.terminate().success());
    shop.sandbox.restart();
    assert_eq!(*shop.sandbox.credentials(), first);
    assert_eq!(shop.get("/balance").status, 200);
    let other = Shop::open();
    assert_ne!(*other.sandbox.credentials(), first, "another directory, other credentials");
}

#[test]
fn credentials_can_be_pinned_by_flags_and_by_variables() {
    const PINNED: [(&str, &str, &str); 4] = [
        ("--api-key", "DGSPAY_API_KEY", "sk_test_0123456789abcdefghijABCDEFGHIJ01"),
        ("--account-number", "DGSPAY_ACCOUNT_NUMBER", "ACC-7654321"),
        (
            "--encryption-key",
            "DGSPAY_ENCRYPTION_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ),
        (
            "--webhook-secret",
            "DGSPAY_WEBHOOK_SECRET",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
    ];
    let by_flags = PINNED
        .iter()
        .fold(Options::default(), |options, (flag, _, value)| options.flag(flag, value));
    let by_variables = PINNED
        .iter()
        .fold(Options::default(), |options, (_, name, value)| options.variable(name, value));
    for (name, options) in [("flags", by_flags), ("variables", by_variables)] {
        let shop = Shop::open_with(options);
        let shown = shop.sandbox.credentials();
        let found =
            [&shown.api_key, &shown.account_number, &shown.encryption_key, &shown.webhook_secret];
        assert_eq!(found.map(String::as_str), PINNED.map(|(_, _, value)| value), "{name}");
        let reference = shop.charge(&ChargeBody::guide());
        let event = shop.finish(&reference);
        testkit::signature::assert_signed(&event, PINNED[3].2);
    }
}

/// Moves money in every way until the server is gone.
fn load(api: &Client, operations: &Operations, journal: &Journal, name: &str) {
    for number in 0_u64.. {
        let key = format!("{name}-{number}");
        journal.note(&key, None);
        match operations.ask(api, &key) {
            Ok(answer) if answer.status == 200 => journal.note(&key, Some(reference_in(&answer))),
            // A stopping server may say that it takes nothing more.
            Ok(answer) => assert_eq!(answer.status, 503, "{key}: {}", answer.text()),
            Err(_) => return,
        }
    }
}

fn kill_under_load(
    shop: &mut Shop,
    operations: &Operations,
    journal: &Journal,
    (round, chance): (u64, &mut Chance),
) {
    let api = shop.sandbox.api.clone();
    let enough = journal.acknowledged() + chance.below(100);
    let moment = Duration::from_micros(u64::try_from(chance.below(20_000)).unwrap_or(0));
    thread::scope(|scope| {
        for loader in 0..LOADERS {
            let api = &api;
            scope.spawn(move || load(api, operations, journal, &format!("kill-{round}-{loader}")));
        }
        let is_loaded = journal.wait_for(enough);
        // No event to wait for: the point is that the kill comes at no particular moment.
        let until = Instant::now() + moment;
        while Instant::now() < until {
            thread::yield_now();
        }
        shop.sandbox.kill();
        assert!(is_loaded, "round {round}: {enough} were not acknowledged in a minute");
    });
}

/// A client without an answer asks again under the same key, and so learns what became of it.
fn ask_again(shop: &Shop, operations: &Operations, journal: &Journal) {
    for key in journal.unanswered() {
        let answer = operations.ask(&shop.sandbox.api, &key).expect("it is answered");
        assert_eq!(answer.status, 200, "{key}: {}", answer.text());
        journal.note(&key, Some(reference_in(&answer)));
    }
}

/// Every key moved money once, and the merchant is told about each of them, always in the same
/// words. Some may be told twice: a receiver's 200 can be lost with the process that waited for it.
fn assert_all_told(shop: &Shop, operations: &Operations, journal: &Journal) {
    let mut references = journal.references();
    assert_eq!(references.len(), journal.len(), "two keys share a payment");
    references.insert(operations.prepared().to_owned());
    let (_, pagination) = shop.list("");
    assert_eq!(pagination["total"], references.len().to_string(), "one payment per key");
    // Past the delays of every outcome, its polls, and the leases of killed senders.
    shop.sandbox.advance_clock(200);
    let mut told: HashMap<String, (String, Vec<u8>)> = HashMap::new();
    let mut read = 0;
    shop.receiver.wait_for("every payment's event", |all| {
        for event in &all[read..] {
            let words = (event.header("webhook-id").to_owned(), event.body.clone());
            let first = told.entry(event.reference()).or_insert_with(|| words.clone());
            assert_eq!(*first, words, "an event was told in two ways");
        }
        read = all.len();
        told.len() >= references.len()
    });
    let told: BTreeSet<String> = told.into_keys().collect();
    assert_eq!(told, references);
}

/// Where to strike. Printed, so that a failure can be looked at again.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn fresh() -> Chance {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let seed = u64::from(since.subsec_nanos()) | 1;
        println!("seed {seed}");
        Chance(seed)
    }

    /// Xorshift: evenly enough for picking moments.
    fn below(&mut self, limit: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit).unwrap_or(0)
    }
}
