//! Days in Kigali, and which of them banks work on there.

use crate::time::Timestamp;

const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// Days since 1970-01-01.
pub type Day = i64;

/// A zone that keeps the same distance from UTC all year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset {
    east_s: i32,
}

impl UtcOffset {
    /// UTC+2 all year.
    pub const KIGALI: UtcOffset = UtcOffset { east_s: 2 * 3600 };

    /// Seconds east of UTC, at most 14 hours either way.
    pub fn from_east(east_s: i32) -> Option<UtcOffset> {
        (east_s.unsigned_abs() <= 14 * 3600).then_some(UtcOffset { east_s })
    }

    pub const fn east_s(self) -> i32 {
        self.east_s
    }

    /// The one day there that an instant lies in.
    pub fn day_of(self, at: Timestamp) -> Day {
        at.as_micros().saturating_add(self.east_us()).div_euclid(DAY_US)
    }

    /// Midnight there, with which the day begins.
    pub fn start_of(self, day: Day) -> Timestamp {
        Timestamp::from_micros(day.saturating_mul(DAY_US).saturating_sub(self.east_us()))
    }

    fn east_us(self) -> i64 {
        i64::from(self.east_s).saturating_mul(1_000_000)
    }
}

/// The one day in Kigali that an instant lies in.
pub fn kigali_day(at: Timestamp) -> Day {
    UtcOffset::KIGALI.day_of(at)
}

/// Midnight in Kigali, with which the day begins.
pub fn start_of(day: Day) -> Timestamp {
    UtcOffset::KIGALI.start_of(day)
}

pub fn is_business_day(day: Day) -> bool {
    weekday(day) < SATURDAY && !is_holiday(day) && !replaces_holiday(day)
}

const MONDAY: i64 = 0;
const FRIDAY: i64 = 4;
const SATURDAY: i64 = 5;

/// From Monday, 0. 1970-01-01 was a Thursday.
fn weekday(day: Day) -> i64 {
    day.saturating_add(3).rem_euclid(7)
}

/// The Monday after a weekend with a holiday is free in its place, one day however many fell on
/// the weekend; 7 April alone is not replaced (Presidential Order 54/01 of 24/02/2017, article 4,
/// kept by Order 062/01 of 19/10/2022).
fn replaces_holiday(day: Day) -> bool {
    let is_lost = |day| is_holiday(day) && Date::of(day).month_day() != (4, 7);
    weekday(day) == MONDAY && (is_lost(day.saturating_sub(1)) || is_lost(day.saturating_sub(2)))
}

/// Holidays with a fixed date, as (month, day).
const FIXED: [(i64, i64); 10] =
    [(1, 1), (1, 2), (2, 1), (4, 7), (5, 1), (7, 1), (7, 4), (8, 15), (12, 25), (12, 26)];

/// The two days of Eid follow the sighting of the moon and are announced by the Rwanda Muslim
/// Community a day or two before, so those to come cannot be known here: they are added once they
/// are announced. These are the days recorded as confirmed by github.com/vacanza/holidays.
const ANNOUNCED: [(i64, i64, i64); 2] = [(2025, 3, 30), (2025, 6, 6)];

fn is_holiday(day: Day) -> bool {
    let date = Date::of(day);
    let is_first_friday_of_august = date.month == 8 && date.day <= 7 && weekday(day) == FRIDAY;
    let easter = easter_sunday(date.year);
    FIXED.contains(&date.month_day())
        || is_first_friday_of_august
        || day == easter.saturating_sub(2)
        || day == easter.saturating_add(1)
        || ANNOUNCED.contains(&(date.year, date.month, date.day))
}

/// A date of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    fn month_day(self) -> (i64, i64) {
        (self.month, self.day)
    }

    /// Years are counted from March, so that the leap day is the last of its year, and in eras of
    /// 400, after which the calendar repeats itself.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a day of a Timestamp has nine digits at most, and the divisors are constants"
    )]
    fn of(day: Day) -> Date {
        let since_era_zero = day + DAYS_TO_1970;
        let era = since_era_zero.div_euclid(DAYS_PER_ERA);
        let day_of_era = since_era_zero.rem_euclid(DAYS_PER_ERA);
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date { year, month, day: day_of_year - (153 * month_from_march + 2) / 5 + 1 }
    }

    /// The inverse of [`Date::of`].
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a year of a Timestamp has six digits at most, and the divisors are constants"
    )]
    fn days(self) -> Day {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970
    }
}

