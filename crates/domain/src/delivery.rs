//! One event owed to one endpoint, until it is delivered or parked. Never dropped.

use std::time::Duration;

use crate::id::{AccountId, EndpointId, EventId};
use crate::limits;
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryKey {
    pub account: AccountId,
    pub event: EventId,
    /// [`crate::endpoint::Endpoint::OF_PAYMENT`] for the payment's own `callback_url`.
    pub endpoint: EndpointId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// All attempts were in vain, or none was allowed. Visible and replayable.
    Parked,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 3] =
        [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Parked];

    pub const fn word(self) -> &'static str {
        match self {
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Parked => "parked",
        }
    }

    pub fn parse(word: &str) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One row of the `delivery` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub key: DeliveryKey,
    /// The payment's own `callback_url`; otherwise the endpoint's address at the time of sending.
    pub url: Option<String>,
    /// In the endpoint's dialect, where that differs from the event's own body. Frozen with it.
    pub body: Option<String>,
    pub state: DeliveryState,
    pub attempts_made: u32,
    /// Attempts before it was taken up again: the schedule begins anew, the count does not.
    pub attempts_before: u32,
    /// When the next attempt is due; while leased, when the lease ends.
    pub due_at: Timestamp,
    /// A worker has it in hand. Its lease dies with its process, the delivery does not.
    pub is_leased: bool,
}

/// What a receiver's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Delivered,
    /// Try again, after the receiver's own wish if it has one.
    Retry {
        after: Option<Duration>,
    },
    /// The receiver will not take this one; others may go on.
    Stop,
    /// The receiver is gone for good: stop sending to this endpoint.
    Gone,
}

/// One HTTP request of a delivery and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub key: DeliveryKey,
    /// From 1.
    pub number: u32,
    pub started_at: Timestamp,
    pub latency: Duration,
    pub reading: Reading,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What went wrong in one word (`timeout`, `refused`, …), when there was none.
    pub fault: Option<&'static str>,
    /// The first KiB of the answer.
    pub excerpt: String,
}

/// A delivery as merchants read it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDelivery {
    pub delivery: Delivery,
    /// Where it goes; `None` when its endpoint was removed.
    pub url: Option<String>,
    pub attempts: Vec<ListedAttempt>,
}

/// An attempt as merchants read it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAttempt {
    pub number: u32,
    pub started_at: Timestamp,
    pub latency: Duration,
    pub status: Option<u16>,
    pub fault: Option<String>,
    pub excerpt: String,
}

/// Delay before attempt 1, 2, …: 17 attempts over 7.2 days.
pub const DELAYS_S: [u64; 17] = [
    0,
    5,
    30,
    2 * 60,
    10 * 60,
    30 * 60,
    3600,
    2 * 3600,
    4 * 3600,
    8 * 3600,
    12 * 3600,
    24 * 3600,
    24 * 3600,
    24 * 3600,
    24 * 3600,
    24 * 3600,
    24 * 3600,
];

/// The same for the `dusupay` dialect, "a few more times": 5 attempts in about 2.6 hours.
pub const DUSUPAY_DELAYS_S: [u64; 5] = [0, 30, 5 * 60, 30 * 60, 2 * 3600];

/// How far a delay may be drawn to either side, in thousandths.
pub const JITTER_PERMILLE: u32 = 200;

/// When to try again after `attempts_made` attempts; `None` when the delivery is to be parked.
/// `draw` is 0 to 400, the caller's chance: 0 is the earliest moment, 400 the latest.
pub fn next_attempt_at(
    delays_s: &[u64],
    now: Timestamp,
    attempts_made: u32,
    after: Option<Duration>,
    draw: u32,
) -> Option<Timestamp> {
    let index = usize::try_from(attempts_made).ok()?;
    let scheduled = Duration::from_secs(*delays_s.get(index)?);
    let delay = match after {
        Some(wish) => wish.clamp(limits::RETRY_AFTER_MIN, limits::RETRY_AFTER_MAX),
        None => {
            let permille = draw.min(2_u32.saturating_mul(JITTER_PERMILLE)).saturating_add(800);
            scheduled.saturating_mul(permille).checked_div(1000).unwrap_or(scheduled)
        }
    };
    Some(now.plus(delay))
}

