//! `quantity()` (k8s.io/apimachinery/pkg/api/resource/quantity.go).

use std::cmp::Ordering;

use crate::error::Error;

/// Digits of a number that is kept as an integer with a scale (`maxInt64Factors`).
const SMALL_DIGITS: i32 = 18;
/// The largest quantity with a binary suffix, in units: `maxAllowed`.
const BINARY_MAX: i128 = i64::MAX as i128;
const NANOS: i128 = 1_000_000_000;

/// An amount.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// In billionths.
    pub(crate) nanos: i128,
    /// Upstream's fast form, which also decides what is an integer: the value and its power of
    /// ten.
    small: Option<(i64, i32)>,
}

enum Suffix {
    Decimal(i32),
    Binary(u32),
}

impl Quantity {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::new(
                "quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            )
        };
        if text.is_empty() {
            return Err(wrong());
        }
        let is_negative = text.starts_with('-');
        let bare = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start_matches('0');
        let (whole, rest) = digits(bare);
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(rest) => digits(rest),
            None => ("", rest),
        };
        let letters = rest.trim_start_matches(|char| "eEinumkKMGTP".contains(char));
        let exponent = letters.strip_prefix(['-', '+']).unwrap_or(letters);
        if !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let suffix = suffix(rest).ok_or_else(|| Error::new("unable to parse quantity's suffix"))?;
        let whole = if whole.is_empty() { "0" } else { whole };
        let parsed = Self::assemble(whole, fraction, &suffix)
            .ok_or_else(|| Error::new("a quantity larger than 10^29 is not supported"))?;
        Ok(if is_negative { parsed.negated() } else { parsed })
    }

    fn assemble(whole: &str, fraction: &str, suffix: &Suffix) -> Option<Self> {
        let length = (whole.len() + fraction.len()) as i32;
        let (precision, scale, mantissa) = match suffix {
            Suffix::Decimal(exponent) => (SMALL_DIGITS - length, *exponent, 1_i64),
            Suffix::Binary(exponent) if fraction.is_empty() => {
                let used = (*exponent as i32 * 3) / 10;
                (15 - whole.len() as i32 - used - 1, 0, 1_i64.checked_shl(*exponent)?)
            }
            Suffix::Binary(_) => (-1, 0, 1),
        };
        let scale = scale.checked_sub(fraction.len() as i32)?;
        let small = (precision >= 0 && scale >= -9)
            .then(|| format!("{whole}{fraction}").parse::<i64>().ok()?.checked_mul(mantissa))
            .flatten()
            .map(|value| (value, scale));
        let nanos = nanos(whole, fraction, suffix)?;
        Some(Self { nanos, small })
    }

    fn negated(self) -> Self {
        let small = self.small.map(|(value, scale)| (-value, scale));
        Self { nanos: -self.nanos, small }
    }

    pub(crate) fn from_int(int: i64) -> Self {
        Self { nanos: i128::from(int) * NANOS, small: Some((int, 0)) }
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }

    pub(crate) fn as_integer(&self) -> Option<i64> {
        let (value, scale) = self.small?;
        scaled(value, u32::try_from(scale).ok()?)
    }

    #[expect(clippy::cast_precision_loss, reason = "it is named approximate upstream")]
    pub(crate) fn as_double(&self) -> f64 {
        match self.small {
            Some((value, 0)) => value as f64,
            Some((value, scale)) => value as f64 * 10_f64.powi(scale),
            None => self.nanos as f64 * 1e-9,
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Result<Self, Error> {
        let overflow = || Error::new("a quantity larger than 10^29 is not supported");
        let nanos = self.nanos.checked_add(other.nanos).ok_or_else(overflow)?;
        let small = self.small.zip(other.small).and_then(|(one, two)| add_small(one, two));
        Ok(Self { nanos, small })
    }

    pub(crate) fn minus(&self, other: &Self) -> Result<Self, Error> {
        self.plus(&other.clone().negated())
    }
}

fn add_small(one: (i64, i32), two: (i64, i32)) -> Option<(i64, i32)> {
    match (one, two) {
        (one, (0, _)) => Some(one),
        ((0, _), two) => Some(two),
        ((a, scale), (b, other)) if scale >= other => {
            Some((scaled(a, (scale - other) as u32)?.checked_add(b)?, other))
        }
        ((a, scale), (b, other)) => {
            Some((scaled(b, (other - scale) as u32)?.checked_add(a)?, scale))
        }
    }
}

fn scaled(value: i64, power: u32) -> Option<i64> {
    value.checked_mul(10_i64.checked_pow(power)?)
}

fn digits(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(length).unwrap_or((text, ""))
}

fn suffix(text: &str) -> Option<Suffix> {
    let decimal = |power| Some(Suffix::Decimal(power));
    let binary = |power| Some(Suffix::Binary(power));
    match text {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => decimal(text.strip_prefix(['e', 'E'])?.parse().ok()?),
    }
}

/// The value in billionths, rounded away from zero.
fn nanos(whole: &str, fraction: &str, suffix: &Suffix) -> Option<i128> {
    let (power, factor) = match suffix {
        Suffix::Decimal(power) => (*power, 1),
        Suffix::Binary(power) => (0, 1_i128 << power),
    };
    let number: i128 =
        format!("{whole}{fraction}").trim_start_matches('0').parse().ok().or_else(|| {
            whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0').then_some(0)
        })?;
    let value = number.checked_mul(factor)?;
    let power = power.checked_sub(fraction.len() as i32)?.checked_add(9)?;
    if value == 0 {
        return Some(0);
    }
    let nanos = match u32::try_from(power) {
        Ok(power) => value.checked_mul(10_i128.checked_pow(power)?)?,
        Err(_) => match 10_i128.checked_pow(power.unsigned_abs()) {
            Some(divisor) => value / divisor + i128::from(value % divisor != 0),
            None => 1,
        },
    };
    Some(match suffix {
        Suffix::Binary(_) => nanos.min(BINARY_MAX * NANOS),
        Suffix::Decimal(_) => nanos,
    })
}
