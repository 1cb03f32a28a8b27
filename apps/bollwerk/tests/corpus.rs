//! What must hold over thousands of real manifests.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use bollwerk::assess::{self, Assessment};
use bollwerk::config::Settings;
use collect::manifests::Input;
use model::{DigestKey, Finding, Subject};
use program::Folder;
use serde_json::Value;

fn run(inputs: Vec<PathBuf>, threads: usize) -> Assessment {
    let mut settings = Settings::new();
    settings.collect.threads = threads;
    let inputs = inputs.into_iter().map(Input::Path).collect();
    let key = DigestKey::new(&[7; 32]);
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let (snapshot, sources) = assess::collect(inputs, &settings, now, key);
    assess::judge(snapshot, &sources, &settings, false)
}

/// All files below a folder that are manifests, in byte order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ["yaml", "yml", "json"].contains(&extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The documents of a file as JSON values; a broken one is null.
fn documents(text: &str) -> Vec<Value> {
    let stream = collect::manifests::stream(text, &yaml::Limits::default());
    let value = |document: yaml::Document<'_>| {
        let mut json = String::new();
        document.root().write_json(&mut json);
        serde_json::from_str(&json).unwrap()
    };
    stream.documents().map(|document| document.map_or(Value::Null, value)).collect()
}

#[test]
fn every_location_lies_inside_the_object_it_names() {
    let Some(corpus) = program::corpus() else { return };
    let assessment = run(vec![corpus], 2);
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &assessment.findings {
        let location = finding.location.as_ref().expect("every finding has a place");
        by_file.entry(&location.file).or_default().push(finding);
    }
    assert!(by_file.len() > 500);
    for (file, findings) in by_file {
        let text = std::fs::read_to_string(file).unwrap();
        let stream = collect::manifests::stream(&text, &yaml::Limits::default());
        let roots: Vec<_> =
            stream.documents().map(|document| document.ok().map(yaml::Document::root)).collect();
        for finding in findings {
            let origin = assessment.snapshot.origin(finding.object.unwrap());
            let root = roots[origin.document as usize].unwrap();
            let item = origin.item.segments().iter().fold(root, |node, segment| match segment {
                model::Segment::Key(key) => node.get(key).unwrap(),
                model::Segment::Index(index) => node.items().nth(*index as usize).unwrap(),
            });
            let (start, end) =
                (stream.position(item.span().start), stream.position(item.span().end));
            let place = finding.location.as_ref().unwrap();
            let inside = (start.line, start.column) <= (place.line, place.column)
                && (place.line, place.column) <= (place.end_line, place.end_column)
                && (place.end_line, place.end_column) <= (end.line, end.column);
            assert!(inside, "{file}: {place:?} is not inside {start:?}–{end:?}: {finding:?}");
            let Subject::Object { name, .. } = &finding.subject else { panic!("{finding:?}") };
            let metadata = item.get("metadata");
            let written = |key| metadata.and_then(|it| it.get(key)).and_then(yaml::Node::as_str);
            let own = written("name").or(written("generateName")).unwrap_or_default();
            assert_eq!(own, name, "{file}: another object is named");
        }
    }
}

/// A finding without its place: the file's content stands for the file.
fn key(finding: &Finding, assessment: &Assessment, contents: &HashMap<String, String>) -> String {
    let origin = assessment.snapshot.origin(finding.object.unwrap());
    let file = &assessment.snapshot.files[origin.file as usize];
    let Finding { control, path, message, severity, fingerprint, .. } = finding;
    let (content, document, item) = (&contents[file], origin.document, &origin.item);
    let fingerprint = fingerprint.as_str();
    format!("{content} {document} {item} {control} {severity} {path} {message} {fingerprint}")
}

/// All findings of objects on which no neighbour has a say: those whose namespace has no Pod
/// Security label, no default of limits and no service account that decides about its token
/// anywhere in the corpus. These are the objects Kubernetes itself would look at. Left out, since
/// they are about two objects together: what a Namespace lacks, budgets with their workloads,
/// profiles with their pods, and objects that a controller made of another.
fn independent(
    assessment: &Assessment,
    contents: &HashMap<String, String>,
    dependent: &BTreeSet<String>,
) -> BTreeSet<String> {
    let namespace = |finding: &Finding| match &finding.subject {
        Subject::Object { namespace, .. } => namespace.clone().unwrap_or_default(),
        Subject::File(_) | Subject::CloudResource { .. } => String::new(),
    };
    assessment
        .findings
        .iter()
        .filter(|finding| !dependent.contains(&namespace(finding)))
        .filter(|finding| !finding.control.starts_with("disruption-budget-"))
        .filter(|finding| finding.control != "localhost-profile-not-provided")
        .filter(|finding| !is_about_roles_and_bindings(finding))
        .filter(|finding| {
            let object = finding.object.map(|id| assessment.snapshot.object(id));
            object.is_none_or(|it| it.root.field("metadata.ownerReferences").is_none())
        })
        .filter(|finding| !ABOUT_POLICIES_AND_PODS.contains(&finding.control))
        .filter(|finding| {
            !matches!(&finding.subject, Subject::Object { kind, .. } if kind == "Namespace")
        })
        .map(|finding| key(finding, assessment, contents))
        .collect()
}

