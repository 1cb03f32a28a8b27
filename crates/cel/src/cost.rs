//! What a call costs, in cel-go's units (`interpreter/runtimecost.go`, `ext/lists.go`,
//! `ext/sets.go` and k8s.io/apiserver/pkg/cel/library/cost.go).

use crate::function::Function;
use crate::opaque::Opaque;
use crate::value::{List, Map, Object, Value};

/// Reading a variable or a field.
pub(crate) const SELECT: u64 = 1;
/// Making a list (`common.ListCreateBaseCost`).
pub(crate) const LIST: u64 = 10;
/// Making a map (`common.MapCreateBaseCost`).
pub(crate) const MAP: u64 = 30;
/// Making an object (`common.StructCreateBaseCost`).
const STRUCT: f64 = 40.0;
/// Going through a text, per code point (`common.StringTraversalCostFactor`).
const TEXT: f64 = 0.1;
/// Code points of a regular expression per unit (`common.RegexStringLengthCostFactor`).
const REGEX: f64 = 0.25;
/// An authorization check: two fit into one expression.
const CHECK: u64 = 350_000;

/// How the cost of a call follows from its arguments; fixed when the program is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    One,
    Check,
    Selector,
    /// All parts of the first argument.
    Traversal,
    /// The first argument, this many times.
    Scan(u32),
    /// The second argument once.
    ScanSecond,
    /// The result twice.
    Joined,
    Regex,
    Contains,
    ContainsIp {
        parses: bool,
    },
    ContainsCidr {
        parses: bool,
    },
    Validate,
    InList,
    /// The shorter of both.
    Shorter,
    Equality,
    /// Both.
    Both,
    Output,
    Flatten,
    /// Each item of this argument with each.
    SelfCompare(usize),
    Sets(u64),
}

impl Rule {
    /// The rule for a function by its overload, if that is known before evaluation.
    pub(crate) fn of(function: Function, name: &str, overload: Option<&str>) -> Self {
        if let Some(rule) = overload.and_then(tracked) {
            return rule;
        }
        match function {
            Function::Check => Self::Check,
            Function::FieldSelector | Function::LabelSelector => Self::Selector,
            Function::IsSorted
            | Function::Sum
            | Function::Max
            | Function::Min
            | Function::IndexOf
            | Function::LastIndexOf
            | Function::Includes => Self::Traversal,
            Function::Ip if overload == Some("cidr_ip") => Self::One,
            Function::Url
            | Function::LowerAscii
            | Function::UpperAscii
            | Function::Substring
            | Function::Trim
            | Function::Ip
            | Function::Cidr
            | Function::IsIp
            | Function::IsCidr
            | Function::Quantity
            | Function::IsQuantity
            | Function::Semver
            | Function::IsSemver => Self::Scan(1),
            Function::Replace | Function::Split | Function::IpIsCanonical => Self::Scan(2),
            Function::Join => Self::Joined,
            Function::Find | Function::FindAll => Self::Regex,
            Function::ContainsIp => {
                Self::ContainsIp { parses: overload == Some("cidr_contains_ip_string") }
            }
            Function::ContainsCidr => {
                Self::ContainsCidr { parses: overload == Some("cidr_contains_cidr_string") }
            }
            Function::Validate => Self::Validate,
            _ => standard(overload.unwrap_or_default(), name),
        }
    }

