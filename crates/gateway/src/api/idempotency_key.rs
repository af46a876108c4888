//! The idempotency key of a request, and what was answered under it before.

use axum::http::HeaderMap;
use axum::response::Response;
use dialects::json::Object;
use domain::AccountId;
use domain::decide::Answer;
use domain::idempotency::{Fingerprint, Judgement, KeyScope, KeyUse, judge};
use domain::limits::IDEMPOTENCY_KEY_CHARS_MAX;
use store::query::first_uses::find_first_use;

use zeroize::Zeroizing;

use crate::api::{Problem, written_answer};
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
    let scope = KeyScope { account, operation, key: bare.to_owned() };
    Ok(Some(KeyUse { scope, fingerprint: fingerprint(body) }))
}

pub fn fingerprint(body: &Object) -> Fingerprint {
    let mut fingerprint = [0; 32];
    let canonical = Zeroizing::new(body.canonical());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    fingerprint.copy_from_slice(digest.as_ref());
    Fingerprint(fingerprint)
}

/// What a request with a fault is answered: its first answer, when it was in order at the time
/// and time alone made it faulty; else the fault.
pub async fn replayed(
    app: &App,
    key_use: Option<KeyUse>,
    problem: Problem,
) -> Result<Response, Problem> {
    written_answer(first_answer(app, key_use, problem).await?)
}

pub async fn first_answer(
    app: &App,
    key_use: Option<KeyUse>,
    problem: Problem,
) -> Result<Answer, Problem> {
    find_answer(app, key_use.as_ref()).await?.ok_or(problem)
}

/// The first answer under a key, where this is a repetition.
pub async fn find_answer(app: &App, key_use: Option<&KeyUse>) -> Result<Option<Answer>, Problem> {
    let Some(KeyUse { scope, fingerprint }) = key_use.cloned() else { return Ok(None) };
    let first = app.store.read(move |reader| find_first_use(reader, &scope)).await?;
    Ok(match judge(first.as_ref(), &fingerprint) {
        Judgement::Replay(body) => Some(Answer::Written { body: body.to_owned(), is_replay: true }),
        Judgement::Proceed | Judgement::Running | Judgement::KeyReused => None,
    })
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
