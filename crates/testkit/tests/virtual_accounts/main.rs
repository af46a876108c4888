//! Virtual accounts from outside: opened at the sandbox's bank or at Providus, paid into, and
//! credited once for every notice that is believed.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod accounts;
mod deposits;
mod desk;
mod notices;
mod verification;
