//! The Pod Security Standards as findings.
//!
//! Which level is in force follows from the pod's namespace, if it is in the snapshot, and else
//! from what the caller says. `enforce` makes findings of high severity, `warn` and `audit` of
//! low: the pod is refused by the first alone.

use engine::pod_security::{self as standards, LevelVersion, Offence, Policy, Version, Violation};
use model::{Fix, GapKind, KubernetesVersion, Object, Path, Pod, Severity};

use crate::control::{Draft, Standing};
use crate::{Impact, Options, Reach};

/// A Pod Security check, as findings and pages show it.
pub struct Rule {
    /// Upstream's id of the check.
    pub check: &'static str,
    /// The name of its findings: `pod-security/⟨check⟩`.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// What an attacker holds afterwards where the check does not refuse.
    pub impact: Impact,
    /// What must be true first.
    pub reach: Reach,
    /// Its page: documentation, examples and test at once.
    pub page: &'static str,
    /// Controls that look at the same fields.
    pub controls: &'static [&'static str],
}

/// Every check. The level and the versions of each stand in [`standards::CHECKS`].
pub const RULES: &[Rule] = &[
    Rule {
        check: "privileged",
        name: "pod-security/privileged",
        title: "Pod Security: privileged container",
        advice: "remove `privileged`, or set it to false",
        impact: Impact::Node,
        reach: Reach::Container,
        page: include_str!("pod_security/privileged.md"),
        controls: &["privileged-container"],
    },
    Rule {
        check: "hostNamespaces",
        name: "pod-security/hostNamespaces",
        title: "Pod Security: namespaces of the host",
        advice: "remove `hostNetwork`, `hostPID` and `hostIPC`",
        impact: Impact::Neighbours,
        reach: Reach::Container,
        page: include_str!("pod_security/host_namespaces.md"),
        controls: &["host-network", "host-pid", "host-ipc"],
    },
    Rule {
        check: "hostPathVolumes",
        name: "pod-security/hostPathVolumes",
        title: "Pod Security: folders of the host",
        advice: "use an `emptyDir`, a claim or a projected volume instead",
        impact: Impact::Node,
        reach: Reach::Container,
        page: include_str!("pod_security/host_path_volumes.md"),
        controls: &[
            "container-runtime-socket-mounted",
            "sensitive-host-path-mounted",
            "host-path-mounted",
        ],
    },
    Rule {
        check: "hostPorts",
        name: "pod-security/hostPorts",
        title: "Pod Security: ports of the host",
        advice: "remove `hostPort`; a Service reaches the pod",
        impact: Impact::Foothold,
        reach: Reach::Outside,
        page: include_str!("pod_security/host_ports.md"),
        controls: &["host-port"],
    },
    Rule {
        check: "hostProbesAndHostLifecycle",
        name: "pod-security/hostProbesAndHostLifecycle",
        title: "Pod Security: probe or hook of another host",
        advice: "remove `host`: probes and hooks go to the pod itself",
        impact: Impact::Neighbours,
        reach: Reach::Writer,
        page: include_str!("pod_security/host_probes_and_host_lifecycle.md"),
        controls: &["probe-of-other-host"],
    },
    Rule {
        check: "appArmorProfile",
        name: "pod-security/appArmorProfile",
        title: "Pod Security: no AppArmor profile",
        advice: "set the profile to RuntimeDefault or Localhost, or remove it",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/app_armor_profile.md"),
        controls: &["apparmor-unconfined"],
    },
    Rule {
        check: "capabilities_baseline",
        name: "pod-security/capabilities_baseline",
        title: "Pod Security: capabilities beyond the default",
        advice: "remove the capability from `add`",
        impact: Impact::Node,
        reach: Reach::Container,
        page: include_str!("pod_security/capabilities_baseline.md"),
        controls: &["dangerous-capability-added"],
    },
    Rule {
        check: "seLinuxOptions",
        name: "pod-security/seLinuxOptions",
        title: "Pod Security: SELinux options",
        advice: "remove `user` and `role`, and keep to the container types",
        impact: Impact::Neighbours,
        reach: Reach::Container,
        page: include_str!("pod_security/se_linux_options.md"),
        controls: &["selinux-custom-options"],
    },
    Rule {
        check: "procMount",
        name: "pod-security/procMount",
        title: "Pod Security: unmasked /proc",
        advice: "remove `procMount`",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/proc_mount.md"),
        controls: &["unmasked-proc-mount"],
    },
    Rule {
        check: "seccompProfile_baseline",
        name: "pod-security/seccompProfile_baseline",
        title: "Pod Security: no seccomp profile",
        advice: "set the type to RuntimeDefault or Localhost",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/seccomp_profile_baseline.md"),
        controls: &["seccomp-unconfined"],
    },
    Rule {
        check: "sysctls",
        name: "pod-security/sysctls",
        title: "Pod Security: unsafe sysctl",
        advice: "remove the sysctl: it reaches beyond the pod",
        impact: Impact::Outage,
        reach: Reach::Container,
        page: include_str!("pod_security/sysctls.md"),
        controls: &["unsafe-sysctl"],
    },
    Rule {
        check: "windowsHostProcess",
        name: "pod-security/windowsHostProcess",
        title: "Pod Security: process on the Windows host",
        advice: "remove `hostProcess`",
        impact: Impact::Node,
        reach: Reach::Container,
        page: include_str!("pod_security/windows_host_process.md"),
        controls: &["windows-host-process"],
    },
    Rule {
        check: "restrictedVolumes",
        name: "pod-security/restrictedVolumes",
        title: "Pod Security: volume type",
        advice: "use a claim, configMap, csi, downwardAPI, emptyDir, projected or secret",
        impact: Impact::Node,
        reach: Reach::Container,
        page: include_str!("pod_security/restricted_volumes.md"),
        controls: &[
            "container-runtime-socket-mounted",
            "sensitive-host-path-mounted",
            "host-path-mounted",
        ],
    },
    Rule {
        check: "allowPrivilegeEscalation",
        name: "pod-security/allowPrivilegeEscalation",
        title: "Pod Security: privilege escalation",
        advice: "set `allowPrivilegeEscalation: false`",
        impact: Impact::Foothold,
        reach: Reach::Container,
        page: include_str!("pod_security/allow_privilege_escalation.md"),
        controls: &["privilege-escalation-allowed"],
    },
    Rule {
        check: "runAsNonRoot",
        name: "pod-security/runAsNonRoot",
        title: "Pod Security: root is not excluded",
        advice: "set `runAsNonRoot: true` in the pod's securityContext",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/run_as_non_root.md"),
        controls: &["root-not-excluded"],
    },
    Rule {
        check: "runAsUser",
        name: "pod-security/runAsUser",
        title: "Pod Security: runs as root",
        advice: "set `runAsUser` to a user other than 0, or remove it",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/run_as_user.md"),
        controls: &["runs-as-root"],
    },
    Rule {
        check: "seccompProfile_restricted",
        name: "pod-security/seccompProfile_restricted",
        title: "Pod Security: seccomp profile not set",
        advice: "set `seccompProfile.type: RuntimeDefault` in the pod's securityContext",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/seccomp_profile_restricted.md"),
        controls: &["seccomp-not-set", "seccomp-unconfined"],
    },
    Rule {
        check: "capabilities_restricted",
        name: "pod-security/capabilities_restricted",
        title: "Pod Security: capabilities not dropped",
        advice: "drop ALL, and add at most NET_BIND_SERVICE",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/capabilities_restricted.md"),
        controls: &["capabilities-not-dropped", "dangerous-capability-added"],
    },
    Rule {
        check: "procMount_restricted",
        name: "pod-security/procMount_restricted",
        title: "Pod Security: unmasked /proc",
        advice: "remove `procMount`",
        impact: Impact::Node,
        reach: Reach::SecondFault,
        page: include_str!("pod_security/proc_mount_restricted.md"),
        controls: &["unmasked-proc-mount"],
    },
];

