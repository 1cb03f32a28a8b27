//! One pass over the text that stops only where a rule's needle may stand.
//!
//! Every needle is represented by one of its three-byte windows. A bitmap over the hashes of
//! these windows rejects nearly every position of ordinary text with a multiplication and a load;
//! the text is never walked once per rule.

use super::Match;
use super::rule::{ANY_HEX, Rule};
use super::rules::FAMILIES;

/// The first match that begins at or behind `from`, with its rule.
pub(super) fn next(text: &[u8], from: usize) -> Option<(&'static Rule, Match)> {
    next_before(text, from, from, text.len())
}

/// The first match that begins at or behind `from`, of those whose window stands at `at` or behind
/// and before `until`.
pub(super) fn next_before(
    text: &[u8],
    from: usize,
    mut at: usize,
    until: usize,
) -> Option<(&'static Rule, Match)> {
    while let Some(hit) = next_candidate(text, at).filter(|hit| *hit < until) {
        if let Some(found) = matching_rule(text, hit, from) {
            return Some(found);
        }
        at = hit + 1;
    }
    None
}

/// Position of the next window that the bitmap does not reject.
fn next_candidate(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let mut hits = 0;
        for offset in 0..WINDOWS_PER_WORD {
            hits |= u32::from(may_be_anchor(window(word >> (8 * offset)))) << offset;
        }
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize);
        }
        at += WINDOWS_PER_WORD;
    }
    let tail = text.get(at..)?;
    tail.windows(WINDOW_BYTES)
        .position(|bytes| may_be_anchor(trigram(bytes, 0)))
        .map(|offset| at + offset)
}

/// The match of the first rule whose anchor stands at `hit` and whose form holds.
fn matching_rule(text: &[u8], hit: usize, from: usize) -> Option<(&'static Rule, Match)> {
    let seen = trigram(text, hit);
    let first = ANCHORS.partition_point(|anchor| anchor.trigram < seen);
    let standing = ANCHORS[first..].iter().take_while(|anchor| anchor.trigram == seen);
    standing.into_iter().find_map(|anchor| {
        let rule = RULES[anchor.rule];
        let start = hit.checked_sub(anchor.offset)?;
        let stands = rule.needle_begins(text.get(start..)?);
        let found =
            stands.then(|| rule.form.check(text, start, (rule.kind, rule.needle))).flatten();
        found.filter(|found| found.start >= from).map(|found| (rule, found))
    })
}

/// How many of a million positions pass the filter.
#[cfg(test)]
pub(super) fn hits_per_million(text: &[u8]) -> usize {
    let next = |at: &usize| next_candidate(text, at + 1);
    std::iter::successors(next_candidate(text, 0), next).count() * 1_000_000 / text.len()
}

const WINDOW_BYTES: usize = 3;
const WINDOW_MASK: u32 = 0x00ff_ffff;
const WINDOWS_PER_WORD: usize = 6;
const FILTER_BITS_LOG2: u32 = 16;
const FILTER_WORDS: usize = 1 << (FILTER_BITS_LOG2 - 6);
const HEX_DIGITS: &[u8] = b"0123456789abcdefABCDEF";

/// The rules of all families, one after the other.
pub(super) static RULES: [&Rule; RULE_COUNT] = rules();

const RULE_COUNT: usize = {
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].rules.len();
        family += 1;
    }
    count
};

const fn rules() -> [&'static Rule; RULE_COUNT] {
    let mut rules = [&FAMILIES[0].rules[0]; RULE_COUNT];
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        let mut rule = 0;
        while rule < FAMILIES[family].rules.len() {
            rules[count] = &FAMILIES[family].rules[rule];
            count += 1;
            rule += 1;
        }
        family += 1;
    }
    rules
}

/// A window that represents a rule.
#[derive(Clone, Copy)]
struct Anchor {
    trigram: u32,
    /// Index into [`RULES`].
    rule: usize,
    /// Where in its needle the window stands.
    offset: usize,
}

/// All anchors by trigram, rules of one trigram in the order of [`RULES`].
static ANCHORS: [Anchor; ANCHOR_COUNT] = anchors();
static FILTER: [u64; FILTER_WORDS] = filter();

