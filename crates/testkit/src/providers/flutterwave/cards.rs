//! Cards as they arrive: four fields under the key of the dashboard, one nonce for all.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::rules::text;
use super::{ENCRYPTION_KEY, Response, error};

/// The year in which the world of this server stands still.
const THIS_YEAR: u16 = 26;

/// What may be shown of a card: the details of its payment method, and whose it is.
pub fn open(payment_method: &Value) -> Result<(Value, String), Response> {
    let card = &payment_method["card"];
    let field = |name: &str| decrypt(&text(card, "nonce"), &text(card, name));
    let number = field("encrypted_card_number")?;
    let (month, year) = (field("encrypted_expiry_month")?, field("encrypted_expiry_year")?);
    if card.get("encrypted_cvv").is_some() {
        field("encrypted_cvv")?;
    }
    if !is_luhn(&number) {
        return Err(error(400, "1118400", "INVALID_CARD_NUMBER", "Invalid card number"));
    }
    let month: u8 =
        month.parse().ok().filter(|month| (1..=12).contains(month)).ok_or_else(|| {
            error(422, "1136422", "CARD_EXPIRY_MONTH_OUT_OF_RANGE", "The month is out of range")
        })?;
    let year: u16 = year.parse().ok().filter(|_| year.len() == 2).ok_or_else(|| {
        error(422, "1135422", "CARD_EXPIRY_YEAR_OUT_OF_RANGE", "The year is out of range")
    })?;
    if year < THIS_YEAR {
        return Err(error(422, "1134422", "CARD_EXPIRED", "The card has expired"));
    }
    let network = match number.chars().next() {
        Some('4') => "VISA",
        Some('5' | '2') => "MASTERCARD",
        Some(_) | None => "UNKNOWN",
    };
    let (first6, last4) = (&number[..6], &number[number.len() - 4..]);
    let shown = json!({"type": "card", "card": {"expiry_month": month, "expiry_year": year,
        "first6": first6, "last4": last4, "network": network}});
    Ok((shown, format!("{first6}******{last4}")))
}

/// The text of a sealed field, or the answer to one that cannot be opened.
pub fn decrypt(nonce: &str, sealed: &str) -> Result<String, Response> {
    let opened = || {
        let key = STANDARD.decode(ENCRYPTION_KEY).ok()?;
        let nonce: [u8; 12] = nonce.as_bytes().try_into().ok()?;
        let sealed = STANDARD.decode(sealed).ok()?;
        let cipher = Aes256Gcm::new_from_slice(&key).ok()?;
        let opened = cipher.decrypt(&Nonce::from(nonce), sealed.as_slice()).ok()?;
        String::from_utf8(opened).ok()
    };
    opened().ok_or_else(|| {
        error(422, "11100", "CLIENT_ENCRYPTION_ERROR", "Unable to decrypt encrypted fields")
    })
}

fn is_luhn(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().rev().map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (12..=19).contains(&digits.len())) else {
        return false;
    };
    let doubled = |(place, digit): (usize, &u32)| match place % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    };
    digits.iter().enumerate().map(doubled).sum::<u32>() % 10 == 0
}
