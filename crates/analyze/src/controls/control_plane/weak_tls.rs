//! Versions and ciphers with known flaws are taken where they are named.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-017",
    name: "weak-tls",
    title: "TLS of an old version or with a weak cipher",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("weak_tls.md"),
    check: Check::Component(&ComponentKind::ALL, check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const VERSION: &str = "tls-min-version";
    const CIPHERS: &str = "tls-cipher-suites";
    let program = component.kind.program();
    let old = component.text(VERSION).filter(|version| OLD.contains(version));
    if let Some(version) = old {
        let because = format!("`{program}` takes connections whose TLS is broken: `{version}`");
        let fix = Fix::advice("set the version to VersionTLS12 or VersionTLS13");
        report.finding(component.at(VERSION), because, fix);
    }
    let is_weak = |suite: &&str| WEAK.iter().any(|part| suite.contains(part));
    if let Some(suite) = component.list(CIPHERS).find(is_weak) {
        let because = format!("`{program}` takes connections with the weak cipher `{suite}`");
        let fix = Fix::advice("name suites with ECDHE and GCM or CHACHA20 alone");
        report.finding(component.at(CIPHERS), because, fix);
    }
}

/// Versions before 1.2 (RFC 8996).
const OLD: &[&str] = &["VersionTLS10", "VersionTLS11"];

/// Parts of the names of suites that Go calls insecure (crypto/tls, `InsecureCipherSuites`).
const WEAK: &[&str] = &["RC4", "3DES", "TLS_RSA_WITH_", "CBC_SHA256"];
