//! Secrets in answers: each is shown once, and the answer is kept for repetitions with the secret
//! as it is stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::decide::SealedSecret;
use serde::Serialize;

use crate::object::{record_time, to_text};

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    data: SecretObject,
}

#[derive(Serialize)]
struct SecretObject {
    kind: &'static str,
    created_at: String,
    old_secret_ends_at: Option<String>,
    secret: String,
}

/// A new secret of an account, as it is stored; [`reveal_secret`] opens it on the way out.
pub fn secret_answer(secret: &SealedSecret) -> String {
    let data = SecretObject {
        kind: secret.kind.word(),
        created_at: record_time(secret.created_at),
        old_secret_ends_at: secret.old_ends_at.map(record_time),
        secret: sealed_text(&secret.sealed),
    };
    to_text(&Answer { status: "success", data })
}

/// What stands in the place of a secret in the stored answer, before the sealed bytes. No secret
/// of a merchant begins so.
const SEALED: &str = "sealed:";

pub(super) fn sealed_text(sealed: &[u8]) -> String {
    format!("{SEALED}{}", STANDARD.encode(sealed))
}

/// Puts what `open` makes of the sealed secret in its place. `None` where it cannot be opened.
pub fn reveal_secret(answer: &str, open: impl FnOnce(Vec<u8>) -> Option<String>) -> Option<String> {
    let opening = format!(r#","secret":"{SEALED}"#);
    let Some((before, rest)) = answer.rsplit_once(&opening) else {
        return Some(answer.to_owned());
    };
    let (sealed, after) = rest.split_once('"')?;
    let secret = open(STANDARD.decode(sealed).ok()?)?;
    Some(format!(r#"{before},"secret":{}{after}"#, to_text(&secret)))
}
