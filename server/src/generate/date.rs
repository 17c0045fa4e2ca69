//! Calendar days of the proleptic Gregorian calendar, enough to lay out a life.
//!
//! The lexical form is that of the FHIR [date] with day: `2026-03-31`.
//!
//! [date]: https://hl7.org/fhir/R4/datatypes.html#date

use std::fmt;
use std::str::FromStr;

/// A day, kept as the count of days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    days: i32,
}

const DAYS_IN_ERA: i32 = 146_097;
const DAYS_TO_1970: i32 = 719_468;

impl Date {
    /// The day that a calendar names; a day of the month beyond its end becomes its last day.
    pub(crate) fn new(year: i32, month: i32, day: i32) -> Self {
        let day = day.min(month_length(year, month));
        // Years begin in March here, so that the leap day is the last of its year.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self { days: era * DAYS_IN_ERA + day_of_era - DAYS_TO_1970 }
    }

    /// Year, month and day.
    pub(crate) fn parts(self) -> (i32, i32, i32) {
        let shifted = self.days + DAYS_TO_1970;
        let era = shifted.div_euclid(DAYS_IN_ERA);
        let day = shifted.rem_euclid(DAYS_IN_ERA);
        let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day + 2) / 153;
        let day_of_month = day - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year_of_era;
        if month < 10 {
            (year, month + 3, day_of_month)
        } else {
            (year + 1, month - 9, day_of_month)
        }
    }

    pub(crate) fn year(self) -> i32 {
        self.parts().0
    }

    pub(crate) fn plus_days(self, days: i32) -> Self {
        Self { days: self.days + days }
    }

    pub(crate) fn plus_months(self, months: i32) -> Self {
        let (year, month, day) = self.parts();
        let count = year * 12 + month - 1 + months;
        Self::new(count.div_euclid(12), count.rem_euclid(12) + 1, day)
    }

    pub(crate) fn plus_years(self, years: i32) -> Self {
        self.plus_months(years * 12)
    }

    pub(crate) fn days_since(self, earlier: Self) -> i32 {
        self.days - earlier.days
    }

    /// Completed years since `birth`.
    pub(crate) fn age(self, birth: Self) -> i32 {
        let (year, month, day) = self.parts();
        let (birth_year, birth_month, birth_day) = birth.parts();
        year - birth_year - i32::from((month, day) < (birth_month, birth_day))
    }

    /// Years since `birth` with their fraction.
    pub(crate) fn years_since(self, birth: Self) -> f64 {
        f64::from(self.days - birth.days) / 365.25
    }

    /// The nearest day on which an office is open: the Friday before a weekend's Saturday and
    /// Sunday, so that it never falls after the day that was meant.
    pub(crate) fn working_day(self) -> Self {
        // 1970-01-01 was a Thursday.
        match (self.days + 3).rem_euclid(7) {
            5 => self.plus_days(-1),
            6 => self.plus_days(-2),
            _ => self,
        }
    }
}

fn month_length(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no day: write it as yyyy-mm-dd, for instance 2026-03-31");
        let numbers: Vec<i32> =
            text.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let [year, month, day] = numbers[..] else { return Err(wrong()) };
        let fits = (1900..=2199).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day);
        if fits { Ok(Self::new(year, month, day)) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[track_caller]
    fn check(day: Date, expected: &str) {
        assert_eq!(day.to_string(), expected);
        assert_eq!(expected.parse::<Date>().expect("a day"), day);
    }

    #[test]
    fn days_and_calendars_agree() {
        check(Date::new(1970, 1, 1), "1970-01-01");
        check(Date::new(2024, 2, 28).plus_days(1), "2024-02-29");
        check(Date::new(2023, 2, 28).plus_days(1), "2023-03-01");
        check(Date::new(2024, 1, 31).plus_months(1), "2024-02-29");
        check(Date::new(2024, 2, 29).plus_years(-1), "2023-02-28");
        check(Date::new(1938, 11, 5).plus_months(-11), "1937-12-05");
    }

    #[test]
    fn a_birthday_completes_a_year() {
        let birth = Date::new(1980, 6, 15);
        assert_eq!(Date::new(2020, 6, 14).age(birth), 39);
        assert_eq!(Date::new(2020, 6, 15).age(birth), 40);
    }

    #[test]
    fn a_working_day_is_never_later_and_never_a_weekend() {
        check(Date::new(2026, 1, 3).working_day(), "2026-01-02");
        check(Date::new(2026, 1, 4).working_day(), "2026-01-02");
        check(Date::new(2026, 1, 5).working_day(), "2026-01-05");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["2026-02-30", "2026-13-01", "2026", "today", "26-1-1"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
