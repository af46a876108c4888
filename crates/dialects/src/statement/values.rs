//! What the cells of a statement say: exact amounts, times in several forms, words of several
//! houses. What is not known is refused, never guessed.

use domain::calendar::{Day, UtcOffset};
use domain::reconcile::{Direction, LineStatus};
use domain::{Currency, Money, Timestamp};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

type Read<T> = Result<T, String>;

/// A refused text, cut to what a message can bear.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.chars().take(40).collect::<String>())
}

pub(super) fn currency(code: &str) -> Read<Currency> {
    Currency::parse(&code.to_ascii_uppercase())
        .ok_or_else(|| format!("{} is no currency that the gateway knows", quoted(code)))
}

/// Minor units without their sign, and whether that is a minus. Thousands may be parted by commas;
/// the decimal mark is a point.
pub(super) fn amount(text: &str, currency: Currency) -> Read<(i64, bool)> {
    let (is_negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let refused = |why: &str| format!("{} {why}", quoted(text));
    // Powers of ten are the business of JSON.
    let is_plain = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    if unsigned.is_empty() || !unsigned.chars().all(is_plain) {
        return Err(refused("is no amount such as 2000 or 1,094.50"));
    }
    let (whole, decimals) =
        unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let groups: Vec<&str> = whole.split(',').collect();
    let is_parted_rightly = groups.iter().skip(1).all(|group| group.len() == 3)
        && (groups.len() == 1 || (1..=3).contains(&groups[0].len()));
    if !is_parted_rightly || decimals.is_some_and(|rest| rest.contains(',')) {
        return Err(refused("has commas that part no thousands; the decimal mark is a point"));
    }
    let digits = groups.concat();
    let is_zero = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit == b'0');
    if is_zero(&digits) && decimals.is_none_or(is_zero) {
        return Ok((0, is_negative));
    }
    let plain = decimals.map_or(digits.clone(), |rest| format!("{digits}.{rest}"));
    let money = Money::from_decimal_text(&plain, currency);
    money.map(|money| (money.minor(), is_negative)).map_err(|error| refused(&error.to_string()))
}

/// Without a zone of its own a time is one of `offset`. True where only the day is told.
pub(super) fn time(text: &str, offset: UtcOffset) -> Read<(Timestamp, bool)> {
    const TIMES: [&str; 14] = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %I:%M:%S %p",
        "%d/%m/%Y %I:%M %p",
        "%d-%m-%Y %H:%M:%S",
        "%d-%m-%Y %H:%M",
        "%d %b %Y %H:%M:%S",
        "%d-%b-%Y %H:%M:%S",
        "%Y%m%d%H%M%S",
    ];
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok((Timestamp::from_micros(at.as_microsecond()), false));
    }
    let there = |at: DateTime| at.to_zoned(TimeZone::UTC).ok();
    let written = TIMES.iter().find_map(|form| DateTime::strptime(form, text).ok());
    if let Some(at) = written.filter(|at| is_year(at.year())) {
        let as_utc = there(at).ok_or_else(|| no_time(text))?.timestamp().as_microsecond();
        let east_us = i64::from(offset.east_s()) * 1_000_000;
        return Ok((Timestamp::from_micros(as_utc - east_us), false));
    }
    let day = ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y", "%d %b %Y", "%d-%b-%Y"]
        .iter()
        .find_map(|form| Date::strptime(form, text).ok())
        .filter(|date| is_year(date.year()))
        .ok_or_else(|| no_time(text))?;
    Ok((offset.start_of(day_number(day)), true))
}

/// Two digits are no year: 26 may be a day.
fn is_year(year: i16) -> bool {
    (1970..=9999).contains(&year)
}

fn no_time(text: &str) -> String {
    format!("{} is no time such as 2026-11-21 14:05:09 or 21/11/2026 14:05", quoted(text))
}

fn day_number(date: Date) -> Day {
    let at_midnight = date.to_zoned(TimeZone::UTC).map(|at| at.timestamp().as_second());
    at_midnight.unwrap_or(0).div_euclid(24 * 3600)
}

