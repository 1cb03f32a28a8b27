//! Random expressions that mostly compile: grown by type.

/// `splitmix64`, so that every run tries the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

/// Templates by type: `#i`, `#d`, `#u`, `#b`, `#s`, `#l` (list of int), `#t` (list of string),
/// `#m` (map), `#y` (dyn), `#o` (optional), `#p` (duration), `#c` (timestamp) are grown, `@` is the
/// depth's variable.
const INT: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "7",
    "9223372036854775807",
    "size(#s)",
    "#s.size()",
    "size(#l)",
    "#i + #i",
    "#i - #i",
    "#i * #i",
    "#i / #i",
    "#i % #i",
    "-(#i)",
    "(#b ? #i : #i)",
    "int(#d)",
    "int(#u)",
    "#l.sum()",
    "#l.max()",
    "#l.min()",
    "#l[#i]",
    "#l.indexOf(#i)",
    "#s.indexOf(#s)",
    "int(#s)",
    "#s.lastIndexOf(#s, #i)",
    "x",
    "#m.size()",
    "object.spec.replicas",
    "#o.orValue(#i)",
    "int(#p)",
    "#p.getSeconds()",
    "#c.getHours()",
    "#c.getMonth('+01:30')",
    "#t.size()",
    "#t.lastIndexOf(#s)",
];
const DOUBLE: &[&str] = &[
    "0.0",
    "1.5",
    "-2.25",
    "1e10",
    "double(#i)",
    "#d + #d",
    "#d * #d",
    "#d / #d",
    "-(#d)",
    "object.spec.ratio",
];
const UINT: &[&str] =
    &["0u", "3u", "18446744073709551615u", "uint(#i)", "#u + #u", "#u - #u", "#u % #u"];
const BOOL: &[&str] = &[
    "true",
    "false",
    "!#b",
    "#b && #b",
    "#b || #b",
    "#i == #i",
    "#i != #i",
    "#i < #i",
    "#s == #s",
    "#s < #s",
    "#d >= #d",
    "#i in #l",
    "#s in #t",
    "#s.contains(#s)",
    "#s.startsWith(#s)",
    "#s.endsWith(#s)",
    "#s.matches('^[a-z]+$')",
    "#s.matches(#s)",
    "#l.all(@, @ > #i)",
    "#l.exists(@, @ == #i)",
    "#l.exists_one(@, @ < #i)",
    "#t.exists(@, @.startsWith(#s))",
    "has(#m.a)",
    "has(object.spec.note)",
    "has(object.spec.missing)",
    "has(#y.b)",
    "#s in #m",
    "#l == #l",
    "#y == #y",
    "#y == #i",
    "#l.isSorted()",
    "#t.isSorted()",
    "#o.hasValue()",
    "sets.contains(#l, #l)",
    "sets.intersects(#l, #l)",
    "sets.equivalent(#t, #t)",
    "#b ? #b : #b",
    "object.spec.paused",
    "isQuantity(#s)",
    "isURL(#s)",
    "isIP(#s)",
    "#i < #d",
    "#u == #i",
    "{'a': #i}.all(@, #m[@] != #i)",
    "#l.all(k, @, k <= @)",
    "#y.includes(#i)",
    "type(#y) == int",
    "#p < #p",
    "#c <= #c",
    "#i in [1, 2, 3]",
    "#s in ['a', 'web', '']",
    "x in #l",
    "#y in #l",
    "object.spec.containers.all(@, @.image.contains(#s))",
    "#l.exists(k, @, @ + k > #i)",
    "object.spec.containers.exists(@, has(@.memory) && @.ports.size() > #i)",
    "#b == #b",
];
const STRING: &[&str] = &[
    "''",
    "'a'",
    "'héllo'",
    "'Zebra 12'",
    "s",
    "#s + #s",
    "string(#i)",
    "string(#b)",
    "#s.lowerAscii()",
    "#s.upperAscii()",
    "#s.trim()",
    "#s.replace(#s, #s)",
    "#s.substring(#i)",
    "#s.substring(0, #i)",
    "#s.charAt(#i)",
    "#t.join(#s)",
    "#t.join()",
    "#t[#i]",
    "object.metadata.name",
    "object.metadata.labels.app",
    "object.spec.containers[#i].image",
    "(#b ? #s : #s)",
    "#s.find('[0-9]+')",
    "string(#d)",
    "'%s-%d'.format([#s, #i])",
    "strings.quote(#s)",
    "string(#p)",
    "string(#c)",
    "#s.split(#s)[0]",
    "m.?b.orValue(#s)",
    "object.metadata.labels[#s]",
    "string(type(#i))",
    "#s.replace('l', #s, #i)",
];
const INTS: &[&str] = &[
    "[]",
    "[1]",
    "[3, 1, 2]",
    "[#i, #i]",
    "#l + #l",
    "#l.map(@, @ + #i)",
    "#l.filter(@, @ > #i)",
    "#t.map(@, @.size())",
    "#l.map(@, @ % 2 == 0, @ * 2)",
    "#l.sort()",
    "#l.distinct()",
    "#l.reverse()",
    "#l.slice(0, #i)",
    "lists.range(3)",
    "[#l, #l].flatten()",
    "(#b ? #l : #l)",
    "#l.transformList(k, @, k + @)",
    "#l.sortBy(@, -@)",
    "[?optional.of(#i), #i]",
    "[?#o]",
    "#m.transformList(k, @, @).sort()",
];
const STRINGS: &[&str] = &[
    "['a']",
    "['b', 'a', 'ab']",
    "[#s, #s]",
    "#s.split(',')",
    "#s.split('', 2)",
    "#t + #t",
    "#l.map(@, string(@))",
    "#t.filter(@, @ != #s)",
    "#s.findAll('[a-z]')",
    "#t.sort()",
    "#t.sortBy(@, @.size())",
    "object.spec.containers.map(@, @.name)",
    "#m.map(@, @).sort()",
];
const MAPS: &[&str] = &[
    "{'a': #i}",
    "{'a': 1, 'b': 2}",
    "{#s: #i}",
    "{'a': #i, ?'b': #o}",
    "#m.transformMap(k, @, @ + 1)",
    "#l.transformMap(k, @, @).transformMap(k, @, @) == {0: 1} ? {'a': 1} : {'b': #i}",
    "#l.transformMapEntry(k, @, {string(@): k})",
];
const DYN: &[&str] = &[
    "x",
    "s",
    "l",
    "m",
    "dyn(#i)",
    "dyn(#s)",
    "l[#i]",
    "m.a",
    "m.c.d",
    "m[#s]",
    "object.spec.none",
    "object.spec.containers[0].ports",
    "object.spec",
    "dyn(#l)",
    "dyn(null)",
    "#y.a",
    "#y[#i]",
    "(#b ? #y : #y)",
    "object.spec.missing",
    "dyn(#d)",
    "object.metadata.labels",
];
const OPTIONAL: &[&str] = &[
    "optional.of(#i)",
    "optional.none()",
    "{'a': #i}[?'a']",
    "#l[?#i]",
    "#o.or(#o)",
    "optional.ofNonZeroValue(#i)",
    "#o.optMap(@, @ + 1)",
    "#l.first()",
    "#l.last()",
    "#o.optFlatMap(@, optional.of(@))",
];
const DURATION: &[&str] =
    &["duration('1h')", "duration('-1.5s')", "#p + #p", "#c - #c", "duration('3ms')"];
