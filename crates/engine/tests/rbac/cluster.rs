//! Random pods, volumes and requests of nodes.

use engine::rbac::FieldRequirement;
use serde_json::{Value, json};

use crate::roles::Generator;

const NODES: [&str; 4] = ["n1", "n2", "n3", ""];
const NAMESPACES: [&str; 3] = ["one", "two", ""];
const NAMES: [&str; 6] = ["a", "b", "c", "d", "", "pod-0-v0"];
const RESOURCES: [(&str, &str); 19] = [
    ("", "secrets"),
    ("", "configmaps"),
    ("", "persistentvolumeclaims"),
    ("", "persistentvolumes"),
    ("", "pods"),
    ("", "nodes"),
    ("", "serviceaccounts"),
    ("resource.k8s.io", "resourceclaims"),
    ("resource.k8s.io", "resourceslices"),
    ("storage.k8s.io", "volumeattachments"),
    ("storage.k8s.io", "csinodes"),
    ("certificates.k8s.io", "podcertificaterequests"),
    ("coordination.k8s.io", "leases"),
    ("", "services"),
    ("", "events"),
    ("certificates.k8s.io", "certificatesigningrequests"),
    ("authentication.k8s.io", "tokenreviews"),
    ("apps", "secrets"),
    ("", "Secrets"),
];
const VERBS: [&str; 10] =
    ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*", "GET"];
const SUBRESOURCES: [&str; 5] = ["", "status", "token", "eviction", "proxy"];

/// A cluster and requests of its nodes, in the form of the oracle.
pub(crate) fn question(generator: &mut Generator, requests: u64) -> Value {
    let pods: Vec<Value> = (0..8).map(|number| pod(generator, number)).collect();
    let volumes: Vec<Value> = (0..4).map(|number| volume(generator, number)).collect();
    let certificates: Vec<Value> = (0..2)
        .map(|number| {
            let metadata = json!({"name": NAMES[number], "namespace": "one"});
            json!({"metadata": metadata, "spec": {"nodeName": generator.pick(&NODES[..3])}})
        })
        .collect();
    let mut of_node = || -> Vec<Value> {
        (0..3).map(|number| json!([NAMES[number], generator.pick(&NODES)])).collect()
    };
    let (attachments, slices) = (of_node(), of_node());
    let mut users: Vec<Value> = ["n1", "n2", "n3", "n9", "", "a"]
        .iter()
        .map(|node| json!({"name": format!("system:node:{node}"), "groups": ["system:nodes"]}))
        .collect();
    users.push(json!({"name": "system:node:n1", "groups": ["system:authenticated"]}));
    users.push(json!({"name": "n1", "groups": ["system:nodes"]}));
    let requests: Vec<Value> = (0..requests).map(|_| request(generator, users.len())).collect();
    json!({
        "verb": "node-authorize",
        "pods": pods,
        "persistentVolumes": volumes,
        "podCertificateRequests": certificates,
        "volumeAttachments": attachments,
        "resourceSlices": slices,
        "users": users,
        "requests": requests,
    })
}

/// The objects of a question, as manifests.
pub(crate) fn objects(question: &Value) -> Vec<Value> {
    let mut objects = Vec::new();
    let kinds = [
        ("pods", "v1", "Pod"),
        ("persistentVolumes", "v1", "PersistentVolume"),
        ("podCertificateRequests", "certificates.k8s.io/v1", "PodCertificateRequest"),
    ];
    for (key, api_version, kind) in kinds {
        for object in question[key].as_array().expect("objects") {
            let mut object = object.clone();
            object["apiVersion"] = json!(api_version);
            object["kind"] = json!(kind);
            objects.push(object);
        }
    }
    let pairs = [
        ("volumeAttachments", "storage.k8s.io/v1", "VolumeAttachment"),
        ("resourceSlices", "resource.k8s.io/v1", "ResourceSlice"),
    ];
    for (key, api_version, kind) in pairs {
        for pair in question[key].as_array().expect("pairs") {
            objects.push(json!({
                "apiVersion": api_version,
                "kind": kind,
                "metadata": {"name": pair[0]},
                "spec": {"nodeName": pair[1]},
            }));
        }
    }
    objects
}

