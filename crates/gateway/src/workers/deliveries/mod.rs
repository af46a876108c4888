//! Sends webhooks. New deliveries come straight from the commit that made them; those to be
//! tried again come from the store when their time has come, each endpoint's at a pace of its own.
//! A slow or dead receiver holds up nobody else.

mod attempt;
mod desk;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::decide::{Answer, Command};
use domain::delivery::{Delivery, DeliveryKey};
use domain::endpoint::Endpoint;
use store::query::deliveries::{self, Target};
use store::{Reader, StoreError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::App;
use crate::workers::{FreshDelivery, stopped};
use desk::Desk;

/// Deliveries taken up from the store in one go.
const DUE_BATCH: usize = 512;

/// How often the store is asked at most. With many endpoints one look takes milliseconds.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// When to look again for what was due and could not be taken up yet.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

pub async fn run(app: Arc<App>, mut fresh: mpsc::Receiver<FreshDelivery>) {
    let mut desk = Desk::default();
    let mut next_look = Look { not_before: Instant::now(), at: None };
    // What the process before us had in hand, and what it had planned.
    app.alarms.deliveries.ring_at(app.clock.now());
    loop {
        desk.send_what_may_go(&app);
        tokio::select! {
            arrived = fresh.recv() => match arrived {
                Some(delivery) => take_in_hand(&app, &mut desk, delivery),
                None => break,
            },
            Some(Ok(finished)) = desk.in_flight.join_next() => {
                desk.finish(finished);
                if std::mem::take(&mut desk.passed_over) && next_look.at.is_none() {
                    next_look.at = Some(Instant::now() + LOOK_AGAIN_AFTER);
                }
            }
            () = app.alarms.deliveries.rung(&app.clock), if next_look.at.is_none() => {
                next_look.at = Some(next_look.not_before);
            }
            () = next_look.is_due() => {
                next_look = Look { not_before: Instant::now() + LOOK_EVERY, at: None };
                match take_up_due(&app, &mut desk).await {
                    Ok(Rest::None) => {}
                    Ok(Rest::Waits) => next_look.at = Some(Instant::now() + LOOK_AGAIN_AFTER),
                    Err(error) => {
                        tracing::error!(%error, "due deliveries could not be read");
                        next_look.at = Some(Instant::now() + LOOK_AGAIN_AFTER);
                    }
                }
            }
            () = stopped(&app) => break,
        }
    }
    // What is on its way is finished and written down; the rest is found at the next start.
    while desk.in_flight.join_next().await.is_some() {}
}

fn take_in_hand(app: &App, desk: &mut Desk, delivery: FreshDelivery) {
    if let Some(due_again_at) = desk.add(delivery) {
        app.alarms.deliveries.ring_at(due_again_at);
    }
}

/// When the store is to be asked what is due.
struct Look {
    not_before: Instant,
    at: Option<Instant>,
}

impl Look {
    async fn is_due(&self) {
        match self.at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}

/// Whether more is due than could be taken up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    Waits,
}

/// What is wanted of one target: up to `share` of its earliest deliveries that are due by `until`.
struct Wish {
    target: Target,
    until: Timestamp,
    share: usize,
    /// In hand already; it counts as due where its lease has run out meanwhile.
    held: usize,
    is_to_be_parked: bool,
}

/// Takes due deliveries in hand, within the pace of each endpoint, and parks what belongs to none.
async fn take_up_due(app: &Arc<App>, desk: &mut Desk) -> Result<Rest, StoreError> {
    app.alarms.deliveries.clear();
    let now = app.clock.now();
    let targets = app.store.read(move |reader| list_targets(reader, now)).await?;
    if let Some(at) = targets.iter().filter_map(|target| target.next_due_at).min() {
        app.alarms.deliveries.ring_at(at);
    }
    let wishes = wishes(app, desk, &targets, now);
    let mut rest = if wishes.len() < targets.iter().filter(|target| target.is_due).count() {
        Rest::Waits
    } else {
        Rest::None
    };
    let found = app
        .store
        .read(move |reader| {
            let find = |wish: Wish| {
                let limit = wish.share + wish.held;
                let due = deliveries::list_due(reader, wish.target, wish.until, limit)?;
                Ok((wish, due))
            };
            wishes.into_iter().map(find).collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    let (mut claims, mut parkings) = (Vec::new(), Vec::new());
    for (wish, due) in found {
        let count = due.len();
        let mut free: Vec<DeliveryKey> = due.into_iter().filter(|key| !desk.holds(key)).collect();
        desk.passed_over |= free.len() < count;
        if free.len() >= wish.share {
            free.truncate(wish.share);
            rest = Rest::Waits;
        }
        if wish.is_to_be_parked {
            parkings.extend(free.into_iter().map(Command::ParkDelivery));
        } else {
            desk.spend(wish.target, free.len());
            claims.extend(free.into_iter().map(Command::ClaimDelivery));
        }
    }
    app.store.lane().submit_all(parkings).await;
    let answers = app.store.lane().submit_all(claims).await;
    let claimed: Vec<Delivery> = answers
        .into_iter()
        .filter_map(
            |answer| if let Ok(Answer::Claimed(delivery)) = answer { delivery } else { None },
        )
        .collect();
    for delivery in app.store.read(move |reader| with_bodies(reader, claimed)).await? {
        take_in_hand(app, desk, delivery);
    }
    Ok(rest)
}

/// A target that has something pending.
struct Pending {
    target: Target,
    is_due: bool,
    /// What comes after now.
    next_due_at: Option<Timestamp>,
}

fn list_targets(reader: &Reader, now: Timestamp) -> Result<Vec<Pending>, StoreError> {
    let mut found = Vec::new();
    let mut last = None;
    while let Some((target, first_due_at)) = deliveries::find_next_target(reader, last)? {
        let is_due = first_due_at <= now;
        let next_due_at = if is_due {
            deliveries::find_next_due_at(reader, target, now)?
        } else {
            Some(first_due_at)
        };
        found.push(Pending { target, is_due, next_due_at });
        last = Some(target);
    }
    Ok(found)
}

/// Who gets how much of this turn. Begins behind the target that was served last, so that nobody
/// is always the one for whom nothing is left.
fn wishes(app: &App, desk: &mut Desk, targets: &[Pending], now: Timestamp) -> Vec<Wish> {
    let directory = app.directory();
    let mut left = DUE_BATCH.min(desk.room());
    let after = targets.iter().position(|one| Some(one.target) > desk.served_last).unwrap_or(0);
    let (first, then) = (targets.get(after..).unwrap_or(&[]), targets.get(..after).unwrap_or(&[]));
    let mut wishes = Vec::new();
    for one in first.iter().chain(then) {
        let (account, endpoint) = one.target;
        let may_be_tried = endpoint == Endpoint::OF_PAYMENT
            || directory
                .find_endpoint(account, endpoint)
                .is_some_and(|found| found.state.may_be_tried());
        if !may_be_tried {
            let until = Timestamp::from_micros(i64::MAX);
            let (target, share) = (one.target, DUE_BATCH);
            let held = desk.held_of(target);
            wishes.push(Wish { target, until, share, held, is_to_be_parked: true });
        } else if one.is_due {
            let share = desk.share(one.target, Instant::now()).min(left);
            if share > 0 {
                left -= share;
                desk.served_last = Some(one.target);
                let (target, held) = (one.target, desk.held_of(one.target));
                wishes.push(Wish { target, until: now, share, held, is_to_be_parked: false });
            }
        }
    }
    wishes
}

fn with_bodies(reader: &Reader, claimed: Vec<Delivery>) -> Result<Vec<FreshDelivery>, StoreError> {
    let mut found = HashMap::new();
    let mut with_bodies = Vec::with_capacity(claimed.len());
    for delivery in claimed {
        let event = (delivery.key.account, delivery.key.event, delivery.body.is_some());
        let body: Arc<str> = match found.get(&event) {
            Some(body) if delivery.body.is_none() => Arc::clone(body),
            Some(_) | None => match deliveries::find_body(reader, &delivery)? {
                Some(body) => Arc::from(body),
                None => continue,
            },
        };
        found.insert(event, Arc::clone(&body));
        with_bodies.push(FreshDelivery { delivery, body });
    }
    Ok(with_bodies)
}
