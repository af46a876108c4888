//! Amounts: integer minor units of a currency, read from and written as exact decimal text.
//! No floats anywhere; what cannot be represented exactly is refused, never rounded.

use std::fmt;

/// The currencies the gateway knows, with their ISO 4217 exponents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Currency {
    Rwf,
    Usd,
    Eur,
    Gbp,
    Ngn,
    Kes,
    Ugx,
    Tzs,
    Zar,
    Ghs,
    Zmw,
    Bif,
    Xaf,
    Xof,
}

impl Currency {
    pub const ALL: [Currency; 14] = [
        Currency::Rwf,
        Currency::Usd,
        Currency::Eur,
        Currency::Gbp,
        Currency::Ngn,
        Currency::Kes,
        Currency::Ugx,
        Currency::Tzs,
        Currency::Zar,
        Currency::Ghs,
        Currency::Zmw,
        Currency::Bif,
        Currency::Xaf,
        Currency::Xof,
    ];

    /// The ISO 4217 code, upper case.
    pub const fn code(self) -> &'static str {
        match self {
            Currency::Rwf => "RWF",
            Currency::Usd => "USD",
            Currency::Eur => "EUR",
            Currency::Gbp => "GBP",
            Currency::Ngn => "NGN",
            Currency::Kes => "KES",
            Currency::Ugx => "UGX",
            Currency::Tzs => "TZS",
            Currency::Zar => "ZAR",
            Currency::Ghs => "GHS",
            Currency::Zmw => "ZMW",
            Currency::Bif => "BIF",
            Currency::Xaf => "XAF",
            Currency::Xof => "XOF",
        }
    }

    /// How many decimals the currency has (ISO 4217): RWF 0, USD 2.
    pub const fn exponent(self) -> u32 {
        match self {
            Currency::Rwf | Currency::Ugx | Currency::Bif | Currency::Xaf | Currency::Xof => 0,
            Currency::Usd
            | Currency::Eur
            | Currency::Gbp
            | Currency::Ngn
            | Currency::Kes
            | Currency::Tzs
            | Currency::Zar
            | Currency::Ghs
            | Currency::Zmw => 2,
        }
    }

    /// Reads an ISO code exactly as written: upper case only.
    pub fn parse(code: &str) -> Option<Currency> {
        Currency::ALL.into_iter().find(|currency| currency.code() == code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a text or number is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("must be a number such as 2000 or 94.50")]
    NotADecimal,
    #[error("must be a positive number")]
    AmountMustBePositive,
    #[error("has more decimals than the currency has")]
    TooManyDecimals,
    #[error("is too large: at most 15 digits")]
    AmountExceedsLimit,
    #[error("the currencies differ")]
    CurrenciesDiffer,
}

/// An amount in the minor unit of its currency, 1 to [`Money::MINOR_MAX`]. Never zero or
/// negative: direction is told by the debit and credit side of a transfer, not by a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// 15 digits: exact in every language a merchant may write in, and thousands of them add up
    /// without overflow.
    pub const MINOR_MAX: i64 = 999_999_999_999_999;

    pub fn from_minor(minor: i64, currency: Currency) -> Result<Money, MoneyError> {
        if minor < 1 {
            return Err(MoneyError::AmountMustBePositive);
        }
        if minor > Money::MINOR_MAX {
            return Err(MoneyError::AmountExceedsLimit);
        }
        Ok(Money { minor, currency })
    }

    /// Reads a JSON number's text exactly: `2000`, `2000.0`, `94.5`, `2e3`.
    pub fn from_decimal_text(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        Money::from_minor(positive_decimal(text, currency.exponent())?, currency)
    }

    pub const fn minor(self) -> i64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrenciesDiffer);
        }
        let sum = self.minor.checked_add(other.minor).ok_or(MoneyError::AmountExceedsLimit)?;
        Money::from_minor(sum, self.currency)
    }

    /// What is left after taking `other` away. Must be positive.
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrenciesDiffer);
        }
        let rest = self.minor.checked_sub(other.minor).ok_or(MoneyError::AmountExceedsLimit)?;
        Money::from_minor(rest, self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal_text(self.minor, self.currency.exponent()), self.currency)
    }
}

/// Minor units as exact decimal text with `decimals` places: `(9450, 2)` is `94.50`.
pub fn decimal_text(minor: i64, decimals: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs().to_string();
    let places = usize::try_from(decimals).unwrap_or(0);
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
    let (whole, fraction) = padded.split_at(padded.len().saturating_sub(places));
    format!("{sign}{whole}.{fraction}")
}

