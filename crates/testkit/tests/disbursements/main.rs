//! Disbursements, from outside: money leaves the wallet once, comes back once where the transfer
//! fails, and is told of. Written against the contract, not the code.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod accepted;
mod bulk;
mod bulk_faults;
mod kills;
mod merchant;
mod parameters;
mod races;
mod records;
mod scenarios;
