//! The harness of the black-box tests: starts the built `dgspay` binary, talks to it over plain
//! sockets and receives its webhooks. It links nothing of the gateway, so what a test sees is
//! what a merchant sees; only [`providers::drive`] knows connectors, to try them by themselves.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

pub mod browser;
pub mod client;
pub mod http;
pub mod memory;
pub mod process;
pub mod providers;
pub mod receiver;
pub mod sandbox;
pub mod signature;

pub use browser::Browser;
pub use client::{Client, Credentials};
pub use http::{Answer, Connection, Fields};
pub use receiver::{Received, Receiver};
pub use sandbox::{Options, Sandbox};