/// What a policy, a Service or a route does follows from the other objects of its cluster: these
/// controls ask about two objects together, and so answer differently where one of them is away.
const ABOUT_POLICIES_AND_PODS: &[&str] = &[
    // An object and the admission policy that refuses it.
    "admission-policy-violated",
    // Which of two policies of one priority holds is a fault of both.
    "admin-network-policy-priority-shared",
    // Whether the pods of a policy are on their node's network is written at the pods, and whether
    // their namespace is known, at the Namespace.
    "network-policy-on-host-network",
    // What selectors and names of ports match are labels and ports of pods.
    "network-policy-peer-matches-nothing",
    "network-policy-port-name-unknown",
    "network-policy-selects-nothing",
    // Another policy for the same pods may open DNS.
    "network-policy-without-dns",
    // Whether a pod gets there, and by whose rule, hangs on every policy that holds for it.
    "database-reachable-from-everywhere",
    "metadata-service-reachable",
    "namespaces-not-separated",
    "sensitive-port-exposed",
    // Two policies that say the same, addresses of pods, roles that may label namespaces.
    "network-policy-duplicate",
    "network-policy-ip-block-covers-pods",
    "network-policy-namespace-label-forgeable",
    "network-policy-one-ip-family",
    "network-policy-redundant",
    // A Service and its pods, a route and its Services, gateways and grants.
    "route-backend-unresolved",
    "route-not-attached",
    "service-selects-nothing",
    "service-target-port-unknown",
];

/// Whether other roles or bindings have a say: in what a role's rules amount to, where it is bound
/// decides, and in bindings for everybody, what the role holds.
fn is_about_roles_and_bindings(finding: &Finding) -> bool {
    const OF_ONE_OBJECT: &[&str] = &[
        "account-lists-secrets",
        "account-of-other-namespace",
        "aggregated-into-default-role",
        "binding-without-subjects",
        "bound-to-single-user",
        "cluster-admin-bound-to-service-account",
        "cluster-admin-bound-to-user",
        "masters-bound",
        "names-on-create",
        "rule-matches-nothing",
        "wildcard-verbs",
    ];
    let is_access = finding.id.starts_with("BW-ACCESS-");
    is_access && !OF_ONE_OBJECT.contains(&finding.control)
}

fn contents(assessment: &Assessment) -> HashMap<String, String> {
    let digest = |text: Vec<u8>| {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        format!("{:x}", hasher.finish())
    };
    let files = assessment.snapshot.files.iter();
    files.map(|file| (file.clone(), digest(std::fs::read(file).unwrap()))).collect()
}

fn dependent_namespaces(assessment: &Assessment) -> BTreeSet<String> {
    let snapshot = &assessment.snapshot;
    let objects = snapshot.ids().map(|id| snapshot.object(id));
    let names = objects.filter_map(|object| {
        let labels = object.root.field("metadata.labels");
        let has_level = object.kind == "Namespace"
            && labels.is_some_and(|labels| {
                labels.entries().any(|(key, _)| key.starts_with("pod-security.kubernetes.io/"))
            });
        let decides = object.kind == "LimitRange"
            || (object.kind == "ServiceAccount"
                && object.root.get("automountServiceAccountToken").is_some());
        match (has_level, decides) {
            (true, _) => Some(object.name.to_owned()),
            (_, true) => Some(object.namespace.unwrap_or_default().to_owned()),
            _ => None,
        }
    });
    names.collect()
}

