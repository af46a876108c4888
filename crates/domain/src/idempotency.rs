//! One key, one effect: what a request under an idempotency key leads to.

use crate::id::{AccountId, PaymentId};
use crate::time::Timestamp;

/// Where a key counts: an account, and one method and path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyScope {
    pub account: AccountId,
    /// Such as `POST /charges`.
    pub operation: &'static str,
    /// 1 to 255 visible ASCII characters.
    pub key: String,
}

/// SHA-256 of the canonical form of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// A request's own claim on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    pub scope: KeyScope,
    pub fingerprint: Fingerprint,
}

/// Written in the same transaction as the effect, so a key without its effect cannot exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstUse {
    pub fingerprint: Fingerprint,
    /// The answer's bytes, as the first request got them. `None` while it waits for a provider.
    pub body: Option<String>,
    /// What the first request made, where its answer is told later.
    pub payment: Option<PaymentId>,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement<'a> {
    Proceed,
    Replay(&'a str),
    /// The first request has no answer yet.
    Running,
    KeyReused,
}

pub fn judge<'a>(first: Option<&'a FirstUse>, fingerprint: &Fingerprint) -> Judgement<'a> {
    match first {
        None => Judgement::Proceed,
        Some(first) if first.fingerprint == *fingerprint => {
            first.body.as_deref().map_or(Judgement::Running, Judgement::Replay)
        }
        Some(_) => Judgement::KeyReused,
    }
}
