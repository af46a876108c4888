//! The `hash` of a callback: an HMAC under the application's key, of which bytes no page says.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::json::{Tolerance, parse_object};
use crate::signing::SigningKey;

/// Whether the hash fits one of the two readings of "the callback body": the body without its
/// `hash`, or the `transaction` alone. Both need the key, so taking either is safe.
pub fn is_authentic(key: &SigningKey, body: &[u8]) -> bool {
    // The strict reader first: it refuses names that stand twice.
    if parse_object(body, Tolerance::Strict).is_err() {
        return false;
    }
    let Ok(mut members) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body) else {
        return false;
    };
    let hash =
        members.remove("hash").and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let Some(hash) = hash.and_then(|hash| STANDARD.decode(hash).ok()) else { return false };
    let rest: Vec<String> = members
        .iter()
        .map(|(name, raw)| format!("\"{name}\":{}", without_blanks(raw.get())))
        .collect();
    let rest = format!("{{{}}}", rest.join(","));
    let transaction = members.get("transaction").map_or("", |raw| raw.get());
    [rest.as_str(), transaction, &without_blanks(transaction)]
        .into_iter()
        .filter(|candidate| !candidate.is_empty())
        .any(|candidate| key.verify(&[candidate.as_bytes()], &hash))
}

/// JSON as most encoders write it: no blanks between its words.
fn without_blanks(json: &str) -> String {
    let mut is_text = false;
    let mut is_escaped = false;
    let keep = |c: &char| {
        let keeps = is_text || !c.is_ascii_whitespace();
        is_text ^= *c == '"' && !is_escaped;
        is_escaped = is_text && *c == '\\' && !is_escaped;
        keeps
    };
    json.chars().filter(keep).collect()
}
