//! The answer to `GET /rates`, and how a rate is written everywhere.

use domain::Currency;
use domain::conversion::{Quote, Rate};
use domain::money::decimal_text;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::number;
use crate::object::{event_time, to_text};

#[derive(Serialize)]
struct RatesAnswer<'a> {
    status: &'static str,
    data: Vec<RateRow<'a>>,
}

#[derive(Serialize)]
struct RateRow<'a> {
    from_currency: &'static str,
    to_currency: &'static str,
    rate: Box<RawValue>,
    rate_display: String,
    origin: &'a str,
    quoted_at: String,
}

pub fn rates_answer(quotes: &[Quote]) -> String {
    to_text(&RatesAnswer {
        status: "success",
        data: quotes
            .iter()
            .map(|quote| RateRow {
                from_currency: quote.source.code(),
                to_currency: quote.target.code(),
                rate: rate_number(quote.rate),
                rate_display: rate_display(quote.source, quote.rate, quote.target),
                origin: &quote.origin,
                quoted_at: event_time(quote.quoted_at),
            })
            .collect(),
    })
}

/// Six decimals, in answers and events alike. The guide's event prints fewer of the same number;
/// one number has one form here.
pub(super) fn rate_number(rate: Rate) -> Box<RawValue> {
    number(decimal_text(rate.micros, 6))
}

/// `1 USD = 0.9450 EUR`, rounded half-even to four decimals.
pub(super) fn rate_display(from: Currency, rate: Rate, to: Currency) -> String {
    let rounded = domain::fee::round_half_even(rate.micros.into(), 100);
    let text = decimal_text(i64::try_from(rounded).unwrap_or(i64::MAX), 4);
    format!("1 {from} = {text} {to}")
}
