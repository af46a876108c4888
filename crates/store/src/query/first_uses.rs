//! What was answered under an idempotency key.

use domain::idempotency::{FirstUse, KeyScope};

use crate::engine::first_use_row;
use crate::{Reader, StoreError};

pub fn find_first_use(reader: &Reader, scope: &KeyScope) -> Result<Option<FirstUse>, StoreError> {
    let sql = "select fingerprint, body, payment_id, created_at_us from idempotency
         where account_id = $1 and idempotency_key = $2 and operation = $3";
    let args = [scope.account.0.into(), scope.key.as_str().into(), scope.operation.into()];
    reader.row(sql, &args, first_use_row)
}
