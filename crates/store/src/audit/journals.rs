//! Journals and transfers as they are stored, one after the other, whatever their cells hold.

use domain::ledger::audit::{FormFault, read_transfer};
use domain::ledger::{Fact, Journal, Transfer};
use domain::{AccountId, PaymentId, Timestamp};

use crate::engine::Cells;
use crate::{Arg, Reader, StoreError};

/// A row of the `transfer` table.
pub(super) struct Line {
    pub account: i64,
    pub seq: i64,
    pub number: i64,
    pub transfer: Result<Transfer, FormFault>,
}

/// All transfers in the order in which they were posted, with a journal or without.
pub(super) fn each_line(
    reader: &Reader,
    mut read: impl FnMut(Line) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "select account_id, seq, line, debit, credit, amount_minor, currency from transfer
         order by account_id, seq, line";
    reader.each(sql, &[], |cells| {
        let (account, seq, number) = (cells.int()?, cells.int()?, cells.int()?);
        read(Line { account, seq, number, transfer: transfer(cells)? })
    })
}

/// debit, credit, amount_minor, currency.
fn transfer(cells: &mut Cells<'_>) -> Result<Result<Transfer, FormFault>, StoreError> {
    let (debit, credit) = (cells.text()?, cells.text()?);
    let (minor, currency) = (cells.int()?, cells.text()?);
    Ok(read_transfer(&debit, &credit, minor, &currency))
}

/// A row of the `journal` table with its transfers.
pub(super) struct Stored {
    pub account: i64,
    pub seq: i64,
    pub fact: String,
    pub payment: Option<i64>,
    posted_at: Timestamp,
    hash: Vec<u8>,
    pub lines: Vec<Line>,
}

impl Stored {
    pub fn name(&self) -> String {
        format!("journal {}", self.seq)
    }

    pub fn fact(&self) -> Option<Fact> {
        Fact::parse(&self.fact)
    }

    /// `None` when a transfer means nothing.
    pub fn transfers(&self) -> Option<Vec<Transfer>> {
        self.lines.iter().map(|line| line.transfer.as_ref().ok().copied()).collect()
    }

    /// `None` when a part of it means nothing.
    pub fn journal(&self) -> Option<Journal> {
        Some(Journal {
            account: AccountId(self.account),
            seq: self.seq,
            fact: self.fact()?,
            payment: self.payment.map(PaymentId),
            transfers: self.transfers()?,
            posted_at: self.posted_at,
            hash: self.hash()?,
        })
    }

    pub fn hash(&self) -> Option<[u8; 32]> {
        self.hash.as_slice().try_into().ok()
    }
}

/// All journals, or those of some facts, account by account in the order of their numbers.
pub(super) fn each_journal(
    reader: &Reader,
    facts: Option<&[Fact]>,
    mut read: impl FnMut(Stored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let args: Vec<Arg> = facts.into_iter().flatten().map(|fact| fact.word().into()).collect();
    let narrowed = match facts {
        Some(_) => {
            let places: Vec<String> = (1..=args.len()).map(|place| format!("${place}")).collect();
            format!("where j.fact in ({})", places.join(", "))
        }
        None => String::new(),
    };
    let sql = format!(
        "select j.account_id, j.seq, j.fact, j.payment_id, j.posted_at_us, j.hash, t.line,
             t.debit, t.credit, t.amount_minor, t.currency
         from journal j
         left join transfer t on t.account_id = j.account_id and t.seq = j.seq
         {narrowed} order by j.account_id, j.seq, t.line"
    );
    let mut open: Option<Stored> = None;
    reader.each(&sql, &args, |cells| {
        let head = head(cells)?;
        let line = match cells.maybe_int()? {
            Some(number) => {
                let transfer = transfer(cells)?;
                Some(Line { account: head.account, seq: head.seq, number, transfer })
            }
            None => None,
        };
        let goes_on = |open: &Stored| (open.account, open.seq) == (head.account, head.seq);
        if !open.as_ref().is_some_and(goes_on)
            && let Some(whole) = open.replace(head)
        {
            read(whole)?;
        }
        if let Some(open) = &mut open {
            open.lines.extend(line);
        }
        Ok(())
    })?;
    open.map_or(Ok(()), read)
}

/// account_id, seq, fact, payment_id, posted_at_us, hash.
fn head(cells: &mut Cells<'_>) -> Result<Stored, StoreError> {
    Ok(Stored {
        account: cells.int()?,
        seq: cells.int()?,
        fact: cells.text()?,
        payment: cells.maybe_int()?,
        posted_at: cells.time()?,
        hash: cells.bytes()?,
        lines: Vec::new(),
    })
}
