//! Policies that come into the generated cluster.

use model::Snapshot;

use crate::generated::{Objects, policy};

fn one(text: &str) -> Snapshot {
    let mut objects = Objects::new();
    objects.add(text);
    objects.snapshot()
}

pub(crate) fn nothing() -> Snapshot {
    Objects::new().snapshot()
}

/// One that says something else under a name.
pub(crate) fn other(namespace: u64, name: &str, namespaces: u64) -> Snapshot {
    one(&policy(namespace, name, namespace * 1_000 + 999, namespaces))
}

/// One that lets nobody in and nothing out.
pub(crate) fn closed(namespace: u64) -> Snapshot {
    one(&format!(
        concat!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":"#,
            r#"{{"name":"closed","namespace":"ns-{0}"}},"spec":{{"podSelector":{{}},"#,
            r#""policyTypes":["Ingress","Egress"]}}}}"#
        ),
        namespace
    ))
}

/// One that asks for what no other policy asks for.
pub(crate) fn unheard(namespace: u64) -> Snapshot {
    one(&format!(
        concat!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":"#,
            r#"{{"name":"unheard","namespace":"ns-{0}"}},"spec":{{"podSelector":"#,
            r#"{{"matchLabels":{{"app":"app-1"}}}},"ingress":[{{"from":[{{"podSelector":"#,
            r#"{{"matchExpressions":[{{"key":"pod-template-hash","operator":"In","#,
            r#""values":["1","2"]}}]}}}},{{"ipBlock":{{"cidr":"10.0.7.0/24"}}}}],"#,
            r#""ports":[{{"port":"metrics"}},{{"port":80}}]}}]}}}}"#
        ),
        namespace
    ))
}

/// One of the cluster.
pub(crate) fn everybody() -> Snapshot {
    one(concat!(
        r#"{"apiVersion":"policy.networking.k8s.io/v1alpha1","kind":"AdminNetworkPolicy","#,
        r#""metadata":{"name":"everybody"},"spec":{"priority":1,"subject":{"namespaces":{}},"#,
        r#""egress":[{"action":"Deny","to":[{"networks":["169.254.169.254/32"]}]}],"#,
        r#""ingress":[{"action":"Allow","from":[{"pods":{"namespaceSelector":{"matchLabels":"#,
        r#"{"kubernetes.io/metadata.name":"ns-0"}},"podSelector":{"matchLabels":"#,
        r#"{"app":"app-0"}}}}],"ports":[{"portNumber":{"protocol":"TCP","port":9100}}]}]}}"#
    ))
}
