//! `POST /disburse/bulk`: many disbursements in one request, one commit and under one key.

use std::collections::BTreeMap;

use crate::book::Book;
use crate::decide::create_disbursement::{accept, new_payment};
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Order, Refusal, ShortWallet};
use crate::disbursement::BulkPlace;
use crate::id::{AccountId, BulkId};
use crate::idempotency::KeyUse;
use crate::ledger::WalletError;
use crate::money::Currency;
use crate::payment::{Detail, Payment};

#[derive(Debug)]
pub struct CreateBulk {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub mode: BulkMode,
    pub lines: Vec<BulkLine>,
    /// Lines that could not be read as disbursements. None in mode `all`, which would do nothing.
    pub refused: Vec<RefusedLine>,
}

/// What a line that cannot be done means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkMode {
    /// Nothing is done unless every line can be.
    All,
    /// Each line is done that can be, from the first to the last.
    PerLine,
}

impl BulkMode {
    pub const ALL: [BulkMode; 2] = [BulkMode::All, BulkMode::PerLine];

    pub const fn word(self) -> &'static str {
        match self {
            BulkMode::All => "all",
            BulkMode::PerLine => "per_line",
        }
    }

    pub fn parse(word: &str) -> Option<BulkMode> {
        BulkMode::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

#[derive(Clone, Debug)]
pub struct BulkLine {
    /// From 1.
    pub line: i64,
    /// The merchant's own name for the line.
    pub reference: Option<String>,
    pub order: Order,
}

/// A line that was not done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    pub line: i64,
    pub reference: Option<String>,
    /// Each field at fault, and what is wrong with it.
    pub faults: Vec<(&'static str, String)>,
}

/// What became of a bulk.
#[derive(Debug)]
pub struct BulkTold<'a> {
    pub bulk: BulkId,
    pub mode: BulkMode,
    pub accepted: Vec<(&'a BulkPlace, &'a Payment)>,
    pub refused: &'a [RefusedLine],
}

pub(super) fn create_bulk(
    create: CreateBulk,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(create.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let account = book.accounts.find(&create.account).ok_or(Refusal::AccountUnknown)?;
    let bulk = BulkId(moment.ids.next(moment.now));
    let mut refused = create.refused;
    let mut wanted = Vec::with_capacity(create.lines.len());
    for line in create.lines {
        let place = BulkPlace { bulk, line: line.line, reference: line.reference };
        match new_payment(account, &line.order, moment) {
            Ok(payment) => wanted.push((payment, place, line.order)),
            Err(refusal) => refused.push(refused_line(place, &refusal)),
        }
    }
    if create.mode == BulkMode::All {
        if !refused.is_empty() {
            return Err(Refusal::LinesRefused(refused));
        }
        // Hereafter no line is refused.
        cover(&wanted, book)?;
    }
    let mut accepted = Vec::with_capacity(wanted.len());
    for (payment, place, mut order) in wanted {
        order.disbursement.bulk = Some(place.clone());
        match accept(payment, order, book, moment) {
            Ok(key) => accepted.push(key),
            Err(refusal) => refused.push(refused_line(place, &refusal)),
        }
    }
    if accepted.is_empty() {
        refused.sort_by_key(|line| line.line);
        return Err(Refusal::LinesRefused(refused));
    }
    let told = BulkTold {
        bulk,
        mode: create.mode,
        accepted: accepted
            .iter()
            .filter_map(|key| match (book.details.find(key)?, book.payments.find(key)?) {
                (Detail::Disbursement(made), payment) => Some((made.bulk.as_ref()?, payment)),
                (Detail::Charge(_) | Detail::Conversion(_) | Detail::Refund(_), _) => None,
            })
            .collect(),
        refused: &refused,
    };
    let body = moment.wording.bulk_answer(&told);
    Ok(keep(body, create.key_use, book, moment))
}

/// Whatever a line is refused for here is about its amount.
fn refused_line(place: BulkPlace, refusal: &Refusal) -> RefusedLine {
    let faults = vec![("amount", refusal.to_string())];
    RefusedLine { line: place.line, reference: place.reference, faults }
}

/// Refuses unless the wallet can set all of it aside.
fn cover(wanted: &[(Payment, BulkPlace, Order)], book: &Book) -> Result<(), Refusal> {
    let mut required: BTreeMap<(AccountId, Currency), i64> = BTreeMap::new();
    for (payment, _, _) in wanted {
        let sum = required.entry((payment.account, payment.gross.currency())).or_default();
        *sum = sum.saturating_add(payment.gross.minor());
    }
    for (key, required_minor) in required {
        let wallet = book.wallets.find(&key).copied().unwrap_or_default();
        if wallet.available_minor < required_minor {
            let available_minor = wallet.available_minor;
            let short = ShortWallet { available_minor, required_minor, currency: key.1 };
            return Err(Refusal::ShortWallet(short));
        }
        wallet.held_minor.checked_add(required_minor).ok_or(WalletError::Overflow)?;
    }
    Ok(())
}