/// A day as the operator writes it: `2026-11-21`.
pub fn parse_date(text: &str) -> Option<Day> {
    let is_plain = |date: &Date| text.len() == 10 && is_year(date.year());
    Date::strptime("%Y-%m-%d", text).ok().filter(is_plain).map(day_number)
}

/// What [`parse_date`] reads.
pub fn date_text(day: Day) -> String {
    let midnight = jiff::Timestamp::from_second(day.saturating_mul(24 * 3600)).unwrap_or_default();
    midnight.to_zoned(TimeZone::UTC).date().to_string()
}

/// What [`parse_zone`] reads: `+02:00`.
pub fn zone_text(offset: UtcOffset) -> String {
    let sign = if offset.east_s() < 0 { '-' } else { '+' };
    let minutes = offset.east_s().unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A zone that keeps its distance from UTC all year, by name, or by the distance: `+02:00`.
pub fn parse_zone(text: &str) -> Option<UtcOffset> {
    const HOURS_EAST: [(&str, i32); 16] = [
        ("UTC", 0),
        ("Africa/Abidjan", 0),
        ("Africa/Accra", 0),
        ("Africa/Dakar", 0),
        ("Africa/Douala", 1),
        ("Africa/Lagos", 1),
        ("Africa/Bujumbura", 2),
        ("Africa/Harare", 2),
        ("Africa/Johannesburg", 2),
        ("Africa/Kigali", 2),
        ("Africa/Lubumbashi", 2),
        ("Africa/Lusaka", 2),
        ("Africa/Addis_Ababa", 3),
        ("Africa/Dar_es_Salaam", 3),
        ("Africa/Kampala", 3),
        ("Africa/Nairobi", 3),
    ];
    if let Some((_, hours)) = HOURS_EAST.into_iter().find(|(name, _)| *name == text) {
        return UtcOffset::from_east(hours * 3600);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |part: &str| {
        let is_plain = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        if is_plain { part.parse::<i32>().ok() } else { None }
    };
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    UtcOffset::from_east(sign * (number(hours)? * 3600 + minutes * 60))
}

pub(super) fn status(word: &str) -> Read<LineStatus> {
    const SUCCEEDED: [&str; 9] = [
        "success",
        "successful",
        "succeeded",
        "completed",
        "complete",
        "settled",
        "paid",
        "approved",
        "ts",
    ];
    const PENDING: [&str; 8] =
        ["pending", "processing", "initiated", "new", "ongoing", "in progress", "tip", "ta"];
    const FAILED: [&str; 12] = [
        "failed",
        "failure",
        "declined",
        "rejected",
        "cancelled",
        "canceled",
        "reversed",
        "returned",
        "expired",
        "error",
        "tf",
        "te",
    ];
    let lower = word.to_lowercase();
    let is_in = |words: &[&str]| words.contains(&lower.as_str());
    if is_in(&SUCCEEDED) {
        Ok(LineStatus::Succeeded)
    } else if is_in(&PENDING) {
        Ok(LineStatus::Pending)
    } else if is_in(&FAILED) {
        Ok(LineStatus::Failed)
    } else {
        Err(format!("{} is no status that is known", quoted(word)))
    }
}

pub(super) fn direction(word: &str) -> Read<Direction> {
    const IN: [&str; 9] =
        ["in", "credit", "cr", "c", "incoming", "collection", "deposit", "payment", "charge"];
    const OUT: [&str; 10] = [
        "out",
        "debit",
        "dr",
        "d",
        "outgoing",
        "disbursement",
        "payout",
        "transfer",
        "withdrawal",
        "refund",
    ];
    let lower = word.to_lowercase();
    if IN.contains(&lower.as_str()) {
        Ok(Direction::In)
    } else if OUT.contains(&lower.as_str()) {
        Ok(Direction::Out)
    } else {
        Err(format!("{} says neither in nor out", quoted(word)))
    }
}
