//! Whatever is killed, and whenever: the receiver gets every event, in order.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use testkit::Client;
use testkit::process::Process;

use crate::desk::{APPROVAL_S, feed, listen, open, try_charge};

const ROUNDS: usize = 9;
const CHARGES_PER_ROUND: usize = 10;
const LIMIT: Duration = Duration::from_secs(60);

struct Merchant<'a> {
    address: SocketAddr,
    folder: &'a Path,
    secret: &'a str,
}

impl Merchant<'_> {
    fn start(&self) -> Process {
        let mut command = Command::new(crate::samples::example("durable_receiver"));
        command.arg(self.address.to_string()).arg(self.folder.join("received")).arg(self.secret);
        let process = Process::spawn(&mut command);
        process.wait_for_line(LIMIT, |line| line == "listening");
        process
    }

    /// Ids of what came; the same one again in direct succession counts once.
    fn received(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("received")).unwrap_or_default();
        let mut ids: Vec<String> = Vec::new();
        // A line that is just being written shows in part.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let (id, rest) = line.split_once(' ').expect("an id and more");
            assert!(rest.ends_with(" signed"), "{line}");
            if ids.last().is_none_or(|last| last != id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }
}

#[test]
fn no_kill_of_listener_receiver_or_gateway_loses_an_event_or_its_place() {
    let (mut sandbox, folder) = open();
    let secret = sandbox.credentials().webhook_secret.clone();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port");
    let merchant = Merchant { address, folder: folder.path(), secret: &secret };
    let url = format!("http://{address}/webhook");
    let mut receiver = merchant.start();
    let mut listener = listen(&sandbox, folder.path(), &url);
    let taken = Mutex::new(BTreeSet::new());
    for round in 0..ROUNDS {
        let enough = taken.lock().expect("no panic").len() + CHARGES_PER_ROUND / 2;
        let api = sandbox.api.clone();
        thread::scope(|scope| {
            let charging = scope.spawn(|| take_charges(&api, &taken));
            wait_until(|| {
                taken.lock().expect("no panic").len() >= enough || charging.is_finished()
            });
            sandbox.advance_clock(APPROVAL_S);
            match round % 3 {
                0 => listener.kill(),
                1 => receiver.kill(),
                _ => sandbox.kill(),
            }
        });
        match round % 3 {
            0 => listener = listen(&sandbox, folder.path(), &url),
            1 => receiver = merchant.start(),
            _ => sandbox.restart_in_place(),
        }
    }
    sandbox.advance_clock(APPROVAL_S);
    let taken = taken.into_inner().expect("no panic");
    let told = || feed_of(&sandbox);
    wait_until(|| taken.iter().all(|reference| told().iter().any(|(_, one)| one == reference)));
    let expected: Vec<String> = told().into_iter().map(|(id, _)| id).collect();
    wait_until(|| merchant.received().len() >= expected.len());
    assert_eq!(merchant.received(), expected);
    assert!(taken.len() >= ROUNDS * CHARGES_PER_ROUND / 2, "{} charges", taken.len());
}

/// Charges until there are enough or the gateway is gone.
fn take_charges(api: &Client, taken: &Mutex<BTreeSet<String>>) {
    for _ in 0..CHARGES_PER_ROUND {
        match try_charge(api, None) {
            Ok(Some(reference)) => {
                taken.lock().expect("no panic").insert(reference);
            }
            Ok(None) | Err(_) => return,
        }
    }
}

/// Id and reference of every event, page by page.
fn feed_of(sandbox: &testkit::Sandbox) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut query = String::new();
    loop {
        let page = feed(sandbox, &query);
        if page.events.is_empty() {
            return all;
        }
        query = format!("?after={}", page.next_after.expect("the page has events"));
        all.extend(page.events.into_iter().map(|event| (event.id, event.reference)));
    }
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        thread::yield_now();
    }
}