/// An amount as the guide prints it in answers and events: no needless decimals (`5000`, `100`),
/// all of them when there are any (`94.50`).
pub fn amount_text(minor: i64, currency: Currency) -> String {
    let text = decimal_text(minor, currency.exponent());
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        Some(_) | None => text,
    }
}

/// A balance as `GET /balance` prints it: two decimals for every currency.
pub fn balance_text(minor: i64, currency: Currency) -> String {
    match currency.exponent() {
        0 => format!("{minor}.00"),
        exponent => decimal_text(minor, exponent),
    }
}

/// A decimal number above zero, counted in units of its last possible decimal.
pub(crate) fn positive_decimal(text: &str, decimals: u32) -> Result<i64, MoneyError> {
    let decimal = Decimal::parse(text)?;
    if decimal.is_zero_or_negative() {
        return Err(MoneyError::AmountMustBePositive);
    }
    decimal.to_minor(decimals)
}

/// How much of `target` comes for one of `source`, in millionths, rounded down. Both are decimal
/// numbers above zero.
pub(crate) fn ratio_micros(source: &str, target: &str) -> Result<i64, MoneyError> {
    let [source, target] = [Decimal::parse(source)?, Decimal::parse(target)?];
    if source.is_zero_or_negative() || target.is_zero_or_negative() {
        return Err(MoneyError::AmountMustBePositive);
    }
    let micros = Decimal::ratio_micros(&source, &target).ok_or(MoneyError::AmountExceedsLimit)?;
    if micros < 1 { Err(MoneyError::AmountMustBePositive) } else { Ok(micros) }
}

/// A decimal number as it stands in JSON: sign, digits, and how many of them are decimals.
struct Decimal {
    negative: bool,
    digits: String,
    scale: i64,
}

impl Decimal {
    fn parse(text: &str) -> Result<Decimal, MoneyError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotADecimal),
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leading_zero || !is_digits(whole) || !is_digits(fraction) {
            return Err(MoneyError::NotADecimal);
        }
        let places = i64::try_from(fraction.len()).map_err(|_| MoneyError::TooManyDecimals)?;
        let scale = places.checked_sub(exponent).ok_or(MoneyError::AmountExceedsLimit)?;
        let digits = format!("{whole}{fraction}").trim_start_matches('0').to_owned();
        Ok(Decimal { negative, digits, scale })
    }

    fn is_zero_or_negative(&self) -> bool {
        self.negative || self.digits.is_empty()
    }

    /// `None` where it is beyond what can be counted.
    fn ratio_micros(source: &Decimal, target: &Decimal) -> Option<i64> {
        let digits = |decimal: &Decimal| decimal.digits.parse::<i128>().ok();
        let scaled = |value: i128, scale: i64| {
            value.checked_mul(10_i128.checked_pow(u32::try_from(scale).ok()?)?)
        };
        // Each is its digits over ten to its scale.
        let dividend = scaled(digits(target)?.checked_mul(1_000_000)?, source.scale)?;
        let divisor = scaled(digits(source)?, target.scale)?;
        i64::try_from(dividend.checked_div(divisor)?).ok()
    }

    fn to_minor(&self, exponent: u32) -> Result<i64, MoneyError> {
        // How many places the digits move to the left (or zeros are cut on the right).
        let shift =
            i64::from(exponent).checked_sub(self.scale).ok_or(MoneyError::AmountExceedsLimit)?;
        let text = if shift >= 0 {
            let zeros = usize::try_from(shift).map_err(|_| MoneyError::AmountExceedsLimit)?;
            if self.digits.len().saturating_add(zeros) > 15 {
                return Err(MoneyError::AmountExceedsLimit);
            }
            format!("{}{}", self.digits, "0".repeat(zeros))
        } else {
            let cut = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
            let kept = self.digits.len().checked_sub(cut).ok_or(MoneyError::TooManyDecimals)?;
            let (minor, dropped) = self.digits.split_at(kept);
            if dropped.bytes().any(|digit| digit != b'0') {
                return Err(MoneyError::TooManyDecimals);
            }
            minor.to_owned()
        };
        if text.len() > 15 {
            return Err(MoneyError::AmountExceedsLimit);
        }
        text.parse().map_err(|_| MoneyError::TooManyDecimals)
    }
}

