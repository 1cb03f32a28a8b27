//! PyPI: PEP 440, and for older versions the order from before it.
//!
//! The rules are those of the packaging specification "Version specifiers" (formerly PEP 440,
//! appendix B) and of `packaging/version.py`. What is no such version stands before all that are,
//! by the rules of `pkg_resources` that `packaging` kept as `LegacyVersion` until its release 22.

use std::cmp::Ordering;

use super::{numbers, split_while};

/// A version that keeps PEP 440.
struct Version<'a> {
    epoch: &'a [u8],
    /// Numbers and dots; trailing zeros say nothing.
    release: &'a [u8],
    /// The letter's place (a, b, rc) and the number.
    pre: Option<(u8, &'a [u8])>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
}

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    match (read(one), read(other)) {
        (Some(one), Some(other)) => versions(&one, &other),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => legacy(one).cmp(&legacy(other)),
    }
}

fn versions(one: &Version<'_>, other: &Version<'_>) -> Ordering {
    numbers(one.epoch, other.epoch)
        .then_with(|| releases(one.release, other.release))
        .then_with(|| {
            let (one, other) = (pre(one), pre(other));
            one.0.cmp(&other.0).then_with(|| numbers(one.1, other.1))
        })
        .then_with(|| optional(one.post, other.post, Ordering::Less))
        .then_with(|| optional(one.dev, other.dev, Ordering::Greater))
        .then_with(|| match (one.local, other.local) {
            (Some(one), Some(other)) => locals(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        })
}

fn releases(one: &[u8], other: &[u8]) -> Ordering {
    let is_dot = |byte: &u8| *byte == b'.';
    let (mut lefts, mut rights) = (one.split(is_dot), other.split(is_dot));
    loop {
        let (left, right) = (lefts.next(), rights.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let order = numbers(left.unwrap_or_default(), right.unwrap_or_default());
        if order.is_ne() {
            return order;
        }
    }
}

/// Where the pre-release stands: a development release of the release itself before all, the
/// release itself behind all.
fn pre<'a>(version: &Version<'a>) -> (u8, &'a [u8]) {
    match version.pre {
        Some((letter, number)) => (letter, number),
        None if version.post.is_none() && version.dev.is_some() => (0, b""),
        None => (4, b""),
    }
}

/// Compares numbers of which one may be missing; `missing` is where that stands.
fn optional(one: Option<&[u8]>, other: Option<&[u8]>, missing: Ordering) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => numbers(one, other),
        (None, None) => Ordering::Equal,
        (None, Some(_)) => missing,
        (Some(_), None) => missing.reverse(),
    }
}