const DAYS_PER_ERA: i64 = 146_097;
/// From 1 March of the year 0.
const DAYS_TO_1970: i64 = 719_468;

/// The Gregorian Easter, by the moon's cycle of 19 years and its corrections per century.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a year of a Timestamp has six digits at most, and the divisors are constants"
)]
fn easter_sunday(year: i64) -> Day {
    let golden = year.rem_euclid(19);
    let (century, in_century) = (year.div_euclid(100), year.rem_euclid(100));
    let moon_shift = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_shift + 15).rem_euclid(30);
    let to_sunday =
        (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let from_march = epact + to_sunday - 7 * late + 114;
    Date { year, month: from_march / 31, day: from_march % 31 + 1 }.days()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i64, month: i64, day: i64) -> Day {
        Date { year, month, day }.days()
    }

    #[test]
    fn dates_by_the_day() {
        for (number, year, month, of_month) in
            [(0, 1970, 1, 1), (-1, 1969, 12, 31), (11_016, 2000, 2, 29), (20_454, 2026, 1, 1)]
        {
            assert_eq!(Date::of(number), Date { year, month, day: of_month });
            assert_eq!(day(year, month, of_month), number);
        }
    }

    #[test]
    fn easter() {
        for (year, month, of_month) in [
            (1961, 4, 2),
            (2000, 4, 23),
            (2008, 3, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(Date::of(easter_sunday(year)), Date { year, month, day: of_month });
        }
    }

    #[test]
    fn the_free_days_of_2026() {
        let first = day(2026, 1, 1);
        let free: Vec<(i64, i64)> = (first..day(2027, 1, 1))
            .filter(|day| weekday(*day) < SATURDAY && !is_business_day(*day))
            .map(|day| Date::of(day).month_day())
            .collect();
        // 1 February is a Sunday, 4 July, 15 August and 26 December are Saturdays.
        let expected = [
            (1, 1),
            (1, 2),
            (2, 2),
            (4, 3),
            (4, 6),
            (4, 7),
            (5, 1),
            (7, 1),
            (7, 6),
            (8, 7),
            (8, 17),
            (12, 25),
            (12, 28),
        ];
        assert_eq!(free, expected);
    }

    #[test]
    fn what_a_weekend_takes_the_monday_gives_back_but_for_7_april() {
        // Christmas and the day after it on Saturday and Sunday: one Monday.
        assert!(!is_business_day(day(2027, 12, 27)) && is_business_day(day(2027, 12, 28)));
        // Christmas on a Sunday: the Monday is a holiday anyway.
        assert!(!is_business_day(day(2022, 12, 26)) && is_business_day(day(2022, 12, 27)));
        // 7 April 2024 was a Sunday.
        assert!(is_business_day(day(2024, 4, 8)));
        // Eid al-Fitr 2025, a Sunday.
        assert!(!is_business_day(day(2025, 3, 31)) && is_business_day(day(2025, 4, 1)));
    }

    proptest! {
        #[test]
        fn an_instant_lies_in_exactly_one_day(us in -4_000_000_000_000_000i64..8_000_000_000_000_000) {
            let at = Timestamp::from_micros(us);
            let day = kigali_day(at);
            prop_assert!(start_of(day) <= at && at < start_of(day + 1));
        }

        #[test]
        fn dates_go_both_ways(number in -700_000i64..3_000_000) {
            prop_assert_eq!(Date::of(number).days(), number);
        }

        #[test]
        fn easter_is_a_sunday_of_march_or_april(year in 1600i64..3000) {
            let sunday = easter_sunday(year);
            prop_assert_eq!(weekday(sunday), 6);
            prop_assert!(day(year, 3, 22) <= sunday && sunday <= day(year, 4, 25));
        }
    }
}
