//! Days. Advisories are dated to the second, but what hangs on a date (grace, age) is counted in
//! days.

use std::fmt;

/// A day, counted from 1970-01-01; years 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(u32);

/// 9999-12-31.
const LAST: u32 = 2_932_896;

impl Date {
    /// Reads the day of `2021-07-16` or `2021-07-16T01:31:33Z`; none for what is no date, and for
    /// days before 1970, which stand for "not known" (the Go database writes 0001-01-01).
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
        let days = (date - jiff::civil::date(1970, 1, 1)).get_days();
        u32::try_from(days).ok().and_then(Self::of_days)
    }

    /// The day so many days after 1970-01-01.
    pub fn of_days(days: u32) -> Option<Self> {
        (days <= LAST).then_some(Self(days))
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> u32 {
        self.0
    }
}

/// `2021-07-16`.
impl fmt::Display for Date {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = jiff::Span::new().days(i64::from(self.0));
        match jiff::civil::date(1970, 1, 1).checked_add(span) {
            Ok(date) => date.fmt(to),
            Err(_) => Err(fmt::Error),
        }
    }
}
