//! The working set of one group of commands: the rows that were loaded for them, and what the
//! decisions made of them. Later decisions of a group see what earlier ones wrote.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use crate::account::Account;
use crate::conversion::Quote;
use crate::delivery::{Attempt, Delivery, DeliveryKey};
use crate::deposit::Deposit;
use crate::endpoint::{DialectName, Endpoint};
use crate::event::Event;
use crate::id::{AccountId, EndpointId, EventId, LinkId, PaymentId};
use crate::idempotency::{FirstUse, KeyScope};
use crate::ledger::{Chain, Journal, Wallet};
use crate::link::Link;
use crate::money::Currency;
use crate::payment::{Detail, Payment};
use crate::provider_call::{CallbackKey, InboundCallback, Provider, ProviderCall};
use crate::reconcile::{DifferenceId, ReconciliationItem, Run};
use crate::settlement::Settlement;
use crate::time::Timestamp;
use crate::virtual_account::VirtualAccount;

/// One row, and how it came to be in the book.
#[derive(Debug)]
struct Slot<V> {
    row: V,
    origin: Origin<V>,
}

#[derive(Debug)]
enum Origin<V> {
    Loaded,
    /// What the database has, kept to tell what the change was.
    Changed(V),
    New,
}

/// The rows of one table, by key, and which of them must be saved.
#[derive(Debug)]
pub struct Shelf<K, V> {
    slots: HashMap<K, Slot<V>>,
    /// Keys to save, in the order of their first change.
    touched: Vec<K>,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Shelf { slots: HashMap::new(), touched: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Shelf<K, V> {
    /// Puts a row there as the database has it.
    pub fn load(&mut self, key: K, row: V) {
        self.slots.entry(key).or_insert(Slot { row, origin: Origin::Loaded });
    }

    pub fn find(&self, key: &K) -> Option<&V> {
        self.slots.get(key).map(|slot| &slot.row)
    }

    pub fn insert(&mut self, key: K, row: V) {
        self.touched.push(key.clone());
        self.slots.insert(key, Slot { row, origin: Origin::New });
    }

    /// The row, to be changed and saved.
    pub fn change(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.slots.get_mut(key)?;
        if matches!(slot.origin, Origin::Loaded) {
            slot.origin = Origin::Changed(slot.row.clone());
            self.touched.push(key.clone());
        }
        Some(&mut slot.row)
    }

    /// Changes the row, or inserts it where there is none.
    pub fn put(&mut self, key: K, row: V) {
        match self.change(&key) {
            Some(place) => *place = row,
            None => self.insert(key, row),
        }
    }

    /// Takes the row out of the book; the owner of the shelf tells the store.
    pub fn remove(&mut self, key: &K) {
        self.slots.remove(key);
    }

    /// How many rows were touched so far, for [`Shelf::new_since`].
    pub fn mark(&self) -> usize {
        self.touched.len()
    }

    /// Keys of the rows that were inserted since the mark.
    pub fn new_since(&self, mark: usize) -> Vec<K> {
        let is_new =
            |key: &&K| self.slots.get(*key).is_some_and(|slot| matches!(slot.origin, Origin::New));
        self.touched.iter().skip(mark).filter(is_new).cloned().collect()
    }

    pub fn rows(&self) -> impl Iterator<Item = &V> {
        self.slots.values().map(|slot| &slot.row)
    }

    pub fn new_rows(&self) -> impl Iterator<Item = (&K, &V)> {
        self.touched_slots().filter_map(|(key, slot)| match slot.origin {
            Origin::New => Some((key, &slot.row)),
            Origin::Loaded | Origin::Changed(_) => None,
        })
    }

    /// Changed rows as (key, before, after).
    pub fn changed_rows(&self) -> impl Iterator<Item = (&K, &V, &V)> {
        self.touched_slots().filter_map(|(key, slot)| match &slot.origin {
            Origin::Changed(before) => Some((key, before, &slot.row)),
            Origin::Loaded | Origin::New => None,
        })
    }

    fn touched_slots(&self) -> impl Iterator<Item = (&K, &Slot<V>)> {
        self.touched.iter().filter_map(|key| Some((key, self.slots.get(key)?)))
    }
}

/// Everything a group of commands reads and writes.
#[derive(Debug, Default)]
pub struct Book {
    pub accounts: Shelf<AccountId, Account>,
    pub endpoints: Shelf<(AccountId, EndpointId), Endpoint>,
    pub first_uses: Shelf<KeyScope, FirstUse>,
    pub payments: Shelf<(AccountId, PaymentId), Payment>,
    pub details: Shelf<(AccountId, PaymentId), Detail>,
    pub settlements: Shelf<(AccountId, PaymentId), Settlement>,
    pub links: Shelf<(AccountId, LinkId), Link>,
    /// Card nonces by the account whose key they were used with.
    pub nonces: Shelf<(AccountId, String), Timestamp>,
    pub calls: Shelf<(AccountId, PaymentId), ProviderCall>,
    /// Callbacks that came before.
    pub callbacks: Shelf<CallbackKey, InboundCallback>,
    pub wallets: Shelf<(AccountId, Currency), Wallet>,
    pub chains: Shelf<AccountId, Chain>,
    pub deliveries: Shelf<DeliveryKey, Delivery>,
    /// By the bank's name of the credit.
    pub deposits: Shelf<(Provider, String), Deposit>,
    /// By their number at the bank.
    pub virtual_accounts: Shelf<(Provider, String), VirtualAccount>,
    pub reconciliation_items: Shelf<(AccountId, DifferenceId), ReconciliationItem>,
    /// Merchants' own references that are taken.
    pub taken_references: HashSet<(AccountId, String)>,
    /// Events of the past that are to be told again.
    pub past_events: HashMap<(AccountId, EventId), Event>,
    /// Slugs that are taken, or were when this group began: rows are saved in no order that would
    /// let one link take what another gives up in the same group.
    pub taken_slugs: HashSet<String>,

    // Only ever appended.
    pub journals: Vec<Journal>,
    pub events: Vec<Event>,
    pub attempts: Vec<Attempt>,
    /// Secrets of accounts opened or reconfigured, sealed by the caller.
    pub secrets: Vec<crate::decide::SealedSecret>,
    /// With the moment of their import; one that is recorded already stays as it is.
    pub runs: Vec<(Run, Timestamp)>,
    pub removed_endpoints: Vec<(AccountId, EndpointId)>,
    /// Values of the `setting` table that are kept once and for all.
    pub settings: Vec<(&'static str, String)>,
    /// Answers under idempotency keys older than this may go.
    pub forget_first_uses_before: Option<Timestamp>,
    /// The rates that replace all those stored.
    pub rates: Option<Vec<Quote>>,
    /// How far ahead of the world the sandbox's clock stands, when that changed.
    pub clock_ahead_us: Option<i64>,
}

impl Book {
    /// The endpoints of an account, in order of their ids.
    pub fn endpoints_of(&self, account: AccountId) -> Vec<&Endpoint> {
        let mut found: Vec<&Endpoint> =
            self.endpoints.rows().filter(|endpoint| endpoint.account == account).collect();
        found.sort_unstable_by_key(|endpoint| endpoint.id);
        found
    }

    /// Whether what an account is told says more of a charge than its payment does.
    pub fn tells_of_details(&self, account: AccountId) -> bool {
        self.endpoints
            .rows()
            .any(|endpoint| endpoint.account == account && endpoint.dialect == DialectName::DusuPay)
    }

    /// How the numbers of payments change when this book is saved.
    pub fn tally_changes(&self) -> BTreeMap<Tally, i64> {
        let mut changes: BTreeMap<Tally, i64> = BTreeMap::new();
        let mut count = |payment: &Payment, by: i64| {
            let change = changes.entry(Tally::of(payment)).or_default();
            *change = change.saturating_add(by);
        };
        for (_, payment) in self.payments.new_rows() {
            count(payment, 1);
        }
        for (_, before, after) in self.payments.changed_rows() {
            count(before, -1);
            count(after, 1);
        }
        changes.retain(|_, change| *change != 0);
        changes
    }
}

/// What payments are counted by, so that the total of a list needs no counting of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    pub account: AccountId,
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    pub kind: &'static str,
    pub method: &'static str,
    pub currency: &'static str,
    /// As records and filters say it.
    pub state: &'static str,
    pub link: Option<LinkId>,
}

/// A day in microseconds.
pub const DAY_US: i64 = 24 * 3600 * 1_000_000;

impl Tally {
    fn of(payment: &Payment) -> Tally {
        Tally {
            account: payment.account,
            day: payment.created_at.as_micros().div_euclid(DAY_US),
            kind: payment.kind.word(),
            method: payment.method.word(),
            currency: payment.gross.currency().code(),
            state: payment.state.record_word(),
            link: payment.link,
        }
    }
}
