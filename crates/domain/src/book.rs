//! The working set of one group of commands: the rows that were loaded for them, and what the
//! decisions made of them. Later decisions of a group see what earlier ones wrote.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::account::{Account, Endpoint};
use crate::charge::Charge;
use crate::delivery::{Attempt, Delivery, DeliveryKey};
use crate::event::Event;
use crate::id::{AccountId, EndpointId, PaymentId};
use crate::idempotency::{FirstUse, KeyScope};
use crate::ledger::{Chain, Journal, Wallet};
use crate::money::Currency;
use crate::payment::Payment;
use crate::provider_call::ProviderCall;
use crate::time::Timestamp;

/// How a row came to be in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Loaded,
    Changed,
    New,
}

/// The rows of one table, by key, and which of them must be saved.
#[derive(Debug)]
pub struct Shelf<K, V> {
    rows: HashMap<K, (V, Mark)>,
    /// Keys to save, in the order of their first change.
    touched: Vec<K>,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Shelf { rows: HashMap::new(), touched: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V> Shelf<K, V> {
    /// Puts a row there as the database has it.
    pub fn load(&mut self, key: K, row: V) {
        self.rows.entry(key).or_insert((row, Mark::Loaded));
    }

    pub fn find(&self, key: &K) -> Option<&V> {
        self.rows.get(key).map(|(row, _)| row)
    }

    pub fn insert(&mut self, key: K, row: V) {
        self.touched.push(key.clone());
        self.rows.insert(key, (row, Mark::New));
    }

    /// The row, to be changed and saved.
    pub fn change(&mut self, key: &K) -> Option<&mut V> {
        let (row, mark) = self.rows.get_mut(key)?;
        if *mark == Mark::Loaded {
            *mark = Mark::Changed;
            self.touched.push(key.clone());
        }
        Some(row)
    }

    /// Changes the row, or inserts it where there is none.
    pub fn put(&mut self, key: K, row: V) {
        match self.change(&key) {
            Some(place) => *place = row,
            None => self.insert(key, row),
        }
    }

    pub fn new_rows(&self) -> impl Iterator<Item = (&K, &V)> {
        self.marked(Mark::New)
    }

    pub fn changed_rows(&self) -> impl Iterator<Item = (&K, &V)> {
        self.marked(Mark::Changed)
    }

    fn marked(&self, wanted: Mark) -> impl Iterator<Item = (&K, &V)> {
        self.touched.iter().filter_map(move |key| match self.rows.get(key) {
            Some((row, mark)) if *mark == wanted => Some((key, row)),
            Some(_) | None => None,
        })
    }
}

/// Everything a group of commands reads and writes.
#[derive(Debug, Default)]
pub struct Book {
    pub accounts: Shelf<AccountId, Account>,
    pub endpoints: Shelf<(AccountId, EndpointId), Endpoint>,
    pub first_uses: Shelf<KeyScope, FirstUse>,
    pub payments: Shelf<(AccountId, PaymentId), Payment>,
    pub charges: Shelf<(AccountId, PaymentId), Charge>,
    pub calls: Shelf<(AccountId, PaymentId), ProviderCall>,
    pub wallets: Shelf<(AccountId, Currency), Wallet>,
    pub chains: Shelf<AccountId, Chain>,
    pub deliveries: Shelf<DeliveryKey, Delivery>,
    /// Merchants' own references that are taken.
    pub taken_references: HashSet<(AccountId, String)>,

    // Only ever appended.
    pub journals: Vec<Journal>,
    pub events: Vec<Event>,
    pub attempts: Vec<Attempt>,
    /// Secrets of accounts opened or reconfigured, sealed by the caller.
    pub secrets: Vec<crate::decide::SealedSecret>,
    /// Answers under idempotency keys older than this may go.
    pub forget_first_uses_before: Option<Timestamp>,
    /// How far ahead of the world the sandbox's clock stands, when that changed.
    pub clock_ahead_us: Option<i64>,
}

impl Book {
    /// The endpoints of an account that want events, in order of their ids.
    pub fn enabled_endpoints(&self, account: AccountId) -> Vec<EndpointId> {
        let mut ids: Vec<EndpointId> = self
            .endpoints
            .rows
            .values()
            .filter(|(endpoint, _)| endpoint.account == account && endpoint.is_enabled)
            .map(|(endpoint, _)| endpoint.id)
            .collect();
        ids.sort_unstable();
        ids
    }
}
