//! Servers that speak the providers' protocols over HTTP, for tests and for trying things by hand.
//!
//! A provider is a [`Protocol`]: what it answers, and how it tells of an end. Everything else is
//! here: [`World`] holds the truth about every payment, the tokens and the callbacks, and lets a
//! test move them; a [`Plan`] says which answers go wrong. Nothing waits and nothing reads a clock.

pub mod airtel_money;
pub mod cast;
pub mod drive;
pub mod dusupay;
pub mod faults;
pub mod flutterwave;
pub mod mtn_momo;
pub mod providus;
pub mod server;
pub mod wire;
pub mod world;

use serde_json::Value;

pub use cast::{Cast, Part};
pub use faults::{Fault, Plan};
pub use server::Server;
pub use world::{Callbacks, Decision, Entry, Kind, Pace, State, World};

use crate::http::Head;

/// One provider's side of the conversation.
pub trait Protocol: Send + Sync {
    /// What a request asks for, in one word: faults are planned and requests are counted by it.
    /// `token` for requests for a token.
    fn operation(&self, call: &Call) -> &'static str;

    fn answer(&self, call: &Call, world: &World) -> Response;

    /// What the client is told when a payment ends; `None` where the provider tells nothing.
    fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice>;

    /// Whether a callback goes out again after this answer (0: none came) to the last of `sends`.
    fn sends_again(&self, _status: u16, _sends: u32) -> bool {
        false
    }
}

/// Every server there is, by the provider's word: the test credentials of each are in its module.
pub fn find(name: &str) -> Option<Box<dyn Protocol>> {
    match name {
        "providus" => Some(Box::<providus::Providus>::default()),
        "dusupay" => Some(Box::<dusupay::DusuPay>::default()),
        "airtel_money" => Some(Box::new(airtel_money::AirtelMoney::default())),
        "mtn_momo" => Some(Box::new(mtn_momo::MtnMomo::default())),
        "flutterwave" => Some(Box::new(flutterwave::Flutterwave::default())),
        _ => None,
    }
}

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Decoded.
    pub query: Vec<(String, String)>,
    pub head: Head,
    pub body: Vec<u8>,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON. `Null` when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn empty(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn json(status: u16, body: &Value) -> Response {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Response { status, headers, body: body.to_string().into_bytes() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }
}

/// A call of the provider to its client.
#[derive(Clone, Debug)]
pub struct Notice {
    pub method: &'static str,
    /// Goes behind the callback address; often empty.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// How a notice is signed, where the provider signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    Right,
    Forged,
}

/// `a=1&b=%2B` in pairs.
fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped =
            after.get(..2).filter(|_| *first == b'%').and_then(|two| hex::decode(two).ok());
        match escaped {
            Some(decoded) => {
                bytes.extend(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
