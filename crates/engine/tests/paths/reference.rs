//! Another judge: plain forward chaining over single facts, with no wholes, no interning and no
//! table, for clusters small enough.

use std::collections::BTreeSet;

/// A rule: verb, group, resource with subresource, names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) names: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) namespace: Option<String>,
    pub(crate) role: usize,
    /// User or group names, service accounts by their user name.
    pub(crate) subject: Identity,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    User(String),
    Group(String),
    Account(String, String),
}

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) node: Option<String>,
    pub(crate) is_privileged: bool,
    pub(crate) has_token: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cluster {
    /// Name, and whether privileged pods are let in.
    pub(crate) namespaces: Vec<(String, bool)>,
    pub(crate) accounts: Vec<(String, String)>,
    pub(crate) users: Vec<(String, Vec<String>)>,
    pub(crate) groups: Vec<String>,
    pub(crate) nodes: Vec<(String, bool)>,
    pub(crate) roles: Vec<Role>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) pods: Vec<Pod>,
}

/// All that one attacker has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) identities: BTreeSet<Identity>,
    pub(crate) pods: BTreeSet<usize>,
    pub(crate) nodes: BTreeSet<String>,
    pub(crate) is_on_a_node: bool,
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) new_pods: BTreeSet<String>,
    pub(crate) everything_in: BTreeSet<String>,
    pub(crate) is_admin: bool,
    pub(crate) roles: BTreeSet<(usize, Option<String>)>,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const CSR: &str = "certificates.k8s.io";
const HOOKS: &str = "admissionregistration.k8s.io";

impl Cluster {
    pub(crate) fn chain(&self, start: Held) -> Held {
        let mut held = start;
        loop {
            let before = held.clone();
            self.identities(&mut held);
            self.roles(&mut held);
            self.pods(&mut held);
            self.nodes(&mut held);
            for (namespace, is_open) in &self.namespaces {
                self.namespace(&mut held, namespace, *is_open);
            }
            self.cluster(&mut held);
            if held == before {
                return held;
            }
        }
    }

    fn identities(&self, held: &mut Held) {
        for identity in held.identities.clone() {
            let mut groups = Vec::new();
            match &identity {
                Identity::User(name) => {
                    groups.push("system:authenticated".to_owned());
                    let user = self.users.iter().find(|(user, _)| user == name);
                    groups.extend(user.into_iter().flat_map(|(_, groups)| groups.clone()));
                }
                Identity::Account(namespace, _) => {
                    groups.push("system:authenticated".to_owned());
                    groups.push("system:serviceaccounts".to_owned());
                    groups.push(format!("system:serviceaccounts:{namespace}"));
                }
                Identity::Group(name) => {
                    groups.push("system:authenticated".to_owned());
                    held.is_admin |= name == "system:masters";
                }
            }
            held.identities.extend(groups.into_iter().map(Identity::Group));
        }
    }

    fn roles(&self, held: &mut Held) {
        for binding in &self.bindings {
            if held.identities.contains(&binding.subject) {
                held.roles.insert((binding.role, binding.namespace.clone()));
            }
        }
    }

