//! From an identity to pods.

use super::{EDGE, Edge, Gain, Need, PRACTICES, Right, Target, all, cluster, on, rights};
use crate::rbac::WEBSOCKET_CREATE_SINCE;
use model::KubernetesVersion;

/// Since when `MutatingAdmissionPolicy` is served by default: its feature gate, stable in 1.36.
///
/// Source: `k8s.io/apiserver/pkg/features/kube_features.go`.
const MUTATING_POLICIES_SINCE: KubernetesVersion = KubernetesVersion::minor(36);

const CREATE_DEPLOYMENT: Right =
    Right { id: "create-deployments", any_of: &[("create", "deployments.apps")] };
const CHANGE_DEPLOYMENT: Right = Right {
    id: "change-deployments",
    any_of: &[("patch", "deployments.apps"), ("update", "deployments.apps")],
};
const CREATE_DAEMON_SET: Right =
    Right { id: "create-daemonsets", any_of: &[("create", "daemonsets.apps")] };
const CHANGE_DAEMON_SET: Right = Right {
    id: "change-daemonsets",
    any_of: &[("patch", "daemonsets.apps"), ("update", "daemonsets.apps")],
};
const CREATE_STATEFUL_SET: Right =
    Right { id: "create-statefulsets", any_of: &[("create", "statefulsets.apps")] };
const CHANGE_STATEFUL_SET: Right = Right {
    id: "change-statefulsets",
    any_of: &[("patch", "statefulsets.apps"), ("update", "statefulsets.apps")],
};
const CREATE_REPLICA_SET: Right =
    Right { id: "create-replicasets", any_of: &[("create", "replicasets.apps")] };
const CHANGE_REPLICA_SET: Right = Right {
    id: "change-replicasets",
    any_of: &[("patch", "replicasets.apps"), ("update", "replicasets.apps")],
};
const CREATE_REPLICATION_CONTROLLER: Right =
    Right { id: "create-replicationcontrollers", any_of: &[("create", "replicationcontrollers")] };
const CHANGE_REPLICATION_CONTROLLER: Right = Right {
    id: "change-replicationcontrollers",
    any_of: &[("patch", "replicationcontrollers"), ("update", "replicationcontrollers")],
};
const CREATE_CRON_JOB: Right =
    Right { id: "create-cronjobs", any_of: &[("create", "cronjobs.batch")] };
const CHANGE_CRON_JOB: Right = Right {
    id: "change-cronjobs",
    any_of: &[("patch", "cronjobs.batch"), ("update", "cronjobs.batch")],
};
const CREATE_JOB: Right = Right { id: "create-jobs", any_of: &[("create", "jobs.batch")] };
const CREATE_TASK_RUN: Right =
    Right { id: "create-taskruns.tekton.dev", any_of: &[("create", "taskruns.tekton.dev")] };
const CREATE_ARGO_WORKFLOW: Right =
    Right { id: "create-workflows.argoproj.io", any_of: &[("create", "workflows.argoproj.io")] };
const CREATE_KNATIVE_SERVICE: Right = Right {
    id: "create-services.serving.knative.dev",
    any_of: &[("create", "services.serving.knative.dev")],
};
const CREATE_VIRTUAL_MACHINE: Right = Right {
    id: "create-virtualmachines.kubevirt.io",
    any_of: &[("create", "virtualmachines.kubevirt.io")],
};
const CREATE_PIPELINE_RUN: Right = Right {
    id: "create-pipelineruns.tekton.dev",
    any_of: &[("create", "pipelineruns.tekton.dev")],
};
const CREATE_CRON_WORKFLOW: Right = Right {
    id: "create-cronworkflows.argoproj.io",
    any_of: &[("create", "cronworkflows.argoproj.io")],
};
const CREATE_ROLLOUT: Right =
    Right { id: "create-rollouts.argoproj.io", any_of: &[("create", "rollouts.argoproj.io")] };
