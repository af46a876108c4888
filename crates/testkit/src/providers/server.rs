//! The HTTP side of a provider: accepts, answers what the protocol says, and spoils it as planned.

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use super::faults::{CONNECT, Fault};
use super::wire::Wire;
use super::world::{Decision, Wishes, World};
use super::{Call, Protocol, Response, pairs};
use crate::http::{read_head, read_request_body};

const DRIP_EVERY: Duration = Duration::from_millis(100);
const HUGE_BYTES: usize = 2 * 1024 * 1024;

/// A provider that listens, until it is dropped.
#[derive(Debug)]
pub struct Server {
    pub world: Arc<World>,
    address: SocketAddr,
    /// Whom its clients must trust; `None` for plain HTTP.
    ca_pem: Option<String>,
    is_closed: Arc<AtomicBool>,
}

impl Server {
    /// Plain HTTP on a free port of this machine.
    pub fn start(protocol: Box<dyn Protocol>, wishes: Wishes) -> Server {
        Server::listen(protocol, wishes, "127.0.0.1:0", None)
    }

    /// HTTPS, with a certificate of its own.
    pub fn start_tls(protocol: Box<dyn Protocol>, wishes: Wishes) -> Server {
        Server::listen(protocol, wishes, "127.0.0.1:0", Some(certificate()))
    }

    pub fn listen(
        protocol: Box<dyn Protocol>,
        wishes: Wishes,
        address: &str,
        tls: Option<Certificate>,
    ) -> Server {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let world = Arc::new(World::new(protocol, wishes));
        let is_closed = Arc::new(AtomicBool::new(false));
        let ca_pem = tls.as_ref().map(|certificate| certificate.pem.clone());
        let config = tls.map(|certificate| certificate.config);
        let (its_world, its_end) = (Arc::clone(&world), Arc::clone(&is_closed));
        thread::spawn(move || accept(&listener, &its_world, config.as_ref(), &its_end));
        Server { world, address, ca_pem, is_closed }
    }

    /// Its base address, without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees that it is over.
        TcpStream::connect(self.address).map(drop).unwrap_or_default();
    }
}

/// What HTTPS is served with.
#[derive(Debug)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    pem: String,
}

/// For 127.0.0.1, made anew, by an authority made anew.
pub fn certificate() -> Certificate {
    let authority_key = KeyPair::generate().expect("randomness");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("a new key signs");
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().expect("randomness");
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a valid name");
    let certificate = params.signed_by(&key, &issuer).expect("an authority signs");
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a new key reads back");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a certificate and its key");
    Certificate { config: Arc::new(config), pem: authority.pem() }
}

fn accept(
    listener: &TcpListener,
    world: &Arc<World>,
    tls: Option<&Arc<ServerConfig>>,
    is_closed: &AtomicBool,
) {
    for stream in listener.incoming().map_while(Result::ok) {
        if is_closed.load(Ordering::SeqCst) {
            return;
        }
        let world = Arc::clone(world);
        let tls = tls.map(Arc::clone);
        // A client that was killed resets its connections; that is no fault of the server.
        thread::spawn(move || open(stream, tls, &world).unwrap_or_default());
    }
}

fn open(stream: TcpStream, tls: Option<Arc<ServerConfig>>, world: &World) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if world.count(CONNECT).is_some() {
        // Closing over bytes that nobody read resets the connection.
        stream.peek(&mut [0])?;
        return Ok(());
    }
    match tls {
        None => serve(Box::new(stream), world),
        Some(config) => {
            let tls = ServerConnection::new(config).map_err(io::Error::other)?;
            serve(Box::new(StreamOwned::new(tls, stream)), world)
        }
    }
}

