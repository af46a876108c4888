//! How guessing is slowed down. Counted by what is guessed at and by who guesses, whether an
//! account exists or not, so that waiting tells nothing.

use std::time::Duration;

use crate::people::UserId;
use crate::time::Timestamp;

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gate {
    /// Signing in as somebody, by the address typed. It does not touch sessions there are.
    Account(String),
    /// Signing in from somewhere.
    Address(String),
    /// The second factor of somebody whose password was right.
    Code(UserId),
    /// The password again, within a session.
    Confirm(UserId),
    /// New merchants from somewhere.
    SignUp(String),
}

struct Policy {
    /// Failures that cost nothing.
    free: u32,
    /// From this one on, the longest wait.
    last: u32,
    wait_max: Duration,
}

const MINUTE: u64 = 60;

/// After this long without a failure, all are forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(24 * 60 * MINUTE);

impl Gate {
    /// How it is written in the store.
    pub fn key(&self) -> String {
        match self {
            Gate::Account(email) => format!("account {email}"),
            Gate::Address(address) => format!("address {address}"),
            Gate::Code(user) => format!("code {}", user.0),
            Gate::Confirm(user) => format!("confirm {}", user.0),
            Gate::SignUp(address) => format!("sign-up {address}"),
        }
    }

    /// PCI DSS 8.3.4: locked for 30 minutes after at most 10 attempts.
    const fn policy(&self) -> Policy {
        let (free, last, minutes): (u32, u32, u64) = match self {
            Gate::Account(_) => (3, 10, 30),
            // Many people share an address.
            Gate::Address(_) => (20, 40, 15),
            // Six digits are few.
            Gate::Code(_) => (4, 5, 30),
            Gate::Confirm(_) => (4, 10, 30),
            Gate::SignUp(_) => (5, 20, 60),
        };
        Policy { free, last, wait_max: Duration::from_secs(minutes.saturating_mul(MINUTE)) }
    }

    /// When the next attempt is looked at, given what failed before.
    pub fn opens_at(&self, throttle: Throttle) -> Timestamp {
        let policy = self.policy();
        let wait = if throttle.failures <= policy.free {
            Duration::ZERO
        } else if throttle.failures >= policy.last {
            policy.wait_max
        } else {
            let doublings = throttle.failures.saturating_sub(policy.free).saturating_sub(1);
            Duration::from_secs(1u64.checked_shl(doublings).unwrap_or(u64::MAX))
                .min(policy.wait_max)
        };
        throttle.last_at.plus(wait)
    }

    pub fn is_open(&self, throttle: Throttle, now: Timestamp) -> bool {
        throttle.failures == 0 || now >= self.opens_at(throttle)
    }
}

/// Failures in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttle {
    pub failures: u32,
    pub last_at: Timestamp,
}

impl Throttle {
    #[must_use]
    pub fn after_failure(self, now: Timestamp) -> Throttle {
        let is_forgiven = now.since(self.last_at) >= FORGIVEN_AFTER;
        let failures = if is_forgiven { 0 } else { self.failures };
        Throttle { failures: failures.saturating_add(1), last_at: now }
    }

    /// The moment before which failures are forgiven by now.
    pub fn forgiven_before(now: Timestamp) -> Timestamp {
        now.minus(FORGIVEN_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_in_a_lock() {
        let now = Timestamp::from_micros(1_000_000_000_000);
        let waits = |gate: &Gate| -> Vec<u64> {
            (1..=12)
                .map(|failures| {
                    gate.opens_at(Throttle { failures, last_at: now }).since(now).as_secs()
                })
                .collect()
        };
        let account = Gate::Account("a@b.c".into());
        assert_eq!(waits(&account), [0, 0, 0, 1, 2, 4, 8, 16, 32, 1800, 1800, 1800]);
        assert_eq!(waits(&Gate::Code(UserId(1)))[..6], [0, 0, 0, 0, 1800, 1800]);
        let locked = Throttle { failures: 10, last_at: now };
        assert!(!account.is_open(locked, now.plus(Duration::from_secs(1799))));
        assert!(account.is_open(locked, now.plus(Duration::from_secs(1800))));
        assert_eq!(locked.after_failure(now.plus(FORGIVEN_AFTER)).failures, 1);
    }
}
