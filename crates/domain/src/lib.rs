//! The rules of the gateway: what money is, what may happen to a payment, which transfers a fact
//! causes, what every command leads to.
//!
//! Nothing here does I/O, reads a clock or draws a random number: rows, time and ids are
//! arguments, so every decision can be repeated exactly.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used)
)]

pub mod access;
pub mod account;
pub mod book;
pub mod calendar;
pub mod charge;
pub mod conversion;
pub mod decide;
pub mod delivery;
pub mod deposit;
pub mod disbursement;
pub mod endpoint;
pub mod event;
pub mod expected_deposit;
pub mod fee;
pub mod id;
pub mod idempotency;
pub mod ledger;
pub mod limits;
pub mod link;
pub mod money;
pub mod payment;
pub mod people;
pub mod phone;
pub mod provider_call;
pub mod reconcile;
pub mod refund;
pub mod route;
pub mod scenario;
pub mod settlement;
pub mod time;
pub mod virtual_account;

pub use account::Environment;
pub use id::{
    AccountId, BulkId, DepositId, EndpointId, EventId, IdSource, LinkId, PaymentId,
    VirtualAccountId,
};
pub use money::{Currency, Money};
pub use time::Timestamp;
