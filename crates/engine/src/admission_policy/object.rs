//! Objects as expressions read them.

use cel::{Datum, Object};
use model::{Node, Value};

/// A node of an object. Null is not set, as in the API server's typed objects.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a>(pub(crate) Node<'a>);

impl<'a> Object<'a> for Part<'a> {
    fn datum(self) -> Datum<'a> {
        match self.0.value() {
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

    fn field(self, name: &str) -> Option<Self> {
        self.0.get(name).map(Part)
    }

    fn item(self, index: usize) -> Option<Self> {
        self.0.item(index).map(Part)
    }

    fn length(self) -> usize {
        if self.0.is_list() { self.0.items().count() } else { self.entries().count() }
    }

    fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let set = self.0.entries().filter(|(_, value)| !matches!(value.value(), Value::Null));
        set.map(|(key, value)| (key, Part(value)))
    }

    fn items(self) -> impl Iterator<Item = Self> {
        self.0.items().map(Part)
    }
}
