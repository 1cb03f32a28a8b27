//! Interned texts: names and verbs are compared as numbers.

use std::collections::HashMap;
use std::sync::Arc;

/// A text of an authorizer's [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Symbol(pub(super) u32);

impl Symbol {
    /// `*`.
    pub(super) const STAR: Self = Self(0);
    /// The empty text.
    pub(super) const EMPTY: Self = Self(1);
    /// A text no rule and no binding has: equal to none of them.
    pub(super) const ABSENT: Self = Self(u32::MAX);
}

/// All texts of an authorizer, each once.
#[derive(Debug)]
pub(super) struct Symbols {
    numbers: HashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    pub(super) fn new() -> Self {
        let mut symbols = Self { numbers: HashMap::new(), texts: Vec::new() };
        symbols.intern("*");
        symbols.intern("");
        symbols
    }

    pub(super) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(text) {
            return *symbol;
        }
        let symbol = Symbol(self.texts.len() as u32);
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, symbol);
        symbol
    }

    pub(super) fn find(&self, text: &str) -> Symbol {
        self.numbers.get(text).copied().unwrap_or(Symbol::ABSENT)
    }

    pub(super) fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0 as usize).map_or("", |text| text)
    }

    /// Bytes it takes, estimated from its parts.
    pub(super) fn bytes(&self) -> usize {
        let text: usize = self.texts.iter().map(|text| text.len() + 16).sum();
        text + self.texts.capacity() * size_of::<Arc<str>>()
            + self.numbers.capacity() * (size_of::<(Arc<str>, Symbol)>() + 1)
    }
}
