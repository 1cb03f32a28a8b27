//! What an Ingress serves and how it is guarded.

use model::{Node, Object, Path};

use crate::Kinds;

/// The kind these controls look at, in both groups it has lived in.
pub(super) const INGRESS: Kinds =
    Kinds::Of(&[("networking.k8s.io", "Ingress"), ("extensions", "Ingress")]);

/// The hosts of its rules, with their places.
pub(super) fn hosts<'a>(ingress: &Object<'a>) -> impl Iterator<Item = (Path, &'a str)> {
    let rules = ingress.root.field("spec.rules").into_iter().flat_map(Node::items);
    let at = ingress.at("spec.rules");
    rules.enumerate().filter_map(move |(index, rule)| {
        let host = rule.str("host").filter(|host| !host.is_empty())?;
        Some((at.clone().index(index).field("host"), host))
    })
}

/// The Services its rules lead to, with the places of their names.
pub(super) fn backends<'a>(ingress: &Object<'a>) -> Vec<(Path, &'a str)> {
    let rules = ingress.root.field("spec.rules").into_iter().flat_map(Node::items);
    let mut found = Vec::new();
    for (index, rule) in rules.enumerate() {
        let at = ingress.at("spec.rules").index(index).field("http.paths");
        let paths = rule.field("http.paths").into_iter().flat_map(Node::items);
        for (index, path) in paths.enumerate() {
            for field in ["backend.service.name", "backend.serviceName"] {
                if let Some(name) = path.field(field).and_then(Node::as_str) {
                    found.push((at.clone().index(index).field(field), name));
                }
            }
        }
    }
    found
}

/// Whether a certificate of `tls` is for the host; an entry without hosts is for all.
pub(super) fn is_covered(spec: Node<'_>, host: &str) -> bool {
    let is_for = |name: Option<&str>| match name.map(|name| (name, name.strip_prefix("*."))) {
        Some((_, Some(domain))) => host.split_once('.').is_some_and(|(_, parent)| parent == domain),
        Some((name, None)) => name == host,
        None => false,
    };
    let mut entries = spec.list("tls");
    entries.any(|entry| {
        let mut names = entry.list("hosts").map(Node::as_str).peekable();
        names.peek().is_none() || names.any(is_for)
    })
}

/// Annotations that say where else the certificate comes from (documentation of the
/// controllers): any value but an empty one or `false`.
const TLS_ELSEWHERE: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "kubernetes.azure.com/tls-cert-keyvault-uri",
    "networking.gke.io/managed-certificates",
    "networking.gke.io/certmap",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "route.openshift.io/termination",
    "traefik.ingress.kubernetes.io/router.tls",
    "traefik.ingress.kubernetes.io/router.tls.certresolver",
];

/// Classes whose traffic comes through an encrypted tunnel.
const TUNNELS: &[&str] = &["tailscale", "cloudflare-tunnel", "ngrok"];

/// Whether the certificate is given by an annotation, or the way itself is encrypted.
pub(super) fn has_tls_elsewhere(ingress: &Object<'_>) -> bool {
    let is_set = |key: &&str| {
        ingress.annotation(key).is_some_and(|value| !value.is_empty() && value != "false")
    };
    // The AWS controller finds the certificate for an HTTPS listener by the host.
    let listens = ingress.annotation("alb.ingress.kubernetes.io/listen-ports").unwrap_or_default();
    let class = ingress.root.field("spec.ingressClassName").and_then(Node::as_str);
    let class = class.or_else(|| ingress.annotation("kubernetes.io/ingress.class"));
    TLS_ELSEWHERE.iter().any(is_set)
        || listens.contains("HTTPS")
        || class.is_some_and(|class| TUNNELS.contains(&class))
}

/// Annotations that put a login or a list of networks in front.
const AUTHENTICATION: &[&str] = &[
    "alb.ingress.kubernetes.io/auth-type",
    "nginx.ingress.kubernetes.io/auth-secret",
    "nginx.ingress.kubernetes.io/auth-tls-secret",
    "nginx.ingress.kubernetes.io/auth-url",
    "nginx.ingress.kubernetes.io/allowlist-source-range",
    "nginx.ingress.kubernetes.io/whitelist-source-range",
    "traefik.ingress.kubernetes.io/router.middlewares",
];

/// Whether the controller asks who comes.
pub(super) fn has_authentication(ingress: &Object<'_>) -> bool {
    let annotations = ingress.root.field("metadata.annotations");
    AUTHENTICATION.iter().any(|key| annotations.is_some_and(|map| map.get(key).is_some()))
}
