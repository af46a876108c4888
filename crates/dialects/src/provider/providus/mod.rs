//! Providus Bank (Nigeria): virtual accounts, and the settlement notices that its DCS system sends
//! for them. It serves no payments that we ask for, so it is no [`Connector`](super::Connector).
//!
//! Solid, from the bank's page on its webhook: headers, fields and response codes of notices.
//! Solid, because several public clients agree: the paths, bodies and answers of opening accounts
//! and of `PiPverifyTransaction_settlementid`, whose answer has the fields of a notice, and an empty
//! `settlementId` where the bank knows none. Deduced: that its amounts are those of the notice.

mod notice;

pub use notice::NoticeFault;

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use domain::deposit::{Judgement, Notice, ReviewReason};
use domain::virtual_account::VirtualAccountKind;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::json::{Object, Tolerance, Value, parse_object};
use crate::object::to_text;
use crate::provider::setting::{Need, Setting};
use crate::provider::{
    Callback, CallbackAnswer, CallbackFault, Outcome, Reply, Request, Secret, Verb,
};

pub const SETTINGS: &[Setting] = &[
    setting("url", "Providus' address up to /PiP…; without it no accounts can be opened"),
    setting("client_id", "The Client-Id, in both directions"),
    setting("client_secret", "The ClientSecret that goes with it"),
    setting("verify", "on: the bank is asked about every deposit before it is credited"),
    setting("unverified", "credit or review: what becomes of deposits when verify is off"),
];

const fn setting(name: &'static str, about: &'static str) -> Setting {
    Setting { name, about, need: Need::Optional }
}

pub const BANK_NAME: &str = "Providus Bank";

/// The bank's public credentials for its own sandbox.
pub const SANDBOX_CLIENT_ID: &str = "dGVzdF9Qcm92aWR1cw==";
pub const SANDBOX_CLIENT_SECRET: &str = "29A492021F4B709A8D1152C3EF4D32DC5A7092723ECAC4C511781003584B48873CCBFEBDEAE89CF22ED1CB1A836213549BC6638A3B563CA7FC009BEB3BC30CF8";

/// How long to wait for an answer of the bank.
pub const PATIENCE: Duration = Duration::from_secs(30);

const SIGNATURE: &str = "x-auth-signature";
const CLIENT_ID: &str = "client-id";

/// The bank's language, with the credentials to speak it.
#[derive(Clone, Debug)]
pub struct Providus {
    client_id: Secret,
    /// SHA-512 of `Client-Id:ClientSecret`: the same in both directions, on every message.
    signature: Signature,
}

#[derive(Clone)]
struct Signature(Zeroizing<[u8; 64]>);

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What the bank gave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub number: String,
    /// As the bank will show it.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// In the bank's own words.
    #[error("the bank refuses: {0}")]
    Refused(String),
    #[error("the bank did not answer readably")]
    NoAnswer,
}

#[derive(Serialize)]
struct OpenBody<'a> {
    account_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bvn: Option<&'a str>,
}

#[derive(Serialize)]
struct NoticeAnswer<'a> {
    #[serde(rename = "requestSuccessful")]
    request_successful: bool,
    #[serde(rename = "sessionId")]
    session_id: &'a str,
    #[serde(rename = "responseMessage")]
    response_message: &'static str,
    #[serde(rename = "responseCode")]
    response_code: &'static str,
}

impl Providus {
    pub fn new(client_id: Secret, client_secret: &Secret) -> Providus {
        let mut context = digest::Context::new(&digest::SHA512);
        for part in [client_id.reveal(), ":", client_secret.reveal()] {
            context.update(part.as_bytes());
        }
        let mut signature = Zeroizing::new([0; 64]);
        signature.copy_from_slice(context.finish().as_ref());
        Providus { client_id, signature: Signature(signature) }
    }

    /// The session that a notice names, to be echoed, and the notice where it is authentic.
    pub fn read_notice(&self, callback: &Callback<'_>) -> (String, Result<Notice, NoticeFault>) {
        let object = match parse_object(callback.body, Tolerance::Strict) {
            Ok(object) => object,
            Err(fault) => {
                let fault =
                    if self.is_signed(callback) { fault.into() } else { NoticeFault::Forged };
                return (String::new(), Err(fault));
            }
        };
        let session_id = text(&object, "sessionId");
        let notice =
            if self.is_signed(callback) { notice::read(&object) } else { Err(NoticeFault::Forged) };
        (session_id, notice)
    }

