//! Whom a binding names, and how much the role it grants weighs.

use std::collections::HashSet;
use std::sync::OnceLock;

use engine::rbac::{Groups, Identity, Policy, PolicyRule, RoleRef};
use model::{Node, Object, Path, Severity};

use super::granted::{self, grants, is_of_every_resource};
use super::world::subject_in_words;
use crate::{Kinds, Report};

/// The kinds that have subjects.
pub(super) const BINDINGS: Kinds = Kinds::Of(&[
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
]);

/// The role that grants everything.
pub(super) const CLUSTER_ADMIN: &str = "cluster-admin";

/// Whether a binding grants the ClusterRole of this name.
pub(super) fn names_role(binding: &Object<'_>, name: &str) -> bool {
    let text = |field| binding.root.field(field).and_then(Node::as_str);
    text("roleRef.kind") == Some("ClusterRole") && text("roleRef.name") == Some(name)
}

/// One subject of a binding.
pub(super) struct Subject<'a> {
    /// Its name in the binding.
    pub(super) at: Path,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// Namespace and name, if it is a service account, however it is spelled.
    pub(super) account: Option<(Option<String>, String)>,
    /// "service account `ops/agent`".
    pub(super) words: String,
}

/// The subjects of a binding.
pub(super) fn subjects<'a>(binding: &'a Object<'a>) -> impl Iterator<Item = Subject<'a>> {
    binding.root.list("subjects").enumerate().map(|(index, node)| {
        let (kind, name) = (node.str("kind").unwrap_or_default(), node.str("name"));
        let name = name.unwrap_or_default();
        Subject {
            at: binding.at("subjects").index(index).field("name"),
            kind,
            name,
            account: account(binding, node, kind, name),
            words: subject_in_words(binding, node),
        }
    })
}

fn account(
    binding: &Object<'_>,
    node: Node<'_>,
    kind: &str,
    name: &str,
) -> Option<(Option<String>, String)> {
    match kind {
        "ServiceAccount" => {
            let namespace = node.str("namespace").filter(|it| !it.is_empty());
            let namespace = namespace.or(binding.namespace).map(str::to_owned);
            Some((namespace, name.to_owned()))
        }
        "User" => {
            let identity = Identity::exactly(name, Groups::Known(Vec::new()));
            let (namespace, name) = identity.as_service_account()?;
            Some((Some(namespace.to_owned()), name.to_owned()))
        }
        _ => None,
    }
}

/// A group that everybody of a kind is in.
pub(super) struct Everyone {
    pub(super) words: String,
    pub(super) is_of_one_namespace: bool,
}

impl Subject<'_> {
    /// Namespace and name, if it is a service account.
    pub(super) fn account(&self) -> Option<(Option<&str>, &str)> {
        self.account.as_ref().map(|(namespace, name)| (namespace.as_deref(), name.as_str()))
    }

    /// Whether it is a user that is no part of Kubernetes.
    pub(super) fn is_person(&self) -> bool {
        self.kind == "User" && !self.name.starts_with("system:")
    }

    /// Whether it stands for those who do not log in.
    pub(super) fn is_anonymous(&self) -> bool {
        matches!(
            (self.kind, self.name),
            ("User", "system:anonymous") | ("Group", "system:unauthenticated")
        )
    }

    /// Whom the group takes in, if that is everybody.
    pub(super) fn everyone(&self) -> Option<Everyone> {
        if self.kind != "Group" {
            return None;
        }
        let (words, is_of_one_namespace) = match self.name {
            "system:authenticated" => ("every user and every pod with a token".to_owned(), false),
            "system:serviceaccounts" => ("every pod with a token".to_owned(), false),
            name => {
                let namespace = name.strip_prefix("system:serviceaccounts:")?;
                (format!("every pod with a token in `{namespace}`"), true)
            }
        };
        Some(Everyone { words, is_of_one_namespace })
    }
}

/// Whether every cluster has this grant: from the API server, or from kubeadm.
pub(super) fn is_bootstrap(binding: &Object<'_>, subject: &str) -> bool {
    /// What joining nodes read; source: `cmd/kubeadm/app/phases/bootstraptoken/clusterinfo`.
    const CLUSTER_INFO: &str = "kubeadm:bootstrap-signer-clusterinfo";
    static KNOWN: OnceLock<HashSet<(String, RoleRef)>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let bindings = Policy::bootstrap().bindings.into_iter();
        let grants = bindings.flat_map(|binding| {
            let role = binding.role_ref;
            binding.subjects.into_iter().map(move |subject| (subject.name, role.clone()))
        });
        grants.collect()
    });
    let Some(role) = binding.root.get("roleRef") else { return false };
    let text = |key| role.str(key).unwrap_or_default().to_owned();
    let role = RoleRef { kind: text("kind"), name: text("name") };
    role.name == CLUSTER_INFO || known.contains(&(subject.to_owned(), role))
}

/// How much a role grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Everything, or all of a namespace.
    All,
    /// Something that writes, or that reads Secrets.
    Writes,
    /// The role is not in the input.
    Unknown,
    /// Reading of what is no secret.
    Reads,
}

impl Weight {
    /// How bad it is for everybody with an account.
    pub(super) fn severity(self, is_narrow: bool) -> Severity {
        let severity = match self {
            Self::All => Severity::Critical,
            Self::Writes => Severity::High,
            Self::Unknown => Severity::Medium,
            Self::Reads => Severity::Low,
        };
        if is_narrow { super::power::lower(severity) } else { severity }
    }

    /// How bad it is for everybody at all.
    pub(super) fn severity_without_login(self) -> Severity {
        match self {
            Self::All | Self::Writes => Severity::Critical,
            Self::Unknown => Severity::High,
            Self::Reads => Severity::Medium,
        }
    }
}

/// How much the role of a binding grants.
pub(super) fn weight_of_role(binding: &Object<'_>, report: &Report<'_>) -> Weight {
    let name = binding.root.field("roleRef.name").and_then(Node::as_str).unwrap_or_default();
    let is_cluster_role = names_role(binding, name);
    match name {
        CLUSTER_ADMIN | "admin" if is_cluster_role => Weight::All,
        "edit" if is_cluster_role => Weight::Writes,
        "view" if is_cluster_role => Weight::Reads,
        _ => {
            let role = report.ask_world(|world| world.role_named_by(binding));
            let rules = role.and_then(|role| granted::rules(report.snapshot.object(role).root));
            rules.map_or(Weight::Unknown, |rules| weight(&rules))
        }
    }
}

fn weight(rules: &[PolicyRule]) -> Weight {
    /// Verbs that change nothing.
    const READING: &[&str] = &["get", "list", "watch", "use"];
    let reads = |verb: &String| READING.contains(&verb.as_str());
    let is_harmless = |rule: &PolicyRule| {
        rule.verbs.iter().all(reads)
            && !grants(rule, "get", "secrets", "")
            && !grants(rule, "list", "secrets", "")
            && !grants(rule, "get", "nodes/proxy", "")
    };
    let is_all =
        |rule: &PolicyRule| is_of_every_resource(rule) && rule.verbs.iter().any(|verb| verb == "*");
    if rules.iter().any(is_all) {
        Weight::All
    } else if rules.iter().all(is_harmless) {
        Weight::Reads
    } else {
        Weight::Writes
    }
}
