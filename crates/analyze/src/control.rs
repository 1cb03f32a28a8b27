//! What a control is and how it reports.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::controls::{access, network};
use crate::severity::{self, Impact, Reach};
use crate::worlds::Worlds;
use engine::network::Profile;
use engine::pod_security::{Exemptions, Policy};
use model::cloud::{self, AgentPool, ManagedCluster};
use model::{
    Component, ComponentKind, Finding, Fix, Object, Path, Pod, Severity, Snapshot, WorldId,
};

/// One thing that can be wrong: a constant and a function.
///
/// `name` says the bad pattern, never the cure, so that an exception reads "allow
/// privileged-container".
pub struct Control {
    /// `BW-⟨FAMILY⟩-⟨number⟩`; never given twice, never changed.
    pub id: &'static str,
    /// The name people use: lower case with hyphens, unique.
    pub name: &'static str,
    /// One line, as the heading of its page.
    pub title: &'static str,
    /// What an attacker holds afterwards, in the worst ordinary case.
    pub impact: Impact,
    /// What must be true before it can be used.
    pub reach: Reach,
    /// Its page: documentation, examples and test at once.
    pub page: &'static str,
    /// What it looks at, and how.
    pub check: Check,
}

impl Control {
    /// How bad it is in the worst ordinary case; a finding may be less.
    pub const fn severity(&self) -> Severity {
        severity::severity(self.impact, self.reach)
    }
}

/// What a control looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// Every pod and pod template, in whatever kind it stands.
    Pod(fn(&Pod<'_>, &mut Report<'_>)),
    /// Every component of Kubernetes itself, by its flags or its configuration file.
    Component(&'static [ComponentKind], fn(&Component<'_>, &mut Report<'_>)),
    /// Managed clusters of a cloud provider.
    ManagedCluster(fn(&ManagedCluster<'_>, &mut Report<'_>)),
    /// Agent pools of managed clusters, as part of them or by themselves.
    AgentPool(fn(&AgentPool<'_>, &mut Report<'_>)),
    /// Objects of these kinds.
    Object(Kinds, fn(&Object<'_>, &mut Report<'_>)),
}

/// Kinds a control can fire on.
#[derive(Clone, Copy)]
pub enum Kinds {
    /// Any of Kubernetes: the field is part of every object's metadata.
    Any,
    /// These, as (group, kind).
    Of(&'static [(&'static str, &'static str)]),
}

impl Kinds {
    /// Whether an object is one of them.
    pub fn contain(self, object: &Object<'_>) -> bool {
        match self {
            Self::Any => !cloud::is_resource(object),
            Self::Of(kinds) => kinds.iter().any(|(group, kind)| object.is(group, kind)),
        }
    }
}

/// What the caller decides about the judging.
#[derive(Clone, Debug)]
pub struct Options {
    /// Registries images may come from, as `host`, `host/path` or `*.host`; no opinion if empty.
    pub approved_registries: Vec<String>,
    /// Folders that containers may have writable mounts below; no opinion if empty.
    pub writable_paths: Vec<String>,
    /// Programs that containers may be made to run, by full path or bare name; no opinion if
    /// empty.
    pub approved_programs: Vec<String>,
    /// What the network plugin makes of what is left to it.
    pub network_plugin: Profile,
    /// The Pod Security policy where no namespace says.
    pub pod_security: Policy,
    /// Pods that Pod Security does not judge.
    pub exemptions: Exemptions,
    /// Names or ids of the only controls whose findings count; all if empty.
    pub only: Vec<String>,
    /// Names or ids of controls whose findings do not count.
    pub skip: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            approved_registries: Vec::new(),
            writable_paths: Vec::new(),
            approved_programs: Vec::new(),
            network_plugin: Profile::UPSTREAM,
            pod_security: Policy::UNSET,
            exemptions: Exemptions::default(),
            only: Vec::new(),
            skip: Vec::new(),
        }
    }
}

impl Options {
    /// The key of the configuration without which a control says nothing, if it is not set.
    pub fn unset(&self, control: &str) -> Option<&'static str> {
        let (key, list) = match control {
            "unapproved-registry" => ("judge.approvedRegistries", &self.approved_registries),
            "writable-path-not-listed" => ("judge.writablePaths", &self.writable_paths),
            "program-not-listed" => ("judge.approvedPrograms", &self.approved_programs),
            _ => return None,
        };
        list.is_empty().then_some(key)
    }

    /// Whether a control is asked, by its name or id.
    pub fn asks(&self, control: &str) -> bool {
        let names = |listed: &String| listed == control;
        (self.only.is_empty() || self.only.iter().any(names)) && !self.skip.iter().any(names)
    }

    /// Whether a finding counts: by its own name or id, or by a control that it also stands for.
    pub fn selects(&self, finding: &Finding) -> bool {
        let names = |listed: &String| {
            listed == finding.control
                || listed == finding.id
                || finding.also.iter().any(|name| name == listed)
        };
        (self.only.is_empty() || self.only.iter().any(names)) && !self.skip.iter().any(names)
    }
}

/// A finding as a control words it; the judge adds what it needs not know.
pub(crate) struct Draft {
    pub(crate) at: Path,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) fix: Option<Fix>,
}

