//! Thousands of payments through a bad line: of each, the seed says who pays and what goes wrong.
//! `DGSPAY_PROVIDER_RUNS` sets how many in all, `DGSPAY_PROVIDER_SEED` where to begin.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use sha2::{Digest, Sha256};
use testkit::http::{elements, fields};
use testkit::providers::{Callbacks, Decision, Entry, Fault, Kind, Pace, Part, Plan, State};

use crate::scene::{
    CHARGE_FEE_PERCENT, FENCE, OPENING, PAYOUT_FEE, PROVIDERS, Scene, charge, network, payout,
    taken,
};

/// Under all providers together.
const RUNS: u64 = 500;
/// In one gateway. So many lost answers in a row make a provider seem down for a while, and payouts
/// wait: with more at once, their week would be over too soon.
const BATCH: u64 = 250;
const CUSTOMERS_AT_ONCE: usize = 16;
/// Payments that are begun until every token is void, in mid-flight for some.
const TOKENS_LAST: usize = 50;
/// Later than the last question about any payment.
const WEEK_S: u64 = 8 * 24 * 3600;

#[test]
fn mtn_momo_and_the_gateway_agree() {
    agree("mtn_momo");
}

#[test]
fn airtel_money_and_the_gateway_agree() {
    agree("airtel_money");
}

#[test]
fn dusupay_and_the_gateway_agree() {
    agree("dusupay");
}

#[test]
fn flutterwave_and_the_gateway_agree() {
    agree("flutterwave");
}

fn agree(provider: &'static str) {
    let wished = |name: &str| {
        std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"))
    };
    let count = u64::try_from(PROVIDERS.len()).expect("few");
    let runs = wished("DGSPAY_PROVIDER_RUNS").unwrap_or(RUNS).div_ceil(count);
    let first = wished("DGSPAY_PROVIDER_SEED").unwrap_or(0);
    let mut tally = BTreeMap::new();
    for from in (first..first + runs).step_by(usize::try_from(BATCH).expect("small")) {
        batch(provider, from..(first + runs).min(from + BATCH), &mut tally);
    }
    println!("{provider}: {runs} runs, {tally:?}");
}

/// One seeded payment.
struct Run {
    seed: u64,
    kind: Kind,
    phone: String,
    amount: i64,
    part: Part,
}

impl Run {
    fn of(provider: &str, seed: u64) -> Run {
        let draw = |what: &str| draw(&format!("{provider} {seed} {what}"));
        let kind = if draw("kind").is_multiple_of(2) { Kind::Charge } else { Kind::Transfer };
        let decision = match draw("decision") % 20 {
            0..13 => Decision::Approve,
            13..19 => Decision::Decline(refusal(provider, kind)),
            _ => Decision::Never,
        };
        let callbacks = [
            Callbacks::None,
            Callbacks::Once,
            Callbacks::Duplicate,
            Callbacks::Early,
            Callbacks::Late,
            Callbacks::Forged,
            Callbacks::Misstated,
        ];
        let pace = [Pace::AfterAnswer, Pace::OnEnquiry];
        // With more, a week of questions may all be in vain.
        // Where more are lost, all the questions of a week may be: such a payment waits for a person,
        // as it should, and the truth cannot be known here.
        let per_mille = [0, 100, 200, 300];
        let part = Part {
            decision,
            pace: pick(&pace, draw("pace")),
            callbacks: pick(&callbacks, draw("callbacks")),
            plan: Plan::Seeded {
                seed,
                per_mille: pick(&per_mille, draw("share")),
                faults: faults(draw("rare").is_multiple_of(16)),
            },
        };
        let amount = 101 + i64::try_from(draw("amount") % 200).expect("small");
        Run { seed, kind, phone: phone(provider, seed), amount, part }
    }
}

