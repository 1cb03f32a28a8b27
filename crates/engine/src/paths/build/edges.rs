//! From the table of edges to clauses.

use std::collections::{BTreeSet, HashMap};

use super::{ALL, Builder, MASTERS, SOME, Text};
use crate::paths::edge::{Edge, Gain, Name, Need, Serves, Target, Within};
use crate::paths::fact::Fact;
use crate::paths::graph::{Cause, Doubt};
use crate::paths::inventory::Privileged;
use crate::rbac::{RoleId, Switch};

/// The group of bootstrap tokens, and the beginning of those that a token may name beside it.
const BOOTSTRAPPERS: &str = "system:bootstrappers";

/// What an edge is about, in one of its forms.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// [`ALL`] for the whole cluster.
    pub(super) namespace: Text,
    /// The name its rights are limited to; [`ALL`] for none.
    pub(super) name: Text,
    /// The namespace of the service account that is impersonated.
    pub(super) account: Text,
    /// The pod it starts in.
    pub(super) pod: Option<model::ObjectId>,
    /// The facts that stand for the object.
    pub(super) role: Option<(RoleId, Text)>,
    pub(super) node: Option<Text>,
    pub(super) missing: Option<Fact>,
}

impl About {
    pub(super) fn namespace(namespace: Text) -> Self {
        Self {
            namespace,
            name: ALL,
            account: ALL,
            pod: None,
            role: None,
            node: None,
            missing: None,
        }
    }
}

/// What edges of each kind can be about.
struct Targets {
    accounts: HashMap<Text, BTreeSet<Text>>,
    pods: HashMap<(Text, Text), Vec<model::ObjectId>>,
    pod_names: HashMap<Text, BTreeSet<Text>>,
    workloads: HashMap<(String, Text), BTreeSet<Text>>,
    secrets: Vec<(Text, Text, Text)>,
}

