//! Resources as people write them, and whether Kubernetes has them.
//!
//! The table `resources.txt` is what an API server of Kubernetes 1.37.2 says of itself
//! (`api/discovery` of `k8s.io/kubernetes`): plural and group, scope, kind, singular, short
//! names, subresources. Custom resources come from the definitions in the input.

use std::collections::{BTreeMap, BTreeSet};

use model::{Node, Snapshot, WorldId};

const TABLE: &str = include_str!("resources.txt");

/// What RBAC knows and no API server lists: subjects of `impersonate`, signers, and subresources
/// of nodes that only kubelets ask about.
///
/// Source: `k8s.io/apiserver/pkg/endpoints/filters/impersonation`,
/// `plugin/pkg/admission/certificates` and `pkg/kubelet/server/auth.go` of `k8s.io/kubernetes`.
const EXTRA: &str = "\
users C User user - -
groups C Group group - -
nodes C Node node - checkpoint,configz,healthz,log,metrics,pods,stats,statusz
uids.authentication.k8s.io C UID uid - -
userextras.authentication.k8s.io C UserExtra userextra - -
users.authentication.k8s.io C User user - -
groups.authentication.k8s.io C Group group - -
nodes.authentication.k8s.io C Node node - -
serviceaccounts.authentication.k8s.io N ServiceAccount serviceaccount - -
signers.certificates.k8s.io C Signer signer - -
";

/// The resources of a cluster.
pub struct Resources {
    /// By plural and group; core has no group.
    rows: BTreeMap<(String, String), Row>,
    /// Singular and short names: the plural and group of each.
    aliases: BTreeMap<String, (String, String)>,
    /// The plural of a group and a kind.
    kinds: BTreeMap<(String, String), String>,
}

#[derive(Default)]
struct Row {
    is_namespaced: bool,
    subresources: BTreeSet<String>,
}

/// A resource, as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The API group; empty for core.
    pub api_group: String,
    /// The plural.
    pub resource: String,
    /// The subresource; empty if none.
    pub subresource: String,
    /// Whether its objects live in namespaces; none where the resource is not known.
    pub is_namespaced: Option<bool>,
    /// Why Kubernetes may have no such resource.
    pub warning: Option<String>,
}

impl Resolved {
    /// As it is written: `deployments.apps/scale`.
    pub fn written(&self) -> String {
        let Self { api_group, resource, subresource, .. } = self;
        let dot = if api_group.is_empty() { "" } else { "." };
        let slash = if subresource.is_empty() { "" } else { "/" };
        format!("{resource}{dot}{api_group}{slash}{subresource}")
    }
}

