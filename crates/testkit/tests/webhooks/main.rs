//! Webhooks from outside: endpoints and their dialects, receivers that misbehave, sending again,
//! and what becomes of it all when processes are killed.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod dusupay;
mod endpoints;
mod kills;
mod merchant;
mod receivers;
mod replay;
mod rotation;
