//! The disbursements of a bulk.

use domain::payment::{Detail, Payment, PaymentKind};
use domain::{AccountId, BulkId};

use crate::engine::{PAYMENT_COLUMNS, detail_row, detail_source, payment_row};
use crate::{Reader, StoreError};

/// In the order of their lines. Empty when the account has no such bulk.
pub fn list_bulk(
    reader: &Reader,
    account: AccountId,
    bulk: BulkId,
) -> Result<Vec<(Payment, Detail)>, StoreError> {
    const OF_BULK: &str = "where account_id = $1 and payment_id in (
             select payment_id from disbursement where account_id = $1 and bulk_id = $2)
         order by payment_id";
    let kind = PaymentKind::Disbursement;
    let (columns, table) = detail_source(kind);
    let args = [account.0.into(), bulk.0.into()];
    reader.snapshot(|reader| {
        let sql = format!("select {PAYMENT_COLUMNS} from payment {OF_BULK}");
        let payments = reader.rows(&sql, &args, payment_row)?;
        let sql = format!("select {columns} from {table} {OF_BULK}");
        let details = reader.rows(&sql, &args, |cells| detail_row(kind, cells))?;
        Ok(payments.into_iter().zip(details).collect())
    })
}
