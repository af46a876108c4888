//! The public JSON of each thing. API answers and webhooks are written here, so that the two
//! cannot differ.

mod balance;
mod bulk;
mod charge;
mod conversion;
mod delivery;
mod disbursement;
mod endpoint;
mod event;
mod event_feed;
mod link;
mod provider;
mod rate;
mod refund;
mod secret;
mod transaction;
mod virtual_account;

pub use balance::balance_answer;
pub use bulk::{LineFault, LineObject, bulk_answer, bulk_progress_answer};
pub use charge::charge_answer;
pub use conversion::{
    conversion_answer, conversion_event, conversion_preview, conversion_short_wallet,
};
pub use delivery::{
    AttemptShown, DeliveryShown, delivery_answer, delivery_list_answer, delivery_text,
    parse_delivery, replay_answer, resend_answer,
};
pub use disbursement::{disbursement_answer, disbursement_event};
pub use endpoint::{endpoint_answer, endpoint_list_answer};
pub use event::payment_event;
pub use event_feed::{event_answer, event_feed_answer};
pub use link::{LinkPage, link_answer, link_list_answer};
pub use provider::{ProviderObject, providers_answer};
pub use rate::rates_answer;
pub use refund::{refund_answer, refund_event};
pub use secret::{reveal_secret, secret_answer};
pub use transaction::{Moment, transaction_answer, transaction_list_answer};
pub use virtual_account::{
    deposit_list_answer, held_deposits_answer, judged_deposit_answer, sandbox_deposit_answer,
    virtual_account_answer, virtual_account_list_answer,
};

use domain::money::amount_text;
use domain::{Currency, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json;

/// An amount as a JSON number, exact.
pub(crate) fn amount(minor: i64, currency: Currency) -> Box<RawValue> {
    json::number(amount_text(minor, currency))
}

/// `2026-04-03 11:00:00`, UTC, as records print it.
fn record_time(at: Timestamp) -> String {
    format_time(at, "%Y-%m-%d %H:%M:%S")
}

/// `2026-04-02T10:30:00Z`, as events print it.
pub fn event_time(at: Timestamp) -> String {
    format_time(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn format_time(at: Timestamp, format: &str) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX);
    at.strftime(format).to_string()
}

/// Our own values always have a JSON form; there is nothing a caller could do if not.
pub(crate) fn to_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
