//! The ledger against the payments: each moved the money its state says, once.

use std::collections::{BTreeSet, HashMap};

use domain::Currency;
use domain::ledger::Fact;
use domain::ledger::audit::owed_journal;
use domain::payment::{Payment, PaymentState};
use sha2::{Digest, Sha256};

use super::journals::{Stored, each_journal};
use super::{Finding, if_meaningful};
use crate::engine::{PAYMENT_COLUMNS, payment_row, wallet_row};
use crate::{Reader, StoreError};

pub(super) fn successes_posted(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    posted_once(reader, finding, Fact::ChargeSucceeded, PaymentState::Successful)
}

pub(super) fn late_confirmations_posted(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    posted_once(reader, finding, Fact::ChargeConfirmedLate, PaymentState::ConfirmedLate)
}

/// Each journal of the fact is looked at beside its payment; that every payment of the state has
/// exactly one is seen from the two bags of ids, which must be alike.
fn posted_once(
    reader: &Reader,
    finding: &mut Finding,
    fact: Fact,
    state: PaymentState,
) -> Result<(), StoreError> {
    let mut posted: HashMap<i64, Bag> = HashMap::new();
    each_journal(reader, Some(fact), |stored| {
        finding.row();
        // One that names no payment is found by `journal_facts`.
        let Some(payment) = stored.payment else { return Ok(()) };
        posted.entry(stored.account).or_default().add(payment);
        check_journal(reader, finding, &stored, payment)
    })?;
    let mut owed: HashMap<i64, Bag> = HashMap::new();
    let sql = "select account_id, payment_id from payment where kind = 'charge' and state = $1";
    reader.each(sql, &[state.word().into()], |cells| {
        finding.row();
        owed.entry(cells.int()?).or_default().add(cells.int()?);
        Ok(())
    })?;
    let accounts: BTreeSet<i64> = posted.keys().chain(owed.keys()).copied().collect();
    for account in accounts {
        if posted.get(&account) != owed.get(&account) {
            name_wrong_counts(reader, finding, account, (fact, state))?;
        }
    }
    Ok(())
}

fn check_journal(
    reader: &Reader,
    finding: &mut Finding,
    stored: &Stored,
    payment: i64,
) -> Result<(), StoreError> {
    let account = stored.account;
    let Some(payment) = find_payment(reader, account, payment)? else {
        finding.violation(account, stored.name(), "its payment cannot be read");
        return Ok(());
    };
    let name = &payment.dgs_reference;
    match owed_journal(&payment) {
        Some((fact, transfers)) if stored.fact() == Some(fact) => {
            if stored.transfers().as_ref() != Some(&transfers) {
                let fault = format!("{} does not move what the payment says", stored.name());
                finding.violation(account, name, fault);
            }
        }
        Some(_) | None => {
            let state = payment.state.word();
            let fault = format!("{} says {}, the payment is {state}", stored.name(), stored.fact);
            finding.violation(account, name, fault);
        }
    }
    Ok(())
}

fn find_payment(reader: &Reader, account: i64, id: i64) -> Result<Option<Payment>, StoreError> {
    let sql =
        format!("select {PAYMENT_COLUMNS} from payment where account_id = $1 and payment_id = $2");
    let found = reader
        .row(&sql, &[account.into(), id.into()], |cells| if_meaningful(payment_row(cells)))?;
    Ok(found.flatten())
}

/// Names the payments behind two bags that differ. Holds the account's ids, which only a broken
/// ledger pays for.
fn name_wrong_counts(
    reader: &Reader,
    finding: &mut Finding,
    account: i64,
    (fact, state): (Fact, PaymentState),
) -> Result<(), StoreError> {
    let sql = "select p.dgs_reference, coalesce(j.count, 0) from payment p
         left join (select payment_id, count(*) as count from journal
                    where account_id = $1 and fact = $2 group by payment_id) j
             on j.payment_id = p.payment_id
         where p.account_id = $1 and p.kind = 'charge' and p.state = $3
             and coalesce(j.count, 0) <> 1";
    let args = [account.into(), fact.word().into(), state.word().into()];
    reader.each(sql, &args, |cells| {
        let (reference, count) = (cells.text()?, cells.int()?);
        finding.violation(account, reference, format!("{count} journals say {}", fact.word()));
        Ok(())
    })
}

/// Ids without their order, in constant space: how many, and a sum over their hashes. Bags that
/// are alike hold the same ids, each as often.
#[derive(Default, PartialEq, Eq)]
struct Bag {
    count: u64,
    sum: u128,
}

impl Bag {
    fn add(&mut self, id: i64) {
        let digest = Sha256::digest(id.to_be_bytes());
        let hash = digest.first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash);
    }
}

/// What came into a wallet, all places together.
pub(super) fn wallets_follow_payments(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    let mut expected: HashMap<(i64, Currency), i128> = HashMap::new();
    let mut add = |account: i64, currency: &str, minor: i128| {
        if let Some(currency) = Currency::parse(currency) {
            *expected.entry((account, currency)).or_default() += minor;
        }
    };
    let sql = "select t.account_id, t.currency, t.amount_minor from journal j
         join transfer t on t.account_id = j.account_id and t.seq = j.seq
         where j.fact = 'opening_funds' order by j.account_id, j.seq, t.line";
    reader.each(sql, &[], |cells| {
        add(cells.int()?, &cells.text()?, cells.int()?.into());
        Ok(())
    })?;
    let sql = "select account_id, currency, amount_minor, fee_minor from payment
         where kind = 'charge' and state = 'successful'";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, currency) = (cells.int()?, cells.text()?);
        let (gross, fee) = (i128::from(cells.int()?), i128::from(cells.int()?));
        add(account, &currency, gross - fee);
        Ok(())
    })?;
    let sql = "select account_id, currency, pending_minor, available_minor, held_minor from wallet";
    reader.each(sql, &[], |cells| {
        finding.row();
        let account = cells.int()?;
        let Some((currency, wallet)) = if_meaningful(wallet_row(cells))? else { return Ok(()) };
        let held = [wallet.pending_minor, wallet.available_minor, wallet.held_minor];
        let held: i128 = held.into_iter().map(i128::from).sum();
        let came_in = expected.remove(&(account, currency)).unwrap_or_default();
        if held != came_in {
            let fault = format!("it holds {held}; {came_in} came in");
            finding.violation(account, format!("wallet {currency}"), fault);
        }
        Ok(())
    })?;
    for ((account, currency), came_in) in expected.into_iter().filter(|(_, minor)| *minor != 0) {
        let fault = format!("it is missing; {came_in} came in");
        finding.violation(account, format!("wallet {currency}"), fault);
    }
    Ok(())
}
