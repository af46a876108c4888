//! `/webhook-endpoints`: where an account wants to be told, of what, in which dialect.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::json::{Object, Value};
use dialects::object::{endpoint_list_answer, reveal_secret};
use domain::decide::{
    Alteration, Answer, Command, ConfigureEndpoint, EndpointChange, NewEndpoint, Rotation,
    SecretKind,
};
use domain::endpoint::DialectName;
use domain::idempotency::KeyUse;
use domain::limits;
use domain::{AccountId, EndpointId};
use store::query::accounts::{find_secret, list_endpoints_of};

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::{JsonBody, MaybeJsonBody};
use crate::api::{Problem, json_answer, written_answer};
use crate::app::App;
use crate::secrets::{self, SecretText};

pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let endpoints = app.store.read(move |reader| list_endpoints_of(reader, account)).await?;
    Ok(json_answer(StatusCode::OK, endpoint_list_answer(&endpoints)))
}

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = key_use(&headers, account, "POST /webhook-endpoints", &body)?;
    let mut form = Form::of(&body);
    let place = form.place();
    let text = form.required_text("url", limits::URL_CHARS_MAX);
    let dialect = dialect(&mut form);
    if let Some(Err(fault)) = text.map(|text| checked_url(&app, text, dialect)) {
        form.fault_at(place, "url", fault.to_string());
    }
    let events = events(&mut form, dialect);
    let description = form.text("description", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let secret = chosen_secret(&mut form, dialect);
    form.finish()?;
    if dialect == DialectName::DusuPay {
        make_key_beforehand(&app);
    }
    let secret = secret_or_new(secret)?;
    let new = NewEndpoint {
        url: text.unwrap_or_default().to_owned(),
        dialect,
        events: events.unwrap_or_default(),
        description,
        sealed_secret: sealed(&app, account, &secret)?.sealed,
    };
    submit(&app, account, key_use, EndpointChange::Create(new)).await
}

pub async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let id = named(&id)?;
    let key_use = key_of(&headers, account, "PATCH /webhook-endpoints", id, &body)?;
    let dialect = app
        .directory()
        .find_endpoint(account, id)
        .map(|endpoint| endpoint.dialect)
        .ok_or(Problem::NotFound)?;
    let mut form = Form::of(&body);
    let url = form.text("url", limits::URL_CHARS_MAX);
    if let Some(Err(fault)) = url.map(|text| checked_url(&app, text, dialect)) {
        form.fault("url", fault.to_string());
    }
    let events = events(&mut form, dialect);
    let described = form.text("description", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let is_enabled = state(&mut form);
    form.finish()?;
    let alteration = Alteration {
        url: url.map(str::to_owned),
        events,
        description: body.find("description").map(|_| described),
        is_enabled,
    };
    submit(&app, account, key_use, EndpointChange::Alter(id, alteration)).await
}

pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    MaybeJsonBody(body): MaybeJsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let id = named(&id)?;
    let key_use = key_of(&headers, account, "DELETE /webhook-endpoints", id, &body)?;
    submit(&app, account, key_use, EndpointChange::Delete(id)).await
}

pub async fn rotate_secret(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    MaybeJsonBody(body): MaybeJsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let id = named(&id)?;
    let operation = "POST /webhook-endpoints/rotate-secret";
    let key_use = key_of(&headers, account, operation, id, &body)?;
    let dialect =
        app.directory().find_endpoint(account, id).map_or(DialectName::Dgs, |found| found.dialect);
    let mut form = Form::of(&body);
    let overlap = overlap(&mut form);
    let old_signs_alone = old_signs_alone(&mut form);
    let secret = chosen_secret(&mut form, dialect);
    form.finish()?;
    let secret_of_account = app
        .store
        .read(move |reader| find_secret(reader, account, SecretKind::Webhook))
        .await?
        .unwrap_or_default();
    let secret = sealed(&app, account, &secret_or_new(secret)?)?;
    let rotation = Rotation { secret, secret_of_account, overlap, old_signs_alone };
    submit(&app, account, key_use, EndpointChange::RotateSecret(id, rotation)).await
}

async fn submit(
    app: &App,
    account: AccountId,
    key_use: Option<KeyUse>,
    change: EndpointChange,
) -> Result<Response, Problem> {
    let configure = ConfigureEndpoint { account, key_use, change };
    let command = Command::ConfigureEndpoint(Box::new(configure));
    let answer = app.store.lane().submit(command).await?;
    let Answer::Written { body, is_replay } = answer else { return Err(Problem::Bug) };
    // What follows the answer finds the endpoints as they are now.
    if let Err(error) = app.refresh_directory().await {
        tracing::error!(%error, "the accounts could not be read again");
    }
    let open = |bytes: Vec<u8>| {
        let opened = app.master_key.open_kind((account, SecretKind::Webhook), &bytes);
        opened.ok().map(|text| text.to_string())
    };
    let body = reveal_secret(&body, open).ok_or(Problem::Bug)?;
    written_answer(Answer::Written { body, is_replay })
}