/// Slow and huge answers cost time, so they are rare.
fn faults(with_rare: bool) -> Vec<Fault> {
    let mut faults = vec![
        Fault::LostAfterExecute,
        Fault::ErrorAfterExecute,
        Fault::ErrorBefore,
        Fault::Html,
        Fault::EmptyOk,
        Fault::Truncated,
    ];
    if with_rare {
        faults.extend([Fault::Drip, Fault::Huge]);
    }
    faults
}

fn refusal(provider: &str, kind: Kind) -> String {
    let word = match (provider, kind) {
        ("mtn_momo", Kind::Charge) => "APPROVAL_REJECTED",
        ("mtn_momo", _) => "NOT_ENOUGH_FUNDS",
        ("airtel_money", Kind::Charge) => "DP00800001007",
        ("airtel_money", _) => "DP00900001007",
        ("flutterwave", Kind::Charge) => "insufficient_funds",
        ("flutterwave", _) => "insufficient_balance",
        _ => "Insufficient funds",
    };
    word.to_owned()
}

/// None of those that a server knows as a test number of its own.
fn phone(provider: &str, number: u64) -> String {
    let base = if provider == "airtel_money" { 731_000_011 } else { 781_000_011 };
    (base + number % 50_000 * 100).to_string()
}

fn draw(text: &str) -> u64 {
    let hash = Sha256::digest(text);
    u64::from_be_bytes(*hash.first_chunk().expect("32 bytes"))
}

fn pick<T: Clone>(list: &[T], drawn: u64) -> T {
    let count = u64::try_from(list.len()).expect("short");
    list[usize::try_from(drawn % count).expect("short")].clone()
}

fn batch(provider: &'static str, seeds: std::ops::Range<u64>, tally: &mut BTreeMap<String, u64>) {
    let scene = Scene::open(&[provider]);
    let runs: Vec<Run> = seeds.map(|seed| Run::of(provider, seed)).collect();
    for run in &runs {
        scene.world().cast(&run.phone, run.part.clone());
    }
    let references = create(&scene, provider, &runs);
    settle(&scene);
    scene.world().release();
    scene.fence("released");
    let truths = judge(&scene, provider, &runs, &references);
    weigh(&scene, provider, &runs, &truths);
    scene.assert_audit_is_clean();
    for (run, entry) in runs.iter().zip(truths) {
        let state = match entry.map(|entry| entry.state) {
            Some(State::Executed) => "executed",
            Some(State::Declined(_)) => "declined",
            Some(State::Pending) => "open",
            None => "never arrived",
        };
        *tally.entry(format!("{:?} {state}", run.kind)).or_default() += 1;
    }
}

/// All at once; the reference of each.
fn create(scene: &Scene, provider: &str, runs: &[Run]) -> Vec<String> {
    let (next, api) = (AtomicU64::new(0), &scene.gateway.api);
    let work = || {
        let mut made = Vec::new();
        loop {
            let number = usize::try_from(next.fetch_add(1, Ordering::SeqCst)).expect("few");
            let Some(run) = runs.get(number) else { return made };
            if number.is_multiple_of(TOKENS_LAST) {
                scene.world().expire_tokens();
            }
            let network = network(provider);
            let reference = if run.kind == Kind::Charge {
                taken(api, "/charges", &charge(network, &run.phone, run.amount))
            } else {
                taken(api, "/disburse", &payout(network, &run.phone, run.amount))
            };
            made.push((number, reference));
        }
    };
    let mut made: Vec<(usize, String)> = thread::scope(|scope| {
        let customers: Vec<_> = (0..CUSTOMERS_AT_ONCE).map(|_| scope.spawn(work)).collect();
        customers.into_iter().flat_map(|one| one.join().expect("every request is taken")).collect()
    });
    made.sort_unstable();
    made.into_iter().map(|(_, reference)| reference).collect()
}

