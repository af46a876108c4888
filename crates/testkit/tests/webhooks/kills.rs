//! SIGKILL under load, to the gateway and to the receiver: every event arrives, always in the
//! same bytes, repeated only where an answer was lost, and nothing is left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use testkit::process::Process;
use testkit::{Client, Options, Sandbox};

use crate::merchant::charge_body;

const LOADERS: usize = 4;
const IN_FLIGHT_MAX: usize = 8;
const LIMIT: Duration = Duration::from_secs(20);

/// The receiver, its next lives included.
struct Sink {
    process: Process,
    address: String,
    told: BTreeMap<String, (String, usize)>,
}

impl Sink {
    fn start(address: &str) -> Sink {
        let process = Process::spawn(Command::new(env!("CARGO_BIN_EXE_sink")).arg(address));
        let line = process.wait_for_line(LIMIT, |line| line.starts_with("listening on "));
        let address = line.trim_start_matches("listening on ").to_owned();
        Sink { process, address, told: BTreeMap::new() }
    }

    fn kill_and_restart(&mut self) {
        self.process.kill();
        // To the end of what it said.
        while self.read_line(LIMIT) {}
        let next = Sink::start(&self.address);
        self.process = next.process;
    }

    /// Takes down what came. An event in two different bodies is the end of the test.
    fn read_line(&mut self, wait: Duration) -> bool {
        let Ok(line) = self.process.next_line(Instant::now() + wait) else { return false };
        let (id, body) = line.split_once(' ').expect("an id and a body");
        let known = self.told.entry(id.to_owned()).or_insert((body.to_owned(), 0));
        assert_eq!(known.0, body, "{id} was told in two ways");
        known.1 += 1;
        true
    }

    fn references(&self) -> BTreeSet<String> {
        let reference = |(body, _): &(String, usize)| {
            let body: Value = serde_json::from_str(body).expect("JSON");
            body["dgs_reference"].as_str().expect("a reference").to_owned()
        };
        self.told.values().map(reference).collect()
    }
}

fn rounds() -> u64 {
    std::env::var("DGSPAY_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

#[test]
fn every_event_arrives_through_kills_of_both_sides() {
    let mut sink = Sink::start("127.0.0.1:0");
    let options = Options::default()
        .webhook_url(&format!("http://{}/webhook", sink.address))
        .variable("DGSPAY_APPROVAL_DELAY_MS", "20");
    let mut sandbox = Sandbox::start(options);
    let acknowledged: Mutex<BTreeSet<String>> = Mutex::default();
    let mut chance = Chance::fresh();
    let rounds = rounds();
    for round in 0..rounds {
        let api = sandbox.api.clone();
        let made = AtomicUsize::new(0);
        let enough = chance.below(60);
        let moment = Duration::from_micros(u64::try_from(chance.below(20_000)).unwrap_or(0));
        thread::scope(|scope| {
            for loader in 0..LOADERS {
                let (api, acknowledged, made) = (&api, &acknowledged, &made);
                scope.spawn(move || load(api, &format!("{round}-{loader}"), acknowledged, made));
            }
            let deadline = Instant::now() + LIMIT;
            while made.load(Ordering::Relaxed) < enough && Instant::now() < deadline {
                thread::yield_now();
            }
            // No event to wait for: the kill is to come at no particular moment.
            let until = Instant::now() + moment;
            while Instant::now() < until {
                thread::yield_now();
            }
            if round % 3 != 0 {
                sink.kill_and_restart();
            }
            sandbox.kill();
        });
        sandbox.restart();
    }
    let acknowledged = acknowledged.into_inner().expect("no holder panicked");
    await_all(&sandbox, &mut sink, &acknowledged, rounds);

    let repeated: usize = sink.told.values().map(|(_, count)| count - 1).sum();
    let kills = usize::try_from(rounds).unwrap_or(usize::MAX) * 2;
    println!("{} events, {repeated} repetitions, {kills} kills", sink.told.len());
    assert!(repeated <= kills * IN_FLIGHT_MAX, "{repeated} repetitions");
    let most = sink.told.values().map(|(_, count)| *count).max().unwrap_or(0);
    assert!(most <= kills + 1, "one event came {most} times");
    for state in ["parked", "pending"] {
        let answer = sandbox.request("GET", &format!("/webhook-deliveries?state={state}"), &[], "");
        assert_eq!(answer.json()["data"], json!([]), "{state}");
    }
    let audit = sandbox.audit();
    assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
}

/// Charges until the server is gone.
fn load(api: &Client, name: &str, acknowledged: &Mutex<BTreeSet<String>>, made: &AtomicUsize) {
    for number in 0_u64.. {
        let key = format!("{name}-{number}");
        let body = charge_body(&json!({})).to_string();
        match api.try_request("POST", "/charges", &[("Idempotency-Key", &key)], body) {
            Ok(answer) if answer.status == 200 => {
                let reference =
                    answer.json()["dgs_reference"].as_str().expect("a reference").to_owned();
                acknowledged.lock().expect("no holder panicked").insert(reference);
                made.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
            Err(_) => return,
        }
    }
}

/// Moves the clock past retries whenever nothing comes any more, until all is told and on record.
fn await_all(sandbox: &Sandbox, sink: &mut Sink, acknowledged: &BTreeSet<String>, rounds: u64) {
    let deadline = Instant::now() + Duration::from_secs(60 + rounds * 3);
    loop {
        while sink.read_line(Duration::from_millis(300)) {}
        let pending = sandbox.request("GET", "/webhook-deliveries?state=pending", &[], "");
        let is_done = pending.json()["data"] == json!([]);
        let told = sink.references();
        if is_done && acknowledged.is_subset(&told) {
            return;
        }
        let missing = acknowledged.difference(&told).count();
        assert!(Instant::now() < deadline, "{missing} events did not come; {}", pending.text());
        sandbox.advance_clock(60);
    }
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
