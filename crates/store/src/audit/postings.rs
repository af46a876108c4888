//! The ledger against the payments: each moved the money its kind and state say, once.

use std::collections::{BTreeSet, HashMap};

use domain::Currency;
use domain::ledger::audit::{Replay, read_transfer};
use domain::ledger::owed::{Standing, kind_of, owed_transfers};
use domain::ledger::{Fact, Place};
use domain::payment::{Detail, Payment, PaymentKind, PaymentState};
use sha2::{Digest, Sha256};

use super::journals::{Stored, each_journal};
use super::{Finding, find_detail, if_meaningful};
use crate::engine::{Cells, PAYMENT_COLUMNS, payment_row, wallet_row};
use crate::{Reader, StoreError};

pub(super) fn charges_posted(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    posted(reader, finding, PaymentKind::Charge)
}

pub(super) fn disbursements_posted(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    posted(reader, finding, PaymentKind::Disbursement)
}

pub(super) fn conversions_posted(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    posted(reader, finding, PaymentKind::Conversion)
}

pub(super) fn refunds_posted(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    posted(reader, finding, PaymentKind::Refund)
}

/// Each journal about the kind is looked at beside its payment; that every payment has exactly
/// one for each fact it owes is seen from two bags of ids per fact, which must be alike.
fn posted(reader: &Reader, finding: &mut Finding, kind: PaymentKind) -> Result<(), StoreError> {
    let facts: Vec<Fact> =
        Fact::ALL.into_iter().filter(|fact| kind_of(*fact) == Some(kind)).collect();
    let mut posted: HashMap<(i64, &str), Bag> = HashMap::new();
    each_journal(reader, Some(&facts), |stored| {
        finding.row();
        // A fact or a payment that is missing is found by `journal_facts`.
        let (Some(fact), Some(payment)) = (stored.fact(), stored.payment) else { return Ok(()) };
        posted.entry((stored.account, fact.word())).or_default().add(payment);
        check_journal(reader, finding, &stored, (fact, payment))
    })?;
    let mut owed: HashMap<(i64, &str), Bag> = HashMap::new();
    let sql = format!("select account_id, payment_id, {STANDING} from payment where kind = $1");
    reader.each(&sql, &[kind.word().into()], |cells| {
        finding.row();
        let (account, payment) = (cells.int()?, cells.int()?);
        let Some(standing) = if_meaningful(standing_row(cells))? else { return Ok(()) };
        for fact in standing.owed_facts() {
            owed.entry((account, fact.word())).or_default().add(payment);
        }
        Ok(())
    })?;
    let all: BTreeSet<(i64, &str)> = posted.keys().chain(owed.keys()).copied().collect();
    for (account, fact) in all {
        if posted.get(&(account, fact)) != owed.get(&(account, fact)) {
            name_wrong_counts(reader, finding, account, (kind, fact))?;
        }
    }
    Ok(())
}

const STANDING: &str = "kind, state, settled_at_us is not null, amount_minor, fee_minor";

fn standing_row(cells: &mut Cells<'_>) -> Result<Standing, StoreError> {
    Ok(Standing {
        kind: cells.word("payment", "kind", PaymentKind::parse)?,
        state: cells.word("payment", "state", PaymentState::parse)?,
        is_settled: cells.flag()?,
        gross_minor: cells.int()?,
        fee_minor: cells.int()?,
    })
}

