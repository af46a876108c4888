//! Webhooks never reach our own network. The sandbox runs in a network namespace of its own,
//! where every packet to an address that is not public is counted on its way out.
//! Needs root, `ip` and `nft`; where one of them is missing, the tests say so and end.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod name_server;
mod namespace;
mod ranges;
mod rebinding;
mod shop;
mod spellings;
mod urls;
