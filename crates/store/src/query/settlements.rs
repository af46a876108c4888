//! Charges whose net is owed to their merchants, by the due-time index that a restart reads.

use domain::{AccountId, PaymentId, Timestamp};

use crate::{Reader, StoreError};

/// Charges whose time has come, earliest first.
pub fn list_due(
    reader: &Reader,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(AccountId, PaymentId)>, StoreError> {
    let sql = "select account_id, payment_id from settlement
         where is_done = 0 and due_at_us <= $1
         order by due_at_us, account_id, payment_id limit $2";
    reader.rows(sql, &[now.into(), limit.into()], |cells| {
        Ok((AccountId(cells.int()?), PaymentId(cells.int()?)))
    })
}

/// When the next charge after `now` is due, if any waits.
pub fn find_next_due_at(reader: &Reader, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let sql = "select min(due_at_us) from settlement where is_done = 0 and due_at_us > $1";
    Ok(reader.row(sql, &[now.into()], |cells| cells.maybe_time())?.flatten())
}