impl Resources {
    /// Those of every API server and the custom ones a world defines.
    pub fn of(snapshot: &Snapshot, world: WorldId) -> Self {
        let mut resources = Self::built_in();
        for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
            let object = snapshot.object(id);
            if object.is("apiextensions.k8s.io", "CustomResourceDefinition")
                && let Some(spec) = object.root.get("spec")
            {
                resources.define(spec);
            }
        }
        resources
    }

    /// Those of every API server.
    pub fn built_in() -> Self {
        let mut resources =
            Self { rows: BTreeMap::new(), aliases: BTreeMap::new(), kinds: BTreeMap::new() };
        for line in TABLE.lines().chain(EXTRA.lines()) {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (written, scope, kind, singular) = (word(), word(), word(), word());
            let (shorts, subresources) = (list(word()), list(word()));
            let (plural, group) = written.split_once('.').unwrap_or((written, ""));
            let names = std::iter::once(singular).chain(shorts);
            resources.add(plural, group, scope == "N", subresources, names);
            resources.name(group, kind, plural);
        }
        resources
    }

    fn define(&mut self, spec: Node<'_>) {
        let Some(names) = spec.get("names") else { return };
        let (Some(group), Some(plural)) = (spec.str("group"), names.str("plural")) else { return };
        let mut subresources = BTreeSet::new();
        for version in spec.list("versions") {
            let offered = version.get("subresources");
            subresources.extend(offered.into_iter().flat_map(Node::entries).map(|(name, _)| name));
        }
        let shorts = names.list("shortNames").filter_map(Node::as_str);
        let aliases = names.str("singular").into_iter().chain(shorts);
        let is_namespaced = spec.str("scope") == Some("Namespaced");
        self.add(plural, group, is_namespaced, subresources, aliases);
        self.name(group, names.str("kind").unwrap_or_default(), plural);
    }

    fn name(&mut self, group: &str, kind: &str, plural: &str) {
        let key = (group.to_owned(), kind.to_owned());
        self.kinds.entry(key).or_insert_with(|| plural.to_owned());
    }

    /// The plural of a kind, which requests name; none where the kind is not known.
    pub fn of_kind(&self, group: &str, kind: &str) -> Option<&str> {
        self.kinds.get(&(group.to_owned(), kind.to_owned())).map(String::as_str)
    }

    fn add<'a>(
        &mut self,
        plural: &str,
        group: &str,
        is_namespaced: bool,
        subresources: impl IntoIterator<Item = &'a str>,
        aliases: impl IntoIterator<Item = &'a str>,
    ) {
        let key = (plural.to_owned(), group.to_owned());
        let row = self.rows.entry(key.clone()).or_default();
        row.is_namespaced = is_namespaced;
        row.subresources.extend(subresources.into_iter().map(str::to_owned));
        for alias in aliases.into_iter().filter(|alias| *alias != plural) {
            self.aliases.entry(alias.to_owned()).or_insert_with(|| key.clone());
        }
    }

    /// What `pods`, `pods/exec`, `deployments` or `deployments.apps/scale` names. A resource that
    /// is not known is taken as written, with a warning.
    ///
    /// # Errors
    ///
    /// What can only be a mistake: a singular or short name, and stars RBAC does not have.
    pub fn resolve(&self, written: &str) -> Result<Resolved, String> {
        let (name, subresource) = written.split_once('/').unwrap_or((written, ""));
        let (plural, group) = name.split_once('.').unwrap_or((name, ""));
        if plural.is_empty() || (subresource.is_empty() && written.contains('/')) {
            return Err(format!("`{written}` names no resource"));
        }
        if written == "*" {
            return Ok(resolved("*", "*", "", None, None));
        }
        if written.contains('*') {
            return Err(self.no_star(written, plural, group));
        }
        let key = self.find(plural, name.contains('.').then_some(group));
        let Some(((plural, group), row)) = key else {
            if let Some((right, group)) = self.alias(plural, group) {
                let right = resolved(right, group, subresource, None, None).written();
                return Err(format!(
                    "`{written}` is no resource: RBAC knows plurals alone; write `{right}`"
                ));
            }
            let warning = if group.is_empty() {
                format!("no API server has a resource `{plural}` in the core group")
            } else {
                format!("the input defines no resource `{plural}` of the group `{group}`")
            };
            return Ok(resolved(plural, group, subresource, None, Some(warning)));
        };
        let has = subresource.is_empty() || row.subresources.contains(subresource);
        let warning = (!has).then(|| {
            let known: Vec<_> = row.subresources.iter().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!(
                "`{plural}` has no subresource `{subresource}` (there is {known}); \
                 an object's name is written after a space"
            )
        });
        Ok(resolved(plural, group, subresource, Some(row.is_namespaced), warning))
    }

    /// The row of a plural: of the group written, else of core, else of the only group that has it.
    fn find(&self, plural: &str, group: Option<&str>) -> Option<(&(String, String), &Row)> {
        let at = |group: &str| self.rows.get_key_value(&(plural.to_owned(), group.to_owned()));
        if let Some(group) = group {
            return at(group);
        }
        at("").or_else(|| {
            let start = (plural.to_owned(), String::new());
            let mut found = self.rows.range(start..).take_while(|((it, _), _)| it == plural);
            let first = found.next()?;
            found.next().is_none().then_some(first)
        })
    }

    fn alias(&self, name: &str, group: &str) -> Option<(&str, &str)> {
        let lower = name.to_ascii_lowercase();
        let (plural, its_group) = match self.aliases.get(&lower) {
            Some(found) => found,
            None => self.find(&lower, (!group.is_empty()).then_some(group))?.0,
        };
        (group.is_empty() || group == its_group).then_some((plural, its_group))
    }

    fn no_star(&self, written: &str, plural: &str, group: &str) -> String {
        let row = self.find(plural, (!group.is_empty()).then_some(group));
        let known = row.map(|(_, row)| row.subresources.iter().cloned().collect::<Vec<_>>());
        let known = known.filter(|known| !known.is_empty());
        let known = known.map(|known| format!(": {}", known.join(", "))).unwrap_or_default();
        format!(
            "`{written}` is no wildcard to RBAC, which would match nothing: \
             name one resource or subresource{known}"
        )
    }
}

fn resolved(
    resource: &str,
    group: &str,
    subresource: &str,
    is_namespaced: Option<bool>,
    warning: Option<String>,
) -> Resolved {
    Resolved {
        api_group: group.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        is_namespaced,
        warning,
    }
}

fn list(word: &'static str) -> impl Iterator<Item = &'static str> {
    word.split(',').filter(|item| *item != "-" && !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_as_written() {
        let resources = Resources::built_in();
        let cases = [
            ("pods", "pods", false),
            ("pods/exec", "pods/exec", false),
            ("deployments", "deployments.apps", false),
            ("deployments/scale", "deployments.apps/scale", false),
            ("deployments.apps/scale", "deployments.apps/scale", false),
            ("events", "events", false),
            ("nodes/proxy", "nodes/proxy", false),
            ("nodes/metrics", "nodes/metrics", false),
            ("pods/web-0", "pods/web-0", true),
            ("secretz", "secretz", true),
            ("widgets.example.com", "widgets.example.com", true),
        ];
        for (written, expected, warns) in cases {
            let resolved = resources.resolve(written).unwrap();
            assert_eq!(resolved.written(), expected);
            assert_eq!(resolved.warning.is_some(), warns, "{written}");
        }
    }

    #[test]
    fn mistakes_name_what_is_right() {
        let resources = Resources::built_in();
        let cases = [
            ("po", "`pods`"),
            ("pod/exec", "`pods/exec`"),
            ("deploy", "`deployments.apps`"),
            ("Secret", "`secrets`"),
            ("Pods", "`pods`"),
            ("pods/*", "exec"),
            ("*/scale", "no wildcard"),
            ("/", "names no resource"),
            ("pods/", "names no resource"),
        ];
        for (written, expected) in cases {
            let error = resources.resolve(written).unwrap_err();
            assert!(error.contains(expected), "{written}: {error}");
        }
    }
}
