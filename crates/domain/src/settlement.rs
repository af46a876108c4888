//! When a charge's net moves from pending to available.

use std::time::Duration;

use crate::id::{AccountId, PaymentId};
use crate::time::Timestamp;

/// How long an account waits for its money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementRule {
    After(Duration),
    /// The start of the n-th business day after, in Kigali.
    BusinessDays(u8),
}

/// One row of the `settlement` table: a charge whose money is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub account: AccountId,
    pub payment: PaymentId,
    pub due_at: Timestamp,
    pub is_done: bool,
}

impl SettlementRule {
    pub const SANDBOX_DEFAULT: SettlementRule = SettlementRule::After(Duration::from_secs(5));

    /// The text in the database.
    pub fn text(self) -> String {
        match self {
            SettlementRule::After(delay) => format!("after:{}", delay.as_micros()),
            SettlementRule::BusinessDays(days) => format!("business_days:{days}"),
        }
    }

    pub fn parse(text: &str) -> Option<SettlementRule> {
        match text.split_once(':')? {
            ("after", us) => Some(SettlementRule::After(Duration::from_micros(us.parse().ok()?))),
            ("business_days", days) => Some(SettlementRule::BusinessDays(days.parse().ok()?)),
            _ => None,
        }
    }

    /// When money confirmed at `confirmed_at` is due.
    pub fn due_at(self, confirmed_at: Timestamp) -> Timestamp {
        match self {
            SettlementRule::After(delay) => confirmed_at.plus(delay),
            SettlementRule::BusinessDays(days) => business_days_after(confirmed_at, days),
        }
    }
}

/// Kigali keeps UTC+2 all year.
const KIGALI_OFFSET: Duration = Duration::from_secs(2 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn business_days_after(at: Timestamp, days: u8) -> Timestamp {
    let day_us = i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX);
    let mut day = at.plus(KIGALI_OFFSET).as_micros().div_euclid(day_us);
    let mut left = days;
    while left > 0 {
        day = day.saturating_add(1);
        if is_business_day(day) {
            left = left.saturating_sub(1);
        }
    }
    Timestamp::from_micros(day.saturating_mul(day_us)).minus(KIGALI_OFFSET)
}

/// `day` counts from 1970-01-01, a Thursday.
fn is_business_day(day: i64) -> bool {
    let weekday = day.saturating_add(3).rem_euclid(7);
    weekday < 5 && !HOLIDAYS.contains(&day)
}

/// Rwanda's public holidays, as days since 1970-01-01, where they are fixed by law.
const HOLIDAYS: [i64; 0] = [];
