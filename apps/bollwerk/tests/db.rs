//! The database of advisories: built, told of, signed, and updated from servers that do what
//! servers do wrong.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;
mod server;

use std::fs;
use std::process::Command;

use program::{Folder, bollwerk, fits};
use serde_json::Value;
use server::{Answer, Server};

const NOW: &str = "--now=2026-11-30T00:00:00Z";
const LATER: &str = "--now=2026-12-02T00:00:00Z";

/// One record of Python's index.
fn record(id: &str, package: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-11-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "PyPI", "name": "{package}"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

fn records(count: usize) -> String {
    (0..count)
        .map(|at| record(&format!("A-{at}"), &format!("p{}", at % 97), "1.0") + "\n")
        .collect()
}

/// Runs `bollwerk db`, which may not fail by wrong use.
fn db(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    let whole = [&["db"], arguments].concat();
    let (code, out, error) = bollwerk(folder.path(), &whole, "");
    assert!((0..=3).contains(&code), "{error}");
    (code, out, error)
}

fn build(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let (code, _, error) = db(folder, &[&["build"], arguments].concat());
    (code, error)
}

fn status(folder: &Folder, file: &str, arguments: &[&str]) -> (i32, Value) {
    let whole = [&["status", "--database", file, "--format=json"], arguments].concat();
    let (code, out, error) = db(folder, &whole);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}")))
}

fn read(folder: &Folder, name: &str) -> Vec<u8> {
    fs::read(folder.path().join(name)).unwrap()
}

const TRACKER: &str = r#"{"openssl": {"CVE-2024-0001": {"releases": {"bookworm":
    {"status": "resolved", "fixed_version": "3.0.13-1", "urgency": "high"}}}}}"#;
const ALPINE: &str = r#"{"distroversion": "v3.20", "reponame": "main", "packages": [
    {"pkg": {"name": "xen", "secfixes": {"4.7.1-r3": ["CVE-2016-10013"]}}}]}"#;
const EPSS: &str = "#model_version:v1,score_date:2026-11-29T00:00:00Z\ncve,epss,percentile\n\
                    CVE-2024-0001,0.94,0.99\n";
const KEV: &str = r#"{"title": "a", "catalogVersion": "1", "vulnerabilities":
    [{"cveID": "CVE-2024-0001", "dateAdded": "2026-01-02"}]}"#;
const ENDS: &str = r#"[{"cycle": "12", "eol": "2026-06-10"}, {"cycle": "13", "eol": false}]"#;

#[test]
fn every_kind_of_source_in_every_wrapping() {
    let folder = Folder::new(&[
        ("osv/one.json", &record("A-1", "requests", "1.0")),
        ("osv/deep/many.jsonl", &records(3)),
        ("tracker.json", TRACKER),
        ("alpine.json", ALPINE),
        ("epss.csv", EPSS),
        ("kev.json", KEV),
        ("debian.json", ENDS),
    ]);
    let run = |line: &str| {
        let mut shell = Command::new("sh");
        assert!(shell.args(["-c", line]).current_dir(folder.path()).status().unwrap().success());
    };
    run("gzip -k epss.csv && tar -czf osv.tar.gz osv && zstd -q tracker.json && \
         python3 -m zipfile -c osv.zip osv/");
    let all = ["debian:tracker.json.zst", "alpine.json", "epss.csv.gz", "kev.json", "debian.json"];
    let mut sizes = Vec::new();
    for osv in ["osv", "osv.tar.gz", "osv.zip"] {
        let source = format!("{osv},name=Ours,licence=CC0-1.0,credit=us,url=https://a.example/");
        let arguments = [&[source.as_str()], all.as_slice(), &["-o", "a.bwdb", NOW]].concat();
        let (code, error) = build(&folder, &arguments);
        assert_eq!(code, 0, "{error}");
        let first = read(&folder, "a.bwdb");
        build(&folder, &arguments);
        assert_eq!(read(&folder, "a.bwdb"), first, "the same bytes for the same input");
        fits(&serde_json::from_slice(&read(&folder, "a.bwdb.head.json")).unwrap());
        sizes.push(first.len());
        let (code, told) = status(&folder, "a.bwdb", &[NOW]);
        assert_eq!((code, told["ageDays"].as_u64()), (0, Some(0)));
        assert_eq!(told["advisories"], 6);
        assert_eq!(told["releasesWithEnd"], 2);
        let ours = &told["sources"][0];
        assert_eq!((&ours["name"], &ours["records"]), (&"Ours".into(), &4.into()));
        assert_eq!((&ours["credit"], &ours["licence"]), (&"us".into(), &"CC0-1.0".into()));
        assert!(ours["digest"].as_str().unwrap().starts_with("sha256:"));
        assert_eq!(told["sources"][3]["state"], "2026-11-29");
        let covered: Vec<&str> = told["coverage"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["ecosystem"].as_str().unwrap())
            .collect();
        assert_eq!(covered, ["Alpine:v3.20", "Debian:12", "PyPI"]);
        fits(&told);
    }
    sizes.dedup();
    assert_eq!(sizes.len(), 1, "however they are wrapped");
}

