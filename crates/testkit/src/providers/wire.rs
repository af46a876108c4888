//! The few outgoing requests of the kit: callbacks, and what a connector wants sent. Plain HTTP
//! and TLS, one connection each.

use std::io::{self, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Notice;
use crate::http::{Answer, read_answer};

/// No server of the kit takes this long for a whole answer, unless a test wants it to.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a connection is made of.
pub trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A request as it is sent.
#[derive(Debug)]
pub struct Sent<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
}

/// Why there is no whole answer.
#[derive(Debug)]
pub enum Unanswered {
    /// There was no connection.
    NotSent(io::Error),
    Lost(io::Error),
}

/// Sends a callback; the status of its answer.
pub(super) fn notify(url: &str, notice: &Notice) -> Result<u16, Unanswered> {
    let url = format!("{url}{}", notice.path);
    let headers = notice.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = Sent { method: notice.method, url: &url, headers, body: &notice.body };
    send(&sent, None).map(|answer| answer.status)
}

/// `ca_pem` is whom to trust where the address begins with `https`.
pub fn send(sent: &Sent<'_>, ca_pem: Option<&str>) -> Result<Answer, Unanswered> {
    let (scheme, rest) = sent.url.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mut head = format!("{} {slash}{path} HTTP/1.1\r\nHost: {authority}\r\n", sent.method);
    for (name, value) in &sent.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n", sent.body.len());
    let wire = connect(scheme, authority, ca_pem).map_err(Unanswered::NotSent)?;
    exchange(wire, &[head.as_bytes(), sent.body].concat()).map_err(Unanswered::Lost)
}

fn exchange(mut wire: Box<dyn Wire>, message: &[u8]) -> io::Result<Answer> {
    wire.write_all(message)?;
    wire.flush()?;
    read_answer(&mut BufReader::new(Hurried { wire, until: Instant::now() + PATIENCE }))
}

/// Reads while there is time, however little each read brings.
struct Hurried {
    wire: Box<dyn Wire>,
    until: Instant,
}

impl Read for Hurried {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() > self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.wire.read(buffer)
    }
}

fn connect(scheme: &str, authority: &str, ca_pem: Option<&str>) -> io::Result<Box<dyn Wire>> {
    let address = authority.to_socket_addrs()?.next().ok_or_else(|| wrong(authority))?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    match (scheme, ca_pem) {
        ("http", _) => Ok(Box::new(stream)),
        ("https", Some(pem)) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
            }
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_root_certificates(roots)
                .with_no_client_auth();
            let name = ServerName::from(address.ip());
            let tls = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
            Ok(Box::new(StreamOwned::new(tls, stream)))
        }
        _ => Err(wrong(scheme)),
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("nothing to send to: {what}"))
}
