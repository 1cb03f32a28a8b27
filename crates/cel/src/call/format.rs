//! `format()` on text (cel-go's `ext/formatting.go`), and its check before evaluation.

use std::fmt::Write as _;

use super::convert;
use crate::error::Error;
use crate::limit::TEXT_BYTES_MAX;
use crate::value::{List, Map, Object, Value};

/// The longest precision, in digits: more than a double has.
const PRECISION_MAX: usize = 1_000;

/// What is put in for a clause.
pub(crate) trait Argument {
    /// The argument's text by its clause letter and precision.
    fn text(
        &mut self,
        index: usize,
        clause: u8,
        precision: Option<usize>,
    ) -> Result<String, String>;
    /// How many there are.
    fn count(&self) -> usize;
}

/// Puts arguments into a format string.
pub(crate) fn interpolate(
    format: &str,
    arguments: &mut dyn Argument,
) -> Result<(String, usize), String> {
    let bytes = format.as_bytes();
    let (mut built, mut index, mut used) = (String::new(), 0, 0);
    while let Some(rest) = format.get(index..).filter(|rest| !rest.is_empty()) {
        let Some(length) = rest.find('%') else {
            built.push_str(rest);
            break;
        };
        built.push_str(rest.get(..length).unwrap_or_default());
        index += length + 1;
        if bytes.get(index) == Some(&b'%') {
            built.push('%');
            index += 1;
            continue;
        }
        if used >= arguments.count() {
            return Err(format!("index {used} out of range"));
        }
        if index >= bytes.len() {
            return Err("unexpected end of string".to_owned());
        }
        let (clause, precision, length) = clause(format.get(index..).unwrap_or_default())?;
        built.push_str(&arguments.text(used, clause, precision)?);
        if built.len() > TEXT_BYTES_MAX {
            return Err(Error::too_long().to_string());
        }
        index += length;
        used += 1;
    }
    Ok((built, used))
}

/// The letter of a clause, its precision, its length in bytes.
fn clause(text: &str) -> Result<(u8, Option<usize>, usize), String> {
    let reason = "could not parse formatting clause";
    let (mut precision, mut at) = (None, 0);
    if let Some(digits) = text.strip_prefix('.') {
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let inner = format!("{reason}: error while parsing precision");
        if length == digits.len() {
            return Err(format!("{inner}: could not find end of precision specifier"));
        }
        let digits = digits.get(..length).unwrap_or_default();
        let parsed: usize = digits.parse().map_err(|_| {
            format!("{inner}: error while converting precision to integer: {digits:?}")
        })?;
        if parsed > PRECISION_MAX {
            let most = PRECISION_MAX;
            return Err(format!("{inner}: precision {parsed} exceeds maximum of {most}"));
        }
        (precision, at) = (Some(parsed), length + 1);
    }
    match text.as_bytes().get(at) {
        Some(clause @ (b's' | b'd' | b'f' | b'e' | b'b' | b'x' | b'X' | b'o')) => {
            Ok((*clause, precision, at + 1))
        }
        other => {
            let letter = other.map(|byte| char::from(*byte)).unwrap_or_default();
            Err(format!("{reason}: unrecognized formatting clause \"{letter}\""))
        }
    }
}

/// What a clause is refused with, by its letter and the type it was given.
pub(crate) fn refusal(clause: u8, given: &str) -> String {
    let rule = match clause {
        b's' => {
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, \
             types, durations, and timestamps"
        }
        b'd' => "decimal clause can only be used on integers",
        b'f' => "fixed-point clause can only be used on doubles",
        b'e' => "scientific clause can only be used on doubles",
        b'b' => "only integers and bools can be formatted as binary",
        b'o' => "octal clause can only be used on integers",
        _ => "only integers, byte buffers, and strings can be formatted as hex",
    };
    format!("error during formatting: {rule}, was given {given}")
}

struct Values<'l, 'a, O>(&'l List<'a, O>);

impl<'a, O: Object<'a>> Argument for Values<'_, 'a, O> {
    fn text(
        &mut self,
        index: usize,
        clause: u8,
        precision: Option<usize>,
    ) -> Result<String, String> {
        let value = match self.0.item(index) {
            Some(value) => value.map_err(|error| error.to_string())?,
            None => return Err(format!("index {index} out of range")),
        };
        formatted(&value, clause, precision)
            .ok_or_else(|| refusal(clause, value.type_name()))?
            .map_err(|reason| format!("error during formatting: {reason}"))
    }

    fn count(&self) -> usize {
        self.0.length()
    }
}

pub(crate) fn format<'a, O: Object<'a>>(
    text: &str,
    arguments: &List<'a, O>,
) -> Result<Value<'a, O>, Error> {
    interpolate(text, &mut Values(arguments)).map(|(text, _)| Value::text(text)).map_err(Error::new)
}

