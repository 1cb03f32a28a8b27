//! From a world to clauses.

mod edges;
mod grants;
mod impersonation;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Place;
use super::edge::{Edge, Need, Right};
use super::fact::{ALL, Fact, Names, SOME, Text};
use super::graph::{Cause, Clause, Doubt, Graph, Lists, Options};
use super::inventory::Inventory;
use crate::rbac::{Authorizer, Bootstrap, Groups, RoleId, Seen, Source};

/// The group whose members may do everything.
const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const NODES: &str = "system:nodes";
/// Roles by where they may be bound, at the most.
const HELD_MAX: usize = 1_000_000;
const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";

pub(super) fn build(
    inventory: Inventory,
    edges: Vec<&'static Edge>,
    authorizer: &Authorizer,
    options: &Options,
) -> Graph {
    let mut builder = Builder::new(inventory, edges, authorizer, options);
    builder.grants();
    builder.expand_bound_roles();
    builder.identities();
    builder.pods();
    builder.nodes();
    builder.edges();
    builder.accounts_on_nodes();
    builder.claimed_clouds();
    builder.wholes();
    builder.finish()
}

/// What is known of a graph while it grows.
struct Builder<'a> {
    names: Names,
    rights: Vec<&'static Right>,
    facts: Vec<Fact>,
    numbers: HashMap<Fact, u32>,
    clauses: Vec<Clause>,
    bodies: Vec<u32>,
    fields: Vec<(model::ObjectId, model::Path)>,
    edges: Vec<&'static Edge>,
    inventory: Inventory,
    authorizer: &'a Authorizer,
    options: &'a Options,
    /// All namespaces.
    namespaces: Vec<Text>,
    /// Names that roles limit a right to, by right and scope.
    limited: BTreeMap<(u16, Text), BTreeSet<Text>>,
    /// Rights for all names by rules other than those with stars alone, and their scope.
    narrow: HashSet<(u16, Text)>,
    /// Rights that are wired to the wholes they are parts of.
    wired: HashSet<Fact>,
    /// Roles whose rights are there, by scope.
    held: BTreeSet<(RoleId, Text)>,
    /// What each rule gives: rights, and the names it is limited to.
    rules: HashMap<(RoleId, u32), Rule>,
    /// Rights by the resource of their atoms.
    atoms: HashMap<&'static str, Vec<(u16, Parts)>>,
}

#[derive(Clone, Default)]
struct Rule {
    rights: std::rc::Rc<[u16]>,
    names: std::rc::Rc<[Text]>,
}

/// An atom in its parts: verb, group, resource with subresource.
type Parts = (&'static str, &'static str, String);

impl<'a> Builder<'a> {
    fn new(
        inventory: Inventory,
        edges: Vec<&'static Edge>,
        authorizer: &'a Authorizer,
        options: &'a Options,
    ) -> Self {
        let mut rights: Vec<&'static Right> = Vec::new();
        for need in edges.iter().flat_map(|edge| edge.needs) {
            if let Need::Right(right, ..) = need
                && rights.iter().all(|known| known.id != right.id)
            {
                rights.push(right);
            }
        }
        let mut atoms: HashMap<&'static str, Vec<(u16, Parts)>> = HashMap::new();
        for (number, right) in rights.iter().enumerate() {
            for (verb, resource) in right.any_of {
                let parts = parts(verb, resource);
                let key = resource.split(['.', '/']).next().unwrap_or_default();
                atoms.entry(key).or_default().push((number as u16, parts));
            }
        }
        let mut names = Names::new();
        let namespaces = inventory.namespaces.keys().map(|name| names.intern(name)).collect();
        Self {
            names,
            rights,
            facts: Vec::new(),
            numbers: HashMap::new(),
            clauses: Vec::new(),
            bodies: Vec::new(),
            fields: Vec::new(),
            edges,
            inventory,
            authorizer,
            options,
            namespaces,
            limited: BTreeMap::new(),
            narrow: HashSet::new(),
            wired: HashSet::new(),
            held: BTreeSet::new(),
            rules: HashMap::new(),
            atoms,
        }
    }

    fn fact(&mut self, fact: Fact) -> u32 {
        *self.numbers.entry(fact).or_insert_with(|| {
            self.facts.push(fact);
            (self.facts.len() - 1) as u32
        })
    }

    fn clause(&mut self, body: &[Fact], head: Fact, cause: Cause) {
        let first = self.bodies.len() as u32;
        for fact in body {
            let number = self.fact(*fact);
            self.bodies.push(number);
        }
        let head = self.fact(head);
        let len = body.len() as u32;
        self.clauses.push(Clause { head, first, len, cause });
    }

    fn part(&mut self, whole: Fact, part: Fact) {
        self.clause(&[whole], part, Cause::Part);
    }

