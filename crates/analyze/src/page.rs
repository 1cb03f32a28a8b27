//! The page is the test: runs the examples of every page, of controls and of Pod Security checks.
//!
//! Each YAML block under `## Bad` must have exactly the findings its `# finding` marks say, on
//! those lines; each under `## Good` must have none. A block that is no whole object is a Pod.
//! Words after `yaml` in a block's first line set options: `approved-registry=…`,
//! `writable-path=…`, `approved-program=…`, `kubernetes=1.20`, `now=2026-12-01T00:00:00Z`.

use engine::pod_security::Policy;
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items, locate,
};

use crate::catalog::Example;
use crate::config::parse_pod_security;
use crate::{Control, Options, catalog, judge, pod_security};

#[test]
fn every_example_is_judged_as_its_page_says() {
    let controls = catalog::all().map(|control| Judged {
        name: control.name,
        page: control.page,
        control: Some(control),
        pod_security: Policy::UNSET,
    });
    let rules = pod_security::RULES.iter().map(|rule| {
        let level = pod_security::level(rule).name();
        let pod_security = parse_pod_security(level).unwrap();
        Judged { name: rule.name, page: rule.page, control: None, pod_security }
    });
    let mut failures = Vec::new();
    for judged in controls.chain(rules) {
        for (section, wants_findings) in [("Bad", true), ("Good", false)] {
            for example in catalog::examples(judged.page, section) {
                check(&judged, section, &example, wants_findings, &mut failures);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Whose page is run: a control's, or that of a Pod Security check under its level.
struct Judged {
    name: &'static str,
    page: &'static str,
    control: Option<&'static Control>,
    pod_security: Policy,
}

fn check(
    judged: &Judged,
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
    let (found, messages) = findings(judged, example);
    let name = judged.name;
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
fn findings(judged: &Judged, example: &Example<'_>) -> (Vec<u32>, String) {
    let text = example.manifest();
    let head = example.head();
    let head_lines = head.lines().count() as u32;
    let mut options = Options { pod_security: judged.pod_security, ..Options::default() };
    let mut version = KubernetesVersion::NEWEST;
    let mut now = jiff::Timestamp::UNIX_EPOCH;
    for word in &example.words {
        match word.split_once('=') {
            Some(("approved-registry", name)) => {
                options.approved_registries.push(name.to_owned());
            }
            Some(("writable-path", folder)) => options.writable_paths.push(folder.to_owned()),
            Some(("approved-program", name)) => options.approved_programs.push(name.to_owned()),
            Some(("kubernetes", text)) => version = text.parse().unwrap(),
            Some(("now", text)) => now = text.parse().unwrap(),
            _ => panic!("{}: unknown option `{word}` of an example", judged.name),
        }
    }
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let mut snapshot = Snapshot::new(version, now);
    let mut part = Part::new();
    let mut nodes = Vec::new();
    let key = DigestKey::new(&[7; 32]);
    for document in stream.documents() {
        let document = document.unwrap_or_else(|error| panic!("{}: {error:?}", judged.name));
        let refuse = &mut |_: yaml::Node<'_>, reason| panic!("{}: {reason}", judged.name);
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
        let found = judge(&snapshot, id, judged.control, &options).findings;
        for finding in found.into_iter().filter(|finding| finding.control == judged.name) {
            let span = locate(node, &finding.path);
            lines.push(stream.position(span.start).line.saturating_sub(head_lines));
            messages.push_str(&format!("  {}: {}\n", finding.path, finding.message));
        }
    }
    lines.sort_unstable();
    (lines, messages)
}
