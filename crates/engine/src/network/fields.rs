//! Fields of policies, as the API server decodes and validates them.

use model::{Node, Path, Value};

use super::address::Prefix;
use super::policy::{Operator, Requirement, Selector};

/// Why an object is no policy that can be judged.
pub(super) struct Refusal {
    pub(super) path: Path,
    pub(super) reason: String,
    pub(super) fault: Fault,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The API server refuses its type.
    Type,
    /// The API server refuses its value.
    Value,
    /// The API server takes it, and nobody says what it means.
    Unclear,
}

pub(super) type Read<T> = Result<T, Refusal>;

pub(super) fn refuse<T>(path: &Path, reason: impl Into<String>) -> Read<T> {
    Err(Refusal { path: path.clone(), reason: reason.into(), fault: Fault::Value })
}

/// Says that the API server takes what nobody knows a meaning of.
pub(super) fn unclear<T>(path: &Path, reason: impl Into<String>) -> Read<T> {
    Err(Refusal { path: path.clone(), reason: reason.into(), fault: Fault::Unclear })
}

fn wrong<T>(path: &Path, expected: &str, found: Value<'_>) -> Read<T> {
    let reason = format!("is of type {}, not {expected}", found.type_name());
    Err(Refusal { path: path.clone(), reason, fault: Fault::Type })
}

/// A map, none where it is not set.
pub(super) fn map<'a>(node: Node<'a>, key: &str, path: &Path) -> Read<Option<(Node<'a>, Path)>> {
    let Some(found) = node.get(key) else { return Ok(None) };
    let path = path.clone().key(key);
    match found.value() {
        Value::Map => Ok(Some((found, path))),
        other => wrong(&path, "map", other),
    }
}

/// The items of a list; none where it is not set.
pub(super) fn list<'a>(
    node: Node<'a>,
    key: &str,
    path: &Path,
) -> Read<Option<Vec<(Node<'a>, Path)>>> {
    let Some(found) = node.get(key) else { return Ok(None) };
    let path = path.clone().key(key);
    match found.value() {
        Value::List => {
            let items = found.items().enumerate();
            Ok(Some(items.map(|(index, item)| (item, path.clone().index(index))).collect()))
        }
        other => wrong(&path, "list", other),
    }
}

/// The items of a list of maps; null among them is an empty one, as Go decodes it.
pub(super) fn maps<'a>(
    node: Node<'a>,
    key: &str,
    path: &Path,
) -> Read<Option<Vec<(Node<'a>, Path)>>> {
    let found = list(node, key, path)?;
    for (item, path) in found.iter().flatten() {
        if !matches!(item.value(), Value::Map | Value::Null) {
            return wrong(path, "map", item.value());
        }
    }
    Ok(found)
}

pub(super) fn text<'a>(node: Node<'a>, key: &str, path: &Path) -> Read<Option<&'a str>> {
    match node.get(key).map(Node::value) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => wrong(&path.clone().key(key), "string", other),
    }
}

pub(super) fn texts<'a>(node: Node<'a>, key: &str, path: &Path) -> Read<Option<Vec<&'a str>>> {
    let Some(items) = list(node, key, path)? else { return Ok(None) };
    let text = |(item, path): (Node<'a>, Path)| match item.value() {
        Value::String(text) => Ok(text),
        Value::Null => Ok(""),
        other => wrong(&path, "string", other),
    };
    items.into_iter().map(text).collect::<Read<_>>().map(Some)
}

pub(super) fn number(node: Node<'_>, key: &str, path: &Path) -> Read<Option<i64>> {
    let Some(found) = node.get(key) else { return Ok(None) };
    match found.as_int() {
        Some(number) => Ok(Some(number)),
        None => wrong(&path.clone().key(key), "integer", found.value()),
    }
}

/// A port, 1 to 65535.
pub(super) fn port(number: i64, path: &Path) -> Read<u16> {
    match u16::try_from(number) {
        Ok(port) if port > 0 => Ok(port),
        _ => refuse(path, "is no port: 1 to 65535"),
    }
}

