//! Double entry: places, transfers between them, journals of transfers, and a hash chain over
//! the journals of each account. Journals are appended and never changed.

pub mod audit;
mod fact;
mod journal;
pub mod owed;
mod place;
mod wallet;

pub use fact::{Fact, opening_funds};
pub use journal::{Chain, Journal, Transfer};
pub use place::Place;
pub use wallet::{Wallet, WalletError};
