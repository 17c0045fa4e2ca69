//! HTTP dates: [IMF-fixdate], to the second.
//!
//! [IMF-fixdate]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7

use fhir::primitive::{civil_from_days, days_from_civil, days_in_month};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// 1970-01-01 was a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

const SECONDS_A_DAY: i64 = 86_400;

/// `Sun, 06 Nov 1994 08:49:37 GMT`, of microseconds since 1970.
pub(crate) fn format(us: i64) -> String {
    let seconds = us.div_euclid(1_000_000);
    let (days, rest) = (seconds.div_euclid(SECONDS_A_DAY), seconds.rem_euclid(SECONDS_A_DAY));
    let (year, month, day) = civil_from_days(days);
    let weekday = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
    let month = MONTHS[usize::from(month).saturating_sub(1) % 12];
    format!(
        "{}, {day:02} {month} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[weekday],
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Microseconds since 1970; `None` for what is no IMF-fixdate.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut words = rest.split(' ');
    let day: u8 = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = u8::try_from(MONTHS.iter().position(|month| *month == name)? + 1).ok()?;
    let year: i32 = words.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let is_date = (1..=9999).contains(&year) && (1..=days_in_month(year, month)).contains(&day);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..61).contains(&second);
    if !is_date || !is_time || words.next() != Some("GMT") || words.next().is_some() {
        return None;
    }
    let days = days_from_civil(year, month, day);
    Some((days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{format, parse};

    #[test]
    fn a_date_is_written_and_read_as_the_rfc_says() {
        let us = 784_111_777_000_000;
        assert_eq!(format(us), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(us));
        assert_eq!(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "yesterday", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49 GMT"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
