//! `bollwerk access`: who may do what, asked of the engine and told with proof.

mod can;
mod diff;
mod groups;
mod learn;
mod matrix;
mod of;
mod who_can;
mod wording;

use std::io::Read;

use analyze::access::built_in::BuiltIn;
use analyze::access::memberships::Memberships;
use analyze::access::resources::{Resolved, Resources};
use anyhow::{Context, Result, anyhow, bail};
use collect::manifests::Sources;
use engine::rbac::{Assumptions, Authorizer, Bootstrap, Grant, Request, ResourceRequest, Seen};
use model::{Gap, Snapshot, WorldId};
use report::harmless;

use crate::arguments::{AccessCommand, AccessInputs, Assumed, Inputs, Question, Reading};
use crate::config::Settings;
use crate::inputs;

/// Exit codes beside 0, which is "yes" or "complete".
const NO: u8 = 1;
const UNKNOWN: u8 = 3;

/// Largest file of memberships, in bytes.
const GROUPS_BYTES_MAX: u64 = 256 << 20;
/// Gaps listed on standard error; the rest is counted.
const GAPS_SHOWN_MAX: usize = 10;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &AccessCommand) -> Result<u8> {
    match command {
        AccessCommand::Can(arguments) => can::run(arguments),
        AccessCommand::WhoCan(arguments) => who_can::run(arguments),
        AccessCommand::Of(arguments) => of::run(arguments),
        AccessCommand::Matrix(arguments) => matrix::run(arguments),
        AccessCommand::Groups(arguments) => groups::run(arguments),
        AccessCommand::Learn(arguments) => learn::run(arguments),
        AccessCommand::Diff(arguments) => diff::run(arguments),
    }
}

/// One cluster, ready to be asked.
struct World {
    snapshot: Snapshot,
    sources: Sources,
    id: WorldId,
    authorizer: Authorizer,
    memberships: Option<Memberships>,
    built_in: BuiltIn,
    /// What could not be read and may hold a role or a binding.
    gaps: Vec<Gap>,
}

impl World {
    fn load(arguments: &AccessInputs) -> Result<Self> {
        let inputs = Inputs {
            paths: Vec::new(),
            manifests: arguments.manifests.clone(),
            snapshot: arguments.snapshot.clone(),
            reading: Reading {
                namespace: arguments.object_namespace.clone(),
                kubernetes_version: arguments.kubernetes_version,
                config: arguments.config.clone(),
                no_config: arguments.no_config,
                no_ignore: arguments.no_ignore,
                now: None,
                threads: None,
            },
        };
        let mut settings = Settings::load(&inputs.reading, None)?;
        if !arguments.accepted_gaps.is_empty() {
            settings.report.accepted_gaps.clone_from(&arguments.accepted_gaps);
        }
        let memberships = arguments.groups.as_deref().map(memberships).transpose()?;
        let (snapshot, sources) = inputs::collect(&inputs, &settings)?;
        let id = choose(&snapshot.worlds, arguments.world.as_deref())?;
        let mut world = Self::new(snapshot, sources, id, &arguments.assumed);
        world.memberships = memberships;
        world.gaps.retain(|gap| !settings.report.accepted_gaps.contains(&gap.kind));
        world.tell_gaps();
        Ok(world)
    }

    fn new(snapshot: Snapshot, sources: Sources, id: WorldId, assumed: &Assumed) -> Self {
        let assumptions = Assumptions {
            bootstrap: if assumed.no_bootstrap_roles {
                Bootstrap::Absent
            } else {
                Bootstrap::Implied
            },
            seen: if assumed.complete { Seen::Everything } else { Seen::Part },
            ..Assumptions::default()
        };
        let authorizer = Authorizer::of(&snapshot, id, assumptions);
        let gaps = snapshot.gaps.iter().chain(authorizer.gaps()).cloned().collect();
        Self {
            snapshot,
            sources,
            id,
            authorizer,
            memberships: None,
            built_in: BuiltIn::new(),
            gaps,
        }
    }

    /// Whether every API server makes this grant for itself.
    fn is_built_in(&self, grant: &Grant) -> bool {
        self.built_in.has(&self.authorizer, grant)
    }

    fn tell_gaps(&self) {
        for gap in self.gaps.iter().take(GAPS_SHOWN_MAX) {
            let (subject, reason) = (harmless(&gap.subject), harmless(&gap.reason));
            anstream::eprintln!("not assessed: {subject}: {reason}");
        }
        if self.gaps.len() > GAPS_SHOWN_MAX {
            anstream::eprintln!("not assessed: {} more", self.gaps.len() - GAPS_SHOWN_MAX);
        }
    }

