//! OSCAL assessment results (NIST, 1.2): observations, the findings they add up to, and risks.
//!
//! Each of our findings is an observation of one object; the observations of a control make one
//! OSCAL finding ("not satisfied") and one risk. What an exception accepts is a risk with an
//! approved deviation, what is gone since the baseline a closed one, and what could not be
//! assessed a risk under investigation. An item of a framework that fails, passes or is accepted
//! is an OSCAL finding; of one that was seen in part or not at all nothing can be concluded, so
//! that it is an observation, as is each object that differs from an older state.
//!
//! All UUIDs are made of names, so that two runs over the same input differ in nothing and a
//! later run tells the same risk by the same UUID.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use model::compliance::Status;
use model::{Finding, Gap, Subject};
use serde_json::{Value, json};

use crate::change::differences;
use crate::occurrence::Names;
use crate::sarif::uri;
use crate::wording::{by_control, coverage, found_for, harmless, others, subject, verdict};
use crate::{Hidden, Report, Rule, baseline, json as report_json, uuid};

/// The version of OSCAL that is written.
const OSCAL_VERSION: &str = "1.2.3";
/// The namespace of our own properties.
const NAMESPACE: &str = "https://github.com/bollwerk/bollwerk/ns/oscal";

/// Lists of an OSCAL result as they fill.
struct Lists<'a> {
    report: &'a Report<'a>,
    /// What the run is about: two clusters do not share UUIDs.
    scope: String,
    names: Names,
    /// Inventory items by UUID.
    items: BTreeMap<String, Value>,
    observations: Vec<Value>,
    findings: Vec<Value>,
    risks: Vec<Value>,
}

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let scope = report.cluster.map_or_else(|| report.worlds.join("\n"), str::to_owned);
    let mut lists = Lists {
        report,
        scope,
        names: Names::default(),
        items: BTreeMap::new(),
        observations: Vec::new(),
        findings: Vec::new(),
        risks: Vec::new(),
    };
    for (rule, findings) in by_control(report) {
        lists.add_control(&rule, &findings);
    }
    for hidden in report.hidden {
        lists.add_hidden(hidden);
    }
    for entry in report.resolved {
        lists.add_resolved(entry);
    }
    for gap in report.gaps {
        lists.add_gap(gap);
    }
    lists.add_items();
    lists.add_changes();
    serde_json::to_writer_pretty(&mut out, &document(lists))?;
    out.write_all(b"\n")?;
    out.flush()
}

fn document(lists: Lists<'_>) -> Value {
    let (report, scope) = (lists.report, &lists.scope);
    let taken_at = report.taken_at.to_string();
    let plan = uuid::of(&["plan", scope]);
    let title = match report.cluster {
        Some(cluster) => format!("bollwerk: cluster {}", harmless(cluster)),
        None => format!("bollwerk: {}", harmless(&report.worlds.join(", "))),
    };
    json!({"assessment-results": {
        "uuid": uuid::of(&["assessment-results", scope]),
        "metadata": {
            "title": line(&title),
            "last-modified": taken_at,
            "version": taken_at,
            "oscal-version": OSCAL_VERSION,
        },
        "import-ap": {"href": format!("#{plan}")},
        "results": [result(lists, &taken_at)],
        "back-matter": {"resources": [{
            "uuid": plan,
            "title": "The plan",
            "description": "Every control of bollwerk, asked of every object that was read.",
        }]},
    }})
}

fn result(lists: Lists<'_>, taken_at: &str) -> Value {
    let Lists { report, scope, items, observations, findings, risks, .. } = lists;
    let verdict = verdict(report);
    let seen = report.coverage;
    let mut description = format!("{}: {}. {}", verdict.word, verdict.because, coverage(report));
    if let Some(were) = others(report) {
        description.push_str(&format!("; {were}"));
    }
    let props = [
        ("outcome", verdict.word.replace(' ', "-")),
        ("files", seen.files.to_string()),
        ("documents", seen.documents.to_string()),
        ("other-documents", seen.other_documents.to_string()),
        ("objects", seen.objects.to_string()),
        ("workloads", seen.workloads.to_string()),
        ("images", seen.images.to_string()),
        ("findings", report.findings.len().to_string()),
        ("gaps", report.gaps.len().to_string()),
        ("hidden", report.hidden.len().to_string()),
        ("known", report.known.to_string()),
        ("resolved", report.resolved.len().to_string()),
        ("framework", report.compliance.map_or("none", |it| it.name).to_owned()),
        ("kubernetes-version", report.kubernetes_version.to_string()),
        ("bollwerk-version", report.program_version.to_owned()),
    ];
    let mut result = json!({
        "uuid": uuid::of(&["result", &scope]),
        "title": "Assessment of Kubernetes objects",
        "description": description,
        "start": taken_at,
        "end": taken_at,
        "props": props.iter().map(|(name, value)| prop(name, value)).collect::<Vec<_>>(),
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
    });
    // The schema wants no empty lists.
    let items: Vec<Value> = items.into_values().collect();
    if !items.is_empty() {
        result["local-definitions"] = json!({"inventory-items": items});
    }
    for (name, list) in [("observations", observations), ("risks", risks), ("findings", findings)] {
        if !list.is_empty() {
            result[name] = list.into();
        }
    }
    result
}

