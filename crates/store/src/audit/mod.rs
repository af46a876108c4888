//! The audit: every invariant that the stored rows must satisfy, checked against all of them in
//! one snapshot. Rows are streamed; what is held in memory grows with accounts, not with payments.

mod deliveries;
mod deposits;
mod journals;
mod ledger;
mod payments;
mod postings;
mod references;
mod relatives;

use std::fmt::Display;

use domain::payment::{Detail, Payment};

use crate::{Reader, StoreError, query};

/// Violations of one invariant that are shown; all of them are counted.
const EXAMPLES_MAX: usize = 10;

/// What was found of one invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub invariant: &'static str,
    /// What must be true.
    pub words: &'static str,
    /// How many rows were looked at: no violation among no rows proves nothing.
    pub rows: u64,
    pub violations: u64,
    pub examples: Vec<Example>,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub account: i64,
    /// The payment's `dgs_reference` where there is one, otherwise the row's own name.
    pub reference: String,
    pub fault: String,
}

impl Finding {
    pub(crate) fn row(&mut self) {
        self.rows += 1;
    }

    pub(crate) fn violation(&mut self, account: i64, reference: impl Display, fault: impl Display) {
        self.violations += 1;
        if self.examples.len() < EXAMPLES_MAX {
            let (reference, fault) = (reference.to_string(), fault.to_string());
            self.examples.push(Example { account, reference, fault });
        }
    }
}

type Check = fn(&Reader, &mut Finding) -> Result<(), StoreError>;

/// Name, what must be true, and the check. A check's query over two tables is ordered by the key of
/// the first: left to itself the planner may walk an index and fetch every row from elsewhere.
const INVARIANTS: [(&str, &str, Check); 32] = [
    (
        "transfers_well_formed",
        "every transfer moves a positive amount of a known currency between two places",
        ledger::transfers_well_formed,
    ),
    (
        "journals_complete",
        "every journal has transfers, numbered from 1 without a gap",
        ledger::journals_complete,
    ),
    (
        "journal_facts",
        "every journal records a known fact, and names a payment if the fact is about one",
        ledger::journal_facts,
    ),
    (
        "opening_funds",
        "simulated money is given once, first of all, and only to test accounts",
        ledger::opening_funds,
    ),
    (
        "chain_unbroken",
        "journals are numbered from 1 without a gap, each sealed to the one before it",
        ledger::chain_unbroken,
    ),
    ("chain_heads", "the end of every chain is its last journal", ledger::chain_heads),
    (
        "wallets_follow_transfers",
        "every balance is the sum of the transfers that touch it",
        ledger::wallets_follow_transfers,
    ),
    (
        "wallets_never_below_zero",
        "no balance was below zero at any moment",
        ledger::wallets_never_below_zero,
    ),
    (
        "wallets_follow_payments",
        "every balance is what its opening funds and its payments leave there",
        postings::wallets_follow_payments,
    ),
    (
        "charges_posted",
        "every charge moved what its state says, and a settled one its net, each exactly once",
        postings::charges_posted,
    ),
    (
        "disbursements_posted",
        "every disbursement moved what its state says, each step exactly once",
        postings::disbursements_posted,
    ),
    (
        "conversions_posted",
        "every conversion moved what its state says, each step exactly once",
        postings::conversions_posted,
    ),
    (
        "refunds_posted",
        "every refund moved what its state says, each step exactly once",
        postings::refunds_posted,
    ),
    (
        "settlements",
        "every successful charge has a settlement, done when the charge is settled; no other has",
        relatives::settlements,
    ),
    (
        "refunds",
        "what is refunded of a charge is the sum of its refunds, and never more than the charge",
        relatives::refunds,
    ),
    (
        "links",
        "the counts of every payment link are a recount of its charges, within its cap",
        relatives::links,
    ),
    (
        "virtual_accounts",
        "every virtual account has a number of digits at a known bank",
        deposits::virtual_accounts,
    ),
    (
        "deposits",
        "every deposit came to its virtual account, and adds up or was put before a person",
        deposits::deposits,
    ),
    (
        "deposits_credited",
        "every credited deposit is one charge of what the bank settled, and no other is",
        deposits::deposits_credited,
    ),
    (
        "deposits_expected",
        "every deposit that a link expected is credited at most once as a payment of it",
        deposits::deposits_expected,
    ),
    (
        "amounts",
        "every amount is positive, and its fee lies between zero and the amount",
        payments::amounts,
    ),
    (
        "states",
        "every state is known, its version counts the changes, and an end time means an end",
        payments::states,
    ),
    ("details", "every payment has the details of its kind, and of no other", payments::details),
    (
        "tally",
        "the numbers of payments per day, kind, method, currency, state and link are a recount",
        payments::tally,
    ),
    (
        "calls",
        "every payment has a provider call, open only until the payment ends, answered only then",
        payments::calls,
    ),
    (
        "keys",
        "every key of a payment answers with one of its account, or where to pay, and no two made the same",
        payments::keys,
    ),
    (
        "terminal_events",
        "every payment that ended has one event that tells its end, every other has none",
        deliveries::terminal_events,
    ),
    (
        "event_bodies",
        "every event tells the reference and the amounts of its payment",
        deliveries::event_bodies,
    ),
    (
        "bodies_in_dialect",
        "every delivery in a dialect of its own tells the reference and the amount of its payment",
        deliveries::bodies_in_dialect,
    ),
    (
        "deliveries_scheduled",
        "every delivery that is owed has a time to come, and only those are leased",
        deliveries::scheduled,
    ),
    (
        "deliveries_attempted",
        "attempts are numbered from 1 without a gap, and what is delivered was acknowledged",
        deliveries::attempted,
    ),
    (
        "references",
        "every row refers to rows of its own account that exist",
        references::references,
    ),
];

/// Checks everything in one snapshot. An error means that the audit could not be made; it says
/// nothing about the rows.
pub fn run(reader: &Reader) -> Result<Vec<Finding>, StoreError> {
    reader.snapshot(|reader| {
        let mut findings = Vec::with_capacity(INVARIANTS.len());
        for (invariant, words, check) in INVARIANTS {
            let examples = Vec::new();
            let mut finding = Finding { invariant, words, rows: 0, violations: 0, examples };
            check(reader, &mut finding)?;
            findings.push(finding);
        }
        Ok(findings)
    })
}

/// The payment's detail, where it is there and means something.
fn find_detail(reader: &Reader, payment: &Payment) -> Result<Option<Detail>, StoreError> {
    Ok(if_meaningful(query::payments::find_detail(reader, payment))?.flatten())
}

/// A row that means nothing is for its own invariant to report; the others go past it.
fn if_meaningful<T>(row: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(StoreError::Meaningless { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
