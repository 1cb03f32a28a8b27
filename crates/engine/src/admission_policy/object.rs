//! Data as expressions read it: objects, and the request.

use cel::{Datum, Object};
use model::{Node, Value};

use super::review::{Kind, Requester, Review};
use super::written::{self, Type};

/// Why there is no answer where it is not known who asks.
const NO_REQUESTER: &str = "who makes the request is not known here";
/// Why there is no answer where the request's options are not known.
const NO_OPTIONS: &str = "the options of the request are not known here";

/// A part of what expressions read, where it is.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    /// Of an object. Null is not set, as in the API server's typed objects.
    Node(Node<'a>),
    /// Of an object in a file, of which the API server makes more; a map that is only there
    /// because it always is, without a node.
    Written(Option<Node<'a>>, &'static Type),
    /// Quantities by resource, as they stand in a file.
    Quantities(Node<'a>),
    /// `request`.
    Request(&'a Review<'a>),
    /// `request.userInfo`.
    Requester(&'a Requester),
    /// `request.userInfo.extra`.
    Extra(&'a [(String, Vec<String>)]),
    /// A group, a version, and what of these: `kind` or `resource`.
    Named(Kind<'a>, &'static str),
    /// Texts of the request.
    Texts(&'a [String]),
    /// A text of the request.
    Text(&'a str),
    /// A bool of the request, or that the API server sets.
    Bool(bool),
    /// A number that the API server sets.
    Int(i64),
    /// There is something, but it is not known what.
    Withheld(&'static str),
}

const REQUEST_FIELDS: &[&str] = &[
    "kind",
    "resource",
    "subResource",
    "requestKind",
    "requestResource",
    "requestSubResource",
    "name",
    "namespace",
    "operation",
    "userInfo",
    "dryRun",
    "options",
];
const REQUESTER_FIELDS: &[&str] = &["username", "uid", "groups", "extra"];

impl Part<'_> {
    /// The fields that may be set of a part of the request.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Request(_) => REQUEST_FIELDS,
            Self::Requester(_) => REQUESTER_FIELDS,
            Self::Named(_, "kind") => &["group", "version", "kind"],
            Self::Named(..) => &["group", "version", "resource"],
            _ => &[],
        }
    }
}

fn request<'a>(review: &'a Review<'a>, name: &str) -> Option<Part<'a>> {
    let text = |text: &'a str| Some(text).filter(|text| !text.is_empty()).map(Part::Text);
    let resource = &review.resource;
    match name {
        "kind" | "requestKind" => Some(Part::Named(resource.kind, "kind")),
        "resource" | "requestResource" => {
            let named = Kind { name: resource.name, group: resource.group, ..resource.kind };
            Some(Part::Named(Kind { version: resource.version, ..named }, "resource"))
        }
        "subResource" | "requestSubResource" => text(resource.part),
        "name" => text(review.name),
        "namespace" => text(review.namespace),
        "operation" => Some(Part::Text(review.operation.name())),
        "userInfo" => Some(review.requester.map_or(Part::Withheld(NO_REQUESTER), Part::Requester)),
        "dryRun" => Some(Part::Bool(review.is_dry_run)),
        "options" => Some(review.options.map_or(Part::Withheld(NO_OPTIONS), Part::Node)),
        _ => None,
    }
}

fn requester<'a>(requester: &'a Requester, name: &str) -> Option<Part<'a>> {
    let text = |text: &'a String| Some(text).filter(|it| !it.is_empty()).map(|it| Part::Text(it));
    match name {
        "username" => text(&requester.name),
        "uid" => text(&requester.uid),
        "groups" => Some(&*requester.groups).filter(|it| !it.is_empty()).map(Part::Texts),
        "extra" => Some(&*requester.extra).filter(|it| !it.is_empty()).map(Part::Extra),
        _ => None,
    }
}

impl<'a> Object<'a> for Part<'a> {
    fn datum(self) -> Datum<'a> {
        match self {
            Self::Node(node) | Self::Written(Some(node), _) | Self::Quantities(node) => datum(node),
            Self::Int(int) => Datum::Int(int),
            Self::Written(None, _)
            | Self::Request(_)
            | Self::Requester(_)
            | Self::Extra(_)
            | Self::Named(..) => Datum::Map,
            Self::Texts(_) => Datum::List,
            Self::Text(text) => Datum::String(text),
            Self::Bool(bool) => Datum::Bool(bool),
            Self::Withheld(reason) => Datum::Withheld(reason),
        }
    }

    fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Node(node) => node.get(name).map(Part::Node),
            Self::Written(node, of) => of.field(node, name),
            Self::Quantities(node) => node.get(name).map(written::quantity),
            Self::Request(review) => request(review, name),
            Self::Requester(known) => requester(known, name),
            Self::Extra(extra) => {
                extra.iter().find(|(key, _)| key == name).map(|(_, values)| Part::Texts(values))
            }
            Self::Named(named, own) => match name {
                "group" => Some(Part::Text(named.group)),
                "version" => Some(Part::Text(named.version)),
                _ => (name == own).then_some(Part::Text(named.name)),
            },
            _ => None,
        }
    }

    fn item(self, index: usize) -> Option<Self> {
        match self {
            Self::Node(node) => node.item(index).map(Part::Node),
            Self::Written(Some(node), of) => {
                node.item(index).map(|item| Part::Written(Some(item), of))
            }
            Self::Texts(texts) => texts.get(index).map(|text| Part::Text(text)),
            _ => None,
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Node(node) | Self::Written(Some(node), _) if node.is_list() => {
                node.items().count()
            }
            Self::Texts(texts) => texts.len(),
            _ => self.entries().count(),
        }
    }

    fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let (node, extra) = match self {
            Self::Node(node) | Self::Written(Some(node), _) | Self::Quantities(node) => {
                (Some(node), None)
            }
            Self::Extra(extra) => (None, Some(extra)),
            _ => (None, None),
        };
        let added = match self {
            Self::Written(node, of) => Some(of.added(node)),
            _ => None,
        };
        let added = added.into_iter().flatten();
        let nodes = node.into_iter().flat_map(Node::entries);
        let nodes = nodes.filter(|(_, value)| !matches!(value.value(), Value::Null));
        let nodes = nodes.filter_map(move |(key, value)| match self {
            Self::Node(_) => Some((key, Part::Node(value))),
            part => Some((key, part.field(key)?)),
        });
        let extra = extra.into_iter().flatten();
        let extra = extra.map(|(key, values)| (key.as_str(), Part::Texts(values)));
        let named = self.names().iter().filter_map(move |name| Some((*name, self.field(name)?)));
        nodes.chain(added).chain(extra).chain(named)
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let (node, texts) = match self {
            Self::Node(node) | Self::Written(Some(node), _) => (Some(node), None),
            Self::Texts(texts) => (None, Some(texts)),
            _ => (None, None),
        };
        let texts = texts.into_iter().flatten().map(|text| Part::Text(text));
        let item = move |item| match self {
            Self::Written(_, of) => Part::Written(Some(item), of),
            _ => Part::Node(item),
        };
        node.into_iter().flat_map(Node::items).map(item).chain(texts)
    }
}

fn datum(node: Node<'_>) -> Datum<'_> {
    match node.value() {
        Value::Null => Datum::Null,
        Value::Bool(bool) => Datum::Bool(bool),
        Value::Int(int) => Datum::Int(int),
        Value::Float(float) => Datum::Double(float),
        Value::String(text) => Datum::String(text),
        Value::Elided(_) => Datum::Withheld("the text is too long to have been kept"),
        Value::Redacted(_) => {
            Datum::Withheld("the value is or may be a credential and was not kept")
        }
        Value::List => Datum::List,
        Value::Map => Datum::Map,
    }
}
