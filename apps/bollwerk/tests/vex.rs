//! VEX in a scan: what is stated moves findings, and findings are written as statements.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../../crates/engine/tests/oracle/mod.rs"]
mod oracle;
mod program;

use oracle::Oracle;
use program::{Folder, bollwerk, fits};
use serde_json::{Value, json};

const NOW: &str = "--now=2026-11-30T00:00:00Z";
/// Two vulnerabilities of the embedded database: CVE-2014-1829 and CVE-2014-1830.
const SBOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
    "metadata": {"component": {"type": "container", "name": "registry.example/shop/cart:1.2",
        "version": "sha256:aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11"}},
    "components": [{"type": "library", "name": "requests", "version": "2.2.1",
        "purl": "pkg:pypi/requests@2.2.1"}]}"#;

fn open_vex(author: &str, time: &str, status: &str, more: &str) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "{author}",
            "timestamp": "{time}", "version": 1, "statements": [{{
            "vulnerability": {{"name": "CVE-2014-1829"}},
            "products": [{{"@id": "pkg:pypi/requests@2.2.1"}}], "status": "{status}"{more}}}]}}"#
    )
}

fn scan(folder: &Folder, arguments: &[&str]) -> (i32, Value, String) {
    let whole = [&["image", "scan", "cart.cdx.json", NOW], arguments].concat();
    let (code, out, error) = bollwerk(folder.path(), &whole, "");
    (code, serde_json::from_str(&out).unwrap_or(Value::String(out)), error)
}

/// The class of a vulnerability, and the statement that counts.
fn class<'f>(found: &'f Value, id: &str) -> (&'f str, &'f Value) {
    let all = found["findings"].as_array().unwrap();
    let one = all.iter().find(|it| it["vulnerability"] == id).unwrap();
    (one["class"].as_str().unwrap(), &one["vex"])
}

