//! The kit by hand: `cargo run -p testkit -- provider NAME` runs a provider's server until it
//! is killed. `POST /control/approve/REFERENCE` and its like move it.

use std::process::ExitCode;
use std::thread;

use testkit::providers::server::certificate;
use testkit::providers::world::Wishes;
use testkit::providers::{Server, find};

const USAGE: &str = "usage: testkit provider NAME [--listen ADDRESS] [--callbacks URL] [--tls]
moved by POST /control/approve/REFERENCE, decline/REFERENCE/CODE, repeat/REFERENCE, release,
expire-tokens; read by GET /control/ledger";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let is_provider = arguments.next().is_some_and(|word| word == "provider");
    let protocol = arguments.next().filter(|_| is_provider).and_then(|name| find(&name));
    let Some(protocol) = protocol else { return refuse() };
    let mut wishes = Wishes::default();
    let (mut listen, mut tls) = ("127.0.0.1:0".to_owned(), None);
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--tls" => tls = Some(certificate()),
            "--listen" => listen = arguments.next().unwrap_or_default(),
            "--callbacks" => wishes.callback_url = arguments.next(),
            _ => return refuse(),
        }
    }
    let server = Server::listen(protocol, wishes, &listen, tls);
    println!("listening on {}", server.url());
    if let Some(pem) = server.ca_pem() {
        println!("{pem}");
    }
    loop {
        thread::park();
    }
}

fn refuse() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::FAILURE
}