    /// Service accounts and users: the groups they are in.
    fn identities(&mut self) {
        let seen = self.authorizer.service_accounts();
        for account in seen {
            let namespace = self.names.intern(&account.namespace);
            let name = self.names.intern(&account.name);
            self.fact(Fact::Account(namespace, name));
        }
        let pods = std::mem::take(&mut self.inventory.pods);
        for pod in &pods {
            if let Some(namespace) = &pod.namespace {
                let (namespace, name) =
                    (self.names.intern(namespace), self.names.intern(&pod.account));
                self.fact(Fact::Account(namespace, name));
            }
        }
        self.inventory.pods = pods;
        self.named_by_options();
        let everybody = [self.group(SERVICE_ACCOUNTS), self.group(AUTHENTICATED)];
        let facts = self.facts.clone();
        for fact in &facts {
            match *fact {
                Fact::Account(namespace, _) => {
                    let own = format!("{SERVICE_ACCOUNTS}:{}", self.names.text(namespace));
                    let groups = [everybody[0], everybody[1], self.group(&own)];
                    for group in groups.into_iter().flatten() {
                        self.clause(&[*fact], group, Cause::Member);
                    }
                    self.part(Fact::Accounts(namespace), *fact);
                }
                Fact::User(name) => self.user(name, everybody[1]),
                Fact::Group(name) => self.group_member(name, everybody[1]),
                _ => {}
            }
        }
        let masters = self.names.intern(MASTERS);
        self.clause(&[Fact::Group(masters)], Fact::ClusterAdmin, Cause::Member);
    }

    /// Identities that no binding may name.
    fn named_by_options(&mut self) {
        let options = self.options;
        let authenticated = self.names.intern(AUTHENTICATED);
        self.fact(Fact::Group(authenticated));
        for (user, groups) in &options.groups {
            let name = self.names.intern(user);
            self.fact(Fact::User(name));
            for group in groups.certain() {
                let name = self.names.intern(group);
                self.fact(Fact::Group(name));
            }
        }
        for place in &options.starts {
            let fact = match place {
                Place::User(name) => Fact::User(self.names.intern(name)),
                Place::Group(name) => Fact::Group(self.names.intern(name)),
                Place::ServiceAccount { namespace, name } => {
                    Fact::Account(self.names.intern(namespace), self.names.intern(name))
                }
                _ => continue,
            };
            self.fact(fact);
        }
    }

    /// The group, if a binding names it.
    fn group(&self, name: &str) -> Option<Fact> {
        let fact = Fact::Group(self.names.find(name)?);
        self.numbers.contains_key(&fact).then_some(fact)
    }

    fn user(&mut self, name: Text, authenticated: Option<Fact>) {
        let fact = Fact::User(name);
        let text = self.names.text(name).to_owned();
        self.part(Fact::AnyUser, fact);
        if text == "system:anonymous" {
            let group = self.names.intern(UNAUTHENTICATED);
            return self.clause(&[fact], Fact::Group(group), Cause::Member);
        }
        if let Some(group) = authenticated {
            self.clause(&[fact], group, Cause::Member);
        }
        let listed = self.options.groups.get(&text);
        for group in listed.into_iter().flat_map(Groups::certain) {
            let group = Fact::Group(self.names.intern(group));
            self.clause(&[fact], group, Cause::Member);
        }
        let is_known = match listed {
            Some(groups) => matches!(groups, Groups::Known(_)),
            None => text.starts_with("system:"),
        };
        if !is_known {
            let masters = Fact::Group(self.names.intern(MASTERS));
            let doubt = Cause::Uncertain(Doubt::Groups);
            self.clause(&[fact], Fact::AnyGroup, doubt);
            self.clause(&[fact], masters, doubt);
        }
    }

    fn group_member(&mut self, name: Text, authenticated: Option<Fact>) {
        let fact = Fact::Group(name);
        let text = self.names.text(name);
        if text != MASTERS && text != UNAUTHENTICATED {
            self.part(Fact::AnyGroup, fact);
        }
        if let Some(group) = authenticated.filter(|group| *group != fact)
            && self.names.text(name) != UNAUTHENTICATED
        {
            self.clause(&[fact], group, Cause::Member);
        }
    }

    /// Pods: where they are, and which of the wholes they are parts of.
    fn pods(&mut self) {
        let pods = std::mem::take(&mut self.inventory.pods);
        for pod in &pods {
            let fact = Fact::Pod(pod.object);
            let Some(namespace) = &pod.namespace else {
                self.part(Fact::Pods(ALL), fact);
                continue;
            };
            let namespace = self.names.intern(namespace);
            self.part(Fact::Pods(namespace), fact);
            if let Some(node) = &pod.node {
                let node = self.names.intern(node);
                self.part(Fact::PodsOn(node), fact);
            }
        }
        self.inventory.pods = pods;
    }

