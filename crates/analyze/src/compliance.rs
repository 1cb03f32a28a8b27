//! What a run says of a framework, item by item. Nothing that was not assessed counts as passed.

use std::collections::{HashMap, HashSet};

use model::compliance::{Answer, Compliance, Status};
use model::{ComponentKind, Finding, Severity, Snapshot, Subject, cloud};

use crate::framework::{Coverage, Framework, Item};
use crate::{Check, Control, Kinds, Options, catalog};

/// What a run found, as far as frameworks ask.
pub struct Run<'a> {
    /// What was judged.
    pub snapshot: &'a Snapshot,
    /// How many of its objects make pods.
    pub workloads: u64,
    /// How it was judged.
    pub options: &'a Options,
    /// What was found, those that a baseline knows too.
    pub findings: &'a [&'a Finding],
    /// What exceptions hide.
    pub hidden: &'a [&'a Finding],
    /// How much was not read or decided.
    pub gaps: usize,
}

/// What the run says of a framework.
pub fn assess(framework: &Framework, run: &Run<'_>) -> Compliance {
    let ground = Ground::new(run);
    let Framework { name, title, source, .. } = *framework;
    let mut answers = Vec::new();
    for section in framework.sections {
        let heading = (section.id, section.title);
        answers.extend(section.items.iter().map(|item| ground.answer(framework, heading, item)));
    }
    Compliance { name, title, source, answers }
}

/// A run, prepared for one look-up per control.
struct Ground<'a> {
    run: &'a Run<'a>,
    found: HashMap<&'static str, Vec<usize>>,
    hidden: HashMap<&'static str, usize>,
    kinds: HashSet<(&'a str, &'a str)>,
    components: HashSet<ComponentKind>,
    /// Controls by what their pages say they stand for.
    by_entry: HashMap<&'static str, Vec<&'static Control>>,
}

impl<'a> Ground<'a> {
    fn new(run: &'a Run<'a>) -> Self {
        let mut found: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (number, finding) in run.findings.iter().enumerate() {
            for name in names(finding) {
                found.entry(name).or_default().push(number);
            }
        }
        let mut hidden: HashMap<&'static str, usize> = HashMap::new();
        for name in run.hidden.iter().flat_map(|finding| names(finding)) {
            *hidden.entry(name).or_default() += 1;
        }
        let mut by_entry: HashMap<&'static str, Vec<&'static Control>> = HashMap::new();
        for control in catalog::all() {
            for entry in catalog::mapping(control) {
                by_entry.entry(entry).or_default().push(control);
            }
        }
        let (mut kinds, mut components) = (HashSet::new(), HashSet::new());
        for id in run.snapshot.ids() {
            let object = run.snapshot.object(id);
            kinds.insert((object.group(), object.kind));
            let pods = object.pods();
            components.extend(model::components(&object, &pods).iter().map(|it| it.kind));
        }
        Self { run, found, hidden, kinds, components, by_entry }
    }

    fn answer(
        &self,
        framework: &Framework,
        section: (&'static str, &'static str),
        item: &'static Item,
    ) -> Answer {
        let entry = format!("{}{}", framework.prefix, framework.name_of(item));
        let controls: &[&Control] = self.by_entry.get(entry.as_str()).map_or(&[], Vec::as_slice);
        let names: Vec<&'static str> = controls.iter().map(|control| control.name).collect();
        let found = names.iter().filter_map(|name| self.found.get(name)).flatten();
        let mut findings: Vec<usize> = found.copied().collect();
        let severity = |number: usize| self.run.findings.get(number).map(|it| it.severity);
        findings.sort_by_key(|number| (std::cmp::Reverse(severity(*number)), *number));
        findings.dedup();
        let hidden = names.iter().filter_map(|name| self.hidden.get(name)).sum();
        let worst = findings.first().and_then(|number| severity(*number));
        let (status, reason) = match worst {
            Some(worst) => (Status::Fail, told(findings.len(), worst)),
            None => self.without_findings(item.coverage, controls, hidden),
        };
        let shown = findings.iter().filter_map(|number| self.run.findings.get(*number));
        let places = shown.take(PLACES_MAX).map(|finding| place(finding)).collect();
        let (id, title, findings) = (item.id, item.title, findings.len());
        Answer { section, id, title, status, reason, controls: names, findings, worst, places }
    }

