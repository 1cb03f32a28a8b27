//! Maven: tokens between dots, dashes and changes from digits to letters.
//!
//! The rules are the "Version Order Specification" of Maven's POM reference, which describes
//! `org.apache.maven.artifact.versioning.ComparableVersion`. Every text has a place.

use std::cmp::Ordering;

use super::numbers;

/// Qualifiers with a place of their own; all others stand behind them, by the alphabet. The empty
/// one is the release.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

/// What stands before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    Dot,
    Dash,
}

struct Token<'a> {
    prefix: Prefix,
    /// Digits, or a qualifier in lower case without its aliases.
    text: &'a str,
}

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let (one, other) = (read(&one), read(&other));
    let (mut lefts, mut rights) = (one.iter(), other.iter());
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (Some(left), None) => order(left, &padding(left)),
            (None, Some(right)) => order(&padding(right), right),
            (Some(left), Some(right)) => order(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// What a version that has ended has in the place of a token.
fn padding(token: &Token<'_>) -> Token<'static> {
    let text = if is_number(token.text) { "0" } else { "" };
    Token { prefix: token.prefix, text }
}

fn order(one: &Token<'_>, other: &Token<'_>) -> Ordering {
    let rank = |token: &Token<'_>| match (is_number(token.text), token.prefix) {
        (false, Prefix::Dot) => 0,
        (false, Prefix::Dash) => 1,
        (true, Prefix::Dash) => 2,
        (true, Prefix::Dot) => 3,
    };
    rank(one).cmp(&rank(other)).then_with(|| {
        if is_number(one.text) {
            numbers(one.text.as_bytes(), other.text.as_bytes())
        } else {
            place(one.text).cmp(&place(other.text))
        }
    })
}

fn place(qualifier: &str) -> (usize, &str) {
    match QUALIFIERS.iter().position(|known| *known == qualifier) {
        Some(at) => (at, ""),
        None => (QUALIFIERS.len(), qualifier),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// The tokens, without those at the end of a run that say nothing.
fn read(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut prefix = Prefix::Dash;
    let mut rest = text;
    loop {
        let is_digits = is_number(rest);
        let is_inside = |character: char| {
            !matches!(character, '.' | '-') && character.is_ascii_digit() == is_digits
        };
        let end = rest.find(|character| !is_inside(character)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        let is_before_digit = is_number(behind);
        let text = match part {
            "" => "0",
            "a" if is_before_digit => "alpha",
            "b" if is_before_digit => "beta",
            "m" if is_before_digit => "milestone",
            "cr" => "rc",
            "final" | "ga" | "release" => "",
            other => other,
        };
        tokens.push(Token { prefix, text });
        rest = match behind.strip_prefix(['.', '-']) {
            Some(rest) => {
                prefix = if behind.starts_with('.') { Prefix::Dot } else { Prefix::Dash };
                rest
            }
            None if behind.is_empty() => break,
            // From digits to letters or back is as good as a dash.
            None => {
                prefix = Prefix::Dash;
                behind
            }
        };
    }
    trim(tokens)
}

/// Takes off what is 0 or a release, from the end and from before each dash.
fn trim(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let is_null = |token: &Token<'_>| token.text.bytes().all(|byte| byte == b'0');
    let mut kept: Vec<Token<'_>> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if token.prefix == Prefix::Dash {
            drop_last(&mut kept, is_null);
        }
        kept.push(token);
    }
    drop_last(&mut kept, is_null);
    kept
}

/// The first token stays.
fn drop_last(kept: &mut Vec<Token<'_>>, is_null: impl Fn(&Token<'_>) -> bool) {
    while kept.len() > 1 && kept.last().is_some_and(&is_null) {
        kept.pop();
    }
}
