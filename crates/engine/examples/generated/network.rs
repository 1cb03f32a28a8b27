//! A generated cluster for the network: namespaces with ten workloads of twenty pods each, and
//! stacked policies with ranges, named ports and address blocks.

mod objects;

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use model::Snapshot;

pub(crate) use objects::{Objects, WORLD, mix};

pub(crate) const WORKLOADS: u64 = 10;
pub(crate) const PODS: u64 = 20;

/// So many namespaces, each with so many policies.
pub(crate) fn cluster(namespaces: u64, policies: u64) -> Snapshot {
    let mut objects = Objects::new();
    let mut add = |text: &str| objects.add(text);
    for namespace in 0..namespaces {
        add(&format!(
            concat!(
                r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"ns-{0}","#,
                r#""labels":{{"team":"team-{1}","stage":"stage-{2}"}}}}}}"#
            ),
            namespace,
            namespace % 20,
            namespace % 3
        ));
        for number in 0..WORKLOADS * PODS {
            add(&pod(namespace, number));
        }
        for policy in 0..policies {
            let name = format!("policy-{policy}");
            add(&self::policy(namespace, &name, namespace * 1_000 + policy, namespaces));
        }
    }
    objects.snapshot()
}

/// The address of a pod, counted through all namespaces.
pub(crate) fn address(pod: u64) -> Ipv4Addr {
    let [.., a, b, c] = pod.to_be_bytes();
    Ipv4Addr::new(10, a, b, c)
}

fn pod(namespace: u64, number: u64) -> String {
    let workload = number / PODS;
    let place = namespace * WORKLOADS * PODS + number;
    format!(
        concat!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"app-{workload}-{number}","#,
            r#""namespace":"ns-{namespace}","labels":{{"app":"app-{workload}","#,
            r#""tier":"tier-{tier}","pod-template-hash":"{hash}"}},"ownerReferences":[{{"kind":"#,
            r#""ReplicaSet","name":"app-{workload}-{hash}","controller":true}}]}},"#,
            r#""spec":{{"nodeName":"node-{node}","containers":[{{"name":"c","image":"i","#,
            r#""ports":[{{"name":"http","containerPort":{port}}}]}}]}},"#,
            r#""status":{{"podIP":"{address}"}}}}"#
        ),
        workload = workload,
        number = number,
        namespace = namespace,
        tier = workload % 4,
        hash = mix(namespace * 100 + workload) % 100_000,
        node = mix(place) % 1_000,
        port = 8_080 + workload % 3,
        address = address(place),
    )
}

pub(crate) fn policy(namespace: u64, name: &str, seed: u64, namespaces: u64) -> String {
    let at = mix(seed);
    let subject = if at.is_multiple_of(8) {
        String::from("{}")
    } else {
        format!(r#"{{"matchLabels":{{"app":"app-{}"}}}}"#, at / 8 % WORKLOADS)
    };
    let types = match at / 100 % 4 {
        0 | 1 => r#"["Ingress"]"#,
        2 => r#"["Egress"]"#,
        _ => r#"["Ingress","Egress"]"#,
    };
    let (ingress, egress) =
        (rules(seed, "from", namespaces), rules(seed + 500_000_000, "to", namespaces));
    format!(
        concat!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":"#,
            r#"{{"name":"{0}","namespace":"ns-{1}"}},"spec":{{"podSelector":{2},"#,
            r#""policyTypes":{3},"ingress":[{4}],"egress":[{5}]}}}}"#
        ),
        name, namespace, subject, types, ingress, egress
    )
}

fn rules(seed: u64, peers: &str, namespaces: u64) -> String {
    let mut text = String::new();
    for rule in 0..=mix(seed + 7) % 3 {
        let at = mix(seed * 11 + rule);
        let peer = match at % 16 {
            0..7 => {
                format!(r#"{{"podSelector":{{"matchLabels":{{"app":"app-{}"}}}}}}"#, at / 16 % 10)
            }
            7..11 => format!(
                concat!(
                    r#"{{"namespaceSelector":{{"matchLabels":{{"team":"team-{}"}}}},"#,
                    r#""podSelector":{{"matchLabels":{{"tier":"tier-{}"}}}}}}"#
                ),
                at / 16 % 20,
                at / 320 % 4
            ),
            11..13 => format!(
                concat!(
                    r#"{{"namespaceSelector":{{"matchLabels":"#,
                    r#"{{"kubernetes.io/metadata.name":"ns-{}"}}}}}}"#
                ),
                at / 16 % namespaces
            ),
            13 => String::from(r#"{"namespaceSelector":{}}"#),
            _ => format!(
                r#"{{"ipBlock":{{"cidr":"{0}.0.0.0/8","except":["{0}.{1}.0.0/16"]}}}}"#,
                20 + at / 16 % 100,
                at / 1_600 % 256
            ),
        };
        let mut ports = String::new();
        for port in 0..=at / 7 % 3 {
            let at = mix(at + port);
            let comma = if port == 0 { "" } else { "," };
            let _ = match at % 8 {
                0 => write!(ports, r#"{comma}{{"port":"http"}}"#),
                1 => write!(ports, r#"{comma}{{"port":{},"endPort":{}}}"#, 3_000, 3_100 + at % 50),
                2 => write!(ports, r#"{comma}{{"protocol":"UDP","port":53}}"#),
                _ => write!(
                    ports,
                    r#"{comma}{{"port":{}}}"#,
                    [80, 443, 8080, 5432][(at / 8 % 4) as usize]
                ),
            };
        }
        let comma = if rule == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}{{"{peers}":[{peer}],"ports":[{ports}]}}"#);
    }
    text
}

/// The most memory the process had so far, the snapshot included; 0 where that is not told.
pub(crate) fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kibibytes.map_or(0.0, |kibibytes: f64| kibibytes / 1024.0)
}
