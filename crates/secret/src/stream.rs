//! Files of any size, read piece by piece.
//!
//! A window holds the piece that is looked at with what a rule may see before and behind it, so
//! that the answer does not hang on where a file is cut into pieces.

use memchr::{memchr_iter, memchr2_iter, memmem, memrchr};

use super::assignment::{VALUE_REACH, end_of_flag, merge};
use super::name::NAME_MAX;
use super::stored::{Named, credential, forms_only};
use super::{Match, Rule, SecretKind, manifest, scan};

/// Bytes that are looked at at once.
const WINDOW_BYTES: usize = 256 << 10;
/// The smallest window: each is moved as a whole.
const WINDOW_BYTES_MIN: usize = 4 << 10;
/// Bytes a rule may look at before its needle: the head of a JSON Web Key.
const BEFORE_BYTES: usize = 5 << 10;
/// Bytes a rule may look at from its needle on: a private key of 64 KiB with its last line.
const BEHIND_BYTES: usize = 68 << 10;
/// Bytes by which assignments are looked at later than forms, which go before them.
const LAG_BYTES: usize = VALUE_REACH + NAME_MAX + 2 * manifest::OBJECT_BYTES;
/// Bytes at the beginning of a file that tell text from data: with a zero byte it is data.
const HEAD_BYTES: usize = 8 << 10;
/// Credentials of one file that are told; further ones are counted.
const FOUND_MAX: u32 = 1_000;

/// How sure it is that something is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Its name says so, and its value is no placeholder.
    Named,
    /// It has the form of one.
    Formed,
    /// It carries proof: the checksum or the structure that the vendor puts into it.
    Proven,
}

/// A credential in a file.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The rule that found it.
    pub rule: &'static str,
    /// How sure that is.
    pub certainty: Certainty,
    /// Its line, from 1.
    pub line: u64,
    /// Its column, in code points from 1.
    pub column: u64,
    /// The credential itself: never to be shown.
    pub value: &'a [u8],
}

/// What was read of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Its bytes.
    pub bytes: u64,
    /// Whether it is data and no text: then names are not asked, only forms.
    pub is_binary: bool,
    /// Credentials over the bound, which are not told.
    pub more: u32,
}

/// Looks for credentials in one file after the other.
pub struct Scanner {
    named: Named,
    window: Vec<u8>,
    /// Bytes of the window when it is full.
    capacity: usize,
    /// Where the window begins, by its line and column.
    start: Place,
    /// Positions in the window: where forms and assignments are looked for next, and where the
    /// last of each ended.
    forms: Cursor,
    assignments: Cursor,
    /// Ends and beginnings of forms that an assignment may yet overlap.
    recent: Vec<(usize, usize)>,
    told: u32,
    read: Read,
    is_begun: bool,
}

#[derive(Clone, Copy, Default)]
struct Cursor {
    at: usize,
    ended: usize,
}

#[derive(Clone, Copy)]
struct Place {
    line: u64,
    column: u64,
}

