//! What was seen stays allowed, and nothing that was written can be left out.

use super::*;
use crate::rbac::{Groups, SubjectKind};

fn action(namespace: &str, resource: &str, verb: &str, name: &str) -> Action {
    let (resource, api_group) = match resource.split_once('.') {
        Some((resource, group)) => (resource, group),
        None => (resource, ""),
    };
    let text = str::to_owned;
    Action::Resource {
        namespace: text(namespace),
        api_group: text(api_group),
        resource: text(resource),
        verb: text(verb),
        name: text(name),
    }
}

/// Grants as text, a line a rule.
fn shown(actions: &[Action], knobs: Knobs) -> Vec<String> {
    let line = |scope: &str, rule: &PolicyRule| {
        format!(
            "{scope}: {} {}{} {}{}",
            rule.verbs.join(","),
            rule.resources.join(","),
            rule.non_resource_urls.join(","),
            rule.api_groups.join(","),
            rule.resource_names.join(",")
        )
    };
    let grants = synthesize(actions, knobs);
    let lines = grants.iter().flat_map(|grant| {
        let scope = grant.namespace.clone().unwrap_or_else(|| "*".to_owned());
        grant.rules.iter().map(move |rule| line(&scope, rule)).collect::<Vec<_>>()
    });
    lines.collect()
}

#[test]
fn rules_read_as_a_person_would_write_them() {
    let actions = [
        action("shop", "pods", "get", "a"),
        action("shop", "services", "list", ""),
        action("shop", "pods/exec", "create", "a"),
        action("shop", "deployments.apps", "patch", "web"),
        action("data", "pods", "watch", ""),
        action("", "nodes", "list", ""),
        Action::Path { path: "/healthz".to_owned(), verb: "get".to_owned() },
    ];
    assert_eq!(
        shown(&actions, Knobs::default()),
        [
            "*: get,list,watch nodes ",
            "*: get /healthz ",
            "data: get,list,watch pods ",
            "shop: create pods/exec ",
            "shop: get,list,watch pods,services ",
            "shop: patch deployments apps",
        ]
    );
}

#[test]
fn knobs() {
    let actions = [
        action("a", "secrets", "get", "one"),
        action("a", "secrets", "get", "two"),
        action("b", "configmaps", "get", "x"),
        action("c", "configmaps", "get", "x"),
    ];
    let exact = Knobs { close_reads: false, names_max: 2, ..Knobs::default() };
    assert_eq!(
        shown(&actions, exact),
        ["a: get secrets one,two", "b: get configmaps x", "c: get configmaps x"]
    );
    let one = Knobs { names_max: 1, ..exact };
    assert_eq!(shown(&actions, one)[0], "a: get secrets ");
    let lifted = Knobs { namespaces_max: 1, close_reads: false, names_max: 0 };
    assert_eq!(shown(&actions, lifted), ["*: get configmaps ", "a: get secrets "]);
    let wide = [action("", "pods", "get", "a"), action("a", "pods", "get", "b")];
    assert_eq!(shown(&wide, Knobs::default()), ["*: get,list,watch pods "]);
}

/// Many random logs: everything seen is allowed, and without any one rule something is not.
#[test]
fn what_was_seen_is_allowed_and_every_rule_is_needed() {
    let subject =
        Subject { kind: SubjectKind::User, name: "alice".to_owned(), namespace: String::new() };
    let identity = Identity::user("alice", Groups::Known(Vec::new()));
    let version = KubernetesVersion::NEWEST;
    let (namespaces, verbs) = (["", "a", "b", "c"], ["get", "list", "watch", "create", "delete"]);
    let resources = ["pods", "pods/log", "secrets", "deployments.apps", "nodes"];
    // Knuth's constants (MMIX): the same logs in every run.
    let mut state = 1_u64;
    let mut next = |count: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    for round in 0..400 {
        let mut actions: Vec<Action> = (0..=next(12))
            .map(|_| {
                let name = ["", "x", "y", "z"][next(4)];
                action(namespaces[next(4)], resources[next(5)], verbs[next(5)], name)
            })
            .collect();
        if next(3) == 0 {
            let path = ["/healthz", "/metrics"][next(2)].to_owned();
            actions.push(Action::Path { path, verb: "get".to_owned() });
        }
        let knobs = Knobs {
            close_reads: next(2) == 0,
            namespaces_max: [1, 2, usize::MAX][next(3)],
            names_max: next(3),
        };
        let grants = synthesize(&actions, knobs);
        let left = missing(&identity, &subject, &grants, &actions, version);
        assert_eq!(left, Vec::<&Action>::new(), "round {round}: {grants:?}");
        for (scope, grant) in grants.iter().enumerate() {
            for rule in 0..grant.rules.len() {
                let mut fewer = grants.clone();
                fewer[scope].rules.remove(rule);
                let left = missing(&identity, &subject, &fewer, &actions, version);
                assert!(!left.is_empty(), "round {round}: {grants:?} without {scope}/{rule}");
            }
        }
    }
}