const TIMESTAMP: &[&str] = &[
    "timestamp('2024-02-29T23:59:59.5Z')",
    "timestamp('1970-01-01T00:00:00+02:00')",
    "#c + #p",
    "timestamp(#i)",
    "#c - #p",
];

/// This many expressions.
pub(crate) fn expressions(count: usize) -> Vec<String> {
    let mut random = Random(0x00b0_11e4);
    (0..count)
        .map(|_| {
            let start = random.pick(&[
                "#b", "#b", "#i", "#s", "#l", "#t", "#m", "#y", "#o", "#d", "#u", "#p", "#c",
            ]);
            let depth = 1 + random.below(4);
            grow(&mut random, start, depth, 0)
        })
        .collect()
}

fn grow(random: &mut Random, template: &str, depth: usize, level: usize) -> String {
    let mut grown = String::new();
    let mut rest = template;
    let variable = format!("v{level}");
    while let Some(at) = rest.find(['#', '@']) {
        grown.push_str(&rest[..at]);
        if rest[at..].starts_with('@') {
            grown.push_str(&variable);
            rest = &rest[at + 1..];
            continue;
        }
        let letter = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        grown.push_str(&part(random, letter, depth, level));
    }
    grown.push_str(rest);
    grown
}

fn part(random: &mut Random, letter: u8, depth: usize, level: usize) -> String {
    let templates = match letter {
        b'i' => INT,
        b'd' => DOUBLE,
        b'u' => UINT,
        b'b' => BOOL,
        b's' => STRING,
        b'l' => INTS,
        b't' => STRINGS,
        b'm' => MAPS,
        b'o' => OPTIONAL,
        b'p' => DURATION,
        b'c' => TIMESTAMP,
        _ => DYN,
    };
    if depth == 0 {
        let leaves: Vec<&str> =
            templates.iter().copied().filter(|text| !text.contains(['#', '@'])).collect();
        return random.pick(&leaves).to_owned();
    }
    // Sometimes another type: what upstream refuses has to be refused.
    if random.below(60) == 0 {
        let other = [b'i', b's', b'l', b'y'][random.below(4)];
        return part(random, other, depth - 1, level + 1);
    }
    let template = random.pick(templates);
    let grown = grow(random, template, depth - 1, level + 1);
    if template.contains(' ') { format!("({grown})") } else { grown }
}