/// Moves the clock until nothing is open but what its payer never decides.
fn settle(scene: &Scene) {
    let never = || {
        let entries = scene.world().entries();
        entries.iter().filter(|entry| entry.decision == Decision::Never).count()
    };
    let (mut step, mut passed) = (6, 0);
    scene.fence("0");
    while scene.count("pending") > never() && passed < WEEK_S {
        scene.gateway.advance_clock(step);
        scene.world().expire_tokens();
        passed += step;
        step = (step * 3 / 2).min(2 * 3600);
        scene.fence(&passed.to_string());
    }
}

/// Every payment stands as the provider's server says, and its merchant heard of it once.
fn judge(scene: &Scene, provider: &str, runs: &[Run], references: &[String]) -> Vec<Option<Entry>> {
    let entries = scene.world().entries();
    let states = states(scene);
    let ended = references.iter().filter(|one| states[*one] != "pending").count();
    scene.shop.wait_for("an event of every end", |all| {
        all.iter().filter(|one| one.path == "/ok").count() >= ended
    });
    let told = scene.shop.received_at("/ok");
    let judged = runs.iter().zip(references).map(|(run, reference)| {
        let what = format!("{provider} seed {}: {:?} {:?}", run.seed, run.kind, run.part);
        let mut own = entries.iter().filter(|entry| entry.party.ends_with(&run.phone));
        let (entry, other) = (own.next(), own.next());
        assert!(other.is_none(), "{what}: {other:?}");
        let expected = match entry.map(|entry| &entry.state) {
            Some(State::Executed) => "success",
            Some(State::Pending) => "pending",
            Some(State::Declined(_)) | None => "failed",
        };
        let executions = entry.map_or(0, |entry| entry.executions);
        assert_eq!(states[reference], expected, "{what}: {entry:?}");
        assert_eq!(executions, u32::from(expected == "success"), "{what}: {entry:?}");
        let events: Vec<_> = told.iter().filter(|one| one.reference() == *reference).collect();
        assert_eq!(events.len(), usize::from(expected != "pending"), "{what}: {events:?}");
        for event in events {
            let kind = event.fields()["event"].clone();
            assert_eq!(kind.contains("success"), expected == "success", "{what}: {kind}");
        }
        entry.cloned()
    });
    judged.collect()
}

/// By reference.
fn states(scene: &Scene) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    for page in 1.. {
        let path = format!("/transactions?limit=100&page={page}");
        let answer = scene.gateway.request("GET", &path, &[], "");
        let rows = elements(&answer.fields()["data"]);
        if rows.is_empty() {
            break;
        }
        for row in rows.iter().map(|row| fields(row)) {
            let text = |name: &str| row[name].trim_matches('"').to_owned();
            states.insert(text("dgs_reference"), text("status"));
        }
    }
    states
}

/// The wallet holds what the provider's server moved, less our fees.
fn weigh(scene: &Scene, provider: &str, runs: &[Run], truths: &[Option<Entry>]) {
    let mut expected = OPENING;
    for (run, entry) in runs.iter().zip(truths) {
        let Some(entry) = entry else { continue };
        let moved = entry.amount.parse::<i64>().expect("a whole amount");
        match (run.kind, &entry.state) {
            (Kind::Charge, State::Executed) => {
                assert_eq!(moved, run.amount, "{provider} seed {}", run.seed);
                expected += net_of_charge(moved);
            }
            // What is not decided is set aside.
            (Kind::Transfer, State::Executed | State::Pending) => {
                assert_eq!(moved + PAYOUT_FEE, run.amount, "{provider} seed {}", run.seed);
                expected -= run.amount;
            }
            _ => {}
        }
    }
    let fences = scene.world().entries().len() - truths.iter().flatten().count();
    expected += net_of_charge(FENCE) * i64::try_from(fences).expect("few");
    assert_eq!(scene.francs().1, expected, "{provider}: the wallet");
}

/// Halves go to the even neighbour.
fn net_of_charge(gross: i64) -> i64 {
    let hundredths = gross * CHARGE_FEE_PERCENT;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let is_up = rest > 50 || (rest == 50 && whole % 2 == 1);
    gross - whole - i64::from(is_up)
}
