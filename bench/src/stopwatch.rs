//! The only place here that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started_at: Instant,
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
    pub fn start() -> Stopwatch {
        Stopwatch { started_at: Instant::now() }
    }

    pub fn elapsed(self) -> Duration {
        self.started_at.elapsed()
    }
}

pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Microseconds since 1970 by the machine's clock, as the gateway's store has them.
#[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
pub fn unix_us() -> u64 {
    micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
