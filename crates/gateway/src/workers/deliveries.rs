//! Sends webhooks. New deliveries come straight from the commit that made them; those to be
//! tried again come from the store when their time has come. A slow or dead receiver holds up
//! nobody else: each address has a queue and a share of its own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use domain::account::Endpoint;
use domain::decide::{Answer, Command};
use domain::delivery::{Attempt, Delivery, DeliveryKey, JITTER_PERMILLE, Reading};
use domain::{AccountId, EndpointId, limits};
use http::{HeaderName, HeaderValue};
use store::StoreError;
use store::query::deliveries;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::app::App;
use crate::directory::Entry;
use crate::egress::{Outgoing, Sent};
use crate::secrets::random_below;
use crate::workers::{FreshDelivery, stopped};

/// What shares a queue: an endpoint, or an address that payments name themselves.
type Target = (AccountId, EndpointId, Option<String>);

/// Deliveries read from the store in one go.
const DUE_BATCH: i64 = 256;

pub async fn run(app: Arc<App>, mut fresh: mpsc::Receiver<FreshDelivery>) {
    let mut desk = Desk::default();
    // What the process before us had in hand, and what it had planned.
    app.alarms.deliveries.ring_at(app.clock.now());
    loop {
        desk.send_what_may_go(&app);
        tokio::select! {
            arrived = fresh.recv() => match arrived {
                Some(delivery) => desk.add(delivery),
                None => break,
            },
            Some(finished) = desk.in_flight.join_next() => desk.finish(finished),
            () = app.alarms.deliveries.rung(&app.clock), if desk.has_room() => {
                if let Err(error) = fetch_due(&app, &mut desk).await {
                    tracing::error!(%error, "due deliveries could not be read");
                }
            }
            () = stopped(&app) => break,
        }
    }
    // What is on its way is finished and written down; the rest is found at the next start.
    while desk.in_flight.join_next().await.is_some() {}
}

/// The deliveries this process has in hand.
#[derive(Default)]
struct Desk {
    queues: HashMap<Target, Queue>,
    /// Targets that have something waiting and a free place, in turn.
    turn: VecDeque<Target>,
    held: HashSet<DeliveryKey>,
    in_flight: JoinSet<(Target, DeliveryKey)>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<FreshDelivery>,
    in_flight: usize,
    has_turn: bool,
}

impl Desk {
    fn has_room(&self) -> bool {
        self.held.len() < limits::DELIVERIES_IN_FLIGHT_MAX.saturating_mul(8)
    }

    fn add(&mut self, fresh: FreshDelivery) {
        let key = fresh.delivery.key;
        if !self.held.insert(key) {
            return;
        }
        let target = (key.account, key.endpoint, fresh.delivery.url.clone());
        self.queues.entry(target.clone()).or_default().waiting.push_back(fresh);
        self.give_turn(target);
    }

    fn give_turn(&mut self, target: Target) {
        let Some(queue) = self.queues.get_mut(&target) else { return };
        if queue.waiting.is_empty() && queue.in_flight == 0 {
            self.queues.remove(&target);
        } else if !queue.has_turn
            && !queue.waiting.is_empty()
            && queue.in_flight < limits::DELIVERIES_PER_ENDPOINT_MAX
        {
            queue.has_turn = true;
            self.turn.push_back(target);
        }
    }

    fn send_what_may_go(&mut self, app: &Arc<App>) {
        while self.in_flight.len() < limits::DELIVERIES_IN_FLIGHT_MAX {
            let Some(target) = self.turn.pop_front() else { return };
            let Some(queue) = self.queues.get_mut(&target) else { continue };
            queue.has_turn = false;
            if let Some(fresh) = queue.waiting.pop_front() {
                queue.in_flight += 1;
                let (app, target) = (Arc::clone(app), target.clone());
                self.in_flight.spawn(async move {
                    let key = fresh.delivery.key;
                    deliver(&app, fresh).await;
                    (target, key)
                });
            }
            self.give_turn(target);
        }
    }

    fn finish(&mut self, finished: Result<(Target, DeliveryKey), tokio::task::JoinError>) {
        let Ok((target, key)) = finished else {
            tracing::error!("a delivery ended in a panic; its lease will run out");
            return;
        };
        self.held.remove(&key);
        if let Some(queue) = self.queues.get_mut(&target) {
            queue.in_flight = queue.in_flight.saturating_sub(1);
        }
        self.give_turn(target);
    }
}