fn check_journal(
    reader: &Reader,
    finding: &mut Finding,
    stored: &Stored,
    (fact, payment): (Fact, i64),
) -> Result<(), StoreError> {
    let account = stored.account;
    let Some(payment) = find_payment(reader, account, payment)? else {
        finding.violation(account, stored.name(), "its payment cannot be read");
        return Ok(());
    };
    let name = &payment.dgs_reference;
    let standing = Standing::from(&payment);
    if !standing.owed_facts().contains(&fact) {
        let (kind, state) = (payment.kind.word(), payment.state.word());
        let settled = if standing.is_settled { ", settled" } else { "" };
        let fault =
            format!("{} says {}, it is a {kind}, {state}{settled}", stored.name(), stored.fact);
        finding.violation(account, name, fault);
        return Ok(());
    }
    let target = match payment.kind {
        PaymentKind::Conversion => match find_detail(reader, &payment)? {
            Some(Detail::Conversion(conversion)) => Some(conversion.target),
            Some(Detail::Charge(_) | Detail::Disbursement(_) | Detail::Refund(_)) | None => None,
        },
        PaymentKind::Charge | PaymentKind::Disbursement | PaymentKind::Refund => None,
    };
    if stored.transfers() != Some(owed_transfers(fact, &payment, target)) {
        let fault = format!("{} does not move what the payment says", stored.name());
        finding.violation(account, name, fault);
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
    (kind, fact): (PaymentKind, &str),
) -> Result<(), StoreError> {
    let sql = format!(
        "select dgs_reference, coalesce(j.count, 0), {STANDING} from payment p
         left join (select payment_id, count(*) as count from journal
                    where account_id = $1 and fact = $2 group by payment_id) j
             on j.payment_id = p.payment_id
         where p.account_id = $1 and p.kind = $3"
    );
    let args = [account.into(), fact.into(), kind.word().into()];
    reader.each(&sql, &args, |cells| {
        let (reference, count) = (cells.text()?, cells.int()?);
        let Some(standing) = if_meaningful(standing_row(cells))? else { return Ok(()) };
        let is_owed = standing.owed_facts().into_iter().any(|owed| owed.word() == fact);
        if count != i64::from(is_owed) {
            finding.violation(account, reference, format!("{count} journals say {fact}"));
        }
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

/// What payments have left in each wallet.
#[derive(Default)]
struct Left(HashMap<(i64, Currency), Replay>);

impl Left {
    /// A currency that is unknown is for another invariant to report.
    fn add(&mut self, account: i64, currency: &str, left: Replay) {
        if let Some(currency) = Currency::parse(currency) {
            let sum = self.0.entry((account, currency)).or_default();
            *sum = sum.with(left);
        }
    }
}

/// Each balance once more, from the payments alone.
pub(super) fn wallets_follow_payments(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    let mut left = left_by_payments(reader, finding)?;
    let sql = "select account_id, currency, pending_minor, available_minor, held_minor from wallet";
    reader.each(sql, &[], |cells| {
        finding.row();
        let account = cells.int()?;
        let Some((currency, wallet)) = if_meaningful(wallet_row(cells))? else { return Ok(()) };
        let stored = Replay::from(wallet);
        let expected = left.0.remove(&(account, currency)).unwrap_or_default();
        if stored != expected {
            let fault = format!("it says {stored}; the payments leave {expected}");
            finding.violation(account, format!("wallet {currency}"), fault);
        }
        Ok(())
    })?;
    let nothing = Replay::default();
    for ((account, currency), expected) in left.0.into_iter().filter(|(_, left)| *left != nothing) {
        let fault = format!("it is missing; the payments leave {expected}");
        finding.violation(account, format!("wallet {currency}"), fault);
    }
    Ok(())
}

fn left_by_payments(reader: &Reader, finding: &mut Finding) -> Result<Left, StoreError> {
    let mut left = Left::default();
    let sql = "select t.account_id, t.debit, t.credit, t.amount_minor, t.currency from journal j
         join transfer t on t.account_id = j.account_id and t.seq = j.seq
         where j.fact = 'opening_funds' order by j.account_id, j.seq, t.line";
    reader.each(sql, &[], |cells| {
        let (account, debit, credit) = (cells.int()?, cells.text()?, cells.text()?);
        let (minor, currency) = (cells.int()?, cells.text()?);
        let gift = read_transfer(&debit, &credit, minor, &currency);
        if gift.is_ok_and(|gift| gift.credit == Place::Available) {
            left.add(account, &currency, Replay::of(0, minor.into(), 0));
        }
        Ok(())
    })?;
    let sql = format!("select account_id, currency, {STANDING} from payment");
    reader.each(&sql, &[], |cells| {
        finding.row();
        let (account, currency) = (cells.int()?, cells.text()?);
        if let Some(standing) = if_meaningful(standing_row(cells))? {
            left.add(account, &currency, standing.left_in_wallet());
        }
        Ok(())
    })?;
    let sql = "select c.account_id, c.target_currency, c.target_minor from conversion c
         join payment p on p.account_id = c.account_id and p.payment_id = c.payment_id
         where p.kind = 'conversion' and p.state = 'successful'
         order by c.account_id, c.payment_id";
    reader.each(sql, &[], |cells| {
        let (account, currency, minor) = (cells.int()?, cells.text()?, cells.int()?);
        left.add(account, &currency, Replay::of(0, minor.into(), 0));
        Ok(())
    })?;
    Ok(left)
}
