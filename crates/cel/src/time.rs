//! Moments and lengths of time, as Go's `time` reads and prints them.

use std::cmp::Ordering;
use std::fmt;

use jiff::tz::TimeZone;

use crate::error::Error;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds since 1970 (`minUnixTime` and
/// `maxUnixTime` of cel-go's common/types/timestamp.go).
const SECONDS_MIN: i64 = -62_135_596_800;
const SECONDS_MAX: i64 = 253_402_300_799;
const NANOSECONDS: i64 = 1_000_000_000;

/// A moment, from year 1 to 9999. It remembers the offset it was written with, which only its
/// text shows.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    seconds: i64,
    nanoseconds: u32,
    offset: i32,
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }
}

/// What a calendar and a clock show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) day_of_year: i64,
    /// From Sunday, which is 0.
    pub(crate) weekday: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) nanosecond: i64,
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub(crate) i64);

impl Time {
    /// A moment in seconds since 1970.
    pub(crate) fn from_seconds(seconds: i64) -> Result<Self, Error> {
        Self::new(seconds, 0, 0)
    }

    fn new(seconds: i64, nanoseconds: u32, offset: i32) -> Result<Self, Error> {
        if (SECONDS_MIN..=SECONDS_MAX).contains(&seconds) {
            return Ok(Self { seconds, nanoseconds, offset });
        }
        Err(Error::new("timestamp overflow"))
    }

    pub(crate) fn seconds(self) -> i64 {
        self.seconds
    }

    /// Reads RFC 3339; None for another form.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, Error>> {
        let bytes = text.as_bytes();
        let number = |from: usize, length: usize| -> Option<i64> {
            let digits = text.get(from..from + length)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(mark)) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
        let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
        let mut rest = text.get(19..)?;
        let mut nanoseconds = 0;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return None;
            }
            let digits: String =
                fraction.chars().take(length.min(9)).chain("000000000".chars()).take(9).collect();
            nanoseconds = digits.parse().ok()?;
            rest = fraction.get(length..)?;
        }
        let offset = offset_of(rest)?;
        let is_date = (1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day);
        if !is_date || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_before(year, month) + day - 1;
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
        Some(Self::new(seconds, nanoseconds, offset as i32))
    }

    pub(crate) fn plus(self, span: Span) -> Result<Self, Error> {
        let total = i128::from(self.seconds) * i128::from(NANOSECONDS)
            + i128::from(self.nanoseconds)
            + i128::from(span.0);
        let seconds = total.div_euclid(i128::from(NANOSECONDS)) as i64;
        Self::new(seconds, total.rem_euclid(i128::from(NANOSECONDS)) as u32, self.offset)
    }

    pub(crate) fn minus(self, other: Self) -> Result<Span, Error> {
        let difference = i128::from(self.seconds - other.seconds) * i128::from(NANOSECONDS)
            + i128::from(self.nanoseconds)
            - i128::from(other.nanoseconds);
        i64::try_from(difference).map(Span).map_err(|_| Error::new("integer overflow"))
    }

    /// What a calendar and a clock at `zone` (a name or `+01:00`) show.
    pub(crate) fn at(self, zone: &str) -> Result<Civil, Error> {
        if zone.is_empty() || zone == "UTC" {
            return Ok(self.shifted(0));
        }
        if zone.contains(':') {
            return fixed(zone).map(|offset| self.shifted(offset));
        }
        let unknown = || Error::new(format!("unknown time zone {zone}"));
        let zone = TimeZone::get(zone).map_err(|_| unknown())?;
        let stamp = jiff::Timestamp::new(self.seconds, self.nanoseconds as i32);
        let stamp = stamp.map_err(|_| Error::new("timestamp overflow"))?;
        Ok(self.shifted(i64::from(zone.to_offset(stamp).seconds())))
    }

    fn shifted(self, offset: i64) -> Civil {
        let seconds = self.seconds + offset;
        let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // The year whose first day is the last one not after the day: nearly right at once.
        let mut year = 1970 + days.div_euclid(366);
        while days_before(year, 1) > days {
            year -= 1;
        }
        while days_before(year + 1, 1) <= days {
            year += 1;
        }
        let day_of_year = days - days_before(year, 1);
        let (mut month, mut day) = (1, day_of_year);
        while day >= month_length(year, month) {
            day -= month_length(year, month);
            month += 1;
        }
        Civil {
            year,
            month,
            day: day + 1,
            day_of_year,
            weekday: (days + 4).rem_euclid(7),
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
            nanosecond: i64::from(self.nanoseconds),
        }
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to the first of a month, in the Gregorian calendar throughout.
fn days_before(year: i64, month: i64) -> i64 {
    let past = year - 1;
    let years = past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400);
    let months: i64 = (1..month).map(|month| month_length(year, month)).sum();
    years + months - 719_162
}

