//! kill -9 of the gateway, at known moments and at any: every payment is made once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use testkit::providers::{Callbacks, Fault, Kind, Pace, Plan, State};
use testkit::{Client, Options};

use crate::scene::{Scene, charge, payout, reference_of};

const PHONE: &str = "781000011";
/// Past the lease of a call, and past the time until "never heard of it" is believed.
const LEASE_S: u64 = 130;

/// A charge is on its way when the gateway dies, at the operation that hangs.
fn killed_at(operation: &'static str) -> Scene {
    let patience = Options::default().variable("DGSPAY_PROVIDER_PATIENCE_MS", "60000");
    let mut scene = Scene::with(&["mtn_momo"], patience);
    scene.world().wish(|wishes| {
        wishes.pace = Pace::OnEnquiry;
        wishes.callbacks = Callbacks::None;
        wishes.plan = Plan::Script(vec![(operation, 0, Fault::Drip)]);
    });
    let api = scene.gateway.api.clone();
    let asking = thread::spawn(move || ask(&api).ok());
    scene.world().wait_for_request(operation);
    scene.gateway.kill();
    assert!(asking.join().expect("it ends").is_none(), "nobody was left to answer");
    scene.gateway.restart_in_place();
    scene
}

fn ask(api: &Client) -> std::io::Result<testkit::Answer> {
    let body = charge("MTN", PHONE, 5000).to_string();
    api.try_request("POST", "/charges", &[("Idempotency-Key", "one")], body)
}

/// Between our request and its answer, and before the request itself.
#[test]
fn a_charge_on_its_way_at_a_kill_is_made_once() {
    for (operation, is_there) in [("requesttopay", true), ("token", false)] {
        let scene = killed_at(operation);
        assert_eq!(scene.world().entries().len(), usize::from(is_there), "{operation}");
        // The client asks again, and is told what is known by then.
        let answer = ask(&scene.gateway.api).expect("it is up");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let reference = reference_of(&answer);
        for _ in 0..3 {
            scene.gateway.advance_clock(LEASE_S);
            scene.fence(&format!("{operation}{}", scene.shop.received().len()));
        }
        scene.shop.wait_for_event(&reference);
        let entry = scene.entry(PHONE);
        assert_eq!((entry.executions, entry.submissions), (1, 1), "{operation}");
        assert_eq!(scene.status(&reference), "success", "{operation}");
        let again = ask(&scene.gateway.api).expect("it is up");
        assert_eq!(again.text(), answer.text(), "{operation}");
        scene.assert_audit_is_clean();
    }
}

const ROUNDS: usize = 8;
const CUSTOMERS: usize = 8;
const PER_ROUND: usize = 20;
const LOAD_LIMIT: Duration = Duration::from_secs(30);

/// Between an answer and its report, among others.
#[test]
fn kills_at_any_moment_pay_nothing_twice() {
    for provider in ["mtn_momo", "dusupay"] {
        let mut scene = Scene::open(&[provider]);
        let sent = Mutex::new(BTreeMap::new());
        for round in 0..ROUNDS {
            load_and_kill(&mut scene, round, &sent);
            scene.gateway.restart_in_place();
        }
        let asked = sent.into_inner().expect("no holder panicked");
        let again = |(phone, kind): (&String, &Kind)| {
            // A client without an answer asks again under its key.
            let answer = request(&scene.gateway.api, phone, *kind).expect("it is up");
            (phone.clone(), reference_of(&answer))
        };
        let answered: BTreeMap<String, String> = asked.iter().map(again).collect();
        for round in 0..6 {
            scene.gateway.advance_clock(LEASE_S * 3);
            scene.fence(&format!("after{round}"));
        }
        for phone in asked.keys() {
            let own = scene.world().entries();
            let own: Vec<_> = own.iter().filter(|entry| entry.party.ends_with(phone)).collect();
            assert_eq!(own.len(), 1, "{provider} {phone}");
            let reference = &answered[phone];
            // DusuPay asks us before it pays out, and does not when nobody is there to say yes.
            let is_made = own[0].state == State::Executed;
            let expected = if is_made { "success" } else { "failed" };
            assert!(is_made || provider == "dusupay", "{phone}: {:?}", own[0]);
            assert_eq!(own[0].executions, u32::from(is_made), "{provider} {phone}");
            assert_eq!(scene.status(reference), expected, "{provider} {reference}");
        }
        scene.assert_audit_is_clean();
    }
}

fn load_and_kill(scene: &mut Scene, round: usize, sent: &Mutex<BTreeMap<String, Kind>>) {
    let next = AtomicUsize::new(0);
    let (answered, answers) = mpsc::channel();
    let api = scene.gateway.api.clone();
    thread::scope(|scope| {
        for _ in 0..CUSTOMERS {
            let (answered, next, api) = (answered.clone(), &next, &api);
            scope.spawn(move || {
                loop {
                    let number = round * 10_000 + next.fetch_add(1, Ordering::SeqCst);
                    let phone = (783_000_011 + number * 100).to_string();
                    let kind = if number.is_multiple_of(2) { Kind::Charge } else { Kind::Transfer };
                    sent.lock().expect("no holder panicked").insert(phone.clone(), kind);
                    if request(api, &phone, kind).is_err() {
                        return;
                    }
                    answered.send(()).unwrap_or_default();
                }
            });
        }
        let enough = (0..PER_ROUND).all(|_| answers.recv_timeout(LOAD_LIMIT).is_ok());
        scene.gateway.kill();
        assert!(enough, "round {round}: the load got stuck");
    });
}

fn request(api: &Client, phone: &str, kind: Kind) -> std::io::Result<testkit::Answer> {
    let (path, body) = match kind {
        Kind::Charge | Kind::Refund => ("/charges", charge("MTN", phone, 200)),
        Kind::Transfer => ("/disburse", payout("MTN", phone, 200)),
    };
    api.try_request("POST", path, &[("Idempotency-Key", phone)], body.to_string())
}
