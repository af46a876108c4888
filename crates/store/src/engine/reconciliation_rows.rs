//! Differences as the domain's values.

use domain::payment::PaymentState;
use domain::provider_call::Provider;
use domain::reconcile::{
    Difference, DifferenceClass, DifferenceId, Direction, LineStatus, OurSide, ReconciliationItem,
    Resolution, RunId, StatementLine,
};
use domain::{AccountId, Currency, PaymentId, Timestamp};

use crate::StoreError;
use crate::engine::Cells;

const TABLE: &str = "reconciliation_item";

/// Each side is there as a whole or not at all: it is read where its last cell is there.
pub(crate) const ITEM_COLUMNS: &str = "account_id, item_id, run_id, provider, class, \
     payment_id, dgs_reference, our_state, our_amount_minor, our_currency, our_at_us, \
     line_number, provider_reference, client_reference, their_amount_minor, their_currency, \
     their_fee_minor, their_status, their_direction, their_at_us, is_day_only, \
     listed_at_us, note, resolved_at_us";

pub(crate) fn item_row(cells: &mut Cells<'_>) -> Result<ReconciliationItem, StoreError> {
    let account = AccountId(cells.int()?);
    let id = DifferenceId(cells.text()?);
    let run = RunId(cells.text()?);
    let provider = cells.word(TABLE, "provider", Provider::parse)?;
    let class = cells.word(TABLE, "class", DifferenceClass::parse)?;
    let (ours, theirs) = (our_side(account, cells)?, line(cells)?);
    Ok(ReconciliationItem {
        provider,
        run,
        difference: Difference { id, class, ours, theirs },
        listed_at: cells.time()?,
        resolution: resolution(cells)?,
    })
}

fn our_side(account: AccountId, cells: &mut Cells<'_>) -> Result<Option<OurSide>, StoreError> {
    let (payment, dgs_reference) = (cells.maybe_int()?, cells.maybe_text()?);
    let state = cells.maybe_word(TABLE, "our_state", PaymentState::parse)?;
    let amount_minor = cells.maybe_int()?;
    let currency = cells.maybe_word(TABLE, "our_currency", Currency::parse)?;
    let at = cells.maybe_time()?;
    let side = || {
        Some(OurSide {
            account,
            payment: PaymentId(payment?),
            dgs_reference: dgs_reference?,
            state: state?,
            amount_minor: amount_minor?,
            currency: currency?,
            at: at?,
        })
    };
    Ok(side())
}

fn line(cells: &mut Cells<'_>) -> Result<Option<StatementLine>, StoreError> {
    let number = cells.maybe_int()?;
    let (provider_reference, client_reference) = (cells.maybe_text()?, cells.maybe_text()?);
    let amount_minor = cells.maybe_int()?;
    let currency = cells.maybe_word(TABLE, "their_currency", Currency::parse)?;
    let fee_minor = cells.maybe_int()?;
    let status = cells.maybe_word(TABLE, "their_status", LineStatus::parse)?;
    let direction = cells.maybe_word(TABLE, "their_direction", Direction::parse)?;
    let (at, is_day_only) = (cells.maybe_time()?, cells.maybe_int()?);
    let line = || {
        Some(StatementLine {
            number: number?.unsigned_abs(),
            provider_reference,
            client_reference,
            amount_minor: amount_minor?,
            currency: currency?,
            fee_minor,
            status: status?,
            direction,
            at: at?,
            is_day_only: is_day_only? != 0,
        })
    };
    Ok(line())
}

fn resolution(cells: &mut Cells<'_>) -> Result<Option<Resolution>, StoreError> {
    let (note, at): (Option<String>, Option<Timestamp>) =
        (cells.maybe_text()?, cells.maybe_time()?);
    Ok(note.zip(at).map(|(note, at)| Resolution { note, at }))
}
