//! Partial dates and times: [date, dateTime, instant, time].
//!
//! A FHIR date is the range of its precision; its bounds are microseconds since 1970-01-01T00:00Z.
//! A date-time without a zone (only possible without a time) is read as UTC.
//!
//! [date, dateTime, instant, time]: https://hl7.org/fhir/R4/datatypes.html#dateTime

use std::fmt;

/// How exact a date-time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2015`
    Year,
    /// `2015-02`
    Month,
    /// `2015-02-07`
    Day,
    /// `T13`: in FHIRPath and, by leniency, in searches.
    Hour,
    /// `T13:28`: in FHIRPath and searches.
    Minute,
    /// `T13:28:17`
    Second,
    /// `T13:28:17.239`
    Fraction,
}

/// A clock time with its precision ([`Precision::Hour`] or finer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60: a leap second is legal.
    pub second: u8,
    /// Fraction of the second in nanoseconds; further digits are cut.
    pub nanosecond: u32,
    /// Digits of the fraction that were written.
    pub fraction_digits: u8,
    /// How far the parts were given.
    pub precision: Precision,
}

/// A date, dateTime or instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12; 1 when not given.
    pub month: u8,
    /// 1 to 31; 1 when not given.
    pub day: u8,
    /// The time, if one was given.
    pub time: Option<TimeOfDay>,
    /// Minutes east of UTC; `None` when no zone was given.
    pub offset_min: Option<i16>,
    /// How far the parts were given.
    pub precision: Precision,
}

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;

impl TimeOfDay {
    /// Reads `hh[:mm[:ss[.f…]]]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut time = TimeOfDay {
            hour: two(text, 0)?,
            minute: 0,
            second: 0,
            nanosecond: 0,
            fraction_digits: 0,
            precision: Precision::Hour,
        };
        if text.len() > 2 {
            time.minute = part(text, 2, ':')?;
            time.precision = Precision::Minute;
        }
        if text.len() > 5 {
            time.second = part(text, 5, ':')?;
            time.precision = Precision::Second;
        }
        if text.len() > 8 {
            let digits = text.get(8..)?.strip_prefix('.')?;
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            time.nanosecond = nanoseconds(digits);
            time.fraction_digits = u8::try_from(digits.len()).unwrap_or(u8::MAX);
            time.precision = Precision::Fraction;
        }
        let is_clock = time.hour < 24 && time.minute < 60 && time.second <= 60;
        is_clock.then_some(time)
    }

    /// Microseconds since midnight of the first and the last instant of the time's precision.
    #[must_use]
    pub fn range_us(&self) -> (i64, i64) {
        let low = (i64::from(self.hour) * 3600 + i64::from(self.minute) * 60) * SECOND_US
            + i64::from(self.second) * SECOND_US
            + i64::from(self.nanosecond) / 1000;
        let span = match self.precision {
            Precision::Hour => 3600 * SECOND_US,
            Precision::Minute => 60 * SECOND_US,
            Precision::Second => SECOND_US,
            _ => 10_i64.pow(6_u32.saturating_sub(u32::from(self.fraction_digits))),
        };
        (low, low + span - 1)
    }
}

