//! What documents mean, in tables.

use yaml::{ErrorKind, Limits, Node, Span, Stream, Style, Value};

fn read(text: &str) -> Vec<Result<String, ErrorKind>> {
    let stream = Stream::yaml(text, &Limits::default());
    let documents = stream.documents().map(|document| {
        let mut json = String::new();
        document.map_err(|error| error.kind)?.root().write_json(&mut json);
        Ok(json)
    });
    documents.collect()
}

fn check(text: &str, expected: &str) {
    assert_eq!(read(text), [Ok(expected.to_owned())], "{text:?}");
}

fn refused(text: &str, expected: ErrorKind) {
    assert_eq!(read(text), [Err(expected)], "{text:?}");
}

#[test]
fn collections() {
    check("a: 1\nb:\n  c: x\n", r#"{"a":1,"b":{"c":"x"}}"#);
    check("a:\n- 1\n- - 2\n  - 3\n-\n", r#"{"a":[1,[2,3],null]}"#);
    check("- a: 1\n  b: 2\n- c\n", r#"[{"a":1,"b":2},"c"]"#);
    check("{a: 1, b: [x, {c: d}], e, 'f':g}", r#"{"a":1,"b":["x",{"c":"d"}],"e":null,"f":"g"}"#);
    check("[a: b, ? c : d, []]", r#"[{"a":"b"},{"c":"d"},[]]"#);
    check("? a\n: b\n? c\n", r#"{"a":"b","c":null}"#);
    check("z: 1\na: 2\n", r#"{"a":2,"z":1}"#);
    check("a: {}\nb: []\n", r#"{"a":{},"b":[]}"#);
}

#[test]
fn scalars() {
    check("yes", "true");
    check("a: 0777\nb: 1_000\nc: 0x1F\nd: 1e3\n", r#"{"a":511,"b":1000,"c":31,"d":1000}"#);
    check("a: 18446744073709551616\n", r#"{"a":18446744073709552000}"#);
    check("a: 9223372036854775808\n", r#"{"a":9223372036854775808}"#);
    check("a: one\n  two\n\n  three\n", r#"{"a":"one two\nthree"}"#);
    check("a: 'it''s\n  so'\n", r#"{"a":"it's so"}"#);
    check(r#"a: "\x41\u00e9\U0001F600\n\"\\\0""#, "{\"a\":\"Aé😀\\n\\\"\\\\\\u0000\"}");
    check("a: \"x \\\n   y\"", r#"{"a":"x y"}"#);
    check("a: |\n  x\n   y\n\n  z\n\n", r#"{"a":"x\n y\n\nz\n"}"#);
    check("a: |-\n  x\n\nb: |+\n  y\n\n", r#"{"a":"x","b":"y\n\n"}"#);
    check("a: >\n  x\n  y\n\n  z\n   w\n  v\n", r#"{"a":"x y\nz\n w\nv\n"}"#);
    check("a: |1\n  x\n", r#"{"a":" x\n"}"#);
    check("a: <b>&c\u{2028}  d\n", "{\"a\":\"\\u003cb\\u003e\\u0026c\\u2028d\"}");
    check("a: http://x:80/#y #z\n", r#"{"a":"http://x:80/#y"}"#);
}

#[test]
fn keys() {
    check("on: 1\n", r#"{"true":1}"#);
    check("0x10: 1\n1.50: 2\n'3': 3\n", r#"{"1.5":2,"16":1,"3":3}"#);
    check(".inf: 1\n1e6: 2\n", r#"{".inf":1,"1e+06":2}"#);
    check("a: 1\na: 2\n", r#"{"a":2}"#);
    refused("~: 1\n", ErrorKind::NoJson);
    refused("18446744073709551615: 1\n", ErrorKind::NoJson);
    refused("? [a]\n: 1\n", ErrorKind::NoJson);
    refused("{a: 1}: 1\n", ErrorKind::NoJson);
    // Upstream hands out `[` before it sees the `:`, which it then ignores.
    check("[]: x\n", "[]");
}

#[test]
fn tags() {
    check("a: !!str 1\nb: !!int '2'\nc: !!float 3\n", r#"{"a":"1","b":2,"c":3}"#);
    check("a: !!binary aGk=\nb: !x 1\nc: ! 2\n", r#"{"a":"hi","b":"1","c":"2"}"#);
    check("a: !!binary /w==\n", r#"{"a":"\ufffd"}"#);
    check("!!str\n", r#""""#);
    check("%TAG !e! tag:yaml.org,2002:\n---\na: !e!int '5'\n", r#"{"a":5}"#);
    check("a: !<tag:yaml.org,2002:str> 1\nb: !!%73tr 2\n", r#"{"a":"1","b":"2"}"#);
    refused("a: !!int x\n", ErrorKind::NoJson);
    refused("a: !!binary x\n", ErrorKind::NoJson);
    refused("a: !x!y z\n", ErrorKind::Syntax);
}

#[test]
fn aliases_and_merges() {
    check("a: &x [1]\nb: *x\n", r#"{"a":[1],"b":[1]}"#);
    check("&a k: &b v\n*b : *a\n", r#"{"k":"v","v":"k"}"#);
    check("x: &x {a: 1, b: 2}\nz:\n  <<: *x\n  b: 3\n", r#"{"x":{"a":1,"b":2},"z":{"a":1,"b":3}}"#);
    check("a: 1\n<<: {a: 2}\n", r#"{"a":2}"#);
    check("<<: [{a: 1}, {a: 2, b: 3}]\n", r#"{"a":1,"b":3}"#);
    check("<<: {<<: {a: 1}, b: 2}\n", r#"{"a":1,"b":2}"#);
    check("'<<': 1\n", r#"{"\u003c\u003c":1}"#);
    refused("a: *x\n", ErrorKind::UnknownAnchor);
    refused("a: &x [*x]\n", ErrorKind::ExcessiveAliasing);
    refused("<<: 1\n", ErrorKind::NoJson);
    refused("a: &x [1]\n<<: *x\n", ErrorKind::NoJson);
}

#[test]
fn values_json_cannot_hold() {
    refused("a: .inf\n", ErrorKind::NoJson);
    refused("a: !!float .nan\n", ErrorKind::NoJson);
    refused("- -.INF\n", ErrorKind::NoJson);
    check("a: .inf\na: 1\n", r#"{"a":1}"#);
    check("a: {~: 1}\na: 1\n", r#"{"a":1}"#);
    refused("a: 1\na: .inf\n", ErrorKind::NoJson);
    refused("b: &x .inf\nb: *x\n", ErrorKind::NoJson);
    refused("<<: {~: 1}\na: 2\n", ErrorKind::NoJson);
}

#[test]
fn syntax_errors() {
    for text in [
        "a: b: c\n",
        "a: - b\n",
        "- a\nb: c\n",
        "a:\n\tb: c\n",
        "[a\n",
        "{a: b\n",
        "'a\n",
        "\"a\n",
        "\"\\q\"",
        "\"\\ud800\"",
        "a: @b\n",
        "a: `b\n",
        "%FOO\n---\na\n",
        "%YAML 1.2\n---\na\n",
        "%YAML 1.1\na\n",
        ": a\n",
        "a: &b *c\n",
        "|0\n x\n",
        "a: |x\n",
        "a: b\nc\n",
        "a: |\n\tx\n",
    ] {
        refused(text, ErrorKind::Syntax);
    }
    refused("a: \0\n", ErrorKind::Encoding);
    refused("a: \u{7F}\n", ErrorKind::Encoding);
    let key = "k".repeat(1025);
    refused(&format!("{key}: 1\n"), ErrorKind::Syntax);
    check(&format!("{}: 1\n", &key[1..]), &format!("{{\"{}\":1}}", &key[1..]));
}

#[test]
fn documents() {
    let json = |text: &str| Ok(text.to_owned());
    assert_eq!(read(""), []);
    assert_eq!(read("# c\n---\n---\n\n...\n# d\n"), []);
    assert_eq!(
        read("a\n---\n[\n---\n\n--- b # c\n...\nc\n"),
        [json("\"a\""), Err(ErrorKind::Syntax), json("\"b\""), json("\"c\""),]
    );
    assert_eq!(read("\u{FEFF}a: 1\n---\n\u{FEFF}b: 2\n"), [json("{\"a\":1}"), json("{\"b\":2}")]);
    let stream = Stream::yaml("# x\n---\na: 1 # y\n--- b\n# z\n", &Limits::default());
    let text = stream.text();
    let documents: Vec<_> = stream.documents().map(Result::unwrap).collect();
    let slice = |span: Span| &text[span.start as usize..span.end as usize];
    assert_eq!(slice(documents[0].span()), "\na: 1 # y\n");
    assert_eq!(slice(documents[1].span()), " b\n# z\n");
    assert_eq!(slice(documents[0].comments()[0].span), "# y");
    assert_eq!(slice(documents[1].comments()[0].span), "# z");
    assert_eq!(stream.comments().len(), 3);
    let stream = Stream::yaml("{a: 1} b\n---\n  a: 1\nb: 2\n---\nc\n", &Limits::default());
    let ignored: Vec<_> =
        stream.documents().map(|document| document.unwrap().ignored().map(|s| s.start)).collect();
    assert_eq!(ignored, [Some(7), Some(20), None]);
}

/// A text of one line per number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn duplicates() {
    let text = "a: 1\nb: {c: 1, 'c': 2}\n\"a\": 3\n1: x\n'1': y\n";
    let stream = Stream::yaml(text, &Limits::default());
    let document = stream.documents().next().unwrap().unwrap();
    let written: Vec<(u32, u32)> =
        document.duplicates().iter().map(|both| (both.first.start, both.second.start)).collect();
    assert_eq!(written, [(9, 15), (0, 23), (30, 35)]);
    let keys: Vec<&str> = document.root().entries().map(|(key, ..)| key).collect();
    assert_eq!(keys, ["b", "a", "1"]);
    assert_eq!(document.root().get("a").unwrap().value(), Value::Int(3));
    let many = lines(100, |key| format!("k{}: {key}\n", key % 60));
    let stream = Stream::yaml(&many, &Limits::default());
    let document = stream.documents().next().unwrap().unwrap();
    assert_eq!(document.duplicates().len(), 40);
    assert_eq!(document.root().get("k39").unwrap().value(), Value::Int(99));
    assert_eq!(document.root().entries().count(), 60);
}

/// Every node below, in the order written: its style and its text.
fn written(node: Node<'_>) -> Vec<(Style, &str)> {
    let mut all = vec![(node.style(), node.written())];
    for (_, key, value) in node.entries() {
        all.push((key.style(), key.written()));
        all.extend(written(value));
    }
    for item in node.items() {
        all.extend(written(item));
    }
    all
}

#[test]
fn spans() {
    use Style::{Block, DoubleQuoted, Flow, Folded, Literal, Plain, SingleQuoted};
    let check = |text: &str, expected: &[(Style, &str)]| {
        let stream = Stream::yaml(text, &Limits::default());
        let root = stream.documents().next().unwrap().unwrap().root();
        assert_eq!(written(root), expected, "{text:?}");
    };
    check("a: yes # c\n\n", &[(Block, "a: yes"), (Plain, "a"), (Plain, "yes")]);
    check(
        "- 'x'\n- \"y\"\n\n# c\n",
        &[(Block, "- 'x'\n- \"y\""), (SingleQuoted, "'x'"), (DoubleQuoted, "\"y\"")],
    );
    check(
        "a:\n  b: |+ # c\n    x\n    y\n\n\nd: >-\n\n",
        &[
            (Block, "a:\n  b: |+ # c\n    x\n    y\n\n\nd: >-"),
            (Plain, "a"),
            (Block, "b: |+ # c\n    x\n    y"),
            (Plain, "b"),
            (Literal, "|+ # c\n    x\n    y"),
            (Plain, "d"),
            (Folded, ">-"),
        ],
    );
    check(
        "{a: [1, 2] , b} # c",
        &[
            (Flow, "{a: [1, 2] , b}"),
            (Plain, "a"),
            (Flow, "[1, 2]"),
            (Plain, "1"),
            (Plain, "2"),
            (Plain, "b"),
            (Plain, ""),
        ],
    );
    check(
        "a:\n- b\n- c:\n  \nd: !!str x\n",
        &[
            (Block, "a:\n- b\n- c:\n  \nd: !!str x"),
            (Plain, "a"),
            (Block, "- b\n- c:"),
            (Plain, "b"),
            (Block, "c:"),
            (Plain, "c"),
            (Plain, ""),
            (Plain, "d"),
            (Plain, "x"),
        ],
    );
    let stream = Stream::yaml("a:   \nb: &x v\nc: *x\n", &Limits::default());
    let root = stream.documents().next().unwrap().unwrap().root();
    assert_eq!(root.get("a").unwrap().span(), Span { start: 2, end: 2 });
    let alias = root.get("c").unwrap();
    assert_eq!(alias.written(), "v");
    assert_eq!(alias.alias_span(), Some(Span { start: 17, end: 19 }));
    assert_eq!(alias.id(), root.get("b").unwrap().id());
    assert_eq!(root.get("b").unwrap().alias_span(), None);
    assert_eq!(root.key_node("c").unwrap().span(), Span { start: 14, end: 15 });
    assert_eq!(stream.node(alias.id()).as_str(), Some("v"));
    assert_eq!(stream.position(17).column, 4);
}

fn limit(text: &str, limits: &Limits) -> Option<ErrorKind> {
    Stream::yaml(text, limits).documents().find_map(|document| document.err().map(|e| e.kind))
}

#[test]
fn limits() {
    let limits = Limits { bytes: 100, depth: 3, nodes: 8 };
    assert_eq!(limit(&" ".repeat(101), &limits), Some(ErrorKind::Limit));
    assert_eq!(limit("[[[]]]", &limits), None);
    assert_eq!(limit("[[[[]]]]", &limits), Some(ErrorKind::Limit));
    assert_eq!(limit("- - - - a", &limits), Some(ErrorKind::Limit));
    assert_eq!(limit("a: &a [[x]]\nb: [*a]", &limits), Some(ErrorKind::Limit));
    assert_eq!(limit("[1, 2, 3, 4, 5, 6, 7]", &limits), None);
    assert_eq!(limit("[1, 2, 3, 4, 5, 6, 7, 8]", &limits), Some(ErrorKind::Limit));
}

/// Hostile inputs: linear time and memory, whatever the answer.
#[test]
fn hostile_inputs() {
    let bomb: String =
        std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
            .chain((1..30).map(|n| {
                format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
            }))
            .collect();
    let merges: String = std::iter::once("a0: &a0 {k: v}\n".to_owned())
        .chain((1..60).map(|n| format!("a{n}: &a{n} {{<<: [*a{0}, *a{0}], k{n}: v}}\n", n - 1)))
        .collect();
    let chain: String = std::iter::once("a0: &a0 {k: v}\n".to_owned())
        .chain((1..5000).map(|n| format!("a{n}: &a{n} {{<<: *a{}, k{n}: v}}\n", n - 1)))
        .collect();
    let keys = lines(100_000, |n| format!("k{n}: v\n"));
    let anchors = lines(100_000, |n| format!("- &a{n} x\n"));
    let nested_merges =
        format!("{}{}{}", "<<: {".repeat(500), "a: 1, ".repeat(10_000), "}".repeat(500));
    let cases: &[(&str, String, Option<ErrorKind>)] = &[
        ("dashes", "- ".repeat(20_000), Some(ErrorKind::Limit)),
        ("brackets", "[".repeat(20_000), Some(ErrorKind::Limit)),
        ("braces", "{a: ".repeat(20_000), Some(ErrorKind::Limit)),
        ("question marks", "? ".repeat(500_000), Some(ErrorKind::Limit)),
        ("alias bomb", bomb, Some(ErrorKind::ExcessiveAliasing)),
        ("merge bomb", merges, Some(ErrorKind::ExcessiveAliasing)),
        ("merge chain", chain, Some(ErrorKind::Limit)),
        ("inline merges", nested_merges, None),
        ("flow list", format!("[{}]", "a, ".repeat(300_000)), None),
        ("keys", keys, None),
        ("anchors", anchors, None),
        ("NUL", "\0".repeat(1_000_000), Some(ErrorKind::Encoding)),
        ("long line", format!("a: {}\n", "x".repeat(1_000_000)), None),
        ("long key", format!("{}: a\n", "é".repeat(500_000)), Some(ErrorKind::Syntax)),
        ("open quote", format!("\"{}", "x y\n".repeat(250_000)), Some(ErrorKind::Syntax)),
        ("open quotes", "a: \"\n---\n".repeat(100_000), Some(ErrorKind::Syntax)),
        ("documents", "---\na\n".repeat(1_000_000), None),
        ("empty documents", "---\n".repeat(1_000_000), None),
        ("colons", ": ".repeat(500_000), Some(ErrorKind::Syntax)),
        ("dash runs", format!("{}\n", "-".repeat(1_000_000)), None),
        ("comments", "#\n".repeat(500_000), None),
        ("blank lines in block", format!("a: |\n  x\n{}", "\n".repeat(1_000_000)), None),
    ];
    for (name, text, expected) in cases {
        let stream = Stream::yaml(text, &Limits::default());
        let found = stream.documents().find_map(|document| document.err().map(|e| e.kind));
        assert_eq!(found, *expected, "{name}");
        for document in stream.documents().flatten() {
            let root = document.root();
            assert!(root.get("missing").is_none() && root.entries().count() < 1_000_000);
        }
    }
}
