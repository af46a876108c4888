//! Accounts with their credentials, as the gateway keeps them at hand to authenticate requests.

use domain::AccountId;
use domain::account::{Account, Endpoint};
use domain::decide::{ApiKey, SealedSecret, SecretKind};

use crate::engine::{ACCOUNT_COLUMNS, ENDPOINT_COLUMNS, account_row, endpoint_row};
use crate::{Reader, StoreError};

pub fn list_accounts(reader: &Reader) -> Result<Vec<Account>, StoreError> {
    let sql = format!("select {ACCOUNT_COLUMNS} from account order by account_id");
    reader.rows(&sql, &[], account_row)
}

pub fn list_api_keys(reader: &Reader) -> Result<Vec<(ApiKey, AccountId)>, StoreError> {
    let sql = "select key_hash, account_id from api_key";
    reader.rows(sql, &[], |cells| {
        Ok((ApiKey(cells.hash("api_key", "key_hash")?), AccountId(cells.int()?)))
    })
}

pub fn list_endpoints(reader: &Reader) -> Result<Vec<Endpoint>, StoreError> {
    let sql = format!("select {ENDPOINT_COLUMNS} from endpoint order by account_id, endpoint_id");
    reader.rows(&sql, &[], endpoint_row)
}

pub fn list_secrets(reader: &Reader) -> Result<Vec<SealedSecret>, StoreError> {
    let sql = "select account_id, kind, sealed, created_at_us from secret order by account_id";
    reader.rows(sql, &[], |cells| {
        Ok(SealedSecret {
            account: AccountId(cells.int()?),
            kind: cells.word("secret", "kind", SecretKind::parse)?,
            sealed: cells.bytes()?,
            key_hash: None,
            created_at: cells.time()?,
        })
    })
}

/// How far ahead of the world the sandbox's clock stands, in microseconds.
pub fn find_clock_ahead_us(reader: &Reader) -> Result<i64, StoreError> {
    let sql = "select cast(value as integer) from setting where name = 'clock_ahead_us'";
    Ok(reader.row(sql, &[], |cells| cells.int())?.unwrap_or(0))
}
