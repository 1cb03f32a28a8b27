//! From an identity to another, or to more rights.

use model::KubernetesVersion;

use super::{
    EDGE, Edge, Gain, Name, Need, PRACTICES, Target, Within, all, cluster, cluster_on,
    cluster_signer, cluster_some, of_account, on, rights,
};
use crate::rbac::CONSTRAINED_SINCE;

/// Since when no Secret is made for each service account: the feature gate
/// `LegacyServiceAccountTokenNoAutoGeneration`, beta and on in 1.24.
const NO_TOKEN_SECRETS_SINCE: KubernetesVersion = KubernetesVersion::minor(24);
/// Since when the API server refuses redirects by aggregated API servers: 1.25.1, with backports.
const REDIRECTS_REFUSED_SINCE: KubernetesVersion = KubernetesVersion::minor(26);
const KUBELET_SIGNER: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const SIGNER: &str = "kubernetes.io/kube-apiserver-client";
const IMPERSONATION: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation";
const CONSTRAINED: &str = "https://kep.k8s.io/5284";
const SIGNING: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/";

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "everything",
        name: "A rule with stars alone",
        needs: &[cluster(&rights::EVERYTHING)],
        source: PRACTICES,
        page: "A rule with a star for verbs, groups and resources, granted in the whole cluster, \
               is cluster-admin under another name.",
        ..EDGE
    },
    Edge {
        id: "everything-in-namespace",
        name: "A rule with stars alone in a namespace",
        needs: &[all(&rights::EVERYTHING)],
        gives: Gain::NamespaceAdmin,
        source: PRACTICES,
        page: "A rule with a star for verbs, groups and resources holds for whatever the \
               namespace has or will have.",
        ..EDGE
    },
    Edge {
        id: "bind-cluster-role-everywhere",
        name: "Bind a ClusterRole in the whole cluster",
        needs: &[
            cluster(&rights::CREATE_CLUSTER_BINDINGS),
            cluster_on(&rights::BIND_CLUSTER_ROLES),
        ],
        gives: Gain::Role,
        target: Target::ClusterRoleEverywhere,
        source: PRACTICES,
        page: "The verb `bind` lifts the guard that nobody grants what they do not hold. With the \
               right to create ClusterRoleBindings, the role (any role, if the rule names none) \
               is one object away.",
        ..EDGE
    },
    Edge {
        id: "bind-cluster-role",
        name: "Bind a ClusterRole in a namespace",
        needs: &[all(&rights::CREATE_BINDINGS), on(&rights::BIND_CLUSTER_ROLES)],
        gives: Gain::Role,
        target: Target::ClusterRole,
        source: PRACTICES,
        page: "With the verb `bind` on ClusterRoles and the right to create RoleBindings, what a \
               ClusterRole grants is granted in the namespace.",
        ..EDGE
    },
    Edge {
        id: "bind-role",
        name: "Bind a Role",
        needs: &[all(&rights::CREATE_BINDINGS), on(&rights::BIND_ROLES)],
        gives: Gain::Role,
        target: Target::Role,
        source: PRACTICES,
        page: "With the verb `bind` on Roles and the right to create RoleBindings, each Role of \
               the namespace can be had.",
        ..EDGE
    },
    Edge {
        id: "escalate-cluster-role",
        name: "Write more into a ClusterRole one holds",
        needs: &[
            Need::HeldRole,
            cluster_on(&rights::ESCALATE_CLUSTER_ROLES),
            cluster_on(&rights::CHANGE_CLUSTER_ROLES),
        ],
        gives: Gain::EverythingWhereHeld,
        target: Target::ClusterRoleEverywhere,
        source: PRACTICES,
        page: "The verb `escalate` lifts the guard on the rules of roles. Whoever holds a role \
               and may change it so writes themselves every right wherever they hold it.",
        ..EDGE
    },
    Edge {
        id: "escalate-role",
        name: "Write more into a Role one holds",
        needs: &[Need::HeldRole, on(&rights::ESCALATE_ROLES), on(&rights::CHANGE_ROLES)],
        gives: Gain::EverythingWhereHeld,
        target: Target::Role,
        source: PRACTICES,
        page: "As with ClusterRoles: a Role that its holder may change without the guard becomes \
               every right in its namespace.",
        ..EDGE
    },
    Edge {
        id: "impersonate-service-account",
        name: "Impersonate a service account",
        needs: &[on(&rights::IMPERSONATE_ACCOUNTS)],
        gives: Gain::ServiceAccounts,
        target: Target::ServiceAccount,
        source: IMPERSONATION,
        page: "The verb `impersonate` on service accounts lets somebody act as them. The \
               ClusterRoles `edit` and `admin` have it.",
        ..EDGE
    },
    Edge {
        id: "impersonate-user",
        name: "Impersonate a user",
        needs: &[cluster_on(&rights::IMPERSONATE_USERS)],
        gives: Gain::Users,
        target: Target::User,
        source: IMPERSONATION,
        page: "The verb `impersonate` on users lets somebody act as them, without the groups \
               they are in.",
        ..EDGE
    },
    Edge {
        id: "impersonate-group",
        name: "Impersonate a member of a group",
        needs: &[cluster_some(&rights::IMPERSONATE_USERS), cluster_on(&rights::IMPERSONATE_GROUPS)],
        gives: Gain::Groups,
        target: Target::Group,
        source: IMPERSONATION,
        page: "With the verb `impersonate` on groups, and on a user to carry them, somebody acts \
               as a member: of `system:masters` too, which may do everything.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-secrets",
        name: "Read Secrets as a member of a group",
        needs: &[
            cluster_some(&rights::CONSTRAINED_USERS),
            cluster_on(&rights::CONSTRAINED_GROUPS),
            Need::ImpersonatedMay,
            all(&rights::ON_SECRETS),
        ],
        gives: Gain::Secrets,
        target: Target::Group,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "Constrained impersonation limits what is done in the name of others: as a member \
               of a group that reads Secrets, reading them succeeds. `system:masters` is \
               refused.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-pods",
        name: "Create pods as a member of a group",
        needs: &[
            cluster_some(&rights::CONSTRAINED_USERS),
            cluster_on(&rights::CONSTRAINED_GROUPS),
            Need::ImpersonatedMay,
            all(&rights::ON_PODS),
        ],
        gives: Gain::NewPods,
        target: Target::Group,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "Constrained impersonation of a group that creates pods, for creating pods, is the \
               right to create pods.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-bindings",
        name: "Create ClusterRoleBindings as a member of a group",
        needs: &[
            cluster_some(&rights::CONSTRAINED_USERS),
            cluster_on(&rights::CONSTRAINED_GROUPS),
            Need::ImpersonatedMay,
            cluster(&rights::ON_BINDINGS),
        ],
        target: Target::Group,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "A group that may bind every ClusterRole passes the guard against escalation: who \
               creates ClusterRoleBindings in its name grants themselves everything.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-user-secrets",
        name: "Read Secrets as a user",
        needs: &[
            cluster_on(&rights::CONSTRAINED_USERS),
            Need::ImpersonatedMay,
            all(&rights::ON_SECRETS),
        ],
        gives: Gain::Secrets,
        target: Target::User,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "As a user who reads Secrets, by constrained impersonation of that user for reading \
               them, somebody reads them. The user's groups do not come along.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-user-pods",
        name: "Create pods as a user",
        needs: &[
            cluster_on(&rights::CONSTRAINED_USERS),
            Need::ImpersonatedMay,
            all(&rights::ON_PODS),
        ],
        gives: Gain::NewPods,
        target: Target::User,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "Constrained impersonation of a user who creates pods, for creating pods, is the \
               right to create pods.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-user-bindings",
        name: "Create ClusterRoleBindings as a user",
        needs: &[
            cluster_on(&rights::CONSTRAINED_USERS),
            Need::ImpersonatedMay,
            cluster(&rights::ON_BINDINGS),
        ],
        target: Target::User,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "A user who may bind every ClusterRole passes the guard against escalation: who \
               creates ClusterRoleBindings in their name grants themselves everything.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-account-secrets",
        name: "Read Secrets as a service account",
        needs: &[
            of_account(&rights::CONSTRAINED_ACCOUNTS),
            Need::ImpersonatedMay,
            all(&rights::AS_ACCOUNT_ON_SECRETS),
        ],
        gives: Gain::Secrets,
        target: Target::ServiceAccount,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "The mode `impersonate:serviceaccount` is granted where the account is, what is done \
               in its name where it is done: together they read the Secrets that the account \
               reads.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-account-pods",
        name: "Create pods as a service account",
        needs: &[
            of_account(&rights::CONSTRAINED_ACCOUNTS),
            Need::ImpersonatedMay,
            all(&rights::AS_ACCOUNT_ON_PODS),
        ],
        gives: Gain::NewPods,
        target: Target::ServiceAccount,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "Constrained impersonation of a service account that creates pods, a controller's \
               say, for creating pods, is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-account-bindings",
        name: "Create ClusterRoleBindings as a service account",
        needs: &[
            of_account(&rights::CONSTRAINED_ACCOUNTS),
            Need::ImpersonatedMay,
            cluster(&rights::AS_ACCOUNT_ON_BINDINGS),
        ],
        target: Target::ServiceAccount,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "A service account that may bind every ClusterRole passes the guard against \
               escalation: who creates ClusterRoleBindings in its name grants themselves \
               everything.",
        ..EDGE
    },
    Edge {
        id: "create-token",
        name: "Ask for a token of a service account",
        needs: &[on(&rights::TOKENS)],
        gives: Gain::ServiceAccounts,
        target: Target::ServiceAccount,
        source: PRACTICES,
        page: "`create` on `serviceaccounts/token` issues tokens of a service account to whoever \
               asks.",
        ..EDGE
    },
    Edge {
        id: "create-token-secret",
        name: "Have a token written into a Secret and read it",
        needs: &[all(&rights::CREATE_SECRETS), all(&rights::READ_SECRETS)],
        gives: Gain::ServiceAccounts,
        source: PRACTICES,
        page: "A Secret of type `kubernetes.io/service-account-token` is filled with a token of \
               the service account it names. Whoever creates it and reads it back acts as any \
               service account of the namespace, without an end.",
        ..EDGE
    },
    Edge {
        id: "read-token-secret",
        name: "Read a Secret with a token",
        needs: &[on(&rights::READ_SECRETS)],
        gives: Gain::ServiceAccounts,
        target: Target::TokenSecret,
        source: PRACTICES,
        page: "A Secret of type `kubernetes.io/service-account-token` holds a token of a service \
               account that does not expire.",
        ..EDGE
    },
    Edge {
        id: "read-generated-token-secret",
        name: "Read the Secrets made for service accounts",
        needs: &[Need::Secrets],
        gives: Gain::ServiceAccounts,
        until: Some(NO_TOKEN_SECRETS_SINCE),
        source: "https://kep.k8s.io/2799",
        page: "Until 1.23 every service account had a Secret with its token: reading the Secrets \
               of a namespace was acting as all of them.",
        ..EDGE
    },
    Edge {
        id: "read-secrets",
        name: "Read Secrets",
        needs: &[all(&rights::READ_SECRETS)],
        gives: Gain::Secrets,
        source: PRACTICES,
        page: "`get`, `list` and `watch` on Secrets all show what they hold.",
        ..EDGE
    },
    Edge {
        id: "approve-certificate",
        name: "Approve one's own client certificate",
        needs: &[
            cluster(&rights::CREATE_REQUESTS),
            cluster(&rights::APPROVE_REQUESTS),
            cluster_signer(&rights::APPROVE, SIGNER),
        ],
        gives: Gain::AnyIdentity,
        source: SIGNING,
        page: "Who creates a CertificateSigningRequest and approves it for the signer \
               `kubernetes.io/kube-apiserver-client` has a certificate for whatever user and \
               groups they wrote into it; only `system:masters` is refused.",
        ..EDGE
    },
    Edge {
        id: "approve-kubelet-certificate",
        name: "Approve one's own kubelet certificate",
        needs: &[
            cluster(&rights::CREATE_REQUESTS),
            cluster(&rights::APPROVE_REQUESTS),
            cluster_signer(&rights::APPROVE, KUBELET_SIGNER),
        ],
        gives: Gain::Kubelet,
        source: SIGNING,
        page: "Who creates a CertificateSigningRequest and approves it for the signer \
               `kubernetes.io/kube-apiserver-client-kubelet` is the kubelet of whichever node \
               they name, and is issued tokens for the service accounts of its pods.",
        ..EDGE
    },
    Edge {
        id: "request-kubelet-certificate",
        name: "Ask for a kubelet certificate that is approved by itself",
        needs: &[cluster(&rights::CREATE_REQUESTS), cluster(&rights::NODE_CLIENT)],
        gives: Gain::Kubelet,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/\
                 kubelet-tls-bootstrapping/",
        page: "Requests for kubelet certificates by whoever has `create` on \
               `certificatesigningrequests/nodeclient`, as those who join nodes have, are \
               approved by the controller manager: any node's name may be in them.",
        ..EDGE
    },
    Edge {
        id: "create-bootstrap-token",
        name: "Write a bootstrap token",
        needs: &[Need::Right(&rights::CREATE_SECRETS, Within::Fixed("kube-system"), Name::All)],
        gives: Gain::Bootstrappers,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/",
        page: "A Secret of type `bootstrap.kubernetes.io/token` in `kube-system` is a token of \
               `system:bootstrappers` and of the groups below it that it names: that of who \
               joins a node. It takes an API server with `--enable-bootstrap-token-auth`, as \
               kubeadm sets it up.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-node",
        name: "Ask for tokens as a node",
        needs: &[cluster_on(&rights::ARBITRARY_NODES), cluster(&rights::ON_NODE_TOKENS)],
        gives: Gain::AccountsOnNode,
        target: Target::Node,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "Constrained impersonation of a node (`impersonate:arbitrary-node`) for creating \
               `serviceaccounts/token` has the Node authorizer issue tokens for the service \
               accounts of the pods on that node.",
        ..EDGE
    },
    Edge {
        id: "constrained-impersonation-own-node",
        name: "Ask for tokens as the node one's pod is on",
        needs: &[
            Need::OwnNode,
            cluster(&rights::ASSOCIATED_NODE),
            cluster(&rights::ON_OWN_NODE_TOKENS),
        ],
        gives: Gain::AccountsOnNode,
        target: Target::Node,
        since: Some(CONSTRAINED_SINCE),
        source: CONSTRAINED,
        page: "The token of a pod names its node. With `impersonate:associated-node` for creating \
               `serviceaccounts/token`, as agents that run on every node are given it, whoever \
               is in the pod has the Node authorizer issue tokens for the service accounts of \
               all pods on that node.",
        ..EDGE
    },
    Edge {
        id: "capture-cluster-role",
        name: "Make the missing ClusterRole of a binding",
        needs: &[
            Need::MissingRole,
            cluster(&rights::ESCALATE_CLUSTER_ROLES),
            cluster(&rights::CREATE_CLUSTER_ROLES),
        ],
        gives: Gain::EverythingWhereHeld,
        target: Target::ClusterRoleEverywhere,
        source: PRACTICES,
        page: "A binding to a ClusterRole that is missing grants nothing, until somebody makes \
               one of that name. A subject of the binding who may create ClusterRoles, past the \
               guard by `escalate` for all names (a request to create names none), writes \
               themselves every right where the binding holds.",
        ..EDGE
    },
    Edge {
        id: "capture-role",
        name: "Make the missing Role of a binding",
        needs: &[Need::MissingRole, all(&rights::ESCALATE_ROLES), all(&rights::CREATE_ROLES)],
        gives: Gain::EverythingWhereHeld,
        target: Target::Role,
        source: PRACTICES,
        page: "As with ClusterRoles: a subject of a RoleBinding whose Role is missing, and who \
               may create it past the guard, has every right in the namespace.",
        ..EDGE
    },
    Edge {
        id: "redirecting-api-service",
        name: "Redirect clients from an aggregated API",
        needs: &[
            cluster(&rights::CHANGE_API_SERVICES),
            Need::NewPods,
            all(&rights::CREATE_SERVICES),
        ],
        gives: Gain::Controllers,
        until: Some(REDIRECTS_REFUSED_SINCE),
        source: "https://github.com/kubernetes/kubernetes/issues/112513",
        page: "An APIService sends requests for its API to a Service. Until CVE-2022-3172 was \
               fixed, its server could redirect clients elsewhere, and they followed with their \
               credentials: the controllers of the control plane look through every API. Since \
               then it sees who asks and what, but no credentials.",
        ..EDGE
    },
    Edge {
        id: "aws-auth",
        name: "Write oneself into aws-auth",
        needs: &[
            Need::Right(
                &rights::CHANGE_CONFIG_MAPS,
                Within::Fixed("kube-system"),
                Name::Fixed("aws-auth"),
            ),
            Need::Object("", "ConfigMap", "kube-system", "aws-auth"),
        ],
        source: "https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html",
        page: "On EKS the ConfigMap `aws-auth` says which cloud identity is in which group: an \
               entry with `system:masters` is cluster-admin.",
        ..EDGE
    },
];
