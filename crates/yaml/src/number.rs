//! Numbers as Go writes them.

use std::fmt::{LowerExp, Write};
use std::str::FromStr;

/// The shortest digits that read back to a float, the nearest to it of those.
struct Decimal {
    negative: bool,
    digits: String,
    /// Of ten, for the first digit.
    exponent: i32,
}

/// A float as `encoding/json` writes it: shortest digits, an exponent below 1e-6 and from 1e21.
pub(crate) fn write_json_float(out: &mut String, value: f64) {
    let decimal = Decimal::new(value);
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        decimal.write_plain(out);
    } else {
        decimal.write_scientific(out, 1);
    }
}

/// A float as a JSON key: `strconv.FormatFloat(value, 'g', -1, 32)`, as sigs.k8s.io/yaml does it.
pub(crate) fn float_key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let decimal = Decimal::new(value);
    let mut key = String::new();
    if (-4..6).contains(&decimal.exponent) {
        decimal.write_plain(&mut key);
    } else {
        decimal.write_scientific(&mut key, 2);
    }
    key
}

impl Decimal {
    fn new<F: Copy + LowerExp + FromStr + PartialEq>(value: F) -> Self {
        let shortest = format!("{value:e}");
        let digits = |written: &str| -> String {
            written
                .split('e')
                .next()
                .unwrap_or(written)
                .chars()
                .filter(char::is_ascii_digit)
                .collect()
        };
        let precision = digits(&shortest).len() - 1;
        // Where two are equally near, Rust takes the greater and Go the even one; with a given
        // number of digits Rust takes the even one too.
        let even = format!("{value:.precision$e}");
        let same = even.parse::<F>().is_ok_and(|read| read == value);
        let written = if same { even } else { shortest };
        let exponent = written.split('e').nth(1).and_then(|exponent| exponent.parse().ok());
        Self {
            negative: written.starts_with('-'),
            digits: digits(&written),
            exponent: exponent.unwrap_or(0),
        }
    }

    /// `-12.5`, `0.001`, `1000`
    fn write_plain(&self, out: &mut String) {
        self.write_sign(out);
        let zeros = |count: usize| std::iter::repeat_n('0', count);
        let Ok(exponent) = usize::try_from(self.exponent) else {
            out.push_str("0.");
            out.extend(zeros(self.exponent.unsigned_abs() as usize - 1));
            out.push_str(&self.digits);
            return;
        };
        match self.digits.split_at_checked(exponent + 1) {
            Some((whole, "")) => out.push_str(whole),
            Some((whole, fraction)) => out.extend([whole, ".", fraction]),
            None => {
                out.push_str(&self.digits);
                out.extend(zeros(exponent + 1 - self.digits.len()));
            }
        }
    }

    /// `1.5e+21`, the exponent with at least `least` digits.
    fn write_scientific(&self, out: &mut String, least: usize) {
        self.write_sign(out);
        let (first, rest) = self.digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.extend([".", rest]);
        }
        let sign = if self.exponent < 0 { '-' } else { '+' };
        _ = write!(out, "e{sign}{:0least$}", self.exponent.unsigned_abs());
    }

    fn write_sign(&self, out: &mut String) {
        if self.negative {
            out.push('-');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_floats() {
        let check = |value: f64, expected: &str| {
            let mut out = String::new();
            write_json_float(&mut out, value);
            assert_eq!(out, expected);
        };
        check(0.0, "0");
        check(-0.0, "-0");
        check(1000.0, "1000");
        check(0.1, "0.1");
        check(1e-6, "0.000001");
        check(1e-7, "1e-7");
        check(-1.5e-9, "-1.5e-9");
        check(1e20, "100000000000000000000");
        check(1e21, "1e+21");
        check(f64::MAX, "1.7976931348623157e+308");
        check(5e-324, "5e-324");
        // Halfway between …62 and …63.
        check(184_467_440_737_551.62, "184467440737551.62");
        check(-123.25, "-123.25");
        check(9_007_199_254_740_993.0, "9007199254740992");
    }

    #[test]
    fn float_keys() {
        let check = |value: f64, expected: &str| assert_eq!(float_key(value), expected);
        check(1.5, "1.5");
        check(0.1, "0.1");
        check(2.123_456_789_012, "2.1234567");
        check(1e5, "100000");
        check(1e6, "1e+06");
        check(1_234_567.5, "1.2345675e+06");
        check(1e20, "1e+20");
        check(1e-4, "0.0001");
        check(1e-5, "1e-05");
        check(1e300, ".inf");
        check(f64::NEG_INFINITY, "-.inf");
        check(f64::NAN, ".nan");
        check(-0.0, "-0");
    }
}