const FIRST: Place = Place { line: 1, column: 1 };

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner that has seen nothing.
    pub fn new() -> Self {
        Self::with_window(WINDOW_BYTES)
    }

    /// A scanner that looks at so many bytes at once, with what rules may see around them. The
    /// answer does not hang on it.
    pub fn with_window(bytes: usize) -> Self {
        let capacity = bytes.max(WINDOW_BYTES_MIN) + LAG_BYTES + BEFORE_BYTES + BEHIND_BYTES;
        Self {
            named: Named::new(),
            window: Vec::with_capacity(capacity),
            capacity,
            start: FIRST,
            forms: Cursor::default(),
            assignments: Cursor::default(),
            recent: Vec::new(),
            told: 0,
            read: Read::default(),
            is_begun: false,
        }
    }

    /// The next bytes of the file. `tell` is told what is found, in no order.
    pub fn take(&mut self, mut bytes: &[u8], tell: &mut dyn FnMut(Found<'_>)) {
        self.read.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = self.capacity - self.window.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.window.extend_from_slice(now);
            bytes = later;
            if self.window.len() == self.capacity {
                self.look(self.window.len() - BEHIND_BYTES, tell);
                self.shift();
            }
        }
    }

    /// The end of the file: what was read of it. The scanner is ready for the next one.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Found<'_>)) -> Read {
        self.look(usize::MAX, tell);
        self.window.clear();
        self.recent.clear();
        self.start = FIRST;
        self.forms = Cursor::default();
        self.assignments = Cursor::default();
        self.told = 0;
        self.is_begun = false;
        std::mem::take(&mut self.read)
    }

    /// Looks at what begins before `until`.
    fn look(&mut self, until: usize, tell: &mut dyn FnMut(Found<'_>)) {
        if !self.is_begun {
            let head = self.window.get(..HEAD_BYTES).unwrap_or(&self.window);
            self.read.is_binary = memchr::memchr(0, head).is_some();
            self.is_begun = true;
        }
        let mut found = Vec::new();
        self.look_for_forms(until, &mut found);
        if !self.read.is_binary {
            self.look_for_assignments(until.saturating_sub(LAG_BYTES), &mut found);
        }
        found.sort_by_key(|(_, _, it)| it.start);
        let (mut place, mut at) = (self.start, 0);
        for (rule, certainty, it) in found {
            if self.told >= FOUND_MAX {
                self.read.more += 1;
                continue;
            }
            self.told += 1;
            place.pass(self.window.get(at..it.start).unwrap_or_default());
            at = it.start;
            let value = self.window.get(it.start..it.end).unwrap_or_default();
            tell(Found { rule, certainty, line: place.line, column: place.column, value });
        }
    }

    fn look_for_forms(&mut self, until: usize, found: &mut Vec<Hit>) {
        let Cursor { mut at, mut ended } = self.forms;
        while found.len() <= FOUND_MAX as usize
            && let Some((rule, it)) = scan::next_before(&self.window, ended, at, until)
        {
            (at, ended) = (it.end, it.end);
            self.recent.push((it.start, it.end));
            let value = self.window.get(it.start..it.end).unwrap_or_default();
            if forms_only(rule, value) {
                found.push((rule.id, certainty(rule, value), it));
            }
        }
        self.forms = Cursor { at: at.max(until.min(self.window.len())), ended };
    }

    fn look_for_assignments(&mut self, until: usize, found: &mut Vec<Hit>) {
        let Cursor { at, mut ended } = self.assignments;
        let end = until.min(self.window.len());
        let part = self.window.get(..end).unwrap_or_default();
        let from = at.min(end);
        let rest = part.get(from..).unwrap_or_default();
        let signs = memchr2_iter(b'=', b':', rest).map(|sign| from + sign);
        let tags = memchr_iter(b'>', rest).map(|sign| from + sign);
        let flags = memchr_iter(b'-', rest);
        let flags = flags.filter_map(|flag| end_of_flag(&self.window, from + flag));
        let mut forms = self.recent.iter().copied().peekable();
        for sign in merge(merge(signs, tags), flags) {
            if sign < ended || found.len() > FOUND_MAX as usize {
                continue;
            }
            let Some((rule, it)) = credential(&self.window, sign, &self.named) else { continue };
            while forms.next_if(|(_, end)| *end <= it.start).is_some() {}
            if forms.peek().is_none_or(|(start, _)| *start >= it.end) {
                ended = it.end;
                found.push((rule, Certainty::Named, it));
            }
        }
        self.assignments = Cursor { at: end.max(at), ended };
        self.look_for_manifests(from, end, found);
    }

    /// What Secrets of Kubernetes hold under names that say nothing.
    fn look_for_manifests(&self, from: usize, end: usize, found: &mut Vec<Hit>) {
        let reach = self.window.len().min(end + manifest::MARK.len() - 1);
        let part = self.window.get(from..reach).unwrap_or_default();
        for mark in memmem::find_iter(part, manifest::MARK) {
            for (sign, value) in manifest::values(&self.window, from + mark) {
                let is_form =
                    |(start, end): &(usize, usize)| *start < value.end && value.start < *end;
                let is_told = self.recent.iter().any(is_form)
                    || credential(&self.window, sign, &self.named).is_some();
                if !is_told && found.len() <= FOUND_MAX as usize {
                    let kind = SecretKind::Password;
                    let it = Match { kind, start: value.start, end: value.end };
                    found.push(("kubernetes-secret", Certainty::Named, it));
                }
            }
        }
    }

    /// Drops what no rule looks at any more.
    fn shift(&mut self) {
        let next = self.forms.at.min(self.window.len() - BEHIND_BYTES - LAG_BYTES);
        let count = next.saturating_sub(BEFORE_BYTES);
        let (gone, _) = self.window.split_at(count);
        self.start.pass(gone);
        self.window.drain(..count);
        for cursor in [&mut self.forms, &mut self.assignments] {
            cursor.at = cursor.at.saturating_sub(count);
            cursor.ended = cursor.ended.saturating_sub(count);
        }
        self.recent.retain_mut(|(start, end)| {
            *start = start.saturating_sub(count);
            *end = end.saturating_sub(count);
            *end > 0
        });
    }
}

/// Rule, certainty and place.
type Hit = (&'static str, Certainty, Match);

fn certainty(rule: &Rule, value: &[u8]) -> Certainty {
    match rule.proof {
        Some(holds) if holds(value) => Certainty::Proven,
        _ => Certainty::Formed,
    }
}

impl Place {
    /// Moves behind these bytes.
    fn pass(&mut self, bytes: &[u8]) {
        let lines = memchr_iter(b'\n', bytes).count() as u64;
        let last = memrchr(b'\n', bytes).map_or(bytes, |at| &bytes[at + 1..]);
        let points = last.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
        self.line += lines;
        self.column = if lines > 0 { 1 + points } else { self.column + points };
    }
}
