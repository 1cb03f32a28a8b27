//! `bollwerk access learn`: the smallest roles that allow what audit logs show.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::Path;

use analyze::learn::{self, Holding, Lesson, Per};
use anyhow::{Context, Result, ensure};
use collect::audit::Reader;
use engine::least_privilege::Knobs;
use engine::rbac::{Groups, Identity, SubjectKind};
use model::usage::{Observed, Usage};
use report::harmless;
use serde_json::{Value, json};

use super::wording::{BOLD, DIM, RED, YELLOW, print_json};
use super::{UNKNOWN, World};
use crate::arguments::{AccessFormat, Inputs, Learn, Live};
use crate::config::Settings;
use crate::inputs;

/// Holdings listed for each subject; all are in the JSON.
const HOLDINGS_SHOWN_MAX: usize = 8;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Learn) -> Result<u8> {
    let usage = read(arguments)?;
    let settings = Settings::load(&arguments.reading, None)?;
    let world = today(arguments, &settings)?;
    let knobs = Knobs {
        close_reads: !arguments.exact_verbs,
        namespaces_max: arguments.cluster_above.unwrap_or(usize::MAX),
        names_max: arguments.names,
    };
    let per = if arguments.per_group { Per::Group } else { Per::Subject };
    let mut lessons = learn::learn(&usage, per, knobs, settings.kubernetes_version);
    if let Some(subject) = &arguments.subject {
        let wanted = subject.to_string();
        lessons.retain(|lesson| name(lesson) == wanted);
        ensure!(!lessons.is_empty(), "the logs show nothing that {wanted} did");
    }
    let broken = lessons.iter().find(|lesson| lesson.refused > 0);
    if let Some(lesson) = broken {
        // The engine proves each role before it is shown.
        anyhow::bail!(
            "the roles of {} would refuse what was seen; nothing is written",
            name(lesson)
        );
    }
    let told: Vec<Told<'_>> =
        lessons.iter().map(|it| Told::new(it, &usage, world.as_ref())).collect();
    match (&arguments.output, arguments.format) {
        (Some(folder), _) => write(&lessons, folder)?,
        (None, AccessFormat::Terminal) => {
            let mut out = io::stdout().lock();
            for lesson in &lessons {
                write!(
                    out,
                    "# {}: {} actions\n{}",
                    harmless(&name(lesson)),
                    lesson.actions,
                    lesson.manifest
                )?;
            }
        }
        (None, AccessFormat::Json) => {}
    }
    if arguments.format == AccessFormat::Json {
        print_json(&as_json(&usage, &told))?;
    } else {
        tell(&usage, &told);
    }
    Ok(if usage.unreadable > 0 { UNKNOWN } else { 0 })
}

fn read(arguments: &Learn) -> Result<Usage> {
    let mut reader = Reader::default();
    for path in &arguments.logs {
        let shown = path.display().to_string();
        let context = || format!("cannot read the audit log {shown}");
        if path == Path::new("-") {
            reader.read(&mut io::stdin().lock(), "-").with_context(context)?;
        } else {
            let file = File::open(path).with_context(context)?;
            let mut log = BufReader::with_capacity(1 << 20, file);
            reader.read(&mut log, &shown).with_context(context)?;
        }
    }
    Ok(reader.finish())
}

/// The roles of today, if they were given.
fn today(arguments: &Learn, settings: &Settings) -> Result<Option<World>> {
    if arguments.manifests.is_empty() && arguments.snapshot.is_none() {
        return Ok(None);
    }
    let inputs = Inputs {
        paths: Vec::new(),
        manifests: arguments.manifests.clone(),
        snapshot: arguments.snapshot.clone(),
        arm: Vec::new(),
        live: Live::default(),
        reading: arguments.reading.clone(),
    };
    let (snapshot, sources) = inputs::collect(&inputs, settings)?;
    let id = crate::cluster::choose(&snapshot.worlds, None)?;
    let world = World::new(snapshot, sources, id, &arguments.assumed);
    crate::cluster::tell_gaps(&world.gaps);
    Ok(Some(world))
}

/// A lesson, and what its subject holds today.
struct Told<'a> {
    lesson: &'a Lesson,
    holdings: Vec<Holding>,
}

impl<'a> Told<'a> {
    fn new(lesson: &'a Lesson, usage: &Usage, world: Option<&World>) -> Self {
        let mut all = Observed::default();
        for observed in lesson.users.iter().filter_map(|user| usage.users.get(user)) {
            all.groups.extend(observed.groups.iter().cloned());
            all.actions.extend(observed.actions.clone());
        }
        let subject = &lesson.subject;
        let identity = match subject.kind {
            SubjectKind::ServiceAccount => {
                Identity::service_account(&subject.namespace, &subject.name)
            }
            SubjectKind::Group => Identity::member_of(&subject.name),
            SubjectKind::User | SubjectKind::Other => {
                Identity::user(&subject.name, Groups::Known(all.groups.iter().cloned().collect()))
            }
        };
        let holdings = world.map(|world| {
            let mut all = learn::holdings(&world.authorizer, &identity, &all);
            // What every API server gives to everybody is not theirs.
            all.retain(|holding| !holding.role.starts_with("system:"));
            all
        });
        Self { lesson, holdings: holdings.unwrap_or_default() }
    }