impl DateTime {
    /// Reads `YYYY[-MM[-DD[Thh[:mm[:ss[.f…]]][zone]]]]`, `zone` being `Z` or `±hh:mm`.
    ///
    /// More lenient than a FHIR dateTime (hours and minutes alone, zone optional), as searches and
    /// FHIRPath are; the grammar of stored values is checked by validation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.find('T') {
            Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
            None => (text, None),
        };
        let mut parsed = Self::parse_date(date)?;
        if let Some(time) = time {
            if parsed.precision != Precision::Day {
                return None;
            }
            let (clock, zone) = split_zone(time)?;
            let clock = TimeOfDay::parse(clock)?;
            parsed.precision = clock.precision;
            parsed.time = Some(clock);
            parsed.offset_min = zone;
        }
        Some(parsed)
    }

    fn parse_date(text: &str) -> Option<Self> {
        let year = text.get(..4)?;
        if !year.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut date = DateTime {
            year: year.parse().ok()?,
            month: 1,
            day: 1,
            time: None,
            offset_min: None,
            precision: Precision::Year,
        };
        if text.len() > 4 {
            date.month = part(text, 4, '-')?;
            date.precision = Precision::Month;
        }
        if text.len() > 7 {
            date.day = part(text, 7, '-')?;
            date.precision = Precision::Day;
        }
        let is_whole = matches!(text.len(), 4 | 7 | 10);
        let is_calendar = date.year >= 1
            && (1..=12).contains(&date.month)
            && (1..=days_in_month(date.year, date.month)).contains(&date.day);
        (is_whole && is_calendar).then_some(date)
    }

    /// First and last microsecond of what the text covers, since 1970-01-01T00:00Z.
    #[must_use]
    pub fn range_us(&self) -> (i64, i64) {
        let midnight = days_from_civil(self.year, self.month, self.day) * DAY_US;
        let (low, high) = match &self.time {
            Some(time) => {
                let (low, high) = time.range_us();
                (midnight + low, midnight + high)
            }
            None => (midnight, self.end_of_date_us()),
        };
        let shift = i64::from(self.offset_min.unwrap_or(0)) * 60 * SECOND_US;
        (low - shift, high - shift)
    }

    fn end_of_date_us(&self) -> i64 {
        let (year, month, day) = match self.precision {
            Precision::Year => (self.year, 12, 31),
            Precision::Month => (self.year, self.month, days_in_month(self.year, self.month)),
            _ => (self.year, self.month, self.day),
        };
        (days_from_civil(year, month, day) + 1) * DAY_US - 1
    }

    /// The instant `us` microseconds after 1970-01-01T00:00Z, in UTC, to the millisecond: the form
    /// of `meta.lastUpdated`.
    #[must_use]
    pub fn instant_text(us: i64) -> String {
        let days = us.div_euclid(DAY_US);
        let rest = us.rem_euclid(DAY_US) / 1000;
        let (year, month, day) = civil_from_days(days);
        let (seconds, milliseconds) = (rest / 1000, rest % 1000);
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{milliseconds:03}Z",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

impl fmt::Display for DateTime {
    /// The date part and, where there is one, the time as it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.precision >= Precision::Month {
            write!(f, "-{:02}", self.month)?;
        }
        if self.precision >= Precision::Day {
            write!(f, "-{:02}", self.day)?;
        }
        let Some(time) = &self.time else { return Ok(()) };
        write!(f, "T{time}")?;
        match self.offset_min {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.hour)?;
        if self.precision >= Precision::Minute {
            write!(f, ":{:02}", self.minute)?;
        }
        if self.precision >= Precision::Second {
            write!(f, ":{:02}", self.second)?;
        }
        if self.precision == Precision::Fraction {
            let digits = format!("{:09}", self.nanosecond);
            let shown = usize::from(self.fraction_digits).min(9);
            write!(f, ".{}", &digits[..shown])?;
        }
        Ok(())
    }
}

/// Splits `time` into clock and zone (minutes east of UTC).
fn split_zone(time: &str) -> Option<(&str, Option<i16>)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, None)) };
    let zone = time.get(at + 1..)?;
    let hours = i16::from(two(zone, 0)?);
    let minutes = i16::from(part(zone, 2, ':')?);
    // 14:00 is the largest offset in use and in the grammar of FHIR.
    if zone.len() != 5 || minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let sign = if time.as_bytes()[at] == b'-' { -1 } else { 1 };
    Some((&time[..at], Some(sign * (hours * 60 + minutes))))
}

fn part(text: &str, at: usize, separator: char) -> Option<u8> {
    text.get(at..)?.strip_prefix(separator)?;
    two(text, at + 1)
}

fn two(text: &str, at: usize) -> Option<u8> {
    let digits = text.get(at..at + 2)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn nanoseconds(digits: &str) -> u32 {
    digits
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(9)
        .fold(0, |n, d| n * 10 + u32::from(d - b'0'))
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month, 28 to 31.
#[must_use]
pub fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar.
#[must_use]
pub fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    // Years begin in March here, so that the leap day is the last of its year.
    let shifted = i64::from(year) - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
#[must_use]
pub fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    // The callers' days lie within the years 1 to 9999, so the parts fit.
    (year as i32, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::{DateTime, civil_from_days, days_from_civil};

    #[track_caller]
    fn covers(text: &str, low: &str, high: &str) {
        let bounds = DateTime::parse(text).expect("a date").range_us();
        let low = DateTime::parse(low).expect("a date").range_us().0;
        let high = DateTime::parse(high).expect("a date").range_us().1;
        assert_eq!(bounds, (low, high), "{text}");
    }

    #[test]
    fn a_date_is_the_range_of_its_precision() {
        covers("2015", "2015-01-01T00:00:00.000000Z", "2015-12-31T23:59:59.999999Z");
        covers("2016-02", "2016-02-01", "2016-02-29");
        covers("2015-02-07T13:28Z", "2015-02-07T13:28:00.000000Z", "2015-02-07T13:28:59.999999Z");
        covers(
            "2015-02-07T13:28:17.5-05:00",
            "2015-02-07T18:28:17.500000Z",
            "2015-02-07T18:28:17.599999Z",
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "15",
            "2015-13",
            "2015-02-29",
            "2015-2-1",
            "2015T10:00",
            "2015-01-01T24:00",
            "2015-01-01T10:00:00+15:00",
            "2015-01-01T10:00:00.Z",
            "2015-01-0１",
            "0000",
        ] {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_and_civil_dates_are_each_others_inverse() {
        for days in (-719_162..2_932_896).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(DateTime::instant_text(1_423_333_697_239_000), "2015-02-07T18:28:17.239Z");
    }
}
