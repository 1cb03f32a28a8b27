//! What a cluster serves.

use model::{Gap, GapKind};
use serde::Deserialize;

use super::connection::{Connection, ConnectionError};

/// A resource that can be listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// The API group: empty for core.
    pub group: String,
    /// The version that the server prefers.
    pub version: String,
    /// Its name in addresses, in the plural.
    pub name: String,
    /// The kind of its objects.
    pub kind: String,
    /// Whether changes of it can be followed.
    pub can_watch: bool,
}

impl Resource {
    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Where all of it is listed.
    pub(super) fn path(&self) -> String {
        let root = if self.group.is_empty() { "api" } else { "apis" };
        format!("/{root}/{}/{}", self.api_version(), self.name)
    }

    /// As roles name it: `deployments.apps`.
    pub(super) fn full_name(&self) -> String {
        if self.group.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.name, self.group)
        }
    }
}

/// Resources that no answer needs, which are large or change all the time: what happened (events,
/// leases, measurements), what is told by others (component statuses, reports of other programs),
/// earlier versions of templates.
const PASSED_OVER: &[(&str, &str)] = &[
    ("", "componentstatuses"),
    ("", "events"),
    ("apps", "controllerrevisions"),
    ("coordination.k8s.io", "leasecandidates"),
    ("coordination.k8s.io", "leases"),
    ("events.k8s.io", "events"),
    ("storage.k8s.io", "csistoragecapacities"),
];

/// The same for whole groups.
const GROUPS_PASSED_OVER: &[&str] = &[
    "custom.metrics.k8s.io",
    "external.metrics.k8s.io",
    "metrics.k8s.io",
    "openreports.io",
    "wgpolicyk8s.io",
];

/// Discovery of all groups at one time (KEP-3352; served since Kubernetes 1.26).
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;\
                          as=APIGroupDiscoveryList";

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Named,
    /// The preferred one stands first.
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "version")]
    name: String,
    #[serde(default)]
    resources: Vec<Served>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    resource: String,
    #[serde(default)]
    response_kind: Kind,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Kind {
    #[serde(default)]
    kind: String,
}

/// All resources to list, in the order of their names, each in the version that the server
/// prefers. A group that its server does not tell of is a gap.
pub(super) async fn resources(
    connection: &Connection,
    gaps: &mut Vec<Gap>,
) -> Result<Vec<Resource>, ConnectionError> {
    let mut found: Vec<Resource> = Vec::new();
    for path in ["/api", "/apis"] {
        let answer = connection.get(path, AGGREGATED).await;
        let answer = answer.map_err(|refusal| connection.error(&refusal.to_string()))?;
        let groups: Groups = serde_json::from_slice(&answer)
            .map_err(|error| connection.error(&format!("does not tell what it serves: {error}")))?;
        if groups.kind != "APIGroupDiscoveryList" {
            let reason = "is older than Kubernetes 1.26: it cannot tell all it serves at one time";
            return Err(connection.error(reason));
        }
        for group in groups.items {
            take(group, &mut found, gaps);
        }
    }
    found.sort();
    Ok(found)
}

fn take(group: Group, found: &mut Vec<Resource>, gaps: &mut Vec<Gap>) {
    let name = group.metadata.name;
    if GROUPS_PASSED_OVER.contains(&name.as_str()) {
        return;
    }
    let first = found.len();
    for version in group.versions {
        if version.freshness == "Stale" {
            let reason = "is not told by its server at present: its objects were not read";
            gaps.push(Gap {
                kind: GapKind::Unreadable,
                subject: format!("{name}/{}", version.name),
                location: None,
                reason: reason.to_owned(),
            });
        }
        for served in version.resources {
            let can = |verb: &str| served.verbs.iter().any(|it| it == verb);
            let is_known = found.iter().skip(first).any(|it| it.name == served.resource);
            let is_wanted = !PASSED_OVER.contains(&(name.as_str(), served.resource.as_str()));
            if can("list") && is_wanted && !is_known {
                found.push(Resource {
                    group: name.clone(),
                    version: version.name.clone(),
                    can_watch: can("watch"),
                    name: served.resource,
                    kind: served.response_kind.kind,
                });
            }
        }
    }
}