#[test]
fn what_is_refused_is_told_and_nothing_is_written_of_nothing() {
    let folder = Folder::new(&[
        ("a.jsonl", &format!("{}\n{{\"id\": 7}}\n", record("A-1", "requests", "1.0"))),
        ("notes.txt", "nothing"),
        ("empty.jsonl", &record("A-1", "requests", "1.0").replace("PyPI", "Nowhere")),
    ]);
    let (code, error) = build(&folder, &["a.jsonl", "-o", "a.bwdb", NOW]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("a.jsonl:2: the record is no OSV record"), "{error}");
    let (code, _) = build(&folder, &["a.jsonl", "-o", "a.bwdb", NOW, "--accept-refused"]);
    assert_eq!(code, 0);
    for source in ["notes.txt", "gone", "empty.jsonl", "epss:a.jsonl"] {
        let (code, error) = build(&folder, &[source, "-o", "b.bwdb", NOW]);
        assert_eq!(code, 2, "{source}: {error}");
        assert!(!folder.path().join("b.bwdb").exists());
    }
}

#[test]
fn age_warns_and_fails_where_it_is_asked_to() {
    let folder = Folder::new(&[("a.json", &record("A-1", "requests", "1.0"))]);
    build(&folder, &["a.json", "-o", "a.bwdb", NOW]);
    let status = |arguments: &[&str]| {
        let whole = [&["status", "--database=a.bwdb"], arguments].concat();
        let (code, _, error) = db(&folder, &whole);
        (code, error.contains("old:"))
    };
    assert_eq!(status(&["--now=2026-12-07T00:00:00Z"]), (0, false));
    assert_eq!(status(&["--now=2026-12-08T00:00:00Z"]), (0, true));
    assert_eq!(status(&["--now=2026-12-08T00:00:00Z", "--max-age=8"]), (0, false));
    assert_eq!(status(&["--now=2026-12-09T00:00:00Z", "--max-age=8"]), (1, true));
}

/// Two keys of OpenSSL: one to sign with, its public half, and another's.
fn keys(folder: &Folder) {
    let line = "openssl genpkey -algorithm ed25519 -out key.pem && \
                openssl pkey -in key.pem -pubout -out key.pub && \
                openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out other.pub";
    let mut shell = Command::new("sh");
    assert!(shell.args(["-c", line]).current_dir(folder.path()).status().unwrap().success());
}

#[test]
fn signatures_are_verified_where_a_key_is_given() {
    let folder = Folder::new(&[
        ("a.json", &record("A-1", "requests", "1.0")),
        (
            "cart.cdx.json",
            r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components":
            [{"type": "library", "name": "requests", "version": "0.1",
              "purl": "pkg:pypi/requests@0.1"}]}"#,
        ),
    ]);
    keys(&folder);
    assert_eq!(build(&folder, &["a.json", "-o", "a.bwdb", "--sign=key.pem", NOW]).0, 0);
    assert_eq!(build(&folder, &["a.json", "-o", "bare.bwdb", NOW]).0, 0);
    let verify = |file, key| db(&folder, &["verify", file, "--key", key]).0;
    assert_eq!(verify("a.bwdb", "key.pub"), 0);
    assert_eq!(verify("a.bwdb", "other.pub"), 1);
    assert_eq!(verify("bare.bwdb", "key.pub"), 1);
    assert_eq!(verify("a.bwdb", "key.pem"), 2);
    let scan = |arguments: &[&str]| {
        let whole = [&["image", "scan", "cart.cdx.json", "--format=json", NOW], arguments].concat();
        let (code, out, error) = bollwerk(folder.path(), &whole, "");
        (code, serde_json::from_str::<Value>(&out).unwrap_or_default(), error)
    };
    let (code, found, error) = scan(&["--database=a.bwdb", "--database-key=key.pub"]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(found["findings"][0]["advisory"], "A-1");
    assert_eq!(found["database"]["verified"], true);
    let (code, _, error) = scan(&["--database=a.bwdb", "--database-key=other.pub"]);
    assert_eq!(code, 2);
    assert!(error.contains("not signed by this key"), "{error}");
    let (code, found, _) = scan(&["--database=a.bwdb"]);
    assert_eq!((code, &found["database"]["verified"]), (0, &false.into()));
}

