//! The card of a request: the guide's encrypted fields, or one sealed message.

use dialects::card::{self, CardFault, EncryptionKey, Iv};
use dialects::json::Value;
use dialects::provider::{CardData, Secret};
use domain::charge::{Card, CardNonce};
use domain::decide::Refusal;
use domain::{Environment, Timestamp, limits};
use store::SubmitError;

use crate::api::Problem;
use crate::api::form::Form;
use crate::app::App;
use crate::directory::Entry;

const SEALED: &str = "card_sealed";
const NONCE: &str = "card_nonce";

#[derive(Debug)]
pub struct CardFields {
    pub card: Card,
    /// For the provider. Wiped when dropped.
    pub data: CardData,
    pub nonce: CardNonce,
    /// The field that the nonce was read from.
    pub nonce_field: &'static str,
}

/// `None` only beside a fault.
pub fn read(form: &mut Form<'_>, app: &App, entry: &Entry) -> Option<CardFields> {
    if form.value(SEALED).is_some() {
        return sealed(form, app, entry);
    }
    let now = app.clock.now();
    let names = (NONCE, "card_encrypted_number");
    let mut cipher = Cipher::of(form, entry, names, now)?;
    let checks_last_digit = app.settings.environment == Environment::Live;
    let number = cipher.open(form, "card_encrypted_number", |text| {
        Ok((card::read_number(text, checks_last_digit)?, Secret::new(text)))
    });
    let month = cipher.open(form, "card_encrypted_expiry_month", card::read_month);
    let year = cipher.open(form, "card_encrypted_expiry_year", card::read_year);
    if let Some(year) = year {
        // Without a month that can be read, the year can still be past.
        let checked = card::check_expiry(month.unwrap_or(12), year, now);
        form.keep("card_encrypted_expiry_year", checked);
    }
    let cvv = cipher.open(form, "card_encrypted_cvv", |text| {
        card::check_cvv(text)?;
        Ok(Secret::new(text))
    });
    cipher.note_failure(app, entry, now);
    let nonce = cipher.nonce(form)?;
    let ((number, digits), cvv) = (number?, cvv?);
    let (expiry_month, expiry_year) = (month?, year?);
    let data = CardData { number: digits, expiry_month, expiry_year, cvv };
    let card = Card {
        brand: number.brand,
        first_six: number.first_six,
        last_four: number.last_four,
        expiry_month,
        expiry_year,
        wrong_otp_count: 0,
    };
    Some(CardFields { card, data, nonce, nonce_field: NONCE })
}

fn sealed(form: &mut Form<'_>, app: &App, entry: &Entry) -> Option<CardFields> {
    let message = form.required_text(SEALED, limits::SEALED_CARD_CHARS_MAX)?;
    let checks_last_digit = app.settings.environment == Environment::Live;
    let (account, now) = (entry.account.id, app.clock.now());
    let opened = app.sealing_key(account).open(message, checks_last_digit, now);
    if matches!(opened, Err(CardFault::Unsealable)) {
        app.decryption_limit.note_failure(account, now);
    }
    let mut opened = form.keep(SEALED, opened)?;
    // The browser's clock knows nothing of a sandbox's clock that was moved ahead.
    let ahead = std::time::Duration::from_micros(app.clock.ahead_us().try_into().unwrap_or(0));
    opened.nonce.sealed_at = opened.nonce.sealed_at.map(|at| at.plus(ahead));
    Some(CardFields {
        card: opened.card,
        data: opened.data,
        nonce: opened.nonce,
        nonce_field: SEALED,
    })
}

/// The PIN of `/authorize`, for the provider. Only whether it has the right form is looked at here.
pub fn read_pin(form: &mut Form<'_>, app: &App, entry: &Entry) -> Option<(Secret, CardNonce)> {
    let now = app.clock.now();
    let names = ("auth_pin_nonce", "auth_pin_encrypted");
    let mut cipher = Cipher::of(form, entry, names, now)?;
    let pin = cipher.open(form, names.1, |text| {
        card::check_pin(text)?;
        Ok(Secret::new(text))
    });
    cipher.note_failure(app, entry, now);
    let nonce = cipher.nonce(form)?;
    Some((pin?, nonce))
}

/// Tells of a used nonce under the name of the field it came in.
pub fn nonce_problem(error: SubmitError, field: &'static str) -> Problem {
    match error {
        SubmitError::Refused(refusal @ Refusal::NonceUsed) => {
            Problem::field(field, refusal.to_string())
        }
        error @ (SubmitError::Refused(_)
        | SubmitError::Busy
        | SubmitError::NotStored(_)
        | SubmitError::Unknown
        | SubmitError::Stopping) => error.into(),
    }
}

/// The account's key with the request's nonce.
struct Cipher<'a> {
    key: &'a EncryptionKey,
    nonce_field: &'static str,
    /// Read before the fields that need it, although it stands after them.
    iv: Option<Result<Iv, CardFault>>,
    /// Whether a field could not be decrypted.
    has_failed: bool,
}

impl<'a> Cipher<'a> {
    /// The first of the fields tells which of the account's keys all are encrypted with.
    fn of(
        form: &mut Form<'_>,
        entry: &'a Entry,
        (nonce_field, first_field): (&'static str, &str),
        now: Timestamp,
    ) -> Option<Cipher<'a>> {
        let text = |field: &str| match form.value(field) {
            Some(Value::Text(text)) => Some(text.trim()),
            Some(_) | None => None,
        };
        let iv = text(nonce_field).map(Iv::parse);
        let opens = |key: &EncryptionKey| match (&iv, text(first_field)) {
            (Some(Ok(iv)), Some(sealed)) => key.open(iv, sealed, |_| Ok(())).is_ok(),
            (Some(_) | None, Some(_) | None) => false,
        };
        let Some(key) = entry.encryption_key(now, opens) else {
            form.fault(nonce_field, "cannot be used: the account has no encryption key");
            return None;
        };
        Some(Cipher { key, nonce_field, iv, has_failed: false })
    }

    fn open<T>(
        &mut self,
        form: &mut Form<'_>,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, CardFault>,
    ) -> Option<T> {
        let text = form.required_text(field, limits::ENCRYPTED_CHARS_MAX)?;
        match &self.iv {
            Some(Ok(iv)) => {
                let opened = self.key.open(iv, text, read);
                self.has_failed |= matches!(opened, Err(CardFault::Unreadable));
                form.keep(field, opened)
            }
            // The nonce has a fault of its own.
            Some(Err(_)) | None => {
                form.keep(field, card::check_form(text));
                None
            }
        }
    }

    /// One for the whole request, however many fields it has.
    fn note_failure(&self, app: &App, entry: &Entry, now: Timestamp) {
        if self.has_failed {
            app.decryption_limit.note_failure(entry.account.id, now);
        }
    }

    fn nonce(self, form: &mut Form<'_>) -> Option<CardNonce> {
        form.required_text(self.nonce_field, limits::ENCRYPTED_CHARS_MAX)?;
        let iv = form.keep(self.nonce_field, self.iv?)?;
        Some(self.key.nonce(&iv))
    }
}
