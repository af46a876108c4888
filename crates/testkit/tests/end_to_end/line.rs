//! The line between the gateway and its providers: tokens, certificates, silence, slowness.

use std::fs;
use std::net::TcpListener;
use std::sync::Barrier;
use std::thread;

use testkit::providers::world::Wishes;
use testkit::providers::{Callbacks, Fault, Pace, Plan, Server, State, find};
use testkit::{Answer, Options};

use crate::scene::{OPENING, PAYOUT_FEE, Scene, charge, reference_of};

const PHONE: &str = "781000011";

fn server(name: &str) -> Server {
    Server::start(find(name).expect("a provider of the kit"), Wishes::default())
}

fn secure(name: &str) -> Server {
    Server::start_tls(find(name).expect("a provider of the kit"), Wishes::default())
}

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound port has an address").to_string()
}

fn phones(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|number| (782_000_011 + number * 100).to_string())
}

/// How a provider is doing, as `GET /providers` tells it of a network.
fn health(scene: &Scene, provider: &str, network: &str) -> String {
    let answer = scene.gateway.request("GET", "/providers", &[], "").json();
    let providers = answer["data"].as_array().expect("a list").clone();
    let found = providers.iter().find(|one| one["provider"] == provider).expect("it is listed");
    let networks = found["networks"].as_array().expect("a list");
    let state = networks.iter().find(|one| one["network"] == network).expect("it is listed");
    state["status"].as_str().expect("a word").to_owned()
}

fn outcome(answer: &Answer) -> String {
    answer.json()["transaction_status"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_token_that_ends_under_load_is_fetched_once() {
    const CHARGES: u32 = 500;
    for (provider, phone) in [("mtn_momo", PHONE), ("airtel_money", "731000011")] {
        let scene = Scene::with(
            &[provider],
            Options::default().variable("DGSPAY_PROVIDER_PATIENCE_MS", "30000"),
        );
        scene.world().wish(|wishes| wishes.callbacks = Callbacks::None);
        scene.charge(phone, 5000);
        assert_eq!(scene.world().requests("token"), 1);
        scene.world().expire_tokens();
        let barrier = Barrier::new(usize::try_from(CHARGES).expect("few"));
        thread::scope(|scope| {
            for phone in phones(CHARGES) {
                let (scene, barrier) = (&scene, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    scene.charge(&phone, 100)
                });
            }
        });
        assert_eq!(scene.world().requests("token"), 2, "{provider}");
        let entries = scene.world().entries();
        assert_eq!(entries.len(), 501, "{provider}: every charge went out");
        assert!(entries.iter().all(|entry| entry.submissions == 1), "{provider}");
        assert_eq!(scene.count("failed"), 0, "{provider}");
    }
}

/// One fetch that fails speaks for all that waited for it.
#[test]
fn a_token_that_is_not_given_is_not_asked_for_by_each() {
    let scene = Scene::open(&["mtn_momo"]);
    scene.world().wish(|wishes| {
        wishes.plan = Plan::Seeded { seed: 0, per_mille: 1000, faults: vec![Fault::Drip] };
    });
    thread::scope(|scope| {
        for phone in phones(50) {
            let scene = &scene;
            scope.spawn(move || scene.charge(&phone, 100));
        }
    });
    assert_eq!(scene.count("failed"), 50, "nothing was sent");
    assert!(scene.world().entries().is_empty());
    // Those that came while the first was waiting share its failure.
    assert!(scene.world().requests("token") < 10, "{}", scene.world().requests("token"));
    scene.assert_audit_is_clean();
}

#[test]
fn nothing_is_sent_where_the_certificate_is_nobodys() {
    let servers = vec![secure("mtn_momo"), server("dusupay")];
    let urls: Vec<String> = servers.iter().map(Server::url).collect();
    let names = ["mtn_momo", "dusupay"];
    let scene = Scene::between(&names, &urls, servers, Options::default());
    let reference = scene.charge(PHONE, 5000);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.status(&reference), "success");
    assert!(scene.world().calls().is_empty(), "not one byte of it is readable there");
    let second = scene.servers[1].world.entries();
    assert_eq!((second.len(), second[0].executions), (1, 1), "the next of the route served it");
    // The failure that makes the first provider be held for down is made good like every other.
    for phone in phones(8) {
        let reference = scene.charge(&phone, 5000);
        scene.shop.wait_for_event(&reference);
        assert_eq!(scene.status(&reference), "success", "{phone}");
    }
    scene.assert_audit_is_clean();

    let servers = vec![secure("mtn_momo")];
    let urls = [servers[0].url()];
    let scene = Scene::between(&names[..1], &urls, servers, Options::default());
    let body = charge("MTN", PHONE, 5000).to_string();
    let answer = scene.gateway.request("POST", "/charges", &[], body);
    assert_eq!(outcome(&answer), "failed", "{}", answer.text());
    assert!(answer.text().contains("nothing was sent"), "{}", answer.text());
}

