//! Instants and durations as the ledger counts them: microseconds, UTC, whole numbers.

use std::time::Duration;

/// An instant: microseconds since 1970-01-01T00:00:00Z. Never read from a clock here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_micros(us: i64) -> Timestamp {
        Timestamp(us)
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    pub fn as_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The instant `after` later. Stops at the end of time rather than wrap.
    #[must_use]
    pub fn plus(self, after: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(after.as_micros()).unwrap_or(i64::MAX)))
    }

    #[must_use]
    pub fn minus(self, before: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(before.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was. Zero when it is in the future: clocks may disagree by a little.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
