//! What happens without a request: providers are asked, webhooks are sent, charges
//! are settled, old answers forgotten.

mod accounts;
mod deliveries;
mod provider_calls;
mod rates;
mod retention;
mod settlements;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use domain::delivery::Delivery;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::app::App;
use crate::clock::Clock;
use crate::virtual_accounts::verification;

/// A delivery born leased to this process, with the body to send.
#[derive(Debug)]
pub struct FreshDelivery {
    pub delivery: Delivery,
    pub body: Arc<str>,
}

/// Starts all workers, which log in the caller's span. They end when the app is told to stop.
pub fn start(app: &Arc<App>, fresh: mpsc::Receiver<FreshDelivery>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    workers.spawn(provider_calls::run(Arc::clone(app)).in_current_span());
    workers.spawn(deliveries::run(Arc::clone(app), fresh).in_current_span());
    workers.spawn(settlements::run(Arc::clone(app)).in_current_span());
    workers.spawn(retention::run(Arc::clone(app)).in_current_span());
    workers.spawn(accounts::run(Arc::clone(app)).in_current_span());
    workers.spawn(rates::run(Arc::clone(app)).in_current_span());
    workers.spawn(verification::run(Arc::clone(app)).in_current_span());
    workers
}

/// Wakes a worker at the earliest moment anyone has asked for. The store's due-time index is the
/// truth; this only spares looking at it all the time.
#[derive(Debug)]
pub struct Alarm {
    at_us: AtomicI64,
    earlier: Notify,
}

impl Default for Alarm {
    fn default() -> Alarm {
        Alarm { at_us: AtomicI64::new(i64::MAX), earlier: Notify::new() }
    }
}

impl Alarm {
    pub fn ring_at(&self, at: Timestamp) {
        if at.as_micros() < self.at_us.fetch_min(at.as_micros(), Ordering::AcqRel) {
            self.earlier.notify_one();
        }
    }

    /// Forgets what was asked for. Done before looking at the store, so that what is committed
    /// meanwhile is not missed.
    pub fn clear(&self) {
        self.at_us.store(i64::MAX, Ordering::Release);
    }

    /// Waits until the alarm rings.
    pub async fn rung(&self, clock: &Clock) {
        loop {
            let at = Timestamp::from_micros(self.at_us.load(Ordering::Acquire));
            tokio::select! {
                () = clock.sleep_until(at) => return,
                () = self.earlier.notified() => {}
            }
        }
    }
}

/// Resolves when the process has been asked to stop.
pub async fn stopped(app: &App) {
    let mut stop = app.stop.clone();
    if stop.wait_for(|is_stopping| *is_stopping).await.is_err() {
        tracing::debug!("the stop signal's sender is gone");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn an_alarm_rings_at_the_earliest_moment_asked_for() {
        let (alarm, clock) = (Alarm::default(), Clock::default());
        let far = clock.now().plus(Duration::from_secs(3600));
        alarm.ring_at(far);
        alarm.ring_at(clock.now());
        alarm.ring_at(far);
        alarm.rung(&clock).await;
    }

    #[tokio::test]
    async fn a_moved_clock_rings_it() {
        let (alarm, clock) = (Alarm::default(), Clock::default());
        alarm.ring_at(clock.now().plus(Duration::from_secs(3600)));
        let moved = async {
            tokio::task::yield_now().await;
            clock.set_ahead_us(3_600_000_000);
        };
        tokio::join!(alarm.rung(&clock), moved);
    }
}
