//! "First light", from outside: the built sandbox takes mobile money charges, tells the merchant
//! by webhook, and survives what the world does to it. Written against the contract, not the code.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod backup;
mod bad_input;
mod bad_input_corpus;
mod bad_input_wire;
mod basics;
mod charge_body;
mod credentials;
mod idempotency;
mod operations;
mod parameters;
mod records;
mod restarts;
mod scenarios;
mod shop;
mod webhook_receivers;
mod webhooks;