fn serve(wire: Box<dyn Wire>, world: &World) -> io::Result<()> {
    let mut reader = BufReader::new(wire);
    while let Some(head) = read_head(&mut reader)? {
        let body = read_request_body(&mut reader, &head)?;
        let mut words = head.first_line.split(' ').map(str::to_owned);
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let call = Call { method, path: path.to_owned(), query: pairs(query), head, body };
        let writer = reader.get_mut();
        if let Some(words) = call.path.strip_prefix("/control/") {
            write(writer, &control(words, world))?;
            continue;
        }
        let fault = world.meet(world.protocol.operation(&call), &call);
        let _answering = world.record(&call);
        if fault == Some(Fault::TokensExpired) {
            world.expire_tokens();
        }
        if fault == Some(Fault::ErrorBefore) {
            write(writer, &Response::empty(503))?;
            continue;
        }
        let response = world.protocol.answer(&call, world);
        world.settle_opened();
        world.tell_early();
        let sent = send(writer, fault, response);
        world.tell();
        sent?;
    }
    Ok(())
}

/// Moves the world from outside, for servers run by hand.
fn control(words: &str, world: &World) -> Response {
    match words.split('/').collect::<Vec<_>>().as_slice() {
        ["approve", reference] => world.decide(reference, Decision::Approve),
        ["decline", reference, code] => {
            world.decide(reference, Decision::Decline((*code).to_owned()));
        }
        ["repeat", reference] => world.repeat(reference),
        ["release"] => world.release(),
        ["expire-tokens"] => world.expire_tokens(),
        ["ledger"] => {}
        _ => return Response::empty(404),
    }
    let lines: Vec<String> = world.entries().iter().map(|entry| format!("{entry:?}")).collect();
    Response::json(200, &json!(lines))
}

fn send(writer: &mut dyn Write, fault: Option<Fault>, mut answer: Response) -> io::Result<()> {
    match fault {
        None | Some(Fault::TokensExpired | Fault::ErrorBefore) => write(writer, &answer),
        Some(Fault::LostAfterExecute | Fault::Refused) => {
            Err(io::ErrorKind::ConnectionAborted.into())
        }
        Some(Fault::ErrorAfterExecute) => write(writer, &Response::empty(502)),
        Some(Fault::Html) => {
            let page = b"<html><body>The service will be back soon</body></html>".to_vec();
            let headers = vec![("Content-Type", "text/html".to_owned())];
            write(writer, &Response { status: 200, headers, body: page })
        }
        Some(Fault::EmptyOk) => write(writer, &Response::empty(200)),
        Some(Fault::Truncated) => {
            answer.body.truncate(answer.body.len() / 2);
            write(writer, &answer)
        }
        Some(Fault::Huge) => {
            answer.body.splice(..0, vec![b' '; HUGE_BYTES]);
            write(writer, &answer)
        }
        Some(Fault::Drip) => {
            writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
            loop {
                writer.write_all(b" ")?;
                writer.flush()?;
                thread::sleep(DRIP_EVERY);
            }
        }
    }
}

