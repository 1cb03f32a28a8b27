//! From an identity to operators that apply what objects say, with rights of their own.

use super::{EDGE, Edge, Gain, Need, Right, Serves, all};

const WRITE_APPLICATIONS: Right = Right {
    id: "write-applications.argoproj.io",
    any_of: &[
        ("create", "applications.argoproj.io"),
        ("patch", "applications.argoproj.io"),
        ("update", "applications.argoproj.io"),
    ],
};
const CREATE_KUSTOMIZATIONS: Right = Right {
    id: "create-kustomizations",
    any_of: &[("create", "kustomizations.kustomize.toolkit.fluxcd.io")],
};
const CREATE_HELM_RELEASES: Right = Right {
    id: "create-helmreleases",
    any_of: &[("create", "helmreleases.helm.toolkit.fluxcd.io")],
};
const CREATE_SOURCES: Right = Right {
    id: "create-sources",
    any_of: &[
        ("create", "gitrepositories.source.toolkit.fluxcd.io"),
        ("create", "ocirepositories.source.toolkit.fluxcd.io"),
        ("create", "buckets.source.toolkit.fluxcd.io"),
    ],
};
const CREATE_CHART_SOURCES: Right = Right {
    id: "create-chart-sources",
    any_of: &[
        ("create", "helmrepositories.source.toolkit.fluxcd.io"),
        ("create", "gitrepositories.source.toolkit.fluxcd.io"),
        ("create", "ocirepositories.source.toolkit.fluxcd.io"),
        ("create", "buckets.source.toolkit.fluxcd.io"),
    ],
};
const FLUX: &str = "https://fluxcd.io/flux/installation/configuration/multitenancy/";

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "argo-cd-application",
        name: "Have Argo CD apply manifests",
        needs: &[
            Need::Operator("argocd-application-controller", Serves::OwnNamespace),
            all(&WRITE_APPLICATIONS),
        ],
        gives: Gain::Operator,
        source: "https://argo-cd.readthedocs.io/en/stable/operator-manual/security/",
        page: "An Application names a repository and a destination: what lies there is applied \
               by Argo CD's controller as itself. The AppProject `default` lets everything; one \
               that was narrowed may not.",
        ..EDGE
    },
    Edge {
        id: "flux-kustomization",
        name: "Have Flux apply manifests",
        needs: &[
            Need::Operator("kustomize-controller", Serves::EveryNamespace),
            all(&CREATE_KUSTOMIZATIONS),
            all(&CREATE_SOURCES),
        ],
        gives: Gain::Operator,
        source: FLUX,
        page: "A Kustomization that names no service account is applied by Flux's controller as \
               itself, unless it runs with `--default-service-account`. The source it is read \
               from is the attacker's own.",
        ..EDGE
    },
    Edge {
        id: "flux-helm-release",
        name: "Have Flux install a chart",
        needs: &[
            Need::Operator("helm-controller", Serves::EveryNamespace),
            all(&CREATE_HELM_RELEASES),
            all(&CREATE_CHART_SOURCES),
        ],
        gives: Gain::Operator,
        source: FLUX,
        page: "A HelmRelease that names no service account is installed by Flux's controller as \
               itself, unless it runs with `--default-service-account`.",
        ..EDGE
    },
];
