//! Accounts with their credentials, as the gateway keeps them at hand to authenticate requests.

use domain::account::Account;
use domain::decide::{ApiKey, SealedSecret, SecretKind};
use domain::endpoint::Endpoint;
use domain::{AccountId, Timestamp};

use crate::engine::{ACCOUNT_COLUMNS, ENDPOINT_COLUMNS, account_row, endpoint_row};
use crate::{Reader, StoreError};

/// A secret that another has replaced.
#[derive(Clone, Debug)]
pub struct OldSecret {
    pub account: AccountId,
    pub kind: SecretKind,
    pub sealed: Vec<u8>,
    pub ends_at: Timestamp,
}

pub fn list_accounts(reader: &Reader) -> Result<Vec<Account>, StoreError> {
    let sql = format!("select {ACCOUNT_COLUMNS} from account order by account_id");
    reader.rows(&sql, &[], account_row)
}

/// Each with its account, and the end of its time where another has replaced it.
pub fn list_api_keys(
    reader: &Reader,
) -> Result<Vec<(ApiKey, AccountId, Option<Timestamp>)>, StoreError> {
    let sql = "select key_hash, account_id, ends_at_us from api_key";
    reader.rows(sql, &[], |cells| {
        let hash = ApiKey(cells.hash("api_key", "key_hash")?);
        Ok((hash, AccountId(cells.int()?), cells.maybe_time()?))
    })
}

pub fn list_endpoints(reader: &Reader) -> Result<Vec<Endpoint>, StoreError> {
    let sql = format!("select {ENDPOINT_COLUMNS} from endpoint order by account_id, endpoint_id");
    reader.rows(&sql, &[], endpoint_row)
}

pub fn list_secrets(reader: &Reader) -> Result<Vec<SealedSecret>, StoreError> {
    let sql = "select account_id, kind, sealed, created_at_us, old_ends_at_us from secret
               order by account_id";
    reader.rows(sql, &[], |cells| {
        Ok(SealedSecret {
            account: AccountId(cells.int()?),
            kind: cells.word("secret", "kind", SecretKind::parse)?,
            sealed: cells.bytes()?,
            key_hash: None,
            created_at: cells.time()?,
            old_ends_at: cells.maybe_time()?,
        })
    })
}

/// The secrets that others have replaced, sealed, each with the end of its time.
pub fn list_old_secrets(reader: &Reader) -> Result<Vec<OldSecret>, StoreError> {
    let sql = "select account_id, kind, sealed_old, old_ends_at_us from secret
               where sealed_old is not null and old_ends_at_us is not null order by account_id";
    reader.rows(sql, &[], |cells| {
        Ok(OldSecret {
            account: AccountId(cells.int()?),
            kind: cells.word("secret", "kind", SecretKind::parse)?,
            sealed: cells.bytes()?,
            ends_at: cells.time()?,
        })
    })
}

/// The endpoints of one account, oldest first.
pub fn list_endpoints_of(reader: &Reader, account: AccountId) -> Result<Vec<Endpoint>, StoreError> {
    let sql = format!(
        "select {ENDPOINT_COLUMNS} from endpoint where account_id = $1 order by endpoint_id"
    );
    reader.rows(&sql, &[account.0.into()], endpoint_row)
}

/// The account's secret of a kind, as it lies sealed.
pub fn find_secret(
    reader: &Reader,
    account: AccountId,
    kind: SecretKind,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "select sealed from secret where account_id = $1 and kind = $2";
    reader.row(sql, &[account.0.into(), kind.word().into()], |cells| cells.bytes())
}

/// A value that was kept once and for all.
pub fn find_setting(reader: &Reader, name: &str) -> Result<Option<String>, StoreError> {
    reader.row("select value from setting where name = $1", &[name.into()], |cells| cells.text())
}

/// How far ahead of the world the sandbox's clock stands, in microseconds.
pub fn find_clock_ahead_us(reader: &Reader) -> Result<i64, StoreError> {
    let sql = "select cast(value as integer) from setting where name = 'clock_ahead_us'";
    Ok(reader.row(sql, &[], |cells| cells.int())?.unwrap_or(0))
}
