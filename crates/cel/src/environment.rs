//! What an expression may name: variables, types with fields, and the functions of the server.
//!
//! The functions are those the API server of Kubernetes 1.37 has for stored expressions
//! (`k8s.io/apiserver/pkg/cel/environment/base.go`): cel-go's standard library and optionals,
//! `ext.Strings` at version 2, `ext.Sets`, `ext.Lists` at version 3, two-variable comprehensions,
//! and Kubernetes' own. `cel.bind`, `math.*` and messages are not among them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::kind::Type;

/// One way to call a function.
#[derive(Debug)]
pub(crate) struct Overload {
    pub(crate) id: &'static str,
    pub(crate) is_member: bool,
    pub(crate) arguments: Vec<Type>,
    pub(crate) result: Type,
    /// How many type parameters it has.
    pub(crate) parameters: u32,
}

/// The functions by name.
pub(crate) type Functions = BTreeMap<&'static str, Vec<Overload>>;

/// Declarations, one a line: the overload's id, the function (for a member after its target's
/// type), the arguments and the result. `A` and `B` are type parameters.
const DECLARATIONS: &str = include_str!("functions.txt");

/// All functions of the server.
pub(crate) fn functions() -> &'static Functions {
    static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
    FUNCTIONS.get_or_init(|| {
        let mut functions = Functions::new();
        for line in DECLARATIONS.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some((name, overload)) = declaration(line) {
                functions.entry(name).or_default().push(overload);
            }
        }
        functions
    })
}

/// Reads `id name(types) result` or `id (target).name(types) result`.
fn declaration(line: &'static str) -> Option<(&'static str, Overload)> {
    let (id, rest) = line.split_once(' ')?;
    let (head, tail) = rest.trim().rsplit_once(" -> ")?;
    let (target, head) = match head.strip_prefix('(') {
        Some(head) => {
            let (target, head) = head.split_once(").")?;
            (Some(target), head)
        }
        None => (None, head),
    };
    let (name, arguments) = head.strip_suffix(')')?.split_once('(')?;
    let mut kinds: Vec<Type> = target.into_iter().filter_map(type_named).collect();
    kinds.extend(split(arguments).into_iter().filter_map(type_named));
    let result = type_named(tail.trim())?;
    let overload =
        Overload { id, is_member: target.is_some(), arguments: kinds, result, parameters: 2 };
    Some((name, overload))
}

/// Splits at commas outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            b',' if depth == 0 => {
                parts.extend(text.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn type_named(text: &str) -> Option<Type> {
    if let Some((outer, inner)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        let mut parts = split(inner).into_iter().filter_map(type_named);
        let first = parts.next()?;
        return Some(match outer {
            "list" => Type::list(first),
            "optional" => Type::Optional(Arc::new(first)),
            "type" => Type::Type(Arc::new(first)),
            "map" => Type::map(first, parts.next()?),
            _ => return None,
        });
    }
    Some(match text {
        "A" => Type::Parameter(0),
        "B" => Type::Parameter(1),
        "net.IP" => Type::Opaque("net.IP"),
        "net.CIDR" => Type::Opaque("net.CIDR"),
        _ => match simple_type(text) {
            Some(simple) => simple,
            None => Type::object(text),
        },
    })
}

fn simple_type(text: &str) -> Option<Type> {
    Some(match text {
        "dyn" => Type::Dyn,
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        _ => return None,
    })
}

/// A name that is a type: what `type(x)` can be compared with.
pub(crate) fn type_identifier(name: &str) -> Option<(&'static str, Type)> {
    let known = |name, kind| Some((name, kind));
    match name {
        "bool" => known("bool", Type::Bool),
        "int" => known("int", Type::Int),
        "uint" => known("uint", Type::Uint),
        "double" => known("double", Type::Double),
        "string" => known("string", Type::String),
        "bytes" => known("bytes", Type::Bytes),
        "list" => known("list", Type::list(Type::Dyn)),
        "map" => known("map", Type::map(Type::Dyn, Type::Dyn)),
        "null_type" => known("null_type", Type::Null),
        "type" => known("type", Type::Type(Arc::new(Type::Dyn))),
        "optional_type" => known("optional_type", Type::Optional(Arc::new(Type::Dyn))),
        "google.protobuf.Timestamp" => known("google.protobuf.Timestamp", Type::Timestamp),
        "google.protobuf.Duration" => known("google.protobuf.Duration", Type::Duration),
        "net.IP" => known("net.IP", Type::Opaque("net.IP")),
        "net.CIDR" => known("net.CIDR", Type::Opaque("net.CIDR")),
        _ => None,
    }
}

/// Variables and object types of one kind of expression.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: Vec<(Box<str>, Type)>,
    objects: BTreeMap<Box<str>, BTreeMap<Box<str>, Type>>,
}

impl Environment {
    /// No variables yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a variable; its name may hold dots. Its number, counted from 0 in the order of
    /// declaration, is what an [`crate::Activation`] is asked for.
    pub fn variable(&mut self, name: &str, kind: Type) -> usize {
        self.variables.push((name.into(), kind));
        self.variables.len() - 1
    }

    /// Declares a field of an object type; other fields of it are refused.
    pub fn field(&mut self, object: &str, name: &str, kind: Type) {
        self.objects.entry(object.into()).or_default().insert(name.into(), kind);
    }

    /// Declares an object type that has no fields yet.
    pub fn object(&mut self, object: &str) {
        self.objects.entry(object.into()).or_default();
    }

    pub(crate) fn find_variable(&self, name: &str) -> Option<(usize, &Type)> {
        let found = self.variables.iter().position(|(known, _)| **known == *name)?;
        self.variables.get(found).map(|(_, kind)| (found, kind))
    }

    /// The fields of an object type, if it is known.
    pub(crate) fn fields(&self, object: &str) -> Option<&BTreeMap<Box<str>, Type>> {
        self.objects.get(object)
    }
}
