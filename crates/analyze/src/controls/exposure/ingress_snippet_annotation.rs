//! Who writes a snippet writes the configuration of a proxy that reads all Secrets.

use model::{Fix, Node, Object, Severity};

use super::ingress::INGRESS;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-012",
    name: "ingress-snippet-annotation",
    title: "Ingress writes into the proxy's configuration",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("ingress_snippet_annotation.md"),
    check: Check::Object(INGRESS, check),
};

fn check(ingress: &Object<'_>, report: &mut Report<'_>) {
    let annotations = ingress.root.field("metadata.annotations");
    for (key, value) in annotations.into_iter().flat_map(Node::entries) {
        let Some((_, name)) = key.split_once('/') else { continue };
        if !SNIPPETS.contains(&name) || !key.contains("nginx") {
            continue;
        }
        let reaches = value.as_str().is_none_or(|text| REACHES.iter().any(|w| text.contains(w)));
        let severity = if reaches { Severity::High } else { Severity::Medium };
        let because = format!(
            "Ingress `{}` adds its own lines to the configuration of a proxy that serves and \
             reads the Secrets of all",
            ingress.name
        );
        let fix = Fix::advice("use an annotation made for the purpose, and forbid snippets");
        report.finding_of(severity, ingress.at("metadata.annotations").key(key), because, fix);
    }
}

/// Annotations whose text nginx takes as it is (documentation of ingress-nginx and of the NGINX
/// Ingress Controller).
const SNIPPETS: &[&str] = &[
    "auth-snippet",
    "configuration-snippet",
    "location-snippets",
    "modsecurity-snippet",
    "server-snippet",
    "server-snippets",
    "stream-snippet",
];

/// Words that reach beyond the request: ingress-nginx lists them for its block list
/// (`annotation-value-word-blocklist`).
const REACHES: &[&str] =
    &["load_module", "lua_package", "_by_lua", "alias ", "root ", "serviceaccount", "proxy_pass"];
