//! The integration guide, walked from top to bottom against the built sandbox: every example,
//! every answer, every row of every table. One file per section; `guide_text.rs` holds the guide's
//! own words against what the walk covers.

mod authentication;
mod balances;
mod banks;
mod card_scenarios;
mod cards;
mod conversion_webhook;
mod convert;
mod covered;
#[path = "../cards/desk.rs"]
mod desk;
mod disburse;
mod disbursement_webhook;
mod environments;
mod errors;
mod getting_started;
mod guide_text;
mod mobile_money;
mod parameters;
mod shape;
mod transactions;
mod webhooks;

use covered::Covered;

/// A section's title, and what the walk covers of it.
type Section = (&'static str, fn() -> Covered);

/// In the guide's order.
const SECTIONS: [Section; 14] = [
    ("Getting Started", getting_started::covered),
    ("Authentication", authentication::covered),
    ("Environments & Testing", environments::covered),
    ("Mobile Money API", mobile_money::covered),
    ("Card Payments API", cards::covered),
    ("Disburse Funds", disburse::covered),
    ("Disbursement Webhook", disbursement_webhook::covered),
    ("List Banks & Providers", banks::covered),
    ("Merchant Balances", balances::covered),
    ("Currency Conversion", convert::covered),
    ("Conversion Webhook", conversion_webhook::covered),
    ("Transactions", transactions::covered),
    ("Webhooks", webhooks::covered),
    ("Error Codes", errors::covered),
];