const CREATE_VIRTUAL_MACHINE_INSTANCE: Right = Right {
    id: "create-virtualmachineinstances.kubevirt.io",
    any_of: &[("create", "virtualmachineinstances.kubevirt.io")],
};
const CREATE_JOB_SET: Right = Right {
    id: "create-jobsets.jobset.x-k8s.io",
    any_of: &[("create", "jobsets.jobset.x-k8s.io")],
};
const CREATE_SPARK_APPLICATION: Right = Right {
    id: "create-sparkapplications.sparkoperator.k8s.io",
    any_of: &[("create", "sparkapplications.sparkoperator.k8s.io")],
};
const CREATE_RAY_CLUSTER: Right =
    Right { id: "create-rayclusters.ray.io", any_of: &[("create", "rayclusters.ray.io")] };

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "create-pod",
        name: "Create a pod",
        needs: &[all(&rights::CREATE_PODS)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "Whoever creates pods chooses their service account, their volumes and, where Pod \
               Security lets it, their way to the node.",
        ..EDGE
    },
    Edge {
        id: "create-deployment",
        name: "Create a Deployment",
        needs: &[all(&CREATE_DEPLOYMENT)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A Deployment makes pods: the right to create one is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "change-deployment",
        name: "Change a Deployment",
        needs: &[on(&CHANGE_DEPLOYMENT)],
        gives: Gain::NewPods,
        target: Target::Workload("Deployment"),
        source: PRACTICES,
        page: "Whoever changes the template of a Deployment decides what its pods are; it takes \
               one that is there.",
        ..EDGE
    },
    Edge {
        id: "create-daemon-set",
        name: "Create a DaemonSet",
        needs: &[all(&CREATE_DAEMON_SET)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A DaemonSet makes pods: the right to create one is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "change-daemon-set",
        name: "Change a DaemonSet",
        needs: &[on(&CHANGE_DAEMON_SET)],
        gives: Gain::NewPods,
        target: Target::Workload("DaemonSet"),
        source: PRACTICES,
        page: "Whoever changes the template of a DaemonSet decides what its pods are; it takes \
               one that is there.",
        ..EDGE
    },
    Edge {
        id: "create-stateful-set",
        name: "Create a StatefulSet",
        needs: &[all(&CREATE_STATEFUL_SET)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A StatefulSet makes pods: the right to create one is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "change-stateful-set",
        name: "Change a StatefulSet",
        needs: &[on(&CHANGE_STATEFUL_SET)],
        gives: Gain::NewPods,
        target: Target::Workload("StatefulSet"),
        source: PRACTICES,
        page: "Whoever changes the template of a StatefulSet decides what its pods are; it takes \
               one that is there.",
        ..EDGE
    },
    Edge {
        id: "create-replica-set",
        name: "Create a ReplicaSet",
        needs: &[all(&CREATE_REPLICA_SET)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A ReplicaSet makes pods: the right to create one is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "change-replica-set",
        name: "Change a ReplicaSet",
        needs: &[on(&CHANGE_REPLICA_SET)],
        gives: Gain::NewPods,
        target: Target::Workload("ReplicaSet"),
        source: PRACTICES,
        page: "Whoever changes the template of a ReplicaSet decides what its pods are; it takes \
               one that is there.",
        ..EDGE
    },
    Edge {
        id: "create-replication-controller",
        name: "Create a ReplicationController",
        needs: &[all(&CREATE_REPLICATION_CONTROLLER)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A ReplicationController makes pods: the right to create one is the right to \
               create pods.",
        ..EDGE
    },
    Edge {
        id: "change-replication-controller",
        name: "Change a ReplicationController",
        needs: &[on(&CHANGE_REPLICATION_CONTROLLER)],
        gives: Gain::NewPods,
        target: Target::Workload("ReplicationController"),
        source: PRACTICES,
        page: "Whoever changes the template of a ReplicationController decides what its pods \
               are; it takes one that is there.",
        ..EDGE
    },
    Edge {
        id: "create-cron-job",
        name: "Create a CronJob",
        needs: &[all(&CREATE_CRON_JOB)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A CronJob makes pods: the right to create one is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "change-cron-job",
        name: "Change a CronJob",
        needs: &[on(&CHANGE_CRON_JOB)],
        gives: Gain::NewPods,
        target: Target::Workload("CronJob"),
        source: PRACTICES,
        page: "Whoever changes the template of a CronJob decides what its pods are; it takes one \
               that is there.",
        ..EDGE
    },
    Edge {
        id: "create-job",
        name: "Create a Job",
        needs: &[all(&CREATE_JOB)],
        gives: Gain::NewPods,
        source: PRACTICES,
        page: "A Job makes pods: the right to create one is the right to create pods.",
        ..EDGE
    },
    Edge {
        id: "create-task-run",
        name: "Create a TaskRun",
        needs: &[all(&CREATE_TASK_RUN)],
        gives: Gain::NewPods,
        source: "https://tekton.dev/docs/pipelines/taskruns/",
        page: "A TaskRun makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-argo-workflow",
        name: "Create a Workflow",
        needs: &[all(&CREATE_ARGO_WORKFLOW)],
        gives: Gain::NewPods,
        source: "https://argo-workflows.readthedocs.io/en/latest/service-accounts/",
        page: "A Workflow makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-knative-service",
        name: "Create a Knative Service",
        needs: &[all(&CREATE_KNATIVE_SERVICE)],
        gives: Gain::NewPods,
        source: "https://knative.dev/docs/serving/services/",
        page: "A Knative Service makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-virtual-machine",
        name: "Create a KubeVirt VirtualMachine",
        needs: &[all(&CREATE_VIRTUAL_MACHINE)],
        gives: Gain::NewPods,
        source: "https://kubevirt.io/user-guide/",
        page: "A KubeVirt VirtualMachine makes pods in its namespace, as a service account it \
               names.",
        ..EDGE
    },
    Edge {
        id: "create-pipeline-run",
        name: "Create a PipelineRun",
        needs: &[all(&CREATE_PIPELINE_RUN)],
        gives: Gain::NewPods,
        source: "https://tekton.dev/docs/pipelines/pipelineruns/",
        page: "A PipelineRun makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-cron-workflow",
        name: "Create a CronWorkflow",
        needs: &[all(&CREATE_CRON_WORKFLOW)],
        gives: Gain::NewPods,
        source: "https://argo-workflows.readthedocs.io/en/latest/cron-workflows/",
        page: "A CronWorkflow makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-rollout",
        name: "Create a Rollout",
        needs: &[all(&CREATE_ROLLOUT)],
        gives: Gain::NewPods,
        source: "https://argo-rollouts.readthedocs.io/en/stable/features/specification/",
        page: "A Rollout makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-virtual-machine-instance",
        name: "Create a KubeVirt VirtualMachineInstance",
        needs: &[all(&CREATE_VIRTUAL_MACHINE_INSTANCE)],
        gives: Gain::NewPods,
        source: "https://kubevirt.io/user-guide/",
        page: "A KubeVirt VirtualMachineInstance makes pods in its namespace, as a service \
               account it names.",
        ..EDGE
    },
    Edge {
        id: "create-job-set",
        name: "Create a JobSet",
        needs: &[all(&CREATE_JOB_SET)],
        gives: Gain::NewPods,
        source: "https://jobset.sigs.k8s.io/docs/overview/",
        page: "A JobSet makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-spark-application",
        name: "Create a SparkApplication",
        needs: &[all(&CREATE_SPARK_APPLICATION)],
        gives: Gain::NewPods,
        source: "https://www.kubeflow.org/docs/components/spark-operator/",
        page: "A SparkApplication makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "create-ray-cluster",
        name: "Create a RayCluster",
        needs: &[all(&CREATE_RAY_CLUSTER)],
        gives: Gain::NewPods,
        source: "https://docs.ray.io/en/latest/cluster/kubernetes/user-guides/config.html",
        page: "A RayCluster makes pods in its namespace, as a service account it names.",
        ..EDGE
    },
    Edge {
        id: "exec",
        name: "Run a command in a pod",
        needs: &[on(&rights::EXEC)],
        gives: Gain::Pods,
        target: Target::Pod,
        source: PRACTICES,
        page: "`create` on `pods/exec` runs commands in a pod.",
        ..EDGE
    },
    Edge {
        id: "exec-websocket",
        name: "Run a command over a websocket",
        needs: &[on(&rights::EXEC_GET)],
        gives: Gain::Pods,
        target: Target::Pod,
        until: Some(WEBSOCKET_CREATE_SINCE),
        source: "https://github.com/kubernetes/kubernetes/issues/133515",
        page: "A websocket begins with GET: until 1.34 `get` on `pods/exec`, which read-only \
               roles have, ran commands.",
        ..EDGE
    },
    Edge {
        id: "attach",
        name: "Attach to a pod",
        needs: &[on(&rights::ATTACH)],
        gives: Gain::Pods,
        target: Target::Pod,
        source: PRACTICES,
        page: "`create` on `pods/attach` takes over the input of a container's process.",
        ..EDGE
    },
    Edge {
        id: "attach-websocket",
        name: "Attach over a websocket",
        needs: &[on(&rights::ATTACH_GET)],
        gives: Gain::Pods,
        target: Target::Pod,
        until: Some(WEBSOCKET_CREATE_SINCE),
        source: "https://github.com/kubernetes/kubernetes/issues/133515",
        page: "As with `pods/exec`: until 1.34 `get` on `pods/attach` was enough.",
        ..EDGE
    },
    Edge {
        id: "ephemeral-container",
        name: "Add a container to a running pod",
        needs: &[on(&rights::EPHEMERAL)],
        gives: Gain::Pods,
        target: Target::Pod,
        source: "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
        page: "An ephemeral container joins a pod with an image of the attacker's choice.",
        ..EDGE
    },
    Edge {
        id: "change-pod-image",
        name: "Change the image of a pod",
        needs: &[on(&rights::CHANGE_PODS)],
        gives: Gain::Pods,
        target: Target::Pod,
        source: PRACTICES,
        page: "The image of a running pod can be changed: the container starts again with the \
               new one.",
        ..EDGE
    },
    Edge {
        id: "new-pod-service-account",
        name: "Run a pod as a service account",
        needs: &[Need::NewPods],
        gives: Gain::ServiceAccounts,
        source: PRACTICES,
        page: "A new pod runs as whichever service account of its namespace it names, and has \
               its token.",
        ..EDGE
    },
    Edge {
        id: "new-pod-secrets",
        name: "Mount Secrets into a pod",
        needs: &[Need::NewPods],
        gives: Gain::Secrets,
        source: PRACTICES,
        page: "A new pod mounts whichever Secret of its namespace it names.",
        ..EDGE
    },
    Edge {
        id: "new-privileged-pod",
        name: "Run a privileged pod",
        needs: &[Need::NewPods, Need::PrivilegedPods],
        gives: Gain::EveryNode,
        source: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        page: "Where Pod Security does not refuse it, a privileged pod with a node's name is \
               root on that node.",
        ..EDGE
    },
    Edge {
        id: "loosen-pod-security",
        name: "Take Pod Security off a namespace",
        needs: &[
            Need::NewPods,
            Need::Right(
                &rights::CHANGE_NAMESPACES,
                super::Within::Namespace,
                super::Name::Namespace,
            ),
        ],
        gives: Gain::EveryNode,
        source: PRACTICES,
        page: "Pod Security is a label of the namespace: whoever may change the namespace and \
               make pods in it lets in a privileged one.",
        ..EDGE
    },
    Edge {
        id: "host-path-volume",
        name: "Mount the host by a PersistentVolume",
        needs: &[Need::NewPods, all(&rights::CREATE_CLAIMS), cluster(&rights::CREATE_VOLUMES)],
        gives: Gain::EveryNode,
        source: PRACTICES,
        page: "Pod Security looks at the volumes of pods, not at PersistentVolumes: one of type \
               hostPath shows any folder of the node to a pod that claims it.",
        ..EDGE
    },
    Edge {
        id: "mutating-webhook",
        name: "Change pods by a webhook",
        needs: &[cluster(&rights::MUTATING_WEBHOOKS)],
        gives: Gain::EveryPod,
        source: PRACTICES,
        page: "A mutating webhook sees and changes each pod before it is stored: a container of \
               the attacker joins them as they start.",
        ..EDGE
    },
    Edge {
        id: "mutating-policy",
        name: "Change pods by a MutatingAdmissionPolicy",
        needs: &[cluster(&rights::MUTATING_POLICIES), cluster(&rights::MUTATING_BINDINGS)],
        gives: Gain::EveryPod,
        since: Some(MUTATING_POLICIES_SINCE),
        source: "https://kep.k8s.io/3962",
        page: "A MutatingAdmissionPolicy and its binding put a container of the attacker into \
               each pod as it starts.",
        ..EDGE
    },
    Edge {
        id: "drain-to-own-node",
        name: "Drain pods to one's own node",
        needs: &[Need::AnyNode, all(&rights::REMOVE_PODS), cluster(&rights::CHANGE_NODES)],
        gives: Gain::Pods,
        source: PRACTICES,
        page: "Root on one node, with the rights to mark the others unschedulable and to remove \
               pods, makes the pods start again on that node.",
        ..EDGE
    },
];
