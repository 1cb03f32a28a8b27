//! Formats that other programs read, held against those programs' schemas and rules: on an
//! ordinary folder, and on one whose names try to break out of them.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::process::Command;

use program::{Folder, bollwerk, examples, hostile};
use serde_json::Value;

const NOW: &str = "--now=2026-01-02T03:04:05Z";

/// How each format writes a name that would begin a script.
const WRITTEN: [(&str, &str); 6] = [
    ("html", "&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;"),
    ("junit", "&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;"),
    ("markdown", "&#60;script&#62;document.title&#61;&#39;owned&#39;&#60;/script&#62;"),
    ("csv", "<script>document.title='owned'</script>"),
    ("gitlab", "<script>document.title='owned'</script>"),
    ("oscal", "<script>document.title='owned'</script>"),
];

/// Reports of the example, of hostile names, of nothing, and of what is only accepted: in a
/// format, with the JSON report that says what must be in it.
fn reports(format: &str) -> Vec<(String, Value)> {
    let folder = hostile::folder();
    folder.write("clean/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n");
    let exceptions =
        "version: 1\nexceptions:\n- {control: host-pid, reason: \"=a|<b>\", owner: x}\n";
    folder.write("clean/bollwerk.yaml", exceptions);
    let shop = examples().canonicalize().unwrap();
    let shop = shop.to_str().unwrap();
    let (_, known, _) = bollwerk(folder.path(), &["baseline", "save", shop], "");
    folder.write("clean/known.json", &known);
    let runs: [&[&str]; 9] = [
        &[shop],
        &[".", "--pod-security=restricted"],
        &["clean/service.yaml"],
        &[".", "--fail-on=none", "--accept-gap=syntax,wrong-type,encoding"],
        &[".", "--config=clean/bollwerk.yaml", "--fail-on=critical"],
        &[shop, "clean", "--baseline=clean/known.json", "--skip=host-pid"],
        &[shop, "--framework=cis-1.12"],
        &[".", "--framework=mitre-attack-containers"],
        &["diff", "clean", "."],
    ];
    let run = |arguments: &[&str], format: &str| {
        let (command, arguments) = match arguments {
            ["diff", sides @ ..] => ("diff", sides),
            _ => ("scan", arguments),
        };
        let arguments = [[command, NOW, "--format", format].as_slice(), arguments].concat();
        let (code, out, error) = bollwerk(folder.path(), &arguments, "");
        assert_ne!(code, 2, "{error}");
        out
    };
    let both = |arguments: &&[&str]| {
        (run(arguments, format), serde_json::from_str(&run(arguments, "json")).unwrap())
    };
    let reports: Vec<_> = runs.iter().map(both).collect();
    let written = WRITTEN.iter().find(|(name, _)| *name == format).unwrap().1;
    assert!(reports[1].0.contains(written), "the hostile names are not in it");
    assert!(reports.iter().any(|(_, report)| !items(report, "fail").is_empty()));
    for list in ["findings", "gaps", "hidden", "resolved", "changes"] {
        assert!(
            reports.iter().any(|(_, report)| length(report, list) > 0),
            "{list} is never there"
        );
    }
    reports
}

fn length(report: &Value, list: &str) -> usize {
    report[list].as_array().map_or(0, Vec::len)
}

/// The items of a framework with a status, if one was asked for.
fn items<'r>(report: &'r Value, status: &str) -> Vec<&'r Value> {
    let items = report["framework"]["items"].as_array();
    items.into_iter().flatten().filter(|item| item["status"] == status).collect()
}

/// How many items a framework has.
fn item_count(report: &Value) -> usize {
    report["framework"]["items"].as_array().map_or(0, Vec::len)
}

/// A file or program the tests need; without it the test is skipped, which CI does not let pass.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn surrounding(name: &str) -> Option<OsString> {
    let found = std::env::var_os(name);
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{name} is not set");
        println!("skipped: {name} is not set");
    }
    found
}

/// Validates a file and counts what a reader of JUnit counts.
const READ_JUNIT: &str = "
import sys, xmlschema, xml.etree.ElementTree as tree
schema = xmlschema.XMLSchema(sys.argv[1])
for file in sys.argv[2:]:
    schema.validate(file)
    root = tree.parse(file).getroot()
    found = [len(root.findall('.//' + name)) for name in ('testcase', 'failure', 'error', 'skipped')]
    for suite in root:
        for name, path in (('tests', 'testcase'), ('failures', 'testcase/failure'),
                           ('errors', 'testcase/error'), ('skipped', 'testcase/skipped')):
            assert int(suite.get(name)) == len(suite.findall(path)), suite.get('name')
    assert [int(root.get(name)) for name in ('tests', 'failures', 'errors')] == found[:3]
    print(*found)
";

