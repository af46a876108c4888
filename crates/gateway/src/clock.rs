//! The one clock of the process. In the sandbox it can be moved ahead, and everything that waits
//! for a moment wakes up to look at it again.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where time enters the program; everybody else takes it from here"
)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::Timestamp;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub struct Clock {
    ahead_us: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// A clock that stands `ahead_us` microseconds before the world's.
    pub fn ahead_by(ahead_us: i64) -> Clock {
        Clock { ahead_us: AtomicI64::new(ahead_us), moved: Notify::new() }
    }

    pub fn now(&self) -> Timestamp {
        let world = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ahead = self.ahead_us.load(Ordering::Relaxed);
        let world_us = i64::try_from(world.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(world_us.saturating_add(ahead))
    }

    pub fn ahead_us(&self) -> i64 {
        self.ahead_us.load(Ordering::Relaxed)
    }

    /// Moves to `ahead_us` before the world and wakes all sleepers.
    pub fn set_ahead_us(&self, ahead_us: i64) {
        self.ahead_us.store(ahead_us, Ordering::Relaxed);
        self.moved.notify_waiters();
    }

    /// Sleeps until the clock shows `at`, however it gets there.
    pub async fn sleep_until(&self, at: Timestamp) {
        loop {
            let moved = self.moved.notified();
            let left = at.since(self.now());
            if left == Duration::ZERO {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = moved => {}
            }
        }
    }
}
