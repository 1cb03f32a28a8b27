//! From the text of a scalar to its value: the YAML 1.1 rules of go-yaml v2 (`resolve.go`).

use crate::arena::Tag;
use crate::timestamp;

/// The value of a scalar, before asking whether JSON can hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// May be infinite or not a number.
    Float(f64),
    /// The text itself.
    Text,
}

/// The value of a scalar; `None` when it is not what its tag says.
pub(crate) fn resolve(tag: Tag, plain: bool, text: &str) -> Option<Scalar> {
    match tag {
        Tag::None if plain => Some(resolve_plain(text)),
        Tag::None | Tag::NonSpecific | Tag::Str | Tag::Binary | Tag::Merge | Tag::Other => {
            Some(Scalar::Text)
        }
        Tag::Null => (resolve_plain(text) == Scalar::Null).then_some(Scalar::Null),
        Tag::Timestamp => timestamp::is_timestamp(text).then_some(Scalar::Text),
        Tag::Bool => match resolve_plain(text) {
            value @ Scalar::Bool(_) => Some(value),
            _ => None,
        },
        Tag::Int => match resolve_plain(text) {
            value @ (Scalar::Int(_) | Scalar::Uint(_)) => Some(value),
            _ => None,
        },
        Tag::Float => match resolve_plain(text) {
            #[expect(clippy::cast_precision_loss, reason = "upstream converts the same way")]
            Scalar::Int(value) => Some(Scalar::Float(value as f64)),
            value @ Scalar::Float(_) => Some(value),
            _ => None,
        },
    }
}

/// The value of a plain scalar without a tag.
pub(crate) fn resolve_plain(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None | Some(b'~') if text.len() <= 1 => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            resolve_word(text)
        }
        Some(b'0'..=b'9') => resolve_number(text),
        Some(b'+' | b'-') => resolve_special_float(text).unwrap_or_else(|| resolve_number(text)),
        Some(b'.') => resolve_special_float(text).unwrap_or_else(|| resolve_fraction(text)),
        _ => Scalar::Text,
    }
}

