//! Provider calls whose outcome is to be asked for, by the due-time index.

use domain::Timestamp;
use domain::payment::{Detail, Payment};
use domain::provider_call::ProviderCall;

use crate::engine::{CALL_COLUMNS, call_row};
use crate::query::payments;
use crate::{Reader, StoreError};

/// A call with the payment it is about.
#[derive(Clone, Debug)]
pub struct DueCall {
    pub call: ProviderCall,
    pub payment: Payment,
    pub detail: Detail,
}

/// Open calls whose time has come, earliest first.
pub fn list_due(reader: &Reader, now: Timestamp, limit: i64) -> Result<Vec<DueCall>, StoreError> {
    let sql = format!(
        "select {CALL_COLUMNS} from provider_call
         where state = 'open' and due_at_us <= $1
         order by due_at_us, account_id, payment_id limit $2"
    );
    reader.snapshot(|reader| {
        let calls = reader.rows(&sql, &[now.into(), limit.into()], call_row)?;
        let mut due = Vec::with_capacity(calls.len());
        for call in calls {
            let name = payments::Name::Id(call.payment);
            let Some(payment) = payments::find_payment(reader, call.account, &name)? else {
                continue;
            };
            if let Some(detail) = payments::find_detail(reader, &payment)? {
                due.push(DueCall { call, payment, detail });
            }
        }
        Ok(due)
    })
}

/// When the next call is due, if any is open.
pub fn find_next_due_at(reader: &Reader) -> Result<Option<Timestamp>, StoreError> {
    let sql = "select min(due_at_us) from provider_call where state = 'open'";
    Ok(reader.row(sql, &[], |cells| cells.maybe_time())?.flatten())
}