/// The field selector of a request.
pub(crate) fn fields(request: &Value) -> Vec<FieldRequirement<'_>> {
    let pairs = request["f"].as_array().into_iter().flatten();
    pairs
        .map(|pair| FieldRequirement {
            field: pair[0].as_str().expect("a field"),
            value: pair[1].as_str().expect("a value"),
        })
        .collect()
}

fn request(generator: &mut Generator, users: usize) -> Value {
    let (group, resource) = RESOURCES[generator.below(RESOURCES.len())];
    let mut name = generator.pick(&NAMES);
    if generator.one_in(4) {
        name = generator.pick(&["n1", "n2", "pod-0", "pod-1", "pod-2"]);
    }
    let namespace = match resource {
        "persistentvolumes" | "nodes" | "volumeattachments" | "resourceslices" | "csinodes"
            if !generator.one_in(10) =>
        {
            ""
        }
        "leases" => generator.pick(&["kube-node-lease", "one"]),
        _ => generator.pick(&NAMESPACES),
    };
    let subresource = if generator.one_in(3) { generator.pick(&SUBRESOURCES) } else { "" };
    let mut request = json!({
        "u": generator.below(users),
        "v": generator.pick(&VERBS),
        "g": group,
        "r": resource,
        "s": subresource,
        "ns": namespace,
        "n": name,
    });
    if generator.one_in(3) {
        let field = generator.pick(&["spec.nodeName", "metadata.name", "nodeName"]);
        request["f"] = json!([[field, generator.pick(&NODES)]]);
    }
    request
}

fn pod(generator: &mut Generator, number: usize) -> Value {
    let mut metadata = json!({
        "name": format!("pod-{number}"),
        "namespace": generator.pick(&["one", "two"]),
    });
    if generator.one_in(8) {
        metadata["annotations"] = json!({"kubernetes.io/config.mirror": ""});
    }
    let containers = |generator: &mut Generator| {
        json!([{
            "name": "c",
            "envFrom": [from(generator, "secretRef"), from(generator, "configMapRef")],
            "env": [
                {"name": "A", "value": "x"},
                {"name": "B", "valueFrom": from(generator, "secretKeyRef")},
                {"name": "C", "valueFrom": from(generator, "configMapKeyRef")},
            ],
        }])
    };
    let count = generator.below(4);
    let volumes: Vec<Value> = (0..count).map(|at| pod_volume(generator, at)).collect();
    let mut spec = json!({
        "nodeName": generator.pick(&NODES),
        "serviceAccountName": generator.pick(&NAMES),
        "imagePullSecrets": [{"name": generator.pick(&NAMES)}],
        "volumes": volumes,
    });
    for kind in ["containers", "initContainers", "ephemeralContainers"] {
        if generator.one_in(3) {
            spec[kind] = containers(generator);
        }
    }
    let mut status = json!({});
    if generator.one_in(2) {
        spec["resourceClaims"] = json!([
            {"name": "x", "resourceClaimName": generator.pick(&NAMES)},
            {"name": "y", "resourceClaimTemplateName": "t"},
            {"name": "z"},
        ]);
        status["resourceClaimStatuses"] = json!([{"name": generator.pick(&["x", "y"]), "resourceClaimName": generator.pick(&NAMES)}]);
    }
    if generator.one_in(4) {
        status["extendedResourceClaimStatus"] =
            json!({"resourceClaimName": generator.pick(&NAMES), "requestMappings": []});
    }
    json!({"metadata": metadata, "spec": spec, "status": status})
}

