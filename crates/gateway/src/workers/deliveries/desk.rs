//! The deliveries this process has in hand: a queue per address, each with a share of the places,
//! and a pace per endpoint for what comes from its backlog.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::delivery::DeliveryKey;
use domain::{Timestamp, limits};
use store::query::deliveries::Target;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::attempt::{Outcome, deliver};
use crate::app::App;
use crate::workers::FreshDelivery;

/// What shares a queue: an endpoint, or an address that payments name themselves.
type Address = (Target, Option<String>);

#[derive(Default)]
pub(super) struct Desk {
    queues: HashMap<Address, Queue>,
    /// Addresses that have something waiting and a free place, in turn.
    turn: VecDeque<Address>,
    held: HashMap<Target, HashSet<DeliveryKey>>,
    /// Who has taken up some of its backlog in the last second.
    paces: HashMap<Target, Pace>,
    /// New deliveries that found no room here: they are no backlog of an outage, and not paced.
    spilled: HashMap<Target, usize>,
    pub(super) served_last: Option<Target>,
    /// Something was due and still in hand: once that is finished, it is time for another look.
    pub(super) passed_over: bool,
    pub(super) in_flight: JoinSet<(Address, DeliveryKey, Outcome)>,
}

struct Queue {
    waiting: VecDeque<FreshDelivery>,
    in_flight: usize,
    places: usize,
    has_turn: bool,
}

impl Default for Queue {
    fn default() -> Queue {
        let places = limits::DELIVERIES_PER_ENDPOINT_MAX;
        Queue { waiting: VecDeque::new(), in_flight: 0, places, has_turn: false }
    }
}

/// How much of a backlog may go: fills up evenly, to one second's worth.
struct Pace {
    free: u32,
    since: Instant,
}

impl Pace {
    fn full(now: Instant) -> Pace {
        Pace { free: limits::BACKLOG_PER_SECOND_MAX, since: now }
    }

    fn refill(&mut self, now: Instant) {
        let each = Duration::from_secs(1) / limits::BACKLOG_PER_SECOND_MAX;
        let gained = now.duration_since(self.since).as_micros() / each.as_micros();
        let gained = u32::try_from(gained).unwrap_or(u32::MAX);
        self.since += each.saturating_mul(gained.min(limits::BACKLOG_PER_SECOND_MAX * 100));
        self.free = self.free.saturating_add(gained).min(limits::BACKLOG_PER_SECOND_MAX);
    }
}

impl Desk {
    /// How many more may be taken up from the store.
    pub(super) fn room(&self) -> usize {
        let held: usize = self.held.values().map(HashSet::len).sum();
        limits::DELIVERIES_HELD_MAX.saturating_sub(held)
    }

    pub(super) fn holds(&self, key: &DeliveryKey) -> bool {
        self.held.get(&target_of(key)).is_some_and(|held| held.contains(key))
    }

    /// How many deliveries of a target are in hand.
    pub(super) fn held_of(&self, target: Target) -> usize {
        self.held.get(&target).map_or(0, HashSet::len)
    }

    /// How many deliveries of its backlog a target may take up now.
    pub(super) fn share(&mut self, target: Target, now: Instant) -> usize {
        let pace = self.paces.entry(target).or_insert_with(|| Pace::full(now));
        pace.refill(now);
        let spilled = self.spilled.get(&target).copied().unwrap_or(0);
        usize::try_from(pace.free).unwrap_or(0).saturating_add(spilled)
    }