/// A server with a file that is a database or a source, and the folder of one who updates from it.
struct Mirror {
    folder: Folder,
    server: Server,
}

impl Mirror {
    fn new(content: Vec<u8>) -> Self {
        let server = Server::start();
        server.put("/a", content);
        Self { folder: Folder::new(&[]), server }
    }

    fn update(&self, arguments: &[&str]) -> (i32, String, String) {
        let from = format!("--from={}/a", self.server.address());
        let whole = [&["update", &from, "--to=own.bwdb", NOW], arguments].concat();
        db(&self.folder, &whole)
    }

    fn own(&self) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join("own.bwdb")).ok()
    }
}

/// Two databases, the second with more in it and built later.
fn two() -> (Vec<u8>, Vec<u8>, Folder) {
    let folder = Folder::new(&[("a.jsonl", &records(2_000)), ("b.jsonl", &records(2_020))]);
    build(&folder, &["a.jsonl", "-o", "a", NOW]);
    build(&folder, &["b.jsonl", "-o", "b", LATER, "--patch-from=a"]);
    (read(&folder, "a"), read(&folder, "b"), folder)
}

#[test]
fn what_has_not_changed_is_not_fetched_again() {
    let (a, b, _) = two();
    let mirror = Mirror::new(a.clone());
    let (code, out, error) = mirror.update(&[]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("updated own.bwdb: 2000 advisories"), "{out}");
    assert_eq!(mirror.own().unwrap(), a);
    let (code, out, error) = mirror.update(&[]);
    assert_eq!((code, out.trim()), (0, "own.bwdb is up to date"), "{error}");
    assert_eq!(mirror.server.sent("/a"), [200, 304]);
    mirror.server.put("/a", b.clone());
    let (code, _, error) = mirror.update(&[]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(mirror.own().unwrap(), b);
    // Back to one of before: only where that is wanted.
    mirror.server.put("/a", a.clone());
    let (code, _, error) = mirror.update(&[]);
    assert_eq!(code, 3);
    assert!(error.contains("it is of 2026-11-30, the one that is there of 2026-12-02"), "{error}");
    assert_eq!(mirror.own().unwrap(), b);
    assert_eq!(mirror.update(&["--allow-older"]).0, 0);
    assert_eq!(mirror.own().unwrap(), a);
}

#[test]
fn patches_are_fetched_where_they_are_offered() {
    let (a, b, published) = two();
    let mirror = Mirror::new(b.clone());
    let offer = || {
        for file in fs::read_dir(published.path()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if let Some(ending) = name.strip_prefix("b.").filter(|it| *it != "jsonl") {
                mirror.server.put(&format!("/a.{ending}"), read(&published, &name));
            }
        }
    };
    offer();
    mirror.folder.write("own.bwdb", "");
    fs::write(mirror.folder.path().join("own.bwdb"), &a).unwrap();
    let (code, _, error) = mirror.update(&[]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(mirror.own().unwrap(), b);
    assert!(error.contains("a patch"), "{error}");
    assert_eq!(mirror.server.sent("/a"), Vec::<u16>::new(), "the whole is not asked for");
    let patch = mirror.server.bytes_sent();
    assert!(patch < b.len() as u64 / 3, "{patch} of {}", b.len());
    // A head that lies about what is there.
    mirror.server.put("/a", a.clone());
    fs::write(mirror.folder.path().join("own.bwdb"), "").unwrap();
    let (code, _, error) = mirror.update(&[]);
    assert_eq!(code, 3);
    assert!(error.contains("another digest than its head states"), "{error}");
    assert_eq!(mirror.own().unwrap(), b"");
}

#[test]
fn what_fails_leaves_what_is_there() {
    let (a, b, _) = two();
    let mirror = Mirror::new(a.clone());
    assert_eq!(mirror.update(&[]).0, 0);
    let other = Server::start();
    other.put("/a", b.clone());
    let elsewhere = format!("http://{}/a", other.address().trim_start_matches("http://"));
    let cut: Vec<u8> = b[..b.len() / 2].to_vec();
    let damaged: Vec<u8> =
        b.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == 5_000)).collect();
    let failing: [(&str, Answer, &[&str], &str); 7] = [
        (
            "never more than half",
            Answer::of(200, cut.clone()).claiming(b.len()),
            &[],
            "broke off after",
        ),
        ("half, and content with it", Answer::of(200, cut), &[], "ends too early"),
        ("damaged", Answer::of(200, damaged), &[], "checksum differs"),
        ("huge", Answer::of(200, b.clone()), &["--max-bytes=10000"], "10000"),
        (
            "slow",
            Answer::of(200, b.clone()).dripping(),
            &["--max-seconds=1"],
            "more than 1 seconds",
        ),
        ("broken", Answer::of(500, Vec::new()), &[], "answers 500"),
        ("a page", Answer::of(200, b"<html>".to_vec()), &[], "holds no advisories"),
    ];
    for (name, answer, arguments, said) in failing {
        mirror.server.answer("/a", answer);
        let (code, _, error) = mirror.update(arguments);
        assert_eq!(code, 3, "{name}: {error}");
        assert!(
            error.contains(said) && error.contains("the database of before is kept"),
            "{name}: {error}"
        );
        assert_eq!(mirror.own().unwrap(), a, "{name}");
    }
    mirror.server.answer("/a", Answer::of(302, Vec::new()).at("https://a.invalid/"));
    assert_eq!(mirror.update(&["--max-seconds=1"]).0, 3);
    mirror.server.answer("/a", Answer::of(302, Vec::new()).at("ftp://a.invalid/"));
    assert!(mirror.update(&[]).2.contains("neither `https` nor `http`"));
    mirror.server.answer("/a", Answer::of(302, Vec::new()).at("http://a.invalid/"));
    assert!(mirror.update(&[]).2.contains("an address without TLS"));
    mirror.server.answer("/a", Answer::of(302, Vec::new()).at(&elsewhere));
    assert_eq!(mirror.update(&[]).0, 0, "another server of this machine may be led to");
    assert_eq!(mirror.own().unwrap(), b);
}

