//! What keeps the house: values that are set as they come, and what may be forgotten.

use crate::book::Book;
use crate::conversion::Quote;
use crate::decide::Answer;
use crate::time::Timestamp;

pub(super) fn set_rates(rates: Vec<Quote>, book: &mut Book) -> Answer {
    book.rates = Some(rates);
    Answer::Done
}

pub(super) fn keep_setting(name: &'static str, value: String, book: &mut Book) -> Answer {
    book.settings.push((name, value));
    Answer::Done
}

pub(super) fn forget_first_uses(before: Timestamp, book: &mut Book) -> Answer {
    book.forget_first_uses_before = Some(before);
    Answer::Done
}

pub(super) fn set_clock_ahead(ahead_us: i64, book: &mut Book) -> Answer {
    book.clock_ahead_us = Some(ahead_us);
    Answer::Done
}
