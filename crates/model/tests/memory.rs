//! A pod of a real cluster takes less than 1 kB of a snapshot.

use model::{DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};

const PODS: usize = 10_000;
/// Pods of one Deployment.
const REPLICAS: usize = 10;

/// A deterministic number that looks random (a step of `SplitMix64`).
fn random(seed: usize) -> u64 {
    let mut state = (seed as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

fn uid(seed: usize) -> String {
    let (high, low) = (random(seed), random(seed ^ 0xffff_0000));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// A pod as `kubectl get pods -o json` prints it: of a replica set in one of 200 namespaces on one
/// of 300 nodes; names, uids, addresses, times, container ids and the token volume are its own.
fn pod(number: usize) -> serde_json::Value {
    let set = number / REPLICAS;
    let app = format!("service-{set}");
    let hash = format!("{:010x}", random(set) & 0xff_ffff_ffff);
    let name = format!("{app}-{hash}-{:05x}", random(number) & 0xf_ffff);
    let time = format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        1 + number % 12,
        1 + number % 28,
        number % 24,
        number % 60,
        random(number) % 60
    );
    let image = format!("registry.example.com/team-{}/{app}:v1.{}.0", set % 40, set % 17);
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "generateName": format!("{app}-{hash}-"),
            "namespace": format!("team-{}", set % 200),
            "uid": uid(number),
            "resourceVersion": (100_000_000 + number * 37).to_string(),
            "generation": 1,
            "creationTimestamp": time,
            "labels": {"app": app, "pod-template-hash": hash, "tier": "backend"},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name":
                format!("{app}-{hash}"), "uid": uid(set + 1_000_000), "controller": true,
                "blockOwnerDeletion": true}],
            "managedFields": [{"manager": "kube-controller-manager", "operation": "Update",
                "apiVersion": "v1", "time": time, "fieldsType": "FieldsV1", "fieldsV1": {
                    "f:metadata": {"f:generateName": {}, "f:labels": {".": {}, "f:app": {}}},
                    "f:spec": {"f:containers": {"k:{\"name\":\"main\"}": {".": {}, "f:image": {},
                        "f:name": {}, "f:ports": {}, "f:resources": {}}}}}}],
        },
        "spec": spec(number, &app, &image),
        "status": status(number, &app, &image, &time),
    })
}

fn spec(number: usize, app: &str, image: &str) -> serde_json::Value {
    let set = number / REPLICAS;
    let token = format!("kube-api-access-{:05x}", random(number + 7) & 0xf_ffff);
    serde_json::json!({
        "serviceAccountName": app, "serviceAccount": app, "nodeName":
            format!("node-{}", number % 300),
        "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "priority": 0,
        "enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority",
        "schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30,
        "securityContext": {"runAsNonRoot": true, "runAsUser": 1000 + set % 50,
            "seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [
            {"effect": "NoExecute", "key": "node.kubernetes.io/not-ready",
                "operator": "Exists", "tolerationSeconds": 300},
            {"effect": "NoExecute", "key": "node.kubernetes.io/unreachable",
                "operator": "Exists", "tolerationSeconds": 300}],
        "volumes": [
            {"name": "config", "configMap": {"name": app, "defaultMode": 420}},
            {"name": token, "projected": {"defaultMode": 420, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef":
                    {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}]}}],
        "containers": [{
            "name": "main", "image": image, "imagePullPolicy": "IfNotPresent",
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "env": [{"name": "SERVICE", "value": app}, {"name": "LOG_LEVEL", "value": "info"},
                {"name": "POD_IP", "valueFrom": {"fieldRef":
                    {"apiVersion": "v1", "fieldPath": "status.podIP"}}}],
            "resources": {"limits": {"cpu": "500m", "memory": "512Mi"},
                "requests": {"cpu": "100m", "memory": "256Mi"}},
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http",
                "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1,
                "failureThreshold": 3, "successThreshold": 1},
            "securityContext": {"allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "volumeMounts": [{"name": "config", "mountPath": "/etc/app"},
                {"name": token, "readOnly": true,
                    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
        }],
    })
}

fn status(number: usize, app: &str, image: &str, time: &str) -> serde_json::Value {
    let set = number / REPLICAS;
    let address = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
    let host = format!("192.168.{}.{}", number % 300 / 200, number % 300 % 200);
    let conditions =
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
            .map(|kind| {
                serde_json::json!({"type": kind, "status": "True", "lastProbeTime": null,
            "lastTransitionTime": time, "observedGeneration": 1})
            });
    serde_json::json!({
        "phase": "Running", "qosClass": "Burstable", "startTime": time,
        "hostIP": host, "hostIPs": [{"ip": host}], "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": conditions,
        "containerStatuses": [{
            "name": "main", "image": image, "ready": true, "restartCount": number % 4,
            "started": true, "imageID": format!("registry.example.com/{app}@sha256:{:064x}",
                random(set)),
            "containerID": format!("containerd://{:032x}{:032x}", random(number),
                random(number + 1)),
            "lastState": {}, "state": {"running": {"startedAt": time}},
        }],
    })
}

#[test]
fn a_pod_takes_less_than_a_kilobyte() {
    let key = DigestKey::new(&[1; 32]);
    let mut part = Part::new();
    let mut text_bytes = 0;
    for number in 0..PODS {
        let text = pod(number).to_string();
        text_bytes += text.len();
        let stream = yaml::Stream::json(&text, &yaml::Limits::default());
        let root = stream.documents().next().unwrap().unwrap().root();
        let origin = Origin { file: 0, document: 0, item: Path::root().index(number), line: 1 };
        part.insert(root, &Redactions::find(root, &key), WorldId(0), origin, None);
    }
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    snapshot.add(part);
    let (text, compact) = (text_bytes / PODS, snapshot.bytes() / PODS);
    assert!((3_500..6_000).contains(&text), "{text} bytes of JSON a pod are not realistic");
    assert!(compact <= 1024, "{compact} bytes a pod of {text} bytes of JSON");
}
