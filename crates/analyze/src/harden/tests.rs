//! Plans of small namespaces.

use engine::network::Profile;
use model::{
    DigestKey, KubernetesVersion, Node, Origin, Part, Redactions, Snapshot, WorldId, items,
};

use super::{Plan, plan};
use crate::Options;

fn planned(text: &str) -> Plan {
    planned_for(text, Profile::UPSTREAM)
}

fn planned_for(text: &str, network_plugin: Profile) -> Plan {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let mut part = Part::new();
    let key = DigestKey::new(&[7; 32]);
    for (number, document) in stream.documents().enumerate() {
        let root = document.unwrap().root();
        for item in items(root, &mut |_, reason| panic!("{reason}")) {
            let redactions = Redactions::find(item.node, &key);
            let (document, item_path) = (number as u32, item.path);
            let origin = Origin { file: 0, document, item: item_path, line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
        }
    }
    snapshot.add(part);
    plan(&snapshot, &Options { network_plugin, ..Options::default() })
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

/// A namespace with more objects, each given by kind, name and the rest of it.
fn shop(objects: &[&str]) -> Plan {
    planned(&format!("{NAMESPACE}---\n{}", objects.join("\n---\n")))
}

/// An object of the namespace: `apps/v1 Deployment web`, and what stands below `metadata`.
fn object(head: &str, rest: &str) -> String {
    let [version, kind, name] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("{head}") };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n{rest}"
    )
}

fn workload(head: &str, spec: &str, container: &str) -> String {
    let rest = format!(
        "spec:\n  selector: {{matchLabels: {{app: web}}}}\n{spec}  template:\n    metadata: \
         {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: web, image: \
         web{container}}}\n"
    );
    object(head, &rest)
}

fn documents(plan: &Plan, purpose: &str) -> String {
    let of = plan.manifests.iter().filter(|manifest| manifest.purpose == purpose);
    of.map(|manifest| manifest.documents.as_str()).collect()
}

fn notes(plan: &Plan) -> Vec<&str> {
    plan.notes.iter().map(|note| note.text.as_str()).collect()
}

fn labels(plan: &Plan) -> Vec<&str> {
    plan.labels.iter().map(|labels| labels.text.as_str()).collect()
}

const REST: &str = "warn=restricted warn-version=v1.37 audit=restricted audit-version=v1.37";

#[test]
fn the_strictest_level_that_all_pods_pass_is_enforced() {
    let web = workload("apps/v1 Deployment web", "", "");
    let enforced = format!("enforce=baseline enforce-version=v1.37 {REST}");
    assert_eq!(labels(&shop(&[&web])), [enforced.as_str()]);
    let hardened = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: \
                    {containers: [{name: a, image: a, securityContext: {runAsNonRoot: true, \
                    allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, \
                    seccompProfile: {type: RuntimeDefault}}}]}\n";
    let enforced = format!("enforce=restricted enforce-version=v1.37 {REST}");
    assert_eq!(labels(&shop(&[hardened])), [enforced.as_str()]);
    let privileged = ", securityContext: {privileged: true}";
    let agent = workload("example.org/v1 Agent agent", "", privileged);
    let refused = shop(&[&web, &agent]);
    assert_eq!(labels(&refused), [REST]);
    let reason = "no Pod Security level can be enforced: Agent `agent` is refused (privileged)";
    assert_eq!(notes(&refused)[0], reason);
    // What cannot be judged is not taken for harmless.
    let broken = workload("apps/v1 Deployment web", "", ", securityContext: {privileged: 'no'}");
    assert_eq!(labels(&shop(&[&broken])), [REST]);
}

