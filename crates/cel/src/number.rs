//! Numbers: checked arithmetic's texts and how Go prints and reads them.

use crate::error::Error;

/// A double as Go's `%g` prints it: the fewest digits that read back as the same.
pub(crate) fn shortest(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let text = format!("{double:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // `%g` takes the form with an exponent from 6 on when it chooses the digits itself.
    if (-4..6).contains(&exponent) {
        return format!("{double}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Doubles that are integers after their fraction is cut, strictly inside of the range.
pub(crate) fn double_to_int(double: f64) -> Result<i64, Error> {
    let in_range = double > -9_223_372_036_854_775_808.0 && double < 9_223_372_036_854_775_807.0;
    if in_range { Ok(double as i64) } else { Err(Error::new("integer overflow")) }
}

pub(crate) fn double_to_uint(double: f64) -> Result<u64, Error> {
    let in_range = (0.0..18_446_744_073_709_551_615.0).contains(&double);
    if in_range { Ok(double as u64) } else { Err(Error::new("unsigned integer overflow")) }
}

/// Reads an integer as `strconv.ParseInt` does in base 10: a sign, digits.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// As `strconv.ParseUint`: no sign.
pub(crate) fn parse_uint(text: &str) -> Option<u64> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// As `strconv.ParseFloat`: what overflows is refused, underscores are.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text).to_ascii_lowercase();
    if matches!(&*bare, "inf" | "infinity") {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if bare == "nan" {
        return (bare.len() == text.len()).then_some(f64::NAN);
    }
    let double: f64 = text.parse().ok()?;
    double.is_finite().then_some(double)
}
