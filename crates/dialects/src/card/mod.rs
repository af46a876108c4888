//! Card data on its way in. It is opened, checked and wiped here; what goes on is a brand, the
//! first six and last four digits and an expiry.

mod encrypted;
mod sealed;

pub use encrypted::{EncryptionKey, Iv, check_form};
pub use sealed::{SealedCard, SealingKey};

use domain::Timestamp;
use domain::charge::CardBrand;

/// What is wrong with a piece of card data. Never says what the data was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardFault {
    #[error("must be 12 characters, or 12 bytes as 24 hex characters")]
    Nonce,
    #[error(
        "cannot be decrypted: it must be encrypted with this account's key and the given nonce"
    )]
    Unreadable,
    #[error("must be the base64 text that sealCard makes for this account's public key")]
    Unsealable,
    #[error("must hold a card number of 12 to 19 digits")]
    Number,
    #[error("must hold a Visa or Mastercard number")]
    Brand,
    #[error("must hold a card number whose last digit is right")]
    CheckDigit,
    #[error("must hold a month from 01 to 12")]
    Month,
    #[error("must hold a year of 2 or 4 digits")]
    Year,
    #[error("must not be in the past: the card has expired")]
    Expired,
    #[error("must hold 3 or 4 digits")]
    Cvv,
    #[error("must hold 4 to 6 digits")]
    Pin,
    #[error("must hold an id of 16 to 64 letters, digits or dashes, and the time as at")]
    Stamp,
}

/// Overwrites the stack below its caller, where the cipher's rounds have left what they worked on.
#[inline(never)]
fn wipe_stack() {
    let below = [0_u8; 64 * 1024];
    std::hint::black_box(&below);
}

/// What may be known of a card number afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFacts {
    pub brand: CardBrand,
    pub first_six: String,
    pub last_four: String,
}

/// Reads a card number. The guide's own test card fails the check digit, so the sandbox does not
/// look at it.
pub fn read_number(text: &str, checks_last_digit: bool) -> Result<NumberFacts, CardFault> {
    if !is_digits(text, 12, 19) {
        return Err(CardFault::Number);
    }
    let brand = brand(text).ok_or(CardFault::Brand)?;
    if checks_last_digit && !is_luhn(text) {
        return Err(CardFault::CheckDigit);
    }
    let first_six = text.get(..6).unwrap_or_default().to_owned();
    let last_four = text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    Ok(NumberFacts { brand, first_six, last_four })
}

pub fn read_month(text: &str) -> Result<u8, CardFault> {
    let month = is_digits(text, 2, 2).then(|| text.parse().ok()).flatten();
    month.filter(|month| (1..=12).contains(month)).ok_or(CardFault::Month)
}

/// A year in four digits, given in two or four.
pub fn read_year(text: &str) -> Result<u16, CardFault> {
    let year: u16 = text.parse().map_err(|_| CardFault::Year)?;
    match text.len() {
        2 if is_digits(text, 2, 2) => Ok(year.saturating_add(2000)),
        4 if is_digits(text, 4, 4) => Ok(year),
        _ => Err(CardFault::Year),
    }
}

/// A card serves to the end of its month.
pub fn check_expiry(month: u8, year: u16, now: Timestamp) -> Result<(), CardFault> {
    let today = jiff::Timestamp::from_microsecond(now.as_micros())
        .unwrap_or(jiff::Timestamp::MAX)
        .to_zoned(jiff::tz::TimeZone::UTC);
    let this_month = (i32::from(today.year()), i32::from(today.month()));
    if (i32::from(year), i32::from(month)) < this_month { Err(CardFault::Expired) } else { Ok(()) }
}

pub fn check_cvv(text: &str) -> Result<(), CardFault> {
    if is_digits(text, 3, 4) { Ok(()) } else { Err(CardFault::Cvv) }
}

pub fn check_pin(text: &str) -> Result<(), CardFault> {
    if is_digits(text, 4, 6) { Ok(()) } else { Err(CardFault::Pin) }
}

