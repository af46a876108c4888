//! Cards, from outside: encrypted as the guide's page does it, authorized step by step, sealed to
//! a public key, and never kept.

mod authorize;
mod bank_page;
mod chromium;
mod desk;
mod guide;
mod no_card_data;
mod refusals;
mod rotation;
mod scanner;
mod sealed;
