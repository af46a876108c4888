//! The mobile money connectors against servers that speak their providers' protocols over HTTP.

mod airtel_money;
mod mtn_momo;
mod sample;
