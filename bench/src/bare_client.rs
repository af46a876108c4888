//! The limit: the HTTP client that the gateway uses, posting the same bodies to the same receiver
//! with nothing to sign, to look up or to write down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;

use crate::records::Event;
use crate::stopwatch::Stopwatch;

#[derive(Debug, thiserror::Error)]
pub enum BareClientError {
    #[error(transparent)]
    Request(#[from] http::Error),
    #[error(transparent)]
    Send(#[from] hyper_util::client::legacy::Error),
    #[error(transparent)]
    Body(#[from] hyper::Error),
    #[error("the receiver answered {0}")]
    Refused(StatusCode),
    #[error("a task died: {0}")]
    Task(#[from] tokio::task::JoinError),
}

type Http = Client<HttpConnector, Full<Bytes>>;

/// Posts every event once, `in_flight` at a time, and tells how long it took.
pub async fn post(
    receiver: SocketAddr,
    events: Vec<Event>,
    in_flight: usize,
) -> Result<Duration, BareClientError> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Http = Client::builder(TokioExecutor::new()).build(connector);
    let (events, next) = (Arc::new(events), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    let stopwatch = Stopwatch::start();
    for _ in 0..in_flight {
        let (client, events, next) = (client.clone(), Arc::clone(&events), Arc::clone(&next));
        tasks.spawn(async move {
            while let Some(event) = events.get(next.fetch_add(1, Ordering::Relaxed)) {
                post_one(&client, receiver, event).await?;
            }
            Ok::<(), BareClientError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(stopwatch.elapsed())
}

async fn post_one(
    client: &Http,
    receiver: SocketAddr,
    event: &Event,
) -> Result<(), BareClientError> {
    let request = Request::post(format!("http://{receiver}/webhooks"))
        .header("content-type", "application/json")
        .header("webhook-id", format!("evt_{}", event.number))
        .body(Full::new(Bytes::from(event.body.clone())))?;
    let response = client.request(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    if status == StatusCode::OK { Ok(()) } else { Err(BareClientError::Refused(status)) }
}
