//! Webhooks in every dialect: how a body is written and signed, and what a receiver's answer
//! means. What is signed here is also verified here, so that the two sides cannot drift apart.

pub mod dgs;
pub mod dusupay;
pub mod standard;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::account::Account;
use domain::decide::Told;
use domain::delivery::Reading;
use domain::event::EventKind;

use crate::signing::SigningKey;

pub use dgs::Dgs;
pub use dusupay::DusuPay;
pub use standard::Standard;

/// The headers of one attempt.
pub type Headers = Vec<(&'static str, String)>;

pub trait Dialect: Send + Sync {
    /// The body of an event, where it differs from the guide's. Frozen when the event is recorded.
    fn write(&self, account: &Account, kind: EventKind, told: Told<'_>) -> Option<String>;
    fn sign(&self, secrets: &Secrets<'_>, message: &Message<'_>) -> Headers;
    /// What an answer means; `retry_after` is the receiver's own wish.
    fn read(&self, status: u16, retry_after: Option<Duration>) -> Reading;
}

/// What one attempt sends.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The same for every attempt of an event.
    pub event_id: &'a str,
    pub unix_seconds: i64,
    pub body: &'a [u8],
}

/// The secrets that sign at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Secrets<'a> {
    /// Signs where there is room for one signature.
    pub lead: &'a WebhookSecret,
    /// During a rotation, the other of the two.
    pub other: Option<&'a WebhookSecret>,
}

/// The two keys that follow from one webhook secret: its text for hex signatures, the bytes it
/// encodes for Standard Webhooks.
#[derive(Debug)]
pub struct WebhookSecret {
    text: SigningKey,
    decoded: SigningKey,
}

impl WebhookSecret {
    /// `whsec_` and base64, or any other text, which then is its own bytes.
    pub fn new(secret: &str) -> WebhookSecret {
        let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
        let decoded = STANDARD.decode(encoded).unwrap_or_else(|_| encoded.as_bytes().to_vec());
        WebhookSecret {
            text: SigningKey::new(secret.as_bytes()),
            decoded: SigningKey::new(&decoded),
        }
    }
}
