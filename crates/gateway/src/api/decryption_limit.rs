//! Counts, per account, the requests whose card data could not be decrypted. Kept in memory: a
//! restart forgives.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{AccountId, Timestamp, limits};

use crate::api::Problem;

#[derive(Debug, Default)]
pub struct DecryptionLimit {
    failures: Mutex<HashMap<AccountId, Failures>>,
}

/// The failures of the window that began with the first of them.
#[derive(Clone, Copy, Debug)]
struct Failures {
    first_at: Timestamp,
    count: u32,
}

impl DecryptionLimit {
    /// Refuses while too many failures lie in the window.
    pub fn check(&self, account: AccountId, now: Timestamp) -> Result<(), Problem> {
        let all = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = all
            .get(&account)
            .filter(|failures| failures.count >= limits::DECRYPTION_FAILURES_MAX)
            .map(|failures| limits::DECRYPTION_WINDOW.saturating_sub(now.since(failures.first_at)))
            .filter(|wait| !wait.is_zero());
        wait.map_or(Ok(()), |wait| Err(Problem::TooMany { wait }))
    }

    pub fn note_failure(&self, account: AccountId, now: Timestamp) {
        let mut all = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = all.entry(account).or_insert(Failures { first_at: now, count: 0 });
        if now.since(failures.first_at) >= limits::DECRYPTION_WINDOW {
            *failures = Failures { first_at: now, count: 0 };
        }
        failures.count = failures.count.saturating_add(1);
    }
}