    /// Whether one rule allows it here; with no name only a rule for all names does.
    fn can(
        &self,
        held: &Held,
        verbs: &[&str],
        (group, resource): (&str, &str),
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> bool {
        if held.is_admin || namespace.is_some_and(|it| held.everything_in.contains(it)) {
            return true;
        }
        held.roles.iter().any(|(role, scope)| {
            let is_here = scope.is_none() || scope.as_deref() == namespace;
            is_here
                && self.roles[*role].rules.iter().any(|rule| {
                    (rule.verb == "*" || verbs.contains(&rule.verb.as_str()))
                        && (rule.group == "*" || rule.group == group)
                        && (rule.resource == "*" || rule.resource == resource)
                        && (rule.names.is_empty()
                            || name.is_some_and(|name| rule.names.iter().any(|it| it == name)))
                })
        })
    }

    fn has_star(&self, held: &Held, namespace: Option<&str>) -> bool {
        held.roles.iter().any(|(role, scope)| {
            (scope.is_none() || scope.as_deref() == namespace)
                && self.roles[*role].rules.iter().any(|rule| {
                    rule.verb == "*"
                        && rule.group == "*"
                        && rule.resource == "*"
                        && rule.names.is_empty()
                })
        })
    }

    fn pods(&self, held: &mut Held) {
        for number in held.pods.clone() {
            let pod = &self.pods[number];
            if pod.has_token {
                held.identities
                    .insert(Identity::Account(pod.namespace.clone(), pod.account.clone()));
            }
            if pod.is_privileged {
                held.is_on_a_node = true;
                held.nodes.extend(pod.node.clone());
            }
        }
    }

    fn nodes(&self, held: &mut Held) {
        for (node, is_control_plane) in &self.nodes {
            if held.nodes.contains(node) {
                held.is_on_a_node = true;
                held.is_admin |= is_control_plane;
            }
            let is_proxied =
                self.can(held, &["get", "create"], ("", "nodes/proxy"), None, Some(node));
            if held.nodes.contains(node) || is_proxied {
                let pods = self.pods.iter().enumerate();
                held.pods.extend(
                    pods.filter(|(_, pod)| pod.node.as_ref() == Some(node)).map(|(at, _)| at),
                );
            }
        }
        if self.can(held, &["get", "create"], ("", "nodes/proxy"), None, None) {
            held.pods.extend(0..self.pods.len());
        }
    }

    fn every_node(&self, held: &mut Held) {
        held.is_on_a_node = true;
        held.nodes.extend(self.nodes.iter().map(|(node, _)| node.clone()));
        held.pods.extend(0..self.pods.len());
    }

    fn namespace(&self, held: &mut Held, namespace: &str, is_open: bool) {
        let here = Some(namespace);
        let can = |held: &Held, verbs: &[&str], of: (&str, &str), name: Option<&str>| {
            self.can(held, verbs, of, here, name)
        };
        if held.is_admin || self.has_star(held, here) {
            held.everything_in.insert(namespace.to_owned());
        }
        let makers = [
            ("", "pods"),
            ("apps", "deployments"),
            ("apps", "daemonsets"),
            ("apps", "statefulsets"),
            ("batch", "jobs"),
            ("batch", "cronjobs"),
        ];
        if makers.into_iter().any(|of| can(held, &["create"], of, None)) {
            held.new_pods.insert(namespace.to_owned());
        }
        for account in self.accounts.iter().filter(|(at, _)| at == namespace) {
            let name = Some(account.1.as_str());
            let is_had = can(held, &["create"], ("", "serviceaccounts/token"), name)
                || can(held, &["impersonate"], ("", "serviceaccounts"), name)
                || held.new_pods.contains(namespace)
                || (can(held, &["create"], ("", "secrets"), None)
                    && can(held, &["get", "list", "watch"], ("", "secrets"), None));
            if is_had {
                held.identities.insert(Identity::Account(account.0.clone(), account.1.clone()));
            }
        }
        if can(held, &["get", "list", "watch"], ("", "secrets"), None)
            || held.new_pods.contains(namespace)
        {
            held.secrets.insert(namespace.to_owned());
        }
        self.pods_of_namespace(held, namespace);
        if held.new_pods.contains(namespace) {
            let by_claim = can(held, &["create"], ("", "persistentvolumeclaims"), None)
                && self.can(held, &["create"], ("", "persistentvolumes"), None, None);
            let loosened = can(held, &["patch", "update"], ("", "namespaces"), Some(namespace));
            if is_open || by_claim || loosened {
                self.every_node(held);
            }
        }
        if can(held, &["create"], (RBAC, "rolebindings"), None) {
            if can(held, &["bind"], (RBAC, "clusterroles"), None) {
                held.everything_in.insert(namespace.to_owned());
            }
            for (number, role) in self.roles.iter().enumerate() {
                let (resource, is_here) = match role.namespace.as_deref() {
                    None => ("clusterroles", true),
                    at => ("roles", at == here),
                };
                if is_here && can(held, &["bind"], (RBAC, resource), Some(&role.name)) {
                    held.roles.insert((number, Some(namespace.to_owned())));
                }
            }
        }
    }

    fn pods_of_namespace(&self, held: &mut Held, namespace: &str) {
        for (number, pod) in self.pods.iter().enumerate() {
            if pod.namespace != namespace {
                continue;
            }
            let name = Some(pod.name.as_str());
            let can = |verbs: &[&str], resource| {
                self.can(held, verbs, ("", resource), Some(namespace), name)
            };
            let is_drained = held.is_on_a_node
                && (self.can(
                    held,
                    &["delete", "deletecollection"],
                    ("", "pods"),
                    Some(namespace),
                    None,
                ) || self.can(held, &["create"], ("", "pods/eviction"), Some(namespace), None))
                && self.can(held, &["patch", "update"], ("", "nodes"), None, None);
            if can(&["create"], "pods/exec")
                || can(&["create"], "pods/attach")
                || can(&["patch", "update"], "pods/ephemeralcontainers")
                || can(&["patch", "update"], "pods")
                || is_drained
            {
                held.pods.insert(number);
            }
        }
    }

    fn cluster(&self, held: &mut Held) {
        let can = |held: &Held, verbs: &[&str], of: (&str, &str), name: Option<&str>| {
            self.can(held, verbs, of, None, name)
        };
        held.is_admin |= self.has_star(held, None);
        if can(held, &["create"], (RBAC, "clusterrolebindings"), None) {
            held.is_admin |= can(held, &["bind"], (RBAC, "clusterroles"), None);
            for (number, role) in self.roles.iter().enumerate() {
                if role.namespace.is_none()
                    && can(held, &["bind"], (RBAC, "clusterroles"), Some(&role.name))
                {
                    held.roles.insert((number, None));
                }
            }
        }
        for (role, scope) in held.roles.clone() {
            let Role { namespace, name, .. } = &self.roles[role];
            let resource = if namespace.is_none() { "clusterroles" } else { "roles" };
            let at = namespace.as_deref();
            if self.can(held, &["escalate"], (RBAC, resource), at, Some(name))
                && self.can(held, &["update", "patch"], (RBAC, resource), at, Some(name))
            {
                match scope {
                    None => held.is_admin = true,
                    Some(scope) => drop(held.everything_in.insert(scope)),
                }
            }
        }
        for (user, _) in &self.users {
            if can(held, &["impersonate"], ("", "users"), Some(user)) {
                held.identities.insert(Identity::User(user.clone()));
            }
        }
        let has_some_user = held.is_admin
            || held.roles.iter().any(|(role, scope)| {
                scope.is_none()
                    && self.roles[*role].rules.iter().any(|rule| {
                        (rule.verb == "*" || rule.verb == "impersonate")
                            && (rule.group == "*" || rule.group.is_empty())
                            && (rule.resource == "*" || rule.resource == "users")
                    })
            });
        let masters = ["system:masters".to_owned()];
        for group in self.groups.iter().chain(&masters) {
            if has_some_user && can(held, &["impersonate"], ("", "groups"), Some(group)) {
                held.identities.insert(Identity::Group(group.clone()));
            }
        }
        let signer = Some("kubernetes.io/kube-apiserver-client");
        if can(held, &["create"], (CSR, "certificatesigningrequests"), None)
            && can(held, &["update", "patch"], (CSR, "certificatesigningrequests/approval"), None)
            && can(held, &["approve"], (CSR, "signers"), signer)
        {
            let accounts = self.accounts.iter().cloned();
            held.identities.extend(accounts.map(|(at, name)| Identity::Account(at, name)));
            held.identities.extend(self.users.iter().map(|(name, _)| Identity::User(name.clone())));
            held.identities.extend(self.groups.iter().cloned().map(Identity::Group));
        }
        if can(held, &["create"], (HOOKS, "mutatingwebhookconfigurations"), None) {
            held.pods.extend(0..self.pods.len());
        }
    }
}
