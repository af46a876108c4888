//! A merchant's address that wants events: which of them, in which dialect, and how it is doing.

use crate::delivery::{DELAYS_S, DUSUPAY_DELAYS_S, Reading};
use crate::event::EventKind;
use crate::id::{AccountId, EndpointId};
use crate::limits;
use crate::time::Timestamp;

/// How bodies are written and signed for an endpoint, and how its answers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DialectName {
    /// The guide's own, with the headers of Standard Webhooks beside it.
    Dgs,
    /// The guide's bodies under Standard Webhooks' headers alone.
    Standard,
    DusuPay,
}

impl DialectName {
    pub const ALL: [DialectName; 3] =
        [DialectName::Dgs, DialectName::Standard, DialectName::DusuPay];

    pub const fn word(self) -> &'static str {
        match self {
            DialectName::Dgs => "dgs",
            DialectName::Standard => "standard",
            DialectName::DusuPay => "dusupay",
        }
    }

    pub fn parse(word: &str) -> Option<DialectName> {
        DialectName::ALL.into_iter().find(|name| name.word() == word)
    }

    /// What an event is called in this dialect; `None` where it is not told at all.
    pub const fn event_word(self, kind: EventKind) -> Option<&'static str> {
        use EventKind as K;
        match (self, kind) {
            // One reference carries one event: a merchant who dedupes would lose the second.
            (DialectName::Dgs | DialectName::Standard, K::Processing) => None,
            (DialectName::Dgs | DialectName::Standard, kind) => Some(kind.word()),
            (DialectName::DusuPay, K::Processing) => Some("transaction.processing"),
            (
                DialectName::DusuPay,
                K::PaymentSuccess
                | K::PaymentRefunded
                | K::DisbursementSuccess
                | K::ConversionSuccess,
            ) => Some("transaction.completed"),
            (
                DialectName::DusuPay,
                K::PaymentFailed | K::RefundFailed | K::DisbursementFailed | K::ConversionFailed,
            ) => Some("transaction.failed"),
        }
    }

    /// The words that an endpoint of this dialect may choose from.
    pub fn event_words(self) -> Vec<&'static str> {
        let mut words: Vec<&str> =
            EventKind::ALL.into_iter().filter_map(|kind| self.event_word(kind)).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Seconds before attempt 1, 2, …
    pub const fn delays_s(self) -> &'static [u64] {
        match self {
            DialectName::Dgs | DialectName::Standard => &DELAYS_S,
            DialectName::DusuPay => &DUSUPAY_DELAYS_S,
        }
    }
}

/// How an endpoint is doing. Outside, the last three are all `disabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndpointState {
    Enabled,
    /// Its last attempt failed.
    Failing,
    /// It has failed for days without a break. Nothing new is tried; what was under way goes on,
    /// and one success brings the endpoint back.
    Unreachable,
    /// It answered 410.
    Gone,
    /// The merchant's wish.
    SwitchedOff,
}

impl EndpointState {
    pub const ALL: [EndpointState; 5] = [
        EndpointState::Enabled,
        EndpointState::Failing,
        EndpointState::Unreachable,
        EndpointState::Gone,
        EndpointState::SwitchedOff,
    ];

    /// The word in the database, and the reason that a disabled endpoint shows.
    pub const fn word(self) -> &'static str {
        match self {
            EndpointState::Enabled => "enabled",
            EndpointState::Failing => "failing",
            EndpointState::Unreachable => "unreachable",
            EndpointState::Gone => "gone",
            EndpointState::SwitchedOff => "switched_off",
        }
    }

    pub const fn public_word(self) -> &'static str {
        if self.is_told() { self.word() } else { "disabled" }
    }

    pub fn parse(word: &str) -> Option<EndpointState> {
        EndpointState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether new events are sent; otherwise their deliveries are parked at birth.
    pub const fn is_told(self) -> bool {
        matches!(self, EndpointState::Enabled | EndpointState::Failing)
    }

    /// Whether deliveries that are under way go on.
    pub const fn may_be_tried(self) -> bool {
        !matches!(self, EndpointState::Gone | EndpointState::SwitchedOff)
    }
}

/// A secret that was replaced and is accepted for a while longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldSecret {
    pub sealed: Vec<u8>,
    pub ends_at: Timestamp,
    /// Where a header has room for one signature, it is the old secret's until the end.
    pub signs_alone: bool,
}

/// One row of the `endpoint` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub account: AccountId,
    pub id: EndpointId,
    pub url: String,
    /// Never changes: a body is frozen in it.
    pub dialect: DialectName,
    /// Words of the dialect; empty means all.
    pub events: Vec<String>,
    pub description: Option<String>,
    pub state: EndpointState,
    /// Since when no attempt has succeeded, if the last one failed.
    pub failing_since: Option<Timestamp>,
    /// To the minute.
    pub last_success_at: Option<Timestamp>,
    /// Sealed. Without one of its own, the account's webhook secret signs.
    pub secret: Option<Vec<u8>>,
    pub old_secret: Option<OldSecret>,
    pub created_at: Timestamp,
}

impl Endpoint {
    /// The endpoint behind the "Webhook URL" of API Settings.
    pub const PRIMARY: EndpointId = EndpointId(1);
    /// Stands for the `callback_url` of one payment; no endpoint row has this id.
    pub const OF_PAYMENT: EndpointId = EndpointId(0);

    /// An endpoint of the guide's dialect that wants everything.
    pub fn new(account: AccountId, id: EndpointId, url: String, now: Timestamp) -> Endpoint {
        Endpoint {
            account,
            id,
            url,
            dialect: DialectName::Dgs,
            events: Vec::new(),
            description: None,
            state: EndpointState::Enabled,
            failing_since: None,
            last_success_at: None,
            secret: None,
            old_secret: None,
            created_at: now,
        }
    }