#[test]
fn junit_fits_the_schema_its_readers_use() {
    let Some(schema) = surrounding("BOLLWERK_JUNIT_SCHEMA") else { return };
    let Some(python) = surrounding("BOLLWERK_PYTHON") else { return };
    let (folder, reports) = (Folder::new(&[]), reports("junit"));
    let files: Vec<String> = (0..reports.len()).map(|number| format!("{number}.xml")).collect();
    for (file, (text, _)) in files.iter().zip(&reports) {
        folder.write(file, text);
    }
    let mut read = Command::new(python);
    read.args(["-c", READ_JUNIT]).arg(schema).args(&files).current_dir(folder.path());
    let output = read.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts = String::from_utf8(output.stdout).unwrap();
    assert_eq!(counts.lines().count(), reports.len());
    for (line, (_, report)) in counts.lines().zip(&reports) {
        let counts: Vec<usize> = line.split(' ').map(|count| count.parse().unwrap()).collect();
        let gaps = report["gaps"].as_array().unwrap();
        let accepted = gaps.iter().filter(|gap| gap["accepted"] == true).count();
        let failing = usize::try_from(report["summary"]["failing"].as_u64().unwrap()).unwrap();
        let (failed, passed) = (items(report, "fail").len(), items(report, "pass").len());
        assert_eq!(counts[1], failing + failed);
        assert_eq!(counts[2], gaps.len() - accepted);
        let (findings, hidden) = (length(report, "findings"), length(report, "hidden"));
        let all = item_count(report);
        let skipped = all - failed - passed;
        assert_eq!(counts[3], findings - failing + hidden + accepted + skipped);
        assert_eq!(counts[0], findings + hidden + gaps.len().max(1) + all);
    }
}

#[test]
fn oscal_fits_the_published_schema() {
    let Some(path) = surrounding("BOLLWERK_OSCAL_SCHEMA") else { return };
    let schema = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (text, report) in reports("oscal") {
        let output: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&output)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .take(5)
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let result = &output["assessment-results"]["results"][0];
        let list = |name: &str| result[name].as_array().cloned().unwrap_or_default();
        let (observations, risks) = (list("observations"), list("risks"));
        let [findings, hidden, gaps, resolved] =
            ["findings", "hidden", "gaps", "resolved"].map(|name| length(&report, name));
        let open = items(&report, "not assessed").len() + items(&report, "part").len();
        let changes = length(&report, "changes");
        assert_eq!(observations.len(), findings + hidden + gaps + open + changes);
        let concluded = |state: &str| {
            let is_item = |it: &&Value| it["title"] != "" && it["props"][0]["name"] == "framework";
            let all = list("findings");
            all.iter().filter(is_item).filter(|it| it["target"]["status"]["state"] == state).count()
        };
        assert_eq!(concluded("satisfied"), items(&report, "pass").len());
        let failed = items(&report, "fail").len() + items(&report, "accepted").len();
        assert_eq!(concluded("not-satisfied"), failed);
        let status = |status: &str| risks.iter().filter(|risk| risk["status"] == status).count();
        let all_gaps = report["gaps"].as_array().unwrap();
        let accepted = all_gaps.iter().filter(|gap| gap["accepted"] == true).count();
        assert_eq!(status("investigating"), gaps - accepted);
        assert_eq!(status("deviation-approved"), hidden + accepted);
        assert_eq!(status("closed"), resolved);
        references_resolve(&output);
    }
}

/// Every UUID is there once, and every reference leads to one.
fn references_resolve(document: &Value) {
    let (mut uuids, mut references) = (HashMap::new(), BTreeSet::new());
    let mut left = vec![document];
    while let Some(value) = left.pop() {
        for (key, value) in value.as_object().into_iter().flatten() {
            if key == "uuid" {
                *uuids.entry(value.as_str().unwrap()).or_insert(0) += 1;
            } else if key.ends_with("-uuid") {
                references.insert(value.as_str().unwrap());
            }
            left.push(value);
        }
        left.extend(value.as_array().into_iter().flatten());
    }
    assert!(uuids.values().all(|count| *count == 1), "a UUID stands twice");
    assert!(references.iter().all(|uuid| uuids.contains_key(uuid)), "a reference leads nowhere");
}

#[test]
fn gitlab_entries_are_what_its_documentation_asks_for() {
    for (text, report) in reports("gitlab") {
        let entries: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(entries.len(), length(&report, "findings") + length(&report, "gaps"));
        let mut fingerprints = BTreeSet::new();
        for entry in &entries {
            let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty()).unwrap();
            let severity = text("severity");
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
            assert!(!text("description").contains('\n'));
            text("check_name");
            assert!(fingerprints.insert(text("fingerprint")), "{entry}");
            let path = entry["location"]["path"].as_str().unwrap();
            assert!(!path.is_empty() && !path.starts_with("./"), "{path}");
            assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
    }
}

