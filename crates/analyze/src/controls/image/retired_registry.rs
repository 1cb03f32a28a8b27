//! What is no longer fed gets no repairs.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-006",
    name: "retired-registry",
    title: "Image from a registry that is no longer fed",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("retired_registry.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let Some(image) = Reference::parse(container.image()) else { continue };
        let is_from = |retired: &&Retired| image.is_from(&[retired.place.to_owned()]);
        let Some(retired) = RETIRED.iter().find(is_from) else { continue };
        let because = format!(
            "container `{}` comes from `{}`, which {}",
            container.name(),
            retired.place,
            retired.since
        );
        report.finding(container.at("image"), because, Fix::advice(retired.advice));
    }
}

/// A place that images are no longer put to.
struct Retired {
    place: &'static str,
    since: &'static str,
    advice: &'static str,
}

/// From the announcements: kubernetes.io/blog 2023-02-06 (image registry freeze), github.com/
/// bitnami/containers issue 83267, github.com/kubernetes-sigs/kubebuilder discussion 3907,
/// docs.github.com (migration to the container registry).
const RETIRED: &[Retired] = &[
    Retired {
        place: "k8s.gcr.io",
        since: "gets no new images since April 2023",
        advice: "take it from registry.k8s.io",
    },
    Retired {
        place: "gcr.io/google-containers",
        since: "gets no new images: registry.k8s.io took its place",
        advice: "take it from registry.k8s.io",
    },
    Retired {
        place: "gcr.io/google_containers",
        since: "gets no new images: registry.k8s.io took its place",
        advice: "take it from registry.k8s.io",
    },
    Retired {
        place: "gcr.io/kubebuilder",
        since: "is switched off: its images cannot be pulled on a new node",
        advice: "take kube-rbac-proxy from quay.io/brancz, or use the manager's own authentication",
    },
    Retired {
        place: "docker.io/bitnamilegacy",
        since: "holds the last images of August 2025 and gets no repairs",
        advice: "use the vendor's own image or a maintained one",
    },
    Retired {
        place: "docker.io/bitnami",
        since: "keeps only moving tags since August 2025; versions went to bitnamilegacy \
         unrepaired",
        advice: "use the vendor's own image or a maintained one",
    },
    Retired {
        place: "docker.pkg.github.com",
        since: "was replaced by ghcr.io",
        advice: "take it from ghcr.io",
    },
];
