//! What bollwerk says, against a real API server.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod control_plane;
mod program;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use control_plane::ControlPlane;
use program::{Folder, bollwerk, examples};
use serde_json::{Value, json};

/// The documents of a file, as JSON.
fn documents(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let value = |document: Result<yaml::Document<'_>, _>| {
        let mut json = String::new();
        document.ok().unwrap().root().write_json(&mut json);
        serde_json::from_str(&json).unwrap()
    };
    stream.documents().map(value).filter(|value: &Value| value["kind"].is_string()).collect()
}

/// All documents below a folder, Namespaces first.
fn below(folder: &Path) -> Vec<Value> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yaml") {
                found.extend(documents(&path));
            }
        }
    }
    found.sort_by_key(|object| object["kind"] != "Namespace");
    found
}

fn is(object: &Value, kind: &str) -> bool {
    object["kind"] == kind
}

/// Makes the namespaces and accounts of a folder's objects, as a cluster would have them.
fn settle(plane: &mut ControlPlane, objects: &[Value]) {
    let namespaces = objects.iter().filter(|it| is(it, "Namespace"));
    for namespace in namespaces {
        let answer = plane.create(namespace, false).unwrap();
        assert!(matches!(answer.status, 201 | 409), "{answer:?}");
        // The controller manager makes it where one runs.
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": namespace["metadata"]["name"]}});
        plane.create(&account, false).unwrap();
    }
    for account in objects.iter().filter(|it| is(it, "ServiceAccount")) {
        plane.create(account, false).unwrap();
    }
}

/// Kinds of the example that no API server has by itself.
const CUSTOM: &[&str] = &["Rollout"];

fn all_are_accepted(plane: &mut ControlPlane, objects: &[Value]) {
    let mut unknown = BTreeSet::new();
    for object in objects.iter().filter(|it| !is(it, "Namespace")) {
        let mut object = object.clone();
        if is(&object, "Pod") {
            // They come by a subresource, once the pod runs.
            object["spec"].as_object_mut().unwrap().remove("ephemeralContainers");
        }
        let Some(answer) = plane.create(&object, true) else {
            unknown.insert(object["kind"].as_str().unwrap().to_owned());
            continue;
        };
        let refused = answer.body["message"].as_str().unwrap_or_default();
        // A pod that Pod Security refuses is what the example shows.
        let is_shown = is(&object, "Pod") && refused.contains("violates PodSecurity");
        let fits = matches!(answer.status, 201 | 409) || is_shown;
        assert!(fits, "{} {}: {refused}", object["kind"], object["metadata"]["name"]);
    }
    assert!(unknown.iter().all(|kind| CUSTOM.contains(&kind.as_str())), "{unknown:?}");
}

