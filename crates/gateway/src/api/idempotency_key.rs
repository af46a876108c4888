//! The idempotency key of a request.

use axum::http::HeaderMap;
use dialects::json::Object;
use domain::AccountId;
use domain::idempotency::{Fingerprint, KeyScope, KeyUse};
use domain::limits::IDEMPOTENCY_KEY_CHARS_MAX;

use zeroize::Zeroizing;

use crate::api::Problem;
use crate::app::App;

const NAMES: [&str; 2] = ["idempotency-key", "x-idempotency-key"];

/// Reads the key, if there is one: 1 to 255 visible ASCII characters, without the quotes of a
/// structured field.
pub fn key_use(
    headers: &HeaderMap,
    account: AccountId,
    operation: &'static str,
    body: &Object,
) -> Result<Option<KeyUse>, Problem> {
    let mut found = NAMES.iter().flat_map(|name| headers.get_all(*name));
    let Some(value) = found.next() else { return Ok(None) };
    if found.any(|other| other != value) {
        return Err(Problem::Header("Idempotency-Key", "must be given once"));
    }
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_fit = (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&bare.len())
        && bare.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_fit {
        return Err(Problem::Header(
            "Idempotency-Key",
            "must be 1 to 255 visible ASCII characters",
        ));
    }
    let mut fingerprint = [0; 32];
    let canonical = Zeroizing::new(body.canonical());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    fingerprint.copy_from_slice(digest.as_ref());
    Ok(Some(KeyUse {
        scope: KeyScope { account, operation, key: bare.to_owned() },
        fingerprint: Fingerprint(fingerprint),
    }))
}

/// The claim of a request that carries secrets. A bare hash of few unknown digits could be
/// searched for them by whoever reads the database; under a key of ours it tells nothing.
pub fn keyed(key_use: Option<KeyUse>, app: &App) -> Option<KeyUse> {
    key_use.map(|key_use| KeyUse {
        fingerprint: Fingerprint(
            app.master_key.derive("fingerprints").sign(&[&key_use.fingerprint.0]),
        ),
        ..key_use
    })
}