/// A prefix in one notation only: since Kubernetes 1.36 the API server takes no other
/// (`StrictIPCIDRValidation`, KEP-4858). Stored policies may have others, and plugins read those
/// differently: what they mean is not known.
pub(super) fn prefix(text: &str, path: &Path) -> Read<Prefix> {
    match Prefix::parse(text) {
        None => refuse(path, format!("is no prefix: `{text}`")),
        Some(_) if !is_strict(text) => {
            refuse(path, format!("is a prefix that can be read in two ways: `{text}`"))
        }
        Some(prefix) => Ok(prefix),
    }
}

/// Whether no number has leading zeros, and no IPv4 address is written as one of IPv6.
///
/// Source: `IsValidCIDR` in `k8s.io/apimachinery/pkg/util/validation/ip.go`.
fn is_strict(text: &str) -> bool {
    let has_zero = |number: &str| number.len() > 1 && number.starts_with('0');
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let is_mapped = address
        .parse::<std::net::Ipv6Addr>()
        .is_ok_and(|address| address.to_ipv4_mapped().is_some());
    let has_octet_with_zero = !address.contains(':') && address.split('.').any(has_zero);
    !(has_zero(length) || is_mapped || has_octet_with_zero)
}

/// Source: `IsValidPortName` in `k8s.io/apimachinery/pkg/util/validation/validation.go`.
pub(super) fn port_name(name: &str, path: &Path) -> Read<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_valid = (1..=15).contains(&name.len())
        && name.bytes().all(is_plain)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-');
    if is_valid { Ok(name.to_owned()) } else { refuse(path, "is no name of a port") }
}

/// Source: `ValidateLabelSelector` in
/// `k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go`.
pub(super) fn selector(node: Node<'_>, path: &Path) -> Read<Selector> {
    let mut requirements = Vec::new();
    if let Some((labels, path)) = map(node, "matchLabels", path)? {
        for (key, value) in labels.entries() {
            let at = path.clone().key(key);
            let value = match value.value() {
                Value::String(text) => text,
                Value::Null => "",
                other => return wrong(&at, "string", other),
            };
            label_key(key, &at)?;
            label_value(value, &at)?;
            requirements.push(Requirement {
                key: key.to_owned(),
                operator: Operator::In,
                values: vec![value.to_owned()],
            });
        }
    }
    for (expression, path) in maps(node, "matchExpressions", path)?.into_iter().flatten() {
        let key = text(expression, "key", &path)?.unwrap_or_default();
        label_key(key, &path.clone().key("key"))?;
        let values = texts(expression, "values", &path)?.unwrap_or_default();
        let operator = match text(expression, "operator", &path)?.unwrap_or_default() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return refuse(&path.clone().key("operator"), "is no operator of selectors"),
        };
        let needs_values = matches!(operator, Operator::In | Operator::NotIn);
        if needs_values == values.is_empty() {
            return refuse(&path.clone().key("values"), "does not fit its operator");
        }
        for value in &values {
            label_value(value, &path.clone().key("values"))?;
        }
        requirements.push(Requirement {
            key: key.to_owned(),
            operator,
            values: values.into_iter().map(str::to_owned).collect(),
        });
    }
    Ok(Selector(requirements))
}

/// Source: `IsQualifiedName` in `k8s.io/apimachinery/pkg/util/validation/validation.go`.
fn label_key(key: &str, path: &Path) -> Read<()> {
    let (domain, name) = key.rsplit_once('/').map_or((None, key), |(it, name)| (Some(it), name));
    let is_lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| is_lower(byte) || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let is_domain = domain.is_none_or(|it| it.len() <= 253 && it.split('.').all(is_part));
    if is_domain && !name.is_empty() && is_value(name) {
        Ok(())
    } else {
        refuse(path, "is no key of a label")
    }
}

/// Whether the API server takes a label, and a selector of it.
pub(super) fn is_label(key: &str, value: &str) -> bool {
    label_key(key, &Path::root()).is_ok() && is_value(value)
}

fn label_value(value: &str, path: &Path) -> Read<()> {
    if is_value(value) { Ok(()) } else { refuse(path, "is no value of a label") }
}

fn is_value(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric();
    let bytes = value.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|byte| is_plain(*byte) || b"-_.".contains(byte))
        && bytes.first().is_none_or(|byte| is_plain(*byte))
        && bytes.last().is_none_or(|byte| is_plain(*byte))
}