const ANCHOR_COUNT: usize = {
    let rules = rules();
    let (mut count, mut index) = (0, 0);
    while index < RULE_COUNT {
        count += fillings(rules[index].needle.as_bytes(), rarest_window(rules[index])).len();
        index += 1;
    }
    count
};

const fn anchors() -> [Anchor; ANCHOR_COUNT] {
    let mut anchors = [Anchor { trigram: 0, rule: 0, offset: 0 }; ANCHOR_COUNT];
    let rules = rules();
    let (mut count, mut rule) = (0, 0);
    while rule < RULE_COUNT {
        let needle = rules[rule].needle.as_bytes();
        let offset = rarest_window(rules[rule]);
        let fillings = fillings(needle, offset);
        let mut filling = 0;
        while filling < fillings.len() {
            let trigram = filled(needle, offset, fillings[filling]);
            insert(&mut anchors, count, Anchor { trigram, rule, offset });
            filling += 1;
            count += 1;
        }
        rule += 1;
    }
    anchors
}

/// One step of an insertion sort: `anchor` goes behind those of the first `count` that are not
/// greater.
const fn insert(anchors: &mut [Anchor; ANCHOR_COUNT], count: usize, anchor: Anchor) {
    let mut at = count;
    while at > 0 && anchors[at - 1].trigram > anchor.trigram {
        anchors[at] = anchors[at - 1];
        at -= 1;
    }
    anchors[at] = anchor;
}

const fn filter() -> [u64; FILTER_WORDS] {
    let mut bits = [0; FILTER_WORDS];
    let anchors = anchors();
    let mut index = 0;
    while index < anchors.len() {
        let hash = hash(anchors[index].trigram);
        bits[hash >> 6] |= 1 << (hash & 63);
        index += 1;
    }
    bits
}

/// Offset of the window that ordinary text holds least often: upper case and signs.
const fn rarest_window(rule: &Rule) -> usize {
    let needle = rule.needle.as_bytes();
    let (mut best, mut best_rarity, mut offset) = (0, 0, 0);
    while offset + WINDOW_BYTES <= needle.len() {
        let rarity =
            rarity(needle[offset]) + rarity(needle[offset + 1]) + rarity(needle[offset + 2]);
        if rarity > best_rarity {
            best_rarity = rarity;
            best = offset;
        }
        offset += 1;
    }
    best
}

const fn rarity(byte: u8) -> u32 {
    match byte {
        // Between the words of names these signs are as common as letters.
        b'a'..=b'z' | b'-' | b'.' | b'/' | b' ' => 0,
        b'0'..=b'9' | b'_' | ANY_HEX => 1,
        _ => 3,
    }
}

/// What to put in the place of [`ANY_HEX`]; one byte, which is not used, where there is none.
const fn fillings(needle: &[u8], offset: usize) -> &'static [u8] {
    let mut at = 0;
    while at < WINDOW_BYTES {
        if needle[offset + at] == ANY_HEX {
            return HEX_DIGITS;
        }
        at += 1;
    }
    b"0"
}

const fn filled(needle: &[u8], offset: usize, filling: u8) -> u32 {
    let mut window = [needle[offset], needle[offset + 1], needle[offset + 2]];
    let mut at = 0;
    while at < WINDOW_BYTES {
        if window[at] == ANY_HEX {
            window[at] = filling;
        }
        at += 1;
    }
    trigram(&window, 0)
}

const fn trigram(bytes: &[u8], at: usize) -> u32 {
    bytes[at] as u32 | (bytes[at + 1] as u32) << 8 | (bytes[at + 2] as u32) << 16
}

const fn window(word: u64) -> u32 {
    word as u32 & WINDOW_MASK
}

const fn hash(trigram: u32) -> usize {
    (trigram.wrapping_mul(0x27D4_EB2F) >> (32 - FILTER_BITS_LOG2)) as usize
}

fn may_be_anchor(trigram: u32) -> bool {
    let hash = hash(trigram);
    FILTER[(hash >> 6) % FILTER_WORDS] >> (hash & 63) & 1 == 1
}