#[test]
fn what_is_stated_moves_findings_and_nothing_hides() {
    let reason = r#", "justification": "vulnerable_code_not_in_execute_path""#;
    let folder = Folder::new(&[
        ("cart.cdx.json", SBOM),
        ("not.json", &open_vex("Vendor", "2026-01-02T00:00:00Z", "not_affected", reason)),
        ("asks.json", &open_vex("Vendor", "2026-01-03T00:00:00Z", "under_investigation", "")),
        (
            "is.json",
            &open_vex("Us", "2026-01-01T00:00:00Z", "affected", r#", "action_statement": "x""#),
        ),
        ("bare.json", &open_vex("Us", "2026-01-01T00:00:00Z", "not_affected", "")),
        ("other.json", "{}"),
    ]);
    let json = "--format=json";
    let (_, plain, error) = scan(&folder, &[json]);
    assert_eq!(class(&plain, "CVE-2014-1829").0, "act", "{error}");
    let (_, found, _) = scan(&folder, &[json, "--vex=not.json"]);
    let (named, vex) = class(&found, "CVE-2014-1829");
    assert_eq!((named, &vex["counts"]["author"]), ("not-affected", &json!("Vendor")));
    assert_eq!(vex["counts"]["timestamp"], "2026-01-02T00:00:00Z");
    assert_eq!(vex["counts"]["justification"], "vulnerable_code_not_in_execute_path");
    assert_eq!(class(&found, "CVE-2014-1830"), ("act", &Value::Null));
    let (_, text, error) = scan(&folder, &["--vex=not.json"]);
    let text = text.as_str().unwrap();
    let told = "CVE-2014-1829  requests 2.2.1  not affected, Vendor, 2026-01-02: \
                vulnerable code not in execute path";
    assert!(text.contains("stated not to be affected (1)") && text.contains(told), "{text}{error}");
    // The later word counts, whichever file comes first; under investigation hides nothing.
    for files in [["--vex=not.json", "--vex=asks.json"], ["--vex=asks.json", "--vex=not.json"]] {
        let (_, found, _) = scan(&folder, &[json, files[0], files[1]]);
        assert_eq!(class(&found, "CVE-2014-1829").0, "act");
    }
    let (_, found, error) = scan(&folder, &[json, "--vex=is.json", "--vex=not.json"]);
    fits(&found);
    let (named, vex) = class(&found, "CVE-2014-1829");
    assert_eq!((named, &vex["against"][0]["author"]), ("not-affected", &json!("Us")));
    assert!(error.contains("contradicted: CVE-2014-1829 in requests"), "{error}");
    let (code, found, _) = scan(&folder, &[json, "--vex=bare.json"]);
    fits(&found);
    assert_eq!((code, class(&found, "CVE-2014-1829").0), (3, "act"));
    assert_eq!(found["gaps"][0]["kind"], "unreadable-vex");
    let (code, _, error) = scan(&folder, &[json, "--vex=other.json"]);
    assert!(code == 2 && error.contains("neither OpenVEX nor CycloneDX nor CSAF"), "{error}");
}

#[test]
fn what_attackers_use_comes_first_and_says_so() {
    let record = |id: &str, score: &str| {
        format!(
            r#"{{"id": "{id}", "aliases": ["{id}"], "modified": "2026-11-01T00:00:00Z", "published": "2026-11-01T00:00:00Z", "severity": [{{"type": "CVSS_V3", "score": "{score}"}}], "affected": [{{"package": {{"ecosystem": "PyPI", "name": "requests"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}]}}]}}]}}"#
        )
    };
    let (high, critical) = (
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    );
    let folder = Folder::new(&[
        ("cart.cdx.json", SBOM),
        (
            "a.jsonl",
            &[
                record("CVE-2026-0001", critical),
                record("CVE-2026-0002", high),
                record("CVE-2026-0003", high),
            ]
            .join("\n"),
        ),
        ("epss.csv", "cve,epss,percentile\nCVE-2026-0001,0.001,0.1\nCVE-2026-0002,0.5,0.9\n"),
    ]);
    let arguments = ["db", "build", "a.jsonl", "epss.csv", "-o", "a.bwdb", NOW];
    assert_eq!(bollwerk(folder.path(), &arguments, "").0, 0);
    let (_, found, error) = scan(&folder, &["--format=json", "--database=a.bwdb"]);
    let all = found["findings"].as_array().unwrap_or_else(|| panic!("{error}")).iter();
    let ranked: Vec<(&str, u64, &str)> = all
        .map(|it| {
            let rank = &it["rank"];
            let [id, reason] =
                [&it["vulnerability"], &rank["reason"]].map(|it| it.as_str().unwrap());
            (id, rank["score"].as_u64().unwrap(), reason)
        })
        .collect();
    let expected = [
        ("CVE-2026-0002", 392, "high, likely to be used (50 % in 30 days)"),
        ("CVE-2026-0003", 224, "high"),
        ("CVE-2026-0001", 210, "critical, hardly used (under 1 % in 30 days)"),
    ];
    assert_eq!(ranked, expected);
    let (_, text, _) = scan(&folder, &["--database=a.bwdb"]);
    let text = text.as_str().unwrap();
    assert!(text.contains("affected; likely to be used (50 % in 30 days)"), "{text}");
}

#[test]
fn findings_are_written_as_open_vex() {
    let reason = r#", "justification": "component_not_present""#;
    let folder = Folder::new(&[
        ("cart.cdx.json", SBOM),
        ("not.json", &open_vex("Vendor", "2026-01-02T00:00:00Z", "not_affected", reason)),
        (
            "gate.yaml",
            "exceptions:\n- {vulnerability: CVE-2014-1830, owner: web team, reason: no redirects, \
             expires: 2027-01-31}\n",
        ),
    ]);
    let arguments = ["--format=openvex", "--vex=not.json", "--policy=gate.yaml", "--author=Us"];
    let (_, written, error) = scan(&folder, &arguments);
    assert_eq!(written["author"], "Us", "{error}");
    let all = written["statements"].as_array().unwrap();
    let of = |id: &str| all.iter().find(|it| it["vulnerability"]["name"] == id).unwrap();
    let not = of("CVE-2014-1829");
    assert_eq!(
        (&not["status"], &not["justification"]),
        (&json!("not_affected"), &json!("component_not_present"))
    );
    assert_eq!(not["status_notes"], "stated by Vendor, 2026-01-02 in not.json");
    let accepted = of("CVE-2014-1830");
    assert_eq!(accepted["status"], "affected", "who accepts a risk has it");
    assert_eq!(accepted["action_statement"], "Upgrade requests to 2.3.0");
    assert_eq!(
        accepted["status_notes"],
        "risk accepted by web team until 2027-01-31: no redirects"
    );
    assert_eq!(accepted["products"][0]["subcomponents"][0]["@id"], "pkg:pypi/requests@2.2.1");
    // What was written says the same when it is read.
    folder.write("own.json", &written.to_string());
    let (_, found, _) = scan(&folder, &["--format=json", "--vex=own.json"]);
    assert_eq!(class(&found, "CVE-2014-1829").0, "not-affected");
    assert_eq!(class(&found, "CVE-2014-1830").0, "act");
    let again = scan(&folder, &arguments).1;
    assert_eq!(again, written, "the same each time");
    let Some(mut oracle) = Oracle::start() else { return };
    let answer = &oracle.ask(&[json!({"verb": "vex-validate", "document": written})])[0];
    assert_eq!(answer, &json!({"statements": all.len(), "wrong": []}));
}
