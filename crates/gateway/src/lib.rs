//! Acts: the HTTP API, the workers, the outbound connections and the commands of `dgspay`.

pub mod api;
pub mod app;
pub mod bells;
pub mod callbacks;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dialect;
pub mod directory;
pub mod egress;
pub mod opening;
pub mod operator;
pub mod pages;
pub mod portal;
pub mod providers;
pub mod reconcile;
pub mod secrets;
pub mod server;
pub mod telemetry;
pub mod virtual_accounts;
pub mod workers;
