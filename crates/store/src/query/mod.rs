//! Questions, one file per subject. None of them decides anything.

pub mod accounts;
pub mod deliveries;
pub mod events;
pub mod payments;
pub mod provider_calls;
pub mod wallets;
