//! Receivers written from the guide's own samples, in three languages: they accept what the
//! gateway sends and refuse it with one byte changed.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::Received;
use testkit::http::Connection;
use testkit::process::Process;

use crate::charge_body::ChargeBody;
use crate::shop::Shop;

const LIMIT: Duration = Duration::from_secs(20);

/// Runtime and script. PHP serves by itself; the others listen at `PORT`.
const RECEIVERS: [(&str, &str); 3] =
    [("python3", "receiver.py"), ("node", "receiver.mjs"), ("php", "receiver.php")];

#[test]
fn the_guides_samples_accept_ours_and_refuse_one_changed_byte() {
    let shop = Shop::open();
    let reference = shop.charge(&ChargeBody::guide());
    let genuine = shop.finish(&reference);
    for (runtime, script) in RECEIVERS {
        if !is_installed(runtime) {
            println!("skipped: {runtime} is not installed");
            continue;
        }
        let (process, address) = start(runtime, script, &shop);
        let url = format!("http://{address}/webhook");
        shop.charge(&ChargeBody::guide().with_text("callback_url", &url));
        shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
        process.wait_for_line(LIMIT, |line| line == "accepted");

        assert_eq!(send(address, &genuine, &genuine.body), 200, "{runtime}");
        process.wait_for_line(LIMIT, |line| line == "accepted");
        for place in [0, genuine.body.len() / 2, genuine.body.len() - 1] {
            let mut changed = genuine.body.clone();
            changed[place] ^= 1;
            assert_eq!(send(address, &genuine, &changed), 401, "{runtime}, byte {place}");
            process.wait_for_line(LIMIT, |line| line == "refused");
        }
        println!("{runtime} accepts ours");
    }
}

fn is_installed(runtime: &str) -> bool {
    let asked = Command::new(runtime).arg("--version").stdout(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Starts a receiver on a port that was free a moment ago, and waits until it is taken.
fn start(runtime: &str, script: &str, shop: &Shop) -> (Process, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers").join(script);
    let mut command = Command::new(runtime);
    if runtime == "php" {
        command.arg("-S").arg(address.to_string());
    }
    command
        .arg(script)
        .env("PORT", address.port().to_string())
        .env("DGS_WEBHOOK_SECRET", &shop.sandbox.credentials().webhook_secret)
        .stderr(Stdio::null());
    let process = Process::spawn(&mut command);
    let deadline = Instant::now() + LIMIT;
    while let Err(error) = Connection::open(address) {
        assert!(Instant::now() < deadline, "{runtime} does not listen: {error}");
        std::thread::yield_now();
    }
    (process, address)
}

/// Sends a body with the headers of a genuine webhook; the status it is answered with.
fn send(address: SocketAddr, genuine: &Received, body: &[u8]) -> u16 {
    let headers = ["content-type", "x-dgs-signature"].map(|name| (name, genuine.header(name)));
    let mut head = format!("POST /webhook HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    let mut connection = Connection::open(address).expect("a receiver that listens");
    connection.send(&[head.as_bytes(), body].concat()).expect("it reads");
    connection.read_answer().expect("it answers").status
}
