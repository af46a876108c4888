//! Webhooks of Flutterwave: `flutterwave-signature` is base64 of HMAC-SHA256 over the raw body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::provider::{About, Callback, CallbackAnswer, CallbackFault, Outcome, Told};
use crate::signing::SigningKey;

#[derive(Deserialize)]
struct Envelope {
    /// The event's name stands under one or the other. It may be the endpoint's name, the same for
    /// all of its events, so it is no key by itself.
    #[serde(default)]
    webhook_id: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    data: Subject,
}

#[derive(Deserialize)]
struct Subject {
    id: String,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

/// It never says more than that it is time to enquire.
pub fn read(key: &SigningKey, callback: &Callback<'_>) -> Result<Told, CallbackFault> {
    let signature = callback.header("flutterwave-signature").ok_or(CallbackFault::Forged)?;
    let signature = STANDARD.decode(signature).map_err(|_| CallbackFault::Forged)?;
    if !key.verify(&[callback.body], &signature) {
        return Err(CallbackFault::Forged);
    }
    let unreadable = |_| CallbackFault::Unreadable;
    let Envelope { webhook_id, id: other_id, kind, data } =
        serde_json::from_slice(callback.body).map_err(unreadable)?;
    let Subject { id, reference, status } = data;
    let event = webhook_id.or(other_id).unwrap_or_default();
    let status = status.unwrap_or_default();
    let dedupe_key = format!("{kind} {id} {status} {event}");
    let about = match (kind.split_once('.').map(|(object, _)| object), reference) {
        (Some("charge" | "transfer"), Some(reference)) => About::ClientReference(reference),
        // A refund's has no reference of ours; it is enquired about in its own time.
        (Some(_) | None, _) => About::Nothing,
    };
    Ok(Told { dedupe_key, about, word: None })
}

/// Anything but 200 is sent again, three times at intervals of half an hour.
pub fn answer(outcome: Outcome) -> CallbackAnswer {
    let status = match outcome {
        Outcome::Taken | Outcome::Repeated => 200,
        Outcome::Refused(CallbackFault::Forged) => 401,
        Outcome::Refused(CallbackFault::Unreadable) => 400,
        Outcome::NotStored => 503,
    };
    CallbackAnswer { status, body: String::new() }
}
