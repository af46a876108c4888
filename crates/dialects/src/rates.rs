//! The file of rates that a sandbox begins with, or that an operator puts in its place.

use domain::conversion::{Quote, Rate};
use domain::{Currency, Timestamp};

use crate::json::{JsonFault, Object, Tolerance, Value, parse_object};

/// Simulated rates. Each direction of a pair stands for itself: an inverse of six decimals is not
/// exact, and a source may want more for one direction than for the other.
const BUILT_IN: &str = include_str!("../data/rates.json");

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatesFault {
    #[error(transparent)]
    Json(#[from] JsonFault),
    #[error("\"origin\" must be a text that says where the rates come from")]
    Origin,
    #[error("\"quoted_at\" must be a time such as \"2026-01-02T00:00:00Z\"")]
    QuotedAt,
    #[error("\"rates\" must hold objects such as \"USD\": {{\"EUR\": 0.945}}")]
    Form,
    #[error("{0} is not a currency that the gateway knows")]
    CurrencyUnknown(String),
    #[error("{0} to {0} is no pair")]
    CurrenciesSame(Currency),
    #[error("{source_code} to {target} must be a number above zero with at most six decimals")]
    NotARate { source_code: Currency, target: Currency },
}

pub fn built_in() -> Result<Vec<Quote>, RatesFault> {
    parse(BUILT_IN)
}

pub fn parse(text: &str) -> Result<Vec<Quote>, RatesFault> {
    let file = parse_object(text.as_bytes(), Tolerance::Strict)?;
    let origin = text_of(&file, "origin").ok_or(RatesFault::Origin)?;
    let quoted_at = text_of(&file, "quoted_at")
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|at| Timestamp::from_micros(at.as_microsecond()))
        .ok_or(RatesFault::QuotedAt)?;
    let Some(Value::Object(sources)) = file.find("rates") else { return Err(RatesFault::Form) };
    let mut quotes = Vec::new();
    for (source, targets) in sources.iter() {
        let source = currency(source)?;
        let Value::Object(targets) = targets else { return Err(RatesFault::Form) };
        for (target, value) in targets.iter() {
            let target = currency(target)?;
            let rate = rate(source, target, value)?;
            quotes.push(Quote { source, target, rate, origin: origin.to_owned(), quoted_at });
        }
    }
    Ok(quotes)
}

fn text_of<'a>(file: &'a Object, name: &str) -> Option<&'a str> {
    match file.find(name)? {
        Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    }
}

fn currency(code: &str) -> Result<Currency, RatesFault> {
    Currency::parse(code).ok_or_else(|| RatesFault::CurrencyUnknown(code.to_owned()))
}

fn rate(source: Currency, target: Currency, value: &Value) -> Result<Rate, RatesFault> {
    if source == target {
        return Err(RatesFault::CurrenciesSame(source));
    }
    let fault = RatesFault::NotARate { source_code: source, target };
    let Value::Number(text) = value else { return Err(fault) };
    Rate::from_decimal_text(text).map_err(|_| fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rates_hold_the_guides_and_both_directions_of_every_pair() {
        let quotes = built_in().unwrap();
        let find = |source, target| {
            quotes.iter().find(|quote| (quote.source, quote.target) == (source, target))
        };
        let guides = find(Currency::Usd, Currency::Eur).unwrap();
        assert_eq!((guides.rate.micros, guides.origin.as_str()), (945_000, "simulated"));
        for quote in &quotes {
            let back = find(quote.target, quote.source).unwrap();
            let around = i128::from(quote.rate.micros) * i128::from(back.rate.micros);
            // There and back again is 1, but for the rounding of the smaller of the two.
            let slack = i128::from(quote.rate.micros.max(back.rate.micros));
            assert!((around - 1_000_000_000_000).abs() <= slack, "{quote:?} {back:?}");
        }
    }

    #[test]
    fn an_operators_file_is_read_exactly_or_refused() {
        let read = |rates: &str| {
            parse(&format!(
                r#"{{"origin":"bnr","quoted_at":"2026-02-03T10:00:00Z","rates":{rates}}}"#
            ))
        };
        let quotes = read(r#"{"USD":{"RWF":1450.250001}}"#).unwrap();
        assert_eq!(quotes[0].rate.micros, 1_450_250_001);
        assert_eq!(quotes[0].quoted_at.as_secs(), 1_770_112_800);
        assert_eq!(read("{}"), Ok(Vec::new()));
        let not_a_rate = RatesFault::NotARate { source_code: Currency::Usd, target: Currency::Eur };
        for (rates, fault) in [
            ("[]", RatesFault::Form),
            (r#"{"USD":1}"#, RatesFault::Form),
            (r#"{"USX":{}}"#, RatesFault::CurrencyUnknown("USX".to_owned())),
            (r#"{"USD":{"eur":1}}"#, RatesFault::CurrencyUnknown("eur".to_owned())),
            (r#"{"USD":{"USD":1}}"#, RatesFault::CurrenciesSame(Currency::Usd)),
            (r#"{"USD":{"EUR":0}}"#, not_a_rate.clone()),
            (r#"{"USD":{"EUR":-1}}"#, not_a_rate.clone()),
            (r#"{"USD":{"EUR":0.0000001}}"#, not_a_rate.clone()),
            (r#"{"USD":{"EUR":"1"}}"#, not_a_rate),
        ] {
            assert_eq!(read(rates), Err(fault), "{rates}");
        }
        assert!(matches!(read(r#"{"USD":{},"USD":{}}"#), Err(RatesFault::Json(_))));
        assert_eq!(parse(r#"{"rates":{}}"#), Err(RatesFault::Origin));
        assert_eq!(parse(r#"{"origin":"x","quoted_at":"x"}"#), Err(RatesFault::QuotedAt));
    }
}
