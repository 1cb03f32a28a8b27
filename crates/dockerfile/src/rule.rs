//! What a rule is, and what it finds.

use model::Severity;

use crate::instruction::Instruction;
use crate::read::Dockerfile;
use crate::shell::Command;

/// One thing that can be wrong in a Dockerfile.
#[derive(Debug)]
pub struct Rule {
    /// Names the bad pattern.
    pub id: &'static str,
    /// How bad it is where nothing else is known.
    pub severity: Severity,
    /// One line for lists.
    pub title: &'static str,
    /// What follows from it.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Shows it; the tests run it.
    pub example: Example,
    /// Looks for it.
    pub(crate) judge: fn(&Dockerfile) -> Vec<Place>,
}

impl Rule {
    /// Whether what it finds is a credential.
    pub fn speaks_of_credentials(&self) -> bool {
        self.id.starts_with("credential-")
    }
}

/// A file that the rule refuses and one that it does not.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Refused.
    pub bad: &'static str,
    /// The lines of `bad` that are found.
    pub lines: &'static [u32],
    /// The same thing done well.
    pub good: &'static str,
}

/// Something that is wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What.
    pub rule: &'static Rule,
    /// Line, from 1.
    pub line: u32,
    /// Column, in code points from 1.
    pub column: u32,
    /// What is wrong with this file: one sentence with its real names, no credential.
    pub message: String,
}

/// Where a rule found something, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
}

impl Place {
    /// At an instruction.
    pub(crate) fn at(it: &Instruction, message: impl Into<String>) -> Self {
        Self { line: it.line, column: it.column, message: message.into() }
    }

    /// At a command.
    pub(crate) fn of(command: &Command, message: impl Into<String>) -> Self {
        Self { line: command.line, column: command.column, message: message.into() }
    }

    /// At a line.
    pub(crate) fn on(line: u32, message: impl Into<String>) -> Self {
        Self { line, column: 1, message: message.into() }
    }
}
