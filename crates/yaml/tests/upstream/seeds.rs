//! Hand-made seeds: every construct of the grammars of YAML 1.1 and JSON in a few lines.

#[rustfmt::skip]
pub(crate) const GRAMMAR: &[&str] = &[
    "a: 1\nb:\n  c: two\n  d: [x, 'y', \"z\"]\ne:\n- 1\n- 2\n",
    "- a\n- - b\n  - c\n-\n  - d\n- e: f\n  g: h\n",
    "a: &x {b: 1, c: [2, 3]}\nd: *x\ne:\n  <<: *x\n  b: 2\n",
    "base: &base\n  a: 1\n  b: 2\nother: &other {b: 3, c: 4}\n\
    both:\n  <<: [*base, *other]\n  d: 5\n",
    "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    "? a\n: b\n? - c\n: - d\n? |\n  e\n: >\n  f\n",
    "? a\n? b\n? c\n",
    "a: |\n  one\n   two\n\n  three\n\nb: >\n  one\n  two\n\n   three\n  four\nc: |+\n  x\n\n\n\
    d: >-\n  y\n\ne: |2\n    z\n",
    "a: |-\n\n\n  x\n\nb: |+\n\n\nc: >+\n  # no comment\n  text\n # comment\nd: |1\n x\n  y\n",
    "plain one\n  two\n\n  three\n",
    "a: plain\n  continued\n  # comment\nb: 'single\n  folded\n\n  twice'\n\
    c: \"double \\\n  escaped\\n \\x41\\u00e9\\U0001F600\n  folded\"\n",
    "a: 'it''s'\nb: \"say \\\"hi\\\"\"\nc: ''\nd: \"\"\n\
    e: \"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\/\\N\\_\\L\\P\"\n",
    "{a: 1, b: [2, {c: d}], 'e': f, \"g\":h, i, ? j : k, l: , : m}\n",
    "[a, b: c, ? d : e, [f, g], {h: i}, 'j': k, *x, &y z, !t u, ]\n",
    "{\n  a: 1, # comment\n  b:\n    [2,\n    3]\n}\n",
    "yes: no\non: off\ny: n\n1: 2\n0x10: 0777\n1.5: 1e3\ntrue: ~\n2001-01-01: x\n",
    "a: !!str 1\nb: !!int \"2\"\nc: !!float 3\nd: !!bool yes\ne: !!null ''\n\
    f: !!binary aGVsbG8=\ng: !x y\nh: ! 4\ni: !!timestamp 2001-01-01\nj: !!seq [k]\n",
    "!!map {a: !!set {b, c}}\n",
    "%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n---\na: !e!int 5\nb: !<tag:yaml.org,2002:str> 6\n",
    "--- # comment\na: 1\n",
    "--- |\n text\n",
    "--- [a]\n",
    "--- 'x'\n...\n",
    "# only a comment\n",
    "a: 1 # c\n# d\nb: 2#e\nc: #f\n  g\n",
    "a:\n- b\n-\n- c: d\n  e:\n  - f\ng:\n",
    "a: b: c\n", "a: - b\n", "- a: b\n c: d\n", "a:\n\tb: c\n", "a:\tb\n", "-\ta\n", "a: [b\nc]\n",
    "a: 1\na: 2\nb: {c: 3, c: 4}\n1: x\n'1': y\n",
    ".inf: 1\n.nan: 2\na: .5\nb: +.5e-3\nc: -0\nd: -0.0\ne: 1_000.5\n",
    "a: 9223372036854775807\nb: 18446744073709551615\nc: 18446744073709551616\nd: 1e400\n\
    e: 0b-11\n",
    "&a a: *a\n*a : b\n", "&a !!str b: !!int &c 3\n", "- &a\n- !!str\n- &b !x\n- *a\n",
    "<<: {a: 1}\na: 2\n<<: [{b: 3}, {b: 4, c: 5}]\n", "a: {<<: 1}\n",
    "!!merge <<: {a: b}\n'<<': c\n",
    "\"a\": \"b\"\n'c': 'd'\n[e]: f\n", "[]: x\n", "{}: x\n", "{a: b}: c\n", "- []\n- {}\n- [[]]\n",
    "a: <x>&\u{2028}\u{2029}é\u{1F600}\n", "a: x\u{85}b: y\u{2028}c: z\r\nd: w\re: v\n",
    "\u{FEFF}a: 1\n", "a: \"x\n---\n y\"\n", "a: |\n  x\n---\nb\n", "a: \"\\ud83d\"\n", "a: 'b\n",
    "key with spaces: value with: colon\nurl: http://x/y#z\npercent: 100%\nat: x@y\ntick: `\n",
    "a: ?b\nc: -d\ne: :f\n-g: h\n?i: j\n:k: l\n", "{a:b, c: d:e, http://f, -g, ?h}\n",
    "a:   \n  b:    c   \n\n\n  d:\n\n    - e\n\n", "- - - a\n    - b\n  - c\n- d\n",
    "a: >\n\n  x\n\n\ty\n  z\n", "a: |\n\tx\n", "a: |\n  x\n y\n", "a: |\n     \n  x\n", "| x\n",
    "|3\n   x\n",
];

#[rustfmt::skip]
pub(crate) const JSON: &[&str] = &[
    "{\"a\": 1, \"b\": [true, false, null, -0.5e+3, \"x\"], \"c\": {\"d\": {}, \"e\": []}}\n",
    "[0, -1, 10, 1.5, 1e3, 1E-7, 1e400, 18446744073709551615, 18446744073709551616, \
    9223372036854775808]",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9 \\ud83d\\ude00 \\ud83d \\ude00\"",
    "{\"a\": 1, \"a\": 2, \"b\": {\"c\": 3, \"c\": 4}}",
    "{\"kind\": \"List\", \"items\": [\n  {\"kind\": \"Pod\"},\n  {\"kind\": \"Service\"}\n]}\n\
    {\"kind\": \"Pod\"}",
    "1 2 \"x\" true null {} []",
    "{\"<a>\": \"&\u{2028}\u{2029}\u{E9}\u{1F600}\"}",
];
