//! A conversion between two currencies of one wallet.

use crate::fee::round_half_even;
use crate::id::PaymentId;
use crate::money::{Currency, Money, MoneyError, positive_decimal, ratio_micros};
use crate::scenario::Scenario;
use crate::time::Timestamp;

/// What one unit of a currency costs in another, in millionths: 0.945 is 945 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub micros: i64,
}

/// One row of the `rate` table: what somebody says that a currency costs, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    pub source: Currency,
    pub target: Currency,
    pub rate: Rate,
    /// Who says so.
    pub origin: String,
    pub quoted_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// What is credited; the payment's gross is what is debited.
    pub target: Money,
    /// Frozen at acceptance.
    pub rate: Rate,
    /// When that rate was quoted.
    pub quoted_at: Timestamp,
    pub scenario: Scenario,
}

const REFERENCE_PREFIX: &str = "DGSCONV";
const REFERENCE_DIGITS: u32 = 8;

// A reference is the millisecond of an id, which must fit.
const _: () = assert!(PaymentId::MILLIS_MAX < 36_i64.pow(REFERENCE_DIGITS));

/// `DGSCONV1A2B3C4D`: the millisecond of the id in base 36. Conversions' ids lie in milliseconds
/// of their own ([`crate::IdSource::next_in_own_millisecond`]), so no two of a node share one, and
/// all payments of an account are made by one node. Merchants cannot take the form
/// ([`is_reference`]).
pub fn reference(id: PaymentId) -> String {
    let mut left = id.millis();
    let mut digits = Vec::new();
    for _ in 0..REFERENCE_DIGITS {
        let digit = u32::try_from(left.rem_euclid(36)).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0').to_ascii_uppercase());
        left = left.div_euclid(36);
    }
    let text: String = digits.into_iter().rev().collect();
    format!("{REFERENCE_PREFIX}{text}")
}

/// Whether a reference has the form of those that [`reference()`] makes.
pub fn is_reference(text: &str) -> bool {
    text.strip_prefix(REFERENCE_PREFIX).is_some_and(|digits| {
        digits.chars().count() == 8
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    })
}

impl Rate {
    /// Reads a JSON number's text exactly: above zero, six decimals at most.
    pub fn from_decimal_text(text: &str) -> Result<Rate, MoneyError> {
        positive_decimal(text, 6).map(|micros| Rate { micros })
    }

    /// The rate at which `source` buys `target`: decimal texts above zero, in major units. Rounded
    /// down, so that nothing is promised beyond what the exchange brings.
    pub fn of_exchange(source: &str, target: &str) -> Result<Rate, MoneyError> {
        ratio_micros(source, target).map(|micros| Rate { micros })
    }

    /// `source` in `target`, rounded half-even to the target's minor unit.
    pub fn convert(self, source: Money, target: Currency) -> Result<Money, MoneyError> {
        let overflow = MoneyError::AmountExceedsLimit;
        let scaled = |exponent: u32| 10_i128.checked_pow(exponent).ok_or(overflow);
        let value = i128::from(source.minor())
            .checked_mul(i128::from(self.micros))
            .and_then(|value| value.checked_mul(scaled(target.exponent()).ok()?))
            .ok_or(overflow)?;
        let divisor =
            scaled(source.currency().exponent())?.checked_mul(1_000_000).ok_or(overflow)?;
        let minor = i64::try_from(round_half_even(value, divisor)).map_err(|_| overflow)?;
        Money::from_minor(minor, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_example_and_both_ways_between_exponents() {
        let rate = Rate { micros: 945_000 };
        let source = Money::from_minor(10_000, Currency::Usd).unwrap();
        assert_eq!(rate.convert(source, Currency::Eur).map(Money::minor), Ok(9450));
        let dear = Rate { micros: 1_450_250_000 };
        assert_eq!(dear.convert(source, Currency::Rwf).map(Money::minor), Ok(145_025));
        let cheap = Rate { micros: 690 };
        let francs = Money::from_minor(145_025, Currency::Rwf).unwrap();
        assert_eq!(cheap.convert(francs, Currency::Usd).map(Money::minor), Ok(10_007));
        let one = Money::from_minor(1, Currency::Rwf).unwrap();
        assert_eq!(cheap.convert(one, Currency::Usd), Err(MoneyError::AmountMustBePositive));
    }

    #[test]
    fn an_exchange_has_its_rate_to_the_millionth_below() {
        for (source, target, micros) in [
            ("68.954500000", "100000", Ok(1_450_231_674)),
            ("145000000.000000000", "100000", Ok(689)),
            ("100000", "100000.0", Ok(1_000_000)),
            ("0.3", "0.1", Ok(333_333)),
            ("1e2", "1", Err(MoneyError::AmountExceedsLimit)),
            ("0", "1", Err(MoneyError::AmountMustBePositive)),
            ("1", "0.000", Err(MoneyError::AmountMustBePositive)),
            ("-1", "-1", Err(MoneyError::AmountMustBePositive)),
            ("1000000", "0.9", Err(MoneyError::AmountMustBePositive)),
            ("1", "9e999", Err(MoneyError::AmountExceedsLimit)),
            ("1", "99999999999999999999999999999999999999999", Err(MoneyError::AmountExceedsLimit)),
            ("Infinity", "1", Err(MoneyError::NotADecimal)),
        ] {
            let rate = Rate::of_exchange(source, target);
            assert_eq!(rate.map(|rate| rate.micros), micros, "{source} for {target}");
        }
    }

    #[test]
    fn references_are_told_apart_and_ordered_by_time_even_in_one_burst() {
        let now = crate::Timestamp::from_micros(1_795_000_000_000_000);
        let mut ids = crate::IdSource::after(0, 0);
        let mut last = reference(PaymentId(ids.next(now)));
        assert_eq!(last, "DGSCONV0R8VVPJ4");
        for _ in 0..5000 {
            let next = reference(PaymentId(ids.next_in_own_millisecond(now)));
            assert!(is_reference(&next) && next > last, "{next} after {last}");
            last = next;
            // Other payments come in between.
            ids.next(now);
        }
        assert_eq!(reference(PaymentId(i64::MAX)).len(), 15);
        for other in ["DGSCONV", "DGSCONV1A2B3C4", "DGSCONV1A2B3C4D5", "DGSCONV1a2b3c4d", "INV-1"] {
            assert!(!is_reference(other), "{other}");
        }
    }

    #[test]
    fn halves_go_to_even() {
        let rate = Rate { micros: 500_000 };
        let to =
            |minor| rate.convert(Money::from_minor(minor, Currency::Usd).unwrap(), Currency::Eur);
        assert_eq!([to(3).map(Money::minor), to(5).map(Money::minor)], [Ok(2), Ok(2)]);
    }
}
