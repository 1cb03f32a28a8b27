//! Annotations that switch off what guards a connection.

use model::{Fix, Node, Object, Severity};

use super::ingress::INGRESS;
use super::is_everywhere;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-013",
    name: "ingress-protection-switched-off",
    title: "Ingress switches a protection off",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("ingress_protection_switched_off.md"),
    check: Check::Object(INGRESS, check),
};

fn check(ingress: &Object<'_>, report: &mut Report<'_>) {
    for Weakness { annotation, severity, is_weak, because } in WEAKNESSES {
        let key = format!("nginx.ingress.kubernetes.io/{annotation}");
        let Some(value) = ingress.annotation(&key) else { continue };
        if is_weak(ingress, value.trim()) {
            let because = format!("Ingress `{}` {because}", ingress.name);
            let at = ingress.at("metadata.annotations").key(&key);
            report.finding_of(
                *severity,
                at.clone(),
                because,
                Fix::remove(at).risky("clients may rely on what is switched off"),
            );
        }
    }
}

/// A value of an annotation that takes a protection away.
struct Weakness {
    annotation: &'static str,
    severity: Severity,
    is_weak: fn(&Object<'_>, &str) -> bool,
    because: &'static str,
}

/// From the annotations' documentation of ingress-nginx.
const WEAKNESSES: &[Weakness] = &[
    Weakness {
        annotation: "auth-tls-verify-client",
        severity: Severity::Medium,
        is_weak: |ingress, value| {
            matches!(value, "off" | "optional_no_ca") && names(ingress, "auth-tls-secret")
        },
        because: "asks for client certificates and takes any, or none",
    },
    Weakness {
        annotation: "cors-allow-origin",
        severity: Severity::Medium,
        is_weak: |ingress, value| {
            let credentials = "nginx.ingress.kubernetes.io/cors-allow-credentials";
            let allows = "nginx.ingress.kubernetes.io/enable-cors";
            value.split(',').any(|origin| origin.trim() == "*")
                && ingress.annotation(allows) == Some("true")
                && ingress.annotation(credentials) == Some("true")
        },
        because: "lets every web site call it with the user's cookies",
    },
    Weakness {
        annotation: "ssl-redirect",
        severity: Severity::Low,
        is_weak: |ingress, value| {
            value == "false" && ingress.root.field("spec.tls").is_some_and(Node::is_list)
        },
        because: "serves plain HTTP beside HTTPS instead of leading over to it",
    },
    Weakness {
        annotation: "whitelist-source-range",
        severity: Severity::Low,
        is_weak: |_, value| value.split(',').any(is_everywhere),
        because: "has a list of allowed networks that holds every address",
    },
    Weakness {
        annotation: "allowlist-source-range",
        severity: Severity::Low,
        is_weak: |_, value| value.split(',').any(is_everywhere),
        because: "has a list of allowed networks that holds every address",
    },
    Weakness {
        annotation: "proxy-ssl-verify",
        severity: Severity::Low,
        is_weak: |ingress, value| value == "off" && names(ingress, "proxy-ssl-secret"),
        because: "does not check whom it speaks to behind it, though it has the authority to",
    },
];

fn names(ingress: &Object<'_>, annotation: &str) -> bool {
    ingress.annotation(&format!("nginx.ingress.kubernetes.io/{annotation}")).is_some()
}
