//! Network policies: nothing comes in and nothing goes out but what the manifests show, and what
//! nobody can see from here.

use std::collections::{BTreeMap, BTreeSet};

use model::{Node, Object, Pod};

use super::callers::Callers;
use super::metadata::guarded;
use super::{COMPARED_MAX, Draft, flow_map, is_dns_name, one_line};
use crate::controls::namespace::guard;
use crate::network::metadata::EXCEPTION;

/// Writes the policies that the namespace lacks.
pub(super) fn policies(draft: &mut Draft<'_, '_>, callers: &Callers) {
    let namespace = draft.namespace;
    if guard::is_guarded_elsewhere(&draft.report, &namespace) {
        return draft.note("policies of a network plugin decide here: they are not read");
    }
    let mut missing = Vec::new();
    for direction in ["Ingress", "Egress"] {
        if guard::has_default(&draft.report, &namespace, direction) {
            continue;
        }
        if guard::policies(&draft.report, &namespace).any(|it| restricts(&it, direction)) {
            // Allowing more for all pods would open those that are closed already.
            let direction = direction.to_lowercase();
            draft.note(format!(
                "network policies restrict {direction} for some of its pods: close the others by \
                 hand"
            ));
            continue;
        }
        missing.push(direction);
    }
    let is_closed =
        missing.contains(&"Egress") || guard::has_default(&draft.report, &namespace, "Egress");
    let mut writer =
        Writer { draft, given: BTreeSet::new(), allowed: BTreeSet::new(), documents: Vec::new() };
    if is_closed {
        writer.metadata_exception();
    }
    if missing.contains(&"Egress") {
        writer.egress();
    }
    if missing.contains(&"Ingress") {
        writer.ingress(callers);
    }
    // Last, since `kubectl apply` goes from top to bottom.
    if !missing.is_empty() {
        writer.default_deny(&missing);
    }
    let documents = writer.documents;
    draft.manifest("network", "Network policies", &documents);
}

/// Services that the API server calls: the backends of webhooks, aggregated APIs and conversions,
/// as (namespace, name).
pub(super) fn called_by_the_api_server<'s>(
    object: &Object<'s>,
) -> impl Iterator<Item = (&'s str, &'s str)> + use<'s> {
    let is_webhook = object.group() == "admissionregistration.k8s.io";
    let webhooks = object.root.list("webhooks").filter(move |_| is_webhook);
    let webhooks = webhooks.filter_map(|webhook| webhook.field("clientConfig.service"));
    let api = object.is("apiregistration.k8s.io", "APIService").then_some("spec.service");
    let conversion = object
        .is("apiextensions.k8s.io", "CustomResourceDefinition")
        .then_some("spec.conversion.webhook.clientConfig.service");
    let root = object.root;
    let single = api.or(conversion).and_then(|path| root.field(path));
    webhooks.chain(single).filter_map(|it| Some((it.str("namespace")?, it.str("name")?)))
}

/// Whether a policy restricts a direction for the pods it selects.
fn restricts(policy: &Object<'_>, direction: &str) -> bool {
    let Some(spec) = policy.root.get("spec") else { return false };
    let mut types = spec.list("policyTypes").filter_map(Node::as_str).peekable();
    match (types.peek().is_some(), direction) {
        (true, _) => types.any(|name| name == direction),
        (false, "Egress") => spec.list("egress").next().is_some(),
        (false, _) => true,
    }
}

struct Writer<'d, 's, 'p> {
    draft: &'d mut Draft<'s, 'p>,
    given: BTreeSet<String>,
    /// What is allowed already: two copies of a Service ask for the same.
    allowed: BTreeSet<(String, String)>,
    documents: Vec<String>,
}

/// A port as policies name it: the protocol, and a number or a name.
type Port<'s> = (&'s str, String);

impl<'s> Writer<'_, 's, '_> {
    fn policy(&mut self, comment: &[String], name: &str, pods: &str, spec: &str) {
        if !self.allowed.insert((pods.to_owned(), spec.to_owned())) {
            return;
        }
        let name = self.draft.free_name("NetworkPolicy", name, &mut self.given);
        let comment: String =
            comment.iter().map(|line| format!("# {}\n", one_line(line))).collect();
        self.documents.push(format!(
            "{comment}apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  \
             name: {}\n  namespace: {}\nspec:\n  podSelector:{pods}\n{spec}",
            yaml::edit::text(&name),
            yaml::edit::text(self.draft.name),
        ));
    }

