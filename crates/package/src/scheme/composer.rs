//! Packagist: parts as PHP's `version_compare` sees them.
//!
//! The rules are those of PHP's `ext/standard/versioning.c`, which Composer's own comparison
//! (`composer/semver`) ends in: all signs are dots, and so is every change between digits and
//! letters. Every text has a place.

use std::cmp::Ordering;

use super::numbers;

/// How words with a place start; a number stands at 5, any other word before all of them. Only
/// `RC` may be in capitals.
const WORDS: [(&str, u8); 7] =
    [("dev", 1), ("a", 2), ("b", 3), ("rc", 4), ("RC", 4), ("#", 5), ("p", 6)];

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (mut lefts, mut rights) = (parts(one), parts(other));
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => numbers(left.as_bytes(), right.as_bytes()),
                (false, false) => place(left).cmp(&place(right)),
                (true, false) => place("#").cmp(&place(right)),
                (false, true) => place(left).cmp(&place("#")),
            },
            // A number more is newer, and so is a word that stands behind numbers.
            (Some(left), None) if is_number(left) => Ordering::Greater,
            (Some(left), None) => place(left).cmp(&place("#")),
            (None, Some(right)) if is_number(right) => Ordering::Less,
            (None, Some(right)) => place("#").cmp(&place(right)),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn is_number(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_digit())
}

fn place(word: &str) -> u8 {
    WORDS.iter().find(|(start, _)| word.starts_with(start)).map_or(0, |(_, place)| *place)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_separator = |character: char| !character.is_ascii_alphanumeric() && character != '#';
        rest = rest.trim_start_matches(is_separator);
        let is_digits = is_number(rest);
        let end = rest.find(|character: char| {
            is_separator(character) || character.is_ascii_digit() != is_digits
        });
        let (part, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        (!part.is_empty()).then_some(part)
    })
}
