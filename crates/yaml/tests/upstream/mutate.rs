//! Mutated documents: pieces of real manifests and of hand-made grammar, cut and stirred.

/// `SplitMix64`: small, seeded, good enough to stir text.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit` (0 when that is 0).
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// What YAML's grammar is made of, and some that it is not.
#[rustfmt::skip]
const ALPHABET: &[&str] = &[
    " ", "  ", "\n", "\n ", "\n  ", "\n\n", "\t", "\r", "\r\n", "- ", "-", ": ", ":", "? ", "?",
    ", ", ",", "[", "]", "{", "}", "#", " #", "&", "&a ", "*", "*a", "*a ", "!", "! ", "!!",
    "!!str ",
    "!!int ", "!!float ", "!!bool ", "!!null ", "!!binary ", "!!merge ", "!!timestamp ", "!x ",
    "!<tag:yaml.org,2002:int> ", "|", "|-", "|+", ">", ">-", ">+", "|2", ">1-", "'", "''", "\"",
    "\\", "\\n", "\\x41", "\\u263A", "\\\n", "%", "@", "`", "---", "...", "--- ", "<<", "<<: ",
    "<<: *a", "=", "~", "null", "yes", "No", "on", "y", "true", "0", "1", "-1", "+1", "0777",
    "0x1F",
    "0b11", "0o7", "1_000", "1.5", ".5", "1.", "1e3", ".inf", "-.inf", ".nan", "2001-01-01",
    "18446744073709551615", "9223372036854775808", "a", "b", "key", "é", "\u{85}", "\u{2028}",
    "\u{A0}", "\u{FEFF}", "\0", "\u{7F}", "%YAML 1.1\n", "%TAG !x tag:x,\n", "a: b\n", "- a\n",
    "\\ud83d", "\\ude00", "\\u00e9", "\\/", "-0", "00", "1e", "e5", "E+2", ".5", "false", "nul",
];

/// One document, made of one or two seeds.
pub(crate) fn mutate(random: &mut Random, seeds: &[String]) -> String {
    let mut text: Vec<char> = piece(random, seeds).chars().collect();
    if random.below(4) == 0 {
        let other: Vec<char> = piece(random, seeds).chars().collect();
        let at = random.below(text.len() + 1);
        text.splice(at..at, other);
    }
    for _ in 0..random.below(7) {
        change(random, &mut text);
    }
    text.into_iter().collect()
}

/// A document whose aliases expand about as often as upstream allows.
pub(crate) fn aliases(random: &mut Random) -> String {
    let items = |count: usize, item: &str| vec![item; count].join(", ");
    let padding = 1 << random.below(15);
    let mut lines = vec![format!("p: [{}]\n", items(random.below(padding), "x"))];
    let merge = random.below(4) == 0;
    if merge {
        let keys: Vec<String> = (0..=random.below(200)).map(|key| format!("k{key}: x")).collect();
        lines.push(format!("a0: &a0 {{{}}}\n", keys.join(", ")));
    } else {
        lines.push(format!("a0: &a0 [{}]\n", items(1 + random.below(200), "x")));
    }
    for level in 1..=random.below(4) {
        let alias = format!("*a{}", level - 1);
        let aliases = items(1 + random.below(30), &alias);
        lines.push(if merge {
            format!("a{level}: &a{level} {{<<: [{aliases}], b: {alias}}}\n")
        } else {
            format!("a{level}: &a{level} [{aliases}]\n")
        });
    }
    lines.concat()
}

/// A document of one unusual scalar, as a value and as a key.
pub(crate) fn scalar(random: &mut Random) -> String {
    const SHAPES: &[(&str, &[&str], &str)] = &[
        ("", &["1", "1234567890123456", "-1.5", "0.1", "9007199254740993", "1e21"], DIGITS),
        ("", &["0x1F", "0b101", "0o17", "0777", "1_000", ".5", "18446744073709551615"], DIGITS),
        ("!!float ", &["1", "1.5", ".inf", "9223372036854775807"], DIGITS),
        ("!!int ", &["1", "0x1F", "1.5", "9223372036854775808"], DIGITS),
        ("!!timestamp ", &["2001-12-14", "2001-2-28 21:59:43.10"], "0123456789-:T "),
        (
            "!!timestamp ",
            &["2001-12-14T21:59:43.10Z", "2004-2-29t1:2:3-05:00"],
            "0123456789-:TtZ.,+ ",
        ),
        ("!!binary ", &["aGVsbG8=", "/+8=", "YQ==", "4pi6"], "aGVb8+/=\\-"),
        ("!!bool ", &["yes", "True", "n", "OFF"], "yesnotrufalTRUE"),
        ("!!null ", &["~", "null", "NULL"], "nulNUL~"),
        (
            "",
            &["yes", "True", "n", "OFF", "Null", ".inf", "-.INF", ".NaN"],
            "yesnotrufalTRUE.~-+INFnaif",
        ),
    ];
    const DIGITS: &str = "0123456789012345678901234567890123456789.eE+-_xobabf";
    let (tag, seeds, letters) = random.pick(SHAPES);
    let letters: Vec<char> = letters.chars().collect();
    let mut text: Vec<char> = random.pick(seeds).chars().collect();
    for _ in 0..random.below(8) {
        let at = random.below(text.len() + 1);
        match random.below(4) {
            0 if at < text.len() => _ = text.remove(at),
            1 if at < text.len() => text[at] = *random.pick(&letters),
            _ => text.insert(at, *random.pick(&letters)),
        }
    }
    let text: String = text.into_iter().collect();
    match random.below(3) {
        0 => format!("{tag}{text}: x\n"),
        1 => format!("- {tag}'{text}'\n"),
        _ => format!("a: {tag}{text}\n"),
    }
}

/// Some consecutive lines of a seed, at most 2 kB and mostly much less.
fn piece<'a>(random: &mut Random, seeds: &'a [String]) -> &'a str {
    let seed = random.pick(seeds);
    if seed.len() < 400 {
        return seed;
    }
    let most = 1 << (5 + random.below(7));
    let start = line_start(seed, random.below(seed.len()));
    let mut end = (start + random.below(most)).min(seed.len());
    while !seed.is_char_boundary(end) {
        end += 1;
    }
    &seed[start..end]
}

fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |found| found + 1)
}

/// Inserts, deletes, replaces, swaps or doubles some characters or a line.
fn change(random: &mut Random, text: &mut Vec<char>) {
    let at = random.below(text.len() + 1);
    match random.below(8) {
        0..3 => _ = text.splice(at..at, random.pick(ALPHABET).chars()),
        3 => {
            let end = (at + 1 + random.below(4)).min(text.len());
            text.drain(at..end);
        }
        4 => {
            let end = (at + 1).min(text.len());
            text.splice(at..end, random.pick(ALPHABET).chars());
        }
        5 => {
            let line = line(text, at);
            text.drain(line);
        }
        6 => {
            let copy = text[line(text, at)].to_vec();
            let to = line(text, random.below(text.len() + 1)).start;
            text.splice(to..to, copy);
        }
        _ => {
            let other = random.below(text.len());
            if at < text.len() {
                text.swap(at, other);
            }
        }
    }
}

/// The line around a character, with its break.
fn line(text: &[char], at: usize) -> std::ops::Range<usize> {
    let start = text[..at].iter().rposition(|&c| c == '\n').map_or(0, |found| found + 1);
    let end = text[at..].iter().position(|&c| c == '\n').map_or(text.len(), |found| at + found + 1);
    start..end
}