/// None when the clause does not take the type.
fn formatted<'a, O: Object<'a>>(
    value: &Value<'a, O>,
    clause: u8,
    precision: Option<usize>,
) -> Option<Result<String, String>> {
    let double = || match value {
        Value::Double(double) => Some(*double),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    };
    Some(match (clause, value) {
        (b's', Value::Opaque(_) | Value::Optional(_) | Value::Lazy) => return None,
        (b's', value) => shown(value),
        (b'd', Value::Int(int)) => Ok(int.to_string()),
        (b'd', Value::Uint(uint)) => Ok(uint.to_string()),
        (b'f', _) => Ok(fixed(double()?, precision.unwrap_or(6))),
        (b'e', _) => Ok(scientific(double()?, precision.unwrap_or(6))),
        (b'b', Value::Bool(bool)) => Ok(u8::from(*bool).to_string()),
        (b'b', Value::Int(int)) => Ok(signed(*int, |digits| format!("{digits:b}"))),
        (b'b', Value::Uint(uint)) => Ok(format!("{uint:b}")),
        (b'o', Value::Int(int)) => Ok(signed(*int, |digits| format!("{digits:o}"))),
        (b'o', Value::Uint(uint)) => Ok(format!("{uint:o}")),
        (b'x', _) => return hexadecimal(value).map(Ok),
        (b'X', _) => return hexadecimal(value).map(|text| Ok(text.to_uppercase())),
        _ => return None,
    })
}

fn signed(int: i64, digits: impl Fn(u64) -> String) -> String {
    format!("{}{}", if int < 0 { "-" } else { "" }, digits(int.unsigned_abs()))
}

fn hexadecimal<'a, O: Object<'a>>(value: &Value<'a, O>) -> Option<String> {
    let bytes: &[u8] = match value {
        Value::Int(int) => return Some(signed(*int, |digits| format!("{digits:x}"))),
        Value::Uint(uint) => return Some(format!("{uint:x}")),
        Value::String(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes,
        _ => return None,
    };
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn special(double: f64) -> Option<String> {
    if double.is_nan() {
        return Some("NaN".to_owned());
    }
    double.is_infinite().then(|| if double > 0.0 { "∞" } else { "-∞" }.to_owned())
}

/// As golang.org/x/text prints for English: thousands apart.
fn fixed(double: f64, precision: usize) -> String {
    if let Some(special) = special(double) {
        return special;
    }
    let text = format!("{:.precision$}", double.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::from(if double.is_sign_negative() { "-" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        let _ = write!(grouped, ".{fraction}");
    }
    grouped
}

/// As golang.org/x/text prints for English: the power of ten in superscript. Upstream takes the
/// precision for the width.
fn scientific(double: f64, width: usize) -> String {
    if let Some(special) = special(double) {
        return format!("{special:>width$}");
    }
    let text = format!("{double:.6e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let is_negative = exponent.starts_with('-');
    let exponent = exponent.trim_start_matches('-');
    let raised = |digit: char| match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    };
    let exponent: String = format!("{exponent:0>2}").chars().map(raised).collect();
    let text = format!("{digits}×10{}{exponent}", if is_negative { "⁻" } else { "" });
    format!("{text:>width$}")
}

fn shown<'a, O: Object<'a>>(value: &Value<'a, O>) -> Result<String, String> {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::List(list) => shown_list(list),
        Value::Map(map) => shown_map(map),
        other => match convert::text(other) {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Err(format!("no formatting function for {}", other.type_name())),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// An item of a list or map.
fn inner<'a, O: Object<'a>>(value: &Value<'a, O>) -> Result<String, String> {
    Ok(match value {
        Value::String(text) => go_quoted(text),
        Value::Bytes(bytes) => format!("b{}", go_quoted(&String::from_utf8_lossy(bytes))),
        Value::Double(double) if !double.is_finite() => {
            let name = match () {
                () if double.is_nan() => "NaN",
                () if *double > 0.0 => "+Inf",
                () => "-Inf",
            };
            go_quoted(name)
        }
        Value::Double(double) => format!("{double:.6}"),
        Value::Timestamp(_) => format!("timestamp({})", go_quoted(&value.display())),
        Value::Duration(_) => format!("duration({})", go_quoted(&value.display())),
        other => shown(other)?,
    })
}

fn shown_list<'a, O: Object<'a>>(list: &List<'a, O>) -> Result<String, String> {
    let mut parts = Vec::new();
    for item in list.items() {
        parts.push(inner(&item.map_err(|error| error.to_string())?)?);
    }
    Ok(format!("[{}]", parts.join(", ")))
}

fn shown_map<'a, O: Object<'a>>(map: &Map<'a, O>) -> Result<String, String> {
    let mut pairs = Vec::new();
    for (key, value) in map.entries() {
        if !matches!(key, Value::String(_) | Value::Bool(_) | Value::Int(_) | Value::Uint(_)) {
            let name = key.type_name();
            return Err(format!("no formatting function for map key of type {name}"));
        }
        pairs.push((inner(&key)?, inner(&value.map_err(|error| error.to_string())?)?));
    }
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    Ok(format!("{{{}}}", pairs.join(", ")))
}

/// Go's `%q`.
fn go_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            control if (control as u32) < 0x20 || control as u32 == 0x7f => {
                let _ = write!(quoted, "\\x{:02x}", control as u32);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