fn is_digits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn brand(number: &str) -> Option<CardBrand> {
    let head = |digits: usize| number.get(..digits).and_then(|head| head.parse::<u16>().ok());
    let is_mastercard = head(2).is_some_and(|head| (51..=55).contains(&head))
        || head(4).is_some_and(|head| (2221..=2720).contains(&head));
    if number.starts_with('4') {
        Some(CardBrand::Visa)
    } else {
        is_mastercard.then_some(CardBrand::Mastercard)
    }
}

fn is_luhn(number: &str) -> bool {
    let digits = number.bytes().rev().map(|byte| u32::from(byte.saturating_sub(b'0')));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, digit) => digit,
            (_, 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_brands() {
        let brand_of = |text| read_number(text, false).map(|facts| facts.brand);
        for (text, expected) in [
            ("4532123456789010", Ok(CardBrand::Visa)),
            ("400000000002", Ok(CardBrand::Visa)),
            ("4000000000000000006", Ok(CardBrand::Visa)),
            ("5100000000000000", Ok(CardBrand::Mastercard)),
            ("5599999999999999", Ok(CardBrand::Mastercard)),
            ("2221000000000000", Ok(CardBrand::Mastercard)),
            ("2720999999999999", Ok(CardBrand::Mastercard)),
            ("2220999999999999", Err(CardFault::Brand)),
            ("2721000000000000", Err(CardFault::Brand)),
            ("5000000000000000", Err(CardFault::Brand)),
            ("5600000000000000", Err(CardFault::Brand)),
            ("378282246310005", Err(CardFault::Brand)),
            ("6011111111111117", Err(CardFault::Brand)),
            ("40000000000", Err(CardFault::Number)),
            ("40000000000000000000", Err(CardFault::Number)),
            ("4532 1234 5678 9010", Err(CardFault::Number)),
            ("٤٥٣٢١٢٣٤٥٦", Err(CardFault::Number)),
            ("", Err(CardFault::Number)),
        ] {
            assert_eq!(brand_of(text), expected, "{text}");
        }
        let facts = read_number("4532123456789010", false).unwrap();
        assert_eq!((facts.first_six.as_str(), facts.last_four.as_str()), ("453212", "9010"));
    }

    #[test]
    fn the_check_digit_counts_in_live() {
        assert!(read_number("4242424242424242", true).is_ok());
        assert!(read_number("5555555555554444", true).is_ok());
        assert_eq!(read_number("4532123456789010", true), Err(CardFault::CheckDigit));
        assert!(read_number("4532123456789010", false).is_ok());
    }

    #[test]
    fn expiries() {
        // 2026-11-30T23:59:59Z
        let now = Timestamp::from_micros(1_796_083_199_000_000);
        for (month, year, expected) in [
            ("11", "2026", Ok(())),
            ("11", "26", Ok(())),
            ("01", "27", Ok(())),
            ("10", "2026", Err(CardFault::Expired)),
            ("12", "2025", Err(CardFault::Expired)),
            ("12", "25", Err(CardFault::Expired)),
            ("13", "2027", Err(CardFault::Month)),
            ("00", "2027", Err(CardFault::Month)),
            ("1", "2027", Err(CardFault::Month)),
            ("+1", "2027", Err(CardFault::Month)),
            ("12", "027", Err(CardFault::Year)),
            ("12", "+027", Err(CardFault::Year)),
            ("12", "20271", Err(CardFault::Year)),
            ("12", "", Err(CardFault::Year)),
        ] {
            let checked = read_month(month).and_then(|month| {
                let year = read_year(year)?;
                check_expiry(month, year, now)
            });
            assert_eq!(checked, expected, "{month}/{year}");
        }
    }

    #[test]
    fn codes() {
        assert!(["123", "1234"].into_iter().all(|text| check_cvv(text).is_ok()));
        assert!(["12", "12345", "12a", ""].into_iter().all(|text| check_cvv(text).is_err()));
        assert!(["1234", "123456"].into_iter().all(|text| check_pin(text).is_ok()));
        assert!(["123", "1234567", "12 4"].into_iter().all(|text| check_pin(text).is_err()));
    }
}
