//! Managed clusters of a cloud provider, as the provider's own interface describes them.
//!
//! Azure's clusters (`Microsoft.ContainerService/managedClusters`) and their agent pools are read
//! from what `az aks show` and `list` print, from bodies of the REST interface, and from exported
//! templates. A snapshot keeps each as a record of its own, beside the objects of Kubernetes:
//! group [`GROUP`], kind [`MANAGED_CLUSTER`] or [`AGENT_POOL`], the resource's id as its name.
//!
//! Source of names, types and defaults: the reference of `Microsoft.ContainerService`
//! (learn.microsoft.com/azure/templates, API version 2025-10-01). `az` writes the same names with
//! other capitals (`enableRbac`), and Azure tells none apart by them: neither does this module.

mod resources;
mod settings;

use jiff::civil::Date;

use crate::{GapKind, Node, Object, Path, Value};

pub use resources::holds;
use settings::{Found, Part, Type, is_expression, opaque, properties, push, text, wrong_type};

pub(crate) use resources::{identity, resources};

/// The namespace of the resource provider, in the place of an API group. No group of Kubernetes
/// has capitals.
pub const GROUP: &str = "Microsoft.ContainerService";
/// The kind of a managed cluster.
pub const MANAGED_CLUSTER: &str = "ManagedCluster";
/// The kind of an agent pool that is a resource of its own.
pub const AGENT_POOL: &str = "AgentPool";

/// Most agent pools of a cluster that are looked at (Azure takes 100).
const POOLS_MAX: usize = 1_000;
/// Most texts of a list that are looked at (Azure takes 2,000 authorised ranges).
const TEXTS_MAX: usize = 10_000;

/// What is known of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// It is written.
    Known(T),
    /// It is not written: Azure's default holds.
    Unset,
    /// It is written in a way that does not say its value. [`ManagedCluster::problems`] and
    /// [`AgentPool::problems`] say why.
    Unknown,
}

/// Why a setting is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is written.
    pub path: Path,
    /// What kind of ignorance it is.
    pub kind: GapKind,
    /// Why, as a lower-case fragment.
    pub reason: String,
}

/// A managed cluster: a view over its record.
#[derive(Clone)]
pub struct ManagedCluster<'a> {
    root: Part<'a>,
    properties: Part<'a>,
}

/// An agent pool: a part of its cluster, or a record of its own.
#[derive(Clone)]
pub struct AgentPool<'a> {
    /// Its name; empty where it has none.
    pub name: &'a str,
    properties: Part<'a>,
}

/// Whether an object is a resource of the cloud, not of Kubernetes.
pub fn is_resource(object: &Object<'_>) -> bool {
    object.group() == GROUP
}

/// A resource's name for people: `group/cluster` or `group/cluster/pool` of an id, anything else
/// as it is.
pub fn short_name(id: &str) -> String {
    let mut parts = id.split('/').skip(1);
    let mut names = Vec::new();
    while let (Some(kind), Some(name)) = (parts.next(), parts.next()) {
        let is_name = ["resourceGroups", "managedClusters", "agentPools"];
        if is_name.iter().any(|it| it.eq_ignore_ascii_case(kind)) {
            names.push(name);
        }
    }
    if names.len() < 2 { id.to_owned() } else { names.join("/") }
}