    fn default_deny(&mut self, missing: &[&str]) {
        let (name, what) = match missing {
            ["Ingress"] => ("default-deny-ingress", "comes in"),
            ["Egress"] => ("default-deny-egress", "goes out"),
            _ => ("default-deny", "comes in or goes out"),
        };
        let comment = [format!("Nothing {what} but what another policy allows.")];
        let spec = format!("  policyTypes: [{}]\n", missing.join(", "));
        self.policy(&comment, name, " {}", &spec);
    }

    fn egress(&mut self) {
        let comment = [
            "Every pod may ask the cluster's DNS, and its cache on the node.".to_owned(),
            "Elsewhere than in kube-system under `k8s-app: kube-dns`? Change it here.".to_owned(),
        ];
        let spec = "  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchLabels: {k8s-app: kube-dns}
    - ipBlock: {cidr: 169.254.20.10/32}
    ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
";
        self.policy(&comment, "allow-dns", " {}", spec);
        let comment = [
            "Every pod may call everything but the services that hand out the node's rights."
                .to_owned(),
            "This is where to begin: manifests do not show whom the programs call. Name the"
                .to_owned(),
            "receivers once you know them, then remove this policy.".to_owned(),
        ];
        let mut spec = "  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector: {}
"
        .to_owned();
        for (all, is_v6) in [("0.0.0.0/0", false), ("\"::/0\"", true)] {
            spec.push_str(&format!("    - ipBlock:\n        cidr: {all}\n        except:\n"));
            for (prefix, whose) in guarded(is_v6) {
                spec.push_str(&format!("        - {prefix} # {whose}\n"));
            }
        }
        self.policy(&comment, "allow-egress-but-metadata", " {}", &spec);
    }