#[test]
fn a_certificate_of_an_authority_that_is_trusted_serves() {
    let server = secure("mtn_momo");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    fs::write(&file, server.ca_pem().expect("it is secure")).expect("it can be written");
    let file = file.to_str().expect("a plain name").to_owned();
    let options = Options::default().variable("DGSPAY_EXTRA_CA_FILE", &file);
    let urls = [server.url()];
    let scene = Scene::between(&["mtn_momo"], &urls, vec![server], options);
    let reference = scene.charge(PHONE, 5000);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.entry(PHONE).executions, 1);
}

/// Charges are answered at once, payouts wait, and both go on when the provider is back.
#[test]
fn a_provider_that_is_gone_is_told_of_and_comes_back() {
    let address = nowhere();
    let url = format!("http://{address}");
    let mut scene = Scene::between(&["dusupay"], &[url], Vec::new(), Options::default());
    assert_eq!(health(&scene, "dusupay", "MTN"), "up");
    for phone in phones(5) {
        let body = charge("MTN", &phone, 100).to_string();
        assert_eq!(outcome(&scene.gateway.request("POST", "/charges", &[], body)), "failed");
    }
    assert_eq!(health(&scene, "dusupay", "MTN"), "down");
    assert_eq!(health(&scene, "dusupay", "Airtel"), "up", "nobody tried");
    let reference = scene.pay_out(PHONE, 5000);
    assert_eq!(scene.status(&reference), "pending");
    assert_eq!(scene.francs(), (OPENING - 5000, OPENING - 5000));

    let wishes = Wishes { callback_url: Some(scene.callback_url("dusupay")), ..Wishes::default() };
    let dusupay = find("dusupay").expect("a provider of the kit");
    scene.servers.push(Server::listen(dusupay, wishes, &address, None));
    // Its first try may have been noted after the clock was moved.
    for round in ["1", "2"] {
        scene.gateway.advance_clock(60);
        scene.fence(round);
    }
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.status(&reference), "success");
    let entry = scene.entry(PHONE);
    assert_eq!((entry.executions, entry.amount), (1, (5000 - PAYOUT_FEE).to_string()));
    assert_ne!(health(&scene, "dusupay", "MTN"), "down");
    scene.assert_audit_is_clean();
}

/// Hundreds of payments that wait for one provider do not stand before those of another.
#[test]
fn a_provider_that_hangs_holds_up_nobody_elses_payments() {
    let names = ["mtn_momo", "airtel_money"];
    let patience = Options::default().variable("DGSPAY_PROVIDER_PATIENCE_MS", "60000");
    let scene = Scene::with(&names, patience);
    scene.world().wish(|wishes| {
        wishes.plan = Plan::Seeded { seed: 0, per_mille: 1000, faults: vec![Fault::Drip] };
    });
    let phones: Vec<String> = phones(700).collect();
    thread::scope(|scope| {
        for some in phones.chunks(100) {
            let scene = &scene;
            scope.spawn(move || some.iter().for_each(|phone| drop(scene.pay_out(phone, 200))));
        }
    });
    let other = crate::scene::payout("Airtel", "731000011", 200);
    let reference = crate::scene::taken(&scene.gateway.api, "/disburse", &other);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.status(&reference), "success");
    assert_eq!(scene.count("pending"), 700);
}

/// The first answer is waited for 10 s; then the request is answered with what is known.
#[test]
fn a_provider_that_answers_late_is_heard_all_the_same() {
    let patience = Options::default().variable("DGSPAY_PROVIDER_PATIENCE_MS", "11000");
    let scene = Scene::with(&["mtn_momo"], patience);
    scene.world().wish(|wishes| {
        wishes.pace = Pace::OnEnquiry;
        wishes.plan = Plan::Script(vec![("requesttopay", 0, Fault::Drip)]);
    });
    let body = charge("MTN", PHONE, 5000).to_string();
    let answer = scene.gateway.request("POST", "/charges", &[], body);
    assert_eq!(outcome(&answer), "pending", "{}", answer.text());
    scene.world().wait_for_quiet();
    scene.gateway.advance_clock(30);
    let reference = reference_of(&answer);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.status(&reference), "success");
    let entry = scene.entry(PHONE);
    assert_eq!((entry.state, entry.executions, entry.submissions), (State::Executed, 1, 1));
}

#[test]
fn a_repetition_waits_for_the_first_and_hears_the_same() {
    let scene = Scene::open(&["mtn_momo"]);
    scene.world().wish(|wishes| {
        wishes.pace = Pace::ByHand;
        wishes.plan = Plan::Script(vec![("requesttopay", 0, Fault::Drip)]);
    });
    let ask = || {
        let body = charge("MTN", PHONE, 5000).to_string();
        scene.gateway.request("POST", "/charges", &[("Idempotency-Key", "one")], body)
    };
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(ask);
        scene.world().wait_for_request("requesttopay");
        (ask(), first.join().expect("it is answered"))
    });
    assert_eq!((first.status, second.status), (200, 200), "{}", first.text());
    assert_eq!(first.text(), second.text());
    assert_eq!(ask().text(), first.text());
    assert_eq!(scene.entry(PHONE).submissions, 1);
}