/// The day a node image was made, from its version: `AKSUbuntu-2204gen2containerd-202501.12.0`,
/// `AKSUbuntu-1804gen2containerd-2022.12.13`, `AKSUbuntu:1604:2020.03.11` and
/// `AKSWindows-2022-containerd-20348.2113.231115`.
pub fn node_image_day(version: &str) -> Option<Date> {
    let last = version.rsplit(['-', ':']).next()?;
    let parts: Vec<&str> = last.split('.').collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let (year, month, day) = match (first.len(), second.len(), third.len()) {
        (6, 2, _) => (first.get(..4)?.to_owned(), first.get(4..)?, *second),
        (4, 2, 2) => ((*first).to_owned(), *second, *third),
        (5, _, 6) => (format!("20{}", third.get(..2)?), third.get(2..4)?, third.get(4..)?),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The settings of a cluster that controls ask for, below `properties`.
const CLUSTER: &[(&str, Type)] = &[
    ("aadProfile", Type::Map),
    ("aadProfile.enableAzureRBAC", Type::Bool),
    ("apiServerAccessProfile.authorizedIPRanges", Type::Texts),
    ("apiServerAccessProfile.disableRunCommand", Type::Bool),
    ("apiServerAccessProfile.enablePrivateCluster", Type::Bool),
    ("autoUpgradeProfile.nodeOSUpgradeChannel", Type::Text),
    ("autoUpgradeProfile.upgradeChannel", Type::Text),
    ("disableLocalAccounts", Type::Bool),
    ("enableRBAC", Type::Bool),
    ("networkProfile.networkDataplane", Type::Text),
    ("networkProfile.networkPlugin", Type::Text),
    ("networkProfile.networkPolicy", Type::Text),
    ("oidcIssuerProfile.enabled", Type::Bool),
    ("publicNetworkAccess", Type::Text),
    ("securityProfile.azureKeyVaultKms.enabled", Type::Bool),
    ("securityProfile.workloadIdentity.enabled", Type::Bool),
    ("servicePrincipalProfile.clientId", Type::Text),
];

/// The same beside `properties`.
const BESIDE: &[(&str, Type)] = &[("identity.type", Type::Text), ("sku.name", Type::Text)];

/// The settings of an agent pool that controls ask for.
const POOL: &[(&str, Type)] =
    &[("enableNodePublicIP", Type::Bool), ("nodeImageVersion", Type::Image)];

impl<'a> ManagedCluster<'a> {
    /// An object as a managed cluster, if it is one.
    pub fn of(object: &Object<'a>) -> Option<Self> {
        if !object.is(GROUP, MANAGED_CLUSTER) {
            return None;
        }
        let root = Part { node: object.root, at: Path::root() };
        Some(Self { properties: properties(object.root), root })
    }

    /// A setting that is true or false.
    pub fn switch(&self, name: &str) -> Fact<bool> {
        self.part(name, Type::Bool).read(name, |value| match value {
            Value::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// A setting that is a text.
    pub fn text(&self, name: &str) -> Fact<&'a str> {
        self.part(name, Type::Text).read(name, text)
    }

    /// A setting that is a list of texts. Items that are none make it unknown.
    pub fn texts(&self, name: &str) -> Fact<Vec<&'a str>> {
        let part = self.part(name, Type::Texts);
        match part.find(name) {
            Found::Unset => Fact::Unset,
            Found::Is(node, _) if node.is_list() => {
                let items = node.items().take(TEXTS_MAX + 1).map(|item| text(item.value()));
                match items.collect::<Option<Vec<_>>>() {
                    Some(items) if !items.iter().any(|it| is_expression(it)) => Fact::Known(items),
                    _ => Fact::Unknown,
                }
            }
            Found::Is(..) | Found::Opaque(_) => Fact::Unknown,
        }
    }

    /// Whether a group of settings is written.
    pub fn has(&self, name: &str) -> Fact<bool> {
        self.part(name, Type::Map).read(name, |value| (value == Value::Map).then_some(true))
    }

    /// Where a setting is written, or would be.
    pub fn at(&self, name: &str) -> Path {
        let is_beside = BESIDE.iter().any(|(it, _)| *it == name);
        if is_beside { self.root.at(name) } else { self.properties.at(name) }
    }

    /// Whether Azure decides what is not written, as it does for clusters of the kind
    /// "Automatic". True as well where the kind is not known.
    pub fn is_automatic(&self) -> bool {
        match self.text("sku.name") {
            Fact::Known(name) => name.eq_ignore_ascii_case("Automatic"),
            Fact::Unset => false,
            Fact::Unknown => true,
        }
    }

    /// Its agent pools, as far as they are part of it.
    pub fn pools(&self) -> Vec<AgentPool<'a>> {
        let Found::Is(list, at) = self.properties.find(POOLS) else { return Vec::new() };
        let items = list.items().take(POOLS_MAX).enumerate().filter(|(_, node)| node.is_map());
        let pool = |(index, node): (usize, Node<'a>)| AgentPool {
            name: node.str("name").unwrap_or_default(),
            properties: Part { node, at: at.clone().index(index) },
        };
        items.map(pool).collect()
    }

    /// The settings that are written and not known, those of its agent pools among them.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        self.root.problems(BESIDE, &mut found);
        self.properties.problems(CLUSTER, &mut found);
        self.problems_of_pools(&mut found);
        for pool in self.pools() {
            pool.properties.problems(POOL, &mut found);
        }
        found
    }

    fn problems_of_pools(&self, found: &mut Vec<Problem>) {
        match self.properties.find(POOLS) {
            Found::Unset => {}
            Found::Opaque(problem) => push(problem, found),
            Found::Is(node, path) if !node.is_list() => {
                push(wrong_type(path, "list", node.value()), found);
            }
            Found::Is(list, path) => {
                for (index, item) in list.items().enumerate() {
                    if index >= POOLS_MAX {
                        let reason = format!("it has more than {POOLS_MAX} agent pools");
                        push(Problem { path, kind: GapKind::Limit, reason }, found);
                        return;
                    }
                    if !item.is_map() {
                        push(opaque(path.clone().index(index), "map", item.value()), found);
                    }
                }
            }
        }
    }

    fn part(&self, name: &str, of: Type) -> &Part<'a> {
        let is_in = |table: &[(&str, Type)]| table.contains(&(name, of));
        // What no table names has no gap where it is unknown.
        debug_assert!(is_in(CLUSTER) || is_in(BESIDE), "{name} is in no table");
        if is_in(BESIDE) { &self.root } else { &self.properties }
    }
}

/// The list of agent pools in a cluster.
const POOLS: &str = "agentPoolProfiles";

impl<'a> AgentPool<'a> {
    /// An object as an agent pool, if it is one.
    pub fn of(object: &Object<'a>) -> Option<Self> {
        object.is(GROUP, AGENT_POOL).then(|| Self {
            name: object.name.rsplit('/').next().unwrap_or_default(),
            properties: properties(object.root),
        })
    }

    /// A setting that is true or false.
    pub fn switch(&self, name: &str) -> Fact<bool> {
        debug_assert!(POOL.contains(&(name, Type::Bool)), "{name} is in no table");
        self.properties.read(name, |value| match value {
            Value::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// A setting that is a text.
    pub fn text(&self, name: &str) -> Fact<&'a str> {
        self.properties.read(name, text)
    }

    /// Where a setting is written, or would be.
    pub fn at(&self, name: &str) -> Path {
        self.properties.at(name)
    }

    /// The settings that are written and not known.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        self.properties.problems(POOL, &mut found);
        found
    }
}