#[test]
fn what_breaks_off_goes_on_from_there() {
    let (a, ..) = two();
    let mirror = Mirror::new(a.clone());
    mirror.server.break_off("/a", 10_000);
    let (code, _, error) = mirror.update(&[]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(mirror.own().unwrap(), a);
    assert_eq!(mirror.server.sent("/a"), [200, 206]);
}

#[test]
fn only_what_a_key_has_signed_is_taken() {
    let folder = Folder::new(&[("a.jsonl", &records(10))]);
    keys(&folder);
    build(&folder, &["a.jsonl", "-o", "signed", NOW, "--sign=key.pem"]);
    build(&folder, &["a.jsonl", "-o", "bare", NOW]);
    let mirror = Mirror::new(read(&folder, "bare"));
    let key = folder.path().join("key.pub");
    let key = format!("--database-key={}", key.display());
    let (code, _, error) = mirror.update(&[&key]);
    assert!(code == 3 && error.contains("not signed"), "{error}");
    assert_eq!(mirror.own(), None);
    mirror.server.put("/a", read(&folder, "signed"));
    assert_eq!(mirror.update(&[&key]).0, 0);
    let other = format!("--database-key={}", folder.path().join("other.pub").display());
    let (code, _, error) = mirror.update(&[&other]);
    assert!(code == 3 && error.contains("not signed by this key"), "{error}");
    let mut changed = read(&folder, "signed");
    changed[500] ^= 1;
    mirror.server.put("/a", changed);
    let (code, _, error) = mirror.update(&[&key]);
    assert!(code == 3 && error.contains("changed after it was signed"), "{error}");
    mirror.server.put("/a", records(3).into_bytes());
    let (code, _, error) = mirror.update(&[&key]);
    assert!(code == 3 && error.contains("not its sources"), "{error}");
}

#[test]
fn a_mirror_of_what_is_published() {
    let server = Server::start();
    server.put("/m/debian/tracker.json", TRACKER.into());
    server.put("/m/epss/epss_scores-current.csv.gz", EPSS.into());
    let folder = Folder::new(&[]);
    let from = format!("--from={}/m/", server.address());
    let own = "--to=own.bwdb";
    let update =
        |now: &str| db(&folder, &["update", &from, "--only=debian", "--only=epss", own, now]);
    let (code, out, error) = update(NOW);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("updated"), "{out}");
    let (_, told) = status(&folder, "own.bwdb", &[NOW]);
    assert_eq!(told["sources"][0]["name"], "Debian security tracker");
    assert_eq!(told["sources"][0]["credit"], "Debian Security Tracker");
    let (code, out, _) = update(LATER);
    assert_eq!((code, out.trim()), (0, "own.bwdb is up to date"));
    // One of them fails: what was fetched of it before is used, and that is told.
    server.answer("/m/debian/tracker.json", Answer::of(404, Vec::new()));
    server.put("/m/epss/epss_scores-current.csv.gz", EPSS.replace("0.94", "0.95").into());
    let (code, _, error) = update(LATER);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("what was fetched of it before is used"), "{error}");
    let (_, told) = status(&folder, "own.bwdb", &[NOW]);
    assert_eq!(told["advisories"], 1);
    // Without anything fetched before, there is no update.
    let (code, _, error) = db(&folder, &["update", &from, "--only=debian", "--to=new.bwdb", NOW]);
    assert!(code == 3 && error.contains("there is no database of before"), "{error}");
    assert!(!folder.path().join("new.bwdb").exists());
    let (code, _, error) = db(&folder, &["update", "--only=nonsense", own]);
    assert!(code == 2 && error.contains("osv-pypi"), "{error}");
    let plain = "--from=http://mirror.invalid/a.bwdb";
    let (code, _, error) = db(&folder, &["update", plain, own]);
    assert!(code == 3 && error.contains("plain HTTP"), "{error}");
}