impl Lists<'_> {
    fn add_control(&mut self, rule: &Rule, findings: &[&Finding]) {
        let observations: Vec<Value> = findings
            .iter()
            .map(|finding| json!({"observation-uuid": self.observe(finding)}))
            .collect();
        let scope = self.scope.clone();
        let risk = uuid::of(&["risk", &scope, rule.name]);
        let page = rule.page.split("\n## ").next().unwrap_or_default();
        let essay = page.lines().skip(usize::from(page.starts_with("# "))).collect::<Vec<_>>();
        let essay = essay.join("\n").trim().to_owned();
        let severity = findings.iter().map(|finding| finding.severity).max();
        let severity = severity.map_or("info", model::Severity::name);
        let props = [prop("severity", severity), prop("control", rule.id)];
        self.risks.push(json!({
            "uuid": risk,
            "title": line(rule.title),
            "description": essay,
            "statement": rule.title,
            "props": props,
            "status": "open",
            "related-observations": observations,
        }));
        self.findings.push(json!({
            "uuid": uuid::of(&["finding", &scope, rule.name]),
            "title": line(rule.title),
            "description": format!("{} observed", findings.len()),
            "props": props,
            "target": {
                "type": "objective-id",
                "target-id": token(rule.name),
                "status": {"state": "not-satisfied", "reason": "fail"},
            },
            "related-observations": observations,
            "related-risks": [{"risk-uuid": risk}],
        }));
    }

    /// What an exception accepts: observed, and accepted as a deviation.
    fn add_hidden(&mut self, hidden: &Hidden) {
        let observation = self.observe(&hidden.finding);
        let mut props = vec![prop("severity", hidden.finding.severity.name())];
        props.extend(hidden.owner.as_ref().map(|owner| prop("owner", owner)));
        props.extend(hidden.until.as_ref().map(|until| prop("until", until)));
        props.push(prop("exception", &hidden.place));
        self.risks.push(json!({
            "uuid": uuid::of(&["hidden", &self.scope, &observation]),
            "title": line(hidden.finding.control),
            "description": harmless(&hidden.finding.message),
            "statement": format!("accepted: {}", harmless(&hidden.reason)),
            "props": props,
            "status": "deviation-approved",
            "related-observations": [{"observation-uuid": observation}],
        }));
    }

    fn add_resolved(&mut self, entry: &baseline::Entry) {
        let uuid = uuid::of(&["resolved", &self.scope, &entry.fingerprint]);
        let text = format!("{} {}", harmless(&entry.subject), harmless(&entry.path));
        self.risks.push(json!({
            "uuid": uuid,
            "title": line(&entry.control),
            "description": text,
            "statement": "known from before, and not found any more",
            "props": [prop("fingerprint", &entry.fingerprint)],
            "status": "closed",
        }));
    }

    /// What could not be assessed: nobody knows yet whether it is a risk.
    fn add_gap(&mut self, gap: &Gap) {
        let kind = gap.kind.name();
        let file = gap.location.as_ref().map_or("", |location| &location.file);
        let name = self.names.made(&["gap", kind, &gap.subject, file, &gap.reason]);
        let uuid = uuid::of(&["gap", &self.scope, &name]);
        let is_accepted = self.report.policy.accepted_gaps.contains(&gap.kind);
        let text = format!("{}: {}", harmless(&report_json::place(gap)), harmless(&gap.reason));
        let observation = uuid::of(&["gap-observation", &self.scope, &name]);
        self.observations.push(json!({
            "uuid": observation,
            "title": format!("gap: {kind}"),
            "description": text,
            "props": [prop("gap", kind), prop("subject", &gap.subject)],
            "methods": ["TEST"],
            "types": ["gap"],
            "collected": self.report.taken_at.to_string(),
        }));
        self.risks.push(json!({
            "uuid": uuid,
            "title": format!("could not be assessed: {kind}"),
            "description": text,
            "statement": "what was not read or decided may hold any fault",
            "props": [prop("accepted", if is_accepted { "true" } else { "false" })],
            "status": if is_accepted { "deviation-approved" } else { "investigating" },
            "related-observations": [{"observation-uuid": observation}],
        }));
    }

    /// The items of a framework: what can be concluded as findings, the others as observations.
    fn add_items(&mut self) {
        let Some(compliance) = self.report.compliance else { return };
        let found = found_for(self.report);
        for answer in &compliance.answers {
            let (id, status) = (answer.id, answer.status);
            let props = [
                prop("framework", compliance.name),
                prop("item", id),
                prop("status", status.name()),
                prop("section", &format!("{} {}", answer.section.0, answer.section.1)),
            ];
            // A technique of MITRE stands under several tactics.
            let (number, title) = answer.section;
            let parts = ["item", &self.scope, compliance.name, number, title, id];
            let (uuid, title) = (uuid::of(&parts), line(&format!("{id} {}", answer.title)));
            let (state, why) = match status {
                Status::Fail => ("not-satisfied", "fail"),
                Status::Accepted => ("not-satisfied", "other"),
                Status::Pass => ("satisfied", "pass"),
                Status::Part | Status::NotAssessed => {
                    self.observations.push(json!({
                        "uuid": uuid,
                        "title": title,
                        "description": format!("{}: {}", status.name(), line(&answer.reason)),
                        "props": props,
                        "methods": ["TEST"],
                        "types": ["control-objective"],
                        "collected": self.report.taken_at.to_string(),
                    }));
                    continue;
                }
            };
            let mut description = line(&answer.reason);
            for place in &answer.places {
                description.push_str(&format!("; {}", line(place)));
            }
            let mut finding = json!({
                "uuid": uuid,
                "title": title,
                "description": description,
                "props": props,
                "target": {
                    "type": "objective-id",
                    "target-id": token(&format!("{}.{id}", compliance.name)),
                    "status": {"state": state, "reason": why, "remarks": line(&answer.reason)},
                },
            });
            let controls = answer.controls.iter().filter_map(|name| found.get(name)).flatten();
            let controls: BTreeSet<&str> = controls.copied().collect();
            let risk = |name: &&str| json!({"risk-uuid": uuid::of(&["risk", &self.scope, name])});
            if !controls.is_empty() {
                finding["related-risks"] = controls.iter().map(risk).collect();
            }
            self.findings.push(finding);
        }
    }

    /// What differs from an older state, an observation for each object.
    fn add_changes(&mut self) {
        for change in self.report.changes.into_iter().flatten() {
            let kind = change.kind.name();
            let name = self.names.made(&["change", kind, &change.object, &change.file]);
            let mut description =
                format!("{kind} ({})", line(report_json::file_name(&change.file)));
            for difference in differences(change) {
                description.push_str(&format!("; {}", line(&difference)));
            }
            self.observations.push(json!({
                "uuid": uuid::of(&["change", &self.scope, &name]),
                "title": line(&change.object),
                "description": description,
                "props": [prop("change", kind), prop("file", &change.file)],
                "methods": ["TEST"],
                "types": ["change"],
                "collected": self.report.taken_at.to_string(),
            }));
        }
    }

    /// Adds a finding as an observation of its object; the observation's UUID.
    fn observe(&mut self, finding: &Finding) -> String {
        let name = self.names.of(finding);
        let uuid = uuid::of(&["observation", &self.scope, &name]);
        let item = self.item(&finding.subject);
        let mut props = vec![
            prop("control", finding.control),
            prop("severity", finding.severity.name()),
            prop("fingerprint", finding.fingerprint.as_str()),
            prop("path", &finding.path.to_string()),
        ];
        props.extend(finding.owner.as_ref().map(|owner| prop("owner", owner)));
        let mut observation = json!({
            "uuid": uuid,
            "title": finding.control,
            "description": harmless(&finding.message),
            "props": props,
            "methods": ["TEST"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": item, "type": "inventory-item"}],
            "collected": self.report.taken_at.to_string(),
        });
        if let Some(place) = &finding.location {
            observation["relevant-evidence"] = json!([{
                "href": format!("{}#L{}", uri(&place.file), place.line),
                "description": format!("line {}, column {}", place.line, place.column),
            }]);
        }
        if let Some(fix) = &finding.fix {
            observation["remarks"] = format!("fix: {}", harmless(&fix.text)).into();
        }
        self.observations.push(observation);
        uuid
    }

    /// The inventory item of an object or file; its UUID.
    fn item(&mut self, of: &Subject) -> String {
        let (uuid, props) = match of {
            Subject::Object { api_version, kind, namespace, name } => {
                let namespace = namespace.as_deref().unwrap_or_default();
                let fields = [("kind", kind.as_str()), ("namespace", namespace), ("name", name)];
                let parts = ["object", &self.scope, api_version, kind, namespace, name];
                let fields = fields.iter().filter(|(_, value)| !value.is_empty());
                let mut props = vec![prop("api-version", api_version)];
                props.extend(fields.map(|(name, value)| prop(&format!("object-{name}"), value)));
                (uuid::of(&parts), props)
            }
            Subject::File(name) => {
                (uuid::of(&["file", &self.scope, name]), vec![prop("file", name)])
            }
            Subject::CloudResource { kind, name } => {
                let props = vec![prop("resource-kind", kind), prop("resource-id", name)];
                (uuid::of(&["cloud-resource", &self.scope, kind, name]), props)
            }
        };
        self.items.entry(uuid.clone()).or_insert_with(
            || json!({"uuid": uuid.clone(), "description": subject(of), "props": props}),
        );
        uuid
    }
}

fn prop(name: &str, value: &str) -> Value {
    json!({"name": name, "ns": NAMESPACE, "value": line(value)})
}

/// A text as OSCAL's `string`: one line that neither begins nor ends with a blank nor is empty.
fn line(text: &str) -> String {
    let text = harmless(text);
    match text.trim() {
        "" => "-".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// A name of ours as OSCAL's `token`: letters, digits, dots, dashes and low lines.
fn token(name: &str) -> String {
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '.' | '-' | '_');
    name.chars().map(|char| if fits(char) { char } else { '.' }).collect()
}
