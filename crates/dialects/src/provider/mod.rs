//! Providers' languages, as data in and data out. A connector is a folder here: it says what to
//! send and reads what comes back; the gateway does the sending, and knows no provider's protocol.

pub mod airtel_money;
mod body;
pub mod dusupay;
pub mod flutterwave;
pub mod look_up;
#[cfg(test)]
mod look_up_tests;
#[cfg(test)]
mod mobile_samples;
pub mod mtn_momo;
pub mod providus;
pub mod setting;
pub mod simulator;
mod simulator_card;

use std::fmt;
use std::time::Duration;

use domain::payment::{Detail, Method, Payment, PaymentKind};
use domain::phone::Network;
use domain::provider_call::{Provider, ProviderCall, Word};
use domain::{Currency, Money, Timestamp};
use zeroize::Zeroizing;

use look_up::{Found, LookUp};

/// A text that may be used, not seen: it prints as `***` and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
}

/// One HTTP request to a provider.
#[derive(Clone)]
pub struct Request {
    pub verb: Verb,
    /// Whole, with its query.
    pub url: String,
    /// Names in lower case. `authorization` only where `token` is `None`.
    pub headers: Vec<(&'static str, Secret)>,
    pub body: Zeroizing<Vec<u8>>,
    /// Which of the provider's tokens goes with it as `Authorization: Bearer`: the name that
    /// [`Connector::token_request`] is asked for.
    pub token: Option<&'static str>,
}

/// Where it goes; never what is in it.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.verb, self.url)
    }
}

/// What became of a request.
#[derive(Clone)]
pub enum Reply {
    /// The whole answer.
    Answered { status: u16, body: Zeroizing<Vec<u8>> },
    /// It was sent, or may have been, and no whole answer came: a time-out, a broken connection,
    /// an answer too large.
    Lost,
    /// Certainly nothing was sent: no connection, no token.
    NotSent,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Answered { status, body } => write!(f, "{status}, {} bytes", body.len()),
            Reply::Lost => f.write_str("lost"),
            Reply::NotSent => f.write_str("not sent"),
        }
    }
}

/// What a connector wants done next.
#[derive(Debug)]
pub enum Next {
    Send(Request),
    Done(Word),
}

/// What a provider is asked about one payment.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub task: Task<'a>,
    pub call: &'a ProviderCall,
    pub payment: &'a Payment,
    pub detail: &'a Detail,
    /// The charge that a refund gives back.
    pub charge: Option<&'a Payment>,
    /// The provider's own code of the recipient's bank, where one is configured.
    pub bank_code: Option<&'a str>,
    /// Where the provider tells us of changes, such as
    /// `https://pay.example.rw/providers/mtn_momo/webhook`.
    pub callback_url: &'a str,
    /// Where a payer's browser comes back to.
    pub return_url: &'a str,
    /// Bytes that nobody can guess, drawn anew for every ask, the same throughout it.
    pub chance: &'a [u8; 64],
    pub now: Timestamp,
}

#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// To do it, under `call.client_reference`. Only a card charge has card data, and only once:
    /// it is never kept.
    Submit(Option<&'a CardData>),
    /// To take what the payer showed.
    Authorize(Shown<'a>),
    /// How it stands. [`Verdict::Unheard`](domain::provider_call::Verdict::Unheard) when the
    /// provider says that it has no such payment.
    Enquire,
}

/// A card as it is sent on. Wiped when dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardData {
    pub number: Secret,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Four digits.
    pub expiry_year: u16,
    pub cvv: Secret,
}

/// What a card's holder showed.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    Pin(&'a Secret),
    Otp(&'a Secret),
    Address(&'a Address),
}

/// The billing address of a card (AVS).
#[derive(Clone, Debug)]
pub struct Address {
    pub line1: String,
    pub line2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    /// ISO 3166 alpha-2, upper case.
    pub country: String,
    pub postal_code: Option<String>,
}

/// A token and how long it serves from the moment it was given.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: Secret,
    pub serves: Duration,
}

/// A provider's call to us, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Callback<'a> {
    /// Names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// What stands after `/providers/{provider}/webhook`, with its first slash; often empty.
    pub path: &'a str,
    pub body: &'a [u8],
    pub now: Timestamp,
}

impl Callback<'_> {
    /// The value of a header that stands there once, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => std::str::from_utf8(value).ok(),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }
}

/// What an authentic callback tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The same for every copy of the callback, and for no other of this provider.
    pub dedupe_key: String,
    pub about: About,
    /// What it says, where the callback by itself may be believed. `None` where it only means
    /// that it is time to enquire.
    pub word: Option<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Our own name for the call.
    ClientReference(String),
    /// Nothing that we follow.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    #[error("the signature is missing or wrong")]
    Forged,
    #[error("the body cannot be read")]
    Unreadable,
}

/// What became of a callback here, to be told in the provider's own language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable now.
    Taken,
    /// It was durable before.
    Repeated,
    Refused(CallbackFault),
    /// Our fault, and it will pass: the provider must send it again.
    NotStored,
}

/// Our answer to a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackAnswer {
    pub status: u16,
    /// JSON, or empty.
    pub body: String,
}

/// A kind of payment that a provider may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    pub kind: PaymentKind,
    pub method: Method,
    pub network: Option<Network>,
    pub currency: Currency,
}

/// The language of one provider, with the credentials to speak it. Pure: the same question and the
/// same replies lead to the same next step.
pub trait Connector: fmt::Debug + Send + Sync {
    fn provider(&self) -> Provider;

    /// Which payments it can serve at all. Asked before a payment is made.
    fn serves(&self, service: &Service) -> bool;

    /// What comes after `replies`, which are those to the requests of this ask so far, in order.
    /// A reply that cannot be read is never a failure of the payment.
    fn next(&self, ask: &Ask<'_>, replies: &[Reply]) -> Next;

    /// The request that brings the token of this name. `None` where the provider knows no tokens.
    fn token_request(&self, name: &'static str) -> Option<Request>;

    fn read_token(&self, status: u16, body: &[u8]) -> Option<Token>;

    /// How long to wait for an answer.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// How long after a request the provider's "never heard of it" is to be believed.
    fn unheard_after(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Addresses that callbacks may come from; empty for all. What comes from elsewhere is answered
    /// like a forgery, without being read.
    fn callback_addresses(&self) -> &[String] {
        &[]
    }

    /// The payout that a GET to our callback address asks about, by our own name for it, where the
    /// provider asks whether a payout is ours before it makes it. The answer is 200 while it is an
    /// open disbursement at this provider, 404 otherwise. `query` is what stands behind the `?`.
    fn payout_question(&self, _query: &str) -> Option<String> {
        None
    }

    /// The requests that bring what is looked up; none where the provider cannot tell.
    fn look_up(&self, _what: &LookUp) -> Vec<Request> {
        Vec::new()
    }

    /// What the replies to those requests say, in the same order. `None` where they do not.
    fn read_look_up(&self, _what: &LookUp, _replies: &[Reply]) -> Option<Found> {
        None
    }

    /// Verifies the raw bytes and reads them.
    fn read_callback(&self, callback: &Callback<'_>) -> Result<Told, CallbackFault>;

    fn answer_callback(&self, callback: &Callback<'_>, outcome: Outcome) -> CallbackAnswer;
}

/// An amount that a provider states in its own text; `None` where it is of no currency of ours or
/// no exact amount of it.
pub fn stated(amount: &str, currency: &str) -> Option<Money> {
    Money::from_decimal_text(amount, Currency::parse(currency)?).ok()
}
