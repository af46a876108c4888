//! Looks into a provider's JSON body, which may be of any form.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use domain::payment::{Detail, Payment};

use super::{Callback, CallbackAnswer, CallbackFault, Outcome, Secret, Token};
use crate::json::{Object, Tolerance, Value, parse_object};

pub fn parse(body: &[u8]) -> Option<Object> {
    parse_object(body, Tolerance::Strict).ok()
}

pub fn find<'a>(object: &'a Object, path: &[&str]) -> Option<&'a Value> {
    let (name, rest) = path.split_first()?;
    match object.find(name)? {
        value if rest.is_empty() => Some(value),
        Value::Object(inner) => find(inner, rest),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
    }
}

/// A text, or a number as its text stands: providers change their minds.
pub fn text<'a>(object: &'a Object, path: &[&str]) -> Option<&'a str> {
    match find(object, path)? {
        Value::Text(text) | Value::Number(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// The answer of an OAuth token endpoint (RFC 6749 5.1); some write the seconds as a text.
pub fn token(status: u16, body: &[u8]) -> Option<Token> {
    let answer = parse(body).filter(|_| status == 200)?;
    Some(Token {
        text: Secret::new(text(&answer, &["access_token"])?),
        serves: Duration::from_secs(text(&answer, &["expires_in"])?.parse().ok()?),
    })
}

/// The same for every spelling of a content.
pub fn content_key(content: &Object) -> String {
    hex::encode(digest(&SHA256, content.canonical().as_bytes()))
}

/// What a payer or recipient may read of a payment: ASCII letters and digits, ` .,-`, up to
/// `chars_max` of them.
pub fn note(payment: &Payment, detail: &Detail, chars_max: usize) -> String {
    let words = match detail {
        Detail::Charge(charge) => charge.narration.as_deref(),
        Detail::Disbursement(disbursement) => disbursement.narration.as_deref(),
        Detail::Refund(refund) => refund.reason.as_deref(),
        Detail::Conversion(_) => None,
    };
    let cleaned = clean(words.unwrap_or_default(), chars_max);
    if cleaned.is_empty() { clean(&payment.dgs_reference, chars_max) } else { cleaned }
}

/// What is not in the providers' common alphabet becomes a space, and many spaces one.
pub fn clean(text: &str, chars_max: usize) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | '-');
    let plain: String = text.chars().map(|c| if is_plain(&c) { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(chars_max).collect::<String>().trim_end().to_owned()
}

/// Whether a callback came to the address that only the provider was told. Without such a
/// `callback_token` every address will do.
pub fn check_address(
    callback: &Callback<'_>,
    callback_token: Option<&Secret>,
) -> Result<(), CallbackFault> {
    let Some(expected) = callback_token else { return Ok(()) };
    let given = callback.path.trim_start_matches('/').as_bytes();
    aws_lc_rs::constant_time::verify_slices_are_equal(given, expected.reveal().as_bytes())
        .map_err(|_| CallbackFault::Forged)
}

/// For providers that look at nothing but the status.
pub fn plain_answer(outcome: Outcome) -> CallbackAnswer {
    let status = match outcome {
        Outcome::Taken | Outcome::Repeated => 200,
        Outcome::Refused(CallbackFault::Forged) => 401,
        Outcome::Refused(CallbackFault::Unreadable) => 400,
        Outcome::NotStored => 503,
    };
    CallbackAnswer { status, body: String::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cleaned_text_is_short_and_of_the_common_alphabet(text in ".*", max in 0usize..200) {
            let cleaned = clean(&text, max);
            prop_assert!(cleaned.len() <= max);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || " .,-".contains(c);
            prop_assert!(cleaned.chars().all(is_plain));
        }
    }

    #[test]
    fn tokens_are_read_whatever_their_seconds_are_written_as() {
        for seconds in ["180", "\"180\""] {
            let body = format!("{{\"access_token\":\"t\",\"expires_in\":{seconds}}}");
            assert_eq!(token(200, body.as_bytes()).unwrap().serves, Duration::from_secs(180));
            assert!(token(401, body.as_bytes()).is_none());
        }
        assert!(token(200, b"<html>").is_none());
    }

    #[test]
    fn words_survive_cleaning() {
        assert_eq!(
            clean("Mama's shop \u{2014} invoice #5, caf\u{e9}", 160),
            "Mama s shop invoice 5, caf"
        );
    }
}