#[test]
fn levels_that_somebody_chose_stay() {
    let web = workload("apps/v1 Deployment web", "", "");
    let with = |labels: &str| {
        let prefix = "pod-security.kubernetes.io/";
        let labels = labels.replace('$', prefix);
        let namespace = NAMESPACE.replace("name: shop", &format!("name: shop, labels: {labels}"));
        planned(&format!("{namespace}---\n{web}"))
    };
    let text = |plan: &Plan| labels(plan).join(" ");
    assert_eq!(text(&with("{$enforce: baseline, $warn: baseline, $audit: baseline}")), "");
    assert_eq!(text(&with("{$enforce: restricted}")), REST);
    let raised = format!("enforce=baseline enforce-version=v1.37 {REST}");
    assert_eq!(text(&with("{$enforce: privileged}")), raised);
    assert_eq!(text(&with("{}")), raised);
    let outdated = with("{$enforce: baseline, $enforce-version: v1.20, $warn: x, $audit: x}");
    assert_eq!(text(&outdated), "enforce-version=v1.37");
    let unmet = with("{$enforce: restricted, $enforce-version: v1.20, $warn: x, $audit: x}");
    assert_eq!(text(&unmet), "");
    // A map that is not there is set as a whole, one that is there key by key.
    assert_eq!(with("{}").labels[0].edits.len(), 1);
    assert_eq!(with("{a: b}").labels[0].edits.len(), 6);
}

#[test]
fn what_manifests_show_stays_open() {
    let web = workload(
        "apps/v1 Deployment web",
        "",
        ", ports: [{name: http, containerPort: 80}, {containerPort: 90}, {containerPort: 53, \
         protocol: UDP}], args: ['--db=db.shop.svc:5432']",
    );
    let service = |name: &str, spec: &str| object(&format!("v1 Service {name}"), spec);
    let plan = shop(&[
        &web,
        &service("web", "spec: {selector: {app: web}, ports: [{port: 8, targetPort: http}]}"),
        &service("db", "spec: {selector: {app: db}, ports: [{port: 5432}]}"),
        &service("db", "spec: {selector: {app: db}, ports: [{port: 5432}]}"),
        &service("out", "spec: {type: LoadBalancer, selector: {app: o}, ports: [{port: 1}]}"),
        &service("hook", "spec: {selector: {app: hook}, ports: [{port: 9443}]}"),
        &service("elsewhere", "spec: {type: ExternalName, externalName: example.org}"),
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n\
         metadata: {name: h}\nwebhooks: [{clientConfig: {service: {name: hook, namespace: shop}}}]",
    ]);
    let text = documents(&plan, "network");
    let policy = |name: &str| {
        let mut policies = text.split("---\n");
        let found = policies.find(|policy| policy.contains(&format!("  name: {name}\n")));
        found.unwrap_or_else(|| panic!("{name}\n{text}")).to_owned()
    };
    assert!(policy("allow-web").contains("    - {protocol: TCP, port: http}\n"));
    assert!(policy("allow-web").contains("  - from:\n    - namespaceSelector: {}\n"));
    assert!(policy("allow-db").contains("# Named by: shop/web."));
    assert!(!text.contains("allow-db-2") && !text.contains("allow-elsewhere"), "{text}");
    for name in ["allow-out", "allow-hook"] {
        assert!(!policy(name).contains("from:"), "{}", policy(name));
    }
    let rest = policy("allow-ports-of-web");
    assert!(rest.contains("    - {protocol: TCP, port: 90}\n    - {protocol: UDP, port: 53}\n"));
    assert!(!rest.contains("port: 80}"), "{rest}");
    assert!(policy("allow-egress-but-metadata").contains("        - 169.254.169.254/32 #"));
    let last = text.rsplit("---\n").next().unwrap();
    assert!(last.contains("  name: default-deny\n"), "what is allowed comes first: {text}");
}

