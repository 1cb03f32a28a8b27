//! The example shop has the flaws its README lists, and no other at medium or above.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::BTreeSet;
use std::path::Path;

use program::bollwerk;
use serde_json::Value;

/// Object and control of each row of the table of flaws: (`ops/node-agent`, `host-pid`).
fn documented(readme: &str) -> BTreeSet<(String, String)> {
    let table = readme.split("## Flaws that `scan` finds").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let mut flaws = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let object = cells[0].split('`').nth(1).unwrap();
        for control in cells[2].split(", ") {
            flaws.insert((object.to_owned(), control.to_owned()));
        }
    }
    flaws
}

#[test]
fn the_flaws_are_those_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("examples/shop/README.md")).unwrap();
    let arguments = ["scan", "examples/shop", "--format=json", "--no-config"];
    let (code, out, _) = bollwerk(&root, &arguments, "");
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let serious = findings.filter(|finding| {
        ["critical", "high", "medium"].contains(&finding["severity"].as_str().unwrap())
    });
    let found: BTreeSet<(String, String)> = serious
        .map(|finding| {
            let object = &finding["object"];
            let name = match object["namespace"].as_str() {
                Some(namespace) => format!("{namespace}/{}", text(&object["name"])),
                None => text(&object["name"]),
            };
            (name, text(&finding["control"]))
        })
        .collect();
    assert_eq!(found, documented(&readme));
    assert_eq!(report["gaps"], serde_json::json!([]));
}
