//! A merchant's side of the API: where it is, and who asks.

use std::fmt::Write;
use std::io;
use std::net::SocketAddr;

use crate::http::{Answer, Connection};

/// What the sandbox prints for its one merchant. Made up for the test, so it may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub api_key: String,
    pub account_number: String,
    pub encryption_key: String,
    pub webhook_secret: String,
}

#[derive(Clone, Debug)]
pub struct Client {
    pub address: SocketAddr,
    /// The path of the API base URL, such as `/generation/v2`.
    pub base_path: String,
    pub credentials: Credentials,
}

impl Client {
    /// A request as the guide makes it: both credential headers, JSON when there is a body.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.try_request(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{method} {path} got no answer: {error}"))
    }

    /// Like [`Client::request`], for when the server may be dying.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> io::Result<Answer> {
        let body = body.as_ref();
        let mut all = vec![
            ("X-DGS-API-Key", self.credentials.api_key.as_str()),
            ("X-DGS-ACCOUNT-NUMBER", self.credentials.account_number.as_str()),
        ];
        if !body.is_empty() {
            all.push(("Content-Type", "application/json"));
        }
        all.extend_from_slice(headers);
        self.try_bare_request(method, &format!("{}{path}", self.base_path), &all, body)
    }

    /// A request with these headers only (and `Host`, `Content-Length`), to a path from the root.
    pub fn bare_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.try_bare_request(method, path, headers, body.as_ref())
            .unwrap_or_else(|error| panic!("{method} {path} got no answer: {error}"))
    }

    pub fn try_bare_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut bytes = self.head(method, path, headers, body.len()).into_bytes();
        bytes.extend_from_slice(body);
        self.try_raw(&bytes)
    }

    /// These bytes on a connection of their own.
    pub fn try_raw(&self, bytes: &[u8]) -> io::Result<Answer> {
        let mut connection = self.connect()?;
        // A server that refuses early may close before it has read all; its answer still counts.
        let sent = connection.send(bytes);
        connection.read_answer().map_err(|error| sent.err().unwrap_or(error))
    }

    pub fn connect(&self) -> io::Result<Connection> {
        Connection::open(self.address)
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").expect("a String takes all");
        }
        if length > 0 || method != "GET" {
            write!(head, "Content-Length: {length}\r\n").expect("a String takes all");
        }
        head + "Connection: close\r\n\r\n"
    }
}
