//! The page is the test: runs the examples of every control's page.
//!
//! Each YAML block under `## Bad` must have exactly the findings its `# finding` marks say, on
//! those lines; each under `## Good` must have none. A block that is no whole object is a Pod.
//! Words after `yaml` in a block's first line set options: `approved-registry=…`,
//! `kubernetes=1.20`.

use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items, locate,
};

use crate::{Control, Options, catalog, judge};

#[test]
fn every_example_is_judged_as_its_page_says() {
    let mut failures = Vec::new();
    for control in catalog::all() {
        for (section, wants_findings) in [("Bad", true), ("Good", false)] {
            let text = catalog::section(control.page, section).unwrap_or_default();
            for example in examples(text) {
                check(control, section, &example, wants_findings, &mut failures);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

struct Example<'p> {
    words: Vec<&'p str>,
    text: &'p str,
}

fn examples(section: &str) -> Vec<Example<'_>> {
    let mut found = Vec::new();
    let mut rest = section;
    while let Some(start) = rest.find("```yaml") {
        let block = &rest[start + "```yaml".len()..];
        let (words, body) = block.split_once('\n').unwrap_or((block, ""));
        let end = body.find("```").unwrap_or(body.len());
        found.push(Example { words: words.split_whitespace().collect(), text: &body[..end] });
        rest = &body[end..];
    }
    found
}

fn check(
    control: &Control,
    section: &str,
    example: &Example<'_>,
    wants_findings: bool,
    failures: &mut Vec<String>,
) {
    let marked: Vec<u32> = (1..)
        .zip(example.text.lines())
        .filter(|(_, line)| line.trim_end().ends_with("# finding"))
        .map(|(number, _)| number)
        .collect();
    let (found, messages) = findings(control, example);
    let name = control.name;
    if wants_findings && marked.is_empty() {
        failures.push(format!("{name}: an example under Bad marks no line with `# finding`"));
    }
    if found != marked {
        failures.push(format!(
            "{name}: an example under {section} has findings on lines {found:?}, its marks say \
             {marked:?}\n{messages}\n{}",
            example.text
        ));
    }
}

/// Lines of the findings of one control in an example, and their messages.
fn findings(control: &Control, example: &Example<'_>) -> (Vec<u32>, String) {
    let whole = example.text.lines().any(|line| line.starts_with("kind:"));
    let head = "apiVersion: v1\nkind: Pod\nmetadata: {name: example}\n";
    let head = if whole { "" } else { head };
    let text = format!("{head}{}", example.text);
    let head_lines = head.lines().count() as u32;
    let mut options = Options::default();
    let mut version = KubernetesVersion::NEWEST;
    for word in &example.words {
        match word.split_once('=') {
            Some(("approved-registry", name)) => {
                options.approved_registries.push(name.to_owned());
            }
            Some(("kubernetes", text)) => version = text.parse().unwrap(),
            _ => panic!("{}: unknown option `{word}` of an example", control.name),
        }
    }
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let mut snapshot = Snapshot::new(version, jiff::Timestamp::UNIX_EPOCH);
    let mut part = Part::new();
    let mut nodes = Vec::new();
    let key = DigestKey::new(&[7; 32]);
    for document in stream.documents() {
        let document = document.unwrap_or_else(|error| panic!("{}: {error:?}", control.name));
        let refuse = &mut |_: yaml::Node<'_>, reason| panic!("{}: {reason}", control.name);
        for item in items(document.root(), refuse) {
            let redactions = Redactions::find(item.node, &key);
            let origin = Origin { file: 0, document: 0, item: Path::root(), line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
            nodes.push(item.node);
        }
    }
    snapshot.add(part);
    let mut lines = Vec::new();
    let mut messages = String::new();
    for (id, node) in snapshot.ids().zip(nodes) {
        for finding in judge(&snapshot, id, [control], &options).findings {
            let span = locate(node, &finding.path);
            lines.push(stream.position(span.start).line.saturating_sub(head_lines));
            messages.push_str(&format!("  {}: {}\n", finding.path, finding.message));
        }
    }
    lines.sort_unstable();
    (lines, messages)
}