#[test]
fn a_database_from_a_registry() {
    let (a, ..) = two();
    let digest = |content: &[u8]| image::Digest::of(content).to_string();
    let server = Server::start();
    let manifest = |layer: &str, size: usize| {
        format!(
            r#"{{"schemaVersion": 2, "config": {{"mediaType": "application/vnd.oci.empty.v1+json", "digest": "{}", "size": 2}}, "layers": [{{"mediaType": "application/vnd.bollwerk.database.v1", "digest": "{layer}", "size": {size}}}]}}"#,
            digest(b"{}")
        )
    };
    let layer = digest(&a);
    server.put("/v2/sec/db/manifests/1", manifest(&layer, a.len()).into());
    server.put(&format!("/v2/sec/db/blobs/{layer}"), a.clone());
    let folder = Folder::new(&[]);
    let from = format!("--from=oci://{}/sec/db:1", server.address().trim_start_matches("http://"));
    let update = || db(&folder, &["update", &from, "--insecure", "--to=own.bwdb", NOW]);
    let (code, _, error) = update();
    assert_eq!(code, 0, "{error}");
    assert_eq!(read(&folder, "own.bwdb"), a);
    let mut other = a.clone();
    other[900] ^= 1;
    server.put(&format!("/v2/sec/db/blobs/{layer}"), other);
    let (code, _, error) = update();
    assert!(code == 3 && error.contains("not what its digest says"), "{error}");
    assert_eq!(read(&folder, "own.bwdb"), a);
}

#[test]
fn a_scan_takes_the_newer_of_yours_and_the_embedded() {
    let folder = Folder::new(&[
        ("a.json", &record("A-1", "requests", "1.0")),
        ("cart.cdx.json", r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}"#),
    ]);
    let scan = |database: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_bollwerk"));
        program.args(["image", "scan", "cart.cdx.json", "--format=json", NOW]);
        program.env("BOLLWERK_DATABASE", database).current_dir(folder.path());
        let out = program.output().unwrap();
        let found: Value = serde_json::from_slice(&out.stdout).unwrap();
        found["database"]["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(scan("gone.bwdb"), "embedded");
    build(&folder, &["a.json", "-o", "new.bwdb", NOW]);
    assert_eq!(scan("new.bwdb"), "file");
    build(&folder, &["a.json", "-o", "old.bwdb", "--now=2020-01-01T00:00:00Z"]);
    assert_eq!(scan("old.bwdb"), "embedded");
}
