//! The only folder that knows which database it is.

mod deposit_rows;
mod detail_rows;
mod link_rows;
mod load;
mod reconciliation_rows;
mod rows;
mod save;
mod save_details;
mod save_endpoints;
mod save_payments;
mod save_reconciliation;
mod sqlite;

pub(crate) use deposit_rows::{
    DEPOSIT_COLUMNS, EXPECTED_DEPOSIT_COLUMNS, VIRTUAL_ACCOUNT_COLUMNS, deposit_row,
    expected_deposit_row, virtual_account_row,
};
pub(crate) use detail_rows::{detail_row, detail_source};
pub(crate) use link_rows::{LINK_COLUMNS, link_row};
pub(crate) use reconciliation_rows::{ITEM_COLUMNS, item_row};
pub(crate) use rows::{
    ACCOUNT_COLUMNS, CALL_COLUMNS, DELIVERY_COLUMNS, ENDPOINT_COLUMNS, PAYMENT_COLUMNS,
    account_row, call_row, delivery_row, endpoint_row, first_use_row, payment_row, wallet_row,
};
pub use sqlite::{Arg, Cells, Reader};
pub(crate) use sqlite::{Checkpointer, SideDatabase, Sqlite, copy_database};