/// How bad it is that an enforced level refuses a pod; a level that warns or audits says less.
pub const SEVERITY: Severity = Severity::High;

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// The level of a check.
pub fn level(rule: &Rule) -> standards::Level {
    let check = standards::CHECKS.iter().find(|check| check.id == rule.check);
    check.map_or(standards::Level::Restricted, |check| check.level)
}

/// A mode of a policy, the strictest first.
struct Mode {
    verb: &'static str,
    demand: LevelVersion,
    severity: Severity,
}

/// What the standards say of an object's pods.
#[derive(Default)]
pub(crate) struct Verdict {
    /// What is refused, each with its rule.
    pub(crate) drafts: Vec<(&'static Rule, Draft)>,
    /// Why it cannot be told, if so.
    pub(crate) gap: Option<Unknown>,
}

/// A field, the kind of the gap and its reason.
type Unknown = (Path, GapKind, String);

/// Judges an object's pods by the policy in force for them.
pub(crate) fn judge(standing: Standing<'_>, pods: &[Pod<'_>], options: &Options) -> Verdict {
    if pods.is_empty() {
        return Verdict::default();
    }
    match policy(standing, options) {
        Ok(policy) => Verdict { drafts: drafts(standing, pods, options, policy), gap: None },
        Err(gap) => Verdict { drafts: Vec::new(), gap: Some(gap) },
    }
}

