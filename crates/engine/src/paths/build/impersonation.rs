//! Edges in the name of somebody else, by the constrained impersonation of 1.36.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::edges::{About, is_namespaced};
use super::{ALL, AUTHENTICATED, Builder, MASTERS, SERVICE_ACCOUNTS, Text};
use crate::paths::edge::{Edge, Gain, Name, Need, Target};
use crate::paths::fact::Fact;
use crate::rbac::{
    Groups, Holder, Identity, Impersonated, Impersonation, Mode, NODE_NAME, Request,
};

impl Builder<'_> {
    /// For each user, group or service account that may be impersonated for what it may do itself,
    /// and where.
    pub(super) fn impersonation_edge(&mut self, number: u16, edge: &'static Edge) {
        let candidates: Vec<(Fact, About)> =
            self.facts.iter().filter_map(|fact| self.impersonated(edge, *fact)).collect();
        if candidates.is_empty() {
            return;
        }
        let mut scopes = vec![ALL];
        if is_namespaced(edge) {
            scopes.extend(self.namespaces.iter().copied());
        }
        let mut everywhere: HashSet<Fact> = HashSet::new();
        for namespace in scopes {
            // Whoever holds it in the whole cluster has it here by that clause, but for those who
            // may do it only here themselves.
            let is_granted_here = self.is_action_granted(edge, namespace);
            if !is_granted_here && !self.is_action_granted(edge, ALL) {
                continue;
            }
            let Some(head) = self.whole(edge.gives, About::namespace(namespace)) else { continue };
            let holders = self.holders(edge.gives, namespace);
            for (who, about) in &candidates {
                let is_new = is_granted_here || !everywhere.contains(who);
                let may = is_new && self.is_among(*who, &holders);
                if may {
                    self.edge(number, edge, About { namespace, ..*about }, head);
                }
                if may && namespace == ALL {
                    everywhere.insert(*who);
                }
            }
        }
    }

    /// Whether rules let this identity be impersonated in the edge's mode.
    fn impersonated(&self, edge: &Edge, fact: Fact) -> Option<(Fact, About)> {
        let about = match (edge.target, fact) {
            (Target::Group, Fact::Group(name)) if self.names.text(name) != MASTERS => {
                About { name, ..About::namespace(ALL) }
            }
            (Target::User, Fact::User(name)) => {
                // These have modes of their own.
                let identity = Identity::exactly(self.names.text(name), Groups::Known(vec![]));
                if identity.as_service_account().is_some() || identity.as_node().is_some() {
                    return None;
                }
                About { name, ..About::namespace(ALL) }
            }
            (Target::ServiceAccount, Fact::Account(account, name)) => {
                About { name, account, ..About::namespace(ALL) }
            }
            _ => return None,
        };
        self.is_possible(edge, about).then_some((fact, about))
    }

    /// Whether rules at this very place give the right to what is done in somebody else's name:
    /// not those with stars alone, whose holders gain nothing by it.
    fn is_action_granted(&self, edge: &Edge, namespace: Text) -> bool {
        edge.needs.iter().all(|need| match need {
            Need::Right(right, _, Name::All) => {
                self.narrow.contains(&(self.right_number(right), namespace))
            }
            _ => true,
        })
    }

    /// Whoever is bound to do each action that an edge in their name stands for.
    fn holders(&self, gain: Gain, namespace: Text) -> Vec<HashSet<Fact>> {
        let actions: &[(&str, &str)] = match gain {
            Gain::Secrets => &[("get", "secrets"), ("list", "secrets"), ("watch", "secrets")],
            Gain::NewPods => &[("create", "pods")],
            _ => &[
                ("create", "clusterrolebindings.rbac.authorization.k8s.io"),
                ("bind", "clusterroles.rbac.authorization.k8s.io"),
            ],
        };
        let namespace = if namespace == ALL { "" } else { self.names.text(namespace) };
        let holders = |(verb, resource): &(&str, &str)| {
            let found = self.authorizer.who_can(&Request::resource(verb, resource, namespace));
            let facts = found.holders.iter().filter_map(|(holder, _)| match *holder {
                Holder::Group(name) => Some(Fact::Group(self.names.find(name)?)),
                Holder::User(name) => Some(Fact::User(self.names.find(name)?)),
                Holder::ServiceAccount { namespace, name } => {
                    Some(Fact::Account(self.names.find(namespace)?, self.names.find(name)?))
                }
            });
            facts.collect()
        };
        actions.iter().map(holders).collect()
    }

    /// Whether an identity, or a group it is always in, is among the holders of each action.
    fn is_among(&self, who: Fact, holders: &[HashSet<Fact>]) -> bool {
        let group = |name: &str| self.names.find(name).map(Fact::Group);
        let mut identities = vec![who];
        match who {
            Fact::Account(namespace, _) => {
                let own = format!("{SERVICE_ACCOUNTS}:{}", self.names.text(namespace));
                let groups = [group(SERVICE_ACCOUNTS), group(&own), group(AUTHENTICATED)];
                identities.extend(groups.into_iter().flatten());
            }
            Fact::User(name) if self.names.text(name) == Identity::anonymous().name => {}
            _ => identities.extend(group(AUTHENTICATED)),
        }
        holders.iter().all(|holders| identities.iter().any(|it| holders.contains(it)))
    }

    /// For each pod whose own service account may act as the node of the pod.
    pub(super) fn own_node_edge(&mut self, number: u16, edge: &'static Edge) {
        if !self.is_action_granted(edge, ALL) {
            return;
        }
        let pods = std::mem::take(&mut self.inventory.pods);
        let mut asked: HashMap<(&str, &str, &str), bool> = HashMap::new();
        let mut found: BTreeSet<(model::ObjectId, Text)> = BTreeSet::new();
        for pod in &pods {
            let has_token = pod.fields.iter().any(|(edge, _)| edge.gives == Gain::ServiceAccounts);
            let (Some(namespace), Some(node), true) = (&pod.namespace, &pod.node, has_token) else {
                continue;
            };
            let may = *asked
                .entry((namespace, &pod.account, node))
                .or_insert_with(|| self.is_own_node_of(namespace, &pod.account, node));
            if may {
                found.insert((pod.object, self.names.intern(node)));
            }
        }
        self.inventory.pods = pods;
        for (pod, node) in found {
            let about = About { pod: Some(pod), ..About::namespace(ALL) };
            self.edge(number, edge, about, Fact::AccountsOn(node));
        }
    }

    /// Whether a service account whose token names this node may ask for tokens as the node.
    fn is_own_node_of(&self, namespace: &str, account: &str, node: &str) -> bool {
        let mut identity = Identity::service_account(namespace, account);
        identity.extra.insert(NODE_NAME.to_owned(), vec![node.to_owned()]);
        let wanted = Impersonated::user(Identity::node(node).name);
        let request = Request::resource("create", "serviceaccounts/token", "");
        match self.authorizer.can_impersonate(&identity, &wanted, &request) {
            Impersonation::Allowed(ways) => ways.iter().any(|way| way.mode == Mode::AssociatedNode),
            Impersonation::Denied(_) | Impersonation::Unknown(_) => false,
        }
    }
}
