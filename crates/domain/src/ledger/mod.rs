//! Double entry: places, transfers between them, journals of transfers, and a hash chain over
//! the journals of each account. Journals are appended and never changed.

pub mod audit;
mod journal;
mod place;
mod wallet;

pub use journal::{
    Chain, Fact, Journal, Transfer, charge_confirmed_late, charge_succeeded, opening_funds,
};
pub use place::Place;
pub use wallet::{Wallet, WalletError};
