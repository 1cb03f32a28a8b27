//! What measurements ask about.

use serde_json::{Value, json};

/// A pod of two containers as the API server sends it, `good` or not.
pub(crate) fn pod(good: bool) -> Value {
    let context = if good {
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true, "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"}})
    } else {
        json!({"privileged": true})
    };
    let container = |name: &str| {
        let image = format!("registry.example/{name}:1.0@sha256:{}", "a".repeat(64));
        json!({"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
            "env": [{"name": "LEVEL", "value": "info"}],
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "1", "memory": "128Mi"},
                "requests": {"cpu": "100m", "memory": "128Mi"}},
            "securityContext": context,
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "volumeMounts": [{"mountPath": "/tmp", "name": "tmp"}]})
    };
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web", "team": "blue"},
            "managedFields": [{"manager": "kube-controller-manager", "operation": "Update",
                "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}}]},
        "spec": {"automountServiceAccountToken": false,
            "containers": [container("web"), container("side")],
            "dnsPolicy": "ClusterFirst", "enableServiceLinks": false, "restartPolicy": "Always",
            "schedulerName": "default-scheduler", "securityContext": {"runAsUser": 10001},
            "serviceAccountName": "web", "terminationGracePeriodSeconds": 30,
            "volumes": [{"emptyDir": {}, "name": "tmp"}]}})
}

/// A review of its creation.
pub(crate) fn review(object: &Value) -> String {
    json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web-1", "namespace": "shop", "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
        "object": object, "oldObject": null, "dryRun": false}})
    .to_string()
}