fn named(text: &str) -> Result<EndpointId, Problem> {
    EndpointId::parse(text).ok_or(Problem::NotFound)
}

/// A key counts for one endpoint: the path is part of its scope.
fn key_of(
    headers: &HeaderMap,
    account: AccountId,
    operation: &'static str,
    id: EndpointId,
    body: &Object,
) -> Result<Option<KeyUse>, Problem> {
    let mut found = key_use(headers, account, operation, body)?;
    if let Some(key_use) = &mut found {
        // Keys have no blanks, so this is no key of anybody's.
        key_use.scope.key = format!("{} {}", id.text(), key_use.scope.key);
    }
    Ok(found)
}

fn checked_url(
    app: &App,
    text: &str,
    dialect: DialectName,
) -> Result<http::Uri, crate::egress::UrlFault> {
    match dialect {
        DialectName::Dgs | DialectName::Standard => app.egress.check_url(text),
        DialectName::DusuPay => app.egress.check_https_url(text),
    }
}

fn dialect(form: &mut Form<'_>) -> DialectName {
    let Some(word) = form.text("dialect", limits::NAME_CHARS_MAX) else { return DialectName::Dgs };
    DialectName::parse(word).unwrap_or_else(|| {
        form.fault("dialect", "must be dgs, standard or dusupay");
        DialectName::Dgs
    })
}

/// Which events are wanted, each once; an empty list stands for all.
fn events(form: &mut Form<'_>, dialect: DialectName) -> Option<Vec<String>> {
    let words = dialect.event_words();
    let known = |value: &Value| match value {
        Value::Text(text) => words.iter().find(|word| **word == text.trim()).copied(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    };
    let list = match form.value("events")? {
        Value::List(list) => list.iter().map(known).collect::<Option<Vec<&str>>>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => None,
    };
    let Some(mut list) = list else {
        form.fault("events", format!("must be a list of {}; empty for all", words.join(", ")));
        return None;
    };
    list.sort_unstable();
    list.dedup();
    Some(list.into_iter().map(str::to_owned).collect())
}

fn state(form: &mut Form<'_>) -> Option<bool> {
    match form.text("state", limits::NAME_CHARS_MAX)? {
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => {
            form.fault("state", "must be enabled or disabled");
            None
        }
    }
}

pub(super) fn overlap(form: &mut Form<'_>) -> Duration {
    let hours_max = limits::SECRET_OVERLAP_MAX.as_secs() / 3600;
    let hours = match form.value("overlap_hours") {
        None => return limits::SECRET_OVERLAP_DEFAULT,
        Some(Value::Number(text)) => text.parse::<u64>().ok(),
        Some(_) => None,
    };
    let Some(hours) = hours.filter(|hours| *hours <= hours_max) else {
        form.fault("overlap_hours", format!("must be a whole number from 0 to {hours_max}"));
        return Duration::ZERO;
    };
    Duration::from_secs(hours * 3600)
}

fn old_signs_alone(form: &mut Form<'_>) -> bool {
    match form.text("signs_with", limits::NAME_CHARS_MAX) {
        None | Some("new") => false,
        Some("old") => true,
        Some(_) => {
            form.fault("signs_with", "must be new or old");
            false
        }
    }
}

/// A secret that the merchant brings along. Other systems' secrets of the `dusupay` dialect are
/// plain letters and digits.
fn chosen_secret(form: &mut Form<'_>, dialect: DialectName) -> Option<SecretText> {
    let text = form.text("secret", limits::SECRET_CHARS_MAX)?;
    let is_plain = dialect == DialectName::DusuPay
        && text.len() >= limits::SECRET_CHARS_MIN
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain || secrets::is_fit(SecretKind::Webhook, text) {
        return Some(SecretText::new(text.to_owned()));
    }
    form.fault("secret", secrets::form(SecretKind::Webhook));
    None
}

fn secret_or_new(chosen: Option<SecretText>) -> Result<SecretText, Problem> {
    match chosen {
        Some(secret) => Ok(secret),
        None => secrets::new_webhook_secret().map_err(|_| Problem::NotStored),
    }
}

fn sealed(
    app: &App,
    account: AccountId,
    secret: &SecretText,
) -> Result<domain::decide::SealedSecret, Problem> {
    let place = (account, SecretKind::Webhook);
    app.master_key.seal(place, secret, app.clock.now()).map_err(|_| Problem::NotStored)
}

/// So that the first webhook need not wait for it.
fn make_key_beforehand(app: &Arc<App>) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        if let Err(error) = app.dusupay_key().await {
            tracing::warn!(%error, "the key of the dusupay dialect was not made yet");
        }
    });
}