#[test]
fn neighbours_do_not_matter() {
    let Some(corpus) = program::corpus() else { return };
    let whole = run(vec![corpus.clone()], 2);
    let dependent = dependent_namespaces(&whole);
    let expected = independent(&whole, &contents(&whole), &dependent);
    assert!(expected.len() > 1_000, "{}", expected.len());
    let all = files(&corpus);
    // Every file alone: each is a world of its own.
    let alone = run(all.clone(), 2);
    assert_same(&independent(&alone, &contents(&alone), &dependent), &expected);
    // Every project alone.
    let projects = std::fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path());
    let projects: Vec<PathBuf> = projects.filter(|path| path.is_dir()).collect();
    let apart = run(projects, 2);
    assert_same(&independent(&apart, &contents(&apart), &dependent), &expected);
    // Other names, another order, in two halves.
    let mut found = BTreeSet::new();
    for half in 0..2 {
        let folder = Folder::new(&[]);
        for (number, file) in all.iter().enumerate().filter(|(number, _)| number % 2 == half) {
            let order = number * 7_919 % all.len();
            let extension = file.extension().unwrap().to_str().unwrap();
            let name = format!("{}/{order}-{number}.{extension}", order % 17);
            folder.write(&name, "");
            std::fs::copy(file, folder.path().join(name)).unwrap();
        }
        let part = run(vec![folder.path().to_owned()], 2);
        found.extend(independent(&part, &contents(&part), &dependent));
    }
    assert_same(&found, &expected);
}

fn assert_same(found: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let lost: Vec<_> = expected.difference(found).take(5).collect();
    let new: Vec<_> = found.difference(expected).take(5).collect();
    assert!(lost.is_empty() && new.is_empty(), "lost {lost:#?}\nnew {new:#?}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    let Some(corpus) = program::corpus() else { return };
    let shown = |assessment: &Assessment| {
        let findings = assessment.findings.iter().map(|finding| {
            format!("{:?} {} {}", finding.location, finding.control, finding.message)
        });
        let gaps = assessment.gaps.iter().map(|gap| format!("{gap:?}"));
        findings.chain(gaps).collect::<Vec<_>>()
    };
    let one = run(vec![corpus.clone()], 1);
    for threads in [2, 7] {
        let many = run(vec![corpus.clone()], threads);
        assert_eq!(one.coverage, many.coverage);
        assert!(shown(&one) == shown(&many), "with {threads} threads");
    }
}

#[test]
fn every_file_is_judged_or_a_gap_or_somebody_elses() {
    let Some(corpus) = program::corpus() else { return };
    let assessment = run(vec![corpus.clone()], 2);
    let all = files(&corpus);
    assert_eq!(assessment.coverage.files, all.len() as u64);
    let snapshot = &assessment.snapshot;
    let judged: BTreeSet<&str> = snapshot
        .ids()
        .map(|id| snapshot.files[snapshot.origin(id).file as usize].as_str())
        .collect();
    let gaps: BTreeSet<&str> = assessment.gaps.iter().map(|gap| gap.subject.as_str()).collect();
    for file in &all {
        let name = file.to_str().unwrap();
        if judged.contains(name) || gaps.contains(name) {
            continue;
        }
        let text = std::fs::read_to_string(file).unwrap();
        let is_ours =
            |document: &Value| !document["apiVersion"].is_null() && !document["kind"].is_null();
        assert!(!documents(&text).iter().any(is_ours), "{name} was dropped");
    }
}

/// Kinds of a list are those of its items.
fn has_containers(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| {
            let lists = ["containers", "initContainers", "ephemeralContainers"];
            let is_list = lists.contains(&key.as_str())
                && value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
            is_list || has_containers(value)
        }),
        Value::Array(items) => items.iter().any(has_containers),
        _ => false,
    }
}

/// A patch of a built-in kind may name no container, and still say how pods run.
fn makes_pods(document: &Value) -> bool {
    has_containers(document) || document["spec"]["template"]["spec"].is_object()
}

