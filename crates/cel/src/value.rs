//! Values: what an expression computes with. Data of the caller is read in place.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::ops::Deref;
use std::rc::Rc;

use crate::error::Error;
use crate::limit::VALUE_DEPTH_MAX;
use crate::map::Entries;
use crate::opaque::Opaque;
use crate::time::{Span, Time};

/// A part of the caller's data: what JSON can hold, read where it is.
pub trait Object<'a>: Copy {
    /// What it is.
    fn datum(self) -> Datum<'a>;
    /// The value under a key of a map.
    fn field(self, name: &str) -> Option<Self>;
    /// An item of a list.
    fn item(self, index: usize) -> Option<Self>;
    /// Items of a list, entries of a map, each key once.
    fn length(self) -> usize;
    /// The entries of a map, each key once.
    fn entries(self) -> impl Iterator<Item = (&'a str, Self)>;
    /// The items of a list.
    fn items(self) -> impl Iterator<Item = Self>;
}

/// What a part of the caller's data is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Null.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other number.
    Double(f64),
    /// Text.
    String(&'a str),
    /// A list.
    List,
    /// A map.
    Map,
    /// There is a value, but it is not known; why, as a clause. Using it is an error.
    Withheld(&'static str),
}

/// Text, of the caller, of the program, or computed.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Somebody else's.
    Borrowed(&'a str),
    /// Computed.
    Shared(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

/// Bytes, of the program or computed.
#[derive(Clone, Debug)]
pub enum Bytes<'a> {
    /// Of the program.
    Borrowed(&'a [u8]),
    /// Computed.
    Shared(Rc<[u8]>),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// A value that stands in a program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
    Timestamp(Time),
    Duration(Span),
    Type(Box<str>),
    List(Vec<Constant>),
    Map(Vec<(Constant, Constant)>),
}

/// A list: the caller's, the program's, or computed.
#[derive(Clone, Debug)]
pub enum List<'a, O> {
    /// The caller's.
    Data(O),
    /// The program's.
    Constant(Constants<'a>),
    /// Computed.
    Built(Rc<Vec<Value<'a, O>>>),
}

/// A list that stands in a program.
#[derive(Clone, Copy, Debug)]
pub struct Constants<'a>(pub(crate) &'a [Constant]);

/// A map: the caller's, or computed.
#[derive(Clone, Debug)]
pub enum Map<'a, O> {
    /// The caller's.
    Data(O),
    /// Computed.
    Built(Rc<Entries<'a, O>>),
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value<'a, O> {
    /// Null.
    Null,
    /// A bool.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A double.
    Double(f64),
    /// Text.
    String(Text<'a>),
    /// Bytes.
    Bytes(Bytes<'a>),
    /// A moment.
    Timestamp(Time),
    /// A length of time.
    Duration(Span),
    /// The name of a type.
    Type(Text<'a>),
    /// A list.
    List(List<'a, O>),
    /// A map.
    Map(Map<'a, O>),
    /// A value that may be missing.
    Optional(Option<Rc<Value<'a, O>>>),
    /// What only functions can use.
    Opaque(Rc<Opaque>),
    /// The caller's variables, computed when asked for: see [`crate::Activation::lazy`].
    Lazy,
}

impl<'a, O: Object<'a>> Value<'a, O> {
    /// A value of the caller's data.
    pub fn of(object: O) -> Result<Self, Error> {
        Ok(match object.datum() {
            Datum::Null => Self::Null,
            Datum::Bool(bool) => Self::Bool(bool),
            Datum::Int(int) => Self::Int(int),
            Datum::Double(double) => Self::Double(double),
            Datum::String(text) => Self::String(Text::Borrowed(text)),
            Datum::List => Self::List(List::Data(object)),
            Datum::Map => Self::Map(Map::Data(object)),
            Datum::Withheld(reason) => return Err(Error::withheld(reason)),
        })
    }

    pub(crate) fn constant(constant: &'a Constant) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(bool) => Self::Bool(*bool),
            Constant::Int(int) => Self::Int(*int),
            Constant::Uint(uint) => Self::Uint(*uint),
            Constant::Double(double) => Self::Double(*double),
            Constant::String(text) => Self::String(Text::Borrowed(text)),
            Constant::Bytes(bytes) => Self::Bytes(Bytes::Borrowed(bytes)),
            Constant::Timestamp(time) => Self::Timestamp(*time),
            Constant::Duration(span) => Self::Duration(*span),
            Constant::Type(name) => Self::Type(Text::Borrowed(name)),
            Constant::List(items) => Self::List(List::Constant(Constants(items))),
            Constant::Map(entries) => {
                let mut built = Entries::default();
                for (key, value) in entries {
                    // What cannot be a key was refused when the program was made.
                    let _ = built.insert(Self::constant(key), Self::constant(value));
                }
                Self::Map(Map::Built(Rc::new(built)))
            }
        }
    }

    /// Computed text.
    pub fn text(text: impl Into<Rc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    /// A computed list.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(List::Built(Rc::new(items)))
    }

    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Rc::new(value)))
    }

    pub(crate) fn opaque(opaque: Opaque) -> Self {
        Self::Opaque(Rc::new(opaque))
    }

    /// The name of the value's type.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional_type",
            Self::Opaque(opaque) => opaque.type_name(),
            Self::Lazy => "kubernetes.variables",
        }
    }

    /// The name of cel-go's type in Go, which some of its messages show.
    pub(crate) fn go_name(&self) -> &'static str {
        match self {
            Self::Null => "types.Null",
            Self::Bool(_) => "types.Bool",
            Self::Int(_) => "types.Int",
            Self::Uint(_) => "types.Uint",
            Self::Double(_) => "types.Double",
            Self::String(_) => "types.String",
            Self::Bytes(_) => "types.Bytes",
            Self::Timestamp(_) => "types.Timestamp",
            Self::Duration(_) => "types.Duration",
            Self::Type(_) => "*types.Type",
            Self::List(_) => "*types.baseList",
            Self::Map(_) => "*types.baseMap",
            Self::Optional(_) => "*types.Optional",
            Self::Opaque(_) | Self::Lazy => "*cel.Value",
        }
    }

    /// Code points of a text, bytes, items, entries: what `size()` and costs count; None for what
    /// has no size.
    pub(crate) fn size(&self) -> Option<u64> {
        Some(match self {
            Self::String(text) => code_points(text),
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::List(list) => list.length() as u64,
            Self::Map(map) => map.length() as u64,
            Self::Opaque(opaque) => return opaque.size(),
            _ => return None,
        })
    }

    /// Whether two values are equal: numbers across types, lists and maps by their parts, never
    /// an error.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.equals_within(other, VALUE_DEPTH_MAX)
    }

    fn equals_within(&self, other: &Self, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::String(one), Self::String(two)) | (Self::Type(one), Self::Type(two)) => {
                **one == **two
            }
            (Self::Bytes(one), Self::Bytes(two)) => **one == **two,
            (Self::Timestamp(one), Self::Timestamp(two)) => one == two,
            (Self::Duration(one), Self::Duration(two)) => one == two,
            (Self::List(one), Self::List(two)) => {
                one.length() == two.length()
                    && one.items().zip(two.items()).all(|(one, two)| both(one, two, depth))
            }
            (Self::Map(one), Self::Map(two)) => {
                one.length() == two.length()
                    && one.entries().all(|(key, value)| {
                        let found = two.find(&key).ok().flatten();
                        found.is_some_and(|found| both(value, Ok(found), depth))
                    })
            }
            (Self::Optional(one), Self::Optional(two)) => match (one, two) {
                (None, None) => true,
                (Some(one), Some(two)) => one.equals_within(two, depth),
                _ => false,
            },
            (Self::Opaque(one), Self::Opaque(two)) => one.equals(two),
            _ => self.number_order(other) == Some(Ordering::Equal),
        }
    }

    fn number_order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(two)) => Some(one.cmp(two)),
            (Self::Uint(one), Self::Uint(two)) => Some(one.cmp(two)),
            (Self::Int(one), Self::Uint(two)) => Some(i128::from(*one).cmp(&i128::from(*two))),
            (Self::Uint(one), Self::Int(two)) => Some(i128::from(*one).cmp(&i128::from(*two))),
            (Self::Double(one), Self::Double(two)) => one.partial_cmp(two),
            (Self::Double(one), Self::Int(two)) => double_int(*one, *two),
            (Self::Int(one), Self::Double(two)) => double_int(*two, *one).map(Ordering::reverse),
            (Self::Double(one), Self::Uint(two)) => double_uint(*one, *two),
            (Self::Uint(one), Self::Double(two)) => double_uint(*two, *one).map(Ordering::reverse),
            _ => None,
        }
    }

    /// The order of two values of one kind, numbers across their types.
    pub(crate) fn compare(&self, other: &Self) -> Result<Ordering, Error> {
        match (self, other) {
            (Self::Bool(one), Self::Bool(two)) => Ok(one.cmp(two)),
            (Self::String(one), Self::String(two)) => Ok((**one).cmp(&**two)),
            (Self::Bytes(one), Self::Bytes(two)) => Ok((**one).cmp(&**two)),
            (Self::Timestamp(one), Self::Timestamp(two)) => Ok(one.cmp(two)),
            (Self::Duration(one), Self::Duration(two)) => Ok(one.cmp(two)),
            _ if self.is_number() && other.is_number() => {
                self.number_order(other).ok_or_else(|| Error::new("NaN values cannot be ordered"))
            }
            _ => Err(Error::no_overload()),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Uint(_) | Self::Double(_))
    }

    /// The value as people read it, as Go's `%v` prints scalars.
    pub fn display(&self) -> String {
        let mut text = String::new();
        self.display_into(&mut text, VALUE_DEPTH_MAX);
        text
    }

    fn display_into(&self, text: &mut String, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let _ = match self {
            Self::Null => write!(text, "null"),
            Self::Bool(bool) => write!(text, "{bool}"),
            Self::Int(int) => write!(text, "{int}"),
            Self::Uint(uint) => write!(text, "{uint}"),
            Self::Double(double) => write!(text, "{}", crate::number::shortest(*double)),
            Self::String(string) | Self::Type(string) => write!(text, "{}", &**string),
            Self::Bytes(bytes) => write!(text, "{}", String::from_utf8_lossy(bytes)),
            Self::Timestamp(time) => write!(text, "{time}"),
            Self::Duration(span) => write!(text, "{span}"),
            Self::List(list) => {
                text.push('[');
                for (index, item) in list.items().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    if let Ok(item) = item {
                        item.display_into(text, depth);
                    }
                }
                write!(text, "]")
            }
            Self::Map(map) => {
                text.push('{');
                for (index, (key, value)) in map.entries().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    key.display_into(text, depth);
                    text.push_str(": ");
                    if let Ok(value) = value {
                        value.display_into(text, depth);
                    }
                }
                write!(text, "}}")
            }
            Self::Optional(None) => write!(text, "optional.none()"),
            Self::Optional(Some(value)) => {
                text.push_str("optional(");
                value.display_into(text, depth);
                write!(text, ")")
            }
            Self::Opaque(opaque) => write!(text, "{opaque}"),
            Self::Lazy => write!(text, "variables"),
        };
    }
}