/// The words for bools and null.
fn resolve_word(text: &str) -> Scalar {
    // No word is longer than `false`; most keys that get here are.
    if text.len() > 5 {
        return Scalar::Text;
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

fn resolve_special_float(text: &str) -> Option<Scalar> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Scalar::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Some(Scalar::Float(f64::INFINITY))
        }
        "-.inf" | "-.Inf" | "-.INF" => Some(Scalar::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

/// Text that starts with a digit or a sign: an integer in Go's notation with any `_` dropped, a
/// decimal number, or text.
fn resolve_number(text: &str) -> Scalar {
    if !text.contains('_') {
        return resolve_digits(text);
    }
    resolve_digits(&text.replace('_', ""))
}

fn resolve_digits(digits: &str) -> Scalar {
    if let Some(integer) = parse_integer(digits) {
        return integer;
    }
    if let number @ Scalar::Float(_) = resolve_decimal(digits) {
        return number;
    }
    // Upstream reads the digits after `0b` once more with a sign allowed, so `0b-11` is -3.
    digits
        .strip_prefix("0b")
        .and_then(|rest| i64::from_str_radix(rest, 2).ok())
        .map_or(Scalar::Text, Scalar::Int)
}

/// An integer as `strconv.ParseInt(…, 0, 64)` takes it, or `ParseUint` above `i64::MAX`.
fn parse_integer(text: &str) -> Option<Scalar> {
    let (signed, unsigned) = match text.as_bytes().first()? {
        b'-' | b'+' => (true, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    // Rust would take a second sign here.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if text.starts_with('-') {
        return 0i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Int(value)),
        Err(_) => (!signed).then_some(Scalar::Uint(magnitude)),
    }
}

/// Text that starts with a point: a decimal number with `_` only between digits, or text.
fn resolve_fraction(text: &str) -> Scalar {
    if !text.contains('_') {
        return resolve_decimal(text);
    }
    let between_digits = text.split('_').enumerate().all(|(index, piece)| {
        piece.ends_with(|end: char| end.is_ascii_digit())
            && (index == 0 || piece.starts_with(|start: char| start.is_ascii_digit()))
    });
    if between_digits { resolve_decimal(&text.replace('_', "")) } else { Scalar::Text }
}

/// A decimal number; text when it is none or overflows.
fn resolve_decimal(text: &str) -> Scalar {
    if !is_decimal(text.as_bytes()) {
        return Scalar::Text;
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Scalar::Float(value),
        _ => Scalar::Text,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &[u8]) -> bool {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is = |at: usize, set: &[u8]| text.get(at).is_some_and(|byte| set.contains(byte));
    let mut at = usize::from(is(0, b"+-"));
    let whole = digits(at);
    at += whole;
    if is(at, b".") {
        let fraction = digits(at + 1);
        if whole + fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    } else if whole == 0 {
        return false;
    }
    if is(at, b"eE") {
        at += 1 + usize::from(is(at + 1, b"+-"));
        let exponent = digits(at);
        if exponent == 0 {
            return false;
        }
        at += exponent;
    }
    at == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Scalar::{Bool, Float, Int, Null, Text, Uint};

    #[test]
    fn plain_scalars() {
        #[rustfmt::skip]
        let table: &[(&str, Scalar)] = &[
            ("", Null), ("~", Null), ("null", Null), ("Null", Null), ("NULL", Null),
            ("nULL", Text), ("~~", Text),
            ("y", Bool(true)), ("Yes", Bool(true)), ("ON", Bool(true)), ("TRUE", Bool(true)),
            ("n", Bool(false)), ("No", Bool(false)), ("off", Bool(false)), ("False", Bool(false)),
            ("tRUE", Text), ("yEs", Text), ("name", Text), ("=", Text), ("<<", Text), ("é", Text),
            ("0", Int(0)), ("-0", Int(0)), ("+1", Int(1)), ("0777", Int(511)), ("0o777", Int(511)),
            ("0123", Int(83)), ("089", Float(89.0)), ("0x1F", Int(31)), ("0X1f", Int(31)),
            ("-0x1", Int(-1)), ("0b101", Int(5)), ("-0b101", Int(-5)), ("0b-11", Int(-3)),
            ("0b", Text), ("0x", Text), ("0o8", Text), ("1_000", Int(1000)), ("-_1", Int(-1)),
            ("1__0_", Int(10)), ("_1", Text), ("1_a", Text), ("+", Text), ("--1", Text),
            ("0x-1", Text), ("1:20", Text), ("2001-01-01", Text), ("1e3", Float(1000.0)),
            ("1.", Float(1.0)), (".5", Float(0.5)), ("+.5", Float(0.5)), ("0.10", Float(0.1)),
            (".5e2", Float(50.0)), (".1_0", Float(0.1)),
            (".1_", Text), ("._1", Text), (".1__0", Text),
            (".1_e1", Text), (".1e1_0", Float(1e9)),
            (".", Text), (".e1", Text), ("1e", Text), ("1.e1", Float(10.0)),
            ("9223372036854775807", Int(i64::MAX)), ("-9223372036854775808", Int(i64::MIN)),
            ("9223372036854775808", Uint(1 << 63)),
            ("+9223372036854775808", Float(9_223_372_036_854_775_808.0)),
            ("18446744073709551616", Float(1.844_674_407_370_955_2e19)),
            ("123e4567", Text), ("1e1000", Text), (".1e999", Text), ("1e-999", Float(0.0)),
            (".inf", Float(f64::INFINITY)), ("-.INF", Float(f64::NEG_INFINITY)),
            ("+.Inf", Float(f64::INFINITY)), (".iNF", Text), ("inf", Text), ("1.2.3", Text),
            ("0x1p-2", Text), ("١", Text),
        ];
        for (text, expected) in table {
            assert_eq!(resolve_plain(text), *expected, "{text}");
        }
        assert!(matches!(resolve_plain(".NaN"), Float(value) if value.is_nan()));
    }

    #[test]
    fn tagged_scalars() {
        let check = |tag, text, expected| assert_eq!(resolve(tag, false, text), expected, "{text}");
        check(Tag::None, "1", Some(Text));
        check(Tag::Int, "1", Some(Int(1)));
        check(Tag::Int, "1.0", None);
        check(Tag::Int, "", None);
        check(Tag::Float, "1", Some(Float(1.0)));
        check(Tag::Float, "18446744073709551615", None);
        check(Tag::Float, "x", None);
        check(Tag::Bool, "yes", Some(Bool(true)));
        check(Tag::Bool, "1", None);
        check(Tag::Null, "", Some(Null));
        check(Tag::Null, "x", None);
        check(Tag::Str, "1", Some(Text));
        check(Tag::Other, "1", Some(Text));
        check(Tag::Timestamp, "2001-1-1", Some(Text));
        check(Tag::Timestamp, "2001", None);
    }
}
