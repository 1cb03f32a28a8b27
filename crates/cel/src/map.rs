//! Maps an expression made.

use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap};

use crate::error::Error;
use crate::value::{Object, Value};

/// Maps up to this size are searched entry by entry.
const SCANNED_MAX: usize = 8;

/// The entries of a computed map, in the order they were made: Go's own order is random, ours
/// must not be.
#[derive(Clone, Debug)]
pub struct Entries<'a, O> {
    items: Vec<(Value<'a, O>, Value<'a, O>)>,
    /// Places by key, once there are many.
    index: HashMap<Key, u32>,
}

impl<O> Default for Entries<'_, O> {
    fn default() -> Self {
        Self { items: Vec::new(), index: HashMap::new() }
    }
}

/// A key: numbers of all types that are equal are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Null,
    Bool(bool),
    Number(i128),
    Double(u64),
    String(Box<str>),
}

/// A key as it is looked for, without a copy of its text.
#[derive(PartialEq)]
enum Sought<'k> {
    Other(Key),
    String(&'k str),
}

impl Hash for Sought<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Other(key) => key.hash(state),
            // As the derived hash of `Key::String`: the variant, then the text.
            Self::String(text) => {
                std::mem::discriminant(&Key::String(Box::default())).hash(state);
                text.hash(state);
            }
        }
    }
}

impl Equivalent<Key> for Sought<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        match (self, key) {
            (Self::Other(sought), key) => sought == key,
            (Self::String(sought), Key::String(text)) => **sought == **text,
            _ => false,
        }
    }
}

fn sought<'v, 'a, O: Object<'a>>(value: &'v Value<'a, O>) -> Option<Sought<'v>> {
    Some(match value {
        Value::String(text) => Sought::String(text),
        Value::Null => Sought::Other(Key::Null),
        Value::Bool(bool) => Sought::Other(Key::Bool(*bool)),
        Value::Int(int) => Sought::Other(Key::Number(i128::from(*int))),
        Value::Uint(uint) => Sought::Other(Key::Number(i128::from(*uint))),
        Value::Double(double) if double.fract() == 0.0 && double.abs() < 1.9e19 => {
            Sought::Other(Key::Number(*double as i128))
        }
        Value::Double(double) => Sought::Other(Key::Double(double.to_bits())),
        _ => return None,
    })
}

fn is<'a, O: Object<'a>>(value: &Value<'a, O>, key: &Sought<'_>) -> bool {
    match (value, key) {
        (Value::String(text), Sought::String(sought)) => **text == **sought,
        (value, key) => sought(value).is_some_and(|value| value == *key),
    }
}

impl<'a, O: Object<'a>> Entries<'a, O> {
    pub(crate) fn length(&self) -> usize {
        self.items.len()
    }

    fn place(&self, key: &Sought<'_>) -> Option<usize> {
        if self.index.is_empty() {
            return self.items.iter().position(|(known, _)| is(known, key));
        }
        self.index.get(key).map(|place| *place as usize)
    }

    pub(crate) fn find(&self, key: &Value<'a, O>) -> Option<&Value<'a, O>> {
        let place = self.place(&sought(key)?)?;
        self.items.get(place).map(|(_, value)| value)
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value<'a, O>> {
        let place = self.place(&Sought::String(name))?;
        self.items.get(place).map(|(_, value)| value)
    }

    /// Puts in an entry; what was there under the key comes back. Only nulls, bools, numbers and
    /// texts can be keys.
    pub fn insert(
        &mut self,
        key: Value<'a, O>,
        value: Value<'a, O>,
    ) -> Result<Option<Value<'a, O>>, Error> {
        let Some(known) = sought(&key) else {
            return Err(Error::new(format!("unsupported key type: {}", key.type_name())));
        };
        if let Some((_, place)) = self.place(&known).and_then(|place| self.items.get_mut(place)) {
            return Ok(Some(std::mem::replace(place, value)));
        }
        self.items.push((key, value));
        if !self.index.is_empty() {
            self.note(self.items.len() - 1);
        } else if self.items.len() > SCANNED_MAX {
            (0..self.items.len()).for_each(|place| self.note(place));
        }
        Ok(None)
    }

    fn note(&mut self, place: usize) {
        let Some(key) = self.items.get(place).and_then(|(key, _)| sought(key)) else { return };
        let key = match key {
            Sought::Other(key) => key,
            Sought::String(text) => Key::String(text.into()),
        };
        self.index.insert(key, place as u32);
    }

    pub(crate) fn remove(&mut self, key: &Value<'a, O>) {
        let place = sought(key).and_then(|key| self.place(&key));
        if let Some(place) = place {
            self.items.remove(place);
            self.index.clear();
            if self.items.len() > SCANNED_MAX {
                (0..self.items.len()).for_each(|place| self.note(place));
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Value<'a, O>, &Value<'a, O>)> {
        self.items.iter().map(|(key, value)| (key, value))
    }
}