fn both<'a, O: Object<'a>>(
    one: Result<Value<'a, O>, Error>,
    two: Result<Value<'a, O>, Error>,
    depth: u32,
) -> bool {
    matches!((one, two), (Ok(one), Ok(two)) if one.equals_within(&two, depth))
}

pub(crate) fn code_points(text: &str) -> u64 {
    if text.is_ascii() { text.len() as u64 } else { text.chars().count() as u64 }
}

#[expect(clippy::cast_precision_loss, reason = "as cel-go compares: common/types/compare.go")]
fn double_int(double: f64, int: i64) -> Option<Ordering> {
    if double < i64::MIN as f64 {
        return Some(Ordering::Less);
    }
    if double > i64::MAX as f64 {
        return Some(Ordering::Greater);
    }
    double.partial_cmp(&(int as f64))
}

#[expect(clippy::cast_precision_loss, reason = "as cel-go compares: common/types/compare.go")]
fn double_uint(double: f64, uint: u64) -> Option<Ordering> {
    if double < 0.0 {
        return Some(Ordering::Less);
    }
    if double > u64::MAX as f64 {
        return Some(Ordering::Greater);
    }
    double.partial_cmp(&(uint as f64))
}

impl<'a, O: Object<'a>> List<'a, O> {
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Data(object) => object.length(),
            Self::Constant(constants) => constants.0.len(),
            Self::Built(items) => items.len(),
        }
    }

    pub(crate) fn item(&self, index: usize) -> Option<Result<Value<'a, O>, Error>> {
        match self {
            Self::Data(object) => object.item(index).map(Value::of),
            Self::Constant(constants) => constants.0.get(index).map(Value::constant).map(Ok),
            Self::Built(items) => items.get(index).cloned().map(Ok),
        }
    }

    /// All items in order.
    pub fn items(&self) -> Items<'a, O, impl Iterator<Item = O> + use<'a, O>> {
        match self {
            Self::Data(object) => Items::Data(object.items()),
            Self::Constant(constants) => Items::Constant(constants.0.iter()),
            Self::Built(items) => Items::Built(Rc::clone(items), 0),
        }
    }
}