#[test]
fn plugins_deny_the_metadata_service_once() {
    let web = workload("apps/v1 Deployment web", "", "");
    let both = |namespace: &str| format!("{NAMESPACE}---\n{web}---\n").replace("shop", namespace);
    let first = format!("{}{}", both("shop"), both("data"));
    assert_eq!(documents(&planned(&first), "metadata"), "");
    for (plugin, kind, parts) in [
        (
            Profile::CILIUM,
            "CiliumClusterwideNetworkPolicy",
            [
                "values: [\"data\", \"shop\"]",
                "    - key: bollwerk.io/metadata-service\n      operator: NotIn\n      values: \
                 [allowed]\n",
                "  enableDefaultDeny:\n    ingress: false\n    egress: false\n  egressDeny:\n  \
                 - toCIDR:\n    - 169.254.169.254/32 #",
            ],
        ),
        (
            Profile::CALICO,
            "GlobalNetworkPolicy",
            [
                "\"kubernetes.io/metadata.name in {'data', 'shop'}\"",
                "\"!(bollwerk.io/metadata-service == 'allowed')\"",
                "kind: Tier\nmetadata:\n  name: bollwerk\nspec:\n  order: 100\n  defaultAction: \
                 Pass\n",
            ],
        ),
    ] {
        let plan = planned_for(&first, plugin);
        let text = documents(&plan, "metadata");
        assert!(text.contains(&format!("kind: {kind}\n")), "{text}");
        for part in parts {
            assert!(text.contains(part), "{part}\n{text}");
        }
        for address in ["168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::254/128"] {
            assert!(text.contains(address), "{text}");
        }
        assert!(!text.contains("169.254.170.23"), "rights of the pod's own: {text}");
        assert_ne!(documents(&plan, "network"), "", "and what all plugins hold");
        // What is there is written once; what comes later gets its own.
        let again = format!("{first}{}", text.trim_start_matches("---\n"));
        assert_eq!(documents(&planned_for(&again, plugin), "metadata"), "");
        assert_ne!(documents(&planned_for(&again, plugin), "network"), "");
        let more = format!("{}{again}", both("ops"));
        let text = documents(&planned_for(&more, plugin), "metadata");
        assert!(text.contains("deny-metadata-2\n") && text.contains("ops"), "{text}");
        assert!(!text.contains("shop") && !text.contains("kind: Tier"), "{text}");
    }
}

#[test]
fn pods_are_let_to_the_metadata_service_by_a_label() {
    let web = workload("apps/v1 Deployment web", "", "");
    let labelled = web.replace("labels: {app: web}", "labels: {app: web, LABEL: allowed}");
    let labelled = labelled.replace("LABEL", "bollwerk.io/metadata-service");
    let name = "  name: allow-metadata\n";
    assert!(!documents(&shop(&[&web]), "network").contains(name));
    let text = documents(&shop(&[&labelled]), "network");
    let policy = text.split("---\n").find(|it| it.contains(name)).unwrap();
    assert!(policy.contains("matchLabels: {bollwerk.io/metadata-service: allowed}"), "{policy}");
    assert!(policy.contains("{cidr: \"169.254.169.254/32\"}"), "{policy}");
    let closed = object(
        "networking.k8s.io/v1 NetworkPolicy p",
        "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n",
    );
    let text = documents(&shop(&[&labelled, &closed]), "network");
    assert!(text.contains(name) && text.matches("kind: NetworkPolicy").count() == 1, "{text}");
    let again = shop(&[&labelled, &closed, text.trim_start_matches("---\n")]);
    assert_eq!(documents(&again, "network"), "");
}

#[test]
fn policies_that_are_there_are_not_weakened() {
    let web = workload("apps/v1 Deployment web", "", "");
    let policy = |spec: &str| {
        let policy = object("networking.k8s.io/v1 NetworkPolicy p", &format!("spec: {spec}\n"));
        shop(&[&web, &policy])
    };
    let closed = policy("{podSelector: {}, policyTypes: [Ingress, Egress]}");
    assert_eq!(documents(&closed, "network"), "");
    let some = policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}");
    assert_eq!(documents(&some, "network"), "");
    assert_eq!(notes(&some).len(), 2, "{:?}", notes(&some));
    let half = documents(&policy("{podSelector: {}, policyTypes: [Ingress]}"), "network");
    assert!(half.contains("name: default-deny-egress\n") && !half.contains("[Ingress]"), "{half}");
    let cilium = object("cilium.io/v2 CiliumNetworkPolicy p", "spec: {}\n");
    assert_eq!(documents(&shop(&[&web, &cilium]), "network"), "");
}

