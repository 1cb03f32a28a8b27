//! JSON as data, and values as the oracle writes them.

use cel::{Activation, Datum, Error, Object, Value};
use serde_json::{Value as Json, json};

/// A part of a JSON document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a>(pub(crate) &'a Json);

impl<'a> Object<'a> for Part<'a> {
    fn datum(self) -> Datum<'a> {
        match self.0 {
            Json::Null => Datum::Null,
            Json::Bool(bool) => Datum::Bool(*bool),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Datum::Int(int),
                None => Datum::Double(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Datum::String(text),
            Json::Array(_) => Datum::List,
            Json::Object(_) => Datum::Map,
        }
    }

    fn field(self, name: &str) -> Option<Self> {
        self.0.as_object()?.get(name).map(Part)
    }

    fn item(self, index: usize) -> Option<Self> {
        self.0.as_array()?.get(index).map(Part)
    }

    fn length(self) -> usize {
        self.0
            .as_array()
            .map(Vec::len)
            .or(self.0.as_object().map(serde_json::Map::len))
            .unwrap_or(0)
    }

    fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let map = self.0.as_object().into_iter().flatten();
        map.map(|(key, value)| (key.as_str(), Part(value)))
    }

    fn items(self) -> impl Iterator<Item = Self> {
        self.0.as_array().into_iter().flatten().map(Part)
    }
}

/// Variables in the order they were declared.
pub(crate) struct Variables<'a>(pub(crate) Vec<&'a Json>);

impl<'a> Activation<'a, Part<'a>> for Variables<'a> {
    fn variable(&self, number: usize) -> Result<Value<'a, Part<'a>>, Error> {
        Value::of(Part(self.0[number]))
    }
}

/// A value as the oracle's `celEncode` writes it.
pub(crate) fn encode<'a>(value: &Value<'a, Part<'a>>) -> Json {
    match value {
        Value::Null => json!(["null"]),
        Value::Bool(bool) => json!(["bool", bool]),
        Value::Int(int) => json!(["int", int.to_string()]),
        Value::Uint(uint) => json!(["uint", uint.to_string()]),
        Value::Double(double) if double.is_nan() => json!(["double", "NaN"]),
        Value::Double(double) => json!(["double", format!("{:x}", double.to_bits())]),
        Value::String(text) => json!(["string", &**text]),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!(["bytes", digits])
        }
        Value::Timestamp(_) | Value::Duration(_) => json!([value.type_name(), value.display()]),
        Value::Type(name) => json!(["type", &**name]),
        Value::List(list) => {
            let items: Vec<Json> =
                list.items().map(|item| encode(&item.expect("data is never withheld"))).collect();
            json!(["list", items])
        }
        Value::Map(map) => {
            let mut entries: Vec<Json> = map
                .entries()
                .map(|(key, value)| {
                    json!([encode(&key), encode(&value.expect("data is never withheld"))])
                })
                .collect();
            entries.sort_by_key(Json::to_string);
            json!(["map", entries])
        }
        Value::Optional(None) => json!(["optional"]),
        Value::Optional(Some(inner)) => json!(["optional", encode(inner)]),
        Value::Opaque(_) | Value::Lazy => json!([value.type_name()]),
    }
}
