//! What can be said of an exception: the rules, as findings and pages show them.

use model::Severity;

/// What a remark is called and what to do about it, as findings and pages show it.
pub struct Rule {
    /// What it is about.
    pub kind: RemarkKind,
    /// The name of its findings.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What to do.
    pub advice: &'static str,
}

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// Every remark.
pub const RULES: &[Rule] = &[
    Rule {
        kind: RemarkKind::Expired,
        name: "exception-expired",
        title: "Exception has expired",
        severity: Severity::Low,
        advice: "repair what it covered, or set a new day with a new reason",
    },
    Rule {
        kind: RemarkKind::Unused,
        name: "exception-unused",
        title: "Exception hides nothing",
        severity: Severity::Low,
        advice: "remove it: what it was for is repaired, renamed or out of this scan",
    },
    Rule {
        kind: RemarkKind::TooWide,
        name: "exception-too-wide",
        title: "Exception covers everything",
        severity: Severity::Medium,
        advice: "name a kind, namespace, name, container, label or path",
    },
];

/// What can be wrong with an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemarkKind {
    /// Its day has passed: its findings are back.
    Expired,
    /// It hides nothing.
    Unused,
    /// It names no kind, name, namespace, container, label or path.
    TooWide,
}
