//! The balances of an account, all of one moment.

use domain::ledger::Wallet;
use domain::{AccountId, Currency};

use crate::engine::wallet_row;
use crate::{Reader, StoreError};

/// Every currency the account has ever held, by its code.
pub fn list_wallets(
    reader: &Reader,
    account: AccountId,
) -> Result<Vec<(Currency, Wallet)>, StoreError> {
    let sql = "select currency, pending_minor, available_minor, held_minor from wallet
         where account_id = $1 order by currency";
    reader.rows(sql, &[account.0.into()], wallet_row)
}