#[test]
fn what_is_written_is_accepted() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let folder = Folder::new(&[]);
    let shop = folder.copy(&examples(), "shop");
    let objects = below(&shop);
    settle(&mut plane, &objects);
    all_are_accepted(&mut plane, &objects);
    for command in [&["harden", "shop"][..], &["fix", "shop", "--unsafe"]] {
        let (code, _, error) = bollwerk(folder.path(), command, "");
        assert_ne!(code, 2, "{error}");
    }
    let hardened = below(&shop.join("hardening"));
    assert!(hardened.len() > 20, "{}", hardened.len());
    all_are_accepted(&mut plane, &hardened);
    all_are_accepted(&mut plane, &below(&shop));
    // The labels that harden set are taken as they are, too.
    for namespace in below(&shop).iter().filter(|it| is(it, "Namespace")) {
        let name = namespace["metadata"]["name"].as_str().unwrap();
        let path = format!("/api/v1/namespaces/{name}?dryRun=All");
        let answer = plane.ask("PUT", &path, namespace);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// Upstream's own fixtures, in a namespace of their level: the server refuses what `scan` says is
/// refused, and warns of what it says is warned of.
#[test]
fn pods_are_refused_as_scan_says() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let truth = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth/pod-security");
    let (mut judged, mut invalid) = (0, BTreeSet::new());
    for level in ["baseline", "restricted"] {
        let labels = json!({"pod-security.kubernetes.io/enforce": level,
            "pod-security.kubernetes.io/warn": "restricted"});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": level, "labels": labels}});
        settle(&mut plane, std::slice::from_ref(&namespace));
        let (folder, mut pods) = (Folder::new(&[]), Vec::new());
        for verdict in ["pass", "fail"] {
            let fixtures = truth.join(level).join("v1.37").join(verdict);
            let Ok(entries) = std::fs::read_dir(&fixtures) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                let mut pod = documents(&path).remove(0);
                let name = path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
                pod["metadata"]["name"] = format!("{verdict}-{name}").into();
                pod["metadata"]["namespace"] = level.into();
                pods.push(pod);
            }
        }
        folder.write("namespace.json", &namespace.to_string());
        for (number, pod) in pods.iter().enumerate() {
            folder.write(&format!("pods/{number}.json"), &pod.to_string());
        }
        let (_, out, _) = bollwerk(folder.path(), &["scan", ".", "--format=json"], "");
        let report: Value = serde_json::from_str(&out).unwrap();
        // Said of a pod: whether it is refused, whether something is warned of.
        let said = |pod: &Value, severity: &str| {
            report["findings"].as_array().unwrap().iter().any(|finding| {
                finding["object"]["name"] == pod["metadata"]["name"]
                    && finding["control"].as_str().unwrap().starts_with("pod-security/")
                    && finding["message"].as_str().unwrap().contains(severity)
            })
        };
        for pod in &pods {
            let answer = plane.create(pod, true).unwrap();
            let message = answer.body["message"].as_str().unwrap_or_default();
            // What no server of this version takes at all: the fixtures are older than the rule.
            if answer.status == 422 {
                invalid.insert(message.to_owned());
                continue;
            }
            let is_refused = answer.status == 403 && message.contains("violates PodSecurity");
            assert!(is_refused || answer.status == 201, "{answer:?}");
            assert_eq!(is_refused, said(pod, "enforces"), "{}: {message}", pod["metadata"]);
            if !is_refused {
                let is_warned = answer.warnings.iter().any(|it| it.contains("would violate"));
                assert_eq!(is_warned, said(pod, "warns"), "{}", pod["metadata"]);
            }
            judged += 1;
        }
    }
    let is_known = |message: &String| message.contains("`hostUsers` must be false to use");
    assert!(invalid.iter().all(is_known), "{invalid:#?}");
    let is_missing = !truth.is_dir() && std::env::var("CI").as_deref() != Ok("true");
    assert!(judged > 100 || is_missing, "{judged} pods");
}

/// Roles of the example, and some that are easily misread.
const ROLES: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: odd}
rules:
- {apiGroups: [""], resources: ["pods/*"], verbs: ["*"]}
- {apiGroups: ["*"], resources: ["*/scale"], verbs: [get]}
- {apiGroups: [""], resources: [secrets], resourceNames: [token], verbs: [get, list, create]}
- {nonResourceURLs: ["/logs/*"], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: odd, namespace: data}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: odd}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: developers}
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:serviceaccount:shop:cart"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: odd-everywhere}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: odd}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dangling, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: nobody-made-it}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice}]
"#;

/// How many questions are asked.
const REVIEWS: usize = 500;

