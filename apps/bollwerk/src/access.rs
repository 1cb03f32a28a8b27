//! `bollwerk access`: who may do what, asked of the engine and told with proof.

mod can;
mod diff;
mod groups;
mod learn;
mod matrix;
mod of;
pub(crate) mod paths;
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

pub use paths::{WayFrom, Ways};
pub use who_can::Holder;

use crate::arguments::{AccessCommand, AccessInputs, Assumed, Question};
use crate::cluster::{self, Cluster};

/// Exit codes beside 0, which is "yes" or "complete".
const NO: u8 = 1;
const UNKNOWN: u8 = 3;

/// Largest file of memberships, in bytes.
const GROUPS_BYTES_MAX: u64 = 256 << 20;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &AccessCommand) -> Result<u8> {
    match command {
        AccessCommand::Can(arguments) => can::run(arguments),
        AccessCommand::WhoCan(arguments) => who_can::run(arguments),
        AccessCommand::Of(arguments) => of::run(arguments),
        AccessCommand::Matrix(arguments) => matrix::run(arguments),
        AccessCommand::Groups(arguments) => groups::run(arguments),
        AccessCommand::Learn(arguments) => learn::run(arguments),
        AccessCommand::Paths(arguments) => paths::run(arguments),
        AccessCommand::Cut(arguments) => paths::cut(arguments),
        AccessCommand::Diff(arguments) => diff::run(arguments),
    }
}

/// Questions about who may do what in a cluster, for a page: the answers of `bollwerk access`.
pub struct AccessQuestions(World);

impl AccessQuestions {
    /// Reads the roles of a world. Of a running cluster all of them were read, as far as no gap
    /// says otherwise.
    pub fn new(snapshot: Snapshot, id: WorldId) -> Self {
        let complete = snapshot.is_live && snapshot.gaps.is_empty();
        let assumed = Assumed { no_bootstrap_roles: snapshot.is_live, complete };
        let sources = Sources::none(crate::inputs::digest_key());
        Self(World::new(snapshot, sources, id, &assumed))
    }

    /// Who decides about requests.
    pub fn authorizer(&self) -> &Authorizer {
        &self.0.authorizer
    }

    /// See [`Ways`]. `from` is written as for `bollwerk access paths --from`, `to` as for `--to`.
    ///
    /// # Errors
    ///
    /// Ends that are misspelt or not there.
    pub fn ways(&self, from: Option<&str>, to: &str, shown: usize) -> Result<Ways> {
        Ways::of(&self.0, from, to, shown)
    }

    /// Everybody who may do something, and what hangs on things not known.
    ///
    /// # Errors
    ///
    /// A verb or a resource that there cannot be.
    pub fn who_can(
        &self,
        verb: &str,
        resource: &str,
        namespace: Option<&str>,
    ) -> Result<(Vec<Holder>, Vec<String>)> {
        who_can::holders(&self.0, verb, resource, namespace)
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
        let memberships = arguments.groups.as_deref().map(memberships).transpose()?;
        let Cluster { snapshot, sources, world, accepted_gaps } =
            Cluster::load(&arguments.cluster)?;
        let mut world = Self::new(snapshot, sources, world, &arguments.assumed);
        world.memberships = memberships;
        world.gaps.retain(|gap| !accepted_gaps.contains(&gap.kind));
        cluster::tell_gaps(&world.gaps);
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