/// Takes due deliveries in hand.
async fn fetch_due(app: &Arc<App>, desk: &mut Desk) -> Result<(), StoreError> {
    app.alarms.deliveries.clear();
    let now = app.clock.now();
    let due = app.store.read(move |reader| deliveries::list_due(reader, now, DUE_BATCH)).await?;
    let claims = due.into_iter().filter(|key| !desk.held.contains(key));
    let answers = app.store.lane().submit_all(claims.map(Command::ClaimDelivery).collect()).await;
    for answer in answers {
        if let Ok(Answer::Claimed(Some(delivery))) = answer {
            let wanted = delivery.clone();
            let body = app.store.read(move |reader| deliveries::find_body(reader, &wanted)).await?;
            if let Some(body) = body {
                desk.add(FreshDelivery { delivery, body: Arc::from(body) });
            }
        }
    }
    if let Some(at) = app.store.read(deliveries::find_next_due_at).await? {
        app.alarms.deliveries.ring_at(at);
    }
    Ok(())
}

/// Makes one attempt and writes it down. No transaction is open while the network is waited for.
async fn deliver(app: &Arc<App>, fresh: FreshDelivery) {
    let key = fresh.delivery.key;
    let started_at = app.clock.now();
    let attempt = match destination(app, &fresh.delivery) {
        Some((url, entry)) => {
            let sent = send(app, &url, &entry, &fresh).await;
            let attempt = read(&fresh.delivery, started_at, sent);
            log(&attempt, &url);
            attempt
        }
        None => not_sent(&fresh.delivery, started_at),
    };
    let draw = random_below(JITTER_PERMILLE.saturating_mul(2).saturating_add(1));
    if let Err(error) = app.store.lane().submit(Command::RecordAttempt { attempt, draw }).await {
        tracing::warn!(%error, event = %key.event.text(), "an attempt was not stored; the delivery will be repeated");
    }
}

/// The address to send to, as it is set now, and the account whose secret signs.
fn destination(app: &App, delivery: &Delivery) -> Option<(String, Arc<Entry>)> {
    let directory = app.directory();
    let entry = Arc::clone(directory.find(delivery.key.account)?);
    let url = match &delivery.url {
        Some(url) => url.clone(),
        None => {
            let endpoint = directory.find_endpoint(delivery.key.account, delivery.key.endpoint)?;
            endpoint.is_enabled.then(|| endpoint.url.clone())?
        }
    };
    Some((url, entry))
}

async fn send(app: &App, url: &str, entry: &Entry, fresh: &FreshDelivery) -> Sent {
    let now = app.clock.now();
    let body = bytes::Bytes::from(fresh.body.as_bytes().to_vec());
    let mut headers =
        vec![(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    if let Some(secret) = &entry.webhook_secret {
        let event = fresh.delivery.key.event.text();
        for (name, value) in dialects::webhook::sign(secret, &event, now.as_secs(), &body) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.push((HeaderName::from_static(name), value));
            }
        }
    }
    app.egress.post(Outgoing { uri: url, headers, body }, now).await
}

fn read(delivery: &Delivery, started_at: domain::Timestamp, sent: Sent) -> Attempt {
    let (reading, status, fault, excerpt) = match sent.result {
        Ok(answer) => {
            let reading = dialects::webhook::read_answer(answer.status, answer.retry_after);
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

/// The endpoint was removed or disabled while the delivery waited: it is parked, not dropped.
fn not_sent(delivery: &Delivery, started_at: domain::Timestamp) -> Attempt {
    Attempt {
        key: delivery.key,
        number: delivery.attempts_made.saturating_add(1),
        started_at,
        latency: std::time::Duration::ZERO,
        reading: Reading::Gone,
        status: None,
        fault: Some("endpoint_disabled"),
        excerpt: String::new(),
    }
}

fn log(attempt: &Attempt, url: &str) {
    // Query strings may carry a receiver's own secrets.
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let event = attempt.key.event.text();
    let (number, ms) = (attempt.number, attempt.latency.as_millis());
    match (attempt.status, attempt.fault) {
        (Some(200), _) => tracing::info!("webhook {event} -> {address} 200 {ms} ms"),
        (Some(status), _) => {
            tracing::warn!("webhook {event} -> {address} {status} {ms} ms, attempt {number}");
        }
        (None, fault) => {
            let fault = fault.unwrap_or("unknown");
            tracing::warn!("webhook {event} -> {address} {fault} {ms} ms, attempt {number}");
        }
    }
    if attempt.key.endpoint != Endpoint::OF_PAYMENT && attempt.reading == Reading::Gone {
        tracing::warn!("endpoint {address} answered 410 and is disabled");
    }
}
