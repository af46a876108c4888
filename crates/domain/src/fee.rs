//! What the gateway charges for a payment.

use crate::money::{Money, MoneyError};

/// A share of the amount plus a fixed part, in the payment's own currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRule {
    /// Parts per million of the amount: 30 000 is 3 %.
    pub rate_ppm: u32,
    /// Minor units added to it.
    pub flat_minor: i64,
}

impl FeeRule {
    /// The guide's example for charges: 150 of 5000.
    pub const CHARGE_DEFAULT: FeeRule = FeeRule { rate_ppm: 30_000, flat_minor: 0 };
    /// The guide's example for disbursements: a flat 100 RWF.
    pub const DISBURSEMENT_DEFAULT: FeeRule = FeeRule { rate_ppm: 0, flat_minor: 100 };

    /// The fee in minor units, halves rounded to even. Between zero and the amount itself, so
    /// that fee and net always make the gross.
    pub fn fee_minor(self, gross: Money) -> Result<i64, MoneyError> {
        let fee = self.asked_minor(gross)?.clamp(0, i128::from(gross.minor()));
        i64::try_from(fee).map_err(|_| MoneyError::AmountExceedsLimit)
    }

    /// What the rule asks for, whether or not the amount can bear it.
    pub fn asked_minor(self, gross: Money) -> Result<i128, MoneyError> {
        let exact = i128::from(gross.minor())
            .checked_mul(i128::from(self.rate_ppm))
            .ok_or(MoneyError::AmountExceedsLimit)?;
        let share = round_half_even(exact, 1_000_000);
        share.checked_add(i128::from(self.flat_minor)).ok_or(MoneyError::AmountExceedsLimit)
    }
}

/// `value / divisor` with halves going to the even neighbour. Both must not be negative.
pub fn round_half_even(value: i128, divisor: i128) -> i128 {
    let quotient = value.checked_div(divisor).unwrap_or(0);
    let rest = value.checked_rem(divisor).unwrap_or(0);
    let is_odd = quotient & 1 == 1;
    let up = match rest.saturating_mul(2).cmp(&divisor) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => is_odd,
        std::cmp::Ordering::Less => false,
    };
    if up { quotient.saturating_add(1) } else { quotient }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    #[test]
    fn the_guides_example() {
        let gross = Money::from_minor(5000, Currency::Rwf).unwrap();
        assert_eq!(FeeRule::CHARGE_DEFAULT.fee_minor(gross), Ok(150));
        assert_eq!(FeeRule::DISBURSEMENT_DEFAULT.fee_minor(gross), Ok(100));
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let rule = FeeRule { rate_ppm: 500_000, flat_minor: 0 };
        let fee = |minor| rule.fee_minor(Money::from_minor(minor, Currency::Rwf).unwrap());
        assert_eq!([fee(1), fee(3), fee(5), fee(7)], [Ok(0), Ok(2), Ok(2), Ok(4)]);
    }

    proptest! {
        #[test]
        fn fee_and_net_make_the_gross(minor in 1..=Money::MINOR_MAX, rate_ppm in 0u32..=2_000_000, flat_minor in 0i64..10_000_000) {
            let gross = Money::from_minor(minor, Currency::Usd).unwrap();
            let fee = FeeRule { rate_ppm, flat_minor }.fee_minor(gross).unwrap();
            prop_assert!((0..=minor).contains(&fee));
        }

        #[test]
        fn rounding_is_never_off_by_more_than_half(value in 0i128..1_000_000_000_000, divisor in 1i128..1_000_000) {
            let rounded = round_half_even(value, divisor);
            prop_assert!((rounded * divisor - value).abs() * 2 <= divisor);
        }
    }
}
