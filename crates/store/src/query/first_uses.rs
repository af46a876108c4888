//! What was answered under an idempotency key.

use domain::idempotency::{Fingerprint, FirstUse, KeyScope};

use crate::{Reader, StoreError};

pub fn find_first_use(reader: &Reader, scope: &KeyScope) -> Result<Option<FirstUse>, StoreError> {
    let sql = "select fingerprint, body, created_at_us from idempotency
         where account_id = $1 and idempotency_key = $2 and operation = $3";
    let args = [scope.account.0.into(), scope.key.as_str().into(), scope.operation.into()];
    reader.row(sql, &args, |cells| {
        Ok(FirstUse {
            fingerprint: Fingerprint(cells.hash("idempotency", "fingerprint")?),
            body: cells.text()?,
            created_at: cells.time()?,
        })
    })
}
