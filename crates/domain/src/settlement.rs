//! When a charge's net moves from pending to available.

use std::time::Duration;

use crate::calendar::{is_business_day, kigali_day, start_of};
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
    /// T+1.
    pub const LIVE_DEFAULT: SettlementRule = SettlementRule::BusinessDays(1);

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

fn business_days_after(at: Timestamp, days: u8) -> Timestamp {
    let mut day = kigali_day(at);
    let mut left = days;
    while left > 0 {
        day = day.saturating_add(1);
        if is_business_day(day) {
            left = left.saturating_sub(1);
        }
    }
    start_of(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Seconds since 1970 of a moment in Kigali, worked out by another calendar (GNU date).
    const MOMENTS: [(&str, i64, i64); 9] = [
        ("Thursday 2026-03-12 10:00, the next day", 1_773_302_400, 1_773_352_800),
        ("Friday 2026-03-13 23:59:59, to Monday", 1_773_439_199, 1_773_612_000),
        ("Saturday 2026-03-14 00:00, to Monday", 1_773_439_200, 1_773_612_000),
        ("month's end: Tuesday 2026-03-31 23:59:59", 1_774_994_399, 1_774_994_400),
        ("a second later it is 1 April, due on the 2nd", 1_774_994_400, 1_775_080_800),
        ("before Easter: Thursday 2026-04-02, over 7 April", 1_775_124_000, 1_775_599_200),
        ("year's end: Thursday 2026-12-31 23:59:59", 1_798_754_399, 1_799_100_000),
        ("a second later it is 2027, due as well on 5 January", 1_798_754_400, 1_799_100_000),
        ("Umuganura: Thursday 2026-08-06, to Monday", 1_786_010_400, 1_786_312_800),
    ];

    #[test]
    fn due_at_midnight_in_kigali_of_the_next_business_day() {
        for (what, confirmed, due) in MOMENTS {
            let at = Timestamp::from_micros(confirmed * 1_000_000);
            assert_eq!(SettlementRule::LIVE_DEFAULT.due_at(at).as_secs(), due, "{what}");
        }
    }

    #[test]
    fn rules_read_back() {
        for rule in [SettlementRule::SANDBOX_DEFAULT, SettlementRule::LIVE_DEFAULT] {
            assert_eq!(SettlementRule::parse(&rule.text()), Some(rule));
        }
        assert_eq!(SettlementRule::parse("business_days:x"), None);
    }

    proptest! {
        #[test]
        fn never_before_and_within_two_weeks(us in 1_735_689_600_000_000i64..4_000_000_000_000_000) {
            let at = Timestamp::from_micros(us);
            let due = SettlementRule::LIVE_DEFAULT.due_at(at);
            prop_assert!(due > at && due.since(at).as_secs() < 14 * 24 * 3600);
            prop_assert!(is_business_day(kigali_day(due)));
            prop_assert_eq!(start_of(kigali_day(due)), due);
        }
    }
}