    /// The signature is a password that covers nothing of the body.
    fn is_signed(&self, callback: &Callback<'_>) -> bool {
        let shown = callback.header(SIGNATURE).and_then(|hex| hex::decode(hex).ok());
        let signature = shown.unwrap_or_default();
        let is_right =
            constant_time::verify_slices_are_equal(&*self.signature.0, &signature).is_ok();
        let names_another = callback.headers.iter().any(|(name, value)| {
            name == CLIENT_ID && value.as_slice() != self.client_id.reveal().as_bytes()
        });
        is_right && !names_another
    }

    /// A notice as the bank sends it: headers and body. The sandbox's bank speaks so too.
    pub fn write_notice(&self, notice: &Notice) -> (Vec<(String, Vec<u8>)>, String) {
        let headers = self.headers().into_iter();
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.reveal().as_bytes().to_vec()))
            .collect();
        (headers, notice::write(notice))
    }

    /// `base_url` is what stands before `/PiP…`. Only reserved accounts are in somebody's name, who
    /// is known by a bank verification number.
    pub fn open_account(
        &self,
        base_url: &str,
        kind: VirtualAccountKind,
        name: &str,
        bvn: Option<&str>,
    ) -> Request {
        let path = match kind {
            VirtualAccountKind::Reserved => "PiPCreateReservedAccountNumber",
            VirtualAccountKind::Dynamic => "PiPCreateDynamicAccountNumber",
        };
        let mut headers = self.headers();
        headers.push(("content-type", Secret::new("application/json")));
        Request {
            verb: Verb::Post,
            url: format!("{base_url}/{path}"),
            headers,
            body: Zeroizing::new(to_text(&OpenBody { account_name: name, bvn }).into_bytes()),
            token: None,
        }
    }

    pub fn read_opened(&self, reply: &Reply) -> Result<Opened, OpenFault> {
        let object = answered(reply).ok_or(OpenFault::NoAnswer)?;
        let number = text(&object, "account_number");
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        match object.find("requestSuccessful") {
            Some(Value::Bool(true)) if is_number => {
                Ok(Opened { number, name: text(&object, "account_name") })
            }
            Some(Value::Bool(false)) => Err(OpenFault::Refused(text(&object, "responseMessage"))),
            Some(_) | None => Err(OpenFault::NoAnswer),
        }
    }

    /// Asks what the bank has booked under a name.
    pub fn verify(&self, base_url: &str, settlement_id: &str) -> Request {
        let id = percent_encoded(settlement_id);
        Request {
            verb: Verb::Get,
            url: format!("{base_url}/PiPverifyTransaction_settlementid?settlement_id={id}"),
            headers: self.headers(),
            body: Zeroizing::default(),
            token: None,
        }
    }

    /// What the answer says of a notice. What cannot be read says nothing.
    pub fn judge(&self, reply: &Reply, told: &Notice) -> Judgement {
        let Some(object) = answered(reply) else { return Judgement::Silent };
        if text(&object, "settlementId").is_empty() {
            return Judgement::Unheard;
        }
        match notice::read(&object) {
            Ok(booked) if booked.agrees_with(told) => Judgement::Credit,
            Ok(_) => Judgement::Hold(ReviewReason::BankDisagrees),
            Err(_) => Judgement::Silent,
        }
    }

    fn headers(&self) -> Vec<(&'static str, Secret)> {
        let signature = Secret::new(hex::encode(*self.signature.0));
        vec![(CLIENT_ID, self.client_id.clone()), (SIGNATURE, signature)]
    }
}

/// The answer to a notice, always HTTP 200: its code says what became of it.
pub fn answer_notice(session_id: &str, outcome: Outcome) -> CallbackAnswer {
    let (response_code, response_message) = match outcome {
        Outcome::Taken => ("00", "success"),
        Outcome::Repeated => ("01", "duplicate transaction"),
        Outcome::Refused(CallbackFault::Forged | CallbackFault::Unreadable) => {
            ("02", "rejected transaction")
        }
        Outcome::NotStored => ("03", "system failure, retry"),
    };
    let answer =
        NoticeAnswer { request_successful: true, session_id, response_message, response_code };
    CallbackAnswer { status: 200, body: to_text(&answer) }
}

fn answered(reply: &Reply) -> Option<Object> {
    match reply {
        Reply::Answered { status: 200, body } => parse_object(body, Tolerance::Strict).ok(),
        Reply::Answered { .. } | Reply::Lost | Reply::NotSent => None,
    }
}

/// A text or a number, trimmed; empty where there is none.
fn text(object: &Object, name: &str) -> String {
    match object.find(name) {
        Some(Value::Text(text) | Value::Number(text)) => text.trim().to_owned(),
        Some(Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_)) | None => {
            String::new()
        }
    }
}

/// For a query: everything but letters, digits and `-_.` as `%XX`.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests;
