//! What the API server makes of an object that is written in a file, before policies see it:
//! fields it sets, and such as it leaves out.

use std::collections::HashMap;
use std::sync::LazyLock;

use model::{Node, Value};

use super::object::Part;

/// Why there is no answer of a field that the API server sets.
const IS_SET: &str = "the API server sets the field, and a file does not say to what";
/// Why there is no answer of a quantity.
const IS_REWRITTEN: &str = "the API server writes the quantity in another way";

/// What happens to the fields of a type.
#[derive(Debug, Default)]
pub(crate) struct Type(HashMap<&'static str, Field>);

/// What happens to a field.
#[derive(Clone, Copy, Debug)]
struct Field {
    absent: Absent,
    /// Whether it is gone where it is empty.
    is_dropped: bool,
    /// Name of the type of its value.
    of: &'static str,
}

/// What stands there where nothing is written.
#[derive(Clone, Copy, Debug)]
enum Absent {
    Nothing,
    Unknown,
    /// Something unknown, where this field is written.
    UnknownWith(&'static str),
    Empty,
    Text(&'static str),
    Int(i64),
    Bool(bool),
}

/// An empty type: all is as it is written.
static PLAIN: LazyLock<Type> = LazyLock::new(Type::default);

static TYPES: LazyLock<HashMap<&'static str, Type>> = LazyLock::new(|| {
    let mut types: HashMap<&'static str, Type> = HashMap::new();
    let lines = include_str!("written.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let Some((head, fields)) = line.split_once(": ") else { continue };
        let (name, base) = head.split_once('<').unwrap_or((head, ""));
        let inherited = types.get(base).map(|base| base.0.clone()).unwrap_or_default();
        let mut all = Type(inherited);
        all.0.extend(fields.split(' ').map(field));
        types.insert(name, all);
    }
    types
});

fn field(text: &'static str) -> (&'static str, Field) {
    let (rest, of) = match text.split_once(':') {
        Some((rest, of)) => (rest, of),
        None => (text, ""),
    };
    if let Some((name, with)) = rest.split_once('@') {
        let absent = Absent::UnknownWith(with);
        return (name, Field { absent, is_dropped: false, of });
    }
    let name = rest.trim_end_matches(['?', '+', '~']);
    let (name, value) = name.split_once('=').unwrap_or((name, ""));
    let absent = match value {
        "" if rest.ends_with('?') => Absent::Unknown,
        "" if rest.ends_with('+') => Absent::Empty,
        "" => Absent::Nothing,
        "true" => Absent::Bool(true),
        "false" => Absent::Bool(false),
        _ => match value.parse() {
            Ok(number) => Absent::Int(number),
            Err(_) => Absent::Text(value.trim_matches('"')),
        },
    };
    (name, Field { absent, is_dropped: rest.ends_with('~'), of })
}

impl Type {
    fn named(name: &str) -> &'static Self {
        TYPES.get(name).unwrap_or(&PLAIN)
    }

    /// The type of the objects of a kind. Of other groups than Kubernetes' own only the metadata
    /// is known.
    pub(crate) fn of_kind(group: &str, kind: &str) -> &'static Self {
        let is_own = !group.contains('.') || group.ends_with(".k8s.io");
        let found = TYPES.get(kind).filter(|_| is_own);
        found.unwrap_or_else(|| Self::named("Object"))
    }

    /// A field of a map of this type; `None` for a map that is only there because it always is.
    pub(crate) fn field<'a>(&'static self, node: Option<Node<'a>>, name: &str) -> Option<Part<'a>> {
        let written = node.and_then(|node| node.get(name));
        let Some(field) = self.0.get(name) else { return written.map(Part::Node) };
        let written = written.filter(|it| !field.is_dropped || !is_empty(*it));
        if let Some(written) = written {
            return Some(typed(node, name, written, field.of));
        }
        match field.absent {
            Absent::Nothing => None,
            Absent::Unknown => Some(Part::Withheld(IS_SET)),
            Absent::UnknownWith(other) => {
                node.and_then(|node| node.get(other)).map(|_| Part::Withheld(IS_SET))
            }
            Absent::Empty => Some(Part::Written(None, Self::named(field.of))),
            Absent::Text(text) => Some(Part::Text(text)),
            Absent::Int(int) => Some(Part::Int(int)),
            Absent::Bool(bool) => Some(Part::Bool(bool)),
        }
    }

    /// Names of fields that are there though they are not written.
    pub(crate) fn added<'a>(
        &'static self,
        node: Option<Node<'a>>,
    ) -> impl Iterator<Item = (&'a str, Part<'a>)> + use<'a> {
        let absent = self.0.iter().filter(move |(name, field)| {
            !matches!(field.absent, Absent::Nothing)
                && node.is_none_or(|node| node.get(name).is_none())
        });
        absent.filter_map(move |(name, _)| Some((*name, self.field(node, name)?)))
    }
}

/// What is written under `name` of a map, as a value of a type.
fn typed<'a>(node: Option<Node<'a>>, name: &str, written: Node<'a>, of: &'static str) -> Part<'a> {
    if of == "Quantities" {
        return Part::Quantities(written);
    }
    let host = node.and_then(|node| node.get("hostNetwork"));
    let is_host = name.ends_with("ontainers")
        && host.is_some_and(|it| matches!(it.value(), Value::Bool(true)));
    // On the network of the host, ports of containers become ports of the host.
    let of = match of {
        "Container" if is_host => "HostContainer",
        "RunningContainer" if is_host => "RunningHostContainer",
        of => of,
    };
    match TYPES.get(of) {
        Some(of) => Part::Written(Some(written), of),
        None => Part::Node(written),
    }
}

/// A quantity, as the API server writes it.
pub(crate) fn quantity(node: Node<'_>) -> Part<'_> {
    let Value::String(text) = node.value() else { return Part::Withheld(IS_REWRITTEN) };
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let is_whole = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    let is_shortest = match &text[digits.len()..] {
        "" | "k" | "M" | "G" | "T" | "P" | "m" | "u" | "n" => !digits.ends_with("000"),
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" => {
            digits.parse::<u64>().is_ok_and(|number| number % 1024 != 0)
        }
        _ => false,
    };
    let is_plain = is_whole && is_shortest && (digits == "0" || !digits.starts_with('0'));
    if is_plain { Part::Node(node) } else { Part::Withheld(IS_REWRITTEN) }
}

fn is_empty(node: Node<'_>) -> bool {
    match node.value() {
        Value::Bool(bool) => !bool,
        Value::Int(int) => int == 0,
        Value::String(text) => text.is_empty(),
        Value::List => node.items().next().is_none(),
        Value::Map => node.entries().next().is_none(),
        _ => false,
    }
}