    /// What is asked for, with its resource resolved.
    fn asked<'a>(&self, question: &'a Question) -> Result<Asked<'a>> {
        let Question { verb, resource, name, namespace, .. } = question;
        if verb.is_empty() || verb.contains(char::is_whitespace) {
            bail!("`{}` is no verb", harmless(verb));
        }
        if resource.starts_with('/') {
            if name.is_some() || namespace.is_some() {
                bail!("a path has neither a name nor a namespace");
            }
            return Ok(Asked { question, resource: None });
        }
        let resolved = Resources::of(&self.snapshot, self.id).resolve(resource);
        let resolved = resolved.map_err(|error| anyhow!("{}", harmless(&error)))?;
        if let Some(warning) = &resolved.warning {
            anstream::eprintln!("warning: {}", harmless(warning));
        }
        if resolved.is_namespaced == Some(false)
            && namespace.is_some()
            && resolved.resource != "namespaces"
        {
            let written = resolved.written();
            bail!("{} live in no namespace; leave out `-n`", harmless(&written));
        }
        Ok(Asked { question, resource: Some(resolved) })
    }
}

/// A question whose resource is known.
struct Asked<'a> {
    question: &'a Question,
    /// None for a path.
    resource: Option<Resolved>,
}

impl Asked<'_> {
    /// The request in a namespace; empty for the whole cluster.
    fn request<'b>(&'b self, namespace: &'b str) -> Request<'b> {
        let Some(resource) = &self.resource else {
            return Request::path(&self.question.verb, &self.question.resource);
        };
        Request::Resource(ResourceRequest {
            verb: &self.question.verb,
            api_group: &resource.api_group,
            resource: &resource.resource,
            subresource: &resource.subresource,
            namespace,
            name: self.question.name.as_deref().unwrap_or_default(),
            fields: &[],
        })
    }

    /// Whether it can be allowed in one namespace and not in another.
    fn is_namespaced(&self) -> bool {
        self.resource.as_ref().is_some_and(|resource| {
            resource.is_namespaced != Some(false) || resource.resource == "namespaces"
        })
    }

    /// `get secrets db-password`.
    fn action(&self) -> String {
        let what = match &self.resource {
            Some(resource) => resource.written(),
            None => self.question.resource.clone(),
        };
        let name = self.question.name.as_deref().map(|name| format!(" {name}"));
        harmless(&format!("{} {what}{}", self.question.verb, name.unwrap_or_default()))
    }

    /// `in payments`, `in every namespace` or nothing.
    fn place(&self) -> String {
        match &self.question.namespace {
            Some(namespace) => format!(" in {}", harmless(namespace)),
            None if self.resource.as_ref().is_some_and(|it| it.is_namespaced != Some(false)) => {
                " in every namespace".to_owned()
            }
            None => String::new(),
        }
    }
}

/// The only world, or the one that is named.
fn choose(worlds: &[String], wanted: Option<&str>) -> Result<WorldId> {
    let names = || {
        let names: Vec<String> =
            worlds.iter().take(20).map(|name| format!("`{}`", harmless(name))).collect();
        names.join(", ")
    };
    match (worlds, wanted) {
        (_, Some(wanted)) => {
            let found = worlds.iter().position(|name| name == wanted);
            let found = found.with_context(|| {
                format!("there is no cluster `{}`; there are {}", harmless(wanted), names())
            })?;
            Ok(WorldId(found as u32))
        }
        ([] | [_], None) => Ok(WorldId(0)),
        (worlds, None) => bail!(
            "the input holds {} clusters: {}; choose one with `--world`, or put what belongs \
             together into one folder",
            worlds.len(),
            names()
        ),
    }
}

fn memberships(path: &std::path::Path) -> Result<Memberships> {
    let shown = path.display();
    let file = std::fs::File::open(path)
        .with_context(|| format!("cannot read the memberships {shown}"))?;
    let mut text = String::new();
    file.take(GROUPS_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read the memberships {shown}"))?;
    if text.len() as u64 > GROUPS_BYTES_MAX {
        bail!("{shown} is larger than {GROUPS_BYTES_MAX} bytes");
    }
    Memberships::read(&text).map_err(|error| anyhow!("{shown}:{error}"))
}
