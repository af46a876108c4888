//! The only folder that knows which database it is.

mod load;
mod rows;
mod save;
mod sqlite;

pub(crate) use rows::{
    ACCOUNT_COLUMNS, CALL_COLUMNS, CHARGE_COLUMNS, ENDPOINT_COLUMNS, PAYMENT_COLUMNS, account_row,
    call_row, charge_row, endpoint_row, payment_row, wallet_row,
};
pub use sqlite::{Arg, Cells, Reader};
pub(crate) use sqlite::{Checkpointer, Sqlite};