    fn unused(&self) -> usize {
        self.holdings.iter().filter(|holding| holding.is_unused).count()
    }

    fn as_json(&self) -> Value {
        let Lesson { subject, users, actions, grants, manifest, .. } = self.lesson;
        let rules: Vec<Value> = grants
            .iter()
            .flat_map(|grant| grant.rules.iter().map(move |rule| (grant, rule)))
            .map(|(grant, rule)| {
                json!({
                    "namespace": grant.namespace,
                    "verbs": rule.verbs,
                    "apiGroups": rule.api_groups,
                    "resources": rule.resources,
                    "resourceNames": rule.resource_names,
                    "nonResourceURLs": rule.non_resource_urls,
                })
            })
            .collect();
        let held = self.holdings.iter().map(|holding| {
            json!({
                "binding": holding.binding,
                "role": holding.role,
                "namespace": holding.namespace,
                "verbs": holding.rule.verbs,
                "resources": holding.rule.resources,
                "nonResourceURLs": holding.rule.non_resource_urls,
                "unused": holding.is_unused,
                "unusedVerbs": holding.unused_verbs,
                "unusedResources": holding.unused_resources,
            })
        });
        json!({
            "kind": subject.kind.name(),
            "name": subject.name,
            "namespace": (!subject.namespace.is_empty()).then_some(&subject.namespace),
            "users": users,
            "actions": actions,
            "rules": rules,
            "held": held.collect::<Vec<_>>(),
            "manifest": manifest,
        })
    }
}

fn as_json(usage: &Usage, told: &[Told<'_>]) -> Value {
    let examples = usage.examples.iter();
    let examples = examples.map(|(place, reason)| json!({"where": place, "reason": reason}));
    json!({
        "schema": "bollwerk.access-learn/v1",
        "events": usage.events,
        "refused": usage.refused,
        "passedOver": usage.passed_over,
        "unreadable": usage.unreadable,
        "examples": examples.collect::<Vec<_>>(),
        "window": usage.window.as_ref().map(|(first, last)| json!({"first": first, "last": last})),
        "subjects": told.iter().map(Told::as_json).collect::<Vec<_>>(),
    })
}

/// `ServiceAccount:shop:web`, as it is typed.
fn name(lesson: &Lesson) -> String {
    let subject = &lesson.subject;
    match subject.kind {
        SubjectKind::ServiceAccount => {
            format!("ServiceAccount:{}:{}", subject.namespace, subject.name)
        }
        kind => format!("{}:{}", kind.name(), subject.name),
    }
}

fn write(lessons: &[Lesson], folder: &Path) -> Result<()> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {shown}"))?;
    for (number, lesson) in lessons.iter().enumerate() {
        // A name may hold anything: the number tells files apart, the name is for people.
        let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
        let plain: String = name(lesson).chars().map(plain).take(80).collect();
        let file = folder.join(format!("{:03}-{plain}.yaml", number + 1));
        let text = format!(
            "# {}: {} actions\n{}",
            harmless(&name(lesson)),
            lesson.actions,
            lesson.manifest
        );
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    anstream::eprintln!("wrote {} files to {shown}", lessons.len());
    Ok(())
}

/// Says on standard error what the manifests are made from.
fn tell(usage: &Usage, told: &[Told<'_>]) {
    let window = usage.window.as_ref();
    let window =
        window.map(|(first, last)| format!(", from {first} to {last}")).unwrap_or_default();
    anstream::eprintln!(
        "{BOLD}{} events{BOLD:#}{}; {} refused, {} of other stages",
        usage.events,
        harmless(&window),
        usage.refused,
        usage.passed_over
    );
    if usage.unreadable > 0 {
        anstream::eprintln!("{RED}{} lines cannot be read{RED:#}", usage.unreadable);
        for (place, reason) in &usage.examples {
            anstream::eprintln!("  {} {}", harmless(place), harmless(reason));
        }
    }
    for one in told {
        let Lesson { actions, grants, .. } = one.lesson;
        let rules: usize = grants.iter().map(|grant| grant.rules.len()).sum();
        let name = harmless(&name(one.lesson));
        anstream::eprintln!(
            "  {BOLD}{name}{BOLD:#}  {actions} actions, {rules} rules in {} scopes",
            grants.len()
        );
        if one.holdings.is_empty() {
            continue;
        }
        let (held, unused) = (one.holdings.len(), one.unused());
        anstream::eprintln!("    holds {held} rules today, {unused} of them never used");
        let partly = |it: &&Holding| it.is_unused || !it.unused_verbs.is_empty();
        for holding in one.holdings.iter().filter(partly).take(HOLDINGS_SHOWN_MAX) {
            let Holding { binding, role, rule, .. } = holding;
            let (verbs, resources) = if holding.is_unused {
                (&rule.verbs, &rule.resources)
            } else {
                (&holding.unused_verbs, &rule.resources)
            };
            let text = format!("{} on {}", verbs.join(","), resources.join(","));
            let (text, binding, role) = (harmless(&text), harmless(binding), harmless(role));
            anstream::eprintln!(
                "    {YELLOW}never used:{YELLOW:#} {text}  {DIM}{role} by {binding}{DIM:#}"
            );
        }
    }
}
