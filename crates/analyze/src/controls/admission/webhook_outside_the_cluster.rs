//! Whoever serves the address reads, and may change, what is written to the cluster.

use model::{Fix, Node, Object, Severity};

use super::webhook::{Scope, webhooks};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-005",
    name: "webhook-outside-the-cluster",
    title: "Webhook outside the cluster",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("webhook_outside_the_cluster.md"),
    check: Check::Object(
        Kinds::Of(&[
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let fix = Fix::advice("run the webhook in the cluster and name its `service`");
    if object.kind == "CustomResourceDefinition" {
        let at = "spec.conversion.webhook.clientConfig.url";
        if let Some(url) = object.root.field(at).and_then(Node::as_str)
            && is_outside(url)
        {
            let because =
                format!("`{}` reads and rewrites every object of `{}`", host(url), object.name);
            report.finding_of(Severity::Low, object.at(at), because, fix);
        }
        return;
    }
    for webhook in webhooks(object) {
        let url = webhook.node.field("clientConfig.url").and_then(Node::as_str);
        let Some(url) = url.filter(|url| is_outside(url)) else { continue };
        let severity = match webhook.scope() {
            Scope::Everything => Severity::Medium,
            Scope::Workloads | Scope::Own => Severity::Low,
        };
        let because = format!(
            "`{}` is shown what webhook `{}` covers, and decides over it",
            host(url),
            webhook.name()
        );
        let at = webhook.at.field("clientConfig.url");
        report.finding_of(severity, at, because, fix.clone());
    }
}

/// The host of a URL, without what may be a credential in it.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Whether a URL leads out of the cluster, as far as it shows.
fn is_outside(url: &str) -> bool {
    let host = host(url);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_loopback = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let is_service = name.rsplit('.').next() == Some("svc") || name.ends_with(".svc.cluster.local");
    !is_loopback && !is_service
}