    /// Notes that a target took up so many. Paces that are full again are forgotten.
    pub(super) fn spend(&mut self, target: Target, count: usize) {
        let mut count = count;
        if let Some(spilled) = self.spilled.get_mut(&target) {
            let unpaced = count.min(*spilled);
            count -= unpaced;
            *spilled -= unpaced;
            if *spilled == 0 {
                self.spilled.remove(&target);
            }
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(pace) = self.paces.get_mut(&target) {
            pace.free = pace.free.saturating_sub(count);
        }
        self.paces.retain(|_, pace| pace.free < limits::BACKLOG_PER_SECOND_MAX);
    }

    /// Takes a delivery in hand. Where too many wait it is left to the store, where it is due once
    /// its lease runs out: then that moment is returned.
    pub(super) fn add(&mut self, fresh: FreshDelivery) -> Option<Timestamp> {
        let key = fresh.delivery.key;
        let address = (target_of(&key), fresh.delivery.url.clone());
        let queue = self.queues.entry(address.clone()).or_default();
        if queue.waiting.len() >= limits::DELIVERIES_WAITING_MAX {
            let spilled = self.spilled.entry(address.0).or_default();
            *spilled = spilled.saturating_add(1);
            return Some(fresh.delivery.due_at);
        }
        if self.held.entry(address.0).or_default().insert(key) {
            queue.waiting.push_back(fresh);
        }
        self.give_turn(address);
        None
    }

    fn give_turn(&mut self, address: Address) {
        let Some(queue) = self.queues.get_mut(&address) else { return };
        if queue.waiting.is_empty() && queue.in_flight == 0 {
            self.queues.remove(&address);
        } else if !queue.has_turn && !queue.waiting.is_empty() && queue.in_flight < queue.places {
            queue.has_turn = true;
            self.turn.push_back(address);
        }
    }

    pub(super) fn send_what_may_go(&mut self, app: &Arc<App>) {
        while self.in_flight.len() < limits::DELIVERIES_IN_FLIGHT_MAX {
            let Some(address) = self.turn.pop_front() else { return };
            let Some(queue) = self.queues.get_mut(&address) else { continue };
            queue.has_turn = false;
            if queue.in_flight < queue.places
                && let Some(fresh) = queue.waiting.pop_front()
            {
                queue.in_flight += 1;
                let (app, address) = (Arc::clone(app), address.clone());
                let (key, lease_ends_at) = (fresh.delivery.key, fresh.delivery.due_at);
                self.in_flight.spawn(async move {
                    let attempt = tokio::spawn({
                        let app = Arc::clone(&app);
                        async move { deliver(&app, fresh).await }
                    });
                    let outcome = attempt.await.unwrap_or(Outcome::NotSent);
                    if outcome == Outcome::NotSent {
                        app.alarms.deliveries.ring_at(lease_ends_at);
                    }
                    (address, key, outcome)
                });
            }
            self.give_turn(address);
        }
    }

    pub(super) fn finish(&mut self, (address, key, outcome): (Address, DeliveryKey, Outcome)) {
        if let Some(held) = self.held.get_mut(&address.0) {
            held.remove(&key);
            if held.is_empty() {
                self.held.remove(&address.0);
            }
        }
        if let Some(queue) = self.queues.get_mut(&address) {
            queue.in_flight = queue.in_flight.saturating_sub(1);
            queue.places = match outcome {
                Outcome::Answered => limits::DELIVERIES_PER_ENDPOINT_MAX,
                // It may hold each place for as long as an attempt may last.
                Outcome::Silent => 1,
                Outcome::NotSent => queue.places,
            };
        }
        self.give_turn(address);
    }
}

fn target_of(key: &DeliveryKey) -> Target {
    (key.account, key.endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::{Delivery, DeliveryState};
    use domain::{AccountId, EndpointId, EventId, Timestamp};

    const ONE: Target = (AccountId(1), EndpointId(1));

    fn fresh(event: i64) -> FreshDelivery {
        FreshDelivery {
            delivery: Delivery {
                key: DeliveryKey { account: ONE.0, event: EventId(event), endpoint: ONE.1 },
                url: None,
                body: None,
                state: DeliveryState::Pending,
                attempts_made: 0,
                attempts_before: 0,
                due_at: Timestamp::default(),
                is_leased: true,
            },
            body: Arc::from("{}"),
        }
    }

    #[test]
    fn a_backlog_goes_at_fifty_a_second() {
        let mut desk = Desk::default();
        let (start, mut taken) = (Instant::now(), 0);
        for turn in 0..40 {
            let share = desk.share(ONE, start + Duration::from_millis(100) * turn);
            desk.spend(ONE, share);
            taken += share;
        }
        // A second's worth at once, then 3.9 seconds at the pace.
        assert_eq!(taken, 50 + 195);
    }

    #[test]
    fn a_pace_that_is_full_again_is_forgotten() {
        let mut desk = Desk::default();
        let start = Instant::now();
        assert_eq!(desk.share(ONE, start), 50);
        desk.spend(ONE, 50);
        assert_eq!(desk.share(ONE, start + Duration::from_secs(3)), 50);
        desk.spend(ONE, 0);
        assert!(desk.paces.is_empty());
    }

    #[test]
    fn what_is_in_hand_is_taken_once_and_no_more_than_fits() {
        let mut desk = Desk::default();
        for _ in 0..2 {
            for event in 0..i64::try_from(limits::DELIVERIES_WAITING_MAX).unwrap() + 10 {
                desk.add(fresh(event));
            }
        }
        assert_eq!(desk.held_of(ONE), limits::DELIVERIES_WAITING_MAX);
        assert_eq!(desk.turn.len(), 1);
    }

    #[test]
    fn new_events_that_found_no_room_are_not_paced_like_a_backlog() {
        let mut desk = Desk::default();
        for event in 0..i64::try_from(limits::DELIVERIES_WAITING_MAX).unwrap() + 300 {
            desk.add(fresh(event));
        }
        let now = Instant::now();
        assert_eq!(desk.share(ONE, now), 350);
        desk.spend(ONE, 320);
        assert_eq!(desk.share(ONE, now), 30);
    }

    #[test]
    fn who_does_not_answer_has_one_place_until_it_does() {
        let mut desk = Desk::default();
        for event in 0..3 {
            desk.add(fresh(event));
        }
        let address = (ONE, None);
        for (outcome, places) in
            [(Outcome::Silent, 1), (Outcome::NotSent, 1), (Outcome::Answered, 8)]
        {
            desk.finish((address.clone(), fresh(9).delivery.key, outcome));
            assert_eq!(desk.queues[&address].places, places, "{outcome:?}");
        }
    }
}