fn drafts(
    Standing { snapshot, world, object }: Standing<'_>,
    pods: &[Pod<'_>],
    options: &Options,
    policy: Policy,
) -> Vec<(&'static Rule, Draft)> {
    let modes = [
        Mode { verb: "enforces", demand: policy.enforce, severity: SEVERITY },
        Mode { verb: "warns at", demand: policy.warn, severity: Severity::Low },
        Mode { verb: "audits at", demand: policy.audit, severity: Severity::Low },
    ];
    let mut drafts = Vec::new();
    for pod in pods {
        let runtime_class = pod.spec.str("runtimeClassName");
        if options.exemptions.cover(object.namespace, runtime_class) {
            continue;
        }
        let mut told: Vec<&str> = Vec::new();
        for mode in &modes {
            let demand = resolved(mode.demand, snapshot.version_of(world));
            for violation in standards::judge(pod, demand.level, demand.version) {
                if told.contains(&violation.check) {
                    continue;
                }
                told.push(violation.check);
                let rule = RULES.iter().find(|rule| rule.check == violation.check);
                let Some(rule) = rule else { continue };
                let words = format!("{} {} {}", mode.verb, demand.level, demand.version);
                drafts.extend(
                    fields(pod, &violation)
                        .into_iter()
                        .map(|(at, what)| (rule, draft(rule, mode.severity, at, &what, &words))),
                );
            }
        }
    }
    drafts
}

/// `latest` is the version the snapshot is judged for.
fn resolved(demand: LevelVersion, judged_for: KubernetesVersion) -> LevelVersion {
    match demand.version {
        Version::Latest => {
            let minor = judged_for.minor.min(Version::NEWEST_MINOR);
            LevelVersion { version: Version::V1(minor), ..demand }
        }
        Version::V1(_) => demand,
    }
}

/// The policy in force for an object's pods, or why it cannot be told.
fn policy(
    Standing { snapshot, world, object }: Standing<'_>,
    options: &Options,
) -> Result<Policy, Unknown> {
    let defaults = options.pod_security;
    let Some(name) = object.namespace else { return Ok(defaults) };
    let mut copies = snapshot.namespaces(world, name);
    let mut policies = copies.by_ref().take(NAMESPACE_COPIES_MAX).map(|namespace| {
        let metadata = namespace.root.get("metadata");
        metadata.map_or(defaults, |node| Policy::of_namespace(node, defaults).0)
    });
    let policy = policies.next().unwrap_or(defaults);
    // Copies that demand the same leave no doubt.
    let are_equal = policies.all(|other| other == policy);
    let is_cut = copies.next().is_some();
    if are_equal && !is_cut {
        return Ok(policy);
    }
    let (kind, why) = if are_equal {
        (GapKind::Limit, format!("more than {NAMESPACE_COPIES_MAX} times"))
    } else {
        (GapKind::Ambiguous, "more than once with different Pod Security labels".to_owned())
    };
    let reason = format!("namespace `{name}` is given {why}: which level holds is not known");
    Err((Path::root().field("metadata.namespace"), kind, reason))
}

/// Most copies of one Namespace that are compared for each object in it.
const NAMESPACE_COPIES_MAX: usize = 64;

/// Labels of a Namespace that Kubernetes does not understand, or that name a version this build
/// does not know.
pub(crate) fn namespace_gaps(object: &Object<'_>) -> Vec<Unknown> {
    let Some(metadata) = object.root.get("metadata").filter(|_| object.is("", "Namespace")) else {
        return Vec::new();
    };
    let mut gaps = Vec::new();
    let (policy, invalid) = Policy::of_namespace(metadata, Policy::UNSET);
    let labels = Path::root().field("metadata.labels");
    for label in invalid {
        let reason = format!(
            "label `{}: {}` {}; Kubernetes then holds the strictest level",
            label.label, label.value, label.reason
        );
        gaps.push((labels.clone().key(label.label), GapKind::InvalidValue, reason));
    }
    for (mode, demand) in
        [("enforce", policy.enforce), ("warn", policy.warn), ("audit", policy.audit)]
    {
        if demand.version.is_newer_than_known() {
            let key = format!("pod-security.kubernetes.io/{mode}-version");
            let reason = format!(
                "Pod Security version {} is newer than this build knows; judged as v1.{}",
                demand.version,
                Version::NEWEST_MINOR
            );
            gaps.push((labels.clone().key(&key), GapKind::UnknownVersion, reason));
        }
    }
    gaps
}

/// Checks whose missing field is best set once, for the whole pod.
const SET_AT_POD: &[(&str, &str)] = &[
    ("runAsNonRoot", "securityContext.runAsNonRoot"),
    ("seccompProfile_restricted", "securityContext.seccompProfile.type"),
];

/// What a violation says, field by field: each field that is set is a fault of its own, all that
/// are missing are one.
fn fields(pod: &Pod<'_>, violation: &Violation) -> Vec<(Path, String)> {
    let mut found: Vec<(Path, String)> = Vec::new();
    let mut missing: Option<Path> = None;
    for Offence { path, value } in &violation.fields {
        match value {
            Some(value) => found.push((path.clone(), format!("`{path}` is `{value}`"))),
            None => {
                missing.get_or_insert_with(|| path.clone());
            }
        }
    }
    if let Some(path) = missing {
        let at_pod = SET_AT_POD.iter().find(|(check, _)| *check == violation.check);
        let path = at_pod.map_or(path, |(_, field)| pod.at(field));
        found.push((path, violation.detail.clone()));
    }
    found
}

fn draft(rule: &Rule, severity: Severity, at: Path, what: &str, words: &str) -> Draft {
    let title = rule.title.strip_prefix("Pod Security: ").unwrap_or(rule.title);
    let message = format!("{title}: {what}; Pod Security {words} here");
    Draft { at, severity, message, fix: Some(Fix::advice(rule.advice)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn every_check_has_its_rule_and_every_rule_its_check() {
        let checks: Vec<_> = standards::CHECKS.iter().map(|check| check.id).collect();
        let mut rules: Vec<_> = RULES.iter().map(|rule| rule.check).collect();
        assert!(checks.iter().all(|check| rules.contains(check)), "{checks:?}");
        rules.dedup();
        assert_eq!(rules.len(), checks.len());
    }

    #[test]
    fn rules_name_controls_that_exist() {
        for rule in RULES {
            assert_eq!(rule.name, format!("pod-security/{}", rule.check));
            for control in rule.controls {
                assert!(catalog::find(control).is_some(), "{}: {control}", rule.name);
            }
        }
    }

    /// Copies beyond the limit are not compared: what they demand is a gap, not a guess.
    #[test]
    fn many_copies_of_a_namespace_are_a_gap() {
        let gaps = |copies: usize| {
            let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
            let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\n\
                       spec: {containers: [{name: c, image: x}]}\n";
            let text = format!("{pod}{}", namespace.repeat(copies));
            let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
            let mut part = model::Part::new();
            for (number, document) in (0..).zip(stream.documents()) {
                let root = document.expect("readable").root();
                let redactions = model::Redactions::find(root, &model::DigestKey::new(&[7; 32]));
                let item = Path::root();
                let origin = model::Origin { file: 0, document: number, item, line: 1 };
                part.insert(root, &redactions, model::WorldId(0), origin, None);
            }
            let version = KubernetesVersion::NEWEST;
            let mut snapshot = model::Snapshot::new(version, jiff::Timestamp::UNIX_EPOCH);
            snapshot.add(part);
            let judgement = crate::judge(&snapshot, model::ObjectId(0), [], &Options::default());
            judgement.gaps.into_iter().map(|(_, gap)| gap.kind).collect::<Vec<_>>()
        };
        assert_eq!(gaps(NAMESPACE_COPIES_MAX), []);
        assert_eq!(gaps(NAMESPACE_COPIES_MAX + 1), [GapKind::Limit]);
    }
}
