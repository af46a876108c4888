//! Providers' calls to us: verified on the raw bytes, stored once, answered in the provider's own
//! language. What they are about is looked into afterwards.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use dialects::provider::{About, Callback, CallbackFault, Connector, Outcome, Told};
use domain::decide::{Answer, Command, TakeCallback};
use domain::limits::{BODY_TIMEOUT, CALLBACK_BODY_BYTES_MAX};
use domain::payment::{PaymentKind, PaymentState};
use domain::provider_call::{CallbackKey, Provider};
use store::query::provider_calls::{find_by_reference, find_call};

use crate::api::Problem;
use crate::api::client_address::client_address;
use crate::app::App;
use crate::config::network;
use crate::server::{Peer, body};

/// `/providers/{provider}/webhook`
pub async fn take(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    take_under(&app, &provider, "", request).await
}

/// The same with more behind it, which some providers' authenticity rests on.
pub async fn take_below(
    State(app): State<Arc<App>>,
    Path((provider, path)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    take_under(&app, &provider, &format!("/{path}"), request).await
}

async fn take_under(
    app: &App,
    provider: &str,
    path: &str,
    request: Request,
) -> Result<Response, Problem> {
    let connector = Provider::parse(provider)
        .and_then(|provider| app.providers.find(provider))
        .ok_or(Problem::NotFound)?;
    let (head, body) = request.into_parts();
    let from = head
        .extensions
        .get::<Peer>()
        .map(|Peer(peer)| client_address(peer.ip(), &head.headers, &app.settings.trusted_proxies));
    let body = body::read(body, CALLBACK_BODY_BYTES_MAX, BODY_TIMEOUT).await?;
    let headers: Vec<(String, Vec<u8>)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let callback = Callback { headers: &headers, path, body: &body, now: app.clock.now() };
    let read = if may_come_from(connector.callback_addresses(), from) {
        connector.read_callback(&callback)
    } else {
        Err(CallbackFault::Forged)
    };
    let outcome = match read {
        Ok(told) => keep(app, connector.as_ref(), told, &body).await,
        Err(fault) => {
            note_fault(connector.provider(), fault);
            Outcome::Refused(fault)
        }
    };
    let answer = connector.answer_callback(&callback, outcome);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// Whether a provider's list of its own addresses, where one is configured, has the caller's.
fn may_come_from(allowed: &[String], from: Option<IpAddr>) -> bool {
    allowed.is_empty()
        || allowed
            .iter()
            .filter_map(|text| network(text))
            .any(|block| from.is_some_and(|address| block.contains(&address)))
}

/// `GET` of the same address: some providers ask whether a payout is ours before they make it.
pub async fn confirm(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    let provider = Provider::parse(&provider).ok_or(Problem::NotFound)?;
    let connector = app.providers.find(provider).ok_or(Problem::NotFound)?;
    let asked = connector.payout_question(&query.unwrap_or_default()).ok_or(Problem::NotFound)?;
    let found = app.store.read(move |reader| {
        let Some((account, payment)) = find_by_reference(reader, provider, &asked)? else {
            return Ok(None);
        };
        find_call(reader, account, payment)
    });
    let due = found.await?.ok_or(Problem::NotFound)?;
    let is_ours =
        due.payment.kind == PaymentKind::Disbursement && due.payment.state == PaymentState::Pending;
    if is_ours { Ok(StatusCode::OK) } else { Err(Problem::NotFound) }
}

/// Nothing of what a forger sends is worth more than a line.
fn note_fault(provider: Provider, fault: CallbackFault) {
    tracing::warn!(provider = provider.word(), %fault, "a callback is refused");
}

async fn keep(app: &App, connector: &dyn Connector, told: Told, body: &[u8]) -> Outcome {
    let provider = connector.provider();
    let about = match &told.about {
        About::ClientReference(reference) => {
            let reference = reference.clone();
            let found =
                app.store.read(move |reader| find_by_reference(reader, provider, &reference)).await;
            match found {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, "a callback could not be looked up");
                    return Outcome::NotStored;
                }
            }
        }
        About::Nothing => None,
    };
    if about.is_none() {
        tracing::warn!(
            provider = provider.word(),
            name = told.dedupe_key,
            "a callback is about no payment of ours; it is kept"
        );
    }
    let command = TakeCallback {
        key: CallbackKey { provider, name: told.dedupe_key },
        about,
        word: told.word,
        body: String::from_utf8_lossy(body).into_owned(),
    };
    match app.store.lane().submit(Command::TakeCallback(Box::new(command))).await {
        Ok(Answer::CallbackTaken { is_repetition: true }) => Outcome::Repeated,
        Ok(_) => Outcome::Taken,
        Err(error) => {
            tracing::error!(%error, "a callback could not be stored");
            Outcome::NotStored
        }
    }
}