#[test]
fn reviews_are_answered_as_the_engine_does() {
    use engine::rbac::{
        Answer, Assumptions, Authorizer, Groups, Identity, Proof, Request, Seen, Source,
    };

    let Some(mut plane) = ControlPlane::start() else { return };
    let folder = Folder::new(&[]);
    let shop = folder.copy(&examples(), "shop");
    folder.write("shop/roles.yaml", ROLES);
    let objects = below(&shop);
    settle(&mut plane, &objects);
    let group = "rbac.authorization.k8s.io/v1";
    for object in objects.iter().filter(|it| it["apiVersion"] == group) {
        assert_eq!(plane.create(object, false).unwrap().status, 201, "{object}");
    }
    let settings = bollwerk::config::Settings::new();
    let (snapshot, _) = bollwerk::assess::collect(
        vec![collect::manifests::Input::Path(shop)],
        &settings,
        jiff::Timestamp::UNIX_EPOCH,
        model::DigestKey::new(&[7; 32]),
    );
    let assumptions = Assumptions { seen: Seen::Everything, ..Assumptions::default() };
    let authorizer = Authorizer::of(&snapshot, model::WorldId(0), assumptions);
    let known = |groups: &[&str]| Groups::Known(groups.iter().map(|it| (*it).to_owned()).collect());
    let identities = [
        Identity::user("alice", known(&[])),
        Identity::user("bob", known(&["developers"])),
        Identity::user("carol", known(&["system:masters"])),
        Identity::anonymous(),
        Identity::service_account("ops", "ci-runner"),
        Identity::service_account("ops", "node-agent"),
        Identity::service_account("ops", "dashboard"),
        Identity::service_account("shop", "cart"),
    ];
    let verbs = ["get", "list", "create", "delete", "escalate", "impersonate", "GET", "*"];
    let resources = [
        "pods",
        "pods/exec",
        "pods/*",
        "secrets",
        "nodes",
        "nodes/proxy",
        "deployments.apps",
        "deployments.apps/scale",
        "roles.rbac.authorization.k8s.io",
        "unknowns",
        "*",
        "selfsubjectaccessreviews.authorization.k8s.io",
    ];
    let namespaces = ["", "ops", "data", "shop"];
    let names = ["", "token", "other"];
    let paths = ["/logs/a", "/logs/", "/logs", "/healthz", "/api/v1", "/metrics"];
    let (mut state, mut asked, mut allowed) = (7_u64, 0, 0);
    // Knuth's constants (MMIX): the same questions in every run.
    let mut next = |count: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    while asked < REVIEWS {
        let identity = &identities[next(identities.len())];
        let verb = verbs[next(verbs.len())];
        let by_path = next(5) == 0;
        let (resource, path) = (resources[next(resources.len())], paths[next(paths.len())]);
        let (namespace, name) = (namespaces[next(4)], names[next(3)]);
        let request = if by_path {
            Request::path(verb, path)
        } else {
            Request::resource(verb, resource, namespace).named(name)
        };
        let answer = authorizer.can(identity, &request);
        // Nobody gathers the rules of aggregated roles where no controller manager runs.
        if let Answer::Allowed(Proof::Grant(grant)) = &answer {
            let role = authorizer.role(grant.role);
            let is_gathered = ["admin", "edit", "view"].contains(&role.name);
            if role.source == Source::Bootstrap && is_gathered {
                continue;
            }
        }
        let (whole, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (plural, api_group) = whole.split_once('.').unwrap_or((whole, ""));
        let mut spec = json!({"user": identity.name, "groups": identity.groups.certain()});
        if by_path {
            spec["nonResourceAttributes"] = json!({"path": path, "verb": verb});
        } else {
            spec["resourceAttributes"] = json!({"verb": verb, "group": api_group,
                "resource": plural, "subresource": subresource, "namespace": namespace,
                "name": name});
        }
        let review = json!({"apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview", "spec": spec});
        let said = plane.create(&review, false).unwrap();
        let is_allowed = said.body["status"]["allowed"] == true;
        let agrees = match &answer {
            Answer::Allowed(_) => is_allowed,
            Answer::Denied(_) => !is_allowed,
            Answer::Unknown(_) => false,
        };
        assert!(agrees, "{identity:?} {request}: {answer:?}, but {}", said.body["status"]);
        asked += 1;
        allowed += usize::from(is_allowed);
    }
    assert!(allowed > REVIEWS / 10 && allowed < REVIEWS * 9 / 10, "{allowed} of {asked} allowed");
}
