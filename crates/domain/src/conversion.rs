//! A conversion between two currencies of one wallet.

use crate::fee::round_half_even;
use crate::money::{Currency, Money, MoneyError};
use crate::scenario::Scenario;

/// What one unit of a currency costs in another, in millionths: 0.945 is 945 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub micros: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// What is credited; the payment's gross is what is debited.
    pub target: Money,
    /// Frozen at acceptance.
    pub rate: Rate,
    pub scenario: Scenario,
}

impl Rate {
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
    fn halves_go_to_even() {
        let rate = Rate { micros: 500_000 };
        let to =
            |minor| rate.convert(Money::from_minor(minor, Currency::Usd).unwrap(), Currency::Eur);
        assert_eq!([to(3).map(Money::minor), to(5).map(Money::minor)], [Ok(2), Ok(2)]);
    }
}