impl Builder<'_> {
    pub(super) fn edges(&mut self) {
        self.pod_security();
        self.own_edges();
        let targets = self.targets();
        for number in 0..self.edges.len() {
            let edge = self.edges[number];
            if edge
                .needs
                .iter()
                .any(|it| matches!(it, Need::Pod(_) | Need::Token | Need::Annotation(_)))
            {
                continue;
            }
            if edge.needs.iter().any(|it| matches!(it, Need::ImpersonatedMay)) {
                self.impersonation_edge(number as u16, edge);
            } else if edge.needs.iter().any(|it| matches!(it, Need::OwnNode)) {
                self.own_node_edge(number as u16, edge);
            } else if edge.needs.iter().any(|it| matches!(it, Need::Operator(..))) {
                self.operator_edge(number as u16, edge);
            } else if edge.needs.iter().any(|it| matches!(it, Need::MissingRole)) {
                self.missing_role_edge(number as u16, edge);
            } else if edge.needs.iter().any(|it| matches!(it, Need::ControlPlane | Need::CloudNode))
            {
                self.node_edge(number as u16, edge);
            } else if edge.needs.iter().any(|it| matches!(it, Need::HeldRole)) {
                self.held_edge(number as u16, edge);
            } else if is_namespaced(edge) {
                self.namespaced_edge(number as u16, edge, &targets);
            } else {
                self.cluster_edge(number as u16, edge, &targets);
            }
        }
    }

    fn pod_security(&mut self) {
        let namespaces: Vec<(String, Privileged)> =
            self.inventory.namespaces.iter().map(|(name, it)| (name.clone(), *it)).collect();
        for (name, privileged) in namespaces {
            let fact = Fact::PrivilegedPods(self.names.intern(&name));
            match privileged {
                Privileged::Allowed(id) => self.clause(&[], fact, Cause::PodSecurity(id)),
                Privileged::Unknown => {
                    self.clause(&[], fact, Cause::Uncertain(Doubt::Namespace));
                }
                Privileged::Refused => drop(self.fact(fact)),
            }
        }
    }

    /// Edges that start at a pod or at a service account.
    fn own_edges(&mut self) {
        let numbers: HashMap<&'static str, u16> =
            self.edges.iter().enumerate().map(|(at, edge)| (edge.id, at as u16)).collect();
        let pods = std::mem::take(&mut self.inventory.pods);
        for pod in &pods {
            let fact = Fact::Pod(pod.object);
            for (edge, path) in &pod.fields {
                self.fields.push((pod.object, path.clone()));
                let field = (self.fields.len() - 1) as u32;
                let cause = Cause::Edge(numbers[edge.id], Some(field));
                let node = pod.node.as_ref().map(|node| self.names.intern(node));
                let head = match (edge.gives, node) {
                    (Gain::ServiceAccounts, _) => {
                        let Some(namespace) = &pod.namespace else { continue };
                        let namespace = self.names.intern(namespace);
                        Fact::Account(namespace, self.names.intern(&pod.account))
                    }
                    (Gain::NodeOfPod, Some(node)) => Fact::Node(node),
                    (Gain::PodsOnNode, Some(node)) => Fact::PodsOn(node),
                    (Gain::NodeOfPod | Gain::PodsOnNode, None) => {
                        let doubt = Cause::Uncertain(Doubt::Placement);
                        self.clause(&[fact], Fact::Pods(ALL), doubt);
                        if edge.gives == Gain::PodsOnNode {
                            continue;
                        }
                        Fact::AnyNode
                    }
                    (Gain::Cloud, _) => {
                        let provider =
                            pod.node.as_ref().and_then(|node| self.inventory.nodes.get(node));
                        let provider = provider.and_then(|node| node.provider.clone());
                        let Some(provider) = provider else { continue };
                        Fact::Cloud(self.names.intern(&provider))
                    }
                    _ => continue,
                };
                self.clause(&[fact], head, cause);
            }
        }
        self.inventory.pods = pods;
        let accounts = std::mem::take(&mut self.inventory.accounts);
        for ((namespace, name), account) in &accounts {
            for (edge, identity, object, path) in &account.clouds {
                self.fields.push((*object, path.clone()));
                let field = (self.fields.len() - 1) as u32;
                let (namespace, name) = (self.names.intern(namespace), self.names.intern(name));
                let head = Fact::Cloud(self.names.intern(identity));
                let cause = Cause::Edge(numbers[edge.id], Some(field));
                self.clause(&[Fact::Account(namespace, name)], head, cause);
            }
        }
        self.inventory.accounts = accounts;
    }

    fn targets(&mut self) -> Targets {
        let mut targets = Targets {
            accounts: HashMap::new(),
            pods: HashMap::new(),
            pod_names: HashMap::new(),
            workloads: HashMap::new(),
            secrets: Vec::new(),
        };
        for fact in &self.facts {
            if let Fact::Account(namespace, name) = *fact {
                targets.accounts.entry(namespace).or_default().insert(name);
            }
        }
        for pod in &self.inventory.pods {
            if let (Some(namespace), Some(name)) = (&pod.namespace, &pod.name) {
                let key = (self.names.intern(namespace), self.names.intern(name));
                targets.pod_names.entry(key.0).or_default().insert(key.1);
                targets.pods.entry(key).or_default().push(pod.object);
            }
        }
        for (kind, namespace, name) in &self.inventory.workloads {
            let key = (kind.clone(), self.names.intern(namespace));
            targets.workloads.entry(key).or_default().insert(self.names.intern(name));
        }
        for (namespace, name, account) in &self.inventory.token_secrets {
            let [namespace, name, account] =
                [namespace, name, account].map(|text| self.names.intern(text));
            targets.secrets.push((namespace, name, account));
        }
        targets
    }

    /// In each namespace, for all names and for each name that a rule is limited to.
    fn namespaced_edge(&mut self, number: u16, edge: &'static Edge, targets: &Targets) {
        if edge.target == Target::TokenSecret {
            for (namespace, name, account) in &targets.secrets {
                let about = About { name: *name, ..About::namespace(*namespace) };
                let head = Fact::Account(*namespace, *account);
                self.edge(number, edge, about, head);
                if self.numbers.contains_key(&Fact::Secrets(*namespace)) {
                    let cause = Cause::Edge(number, None);
                    self.clause(&[Fact::Secrets(*namespace)], head, cause);
                }
            }
            return;
        }
        let is_role = edge.target == Target::Role;
        if is_role {
            return self.role_edge(number, edge);
        }
        let mut scopes = vec![ALL];
        scopes.extend(self.namespaces.iter().copied());
        for namespace in scopes {
            if namespace == ALL && !is_liftable(edge) {
                continue;
            }
            // What a workload may be changed into takes one that is there.
            let workload = match edge.target {
                Target::Workload(kind) => {
                    let found = targets.workloads.get(&(kind.to_owned(), namespace));
                    if found.is_none() {
                        continue;
                    }
                    found
                }
                _ => None,
            };
            let about = About::namespace(namespace);
            if let Some(head) = self.whole(edge.gives, about) {
                self.edge(number, edge, about, head);
            }
            for name in self.limits(edge, namespace, targets) {
                let about = About { name, ..about };
                for head in self.parts(edge, about, targets, workload) {
                    self.edge(number, edge, about, head);
                }
            }
        }
    }

    /// The names that rules limit the edge's rights to, in this namespace or everywhere. Of kinds
    /// whose objects are known, those that are there: a rule may name any number of others.
    fn limits(&self, edge: &Edge, namespace: Text, targets: &Targets) -> BTreeSet<Text> {
        let rights: Vec<u16> = edge
            .needs
            .iter()
            .filter_map(|need| match need {
                Need::Right(right, _, Name::Target) => Some(self.right_number(right)),
                _ => None,
            })
            .collect();
        let limited = || {
            let places = rights.iter().flat_map(|right| [(*right, namespace), (*right, ALL)]);
            places.filter_map(|place| self.limited.get(&place))
        };
        let there = match edge.target {
            Target::ServiceAccount => targets.accounts.get(&namespace),
            Target::Pod => targets.pod_names.get(&namespace),
            Target::Workload(kind) => targets.workloads.get(&(kind.to_owned(), namespace)),
            _ => {
                let mut names: BTreeSet<Text> = limited().flatten().copied().collect();
                names.remove(&ALL);
                return names;
            }
        };
        if limited().next().is_none() {
            return BTreeSet::new();
        }
        let there = there.into_iter().flatten().copied();
        there.filter(|name| limited().any(|names| names.contains(name))).collect()
    }

    /// What an edge gives whose rights are limited to a name: nothing if there is no such object.
    fn parts(
        &self,
        edge: &Edge,
        about: About,
        targets: &Targets,
        workload: Option<&BTreeSet<Text>>,
    ) -> Vec<Fact> {
        let About { namespace, name, .. } = about;
        match edge.target {
            Target::ServiceAccount => {
                let is_there =
                    targets.accounts.get(&namespace).is_some_and(|it| it.contains(&name));
                is_there.then_some(Fact::Account(namespace, name)).into_iter().collect()
            }
            Target::Pod => {
                let pods = targets.pods.get(&(namespace, name)).into_iter().flatten();
                pods.map(|id| Fact::Pod(*id)).collect()
            }
            Target::Workload(_) => {
                let is_there = workload.is_some_and(|names| names.contains(&name));
                is_there.then_some(Fact::NewPods(namespace)).into_iter().collect()
            }
            // In each namespace, not in the cluster.
            Target::ClusterRole if namespace == ALL => Vec::new(),
            Target::ClusterRole | Target::ClusterRoleEverywhere => {
                let roles = self.authorizer.roles_named(None, self.names.text(name));
                roles.map(|role| Fact::Role(role.id, namespace)).collect()
            }
            Target::User => vec![Fact::User(name)],
            Target::Group => vec![Fact::Group(name)],
            Target::Node if edge.gives == Gain::AccountsOnNode => vec![Fact::AccountsOn(name)],
            Target::Node => vec![Fact::PodsOn(name)],
            Target::Nothing | Target::Role | Target::TokenSecret => Vec::new(),
        }
    }

    /// Each Role of a namespace that may be bound.
    fn role_edge(&mut self, number: u16, edge: &'static Edge) {
        let roles: Vec<(RoleId, Text, Text)> = self
            .held
            .iter()
            .filter_map(|(role, scope)| {
                let view = self.authorizer.role(*role);
                let namespace = self.names.find(view.namespace?)?;
                (namespace == *scope).then_some((*role, *scope, view.name))
            })
            .map(|(role, scope, name)| (role, scope, self.names.find(name).unwrap_or(ALL)))
            .collect();
        for (role, namespace, name) in roles {
            let about =
                About { name, role: Some((role, namespace)), ..About::namespace(namespace) };
            if self.is_possible(edge, about) {
                self.edge(number, edge, about, Fact::Role(role, namespace));
            }
        }
    }

    /// Once, for all names and for each name that a rule is limited to.
    fn cluster_edge(&mut self, number: u16, edge: &'static Edge, targets: &Targets) {
        let is_there = edge.needs.iter().all(|need| match need {
            Need::Object(_, _, namespace, name) => {
                self.inventory.objects.contains(&(*namespace, *name))
            }
            Need::NoNodeRestriction => {
                self.authorizer.assumptions().node_restriction == Switch::Off
            }
            _ => true,
        });
        if !is_there {
            return;
        }
        let about = About::namespace(ALL);
        for head in self.wholes_of(edge.gives, about) {
            self.edge(number, edge, about, head);
        }
        for name in self.limits(edge, ALL, targets) {
            let about = About { name, ..about };
            for head in self.parts(edge, about, targets, None) {
                self.edge(number, edge, about, head);
            }
        }
    }

    /// For each node it is about.
    fn node_edge(&mut self, number: u16, edge: &'static Edge) {
        let nodes: Vec<(String, bool, Option<String>)> = self
            .inventory
            .nodes
            .iter()
            .map(|(name, node)| (name.clone(), node.is_control_plane, node.provider.clone()))
            .collect();
        for (name, is_control_plane, provider) in nodes {
            let node = self.names.intern(&name);
            let head = match edge.gives {
                Gain::ClusterAdmin if is_control_plane => Fact::ClusterAdmin,
                Gain::Cloud => match provider {
                    Some(provider) => Fact::Cloud(self.names.intern(&provider)),
                    None => continue,
                },
                _ => continue,
            };
            let about = About { node: Some(node), ..About::namespace(ALL) };
            self.edge(number, edge, about, head);
        }
    }

    /// For each role that somebody holds, where rules let it be changed.
    fn held_edge(&mut self, number: u16, edge: &'static Edge) {
        let held: Vec<(RoleId, Text)> = self.held.iter().copied().collect();
        for (role, scope) in held {
            let view = self.authorizer.role(role);
            let place = view.namespace.map(str::to_owned);
            let is_own = match edge.target {
                Target::Role => place.is_some(),
                _ => place.is_none(),
            };
            let name = self.names.intern(view.name);
            let namespace = place.map_or(ALL, |place| self.names.intern(&place));
            let about = About { name, role: Some((role, scope)), ..About::namespace(namespace) };
            if is_own && self.is_possible(edge, about) {
                let head = match scope {
                    ALL => Fact::ClusterAdmin,
                    scope => Fact::NamespaceAdmin(scope),
                };
                self.edge(number, edge, about, head);
            }
        }
    }

    /// For each operator that runs, in the namespaces it serves.
    fn operator_edge(&mut self, number: u16, edge: &'static Edge) {
        let wanted = edge.needs.iter().find_map(|need| match need {
            Need::Operator(account, serves) => Some((*account, *serves)),
            _ => None,
        });
        let Some((account, serves)) = wanted else { return };
        let running: Vec<String> = self
            .inventory
            .operators
            .iter()
            .filter(|(name, _)| *name == account)
            .map(|(_, namespace)| namespace.clone())
            .collect();
        for namespace in running {
            let namespace = self.names.intern(&namespace);
            let head = Fact::Account(namespace, self.names.intern(account));
            let scopes = match serves {
                Serves::OwnNamespace => vec![namespace],
                Serves::EveryNamespace => {
                    [ALL].into_iter().chain(self.namespaces.iter().copied()).collect()
                }
            };
            for scope in scopes {
                self.edge(number, edge, About::namespace(scope), head);
            }
        }
    }

    /// For each missing role that a binding names.
    fn missing_role_edge(&mut self, number: u16, edge: &'static Edge) {
        let is_wanted = edge.target == Target::ClusterRoleEverywhere;
        let missing: Vec<(Fact, Text, Text)> = self
            .facts
            .iter()
            .filter_map(|fact| match *fact {
                Fact::MissingRole(is_cluster_role, name, scope) => {
                    (is_cluster_role == is_wanted).then_some((*fact, name, scope))
                }
                _ => None,
            })
            .collect();
        for (fact, name, scope) in missing {
            let namespace = if is_wanted { ALL } else { scope };
            let about = About { name, missing: Some(fact), ..About::namespace(namespace) };
            if self.is_possible(edge, about) {
                let head = match scope {
                    ALL => Fact::ClusterAdmin,
                    scope => Fact::NamespaceAdmin(scope),
                };
                self.edge(number, edge, about, head);
            }
        }
    }

    /// Tokens of whatever pods a kubelet has: the service accounts that pods mount.
    pub(super) fn accounts_on_nodes(&mut self) {
        let mut parts: BTreeSet<(Text, Text, Text)> = BTreeSet::new();
        for pod in &self.inventory.pods {
            let is_mounted = pod.fields.iter().any(|(edge, _)| edge.gives == Gain::ServiceAccounts);
            let Some(namespace) = pod.namespace.as_ref().filter(|_| is_mounted) else { continue };
            let account = (self.names.intern(namespace), self.names.intern(&pod.account));
            parts.insert((ALL, account.0, account.1));
            if let Some(node) = &pod.node {
                parts.insert((self.names.intern(node), account.0, account.1));
            }
        }
        for (node, namespace, name) in parts {
            if self.numbers.contains_key(&Fact::AccountsOn(node)) {
                self.part(Fact::AccountsOn(node), Fact::Account(namespace, name));
            }
        }
    }

    /// Identities of clouds that may trust a service account which bears the right annotation.
    pub(super) fn claimed_clouds(&mut self) {
        let mut claims: BTreeSet<(&'static str, String)> = BTreeSet::new();
        for account in self.inventory.accounts.values() {
            for (edge, identity, ..) in &account.clouds {
                for need in edge.needs {
                    if let Need::Annotation(key) = need {
                        claims.insert((*key, identity.clone()));
                    }
                }
            }
        }
        for (key, identity) in claims {
            let claim = Fact::CloudClaim(self.names.intern(key));
            if self.numbers.contains_key(&claim) {
                let head = Fact::Cloud(self.names.intern(&identity));
                self.clause(&[claim], head, Cause::Uncertain(Doubt::CloudTrust));
            }
        }
    }

    /// The right for a signer, which that for its whole domain gives too.
    fn signer(&mut self, right: u16, scope: Text, signer: &'static str) -> Fact {
        let name = self.names.intern(signer);
        let is_new = !self.wired.contains(&Fact::Right(right, scope, name));
        let fact = self.right(right, scope, name);
        if is_new && let Some((domain, _)) = signer.split_once('/') {
            let domain = self.names.intern(&format!("{domain}/*"));
            let domain = self.right(right, scope, domain);
            self.part(domain, fact);
        }
        fact
    }

    /// What an edge gives for all names.
    pub(super) fn whole(&mut self, gain: Gain, about: About) -> Option<Fact> {
        let namespace = about.namespace;
        Some(match gain {
            Gain::ClusterAdmin => Fact::ClusterAdmin,
            Gain::NamespaceAdmin | Gain::Role => Fact::NamespaceAdmin(namespace),
            Gain::ServiceAccounts => Fact::Accounts(namespace),
            Gain::EveryServiceAccount => Fact::Accounts(ALL),
            Gain::Controllers => Fact::Accounts(self.names.intern("kube-system")),
            Gain::AccountsOnNode => Fact::AccountsOn(ALL),
            Gain::Pods => Fact::Pods(namespace),
            Gain::EveryPod | Gain::PodsOnNode => Fact::Pods(ALL),
            Gain::NewPods => Fact::NewPods(namespace),
            Gain::EveryNode => Fact::EveryNode,
            Gain::Secrets => Fact::Secrets(namespace),
            Gain::Traffic => Fact::Traffic(namespace),
            Gain::EveryTraffic => Fact::Traffic(ALL),
            Gain::Users => Fact::AnyUser,
            Gain::CloudClaim(key) => Fact::CloudClaim(self.names.intern(key)),
            Gain::NodeOfPod
            | Gain::Groups
            | Gain::AnyIdentity
            | Gain::EverythingWhereHeld
            | Gain::Kubelet
            | Gain::Bootstrappers
            | Gain::Operator
            | Gain::Cloud => return None,
        })
    }

    /// The same for edges of the whole cluster, of which some give several wholes.
    fn wholes_of(&mut self, gain: Gain, about: About) -> Vec<Fact> {
        match gain {
            Gain::Role => vec![Fact::ClusterAdmin],
            Gain::Groups => vec![Fact::AnyGroup, Fact::Group(self.names.intern(MASTERS))],
            // A certificate may also name a service account.
            Gain::AnyIdentity => vec![Fact::AnyUser, Fact::AnyGroup, Fact::Accounts(ALL)],
            Gain::Kubelet => {
                vec![Fact::AccountsOn(ALL), Fact::Group(self.names.intern(super::NODES))]
            }
            Gain::Bootstrappers => self
                .facts
                .iter()
                .copied()
                .filter(|fact| match fact {
                    Fact::Group(name) => self
                        .names
                        .text(*name)
                        .strip_prefix(BOOTSTRAPPERS)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':')),
                    _ => false,
                })
                .collect(),
            gain => self.whole(gain, about).into_iter().collect(),
        }
    }

    /// Whether rules give each right it needs, so that it is not only open to who has all.
    pub(super) fn is_possible(&self, edge: &Edge, about: About) -> bool {
        edge.needs.iter().all(|need| match need {
            Need::Right(right, within, Name::Target) => {
                let scope = match within {
                    Within::Cluster => ALL,
                    Within::Account => about.account,
                    Within::Namespace | Within::Fixed(_) => about.namespace,
                };
                self.is_granted(self.right_number(right), scope, about.name)
            }
            _ => true,
        })
    }

    /// One clause of an edge.
    pub(super) fn edge(&mut self, number: u16, edge: &'static Edge, about: About, head: Fact) {
        let mut body = Vec::with_capacity(edge.needs.len());
        for need in edge.needs {
            body.extend(self.need(need, about));
        }
        self.clause(&body, head, Cause::Edge(number, None));
    }

    fn need(&mut self, need: &Need, about: About) -> Option<Fact> {
        Some(match need {
            Need::Right(right, within, name) => {
                let scope = match within {
                    Within::Namespace => about.namespace,
                    Within::Cluster => ALL,
                    Within::Account => about.account,
                    Within::Fixed(namespace) => self.names.intern(namespace),
                };
                if let Name::Signer(signer) = name {
                    return Some(self.signer(self.right_number(right), scope, signer));
                }
                let name = match name {
                    Name::All => ALL,
                    Name::Target => about.name,
                    Name::Fixed(name) | Name::Signer(name) => self.names.intern(name),
                    Name::Some => SOME,
                    Name::Namespace => about.namespace,
                };
                let right = self.right_number(right);
                self.right(right, scope, name)
            }
            Need::NewPods => Fact::NewPods(about.namespace),
            Need::PrivilegedPods => Fact::PrivilegedPods(about.namespace),
            Need::Secrets => Fact::Secrets(about.namespace),
            Need::AnyNode => about.node.map_or(Fact::AnyNode, Fact::Node),
            Need::ControlPlane | Need::CloudNode => return about.node.map(Fact::Node),
            Need::HeldRole => {
                let (role, scope) = about.role?;
                Fact::Role(role, scope)
            }
            Need::Pod(_)
            | Need::Token
            | Need::Annotation(_)
            | Need::NoNodeRestriction
            | Need::Operator(..)
            | Need::ImpersonatedMay
            | Need::Object(..) => return None,
            Need::MissingRole => return about.missing,
            Need::OwnNode => Fact::Pod(about.pod?),
        })
    }
}

pub(super) fn is_namespaced(edge: &Edge) -> bool {
    edge.needs.iter().any(|need| match need {
        Need::Right(_, within, _) => *within == Within::Namespace,
        Need::NewPods | Need::PrivilegedPods | Need::Secrets => true,
        _ => false,
    })
}

/// Whether an edge that holds in each namespace holds in all at once where its rights do.
fn is_liftable(edge: &Edge) -> bool {
    edge.needs.iter().all(|need| match need {
        Need::PrivilegedPods => false,
        Need::Right(_, _, name) => *name != Name::Namespace,
        _ => true,
    }) && !matches!(edge.target, Target::Workload(_))
}