    /// Pods that are labelled for it may ask for the node's credentials, and nobody without a label
    /// is opened by it.
    fn metadata_exception(&mut self) {
        let (key, value) = EXCEPTION;
        let is_labelled = |pod: &Pod<'_>| {
            pod.root.field("metadata.labels").and_then(|it| it.str(key)) == Some(value)
        };
        let workloads = &self.draft.place.workloads;
        let is_there = guard::policies(&self.draft.report, &self.draft.namespace).any(|policy| {
            let labels = policy.root.field("spec.podSelector.matchLabels");
            labels.and_then(|it| it.str(key)) == Some(value)
        });
        if is_there || !workloads.iter().flat_map(|it| &it.pods).any(is_labelled) {
            return;
        }
        let comment =
            ["Pods with this label may ask the cloud's metadata service for the node's rights."
                .to_owned()];
        let mut spec = "  policyTypes: [Egress]\n  egress:\n  - to:\n".to_owned();
        for (prefix, whose) in [false, true].into_iter().flat_map(guarded) {
            spec.push_str(&format!("    - ipBlock: {{cidr: \"{prefix}\"}} # {whose}\n"));
        }
        let pods = format!("\n    matchLabels: {{{key}: {value}}}");
        self.policy(&comment, "allow-metadata", &pods, &spec);
    }

    fn ingress(&mut self, callers: &Callers) {
        let comment = [
            "The pods of the namespace may speak to each other.".to_owned(),
            "Whatever else comes in is named below, by Service or by port.".to_owned(),
        ];
        let spec = "  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - podSelector: {}\n";
        self.policy(&comment, "allow-same-namespace", " {}", spec);
        for service in &self.draft.place.services {
            self.service(service, callers);
        }
        let count = self.draft.place.workloads.len().max(self.draft.place.services.len());
        if count > COMPARED_MAX {
            self.draft.note("it is too large to look for ports that no Service names");
            return;
        }
        let mut declared: BTreeMap<String, (BTreeSet<Port<'s>>, &'s str)> = BTreeMap::new();
        for workload in &self.draft.place.workloads {
            for pod in &workload.pods {
                let ports = self.unnamed_ports(pod);
                let labels = pod.root.field("metadata.labels").and_then(flow_map);
                match labels {
                    _ if ports.is_empty() => {}
                    Some(labels) => {
                        let entry = declared.entry(labels).or_default();
                        entry.0.extend(ports);
                        entry.1 = workload.object.name;
                    }
                    None => self.draft.note(format!(
                        "the pods of `{}` have no labels: no policy can open their ports",
                        workload.object.name
                    )),
                }
            }
        }
        for (labels, (ports, name)) in declared {
            let comment = [
                format!("Ports that {name} declares and no Service names: metrics, for example."),
                "From every namespace; name the callers in `from` once you know them.".to_owned(),
            ];
            let name = if is_dns_name(name) { name } else { "pods" };
            let pods = format!("\n    matchLabels: {labels}");
            let spec = ingress_spec("    - namespaceSelector: {}\n", &ports);
            self.policy(&comment, &format!("allow-ports-of-{name}"), &pods, &spec);
        }
    }

    /// What a Service leads to stays open.
    fn service(&mut self, service: &Object<'s>, callers: &Callers) {
        let Some(spec) = service.root.get("spec") else { return };
        let Some(labels) = spec.get("selector").and_then(flow_map) else { return };
        let ports: BTreeSet<Port<'s>> = spec.list("ports").filter_map(target_port).collect();
        if ports.is_empty() || !is_dns_name(service.name) {
            return;
        }
        let name = service.name;
        let kind = spec.str("type").unwrap_or("ClusterIP");
        let has_outside_address = matches!(kind, "LoadBalancer" | "NodePort")
            || spec.list("externalIPs").next().is_some();
        let is_called = self.draft.place.from_outside.contains(name);
        let (from, whence) = match (has_outside_address, is_called) {
            (true, _) => ("", "from everywhere, since it has an address outside the cluster"),
            (false, true) => ("", "from everywhere, since the API server calls it"),
            _ => ("    - namespaceSelector: {}\n", "from every namespace"),
        };
        let mut comment = vec![format!("Service {name} stays open {whence}.")];
        if from.is_empty() {
            comment.push("Narrow it with `from` to the addresses that call it.".to_owned());
        } else {
            let seen = callers.of(self.draft.world, self.draft.name, name);
            let seen = seen.unwrap_or_else(|| "nothing here".to_owned());
            comment.push(format!("Named by: {seen}. Narrow it to the callers you know."));
        }
        let pods = format!("\n    matchLabels: {labels}");
        self.policy(&comment, &format!("allow-{name}"), &pods, &ingress_spec(from, &ports));
    }

    /// Ports that a pod's containers declare and no Service that selects it leads to.
    fn unnamed_ports(&self, pod: &Pod<'s>) -> BTreeSet<Port<'s>> {
        let labels = pod.root.field("metadata.labels");
        let label = |key: &str| labels.and_then(|labels| labels.str(key));
        let leads_here = |service: &&Object<'s>| {
            let selector = service.root.field("spec.selector");
            let mut wanted = selector.into_iter().flat_map(Node::entries).peekable();
            wanted.peek().is_some()
                && wanted
                    .all(|(key, value)| value.as_str().is_some() && label(key) == value.as_str())
        };
        let named: BTreeSet<Port<'s>> = self
            .draft
            .place
            .services
            .iter()
            .filter(leads_here)
            .flat_map(|service| service.root.field("spec.ports").into_iter().flat_map(Node::items))
            .filter_map(target_port)
            .collect();
        let mut unnamed = BTreeSet::new();
        for kind in model::ContainerKind::ALL {
            let containers = pod.spec.list(kind.field());
            for port in containers.flat_map(|container| container.list("ports")) {
                let protocol = protocol(port);
                let Some(number) = port.int("containerPort").filter(|number| is_port(*number))
                else {
                    continue;
                };
                let by_name = port.str("name").map(|name| (protocol, name.to_owned()));
                let by_number = (protocol, number.to_string());
                if !named.contains(&by_number) && by_name.is_none_or(|name| !named.contains(&name))
                {
                    unnamed.insert(by_number);
                }
            }
        }
        unnamed
    }
}

fn ingress_spec(from: &str, ports: &BTreeSet<Port<'_>>) -> String {
    let mut spec = "  policyTypes: [Ingress]\n  ingress:\n".to_owned();
    if from.is_empty() {
        spec.push_str("  - ports:\n");
    } else {
        spec.push_str(&format!("  - from:\n{from}    ports:\n"));
    }
    for (protocol, port) in ports {
        spec.push_str(&format!("    - {{protocol: {protocol}, port: {port}}}\n"));
    }
    spec
}

/// Where a port of a Service leads: its target, or the same number.
fn target_port(port: Node<'_>) -> Option<Port<'_>> {
    let protocol = protocol(port);
    let target = port.get("targetPort").or_else(|| port.get("port"))?;
    if let Some(number) = target.as_int().filter(|number| is_port(*number)) {
        return Some((protocol, number.to_string()));
    }
    // An IANA service name (k8s.io/apimachinery, `IsValidPortName`).
    let name = target.as_str().filter(|name| is_dns_name(name) && name.len() <= 15)?;
    Some((protocol, yaml::edit::text(name)))
}

fn protocol(port: Node<'_>) -> &'static str {
    match port.str("protocol") {
        Some("UDP") => "UDP",
        Some("SCTP") => "SCTP",
        _ => "TCP",
    }
}

fn is_port(number: i64) -> bool {
    (1..=65_535).contains(&number)
}