#[test]
fn the_quota_holds_twice_what_is_asked_for() {
    let asks = ", resources: {requests: {cpu: 250m, memory: 1Gi}}";
    let web = workload("apps/v1 Deployment web", "  replicas: 3\n", asks);
    let scaler = object(
        "autoscaling/v2 HorizontalPodAutoscaler web",
        "spec: {maxReplicas: 10, scaleTargetRef: {kind: Deployment, name: web}}\n",
    );
    let hard = |plan: &Plan| {
        let text = documents(plan, "resources");
        text.split("  hard:\n").nth(1).map(|hard| hard.replace("    ", "").replace('\n', " "))
    };
    let expected = "pods: 10 requests.cpu: 1500m requests.memory: 6Gi ";
    assert_eq!(hard(&shop(&[&web])).as_deref(), Some(expected));
    let expected = "pods: 20 requests.cpu: \"5\" requests.memory: 20Gi ";
    assert_eq!(hard(&shop(&[&web, &scaler])).as_deref(), Some(expected));
    let silent = workload("argoproj.io/v1alpha1 Rollout web", "  replicas: 20\n", "");
    let expected = "pods: 40 requests.cpu: \"4\" requests.memory: 5Gi ";
    assert_eq!(hard(&shop(&[&silent])).as_deref(), Some(expected));
    // Without defaults a quota on requests would refuse those that make none.
    let range = object("v1 LimitRange l", "spec: {limits: []}\n");
    assert_eq!(hard(&shop(&[&silent, &range])).as_deref(), Some("pods: 40 "));
    let unknown = workload("example.org/v1 Fleet web", "", "");
    assert_eq!(hard(&shop(&[&unknown])), None);
    let reason = "no quota: how many pods Fleet `web` makes is not known";
    assert!(notes(&shop(&[&unknown])).contains(&reason));
    let large = workload("apps/v1 Deployment web", "", ", resources: {requests: {memory: 3Gi}}");
    let text = documents(&shop(&[&large]), "resources");
    assert!(text.contains("default: {memory: 6Gi}"), "a limit below a request: {text}");
}

#[test]
fn budgets_take_no_pods_of_others() {
    let web = workload("apps/v1 Deployment web", "  replicas: 2\n", "");
    let text = documents(&shop(&[&web]), "availability");
    assert!(text.contains("  selector:\n    matchLabels: {app: web}\n"), "{text}");
    let other = workload("apps/v1 StatefulSet other", "", "");
    let plan = shop(&[&web, &other]);
    assert_eq!(documents(&plan, "availability"), "");
    assert!(notes(&plan).iter().any(|note| note.contains("takes pods of others too")));
}

#[test]
fn nothing_is_done_where_nothing_is_known() {
    let web = workload("apps/v1 Deployment web", "", "");
    assert!(planned(&web).manifests.is_empty(), "the namespace is not in the input");
    let system = NAMESPACE.replace("shop", "kube-system");
    let plan = planned(&format!("{system}---\n{}", web.replace("shop", "kube-system")));
    assert!(plan.manifests.is_empty() && plan.labels.is_empty());
    let hostile = NAMESPACE.replace("shop", "../../etc");
    let plan = planned(&format!("{hostile}---\n{}", web.replace(": shop", ": ../../etc")));
    assert!(plan.manifests.is_empty() && plan.labels.is_empty());
    assert_eq!(notes(&plan), ["its name is none that Kubernetes takes"]);
}

/// Names come from strangers: none ends a comment or a line.
#[test]
fn names_stay_in_their_place() {
    let web = workload("apps/v1 Deployment web", "", ", ports: [{containerPort: 1}]");
    let web = web.replacen("name: web", "name: \"web\\nkind: Secret\"", 1);
    let web = web.replace("{app: web}", "{app: \"no\", 'a: b': 'x}, y: {z'}");
    let plan = shop(&[&web]);
    let text: String = plan.manifests.iter().map(|it| it.documents.as_str()).collect();
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let redactions = Redactions::default();
    for document in stream.documents() {
        let root = Node::tree(document.unwrap().root(), &redactions);
        assert!(root.str("kind").is_some_and(|kind| kind != "Secret"));
    }
    assert!(text.contains("matchLabels: {app: \"no\", \"a: b\": \"x}, y: {z\"}"), "{text}");
}