fn from(generator: &mut Generator, key: &str) -> Value {
    if generator.one_in(2) {
        return json!({});
    }
    let mut from = json!({});
    from[key] = json!({"name": generator.pick(&NAMES), "key": "k"});
    if !key.ends_with("KeyRef") {
        from[key].as_object_mut().expect("a map").remove("key");
    }
    from
}

fn reference(generator: &mut Generator) -> Value {
    if generator.one_in(5) { Value::Null } else { json!({"name": generator.pick(&NAMES)}) }
}

fn pod_volume(generator: &mut Generator, number: usize) -> Value {
    let mut volume = json!({"name": format!("v{number}")});
    // Two sources at once are refused by the API server, but upstream's order decides anyway.
    for _ in 0..=usize::from(generator.one_in(6)) {
        let name = generator.pick(&NAMES);
        let (key, source) = match generator.below(16) {
            0 => ("azureFile", json!({"secretName": name, "shareName": "s"})),
            1 => ("cephfs", json!({"monitors": [], "secretRef": reference(generator)})),
            2 => ("cinder", json!({"volumeID": "i", "secretRef": reference(generator)})),
            3 => ("flexVolume", json!({"driver": "d", "secretRef": reference(generator)})),
            4 => (
                "projected",
                json!({"sources": [
                    {"secret": {"name": name}},
                    {"configMap": {"name": generator.pick(&NAMES)}},
                    {"serviceAccountToken": {"path": "t"}},
                ]}),
            ),
            5 => ("rbd", json!({"monitors": [], "image": "i", "secretRef": reference(generator)})),
            6 | 7 => ("secret", json!({"secretName": name})),
            8 => (
                "scaleIO",
                json!({"gateway": "g", "system": "s", "secretRef": reference(generator)}),
            ),
            9 => (
                "iscsi",
                json!({"targetPortal": "p", "iqn": "i", "lun": 0, "secretRef": reference(generator)}),
            ),
            10 => ("storageos", json!({"secretRef": reference(generator)})),
            11 => ("csi", json!({"driver": "d", "nodePublishSecretRef": reference(generator)})),
            12 => ("configMap", json!({"name": name})),
            13 => ("persistentVolumeClaim", json!({"claimName": name})),
            14 => ("ephemeral", json!({})),
            _ => ("emptyDir", json!({})),
        };
        volume[key] = source;
    }
    volume
}

fn volume(generator: &mut Generator, number: usize) -> Value {
    let mut reference = |key: &str| {
        let mut reference = json!({"name": generator.pick(&NAMES)});
        if generator.one_in(2) {
            reference["namespace"] = json!(generator.pick(&["one", "two"]));
        }
        json!({key: reference})
    };
    let mut source = reference("secretRef");
    let (node, publish) = (reference("nodeStageSecretRef"), reference("nodePublishSecretRef"));
    let controller = reference("controllerPublishSecretRef");
    let expand = reference("nodeExpandSecretRef");
    let kinds = [
        "cephfs",
        "cinder",
        "flexVolume",
        "rbd",
        "scaleIO",
        "iscsi",
        "storageos",
        "azureFile",
        "csi",
        "nfs",
    ];
    let kind = kinds[generator.below(kinds.len())];
    match kind {
        "azureFile" => {
            source = json!({"shareName": "s", "secretName": generator.pick(&NAMES)});
            if generator.one_in(2) {
                source["secretNamespace"] = json!(generator.pick(&["one", "two", ""]));
            }
        }
        "csi" => {
            source = json!({"driver": "d", "volumeHandle": "h"});
            for part in [node, publish, controller, expand] {
                for (key, value) in part.as_object().expect("a map") {
                    if generator.one_in(2) {
                        source[key] = value.clone();
                    }
                }
            }
        }
        _ => {}
    }
    let mut spec = json!({kind: source});
    if !generator.one_in(6) {
        spec["claimRef"] =
            json!({"namespace": generator.pick(&["one", "two"]), "name": generator.pick(&NAMES)});
    }
    json!({"metadata": {"name": NAMES[number]}, "spec": spec})
}
