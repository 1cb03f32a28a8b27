//! Where a role holds, and which rules count.

use engine::rbac::{Policy, Rules};
use model::Severity::{self, High, Info, Low, Medium};
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};

use crate::{Judge, Options, controls};

/// Names and severities of the findings of the access family.
fn found(text: &str) -> Vec<(&'static str, Severity)> {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let mut part = Part::new();
    let key = DigestKey::new(&[7; 32]);
    for (number, document) in (0..).zip(stream.documents()) {
        for item in items(document.unwrap().root(), &mut |_, reason| panic!("{reason}\n{text}")) {
            let redactions = Redactions::find(item.node, &key);
            let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
        }
    }
    snapshot.add(part);
    let options = Options::default();
    let judge = Judge::new(&snapshot, &options);
    let family = || controls::access::CONTROLS.iter().copied();
    let findings = snapshot.ids().flat_map(|id| judge.judge(id, family()).findings);
    findings.map(|finding| (finding.control, finding.severity)).collect()
}

fn role(kind: &str, place: &str, rule: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\n\
         metadata: {{name: reader{place}}}\nrules: [{rule}]\n---\n"
    )
}

fn binding(kind: &str, place: &str, role: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\n\
         metadata: {{name: reader{place}}}\nsubjects: [{{kind: Group, name: team}}]\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role}, name: reader}}\n---\n"
    )
}

const SECRETS: &str = "{apiGroups: [''], resources: [secrets], verbs: [list]}";
const SHOP: &str = ", namespace: shop";

#[test]
fn where_a_role_is_bound_decides_what_it_amounts_to() {
    let everywhere = role("ClusterRole", "", SECRETS);
    let anywhere = binding("ClusterRoleBinding", "", "ClusterRole");
    let in_shop = binding("RoleBinding", SHOP, "ClusterRole");
    let (all, one) = ("secrets-readable-everywhere", "secrets-readable-in-namespace");
    assert_eq!(found(&everywhere), [(all, Medium)], "bound to nobody");
    assert_eq!(found(&format!("{everywhere}{in_shop}")), [(one, Low)]);
    assert_eq!(found(&format!("{everywhere}{anywhere}")), [(all, High)]);
    assert_eq!(found(&format!("{everywhere}{in_shop}{anywhere}")), [(all, High)]);
    let of_shop = role("Role", SHOP, SECRETS);
    assert_eq!(found(&of_shop), [(one, Low)]);
    let system = ", namespace: kube-system";
    let of_system = role("Role", system, SECRETS) + &binding("RoleBinding", system, "Role");
    assert_eq!(found(&of_system), [(one, Medium)]);
    let nodes = "{apiGroups: [''], resources: [nodes/proxy], verbs: [get]}";
    assert_eq!(found(&role("Role", SHOP, nodes)), [], "nodes are in no namespace");
}

#[test]
fn a_rule_grants_what_the_api_server_lets_through() {
    let of = |rule: &str| found(&role("ClusterRole", "", rule));
    let exec = [("exec-into-pods", Low)];
    assert_eq!(of("{apiGroups: [''], resources: ['*/exec'], verbs: [create]}"), exec);
    assert_eq!(of("{apiGroups: ['*'], resources: [pods/exec], verbs: [create]}"), exec);
    assert_eq!(of("{apiGroups: [apps], resources: [pods/exec], verbs: [create]}"), []);
    assert_eq!(of("{apiGroups: [''], resources: [pods], verbs: [get]}"), []);
    let nothing = [("rule-matches-nothing", Info)];
    assert_eq!(of("{apiGroups: [''], resources: ['pods/*'], verbs: [create]}"), nothing);
    assert_eq!(of("{apiGroups: [], resources: [secrets], verbs: [list]}"), nothing);
    let named = "{apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: [get]}";
    assert_eq!(of(named), []);
    let masters = "{apiGroups: [''], resources: [groups], resourceNames: ['system:masters'], \
                   verbs: [impersonate]}";
    assert_eq!(of(masters), [("identities-impersonated", Medium)]);
    let approve = "{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}";
    assert_eq!(of(approve), [], "nothing without the approval itself");
}

#[test]
fn one_rule_over_everything_is_one_finding() {
    let all = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}";
    let bound = role("ClusterRole", "", all) + &binding("ClusterRoleBinding", "", "ClusterRole");
    assert_eq!(found(&bound), [("role-grants-everything", High)]);
    let core = "{apiGroups: [''], resources: ['*'], verbs: ['*']}";
    let bound = role("ClusterRole", "", core) + &binding("ClusterRoleBinding", "", "ClusterRole");
    assert_eq!(found(&bound), [("wildcard-resources", High)]);
}

/// What every API server makes is not judged, in a dump of a cluster or written by somebody; with
/// one rule more it is.
#[test]
fn roles_of_the_api_server_are_left_alone() {
    let mut judged = 0;
    for one in Policy::bootstrap().roles {
        let Rules::Known(rules) = one.rules else { panic!("{}", one.name) };
        let list = |texts: &[String]| format!("{texts:?}");
        let written = rules.iter().map(|rule| {
            format!(
                "{{apiGroups: {}, resources: {}, verbs: {}, resourceNames: {}, \
                 nonResourceURLs: {}}}",
                list(&rule.api_groups),
                list(&rule.resources),
                list(&rule.verbs),
                list(&rule.resource_names),
                list(&rule.non_resource_urls)
            )
        });
        let written = written.collect::<Vec<_>>().join(", ");
        let (kind, place) = match &one.namespace {
            Some(namespace) => ("Role", format!(", namespace: {namespace}")),
            None => ("ClusterRole", String::new()),
        };
        let text = |rules: &str| {
            let name = format!("name: {:?}", one.name);
            role(kind, &place, rules).replace("name: reader", &name)
        };
        assert_eq!(found(&text(&written)), [], "{}", one.name);
        judged += 1;
        if one.name == "system:basic-user" {
            let more = found(&text(&format!("{written}, {SECRETS}")));
            assert_eq!(more, [("secrets-readable-everywhere", Medium)]);
        }
    }
    assert!(judged > 70, "{judged}");
}
