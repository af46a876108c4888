//! Virtual accounts, what banks told of them, and which of that is still to be verified.

use domain::deposit::{Deposit, DepositState};
use domain::provider_call::Provider;
use domain::virtual_account::VirtualAccount;
use domain::{AccountId, PaymentId, Timestamp};

use crate::engine::{DEPOSIT_COLUMNS, VIRTUAL_ACCOUNT_COLUMNS, deposit_row, virtual_account_row};
use crate::{Reader, StoreError};

pub fn find_virtual_account(
    reader: &Reader,
    provider: Provider,
    number: &str,
) -> Result<Option<VirtualAccount>, StoreError> {
    let sql = format!(
        "select {VIRTUAL_ACCOUNT_COLUMNS} from virtual_account where provider = $1 and number = $2"
    );
    reader.row(&sql, &[provider.word().into(), number.into()], virtual_account_row)
}

/// One page of virtual accounts, newest first, and how many there are in all.
pub fn list_virtual_accounts(
    reader: &Reader,
    account: AccountId,
    limit: u32,
    skip: u64,
) -> Result<(Vec<VirtualAccount>, u64), StoreError> {
    let sql = format!(
        "select {VIRTUAL_ACCOUNT_COLUMNS} from virtual_account where account_id = $1
         order by virtual_account_id desc limit $2 offset $3"
    );
    let skip = i64::try_from(skip).unwrap_or(i64::MAX);
    let args = [account.0.into(), i64::from(limit).into(), skip.into()];
    let rows = reader.rows(&sql, &args, virtual_account_row)?;
    let count = "select count(*) from virtual_account where account_id = $1";
    let total = reader.row(count, &[account.0.into()], |cells| cells.int())?;
    Ok((rows, total.and_then(|total| total.try_into().ok()).unwrap_or(0)))
}

/// A deposit, and the `dgs_reference` of the charge that it was credited as.
pub type ListedDeposit = (Deposit, Option<String>);

/// One page of deposits, newest first, and how many there are in all; of one state, where it is
/// named.
pub fn list_deposits(
    reader: &Reader,
    account: AccountId,
    state: Option<DepositState>,
    (limit, skip): (u32, u64),
) -> Result<(Vec<ListedDeposit>, u64), StoreError> {
    let sql = format!(
        "select {DEPOSIT_COLUMNS} from deposit where account_id = $1 and ($2 = '' or state = $2)
         order by deposit_id desc limit $3 offset $4"
    );
    let word = state.map_or("", DepositState::word);
    let skip = i64::try_from(skip).unwrap_or(i64::MAX);
    let args = [account.0.into(), word.into(), i64::from(limit).into(), skip.into()];
    let mut listed = Vec::new();
    for deposit in reader.rows(&sql, &args, deposit_row)? {
        let reference = match deposit.payment {
            Some(payment) => find_reference(reader, account, payment)?,
            None => None,
        };
        listed.push((deposit, reference));
    }
    let count = "select count(*) from deposit where account_id = $1 and ($2 = '' or state = $2)";
    let total = reader.row(count, &[account.0.into(), word.into()], |cells| cells.int())?;
    Ok((listed, total.and_then(|total| total.try_into().ok()).unwrap_or(0)))
}

fn find_reference(
    reader: &Reader,
    account: AccountId,
    payment: PaymentId,
) -> Result<Option<String>, StoreError> {
    let sql = "select dgs_reference from payment where account_id = $1 and payment_id = $2";
    reader.row(sql, &[account.0.into(), payment.0.into()], |cells| cells.text())
}

pub fn find_deposit(
    reader: &Reader,
    provider: Provider,
    settlement_id: &str,
) -> Result<Option<Deposit>, StoreError> {
    let sql =
        format!("select {DEPOSIT_COLUMNS} from deposit where provider = $1 and settlement_id = $2");
    reader.row(&sql, &[provider.word().into(), settlement_id.into()], deposit_row)
}

/// Deposits of all accounts that wait for a person, the oldest first.
pub fn list_held(reader: &Reader, limit: u32) -> Result<Vec<Deposit>, StoreError> {
    let sql = format!(
        "select {DEPOSIT_COLUMNS} from deposit where state = 'needs_review'
         order by received_at_us, account_id, deposit_id limit $1"
    );
    reader.rows(&sql, &[i64::from(limit).into()], deposit_row)
}

/// Deposits that the bank is to be asked about now, earliest first.
pub fn list_due(reader: &Reader, now: Timestamp, limit: i64) -> Result<Vec<Deposit>, StoreError> {
    let sql = format!(
        "select {DEPOSIT_COLUMNS} from deposit where state = 'unverified' and due_at_us <= $1
         order by due_at_us, account_id, deposit_id limit $2"
    );
    reader.rows(&sql, &[now.into(), limit.into()], deposit_row)
}

/// When the bank is to be asked next, if there is anything to ask.
pub fn find_next_due_at(reader: &Reader) -> Result<Option<Timestamp>, StoreError> {
    let sql = "select min(due_at_us) from deposit where state = 'unverified'";
    Ok(reader.row(sql, &[], |cells| cells.maybe_time())?.flatten())
}
