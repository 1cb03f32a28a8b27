//! JSON streams, in tables and compared with `serde_json`.

use yaml::{ErrorKind, Limits, Span, Stream, Style, Value};

fn read(text: &str) -> Vec<Result<String, ErrorKind>> {
    let stream = Stream::json(text, &Limits::default());
    let documents = stream.documents().map(|document| {
        let mut json = String::new();
        document.map_err(|error| error.kind)?.root().write_json(&mut json);
        Ok(json)
    });
    documents.collect()
}

#[test]
fn values() {
    let check = |text: &str, expected: &str| {
        assert_eq!(read(text), [Ok(expected.to_owned())], "{text:?}");
    };
    check("null", "null");
    check(" [true, false,\n{} ,[]]\t", "[true,false,{},[]]");
    check(r#"{"b": 1, "a": {"c": ["x"]}}"#, r#"{"a":{"c":["x"]},"b":1}"#);
    check(r#"["yes", "1", "~", "<<"]"#, r#"["yes","1","~","\u003c\u003c"]"#);
    check(
        "[0, -0, 1.50, 1E5, -1e-7, 9223372036854775808]",
        "[0,0,1.5,100000,-1e-7,9223372036854775808]",
    );
    check("100000000000000000000", "100000000000000000000");
    check(r#""\"\\\/\b\f\n\r\t\u00e9\u263A""#, "\"\\\"\\\\/\\b\\f\\n\\r\\té☺\"");
    check(r#""\ud83d\ude00 \ud83d \ud83dx \ude00 \ud83d\u0041""#, "\"😀 � �x � �A\"");
    check(r#"{"a": 1, "a": 2}"#, r#"{"a":2}"#);
    check("\u{FEFF}1", "1");
    check("\"\u{7F}\u{80}\"", "\"\u{7F}\u{80}\"");
}

#[test]
fn refusals() {
    for text in [
        "{",
        "[",
        "[1",
        "[1,]",
        "[,]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "\"\n\"",
        "\"\t\"",
        "+1",
        ".5",
        "1.",
        "-",
        "1e",
        "1e+",
        "tru",
        "True",
        "[1 2]",
        "[1}",
        "{\"a\":1]",
        "]",
        "// c\n1",
        "nan",
        "\u{A0}1",
        "\0",
    ] {
        assert_eq!(read(text).pop(), Some(Err(ErrorKind::Syntax)), "{text:?}");
    }
    assert_eq!(read("1e999"), [Err(ErrorKind::NoJson)]);
    assert_eq!(read(&"[".repeat(20_000)), [Err(ErrorKind::Limit)]);
    assert_eq!(read(&"{\"a\":".repeat(20_000)), [Err(ErrorKind::Limit)]);
}

#[test]
fn streams() {
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(read(""), []);
    assert_eq!(read(" \n"), []);
    assert_eq!(
        read("{}\n{\"a\":1}[2]3 \"x\"true"),
        [ok("{}"), ok("{\"a\":1}"), ok("[2]"), ok("3"), ok("\"x\""), ok("true")]
    );
    assert_eq!(read("1 ] 2"), [ok("1"), Err(ErrorKind::Syntax)]);
    let text = " {\"a\": [1, \"x\"], \"a\": 2}\n3";
    let stream = Stream::json(text, &Limits::default());
    let document = stream.documents().next().unwrap().unwrap();
    assert_eq!(document.span(), Span { start: 1, end: 24 });
    assert_eq!(document.root().style(), Style::Flow);
    assert_eq!(document.root().get("a").unwrap().value(), Value::Int(2));
    let duplicate = document.duplicates()[0];
    assert_eq!((duplicate.first.start, duplicate.second.start), (2, 17));
    assert_eq!(document.root().key_node("a").unwrap().written(), "\"a\"");
}

#[test]
fn hostile_inputs() {
    for (text, expected) in [
        (format!("[{}1]", "1,".repeat(1_000_000)), None),
        (format!("\"{}", "x".repeat(1_000_000)), Some(ErrorKind::Syntax)),
        (format!("\"{}\"", "\\ud800".repeat(200_000)), None),
        ("1 ".repeat(1_000_000), None),
        ("[]".repeat(500_000), None),
        ("\"".repeat(1_000_001), Some(ErrorKind::Syntax)),
    ] {
        let stream = Stream::json(&text, &Limits::default());
        let refused = stream.documents().find_map(|document| document.err().map(|e| e.kind));
        assert_eq!(refused, expected);
    }
}
