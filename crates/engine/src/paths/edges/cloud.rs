//! From service accounts, pods and nodes to a cloud.

use super::super::field;
use super::{EDGE, Edge, Gain, Need, all, rights};

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "aws-role",
        name: "A role of AWS by annotation",
        needs: &[Need::Annotation("eks.amazonaws.com/role-arn")],
        gives: Gain::Cloud,
        source: "https://docs.aws.amazon.com/eks/latest/userguide/\
                 iam-roles-for-service-accounts.html",
        page: "The annotation names the role of AWS that the service account takes.",
        ..EDGE
    },
    Edge {
        id: "google-service-account",
        name: "A service account of Google Cloud by annotation",
        needs: &[Need::Annotation("iam.gke.io/gcp-service-account")],
        gives: Gain::Cloud,
        source: "https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
        page: "The annotation names the service account of Google Cloud that the service account \
               acts as.",
        ..EDGE
    },
    Edge {
        id: "azure-identity",
        name: "An identity of Azure by annotation",
        needs: &[Need::Annotation("azure.workload.identity/client-id")],
        gives: Gain::Cloud,
        source: "https://azure.github.io/azure-workload-identity/docs/topics/\
                 service-account-labels-and-annotations.html",
        page: "The annotation names the identity of Azure that the service account takes.",
        ..EDGE
    },
    Edge {
        id: "claim-aws-role",
        name: "Claim a role of AWS by annotation",
        needs: &[Need::NewPods, all(&rights::CHANGE_ACCOUNTS)],
        gives: Gain::CloudClaim("eks.amazonaws.com/role-arn"),
        source: "https://docs.aws.amazon.com/eks/latest/userguide/\
                 iam-roles-for-service-accounts.html",
        page: "Whoever writes the annotation `eks.amazonaws.com/role-arn` on a service \
               account, and runs a pod as it, \
               takes the identity it names, if the cloud trusts that service account. Which it \
               trusts is set there, often by a pattern.",
        ..EDGE
    },
    Edge {
        id: "claim-google-service-account",
        name: "Claim a service account of Google Cloud by annotation",
        needs: &[Need::NewPods, all(&rights::CHANGE_ACCOUNTS)],
        gives: Gain::CloudClaim("iam.gke.io/gcp-service-account"),
        source: "https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
        page: "Whoever writes the annotation `iam.gke.io/gcp-service-account` on a service \
               account, and runs a pod as it, \
               takes the identity it names, if the cloud trusts that service account. Which it \
               trusts is set there, often by a pattern.",
        ..EDGE
    },
    Edge {
        id: "claim-azure-identity",
        name: "Claim an identity of Azure by annotation",
        needs: &[Need::NewPods, all(&rights::CHANGE_ACCOUNTS)],
        gives: Gain::CloudClaim("azure.workload.identity/client-id"),
        source: "https://azure.github.io/azure-workload-identity/docs/",
        page: "Whoever writes the annotation `azure.workload.identity/client-id` on a service \
               account, and runs a pod as it, \
               takes the identity it names, if the cloud trusts that service account. Which it \
               trusts is set there, often by a pattern.",
        ..EDGE
    },
    Edge {
        id: "node-cloud-identity",
        name: "The cloud identity of a node",
        needs: &[Need::AnyNode, Need::CloudNode],
        gives: Gain::Cloud,
        source: "https://hackingthe.cloud/aws/exploitation/ec2-metadata-ssrf/",
        page: "A node of a cloud has an identity there, which its metadata service gives out.",
        ..EDGE
    },
    Edge {
        id: "host-network-metadata",
        name: "The metadata service through the host's network",
        needs: &[Need::Pod(&field::HOST_NETWORK), Need::CloudNode],
        gives: Gain::Cloud,
        source: "https://docs.aws.amazon.com/eks/latest/best-practices/\
                 identity-and-access-management.html",
        page: "A pod in its node's network reaches the metadata service as the node does, \
               whatever hop limit and policies say.",
        ..EDGE
    },
];
