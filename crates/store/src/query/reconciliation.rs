//! What providers' statements are compared with, and what they differed in.

use domain::limits::{STATEMENT_LOOKAHEAD, STATEMENT_LOOKBACK};
use domain::payment::{PaymentKind, PaymentState};
use domain::provider_call::Provider;
use domain::reconcile::{DifferenceId, OurPayment, Period, ReconciliationItem};
use domain::{AccountId, Currency, Money, PaymentId};

use crate::engine::{Cells, ITEM_COLUMNS, item_row};
use crate::{Reader, StoreError};

/// All payments at `provider`, of every account, that a statement of the period may speak of.
pub fn list_payments(
    reader: &Reader,
    provider: Provider,
    period: &Period,
) -> Result<Vec<OurPayment>, StoreError> {
    let sql = "select p.account_id, p.payment_id, p.kind, p.state, p.dgs_reference,
             c.client_reference, p.provider_reference, p.amount_minor, p.currency, p.fee_minor,
             p.created_at_us, p.finished_at_us
         from account a
         join payment p on p.account_id = a.account_id
             and p.payment_id between $2 and $3 and p.provider = $1
         join provider_call c
             on c.account_id = p.account_id and c.payment_id = p.payment_id
         order by p.account_id, p.payment_id";
    let first = PaymentId::first_at(period.from.minus(STATEMENT_LOOKBACK));
    let last = PaymentId::last_at(period.until.plus(STATEMENT_LOOKAHEAD));
    reader.rows(sql, &[provider.word().into(), first.0.into(), last.0.into()], payment_row)
}

fn payment_row(cells: &mut Cells<'_>) -> Result<OurPayment, StoreError> {
    let (account, id) = (AccountId(cells.int()?), PaymentId(cells.int()?));
    let kind = cells.word("payment", "kind", PaymentKind::parse)?;
    let state = cells.word("payment", "state", PaymentState::parse)?;
    let (dgs_reference, client_reference) = (cells.text()?, cells.text()?);
    let provider_reference = cells.maybe_text()?;
    let minor = cells.int()?;
    let currency = cells.word("payment", "currency", Currency::parse)?;
    let gross = Money::from_minor(minor, currency).map_err(|_| StoreError::Meaningless {
        table: "payment",
        column: "amount_minor",
        value: minor.to_string(),
    })?;
    Ok(OurPayment {
        account,
        id,
        kind,
        state,
        dgs_reference,
        client_reference,
        provider_reference,
        gross,
        fee_minor: cells.int()?,
        created_at: cells.time()?,
        finished_at: cells.maybe_time()?,
    })
}

/// Which differences are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Open,
    Resolved,
    All,
}

/// Goes through differences one by one, those first that were listed first, up to a number of them.
pub fn each_item(
    reader: &Reader,
    (wanted, rows_max): (Wanted, u32),
    mut take: impl FnMut(ReconciliationItem) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let when = match wanted {
        Wanted::Open => "resolved_at_us is null",
        Wanted::Resolved => "resolved_at_us is not null",
        Wanted::All => "true",
    };
    let sql = format!(
        "select {ITEM_COLUMNS} from reconciliation_item where {when}
         order by listed_at_us, run_id, class, line_number, account_id, payment_id, item_id
         limit $1"
    );
    reader.each(&sql, &[i64::from(rows_max).into()], |cells| take(item_row(cells)?))
}

pub fn find_item(
    reader: &Reader,
    id: &DifferenceId,
) -> Result<Option<ReconciliationItem>, StoreError> {
    let sql = format!("select {ITEM_COLUMNS} from reconciliation_item where item_id = $1");
    reader.row(&sql, &[id.0.as_str().into()], item_row)
}
