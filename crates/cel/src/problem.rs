//! Why an expression cannot be compiled, and where.

use std::fmt;

/// A fault of an expression: place and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in code points.
    pub column: u32,
    /// Why, as a lower-case fragment in cel-go's words where it has some.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for Problem {}

/// A fault by its place in bytes, before lines are counted.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) offset: u32,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(offset: u32, reason: impl Into<String>) -> Self {
        Self { offset, reason: reason.into() }
    }

    pub(crate) fn locate(self, source: &str) -> Problem {
        let mut offset = (self.offset as usize).min(source.len());
        while !source.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = source.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
        Problem { line, column, reason: self.reason }
    }
}