/// An offset like `-08:00` in seconds.
fn fixed(zone: &str) -> Result<i64, Error> {
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "0"));
    let invalid =
        |part: &str| Error::new(format!("strconv.Atoi: parsing \"{part}\": invalid syntax"));
    let is_negative = hours.starts_with('-');
    let hours: i32 = hours.parse().map_err(|_| invalid(hours))?;
    let minutes: i32 = minutes.parse().map_err(|_| invalid(minutes))?;
    if !(0..60).contains(&minutes) {
        return Err(Error::new(format!("timezone offset minutes out of range [0, 59]: {zone}")));
    }
    if hours.abs() > 24 {
        return Err(Error::new(format!("timezone offset hours out of range: {zone}")));
    }
    let minutes = if is_negative { -minutes } else { minutes };
    Ok(i64::from(hours) * 3600 + i64::from(minutes) * 60)
}

/// `Z`, `+hh:mm` or `-hh:mm` in seconds.
fn offset_of(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let bytes = text.as_bytes();
    let [sign, h1, h2, b':', m1, m2] = bytes else { return None };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let hours = digit(*h1)? * 10 + digit(*h2)?;
    let minutes = digit(*m1)? * 10 + digit(*m2)?;
    if hours > 24 || minutes > 59 {
        return None;
    }
    match sign {
        b'+' => Some(hours * 3600 + minutes * 60),
        b'-' => Some(-hours * 3600 - minutes * 60),
        _ => None,
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.shifted(i64::from(self.offset));
        write!(formatter, "{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)?;
        write!(formatter, "T{:02}:{:02}:{:02}", civil.hour, civil.minute, civil.second)?;
        if self.nanoseconds > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        write!(formatter, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Span {
    /// Reads what `time.ParseDuration` reads: `1h30m`, `-1.5s`, `0`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_negative = text.starts_with('-');
        let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = span_part(rest)?;
            total = total.checked_add(part)?;
            rest = after;
            if total > 1 << 63 {
                return None;
            }
        }
        if is_negative {
            return Some(Self((-i128::from(total)) as i64));
        }
        i64::try_from(total).ok().map(Self)
    }

    #[expect(clippy::cast_precision_loss, reason = "as Go's Duration.Seconds")]
    fn as_seconds(self) -> f64 {
        let whole = self.0 / NANOSECONDS;
        let rest = self.0 % NANOSECONDS;
        whole as f64 + rest as f64 / 1e9
    }
}

/// One number with its unit, in nanoseconds, and what follows.
#[expect(clippy::cast_precision_loss, reason = "Go computes the fraction as a double too")]
fn span_part(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, mut rest) = text.split_at_checked(digits)?;
    let mut value: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        (fraction, rest) = after.split_at_checked(length)?;
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let length = rest.bytes().take_while(|byte| *byte != b'.' && !byte.is_ascii_digit()).count();
    let (unit, rest) = rest.split_at_checked(length)?;
    let unit: u64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    value = value.checked_mul(unit)?;
    let (mut part, mut scale): (u64, f64) = (0, 1.0);
    for digit in fraction.bytes() {
        let Some(next) = part.checked_mul(10).filter(|next| *next < 1 << 62) else { break };
        part = next + u64::from(digit - b'0');
        scale *= 10.0;
    }
    if part > 0 {
        value = value.checked_add((part as f64 * (unit as f64 / scale)) as u64)?;
    }
    (value <= 1 << 63).then_some((value, rest))
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}s", self.as_seconds())
    }
}
