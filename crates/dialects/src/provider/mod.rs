//! Providers' languages, as data in and data out.

pub mod simulator;
mod simulator_card;
