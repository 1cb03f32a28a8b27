//! A snapshot is the same after it was written and read, and what is no snapshot is refused.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use model::snapshot::{read, write};
use model::{
    DigestKey, Gap, GapKind, KubernetesVersion, Location, Node, Origin, Part, Path, Redactions,
    Snapshot, Value, WorldId, items,
};

const MANIFESTS: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: db, labels: {"a.b/c": "d", "": empty, "true": "yes", "<<": merge}}
data: {password: aHVudGVyMg==, "tls.key": ""}
stringData: {pin: 12345678, open: true, nothing: null, ratio: 1.5}
---
apiVersion: example.com/v1
kind: Numbers
metadata: {name: numbers}
spec:
  ints: [0, -1, 268435455, 268435456, -268435456, 9223372036854775807, -9223372036854775808]
  large: 18446744073709551615
  floats: [1.0, -0.0, 0.1, 1e20, 1e21, 1e300, 1e-7, 5e-324, 1.7976931348623157e308]
  texts: ["", "null", "1", "\0\u001f\"\\/\u2028😀\ufffd", "two\nlines\r\n"]
  nested: [[], {}, [[{}]], {"a": [null, false, true]}]
---
apiVersion: v1
kind: PodList
items:
- metadata: {name: first}
- {apiVersion: v1, kind: Pod, metadata: {name: second, namespace: shop}}
---
apiVersion: v1
kind: SecretList
items:
- metadata: {name: third}
  data: {key: c2VjcmV0}
"#;

fn snapshot(text: &str) -> Snapshot {
    let mut snapshot =
        Snapshot::new(KubernetesVersion::minor(30), "2026-01-02T03:04:05Z".parse().unwrap());
    snapshot.cluster = Some("prod \"1\"".into());
    snapshot.namespace = Some("given".into());
    snapshot.worlds = vec!["one".into(), "two".into()];
    snapshot.files = vec!["a.yaml".into(), "ä/\"b\".yaml".into()];
    snapshot.coverage.bytes = 17;
    let location =
        Location { file: "a.yaml".into(), line: 1, column: 2, end_line: 3, end_column: 4 };
    for (kind, location) in [(GapKind::Syntax, Some(location)), (GapKind::Empty, None)] {
        let (subject, reason) = ("a.yaml".into(), "no \"YAML\"".into());
        snapshot.gaps.push(Gap { kind, subject, location, reason });
    }
    let key = DigestKey::new(&[3; 32]);
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut part = Part::new();
    for (number, document) in (0..).zip(stream.documents()) {
        let root = document.unwrap().root();
        for item in items(root, &mut |_, why| panic!("{why}")) {
            let kind = item.node.get("kind").and_then(yaml::Node::as_str);
            let kind = item.typed.as_ref().map_or(kind.unwrap_or_default(), |typed| &typed.1);
            let redactions = Redactions::find_in(item.node, kind, &key);
            let line = stream.position(item.node.span().start).line;
            let origin = Origin { file: 1, document: number, item: item.path, line };
            part.insert(item.node, &redactions, WorldId(number % 2), origin, item.typed);
        }
    }
    snapshot.add(part);
    snapshot
}

fn text_of(snapshot: &Snapshot) -> String {
    let mut out = Vec::new();
    write(snapshot, "1.2.3", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn assert_same(one: Node<'_>, other: Node<'_>, at: &Path) {
    match (one.value(), other.value()) {
        // Bits, so that -0.0 is not 0.0.
        (Value::Float(one), Value::Float(other)) => {
            assert_eq!(one.to_bits(), other.to_bits(), "{at}");
        }
        (one, other) => assert_eq!(one, other, "{at}"),
    }
    let (ours, theirs): (Vec<_>, Vec<_>) = (one.entries().collect(), other.entries().collect());
    assert_eq!(ours.len(), theirs.len(), "{at}");
    for ((key, one), (same, other)) in ours.into_iter().zip(theirs) {
        assert_eq!(key, same, "{at}");
        assert_same(one, other, &at.clone().key(key));
    }
    assert_eq!(one.items().count(), other.items().count(), "{at}");
    for (index, (one, other)) in one.items().zip(other.items()).enumerate() {
        assert_same(one, other, &at.clone().index(index));
    }
}

#[test]
fn what_is_written_is_read_again() {
    let long = format!(
        "{MANIFESTS}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: long}}\ndata: {{text: {:?}}}\n",
        "x".repeat(20_000)
    );
    let before = snapshot(&long);
    let text = text_of(&before);
    assert!(!text.contains("12345678") && !text.contains("aHVudGVyMg"), "{text}");
    let after = read(&mut text.as_bytes()).unwrap();
    assert_eq!(after.cluster, before.cluster);
    assert_eq!(after.version, before.version);
    assert_eq!(after.taken_at, before.taken_at);
    assert_eq!(after.namespace, before.namespace);
    assert_eq!(after.worlds, before.worlds);
    assert_eq!(after.files, before.files);
    assert_eq!(after.gaps, before.gaps);
    assert_eq!(after.coverage, before.coverage);
    assert_eq!(after.len(), 6);
    assert_eq!(after.len(), before.len());
    for id in before.ids() {
        let (one, other) = (before.object(id), after.object(id));
        assert_eq!(one.identity(), other.identity());
        assert_eq!(before.origin(id), after.origin(id));
        assert_eq!(before.world(id), after.world(id));
        assert_same(one.root, other.root, &Path::root());
    }
    assert_eq!(text_of(&after), text);
}

#[test]
fn what_is_no_snapshot_is_refused_with_its_line() {
    let good = text_of(&snapshot(MANIFESTS));
    let lines: Vec<&str> = good.lines().collect();
    let refused = |text: &str| match read(&mut text.as_bytes()) {
        Ok(_) => panic!("was read: {text}"),
        Err(error) => error.to_string(),
    };
    let cut = lines[..lines.len() - 1].join("\n");
    let dropped = [&lines[..2], &lines[3..]].concat().join("\n");
    for (text, wanted) in [
        (String::new(), "line 1: the file is empty"),
        ("{}".into(), "line 1: is no snapshot"),
        ("apiVersion: v1\n".into(), "line 1: "),
        (
            good.replace("snapshot/v1", "snapshot/v2"),
            "line 1: is of version `bollwerk.snapshot/v2`",
        ),
        (cut, "was cut"),
        (dropped, "the snapshot counts 5 objects, but 4 are here"),
        (good.replace("\"world\":1", "\"world\":9"), "line 3: names a file or world"),
        (good.replace("\"tree\"", "\"treé\""), "line 2: `tree` is missing"),
        (good.replace("\"data\",\"password\"", "\"data\",\"nobody\""), "line 2: the `path`"),
        (good.replace("\"line\":2", "\"line\":-2"), "line 2: `line` should be a number"),
        (format!("{good}\n{{}}"), "nothing may follow"),
    ] {
        assert_ne!(text, good, "the damage for {wanted:?} hits nothing");
        let error = refused(&text);
        assert!(error.contains(wanted), "{error:?} should say {wanted:?}");
    }
}

#[test]
fn a_damaged_snapshot_never_panics() {
    let good = text_of(&snapshot(MANIFESTS));
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = b"{}[]\",:0x\xff"[at % 10];
        drop(read(&mut bytes.as_slice()));
        drop(read(&mut &bytes[..at]));
    }
    let deep = format!("{}\n{}", good.lines().next().unwrap(), "[".repeat(100_000));
    assert!(read(&mut deep.as_bytes()).is_err());
}