/// Local labels: numbers behind words, the longer list behind.
fn locals(one: &[u8], other: &[u8]) -> Ordering {
    let is_separator = |byte: &u8| matches!(byte, b'.' | b'-' | b'_');
    let is_number = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let (mut lefts, mut rights) = (one.split(is_separator), other.split(is_separator));
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => numbers(left, right),
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase()),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn read(text: &str) -> Option<Version<'_>> {
    let text = text.trim_ascii();
    let mut rest = Rest(text.strip_prefix(['v', 'V']).unwrap_or(text).as_bytes());
    let mut epoch = b"".as_slice();
    let (digits, behind) = split_while(rest.0, |byte| byte.is_ascii_digit());
    if behind.first() == Some(&b'!') && !digits.is_empty() {
        epoch = digits;
        rest.0 = behind.get(1..)?;
    }
    let release = rest.release()?;
    let pre = rest.pre();
    let post = rest.post();
    let dev = rest.word("dev").then(|| rest.number());
    let local = match rest.0.split_first() {
        Some((b'+', local)) => {
            let is_separator = |byte: &u8| matches!(byte, b'.' | b'-' | b'_');
            let is_part =
                |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric);
            if !local.split(is_separator).all(is_part) {
                return None;
            }
            Some(local)
        }
        Some(_) => return None,
        None => None,
    };
    Some(Version { epoch, release, pre, post, dev, local })
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn release(&mut self) -> Option<&'a [u8]> {
        let whole = self.0;
        let mut end = 0;
        loop {
            let (digits, behind) = split_while(whole.get(end..)?, |byte| byte.is_ascii_digit());
            if digits.is_empty() {
                // A dot that no number follows belongs to what comes next.
                end = end.checked_sub(1)?;
                break;
            }
            end += digits.len();
            if behind.first() != Some(&b'.') {
                break;
            }
            end += 1;
        }
        let (release, behind) = whole.split_at(end);
        self.0 = behind;
        Some(release)
    }

    /// Steps over a word in any case, behind one separator or none.
    fn word(&mut self, word: &str) -> bool {
        let text = match self.0.split_first() {
            Some((b'.' | b'-' | b'_', behind)) => behind,
            _ => self.0,
        };
        match text.split_at_checked(word.len()) {
            Some((start, behind)) if start.eq_ignore_ascii_case(word.as_bytes()) => {
                self.0 = behind;
                true
            }
            _ => false,
        }
    }

    /// A number behind one separator or none; 0 where there is none.
    fn number(&mut self) -> &'a [u8] {
        let text = match self.0.split_first() {
            Some((b'.' | b'-' | b'_', behind)) => behind,
            _ => self.0,
        };
        let (digits, behind) = split_while(text, |byte| byte.is_ascii_digit());
        self.0 = behind;
        digits
    }

    fn pre(&mut self) -> Option<(u8, &'a [u8])> {
        const WORDS: [(&str, u8); 8] = [
            ("preview", 3),
            ("alpha", 1),
            ("beta", 2),
            ("pre", 3),
            ("rc", 3),
            ("a", 1),
            ("b", 2),
            ("c", 3),
        ];
        let (_, place) = WORDS.iter().find(|(word, _)| self.word(word))?;
        Some((*place, self.number()))
    }

    fn post(&mut self) -> Option<&'a [u8]> {
        // `1.0-1` is short for `1.0.post1`.
        if let Some((b'-', behind)) = self.0.split_first()
            && behind.first().is_some_and(u8::is_ascii_digit)
        {
            let (digits, behind) = split_while(behind, |byte| byte.is_ascii_digit());
            self.0 = behind;
            return Some(digits);
        }
        ["post", "rev", "r"].iter().find(|word| self.word(word))?;
        Some(self.number())
    }
}

/// The key of an old version: numbers to eight digits, words behind a `*`, so that numbers and
/// words never meet.
fn legacy(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let kind = Sort::of(rest);
        let is_other = |character: char| Sort::of_character(character) != kind;
        let end = match kind {
            Sort::Sign => 1,
            _ => rest.find(is_other).unwrap_or(rest.len()),
        };
        let (part, behind) = rest.split_at(end);
        rest = behind;
        push(&mut parts, part, kind);
    }
    push(&mut parts, "final", Sort::Word);
    parts
}

/// What a part of an old version is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Word,
    /// A dot or a dash, each for itself.
    Sign,
    Other,
}

impl Sort {
    fn of(rest: &str) -> Self {
        rest.chars().next().map_or(Self::Other, Self::of_character)
    }

    fn of_character(character: char) -> Self {
        match character {
            '0'..='9' => Self::Number,
            'a'..='z' => Self::Word,
            '.' | '-' => Self::Sign,
            _ => Self::Other,
        }
    }
}

fn push(parts: &mut Vec<String>, part: &str, kind: Sort) {
    const NUMBER_DIGITS: usize = 8;
    let word = match part {
        "." => return,
        "pre" | "preview" | "rc" => "c",
        "-" => "final-",
        "dev" => "@",
        word => word,
    };
    if kind == Sort::Number {
        parts.push(format!("{word:0>NUMBER_DIGITS$}"));
        return;
    }
    let word = format!("*{word}");
    if word.as_str() < "*final" {
        while parts.last().is_some_and(|last| last == "*final-") {
            parts.pop();
        }
    }
    while parts.last().is_some_and(|last| last == "00000000") {
        parts.pop();
    }
    parts.push(word);
}