/// An object and the world it is judged in.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) world: WorldId,
    pub(crate) object: &'a Object<'a>,
}

/// What stands in an object and is judged by itself.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) pods: &'a [Pod<'a>],
    pub(crate) components: &'a [Component<'a>],
}

/// Takes what a control finds, and answers what it may ask beyond its object.
pub struct Report<'a> {
    /// The snapshot the object stands in.
    pub snapshot: &'a Snapshot,
    /// The world the object stands in.
    pub world: WorldId,
    /// What the caller decided.
    pub options: &'a Options,
    worlds: &'a Worlds,
    /// What the object grants if it is a role: read once for all controls.
    granted: OnceCell<Option<Rc<access::Granted>>>,
    severity: Severity,
    drafts: Vec<Draft>,
    unknown: Vec<(Path, String)>,
}

impl<'a> Report<'a> {
    /// For one object.
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        world: WorldId,
        options: &'a Options,
        worlds: &'a Worlds,
    ) -> Self {
        Self {
            snapshot,
            world,
            options,
            worlds,
            granted: OnceCell::new(),
            severity: Severity::Info,
            drafts: Vec::new(),
            unknown: Vec::new(),
        }
    }

    pub(crate) fn run(&mut self, control: &Control, object: &Object<'_>, parts: Parts<'_>) {
        self.severity = control.severity();
        match control.check {
            Check::Pod(check) => parts.pods.iter().for_each(|pod| check(pod, self)),
            Check::Component(kinds, check) => {
                let these = parts.components.iter().filter(|it| kinds.contains(&it.kind));
                these.for_each(|component| check(component, self));
            }
            Check::ManagedCluster(check) => {
                if let Some(cluster) = ManagedCluster::of(object) {
                    check(&cluster, self);
                }
            }
            Check::AgentPool(check) => {
                let pools = ManagedCluster::of(object).map(|cluster| cluster.pools());
                let pools = pools.into_iter().flatten().chain(AgentPool::of(object));
                pools.for_each(|pool| check(&pool, self));
            }
            Check::Object(kinds, check) if kinds.contain(object) => check(object, self),
            Check::Object(..) => {}
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.drafts)
    }

    /// Whether the pod's service account has its token mounted where the pod does not say: what
    /// the account says, if it is in the snapshot, else true. None if copies of it disagree.
    pub fn account_mounts_token(&self, pod: &Pod<'_>) -> Option<bool> {
        /// Copies that are looked at; more say nothing new.
        const COPIES_MAX: usize = 64;
        let Some(namespace) = pod.object.namespace else { return Some(true) };
        let name = pod.service_account_name();
        let mut accounts = self
            .snapshot
            .service_accounts(self.world, namespace, name)
            .take(COPIES_MAX)
            .map(|account| account.root.bool("automountServiceAccountToken").unwrap_or(true));
        let first = accounts.next().unwrap_or(true);
        accounts.all(|other| other == first).then_some(first)
    }

    /// What the rules of the judged role grant, if there is something to judge.
    pub(crate) fn granted(&self, role: &Object<'_>) -> Option<Rc<access::Granted>> {
        self.granted.get_or_init(|| access::Granted::of(role).map(Rc::new)).clone()
    }

    /// Who is bound to a role in the object's world.
    pub(crate) fn bound_to(&self, role: &Object<'_>) -> access::Bound {
        self.ask_world(|world| world.bound_to(role))
    }

    /// Asks the roles and bindings of the object's world.
    pub(crate) fn ask_world<T>(&self, ask: impl FnOnce(&access::World) -> T) -> T {
        self.worlds.access(self.snapshot, self.world, ask)
    }

    /// Asks what the network of the object's world does.
    pub(crate) fn ask_network<T>(&self, ask: impl FnOnce(&network::World) -> T) -> T {
        let profile = self.options.network_plugin;
        self.worlds.network(self.snapshot, self.world, profile, ask)
    }

    /// The severity of the control that runs, in its worst ordinary case.
    pub(crate) fn severity(&self) -> Severity {
        self.severity
    }

    pub(crate) fn take_unknown(&mut self) -> Vec<(Path, String)> {
        std::mem::take(&mut self.unknown)
    }

    /// Whether something is wrong at `at` depends on which of several objects holds.
    pub fn unknown(&mut self, at: Path, reason: impl Into<String>) {
        self.unknown.push((at, reason.into()));
    }

    /// Something is wrong at `at`. `because` names the consequence with real names from the
    /// object, on one line that stands alone, without a full stop.
    pub fn finding(&mut self, at: Path, because: impl Into<String>, fix: impl Into<Option<Fix>>) {
        self.finding_of(self.severity, at, because, fix);
    }

    /// The same with a severity of its own, where the control's worst case is not met; that case
    /// is the most it can be.
    pub fn finding_of(
        &mut self,
        severity: Severity,
        at: Path,
        because: impl Into<String>,
        fix: impl Into<Option<Fix>>,
    ) {
        let (message, fix) = (because.into(), fix.into());
        let severity = severity.min(self.severity);
        self.drafts.push(Draft { at, severity, message, fix });
    }
}
