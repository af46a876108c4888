//! The fields of requests: what each must look like, and the answer that lists those that do not.

use serde_json::{Value, json};

use super::super::Response;

/// Fields that are wrong, with what is wrong about them.
#[derive(Debug, Default)]
pub struct Faults(Vec<(String, &'static str)>);

impl Faults {
    pub fn check(&mut self, field: &str, is_right: bool) {
        if !is_right {
            self.0.push((field.to_owned(), "is missing or malformed"));
        }
    }

    /// A text that must be there and fit.
    pub fn text(&mut self, body: &Value, path: &str, fits: fn(&str) -> bool) {
        let fits = at(body, path).and_then(Value::as_str).is_some_and(fits);
        self.check(path, fits);
    }

    /// A text that must fit if it is there.
    pub fn optional(&mut self, body: &Value, path: &str, fits: fn(&str) -> bool) {
        if at(body, path).is_some() {
            self.text(body, path, fits);
        }
    }

    /// A number above zero; whole for currencies without a minor unit.
    pub fn amount(&mut self, body: &Value, path: &str, currency: &str) {
        let number = at(body, path).filter(|value| value.is_number()).map(Value::to_string);
        let text = number.unwrap_or_default();
        let is_whole = text.trim_end_matches(['0']).trim_end_matches('.').parse::<u64>().is_ok();
        let is_positive = text.chars().any(|c| ('1'..='9').contains(&c)) && !text.starts_with('-');
        self.check(path, is_positive && (currency != "RWF" || is_whole));
    }

    /// An address, every part of it.
    pub fn address(&mut self, body: &Value, path: &str) {
        for part in ["city", "line1", "postal_code", "state"] {
            self.text(body, &format!("{path}.{part}"), |text| !text.is_empty());
        }
        let is_country = |text: &str| text.len() == 2 && all(text, |c| c.is_ascii_uppercase());
        self.text(body, &format!("{path}.country"), is_country);
    }

    pub fn refused(self) -> Option<Response> {
        if self.0.is_empty() {
            return None;
        }
        let faults: Vec<Value> = self
            .0
            .iter()
            .map(|(field, message)| json!({"field_name": field, "message": message}))
            .collect();
        let error = json!({"type": "REQUEST_NOT_VALID", "code": "10400",
            "message": "Request is not valid", "validation_errors": faults});
        Some(Response::json(400, &json!({"status": "failed", "error": error})))
    }
}

/// The value behind `a.b.c`.
pub fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(body, |value, name| value.get(name))
}

pub fn text(body: &Value, path: &str) -> String {
    at(body, path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn all(text: &str, of_class: fn(char) -> bool) -> bool {
    text.chars().all(of_class)
}

pub fn is_reference(text: &str) -> bool {
    (6..=42).contains(&text.len()) && all(text, |c| c.is_ascii_alphanumeric() || c == '-')
}

pub fn is_name(text: &str) -> bool {
    (2..=50).contains(&text.len())
        && all(text, |c| c.is_ascii_alphabetic() || " ,.'-".contains(c))
        && text.chars().any(|c| c.is_ascii_alphabetic())
}

pub fn is_country_code(text: &str) -> bool {
    (1..=3).contains(&text.len()) && all(text, |c| c.is_ascii_digit())
}

pub fn is_phone(text: &str) -> bool {
    (7..=10).contains(&text.len()) && all(text, |c| c.is_ascii_digit())
}

pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_local = |c: char| c.is_ascii_alphanumeric() || "_+&*-.".contains(c);
    let is_label =
        |label: &str| !label.is_empty() && all(label, |c| c.is_ascii_alphanumeric() || c == '-');
    let top = domain.rsplit('.').next().unwrap_or_default();
    !local.split('.').any(str::is_empty)
        && local.chars().all(is_local)
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && top.len() >= 2
        && all(top, |c| c.is_ascii_alphabetic())
}

pub fn is_nonce(text: &str) -> bool {
    text.len() == 12 && all(text, |c| c.is_ascii_alphanumeric())
}

pub fn is_otp(text: &str) -> bool {
    (4..=8).contains(&text.len()) && all(text, |c| c.is_ascii_digit())
}

pub fn is_narration(text: &str) -> bool {
    (1..=180).contains(&text.chars().count())
}

pub fn is_msisdn(text: &str) -> bool {
    (6..=25).contains(&text.len()) && all(text, |c| c.is_ascii_alphanumeric())
}

pub fn is_account(text: &str) -> bool {
    (7..=35).contains(&text.len())
}

pub fn is_filled(text: &str) -> bool {
    !text.is_empty()
}