/// Kinds that a control of a family may fire on, beside those that make pods.
const CARRIERS: &[(&str, &[&str])] = &[
    ("access", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"]),
    (
        "admission",
        &[
            "APIService",
            "AdmissionConfiguration",
            "AppProject",
            "ClusterPolicy",
            "CustomResourceDefinition",
            "ImageValidatingPolicy",
            "MutatingWebhookConfiguration",
            "PodSecurityConfiguration",
            "Policy",
            "PolicyException",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingPolicy",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("availability", &["Deployment", "PodDisruptionBudget", "StatefulSet"]),
    ("cloud", &["AgentPool", "ManagedCluster"]),
    ("confinement", &["AppArmorProfile", "ConfigMap", "SeccompProfile"]),
    (
        "control-plane",
        &[
            "ClusterConfiguration",
            "InitConfiguration",
            "JoinConfiguration",
            "KubeProxyConfiguration",
            "KubeadmConfig",
            "KubeadmConfigTemplate",
            "KubeadmControlPlane",
            "KubeadmControlPlaneTemplate",
            "KubeletConfiguration",
            "Policy",
        ],
    ),
    ("exposure", &["Gateway", "Ingress", "Service"]),
    ("image", &[]),
    ("namespace", &["Namespace", "ServiceAccount"]),
    (
        "network",
        &[
            "AdminNetworkPolicy",
            "AuthorizationPolicy",
            "BaselineAdminNetworkPolicy",
            "CiliumClusterwideNetworkPolicy",
            "CiliumNetworkPolicy",
            "ClusterNetworkPolicy",
            "DestinationRule",
            "GRPCRoute",
            "HTTPRoute",
            "Ingress",
            "Namespace",
            "NetworkPolicy",
            "PeerAuthentication",
            "Service",
            "TCPRoute",
            "TLSRoute",
            "UDPRoute",
        ],
    ),
    ("pod", &["PersistentVolume"]),
    ("resource", &[]),
    (
        "secret",
        &[
            "ClusterExternalSecret",
            "ClusterSecretStore",
            "ConfigMap",
            "EncryptionConfiguration",
            "ExternalSecret",
            "SealedSecret",
            "Secret",
            "SecretStore",
        ],
    ),
];

/// Families some of whose controls look at pods.
const OF_PODS: &[&str] = &[
    "availability",
    "confinement",
    "control-plane",
    "image",
    "network",
    "pod",
    "resource",
    "secret",
];

#[test]
fn no_control_fires_on_what_cannot_carry_its_field() {
    let Some(corpus) = program::corpus() else { return };
    let assessment = run(vec![corpus], 2);
    let mut read: HashMap<&str, Vec<Value>> = HashMap::new();
    let mut fired: BTreeSet<&str> = BTreeSet::new();
    for finding in &assessment.findings {
        fired.insert(finding.control);
        let origin = assessment.snapshot.origin(finding.object.unwrap());
        let file = &assessment.snapshot.files[origin.file as usize];
        let values =
            read.entry(file).or_insert_with(|| documents(&std::fs::read_to_string(file).unwrap()));
        let document = &values[origin.document as usize];
        let (kind, namespace) = match &finding.subject {
            Subject::Object { kind, namespace, .. } => (kind, namespace.as_deref()),
            Subject::CloudResource { kind, .. } => (kind, None),
            Subject::File(_) => panic!("{finding:?}"),
        };
        let family = match analyze::catalog::find(finding.control) {
            Some(control) => analyze::catalog::family(control),
            None => "pod",
        };
        let of_family = || {
            let kinds = CARRIERS.iter().find(|(name, _)| *name == family);
            let (_, kinds) = kinds.unwrap_or_else(|| panic!("no kinds for family {family}"));
            kinds.contains(&kind.as_str()) || (OF_PODS.contains(&family) && makes_pods(document))
        };
        let carries = match finding.control {
            "persistent-volume-on-host" => kind == "PersistentVolume",
            "secret-data-committed" | "long-lived-service-account-token" => kind == "Secret",
            "credential-in-config-map" => kind == "ConfigMap",
            "disruption-budget-never-satisfied" => kind == "PodDisruptionBudget",
            // Annotations and versions are every object's, and policies may be about any.
            "credential-in-annotation"
            | "removed-api-version"
            | "deprecated-api-version"
            | "admission-policy-violated" => true,
            "default-namespace-used" => namespace == Some("default"),
            "workload-in-system-namespace" => makes_pods(document),
            "default-account-mounts-token" => kind == "ServiceAccount",
            _ if family == "namespace" => kind == "Namespace",
            _ => of_family(),
        };
        assert!(carries, "{} fired on {kind}: {finding:?}", finding.control);
    }
    assert!(fired.len() > 25, "{fired:?}");
}

#[test]
fn fingerprints_tell_findings_apart() {
    let Some(corpus) = program::corpus() else { return };
    let assessment = run(files(&corpus), 2);
    let mut seen: HashMap<(&str, u32), &Finding> = HashMap::new();
    for finding in &assessment.findings {
        let object = finding.object.unwrap();
        // Two versions of one object in one file have the same fingerprints, as they must.
        if let Some(other) = seen.insert((finding.fingerprint.as_str(), object.0), finding) {
            panic!("one fingerprint for {other:?} and {finding:?}");
        }
    }
}
