//! What comes out of an edit, by tables.

use super::{Change, Refusal, Step, edit};
use crate::{Limits, Stream};

fn steps(path: &str) -> Vec<Step<'_>> {
    path.split('.').map(|step| step.parse().map_or(Step::Key(step), Step::Index)).collect()
}

fn edited(text: &str, path: &str, change: Change<'_>) -> Result<String, Refusal> {
    let json = text.starts_with('{') && text.contains('"');
    let read = if json { Stream::json } else { Stream::yaml };
    let stream = read(text, &Limits::default());
    let root = stream.documents().next().unwrap().unwrap().root();
    edit(&stream, root, &steps(path), change).map(|splice| splice.apply(text))
}

fn check_set(text: &str, path: &str, value: &str, expected: &str) {
    assert_eq!(edited(text, path, Change::Set(value)).as_deref(), Ok(expected), "{text}");
}

fn check_remove(text: &str, path: &str, expected: &str) {
    assert_eq!(edited(text, path, Change::Remove).as_deref(), Ok(expected), "{text}");
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    check_set("a: yes # why\nb: 1\n", "a", "false", "a: false # why\nb: 1\n");
    check_set("a:   \"x\"\n", "a", "\"z\"", "a:   z\n");
    check_set("a: x\n", "a", "\"y\"", "a: \"y\"\n");
    check_set("a:\nb: 1\n", "a", "true", "a: true\nb: 1\n");
    check_set("a: {b: 1, c: 2}\n", "a.b", "3", "a: {b: 3, c: 2}\n");
    check_set("- a: 1\n- a: 2\n", "1.a", "3", "- a: 1\n- a: 3\n");
    check_set("{\"a\": true}", "a", "\"on\"", "{\"a\": \"on\"}");
    check_set("a:\n  b: 1\n  c: 2\nd: 3\n", "a", "[\"ALL\"]", "a: [ALL]\nd: 3\n");
    check_set("a: # of\n- 1\nd: 3\n", "a", "true", "a: true # of\nd: 3\n");
    check_set("a: # of\n- 1\nd: 3\n", "a", "{\"b\":1}", "a: # of\n  b: 1\nd: 3\n");
    check_set("a:\n- 1\n- 2\nd: 3\n", "a", "{\"b\":{\"c\":1}}", "a:\n  b:\n    c: 1\nd: 3\n");
}

#[test]
fn a_missing_field_is_inserted_after_the_last() {
    check_set("a:\n  b: 1 # one\nc: 2\n", "a.d", "true", "a:\n  b: 1 # one\n  d: true\nc: 2\n");
    check_set("a:\n  b: 1", "a.d", "true", "a:\n  b: 1\n  d: true");
    check_set("a:\n  b: 1\r\n", "a.d", "true", "a:\n  b: 1\r\n  d: true\r\n");
    let text = "l:\n- name: x\n  image: y\n- name: z\n";
    let expected = "l:\n- name: x\n  image: y\n  s:\n    p: false\n- name: z\n";
    check_set(text, "l.0.s.p", "false", expected);
    check_set("a:\n  s:\nb: 1\n", "a.s.p", "false", "a:\n  s:\n    p: false\nb: 1\n");
    check_set("a: {}\n", "a.p", "[\"ALL\"]", "a: {p: [ALL]}\n");
    check_set("a: {b: 1}\n", "a.c.d", "2", "a: {b: 1, c: {d: 2}}\n");
    check_set("{\"a\": {\"b\": 1}}", "a.c", "\"x\"", "{\"a\": {\"b\": 1, \"c\": \"x\"}}");
    let text = "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n";
    check_set(text, "a.c", "true", "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": true\n  }\n}\n");
    check_set("{\n\t\"a\": 1\n}", "b", "2", "{\n\t\"a\": 1,\n\t\"b\": 2\n}");
    check_set("a:\n  b: |\n    text\nc: 1\n", "a.d", "1", "a:\n  b: |\n    text\n  d: 1\nc: 1\n");
}

#[test]
fn a_field_is_taken_out_with_its_lines() {
    check_remove("a:\n  b: 1 # one\n  c: 2\n", "a.b", "a:\n  c: 2\n");
    check_remove("a:\n  b: 1\n", "a.b", "a: {}\n");
    check_remove("l:\n- a: 1\n  b: 2\n", "l.0.a", "l:\n- b: 2\n");
    check_remove("l:\n- a: 1 # x\n  # y\n  b: 2\n", "l.0.a", "l:\n- # y\n  b: 2\n");
    check_remove("l:\n- a: 1\n  b: 2\n", "l.0.b", "l:\n- a: 1\n");
    check_remove("l:\n  - x\n  - y\n", "l.0", "l:\n  - y\n");
    check_remove("l:\n- x\n", "l.0", "l: []\n");
    check_remove("l: # of\n# all\n- x # y\nm: 1\n", "l.0", "l: [] # of\n# all\nm: 1\n");
    check_remove("a: # of\r\n  b: 1\r\nc: 2\r\n", "a.b", "a: {} # of\r\nc: 2\r\n");
    check_remove("l: [x, y, z]\n", "l.1", "l: [x, z]\n");
    check_remove("l: [x, y]\n", "l.1", "l: [x]\n");
    check_remove("l: [x]\n", "l.0", "l: []\n");
    check_remove("{\"a\": 1, \"b\": 2}", "b", "{\"a\": 1}");
    check_remove("a: 1\nb:\n  c: 2", "b", "a: 1");
    check_remove("a:\n  b:\n  - 1\n  - 2\n  c: 3\n", "a.b", "a:\n  c: 3\n");
}

#[test]
fn what_reaches_further_is_refused() {
    let check = |text, path, refusal| {
        assert_eq!(edited(text, path, Change::Set("1")), Err(refusal), "{text}");
    };
    check("a: &x {b: 1}\nc: *x\n", "c.b", Refusal::Alias);
    check("a: &x {b: 1}\nc: *x\n", "a.b", Refusal::Anchor);
    check("a: &x\n  b: 1\nc:\n  <<: *x\n", "c.b", Refusal::Merged);
    check("a: 1\n", "a.b", Refusal::NoPlace);
    check("a: []\n", "a.0", Refusal::NoPlace);
    check("a: !!str 1\n", "a", Refusal::Unusual);
    assert_eq!(edited("a: 1\n", "b", Change::Remove), Err(Refusal::Absent));
    assert_eq!(edited("a: 1\n", "a", Change::Set("{")), Err(Refusal::Value));
}
