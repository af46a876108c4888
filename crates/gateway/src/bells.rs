//! Wakes the requests that wait for the next event of their account, and no others.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use domain::{AccountId, limits};
use tokio::sync::watch;

#[derive(Debug, Default)]
pub struct Bells(Mutex<HashMap<AccountId, watch::Sender<()>>>);

impl Bells {
    /// A bell that rings at every commit from now on that brings the account an event. `None`
    /// when as many wait already as may.
    pub fn listen(&self, account: AccountId) -> Option<watch::Receiver<()>> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bell = bells.entry(account).or_default();
        (bell.receiver_count() < limits::FEED_WAITERS_MAX).then(|| bell.subscribe())
    }

    /// Called on the writer's thread: it only waits for others that do as little.
    pub fn ring(&self, accounts: &BTreeSet<AccountId>) {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for account in accounts {
            match bells.get(account) {
                Some(bell) if bell.receiver_count() > 0 => {
                    bell.send_replace(());
                }
                Some(_) => {
                    bells.remove(account);
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_those_of_the_account_hear_it() {
        let bells = Bells::default();
        let (mut ours, theirs) =
            (bells.listen(AccountId(1)).unwrap(), bells.listen(AccountId(2)).unwrap());
        // Rung before anybody waits: it is heard all the same.
        bells.ring(&BTreeSet::from([AccountId(1), AccountId(3)]));
        ours.changed().await.unwrap();
        assert!(!theirs.has_changed().unwrap());
    }

    #[test]
    fn places_are_bounded_and_given_back() {
        let bells = Bells::default();
        let mut waiting: Vec<_> =
            (0..limits::FEED_WAITERS_MAX).map(|_| bells.listen(AccountId(1)).unwrap()).collect();
        assert!(bells.listen(AccountId(1)).is_none());
        assert!(bells.listen(AccountId(2)).is_some());
        waiting.pop();
        assert!(bells.listen(AccountId(1)).is_some());
        waiting.clear();
        bells.ring(&BTreeSet::from([AccountId(1)]));
        assert!(!bells.0.lock().unwrap().contains_key(&AccountId(1)));
    }
}
