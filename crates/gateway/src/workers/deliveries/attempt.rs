//! One attempt: signed, sent, its answer read in the endpoint's dialect, and written down. No
//! transaction is open while the network is waited for.

use std::sync::Arc;

use dialects::webhook::{Dialect, Headers, Message};
use domain::Timestamp;
use domain::decide::{Answer, Command};
use domain::delivery::{Attempt, Delivery, DeliveryKey, JITTER_PERMILLE, Reading};
use domain::endpoint::{DialectName, Endpoint};
use http::{HeaderName, HeaderValue};

use crate::app::App;
use crate::egress::{Outgoing, Sent};
use crate::secrets::random_below;
use crate::workers::FreshDelivery;

/// What an attempt says about its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// No answer, or none in time.
    Silent,
    NotSent,
}

/// Makes one attempt and writes it down.
pub(super) async fn deliver(app: &Arc<App>, fresh: FreshDelivery) -> Outcome {
    let key = fresh.delivery.key;
    let mut found = destination(app, &fresh.delivery);
    if found.is_none() && !park(app, key).await {
        found = destination(app, &fresh.delivery);
    }
    let Some((url, name)) = found else { return Outcome::NotSent };
    let dialect = match app.dialect(name).await {
        Ok(dialect) => dialect,
        Err(error) => {
            tracing::error!(%error, "a webhook could not be signed; its lease will run out");
            return Outcome::NotSent;
        }
    };
    let started_at = app.clock.now();
    let headers = sign(app, &*dialect, name, &fresh);
    let mut all = vec![(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            all.push((HeaderName::from_static(name), value));
        }
    }
    let body = bytes::Bytes::copy_from_slice(fresh.body.as_bytes());
    let sent = app.egress.post(Outgoing { uri: &url, headers: all, body }, started_at).await;
    let outcome = if sent.result.is_ok() { Outcome::Answered } else { Outcome::Silent };
    let attempt = read(&*dialect, &fresh.delivery, started_at, sent);
    log(&attempt, &url);
    let draw = random_below(JITTER_PERMILLE.saturating_mul(2).saturating_add(1));
    submit(app, Command::RecordAttempt { attempt, draw }).await;
    outcome
}

/// Whether the delivery is parked. It is not when its endpoint is newer than our picture of the
/// endpoints, which is taken again then.
async fn park(app: &App, key: DeliveryKey) -> bool {
    let parked = app.store.lane().submit(Command::ParkDelivery(key)).await;
    if let Ok(Answer::Claimed(Some(_))) = parked {
        return app.refresh_directory().await.is_err();
    }
    true
}

async fn submit(app: &App, command: Command) {
    if let Err(error) = app.store.lane().submit(command).await {
        tracing::warn!(%error, "an attempt was not stored; the delivery will be repeated");
    }
}

/// The address to send to as it is set now, and its dialect; none where the endpoint was removed
/// or switched off while the delivery waited.
fn destination(app: &App, delivery: &Delivery) -> Option<(String, DialectName)> {
    if let Some(url) = &delivery.url {
        return Some((url.clone(), DialectName::Dgs));
    }
    let directory = app.directory();
    let endpoint = directory
        .find_endpoint(delivery.key.account, delivery.key.endpoint)
        .filter(|endpoint| endpoint.state.may_be_tried())?;
    Some((endpoint.url.clone(), endpoint.dialect))
}

fn sign(app: &App, dialect: &dyn Dialect, name: DialectName, fresh: &FreshDelivery) -> Headers {
    let key = fresh.delivery.key;
    let now = app.clock.now();
    let directory = app.directory();
    let Some(secrets) = directory.find_secrets(key.account, key.endpoint, now) else {
        return Headers::new();
    };
    let event_id = key.event.text();
    let message =
        Message { event_id: &event_id, unix_seconds: now.as_secs(), body: fresh.body.as_bytes() };
    match name {
        DialectName::Dgs | DialectName::Standard => dialect.sign(&secrets, &message),
        // An RSA signature takes milliseconds of a processor.
        DialectName::DusuPay => tokio::task::block_in_place(|| dialect.sign(&secrets, &message)),
    }
}

fn read(dialect: &dyn Dialect, delivery: &Delivery, started_at: Timestamp, sent: Sent) -> Attempt {
    let (reading, status, fault, excerpt) = match sent.result {
        Ok(answer) => {
            let reading = dialect.read(answer.status, answer.retry_after);
            let excerpt = String::from_utf8_lossy(&answer.excerpt).into_owned();
            (reading, Some(answer.status), None, excerpt)
        }
        Err(fault) => (Reading::Retry { after: None }, None, Some(fault.word()), String::new()),
    };
    Attempt {
        key: delivery.key,
        number: delivery.attempts_made.saturating_add(1),
        started_at,
        latency: sent.latency,
        reading,
        status,
        fault,
        excerpt,
    }
}

fn log(attempt: &Attempt, url: &str) {
    // Query strings may carry a receiver's own secrets.
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let event = attempt.key.event.text();
    let (number, ms) = (attempt.number, attempt.latency.as_millis());
    let answer = match (attempt.status, attempt.fault) {
        (Some(status), _) => status.to_string(),
        (None, fault) => fault.unwrap_or("unknown").to_owned(),
    };
    if attempt.reading == Reading::Delivered {
        tracing::info!("webhook {event} -> {address} {answer} {ms} ms");
    } else {
        tracing::warn!("webhook {event} -> {address} {answer} {ms} ms, attempt {number}");
    }
    if attempt.reading == Reading::Gone && attempt.key.endpoint == Endpoint::OF_PAYMENT {
        tracing::warn!("the callback_url {address} answered 410; this delivery is parked");
    }
}
