//! The wallet from outside: conversions, settlements and refunds move the right money once, and
//! what fails is given back to the last unit.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod balances;
#[expect(dead_code, reason = "made for another binary, which uses all of it")]
#[path = "../first_light/charge_body.rs"]
mod charge_body;
mod conversion_faults;
mod conversions;
mod purse;
mod races;
mod refunds;
mod settlements;
#[expect(dead_code, reason = "made for another binary, which uses all of it")]
#[path = "../first_light/shop.rs"]
mod shop;
