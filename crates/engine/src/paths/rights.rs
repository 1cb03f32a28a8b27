//! The rights that edges need.

use super::edge::Right;

pub(in crate::paths) const EVERYTHING: Right = Right { id: "everything", any_of: &[("*", "*.*")] };

pub(super) const CREATE_PODS: Right = Right { id: "create-pods", any_of: &[("create", "pods")] };
pub(super) const CHANGE_PODS: Right =
    Right { id: "change-pods", any_of: &[("patch", "pods"), ("update", "pods")] };
pub(super) const REMOVE_PODS: Right = Right {
    id: "remove-pods",
    any_of: &[("delete", "pods"), ("deletecollection", "pods"), ("create", "pods/eviction")],
};
pub(super) const EXEC: Right = Right { id: "exec", any_of: &[("create", "pods/exec")] };
pub(super) const EXEC_GET: Right = Right { id: "exec-get", any_of: &[("get", "pods/exec")] };
pub(super) const ATTACH: Right = Right { id: "attach", any_of: &[("create", "pods/attach")] };
pub(super) const ATTACH_GET: Right = Right { id: "attach-get", any_of: &[("get", "pods/attach")] };
pub(super) const EPHEMERAL: Right = Right {
    id: "debug",
    any_of: &[("patch", "pods/ephemeralcontainers"), ("update", "pods/ephemeralcontainers")],
};

pub(super) const READ_SECRETS: Right = Right {
    id: "read-secrets",
    any_of: &[("get", "secrets"), ("list", "secrets"), ("watch", "secrets")],
};
pub(super) const CREATE_SECRETS: Right =
    Right { id: "create-secrets", any_of: &[("create", "secrets")] };
pub(super) const TOKENS: Right =
    Right { id: "create-tokens", any_of: &[("create", "serviceaccounts/token")] };

pub(super) const IMPERSONATE_ACCOUNTS: Right =
    Right { id: "impersonate-serviceaccounts", any_of: &[("impersonate", "serviceaccounts")] };
pub(super) const IMPERSONATE_USERS: Right =
    Right { id: "impersonate-users", any_of: &[("impersonate", "users")] };
pub(super) const IMPERSONATE_GROUPS: Right =
    Right { id: "impersonate-groups", any_of: &[("impersonate", "groups")] };
pub(super) const CONSTRAINED_USERS: Right = Right {
    id: "impersonate-user-info-users",
    any_of: &[("impersonate:user-info", "users.authentication.k8s.io")],
};
pub(super) const CONSTRAINED_GROUPS: Right = Right {
    id: "impersonate-user-info-groups",
    any_of: &[("impersonate:user-info", "groups.authentication.k8s.io")],
};
pub(super) const ON_SECRETS: Right = Right {
    id: "impersonate-on-secrets",
    any_of: &[
        ("impersonate-on:user-info:get", "secrets"),
        ("impersonate-on:user-info:list", "secrets"),
        ("impersonate-on:user-info:watch", "secrets"),
    ],
};
pub(super) const ON_PODS: Right =
    Right { id: "impersonate-on-pods", any_of: &[("impersonate-on:user-info:create", "pods")] };
pub(super) const ON_BINDINGS: Right = Right {
    id: "impersonate-on-clusterrolebindings",
    any_of: &[("impersonate-on:user-info:create", "clusterrolebindings.rbac.authorization.k8s.io")],
};
pub(super) const CONSTRAINED_ACCOUNTS: Right = Right {
    id: "impersonate-constrained-serviceaccounts",
    any_of: &[("impersonate:serviceaccount", "serviceaccounts.authentication.k8s.io")],
};
pub(super) const AS_ACCOUNT_ON_SECRETS: Right = Right {
    id: "impersonate-on-serviceaccount-secrets",
    any_of: &[
        ("impersonate-on:serviceaccount:get", "secrets"),
        ("impersonate-on:serviceaccount:list", "secrets"),
        ("impersonate-on:serviceaccount:watch", "secrets"),
    ],
};
pub(super) const AS_ACCOUNT_ON_PODS: Right = Right {
    id: "impersonate-on-serviceaccount-pods",
    any_of: &[("impersonate-on:serviceaccount:create", "pods")],
};
pub(super) const AS_ACCOUNT_ON_BINDINGS: Right = Right {
    id: "impersonate-on-serviceaccount-clusterrolebindings",
    any_of: &[(
        "impersonate-on:serviceaccount:create",
        "clusterrolebindings.rbac.authorization.k8s.io",
    )],
};

pub(super) const CREATE_BINDINGS: Right = Right {
    id: "create-rolebindings",
    any_of: &[("create", "rolebindings.rbac.authorization.k8s.io")],
};
pub(super) const CREATE_CLUSTER_BINDINGS: Right = Right {
    id: "create-clusterrolebindings",
    any_of: &[("create", "clusterrolebindings.rbac.authorization.k8s.io")],
};
pub(super) const BIND_CLUSTER_ROLES: Right = Right {
    id: "bind-clusterroles",
    any_of: &[("bind", "clusterroles.rbac.authorization.k8s.io")],
};
pub(super) const BIND_ROLES: Right =
    Right { id: "bind-roles", any_of: &[("bind", "roles.rbac.authorization.k8s.io")] };
pub(super) const ESCALATE_CLUSTER_ROLES: Right = Right {
    id: "escalate-clusterroles",
    any_of: &[("escalate", "clusterroles.rbac.authorization.k8s.io")],
};
pub(super) const CHANGE_CLUSTER_ROLES: Right = Right {
    id: "change-clusterroles",
    any_of: &[
        ("update", "clusterroles.rbac.authorization.k8s.io"),
        ("patch", "clusterroles.rbac.authorization.k8s.io"),
    ],
};
pub(super) const ESCALATE_ROLES: Right =
    Right { id: "escalate-roles", any_of: &[("escalate", "roles.rbac.authorization.k8s.io")] };