/// Rows of a CSV file (RFC 4180).
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(char) = chars.next() {
        match char {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(char),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !is_quoted, "the last row has no end");
    rows
}

#[test]
fn csv_has_a_row_for_everything_and_no_formula() {
    for (text, report) in reports("csv") {
        let rows = rows(&text);
        let count = |name: &str| rows.iter().filter(|row| row[0] == name).count();
        for (name, list) in [
            ("finding", "findings"),
            ("gap", "gaps"),
            ("hidden", "hidden"),
            ("resolved", "resolved"),
        ] {
            assert_eq!(count(name), length(&report, list), "{name}");
        }
        assert_eq!((count("coverage"), count("outcome")), (1, 1));
        assert_eq!(count("item"), item_count(&report));
        let differ: BTreeSet<_> = rows.iter().filter(|row| row[0] == "change").collect();
        let differ: BTreeSet<_> = differ.iter().map(|row| (&row[7], &row[8])).collect();
        assert_eq!(differ.is_empty(), length(&report, "changes") == 0);
        for row in &rows {
            assert_eq!(row.len(), rows[0].len());
            for cell in row {
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
                assert!(!cell.chars().any(char::is_control), "{cell}");
            }
        }
    }
}

#[test]
fn markdown_is_a_comment_of_bounded_size_in_which_names_are_names() {
    for (text, report) in reports("markdown") {
        // GitHub's limit of a comment.
        assert!(text.chars().count() < 65_536, "{}", text.len());
        for bad in ["<script", "<img", "<svg", "<b>x", "](javascript", "@team", "](http", "<!--"] {
            assert!(!text.contains(bad), "{bad}");
        }
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert_eq!(text.contains("not everything was assessed"), length(&report, "gaps") > 0);
        assert_eq!(text.contains(" resolved</b>"), length(&report, "resolved") > 0);
        assert_eq!(text.contains("### Objects that differ"), length(&report, "changes") > 0);
        let failed = items(&report, "fail");
        assert!(text.matches("\n|fail|").count() >= failed.len().min(10));
        for item in failed.iter().take(3) {
            assert!(text.contains(&format!("|fail|{} ", item["id"].as_str().unwrap())), "{item}");
        }
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'));
    }
}

#[test]
fn html_is_whole_without_its_script() {
    for (text, report) in reports("html") {
        // The block of JSON, and the script; whatever a name says, it begins no other.
        assert_eq!(text.matches("<script").count(), 2);
        assert_eq!(text.matches("</script").count(), 2);
        for bad in ["<img", "<svg onload", "<b>x", "<!--", "<link", "@import", "url("] {
            assert!(!text.contains(bad), "{bad}");
        }
        // Nothing leads out of the page.
        assert_eq!(text.matches(" href=\"").count(), text.matches(" href=\"#").count());
        let rows = text.split("id=\"static\"").nth(1).unwrap().split("</section>").next().unwrap();
        let findings = length(&report, "findings");
        assert_eq!(rows.matches("<tr><td").count(), findings.min(200));
        assert_eq!(text.contains("The 200 worst of"), findings > 200);
        assert_eq!(text.contains("not everything was assessed"), length(&report, "gaps") > 0);
        assert_eq!(text.contains("id=\"accepted\""), length(&report, "hidden") > 0);
        // Every item once, alone or in a folded row, and every object that differs.
        let part = |id: &str| {
            let part = text.split(&format!("<section id=\"{id}\"")).nth(1);
            part.map_or("", |part| part.split("</section>").next().unwrap())
        };
        let framework = part("framework");
        let all = report["framework"]["items"].as_array().into_iter().flatten();
        let ids: Vec<&str> = all.map(|item| item["id"].as_str().unwrap()).collect();
        for id in &ids {
            let alone = framework.matches(&format!("<b>{id}</b> ")).count();
            let folded = framework.matches(&format!("<li>{id} ")).count();
            let count = ids.iter().filter(|other| *other == id).count();
            assert_eq!(alone + folded, count, "{id}");
        }
        assert_eq!(framework.is_empty(), item_count(&report) == 0);
        assert_eq!(part("changes").matches("<li class=").count(), length(&report, "changes"));
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'));
    }
}

#[test]
fn every_format_is_the_same_in_every_run() {
    let folder = hostile::folder();
    let formats = ["html", "junit", "markdown", "csv", "gitlab", "oscal", "json", "sarif"];
    for format in formats.into_iter().chain(["open-reports", "policy-reports"]) {
        let run = |threads: &str| {
            let arguments = ["scan", ".", NOW, "--format", format, "--threads", threads];
            bollwerk(folder.path(), &arguments, "").1
        };
        assert!(run("1") == run("4"), "{format}");
    }
}