    /// Nodes: root on one is commands in all pods on it.
    fn nodes(&mut self) {
        let nodes: Vec<(String, bool)> =
            self.inventory.nodes.iter().map(|(name, node)| (name.clone(), node.is_seen)).collect();
        let is_any_seen = nodes.iter().any(|(_, is_seen)| *is_seen);
        for (name, _) in &nodes {
            let node = self.names.intern(name);
            self.part(Fact::EveryNode, Fact::Node(node));
            self.part(Fact::Node(node), Fact::AnyNode);
            self.part(Fact::Node(node), Fact::PodsOn(node));
            let user = self.names.find(&format!("system:node:{name}")).map(Fact::User);
            if let Some(user) = user.filter(|user| self.numbers.contains_key(user)) {
                self.part(Fact::Node(node), user);
            }
        }
        self.part(Fact::EveryNode, Fact::AnyNode);
        // Each node has the credentials of its kubelet.
        if let Some(group) = self.group(NODES) {
            self.part(Fact::AnyNode, group);
        }
        self.part(Fact::EveryNode, Fact::Pods(ALL));
        if !is_any_seen && self.authorizer.assumptions().seen == Seen::Part {
            let doubt = Cause::Uncertain(Doubt::ControlPlane);
            self.clause(&[Fact::EveryNode], Fact::ClusterAdmin, doubt);
        }
    }

    /// Wholes of the cluster give those of each namespace.
    fn wholes(&mut self) {
        let wholes = [
            Fact::Accounts,
            Fact::Pods,
            Fact::NewPods,
            Fact::Secrets,
            Fact::NamespaceAdmin,
            Fact::Traffic,
        ];
        for whole in wholes {
            for namespace in self.namespaces.clone() {
                if self.numbers.contains_key(&whole(ALL))
                    || self.numbers.contains_key(&whole(namespace))
                {
                    self.part(whole(ALL), whole(namespace));
                }
            }
        }
        self.part(Fact::ClusterAdmin, Fact::NamespaceAdmin(ALL));
    }

    /// A right, wired to all that gives it: the same for all names, the same in the whole
    /// cluster, and every right.
    fn right(&mut self, right: u16, scope: Text, name: Text) -> Fact {
        let fact = Fact::Right(right, scope, name);
        if !self.wired.insert(fact) {
            return fact;
        }
        if name != ALL {
            let all = self.right(right, scope, ALL);
            self.part(all, fact);
        }
        if name == SOME {
            let limited = self.limited.get(&(right, scope)).cloned().unwrap_or_default();
            for name in limited.into_iter().filter(|name| *name != ALL) {
                self.part(Fact::Right(right, scope, name), fact);
            }
        }
        if scope != ALL
            && (name == ALL || self.numbers.contains_key(&Fact::Right(right, ALL, name)))
        {
            let everywhere = self.right(right, ALL, name);
            self.part(everywhere, fact);
        }
        if name == ALL {
            let whole = if scope == ALL { Fact::ClusterAdmin } else { Fact::NamespaceAdmin(scope) };
            self.part(whole, fact);
        }
        fact
    }

    /// Whether a role gives the right, or one that includes it.
    fn is_granted(&self, right: u16, scope: Text, name: Text) -> bool {
        [(scope, ALL), (scope, name), (ALL, ALL), (ALL, name)]
            .into_iter()
            .any(|(scope, name)| self.is_limited_to(right, scope, name))
    }

    fn is_limited_to(&self, right: u16, scope: Text, name: Text) -> bool {
        self.limited.get(&(right, scope)).is_some_and(|names| names.contains(&name))
    }

    fn right_number(&self, right: &'static Right) -> u16 {
        self.rights.iter().position(|it| it.id == right.id).unwrap_or_default() as u16
    }

    fn finish(self) -> Graph {
        let Self { clauses, bodies, facts, .. } = self;
        let numbered = || clauses.iter().enumerate();
        let by_head = Lists::new(facts.len(), || numbered().map(|(at, it)| (it.head, at as u32)));
        let by_body = Lists::new(facts.len(), || {
            numbered().flat_map(|(at, it)| {
                let body = &bodies[it.first as usize..(it.first + it.len) as usize];
                body.iter().map(move |fact| (*fact, at as u32))
            })
        });
        let axioms = numbered().filter(|(_, it)| it.len == 0).map(|(at, _)| at as u32).collect();
        let is_restored = |source| {
            source == Source::Bootstrap
                && self.authorizer.assumptions().bootstrap == Bootstrap::Implied
        };
        let restored = self.authorizer.bindings().map(|it| is_restored(it.source)).collect();
        let mut gaps = self.inventory.gaps;
        gaps.extend(self.authorizer.gaps().iter().cloned());
        Graph {
            names: self.names,
            rights: self.rights,
            facts,
            numbers: self.numbers,
            clauses,
            bodies,
            fields: self.fields,
            edges: self.edges,
            by_head,
            by_body,
            axioms,
            restored,
            version: self.authorizer.version(),
            gaps,
        }
    }
}

/// A verb and a resource written `deployments.apps/scale` in parts.
fn parts(verb: &'static str, resource: &'static str) -> Parts {
    let (whole, subresource) = resource.split_once('/').map_or((resource, ""), |it| it);
    let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
    let resource = match subresource {
        "" => resource.to_owned(),
        subresource => format!("{resource}/{subresource}"),
    };
    (verb, group, resource)
}