fn write(writer: &mut dyn Write, answer: &Response) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", answer.body.len());
    writer.write_all(&[head.as_bytes(), &answer.body].concat())?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::super::faults::Plan;
    use super::super::wire::{Sent, Unanswered, send};
    use super::super::world::{Callbacks, Entry, Kind, Pace, State};
    use super::super::{Notice, Seal};
    use super::*;

    /// Takes the path for the reference, and tells when it is done.
    struct Simple;

    impl Protocol for Simple {
        fn operation(&self, _call: &Call) -> &'static str {
            "pay"
        }

        fn answer(&self, call: &Call, world: &World) -> Response {
            let reference = call.path.trim_start_matches('/');
            world.open(Entry::new(Kind::Charge, reference, "1")).unwrap_or_default();
            Response::json(200, &json!(call.asked("echo")))
        }

        fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice> {
            let body = format!("{} {seal:?}", entry.reference).into_bytes();
            Some(Notice { method: "POST", path: String::new(), headers: Vec::new(), body })
        }
    }

    fn pay(server: &Server, target: &str) -> Result<(u16, usize), Unanswered> {
        let url = format!("{}/{target}", server.url());
        let sent = Sent { method: "POST", url: &url, headers: Vec::new(), body: b"" };
        send(&sent, server.ca_pem()).map(|answer| (answer.status, answer.body.len()))
    }

    #[test]
    fn every_fault_spoils_its_answer_and_none_spoils_the_ledger() {
        let script = [
            (Fault::LostAfterExecute, None, true),
            (Fault::ErrorAfterExecute, Some((502, 0)), true),
            (Fault::ErrorBefore, Some((503, 0)), false),
            (Fault::EmptyOk, Some((200, 0)), true),
            (Fault::Truncated, Some((200, 1)), true),
            (Fault::Huge, Some((200, HUGE_BYTES + 3)), true),
            (Fault::TokensExpired, Some((200, 3)), true),
        ];
        for (number, (fault, answer, is_done)) in script.into_iter().enumerate() {
            let plan = Plan::Script(vec![("pay", 0, fault)]);
            let server = Server::start(Box::new(Simple), Wishes { plan, ..Wishes::default() });
            assert_eq!(pay(&server, &format!("{number}?echo=%41")).ok(), answer, "{fault:?}");
            let executions: u32 = server.world.entries().iter().map(|one| one.executions).sum();
            assert_eq!(executions == 1, is_done, "{fault:?}");
        }
        let plan = Plan::Script(vec![(CONNECT, 0, Fault::Refused)]);
        let server = Server::start(Box::new(Simple), Wishes { plan, ..Wishes::default() });
        assert!(matches!(pay(&server, "1"), Err(Unanswered::Lost(_))));
        assert_eq!(server.world.calls().len(), 0);
    }

    #[test]
    fn callbacks_come_as_wished() {
        for (callbacks, bodies) in [
            (Callbacks::None, vec![]),
            (Callbacks::Once, vec!["7 Right"]),
            (Callbacks::Duplicate, vec!["7 Right", "7 Right"]),
            (Callbacks::Early, vec!["7 Right"]),
            (Callbacks::Late, vec![]),
            (Callbacks::Forged, vec!["7 Forged"]),
        ] {
            let receiver = crate::Receiver::start();
            let callback_url = Some(receiver.url("/ok"));
            let wishes = Wishes { callbacks, callback_url, ..Wishes::default() };
            let server = Server::start_tls(Box::new(Simple), wishes);
            let early = callbacks == Callbacks::Early;
            assert_eq!(pay(&server, "7").ok(), Some((200, 4)), "{callbacks:?}");
            if early {
                assert_eq!(receiver.received().len(), 1, "before the answer");
            }
            let got = receiver.wait_at("/ok", bodies.len());
            let got: Vec<_> = got.iter().map(|one| String::from_utf8_lossy(&one.body)).collect();
            assert_eq!(got, bodies, "{callbacks:?}");
            if callbacks == Callbacks::Late {
                server.world.release();
                assert_eq!(server.world.told(), [("7".to_owned(), 200)]);
            }
        }
    }

    #[test]
    fn by_hand_nothing_moves_by_itself() {
        let wishes = Wishes { pace: Pace::ByHand, ..Wishes::default() };
        let server = Server::start(Box::new(Simple), wishes);
        pay(&server, "7").unwrap();
        pay(&server, "7").unwrap();
        assert_eq!(server.world.entries()[0].state, State::Pending);
        assert_eq!(server.world.entries()[0].submissions, 2);
        let url = format!("{}/control/decline/7/tired", server.url());
        let sent = Sent { method: "POST", url: &url, headers: Vec::new(), body: b"" };
        assert_eq!(send(&sent, None).unwrap().status, 200);
        assert_eq!(server.world.entries()[0].state, State::Declined("tired".to_owned()));
        assert!(server.world.takes_token("t", Some(&server.world.give_token("t"))));
        server.world.expire_tokens();
        assert!(!server.world.takes_token("t", Some("t-1")));
    }
}
