//! Questions, one file per subject. None of them decides anything.

pub mod accounts;
pub mod bulks;
pub mod deliveries;
pub mod deposits;
pub mod events;
pub mod first_uses;
pub mod links;
pub mod overview;
pub mod payments;
pub mod provider_calls;
pub mod rates;
pub mod reconciliation;
pub mod settlements;
pub mod wallets;