/// The delivery after an attempt. Pure: the same attempt leads to the same row.
/// One that was parked meanwhile stays parked, unless the attempt delivered it.
pub fn after_attempt(
    delivery: &mut Delivery,
    reading: Reading,
    delays_s: &[u64],
    now: Timestamp,
    draw: u32,
) {
    let was_pending = delivery.state == DeliveryState::Pending;
    delivery.attempts_made = delivery.attempts_made.saturating_add(1);
    delivery.is_leased = false;
    delivery.due_at = now;
    delivery.state = match reading {
        Reading::Delivered => DeliveryState::Delivered,
        Reading::Gone | Reading::Stop => DeliveryState::Parked,
        Reading::Retry { after } => {
            let made = delivery.attempts_made.saturating_sub(delivery.attempts_before);
            match next_attempt_at(delays_s, now, made, after, draw) {
                Some(due_at) if was_pending => {
                    delivery.due_at = due_at;
                    DeliveryState::Pending
                }
                Some(_) | None => DeliveryState::Parked,
            }
        }
    };
}

/// Takes a delivery up again, from the beginning of its schedule. One that is in hand just now
/// needs no push.
pub fn take_up(delivery: &mut Delivery, now: Timestamp) {
    if delivery.state == DeliveryState::Pending && delivery.is_leased {
        return;
    }
    delivery.state = DeliveryState::Pending;
    delivery.attempts_before = delivery.attempts_made;
    delivery.due_at = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Reading = Reading::Retry { after: None };

    fn fresh() -> Delivery {
        Delivery {
            key: DeliveryKey { account: AccountId(1), event: EventId(1), endpoint: EndpointId(1) },
            url: None,
            body: None,
            state: DeliveryState::Pending,
            attempts_made: 0,
            attempts_before: 0,
            due_at: Timestamp::default(),
            is_leased: true,
        }
    }

    #[test]
    fn seventeen_attempts_over_a_week_then_parked() {
        for (draw, share) in [(0, 800), (200, 1000), (400, 1200)] {
            let mut delivery = fresh();
            let mut seen = vec![0];
            while delivery.state == DeliveryState::Pending {
                let now = delivery.due_at;
                after_attempt(&mut delivery, RETRY, &DELAYS_S, now, draw);
                if delivery.state == DeliveryState::Pending {
                    seen.push(delivery.due_at.since(now).as_millis());
                }
            }
            let expected: Vec<u128> = DELAYS_S.iter().map(|s| u128::from(s * share)).collect();
            assert_eq!(seen, expected);
            assert_eq!(delivery.state, DeliveryState::Parked);
            assert_eq!(delivery.attempts_made, 17);
        }
        assert_eq!(DELAYS_S.iter().sum::<u64>(), 618_155); // 7 days and 3.7 hours
    }

    #[test]
    fn a_receivers_wish_counts_within_bounds() {
        let now = Timestamp::from_micros(0);
        let at = |wish| next_attempt_at(&DELAYS_S, now, 1, Some(Duration::from_secs(wish)), 0);
        assert_eq!(
            [at(0), at(90), at(1_000_000_000)].map(|at| at.unwrap().as_secs()),
            [1, 90, 86_400]
        );
    }

    #[test]
    fn success_stop_and_gone_end_it() {
        for (reading, expected) in [
            (Reading::Delivered, DeliveryState::Delivered),
            (Reading::Stop, DeliveryState::Parked),
            (Reading::Gone, DeliveryState::Parked),
        ] {
            let mut delivery = fresh();
            after_attempt(&mut delivery, reading, &DELAYS_S, Timestamp::default(), 0);
            assert_eq!(delivery.state, expected, "{reading:?}");
        }
    }

    #[test]
    fn what_was_parked_meanwhile_is_not_scheduled_again() {
        let mut delivery = Delivery { state: DeliveryState::Parked, ..fresh() };
        after_attempt(&mut delivery, RETRY, &DELAYS_S, Timestamp::default(), 0);
        assert_eq!((delivery.state, delivery.attempts_made), (DeliveryState::Parked, 1));
        after_attempt(&mut delivery, Reading::Delivered, &DELAYS_S, Timestamp::default(), 0);
        assert_eq!(delivery.state, DeliveryState::Delivered);
    }

    #[test]
    fn taken_up_again_it_has_its_whole_schedule_and_goes_on_counting() {
        let mut delivery = Delivery {
            state: DeliveryState::Parked,
            attempts_made: 5,
            is_leased: false,
            ..fresh()
        };
        take_up(&mut delivery, Timestamp::default());
        let mut rounds = 0;
        while delivery.state == DeliveryState::Pending {
            let now = delivery.due_at;
            after_attempt(&mut delivery, RETRY, &DUSUPAY_DELAYS_S, now, 200);
            rounds += 1;
        }
        assert_eq!((rounds, delivery.attempts_made), (5, 10));
        assert_eq!(delivery.due_at.as_secs(), 30 + 300 + 1800 + 7200);
    }
}