fn parse_exponent(text: &str) -> Result<i64, MoneyError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MoneyError::NotADecimal);
    }
    if digits.trim_start_matches('0').len() > 3 {
        return Err(MoneyError::AmountExceedsLimit);
    }
    text.parse().map_err(|_| MoneyError::NotADecimal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rwf(text: &str) -> Result<i64, MoneyError> {
        Money::from_decimal_text(text, Currency::Rwf).map(Money::minor)
    }

    fn usd(text: &str) -> Result<i64, MoneyError> {
        Money::from_decimal_text(text, Currency::Usd).map(Money::minor)
    }

    #[test]
    fn texts_are_read_exactly_or_refused() {
        use MoneyError::*;
        for (text, expected) in [
            ("2000", Ok(2000)),
            ("2000.0", Ok(2000)),
            ("2000.000", Ok(2000)),
            ("2e3", Ok(2000)),
            ("2E+3", Ok(2000)),
            ("20000e-1", Ok(2000)),
            ("1", Ok(1)),
            ("999999999999999", Ok(999_999_999_999_999)),
            ("1000000000000000", Err(AmountExceedsLimit)),
            ("1e400", Err(AmountExceedsLimit)),
            ("1e99999999999999999999", Err(AmountExceedsLimit)),
            ("1e-400", Err(TooManyDecimals)),
            ("2000.001", Err(TooManyDecimals)),
            ("0.5", Err(TooManyDecimals)),
            ("0", Err(AmountMustBePositive)),
            ("0.0", Err(AmountMustBePositive)),
            ("-0", Err(AmountMustBePositive)),
            ("-1", Err(AmountMustBePositive)),
            ("NaN", Err(NotADecimal)),
            ("", Err(NotADecimal)),
            ("1.", Err(NotADecimal)),
            (".5", Err(NotADecimal)),
            ("01", Err(NotADecimal)),
            ("+1", Err(NotADecimal)),
            ("1e", Err(NotADecimal)),
            ("0x10", Err(NotADecimal)),
            ("9007199254740993", Err(AmountExceedsLimit)),
        ] {
            assert_eq!(rwf(text), expected, "{text}");
        }
        assert_eq!(usd("94.50"), Ok(9450));
        assert_eq!(usd("94.5"), Ok(9450));
        assert_eq!(usd("0.01"), Ok(1));
        assert_eq!(usd("0.001"), Err(TooManyDecimals));
        assert_eq!(usd(&"9".repeat(4000)), Err(AmountExceedsLimit));
    }

    #[test]
    fn printed_as_the_guide_prints() {
        assert_eq!(amount_text(5000, Currency::Rwf), "5000");
        assert_eq!(amount_text(9450, Currency::Eur), "94.50");
        assert_eq!(amount_text(10_000, Currency::Usd), "100");
        assert_eq!(balance_text(5000, Currency::Rwf), "5000.00");
        assert_eq!(balance_text(5, Currency::Usd), "0.05");
        assert_eq!(decimal_text(-5, 2), "-0.05");
    }

    proptest! {
        #[test]
        fn text_to_minor_to_text_and_back(minor in 1..=Money::MINOR_MAX, pick in 0..Currency::ALL.len()) {
            let currency = Currency::ALL[pick];
            let money = Money::from_minor(minor, currency).unwrap();
            for text in [decimal_text(minor, currency.exponent()), amount_text(minor, currency)] {
                prop_assert_eq!(Money::from_decimal_text(&text, currency), Ok(money));
            }
        }

        #[test]
        fn any_text_is_answered_without_panic(text in ".{0,40}") {
            for currency in Currency::ALL {
                if let Ok(money) = Money::from_decimal_text(&text, currency) {
                    prop_assert!(money.minor() >= 1 && money.minor() <= Money::MINOR_MAX);
                }
            }
        }

        #[test]
        fn sums_never_wrap(a in 1..=Money::MINOR_MAX, b in 1..=Money::MINOR_MAX) {
            let (a, b) = (Money::from_minor(a, Currency::Usd).unwrap(), Money::from_minor(b, Currency::Usd).unwrap());
            match a.plus(b) {
                Ok(sum) => prop_assert_eq!(sum.minus(b), Ok(a)),
                Err(error) => prop_assert_eq!(error, MoneyError::AmountExceedsLimit),
            }
        }
    }
}
