//! How a database gets from one to another: built from files, and signed.

use advisory::signature::{PublicKey, SignatureError, sign, signers, verified};
use advisory::{Database, Date, Form, Intake, Source};

/// Keys that OpenSSL made: `openssl genpkey -algorithm ed25519`, `openssl pkey -pubout`.
const KEY: &str = include_str!("keys/one.pem");
const PUBLIC: &str = include_str!("keys/one.pub.pem");
const OTHER: &str = include_str!("keys/two.pem");
const OTHER_PUBLIC: &str = include_str!("keys/two.pub.pem");

fn intake(now: &str) -> Intake {
    let time = now.parse().expect("a time");
    Intake::new(time, Date::parse(now).expect("a day"))
}

fn database(records: &str) -> Vec<u8> {
    let mut intake = intake("2026-08-22T00:00:00Z");
    let source =
        intake.source(Source { name: "test".to_owned(), ..Source::default() }, String::new());
    intake.take(source, Form::Osv, "records", records.as_bytes());
    let taken = intake.finish();
    assert_eq!(taken.refused, [], "nothing is refused");
    taken.built.bytes
}

fn record(id: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-01-01T00:00:00Z", "affected": [{{"package":
            {{"ecosystem": "PyPI", "name": "requests"}}, "ranges": [{{"type": "ECOSYSTEM",
            "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
    .replace('\n', " ")
}

#[test]
fn forms_are_recognised_by_what_they_hold() {
    let texts = [
        (Form::Osv, record("A-1", "1.0")),
        (Form::Osv, format!("[{}]", record("A-1", "1.0"))),
        (
            Form::DebianTracker,
            r#"{"openssl": {"CVE-1": {"scope": "remote", "releases": {}}}}"#.into(),
        ),
        (Form::AlpineSecdb, r#"{"apkurl": "", "distroversion": "v3.20", "packages": []}"#.into()),
        (Form::Csaf, r#"{"document": {"category": "csaf_vex"}}"#.into()),
        (Form::Epss, "#model_version:v1,score_date:2026-08-22\ncve,epss,percentile\n".into()),
        (
            Form::KnownExploited,
            r#"{"title": "a: \"id\"", "vulnerabilities": [{"cveID": "CVE-1"}]}"#.into(),
        ),
        (Form::EndOfLife, r#"[{"cycle": "12", "eol": false}]"#.into()),
    ];
    for (form, text) in texts {
        assert_eq!(Form::recognise(text.as_bytes()), Some(form), "{text}");
        assert_eq!(Form::recognise(format!("\u{feff}\n {text}").as_bytes()), Some(form), "{text}");
    }
    for none in ["", "{", "[]", "{}", r#"{"a": 1}"#, "PK\u{3}\u{4}", r#"{"openapi": "3.0.0"}"#] {
        assert_eq!(Form::recognise(none.as_bytes()), None, "{none}");
    }
}

#[test]
fn what_is_refused_is_told_with_its_place() {
    let mut intake = intake("2026-08-22T00:00:00Z");
    let source = intake.source(Source::default(), "sha256:00".to_owned());
    let text = format!("{}\nnonsense\n\n{{\"affected\": []}}\n", record("A-1", "1.0"));
    intake.take(source, Form::Osv, "x.jsonl", text.as_bytes());
    intake.take(source, Form::DebianTracker, "y.json", b"[]");
    intake.take(source, Form::AlpineSecdb, "z.json", br#"{"packages": []}"#);
    intake.take(source, Form::Epss, "bin", &[0xff]);
    let taken = intake.finish();
    let places: Vec<&str> = taken.refused.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(places, ["x.jsonl:2", "x.jsonl:4", "y.json", "z.json", "bin"]);
    let opened = Database::open(&taken.built.bytes).expect("a database");
    let told = &opened.provenance()[0];
    assert_eq!((told.records, told.refused, told.digest.as_str()), (1, 5, "sha256:00"));
    assert_eq!(opened.built_at().map(|it| it.to_string()).as_deref(), Some("2026-08-22T00:00:00Z"));
}

#[test]
fn what_dates_nothing_keeps_the_day_it_was_first_told() {
    let tracker = r#"{"openssl": {"CVE-2024-1": {"releases": {"bookworm":
        {"status": "resolved", "fixed_version": "3.0.13-1", "urgency": "high"}}}}}"#;
    let build = |now: &str, before: Option<&[u8]>| {
        let mut intake = intake(now);
        if let Some(before) = before {
            intake.seen_before(&Database::open(before).expect("a database"));
        }
        let source = intake.source(Source::default(), String::new());
        intake.take(source, Form::DebianTracker, "tracker", tracker.as_bytes());
        intake.finish().built.bytes
    };
    let first = build("2026-01-01T00:00:00Z", None);
    let second = build("2026-02-01T00:00:00Z", Some(&first));
    let third = build("2026-03-01T00:00:00Z", Some(&second));
    let day = |bytes: &[u8]| {
        let database = Database::open(bytes).expect("a database");
        database.advisory(0).and_then(|it| it.modified).map(|it| it.to_string())
    };
    assert_eq!(day(&third).as_deref(), Some("2026-01-01"));
    assert_eq!(day(&build("2026-03-01T00:00:00Z", None)).as_deref(), Some("2026-03-01"));
}

#[test]
fn a_database_is_taken_from_those_who_signed_it() {
    let bytes = database(&record("A-1", "1.0"));
    let (one, two) = (PublicKey::of_pem(PUBLIC).unwrap(), PublicKey::of_pem(OTHER_PUBLIC).unwrap());
    assert!(matches!(verified(&bytes, &one), Err(SignatureError::Unsigned)));
    let signed = sign(&bytes, KEY).unwrap();
    assert_eq!(verified(&signed, &one).unwrap(), bytes);
    assert_eq!(sign(&bytes, KEY).unwrap(), signed, "the same bytes each time");
    assert!(matches!(verified(&signed, &two), Err(SignatureError::OtherKey(_))));
    let both = sign(&signed, OTHER).unwrap();
    assert_eq!(verified(&both, &one).unwrap(), verified(&both, &two).unwrap());
    assert_eq!(signers(&both).unwrap(), [one, two]);
    for at in 0..signed.len() {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        assert!(verified(&changed, &one).is_err(), "{at}");
    }
    for length in 0..signed.len() {
        assert!(verified(&signed[..length], &one).is_err(), "{length}");
    }
    // A signature of another database.
    let mut moved = database(&record("A-2", "1.0"));
    moved.extend(&signed[bytes.len()..]);
    assert!(matches!(verified(&moved, &one), Err(SignatureError::Broken)));
    for none in ["", PUBLIC, "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"] {
        assert!(matches!(sign(&bytes, none), Err(SignatureError::Key("private"))), "{none}");
    }
    assert!(PublicKey::of_pem(KEY).is_err());
}