/// The items of a list: see [`List::items`].
pub enum Items<'a, O, I> {
    #[doc(hidden)]
    Data(I),
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the names are hidden: only the iterator is public")]
    Constant(std::slice::Iter<'a, Constant>),
    #[doc(hidden)]
    Built(Rc<Vec<Value<'a, O>>>, usize),
}

impl<'a, O: Object<'a>, I: Iterator<Item = O>> Iterator for Items<'a, O, I> {
    type Item = Result<Value<'a, O>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Data(items) => items.next().map(Value::of),
            Self::Constant(items) => items.next().map(Value::constant).map(Ok),
            Self::Built(items, at) => {
                *at += 1;
                items.get(*at - 1).cloned().map(Ok)
            }
        }
    }
}

impl<'a, O: Object<'a>> Map<'a, O> {
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Data(object) => object.length(),
            Self::Built(entries) => entries.length(),
        }
    }

    /// The value under a key; keys are equal across number types.
    pub(crate) fn find(&self, key: &Value<'a, O>) -> Result<Option<Value<'a, O>>, Error> {
        match (self, key) {
            (Self::Data(object), Value::String(name)) => {
                object.field(name).map(Value::of).transpose()
            }
            (Self::Data(_), _) => Ok(None),
            (Self::Built(entries), key) => Ok(entries.find(key).cloned()),
        }
    }

    /// As [`Map::find`] by a text.
    pub fn field(&self, name: &str) -> Result<Option<Value<'a, O>>, Error> {
        match self {
            Self::Data(object) => object.field(name).map(Value::of).transpose(),
            Self::Built(entries) => Ok(entries.field(name).cloned()),
        }
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = (Value<'a, O>, Result<Value<'a, O>, Error>)> {
        let (data, built) = match self {
            Self::Data(object) => (Some(*object), None),
            Self::Built(entries) => (None, Some(entries)),
        };
        let data = data.into_iter().flat_map(Object::entries);
        let data = data.map(|(key, value)| (Value::String(Text::Borrowed(key)), Value::of(value)));
        let built = built.into_iter().flat_map(|entries| entries.iter());
        data.chain(built.map(|(key, value)| (key.clone(), Ok(value.clone()))))
    }
}