    pub fn wants(&self, kind: EventKind) -> bool {
        self.dialect.event_word(kind).is_some_and(|word| {
            self.events.is_empty() || self.events.iter().any(|wanted| wanted == word)
        })
    }

    /// Whether the same things are sent to the same place as by `other`, however both are doing.
    pub fn sends_like(&self, other: &Endpoint) -> bool {
        let plain = |endpoint: &Endpoint| Endpoint {
            state: EndpointState::Enabled,
            failing_since: None,
            last_success_at: None,
            ..endpoint.clone()
        };
        self.state.may_be_tried() == other.state.may_be_tried() && plain(self) == plain(other)
    }

    pub fn enable(&mut self) {
        self.state = EndpointState::Enabled;
        self.failing_since = None;
    }

    /// The row after an attempt, if the attempt says anything new about it.
    pub fn after_attempt(&self, reading: Reading, now: Timestamp) -> Option<Endpoint> {
        use EndpointState as S;
        let mut after = self.clone();
        match reading {
            Reading::Delivered => {
                let is_stale = |at| now.since(at) >= limits::SUCCESS_NOTED_EVERY;
                if self.failing_since.is_some() || self.last_success_at.is_none_or(is_stale) {
                    after.last_success_at = Some(now);
                }
                after.failing_since = None;
                if self.state.may_be_tried() {
                    after.state = S::Enabled;
                }
            }
            Reading::Gone if self.state.may_be_tried() => after.state = S::Gone,
            Reading::Gone => {}
            Reading::Retry { .. } | Reading::Stop => {
                let since = *after.failing_since.get_or_insert(now);
                let is_long = now.since(since) >= limits::ENDPOINT_FAILS_FOR;
                after.state = match self.state {
                    S::Enabled | S::Failing if is_long => S::Unreachable,
                    S::Enabled | S::Failing => S::Failing,
                    S::Unreachable | S::Gone | S::SwitchedOff => self.state,
                };
            }
        }
        (after != *self).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const RETRY: Reading = Reading::Retry { after: None };
    const START: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn endpoint() -> Endpoint {
        Endpoint::new(AccountId(1), EndpointId(7), "https://m.example/".to_owned(), START)
    }

    fn hours(count: u64) -> Timestamp {
        START.plus(Duration::from_secs(count * 3600))
    }

    #[test]
    fn five_days_of_failure_disable_it_and_one_success_brings_it_back() {
        let failing = endpoint().after_attempt(RETRY, START).unwrap();
        assert_eq!((failing.state, failing.failing_since), (EndpointState::Failing, Some(START)));
        assert_eq!(failing.after_attempt(RETRY, hours(119)), None);
        let given_up = failing.after_attempt(RETRY, hours(120)).unwrap();
        assert_eq!(given_up.state.public_word(), "disabled");
        assert!(given_up.state.may_be_tried() && !given_up.state.is_told());
        let back = given_up.after_attempt(Reading::Delivered, hours(140)).unwrap();
        assert_eq!((back.state, back.failing_since), (EndpointState::Enabled, None));
        assert_eq!(back.last_success_at, Some(hours(140)));
    }

    #[test]
    fn a_success_in_between_starts_the_days_anew() {
        let failing = endpoint().after_attempt(RETRY, START).unwrap();
        let well = failing.after_attempt(Reading::Delivered, hours(100)).unwrap();
        let failing = well.after_attempt(RETRY, hours(101)).unwrap();
        assert_eq!(failing.after_attempt(RETRY, hours(130)), None);
    }

    #[test]
    fn what_a_person_or_a_410_ended_no_attempt_brings_back() {
        for state in [EndpointState::Gone, EndpointState::SwitchedOff] {
            let ended = Endpoint { state, ..endpoint() };
            for reading in [Reading::Delivered, Reading::Gone, RETRY, Reading::Stop] {
                let after = ended.after_attempt(reading, hours(200)).unwrap_or(ended.clone());
                assert_eq!(after.state, state, "{reading:?}");
            }
        }
        assert_eq!(
            endpoint().after_attempt(Reading::Gone, START).map(|after| after.state),
            Some(EndpointState::Gone)
        );
    }

    #[test]
    fn a_healthy_endpoint_is_written_once_a_minute_at_most() {
        let well = endpoint().after_attempt(Reading::Delivered, START).unwrap();
        let soon = START.plus(Duration::from_secs(59));
        assert_eq!(well.after_attempt(Reading::Delivered, soon), None);
        assert!(well.after_attempt(Reading::Delivered, hours(1)).unwrap().sends_like(&well));
    }

    #[test]
    fn a_filter_is_in_the_words_of_the_dialect() {
        let mut one = endpoint();
        assert!(one.wants(EventKind::PaymentFailed) && !one.wants(EventKind::Processing));
        one.events = vec!["payment.success".to_owned()];
        assert!(one.wants(EventKind::PaymentSuccess) && !one.wants(EventKind::PaymentFailed));
        one.dialect = DialectName::DusuPay;
        one.events = vec!["transaction.completed".to_owned()];
        assert!(one.wants(EventKind::DisbursementSuccess) && !one.wants(EventKind::Processing));
        assert_eq!(
            DialectName::DusuPay.event_words(),
            ["transaction.completed", "transaction.failed", "transaction.processing"]
        );
        assert_eq!(DialectName::Dgs.event_words().len(), EventKind::ALL.len() - 1);
    }
}
