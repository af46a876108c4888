//! `/encryption-keys/rotate` and `/api-keys/rotate`: a new key at once, the old one for a while.
//! In the sandbox alone: in live, whoever holds an API key must not be able to make another.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::object::reveal_secret;
use domain::decide::{Answer, Command, RotateSecret, SecretKind};

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::MaybeJsonBody;
use crate::api::webhook_endpoints::overlap;
use crate::api::{Problem, written_answer};
use crate::app::App;
use crate::secrets;

pub async fn rotate_encryption_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: MaybeJsonBody,
) -> Result<Response, Problem> {
    rotate(
        &app,
        &caller,
        (SecretKind::Encryption, "POST /encryption-keys/rotate"),
        (&headers, body),
    )
    .await
}

pub async fn rotate_api_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: MaybeJsonBody,
) -> Result<Response, Problem> {
    rotate(&app, &caller, (SecretKind::ApiKey, "POST /api-keys/rotate"), (&headers, body)).await
}

async fn rotate(
    app: &App,
    caller: &Caller,
    (kind, operation): (SecretKind, &'static str),
    (headers, MaybeJsonBody(body)): (&HeaderMap, MaybeJsonBody),
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = key_use(headers, account, operation, &body)?;
    let mut form = Form::of(&body);
    let overlap = overlap(&mut form);
    form.finish()?;
    let fresh = secrets::fresh(kind, app.settings.environment).map_err(|_| Problem::NotStored)?;
    let sealed = app.master_key.seal((account, kind), &fresh, app.clock.now());
    let secret = sealed.map_err(|_| Problem::NotStored)?;
    let rotate = RotateSecret { key_use, secret, overlap };
    let answer = app.store.lane().submit(Command::RotateSecret(Box::new(rotate))).await?;
    let Answer::Written { body, is_replay } = answer else { return Err(Problem::Bug) };
    // What follows the answer finds the keys as they are now.
    if let Err(error) = app.refresh_directory().await {
        tracing::error!(%error, "the accounts could not be read again");
    }
    let open = |bytes: Vec<u8>| {
        let opened = app.master_key.open_kind((account, kind), &bytes);
        opened.ok().map(|text| text.to_string())
    };
    let body = reveal_secret(&body, open).ok_or(Problem::Bug)?;
    written_answer(Answer::Written { body, is_replay })
}
