//! Numbers as Go writes them.

use std::fmt::Write;

/// A float as `encoding/json` writes it: shortest digits, an exponent below 1e-6 and from 1e21.
pub(crate) fn write_json_float(out: &mut String, value: f64) {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let digits = format!("{value:e}");
        match digits.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => {
                _ = write!(out, "{mantissa}e+{exponent}");
            }
            _ => out.push_str(&digits),
        }
    } else {
        _ = write!(out, "{value}");
    }
}

/// A float as a JSON key: `strconv.FormatFloat(value, 'g', -1, 32)`, as sigs.k8s.io/yaml does it.
pub(crate) fn float_key(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "upstream formats with 32 bits")]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        format!("{value}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
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
