//! Moments and lengths of time, as Go's `time` reads and prints them.

use std::fmt;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use crate::error::Error;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds since 1970 (`minUnixTime` and
/// `maxUnixTime` of cel-go's common/types/timestamp.go).
const SECONDS_MIN: i64 = -62_135_596_800;
const SECONDS_MAX: i64 = 253_402_300_799;
const NANOSECONDS: i64 = 1_000_000_000;

/// A moment, from year 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    seconds: i64,
    nanoseconds: u32,
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub(crate) i64);

impl Time {
    /// A moment in seconds since 1970.
    pub(crate) fn from_seconds(seconds: i64) -> Result<Self, Error> {
        Self::new(seconds, 0)
    }

    fn new(seconds: i64, nanoseconds: u32) -> Result<Self, Error> {
        if (SECONDS_MIN..=SECONDS_MAX).contains(&seconds) {
            return Ok(Self { seconds, nanoseconds });
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
        let date = civil::Date::new(year as i16, month as i8, day as i8).ok();
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // Year 0 is before the range but readable.
        let date = date?;
        let days = date.since(civil::date(1970, 1, 1)).ok()?.get_days();
        let seconds = i64::from(days) * 86_400 + hour * 3600 + minute * 60 + second - offset;
        Some(Self::new(seconds, nanoseconds))
    }

    pub(crate) fn plus(self, span: Span) -> Result<Self, Error> {
        let total = i128::from(self.seconds) * i128::from(NANOSECONDS)
            + i128::from(self.nanoseconds)
            + i128::from(span.0);
        let seconds = total.div_euclid(i128::from(NANOSECONDS)) as i64;
        Self::new(seconds, total.rem_euclid(i128::from(NANOSECONDS)) as u32)
    }

    pub(crate) fn minus(self, other: Self) -> Result<Span, Error> {
        let difference = i128::from(self.seconds - other.seconds) * i128::from(NANOSECONDS)
            + i128::from(self.nanoseconds)
            - i128::from(other.nanoseconds);
        i64::try_from(difference).map(Span).map_err(|_| Error::new("duration overflow"))
    }

    /// What a calendar and a clock at `zone` (a name or `+01:00`) show.
    pub(crate) fn at(self, zone: &str) -> Result<civil::DateTime, Error> {
        let stamp = jiff::Timestamp::new(self.seconds, self.nanoseconds as i32);
        let stamp = stamp.map_err(|_| Error::new("timestamp overflow"))?;
        if zone.is_empty() || zone == "UTC" {
            return Ok(Offset::UTC.to_datetime(stamp));
        }
        if zone.contains(':') {
            return fixed(zone, stamp);
        }
        let unknown = || Error::new(format!("unknown time zone {zone}"));
        let zone = TimeZone::get(zone).map_err(|_| unknown())?;
        Ok(zone.to_datetime(stamp))
    }
}

fn fixed(zone: &str, stamp: jiff::Timestamp) -> Result<civil::DateTime, Error> {
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "0"));
    let invalid = |part: &str| {
        Error::new(format!("strconv.Atoi: parsing \"{part}\": invalid syntax"))
    };
    let is_negative = hours.starts_with('-');
    let hours: i32 = hours.parse().map_err(|_| invalid(hours))?;
    let minutes: i32 = minutes.parse().map_err(|_| invalid(minutes))?;
    if !(0..60).contains(&minutes) {
        return Err(Error::new(format!("timezone offset minutes out of range [0, 59]: {zone}")));
    }
    let minutes = if is_negative { -minutes } else { minutes };
    let seconds = hours.saturating_mul(3600).saturating_add(minutes * 60);
    let offset = Offset::from_seconds(seconds)
        .map_err(|_| Error::new(format!("timezone offset out of range: {zone}")))?;
    Ok(offset.to_datetime(stamp))
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
        let Ok(civil) = self.at("UTC") else { return Err(fmt::Error) };
        let (date, time) = (civil.date(), civil.time());
        write!(formatter, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())?;
        write!(formatter, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        if self.nanoseconds > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        formatter.write_str("Z")
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
