//! Admission plugins that the cluster relies on can be switched off by one flag.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-006",
    name: "admission-plugin-switched-off",
    title: "Admission switched off",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("admission_plugin_switched_off.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const DISABLE: &str = "disable-admission-plugins";
    for name in ["enable-admission-plugins", "admission-control"] {
        if component.list(name).any(|plugin| plugin == "AlwaysAdmit") {
            let because = "the API server takes whatever it is given: `AlwaysAdmit` is on";
            let fix = Fix::advice("remove `AlwaysAdmit`");
            report.finding(component.at(name), because, fix);
        }
    }
    let off = component.list(DISABLE).find_map(|plugin| {
        let (_, loss) = GUARDS.iter().find(|(name, _)| *name == plugin)?;
        Some((plugin.to_owned(), *loss))
    });
    if let Some((plugin, loss)) = off {
        let because = format!("{loss}: the admission plugin `{plugin}` is off");
        let fix = Fix::advice(format!("remove `{plugin}` from the list"));
        report.finding(component.at(DISABLE), because, fix);
    }
}

/// Plugins that are on by default (kube-apiserver, `DefaultOnPlugins`), and what is lost with
/// each; `NodeRestriction` is on wherever kubeadm made the cluster.
const GUARDS: &[(&str, &str)] = &[
    ("CertificateApproval", "whoever may change certificate requests may approve them"),
    ("CertificateSubjectRestriction", "certificates for `system:masters` can be asked for"),
    ("MutatingAdmissionWebhook", "no webhook is asked to change what is written"),
    ("NamespaceLifecycle", "objects can be made in namespaces that are being deleted"),
    ("NodeRestriction", "a kubelet may change other nodes and their pods"),
    ("PodSecurity", "labels of namespaces hold no pod to a Pod Security level"),
    ("ServiceAccount", "pods may take tokens and Secrets of any service account"),
    ("ValidatingAdmissionPolicy", "no policy refuses anything"),
    ("ValidatingAdmissionWebhook", "no webhook refuses anything"),
];
