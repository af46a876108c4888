//! Whatever is thrown at it: each input has its documented answer, and afterwards the process
//! is up, no fatter, and its books balance.

use std::time::{Duration, Instant};

use testkit::http::Connection;

use crate::bad_input_corpus::{Case, Expected, corpus};
use crate::bad_input_wire::{self, Wire};
use crate::charge_body::ChargeBody;
use crate::shop::{Shop, assert_refused};

const REPETITIONS: usize = 20;
const GROWTH_KIB_MAX: u64 = 16 * 1024;

/// Longer than the gateway waits for a head (10 s) or a body (15 s).
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn every_input_has_its_documented_answer() {
    let shop = Shop::open();
    let (bodies, wires) = (corpus(), bad_input_wire::corpus(&shop));
    assert!(bodies.len() + wires.len() >= 200, "{} + {}", bodies.len(), wires.len());
    let mut faults: Vec<String> = bodies.iter().filter_map(|case| fault_of(&shop, case)).collect();
    faults.extend(wires.iter().filter_map(|wire| wire_fault_of(&shop, wire)));
    assert!(faults.is_empty(), "{} of them are not:\n{}", faults.len(), faults.join("\n"));
    shop.assert_audit_is_clean();
}

#[test]
fn bad_input_does_not_make_it_grow() {
    let shop = Shop::open();
    let (bodies, wires) = (corpus(), bad_input_wire::corpus(&shop));
    let send_all = || {
        for case in &bodies {
            // Only a reset of the connection is no answer; what it says is the other test's.
            shop.sandbox
                .api
                .try_request("POST", "/charges", &[], &case.body)
                .map(drop)
                .unwrap_or_default();
        }
        for wire in &wires {
            shop.sandbox.api.try_raw(&wire.bytes).map(drop).unwrap_or_default();
        }
    };
    send_all();
    let warm = shop.sandbox.resident_kib();
    for _ in 0..REPETITIONS {
        send_all();
    }
    let after = shop.sandbox.resident_kib();
    println!("resident: {warm} KiB, then {after} KiB");
    assert!(after < warm + GROWTH_KIB_MAX, "grew from {warm} to {after} KiB");
    let pid = shop.sandbox.pid();
    assert_eq!(shop.get("/balance").status, 200, "process {pid} no longer serves");
    shop.assert_audit_is_clean();
}

#[test]
fn a_client_that_goes_silent_is_let_go() {
    let shop = Shop::open();
    let unfinished = bad_input_wire::unfinished(&shop);
    let began = Instant::now();
    let connections: Vec<(Wire, Connection)> = unfinished
        .into_iter()
        .map(|wire| {
            let mut connection = shop.sandbox.api.connect().expect("a connection");
            connection.send(&wire.bytes).expect("half a request can be sent");
            (wire, connection)
        })
        .collect();
    assert_eq!(shop.get("/balance").status, 200, "others are served meanwhile");
    for (wire, mut connection) in connections {
        let said = connection.read_to_close().unwrap_or_default();
        let waited = began.elapsed();
        assert!(waited < PATIENCE, "{}: held for {waited:?}", wire.name);
        let said = String::from_utf8_lossy(&said);
        let status: Option<u16> = said.split(' ').nth(1).and_then(|word| word.parse().ok());
        let is_right =
            wire.statuses.is_empty() || status.is_some_and(|one| wire.statuses.contains(&one));
        assert!(is_right, "{}: {said}", wire.name);
    }
}

#[test]
fn a_client_that_hangs_up_half_way_leaves_nothing_behind() {
    let shop = Shop::open();
    let body = ChargeBody::guide().text();
    for wire in bad_input_wire::unfinished(&shop) {
        for _ in 0..50 {
            let mut connection = shop.sandbox.api.connect().expect("a connection");
            connection.send(&wire.bytes).expect("half a request can be sent");
        }
        let mut connection = shop.sandbox.api.connect().expect("a connection");
        connection.send(&wire.bytes).expect("half a request can be sent");
        connection.finish_sending().expect("the sending side can be closed");
        connection.read_to_close().map(drop).unwrap_or_default();
    }
    let (_, pagination) = shop.list("");
    assert_eq!(pagination["total"], "0", "no half request made a charge");
    assert_eq!(shop.sandbox.request("POST", "/charges", &[], body).status, 200);
}

/// What is wrong with the answer to a body, if anything.
fn fault_of(shop: &Shop, case: &Case) -> Option<String> {
    let name = &case.name;
    let answer = match shop.sandbox.api.try_request("POST", "/charges", &[], &case.body) {
        Ok(answer) => answer,
        Err(error) => return Some(format!("{name}: no answer: {error}")),
    };
    match case.expected {
        Expected::Accepted if answer.status == 200 => None,
        Expected::Refused(status, code) if answer.status == status => {
            assert_refused(name, &answer, status, code);
            None
        }
        expected @ (Expected::Accepted | Expected::Refused(..)) => {
            Some(format!("{name}: {expected:?}, but {} {}", answer.status, answer.text()))
        }
    }
}

fn wire_fault_of(shop: &Shop, wire: &Wire) -> Option<String> {
    let Wire { name, bytes, statuses } = wire;
    match shop.sandbox.api.try_raw(bytes) {
        Ok(answer) if statuses.contains(&answer.status) => None,
        Ok(answer) => {
            Some(format!("{name}: {statuses:?}, but {} {}", answer.status, answer.text()))
        }
        Err(error) => Some(format!("{name}: no answer: {error}")),
    }
}