    fn without_findings(
        &self,
        coverage: Coverage,
        controls: &[&Control],
        hidden: usize,
    ) -> (Status, String) {
        let rest = match coverage {
            Coverage::Controls => None,
            Coverage::Partly(rest) => Some(rest),
            other => return (Status::NotAssessed, other.to_string()),
        };
        if hidden > 0 {
            return (Status::Accepted, format!("{hidden} accepted by exceptions"));
        }
        if let Err(reason) = self.looked(controls) {
            return (Status::NotAssessed, reason);
        }
        if self.run.gaps > 0 {
            let gaps = match self.run.gaps {
                1 => "1 gap is".to_owned(),
                count => format!("{count} gaps are"),
            };
            let reason = format!("nothing found in what was read; {gaps} left");
            return (Status::NotAssessed, reason);
        }
        match rest {
            Some(rest) => (Status::Part, format!("nothing found; the rest needs {rest}")),
            None => (Status::Pass, "nothing found".to_owned()),
        }
    }

    /// Whether one of the controls was asked and had something to look at.
    fn looked(&self, controls: &[&Control]) -> Result<(), String> {
        let asked = |control: &&&Control| {
            let Options { only, skip, .. } = self.run.options;
            let named =
                |list: &Vec<String>| list.iter().any(|it| it == control.name || it == control.id);
            (only.is_empty() || named(only)) && !named(skip)
        };
        let asked: Vec<&&Control> = controls.iter().filter(asked).collect();
        if asked.is_empty() {
            return Err("its controls were not asked".to_owned());
        }
        let set: Vec<&&Control> = asked
            .into_iter()
            .filter(|control| self.run.options.unset(control.name).is_none())
            .collect();
        if set.is_empty() {
            let key = controls.iter().find_map(|control| self.run.options.unset(control.name));
            return Err(format!("needs `{}` in the configuration", key.unwrap_or_default()));
        }
        if set.iter().any(|control| self.concerns(control)) {
            return Ok(());
        }
        Err("nothing was given that it concerns".to_owned())
    }

    /// Whether something was judged that the control looks at.
    fn concerns(&self, control: &Control) -> bool {
        match control.check {
            Check::Pod(_) => self.run.workloads > 0,
            Check::Component(kinds, _) => kinds.iter().any(|it| self.components.contains(it)),
            Check::ManagedCluster(_) => {
                self.kinds.contains(&(cloud::GROUP, cloud::MANAGED_CLUSTER))
            }
            Check::AgentPool(_) => self.kinds.iter().any(|(group, _)| *group == cloud::GROUP),
            Check::Object(Kinds::Any, _) => !self.kinds.is_empty(),
            Check::Object(Kinds::Of(kinds), _) => {
                kinds.iter().any(|kind| self.kinds.contains(kind))
            }
        }
    }
}

fn names(finding: &Finding) -> impl Iterator<Item = &'static str> + '_ {
    std::iter::once(finding.control).chain(finding.also.iter().copied())
}

/// Most places told of one item.
const PLACES_MAX: usize = 3;

fn place(finding: &Finding) -> String {
    let at = finding.location.as_ref().map(|it| format!("{}:{} ", it.file, it.line));
    let subject = match &finding.subject {
        Subject::Object { kind, namespace: Some(namespace), name, .. } => {
            format!("{kind} {namespace}/{name}")
        }
        Subject::Object { kind, namespace: None, name, .. } => format!("{kind} {name}"),
        Subject::File(file) => file.clone(),
        Subject::CloudResource { kind, name } => format!("{kind} {}", cloud::short_name(name)),
    };
    format!("{}{subject} ({})", at.unwrap_or_default(), finding.control)
}

fn told(count: usize, worst: Severity) -> String {
    let noun = if count == 1 { "finding" } else { "findings" };
    format!("{count} {noun}, the worst {worst}")
}
