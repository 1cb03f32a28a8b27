//! Kubernetes' quantities of CPU and memory
//! (k8s.io/apimachinery/pkg/api/resource, `ParseQuantity`).

use model::{Node, Value};

/// Largest number that is read: far above any machine, far below where sums overflow.
const MILLI_MAX: u128 = 1 << 96;

/// A quantity in thousandths of its unit, rounded up; none if it is none or negative.
pub(super) fn milli(node: Node<'_>) -> Option<u128> {
    match node.value() {
        Value::Int(int) => parse(&int.to_string()),
        Value::Float(float) => parse(&float.to_string()),
        Value::String(text) => parse(text),
        _ => None,
    }
}

fn parse(text: &str) -> Option<u128> {
    /// Digits that are read; more say nothing of a real machine.
    const DIGITS_MAX: usize = 18;
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if number.len() > DIGITS_MAX || fraction.contains('.') || (whole.len() + fraction.len()) == 0 {
        return None;
    }
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    // numerator / denominator is what one unit of the suffix is, in thousandths.
    let (numerator, denominator) = suffix_in_milli(suffix)?;
    let denominator = denominator.checked_mul(10_u128.checked_pow(fraction.len() as u32)?)?;
    let milli = digits.checked_mul(numerator)?.div_ceil(denominator);
    (milli <= MILLI_MAX).then_some(milli)
}

fn suffix_in_milli(suffix: &str) -> Option<(u128, u128)> {
    let power = |base: u128, exponent: u32| Some((1_000 * base.checked_pow(exponent)?, 1));
    Some(match suffix {
        "n" => (1, 1_000_000),
        "u" => (1, 1_000),
        "m" => (1, 1),
        "" => (1_000, 1),
        "k" => return power(1_000, 1),
        "M" => return power(1_000, 2),
        "G" => return power(1_000, 3),
        "T" => return power(1_000, 4),
        "P" => return power(1_000, 5),
        "E" => return power(1_000, 6),
        "Ki" => return power(1_024, 1),
        "Mi" => return power(1_024, 2),
        "Gi" => return power(1_024, 3),
        "Ti" => return power(1_024, 4),
        "Pi" => return power(1_024, 5),
        "Ei" => return power(1_024, 6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let exponent: i32 = exponent.parse().ok()?;
            let size = exponent.unsigned_abs();
            let power = (size <= 18).then(|| 10_u128.pow(size))?;
            if exponent < 0 { (1_000, power) } else { (1_000 * power, 1) }
        }
    })
}

/// CPUs as people write them, rounded up to a hundredth or, above one, a tenth.
pub(super) fn cpu(milli: u128) -> String {
    let step = if milli < 1_000 { 10 } else { 100 };
    let milli = milli.div_ceil(step) * step;
    if milli.is_multiple_of(1_000) { format!("\"{}\"", milli / 1_000) } else { format!("{milli}m") }
}

/// Memory as people write it, rounded up to a mebibyte or, above sixteen gibibytes, a gibibyte.
pub(super) fn memory(milli: u128) -> String {
    let mebibytes = milli.div_ceil(1_000 << 20);
    if mebibytes > 16 << 10 || mebibytes.is_multiple_of(1 << 10) {
        format!("{}Gi", mebibytes.div_ceil(1 << 10))
    } else {
        format!("{mebibytes}Mi")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, milli) in [
            ("1", Some(1_000)),
            ("100m", Some(100)),
            ("0.5", Some(500)),
            (".5", Some(500)),
            ("1.", Some(1_000)),
            ("1500u", Some(2)),
            ("1n", Some(1)),
            ("1e3", Some(1_000_000)),
            ("1E3", Some(1_000_000)),
            ("15e-1", Some(1_500)),
            ("1k", Some(1_000_000)),
            ("1Ki", Some(1_024_000)),
            ("0.5Gi", Some((1 << 29) * 1_000)),
            ("2E", Some(2_000_000_000_000_000_000_000)),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("-1", None),
            ("1 Gi", None),
            ("1Kb", None),
            ("1e99", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse(text), milli, "{text}");
        }
    }

    #[test]
    fn quantities_are_written_short_and_never_less() {
        for (milli, text) in
            [(1, "10m"), (101, "110m"), (1_000, "\"1\""), (1_001, "1100m"), (20_000, "\"20\"")]
        {
            assert_eq!(cpu(milli), text);
        }
        let mebibyte = 1_000 << 20;
        for (milli, text) in [
            (1, "1Mi"),
            (128 * mebibyte, "128Mi"),
            (1_024 * mebibyte, "1Gi"),
            (1_025 * mebibyte, "1025Mi"),
            ((16 << 10) * mebibyte + 1, "17Gi"),
        ] {
            assert_eq!(memory(milli), text);
        }
    }
}
