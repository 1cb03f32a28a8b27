//! The pages of edges: what each needs and gives, in words, from the engine's table.

use engine::paths::{EDGES, Edge, Gain, Name, Need, Serves, Within};

/// All edges, in the order of their pages.
pub fn all() -> impl Iterator<Item = &'static Edge> {
    EDGES.iter().flat_map(|edges| edges.iter())
}

/// The edge of this id.
pub fn find(id: &str) -> Option<&'static Edge> {
    all().find(|edge| edge.id == id)
}

/// The page of an edge, as Markdown.
pub fn page(edge: &Edge) -> String {
    let needs: String = edge.needs.iter().map(|need| format!("- {}\n", need_text(need))).collect();
    format!(
        "# {}\n\n{}\n\n## Needs\n\nAll of:\n\n{needs}\n## Gives\n\n{}.\n\n## Versions\n\n{}.\n\n\
         ## Source\n\n<{}>\n",
        edge.name,
        edge.page,
        gives(edge),
        versions(edge),
        edge.source
    )
}

/// What an edge needs, in a few words for each thing.
pub fn needs(edge: &Edge) -> Vec<String> {
    edge.needs.iter().map(need_text).collect()
}

/// In which versions it works.
pub fn versions(edge: &Edge) -> String {
    match (edge.since, edge.until) {
        (None, None) => "all".to_owned(),
        (Some(since), None) => format!("since {since}"),
        (None, Some(until)) => format!("before {until}"),
        (Some(since), Some(until)) => format!("since {since}, before {until}"),
    }
}

fn need_text(need: &Need) -> String {
    match need {
        Need::Right(right, within, name) => {
            let atom = |(verb, resource): &(&str, &str)| format!("`{verb}` on `{resource}`");
            let atoms: Vec<String> = right.any_of.iter().map(atom).collect();
            format!("{}{}{}", atoms.join(" or "), names(*name), place(*within))
        }
        Need::NewPods => "making pods in the namespace".to_owned(),
        Need::PrivilegedPods => "Pod Security that lets privileged pods in".to_owned(),
        Need::AnyNode => "root on a node".to_owned(),
        Need::Secrets => "reading the Secrets of the namespace".to_owned(),
        Need::HeldRole => "holding the role".to_owned(),
        Need::ImpersonatedMay => "that whoever is impersonated may do it themselves".to_owned(),
        Need::OwnNode => "commands in a pod with a token, on a known node".to_owned(),
        Need::MissingRole => "being a subject of a binding whose role is missing".to_owned(),
        Need::Operator(account, Serves::OwnNamespace) => {
            format!("an operator that runs as `{account}` in the namespace")
        }
        Need::Operator(account, Serves::EveryNamespace) => {
            format!("an operator that runs as `{account}`")
        }
        Need::Pod(_) => "commands in a pod with such a field".to_owned(),
        Need::Annotation(key) => {
            format!("acting as a service account with the annotation `{key}`")
        }
        Need::NoNodeRestriction => "that the admission plugin NodeRestriction is off".to_owned(),
        Need::ControlPlane => "root on a node of the control plane".to_owned(),
        Need::CloudNode => "a node of a cloud, by its `spec.providerID`".to_owned(),
        Need::Token => "commands in a pod that has a token of its service account".to_owned(),
        Need::Object(_, kind, namespace, name) => {
            format!("that there is a {kind} `{name}` in `{namespace}`")
        }
    }
}

fn names(name: Name) -> String {
    match name {
        Name::All => String::new(),
        Name::Target => ", for all names or for one".to_owned(),
        Name::Fixed(name) => format!(", for `{name}`"),
        Name::Signer(signer) => format!(", for `{signer}` or its domain"),
        Name::Some => ", for any name".to_owned(),
        Name::Namespace => ", for the namespace".to_owned(),
    }
}

fn place(within: Within) -> String {
    match within {
        Within::Namespace => " in the namespace".to_owned(),
        Within::Cluster => " in the whole cluster".to_owned(),
        Within::Fixed(namespace) => format!(" in `{namespace}`"),
        Within::Account => " in the service account's namespace".to_owned(),
    }
}

/// What an edge gives.
pub fn gives(edge: &Edge) -> String {
    let text = match edge.gives {
        Gain::ClusterAdmin => "cluster-admin",
        Gain::NamespaceAdmin => "every right in the namespace",
        Gain::ServiceAccounts => "acting as the service account, or as all of the namespace",
        Gain::EveryServiceAccount => "acting as every service account",
        Gain::AccountsOnNode => {
            "acting as the service accounts of the pods on the node, or of all pods"
        }
        Gain::Pods => "commands in the pod, or in all of the namespace",
        Gain::EveryPod => "commands in every pod",
        Gain::PodsOnNode => "commands in the pods on the node, or in all pods",
        Gain::NewPods => "making pods in the namespace",
        Gain::EveryNode => "root on every node",
        Gain::NodeOfPod => "root on the pod's node",
        Gain::Secrets => "the Secrets of the namespace",
        Gain::Users => "acting as the user, or as any",
        Gain::Groups => "acting as a member of the group, or of any",
        Gain::AnyIdentity => "acting as any user, group but `system:masters`, or service account",
        Gain::Role => "what the role grants, or everything if any role can be chosen",
        Gain::EverythingWhereHeld => "every right where the role is held",
        Gain::Cloud => "the cloud identity",
        Gain::CloudClaim(_) => "whichever cloud identity trusts the service account",
        Gain::Kubelet => "acting as the kubelet of any node",
        Gain::Bootstrappers => "acting as a member of the groups of those who join nodes",
        Gain::Operator => "acting as the operator's service account",
        Gain::Controllers => "acting as the controllers of the control plane",
        Gain::Traffic => "the traffic to the Services of the namespace",
        Gain::EveryTraffic => "the traffic to every Service",
    };
    text.to_owned()
}