    /// The cost of one call. An argument that is an error counts as a value of size 1.
    pub(crate) fn cost<'a, O: Object<'a>>(
        self,
        arguments: &[Option<&Value<'a, O>>],
        result: Option<&Value<'a, O>>,
    ) -> u64 {
        let argument = |index: usize| arguments.get(index).copied().flatten();
        let at = |index: usize| size(argument(index));
        match self {
            Self::One => 1,
            Self::Check => CHECK,
            Self::Selector => {
                let length = at(1);
                let requirements = scaled(scaled(length, 0.5), LIST as f64 + STRUCT);
                LIST + scaled(length, TEXT) + requirements
            }
            Self::Traversal => argument(0).map_or(1, traversal),
            Self::Scan(times) => ceil(at(0) as f64 * f64::from(times) * TEXT),
            Self::ScanSecond => ceil(at(1) as f64 * TEXT),
            Self::Joined => ceil(size(result) as f64 * 2.0 * TEXT),
            Self::Regex => regex(at(0), at(1)),
            Self::Contains => ceil(at(0) as f64 * TEXT) * ceil(at(1) as f64 * TEXT),
            Self::ContainsIp { parses } => contains_ip(at(0), at(1), parses),
            Self::ContainsCidr { parses } => {
                contains_ip(at(0), at(1), parses) + ceil(at(0) as f64 * TEXT) + 1
            }
            Self::Validate => match argument(0) {
                Some(Value::Opaque(opaque)) => match &**opaque {
                    Opaque::Named(named) => regex(at(1), named.regex_length),
                    _ => 1,
                },
                _ => 1,
            },
            Self::InList => at(1),
            Self::Shorter => ceil(at(0).min(at(1)) as f64 * TEXT),
            Self::Equality => match argument(0) {
                Some(Value::Opaque(_)) => 1,
                _ => ceil(at(0).min(at(1)) as f64 * TEXT),
            },
            Self::Both => ceil((at(0) + at(1)) as f64 * TEXT),
            Self::Output => list_call(1.0, size(result)),
            Self::Flatten => {
                let depth = match argument(1) {
                    Some(Value::Int(depth)) => *depth as f64,
                    _ => 1.0,
                };
                list_call(depth, at(0))
            }
            Self::SelfCompare(index) => self_compare(argument(index)),
            Self::Sets(factor) => {
                1_u64.saturating_add(at(0).saturating_mul(at(1)).saturating_mul(factor))
            }
        }
    }
}

/// Overloads with a tracker of their own.
fn tracked(overload: &str) -> Option<Rule> {
    Some(match overload {
        "list_slice" | "lists_range" | "list_reverse" => Rule::Output,
        "list_flatten" | "list_flatten_int" => Rule::Flatten,
        "list_distinct" => Rule::SelfCompare(0),
        "list_sets_contains_list" | "list_sets_intersects_list" => Rule::Sets(1),
        "list_sets_equivalent_list" => Rule::Sets(2),
        _ if overload.ends_with("_sort") => Rule::SelfCompare(0),
        _ if overload.ends_with("_sortByAssociatedKeys") => Rule::SelfCompare(1),
        _ => return None,
    })
}

/// `CostTracker.costCall`.
fn standard(overload: &str, name: &str) -> Rule {
    match overload {
        "starts_with_string" | "ends_with_string" => Rule::ScanSecond,
        "string_to_bytes" | "bytes_to_string" | "strings_quote" | "string_format" => Rule::Scan(1),
        "in_list" => Rule::InList,
        "less_string"
        | "greater_string"
        | "less_equals_string"
        | "greater_equals_string"
        | "less_bytes"
        | "greater_bytes"
        | "less_equals_bytes"
        | "greater_equals_bytes" => Rule::Shorter,
        "add_string" | "add_bytes" => Rule::Both,
        "matches" | "matches_string" => Rule::Regex,
        "contains_string" => Rule::Contains,
        _ if name == "_==_" || name == "_!=_" => Rule::Equality,
        _ => Rule::One,
    }
}

fn size<'a, O: Object<'a>>(value: Option<&Value<'a, O>>) -> u64 {
    match value {
        Some(Value::Optional(Some(inner))) => size(Some(inner)),
        Some(value) => value.size().unwrap_or(1),
        None => 1,
    }
}

fn ceil(cost: f64) -> u64 {
    cost.ceil() as u64
}

fn scaled(length: u64, factor: f64) -> u64 {
    ceil(length as f64 * factor)
}

fn regex(text: u64, pattern: u64) -> u64 {
    ceil((1.0 + text as f64) * TEXT).saturating_mul(ceil(pattern as f64 * REGEX))
}

fn contains_ip(network: u64, other: u64, parses: bool) -> u64 {
    let parsing = if parses { ceil(other as f64 * TEXT) } else { 0 };
    ceil((network + network) as f64 * TEXT) + parsing
}

fn list_call(factor: f64, size: u64) -> u64 {
    let factor = if factor < 0.0 { 1.0 } else { factor };
    ((size as f64 * factor) as u64).saturating_add(1 + LIST)
}

fn self_compare<'a, O: Object<'a>>(list: Option<&Value<'a, O>>) -> u64 {
    let Some(Value::List(list)) = list else { return list_call(2.0, 0) };
    let length = list.length() as u64;
    let factor = match list.item(0) {
        Some(Ok(Value::String(_) | Value::Bytes(_))) => 2.0 + TEXT,
        _ => 2.0,
    };
    list_call(factor, length.saturating_mul(length))
}

/// All scalars in a value, texts by their length in bytes. Data is as deep as its reader allows,
/// what an expression makes as deep as the expression.
fn traversal<'a, O: Object<'a>>(value: &Value<'a, O>) -> u64 {
    let part = |value: Result<Value<'a, O>, _>| value.as_ref().map_or(1, traversal);
    match value {
        Value::String(text) => (text.len() as f64 * TEXT) as u64,
        Value::Bytes(bytes) => (bytes.len() as f64 * TEXT) as u64,
        Value::List(list) => items(list).map(part).sum(),
        Value::Map(map) => entries(map).map(|(key, value)| traversal(&key) + part(value)).sum(),
        _ => 1,
    }
}

fn items<'a, O: Object<'a>>(
    list: &List<'a, O>,
) -> impl Iterator<Item = Result<Value<'a, O>, crate::Error>> {
    list.items()
}

fn entries<'a, O: Object<'a>>(
    map: &Map<'a, O>,
) -> impl Iterator<Item = (Value<'a, O>, Result<Value<'a, O>, crate::Error>)> {
    map.entries()
}
