//! How providers are doing, told by what became of the latest calls. In memory: a restart begins
//! with trust.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::phone::Network;
use domain::provider_call::{Provider, Verdict};

/// Outcomes that are looked at.
const RECENT: usize = 50;

/// Calls in a row without an answer after which a provider is held to be down, and for how long
/// nobody tries; then one call tells.
const FAILURES_TO_BE_DOWN: u32 = 5;
const DOWN_FOR: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Up,
    /// A tenth of the latest calls or more had no answer.
    Degraded,
    Down,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Degraded => "degraded",
            State::Down => "down",
        }
    }
}

#[derive(Debug, Default)]
struct Record {
    /// Whether each was answered, latest last.
    recent: VecDeque<bool>,
    failures_in_a_row: u32,
    down_until: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub struct Availability(Mutex<HashMap<(Provider, Option<Network>), Record>>);

impl Availability {
    /// Notes whether a provider answered at all; what it answered is not its health.
    pub fn note(
        &self,
        now: Timestamp,
        (provider, network): (Provider, Option<Network>),
        verdict: &Verdict,
    ) {
        let is_answered = match verdict {
            Verdict::Unknown | Verdict::NotSent => false,
            Verdict::Succeeded
            | Verdict::Declined(_)
            | Verdict::NextAction(_)
            | Verdict::Pending
            | Verdict::Unheard
            | Verdict::Contradicts(_) => true,
        };
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let record = records.entry((provider, network)).or_default();
        record.recent.push_back(is_answered);
        if record.recent.len() > RECENT {
            record.recent.pop_front();
        }
        if is_answered {
            record.failures_in_a_row = 0;
            record.down_until = None;
            return;
        }
        record.failures_in_a_row = record.failures_in_a_row.saturating_add(1);
        if record.failures_in_a_row >= FAILURES_TO_BE_DOWN {
            record.down_until = Some(now.plus(DOWN_FOR));
        }
    }

    /// Whether a provider is not worth a try at this moment.
    pub fn is_down(&self, now: Timestamp, provider: Provider, network: Option<Network>) -> bool {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let record = records.get(&(provider, network));
        record.and_then(|record| record.down_until).is_some_and(|until| now < until)
    }

    pub fn state(&self, provider: Provider, network: Option<Network>) -> State {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = records.get(&(provider, network)) else { return State::Up };
        let missed = record.recent.iter().filter(|is_answered| !**is_answered).count();
        if record.failures_in_a_row >= FAILURES_TO_BE_DOWN {
            State::Down
        } else if missed * 10 >= record.recent.len().max(10) {
            State::Degraded
        } else {
            State::Up
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_provider_is_down_for_a_while_and_an_answer_brings_it_back() {
        let availability = Availability::default();
        let start = Timestamp::default();
        let (provider, network) = (Provider::MtnMomo, Some(Network::Mtn));
        let note = |at, verdict| availability.note(at, (provider, network), verdict);
        let is_down = |at| availability.is_down(at, provider, network);
        for _ in 0..FAILURES_TO_BE_DOWN {
            assert!(!is_down(start));
            note(start, &Verdict::Unknown);
        }
        assert!(is_down(start));
        assert_eq!(availability.state(provider, network), State::Down);
        let other = availability.is_down(start, Provider::AirtelMoney, network);
        assert!(!other, "others are as they were");

        let later = start.plus(DOWN_FOR);
        assert!(!is_down(later), "one may try");
        note(later, &Verdict::NotSent);
        assert!(is_down(later));

        note(later, &Verdict::Pending);
        assert_eq!(availability.state(provider, network), State::Degraded);
        for _ in 0..RECENT {
            note(later, &Verdict::Pending);
        }
        assert_eq!(availability.state(provider, network), State::Up);
    }
}
