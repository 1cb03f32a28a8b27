//! Sixteen policies on pods, as measurements ask them.

use serde_json::{Value, json};

/// Validations of the kind people write, a policy each.
const VALIDATIONS: [&str; 16] = [
    "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))",
    "variables.containers.all(c, c.?securityContext.?allowPrivilegeEscalation.orValue(true) \
     == false)",
    "variables.containers.all(c, 'ALL' in c.?securityContext.?capabilities.?drop.orValue([]))",
    "object.spec.?securityContext.?runAsNonRoot.orValue(false) || \
     variables.containers.all(c, c.?securityContext.?runAsNonRoot.orValue(false))",
    "!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && \
     !object.spec.?hostIPC.orValue(false)",
    "!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))",
    "variables.containers.all(c, !c.image.endsWith(':latest') && c.image.contains(':'))",
    "variables.containers.all(c, c.image.startsWith('registry.example/') || \
     c.image.startsWith('docker.io/'))",
    "variables.containers.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in \
     c.resources.limits)",
    "variables.containers.all(c, quantity(c.resources.limits.cpu).compareTo(quantity('4')) <= 0)",
    "has(object.metadata.labels) && 'team' in object.metadata.labels",
    "object.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    "variables.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || \
     p.hostPort == 0))",
    "variables.containers.all(c, !has(c.env) || c.env.all(e, \
     !e.name.lowerAscii().contains('password')))",
    "!has(object.metadata.annotations) || object.metadata.annotations.all(k, k.size() < 64)",
    "request.operation != 'DELETE' && request.userInfo.username != 'system:anonymous'",
];

pub(crate) fn policies() -> Vec<Value> {
    let containers = "object.spec.containers + object.spec.?initContainers.orValue([])";
    let policy = |(index, expression): (usize, &&str)| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": format!("p{index}")},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}]},
                "variables": [{"name": "containers", "expression": containers}],
                "validations": [{"expression": expression, "message": "refused",
                    "messageExpression": "'pod ' + object.metadata.name + ' is refused'"}],
            },
        })
    };
    VALIDATIONS.iter().enumerate().map(policy).collect()
}