pub(super) const CHANGE_ROLES: Right = Right {
    id: "change-roles",
    any_of: &[
        ("update", "roles.rbac.authorization.k8s.io"),
        ("patch", "roles.rbac.authorization.k8s.io"),
    ],
};

pub(super) const CREATE_REQUESTS: Right = Right {
    id: "create-certificatesigningrequests",
    any_of: &[("create", "certificatesigningrequests.certificates.k8s.io")],
};
pub(super) const APPROVE_REQUESTS: Right = Right {
    id: "approve-certificatesigningrequests",
    any_of: &[
        ("update", "certificatesigningrequests.certificates.k8s.io/approval"),
        ("patch", "certificatesigningrequests.certificates.k8s.io/approval"),
    ],
};
pub(super) const APPROVE: Right =
    Right { id: "approve-signer", any_of: &[("approve", "signers.certificates.k8s.io")] };
pub(super) const CHANGE_NAMESPACES: Right =
    Right { id: "change-namespaces", any_of: &[("patch", "namespaces"), ("update", "namespaces")] };
pub(super) const CREATE_VOLUMES: Right =
    Right { id: "create-persistentvolumes", any_of: &[("create", "persistentvolumes")] };
pub(super) const CREATE_CLAIMS: Right =
    Right { id: "create-persistentvolumeclaims", any_of: &[("create", "persistentvolumeclaims")] };
pub(super) const CHANGE_NODES: Right =
    Right { id: "change-nodes", any_of: &[("patch", "nodes"), ("update", "nodes")] };
pub(super) const NODES_PROXY_GET: Right =
    Right { id: "get-nodes-proxy", any_of: &[("get", "nodes/proxy")] };
pub(super) const NODES_PROXY_CREATE: Right =
    Right { id: "create-nodes-proxy", any_of: &[("create", "nodes/proxy")] };
pub(super) const MUTATING_WEBHOOKS: Right = Right {
    id: "write-mutatingwebhookconfigurations",
    any_of: &[("create", "mutatingwebhookconfigurations.admissionregistration.k8s.io")],
};
pub(super) const MUTATING_POLICIES: Right = Right {
    id: "create-mutatingadmissionpolicies",
    any_of: &[("create", "mutatingadmissionpolicies.admissionregistration.k8s.io")],
};
pub(super) const MUTATING_BINDINGS: Right = Right {
    id: "create-mutatingadmissionpolicybindings",
    any_of: &[("create", "mutatingadmissionpolicybindings.admissionregistration.k8s.io")],
};
pub(super) const CHANGE_CONFIG_MAPS: Right =
    Right { id: "change-configmaps", any_of: &[("patch", "configmaps"), ("update", "configmaps")] };
pub(super) const CREATE_CLUSTER_ROLES: Right = Right {
    id: "create-clusterroles",
    any_of: &[("create", "clusterroles.rbac.authorization.k8s.io")],
};
pub(super) const CREATE_ROLES: Right =
    Right { id: "create-roles", any_of: &[("create", "roles.rbac.authorization.k8s.io")] };
pub(super) const NODE_CLIENT: Right = Right {
    id: "create-certificatesigningrequests-nodeclient",
    any_of: &[("create", "certificatesigningrequests.certificates.k8s.io/nodeclient")],
};
pub(super) const ARBITRARY_NODES: Right = Right {
    id: "impersonate-arbitrary-node",
    any_of: &[("impersonate:arbitrary-node", "nodes.authentication.k8s.io")],
};
pub(super) const ON_NODE_TOKENS: Right = Right {
    id: "impersonate-on-arbitrary-node-tokens",
    any_of: &[("impersonate-on:arbitrary-node:create", "serviceaccounts/token")],
};
pub(super) const ASSOCIATED_NODE: Right = Right {
    id: "impersonate-associated-node",
    any_of: &[("impersonate:associated-node", "nodes.authentication.k8s.io")],
};
pub(super) const ON_OWN_NODE_TOKENS: Right = Right {
    id: "impersonate-on-associated-node-tokens",
    any_of: &[("impersonate-on:associated-node:create", "serviceaccounts/token")],
};
pub(super) const CHANGE_API_SERVICES: Right = Right {
    id: "change-apiservices",
    any_of: &[
        ("create", "apiservices.apiregistration.k8s.io"),
        ("patch", "apiservices.apiregistration.k8s.io"),
        ("update", "apiservices.apiregistration.k8s.io"),
    ],
};
pub(super) const CREATE_SERVICES: Right =
    Right { id: "create-services", any_of: &[("create", "services")] };
pub(super) const CHANGE_SERVICES: Right =
    Right { id: "change-services", any_of: &[("patch", "services"), ("update", "services")] };
pub(super) const CHANGE_ENDPOINTS: Right = Right {
    id: "change-endpoints",
    any_of: &[("patch", "endpoints"), ("update", "endpoints"), ("create", "endpoints")],
};
pub(super) const CHANGE_ENDPOINT_SLICES: Right = Right {
    id: "change-endpointslices",
    any_of: &[
        ("create", "endpointslices.discovery.k8s.io"),
        ("patch", "endpointslices.discovery.k8s.io"),
        ("update", "endpointslices.discovery.k8s.io"),
    ],
};
pub(super) const CHANGE_ACCOUNTS: Right = Right {
    id: "change-serviceaccounts",
    any_of: &[
        ("create", "serviceaccounts"),
        ("patch", "serviceaccounts"),
        ("update", "serviceaccounts"),
    ],
};
