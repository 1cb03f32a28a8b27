//! A namespace's labels as policy.
//!
//! Source: `PolicyToEvaluate` in `api/helpers.go` of `k8s.io/pod-security-admission`.

use std::fmt;

use model::Node;

use super::wording::go_quoted;
use super::{Level, LevelVersion, Version};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";
const AUDIT: &str = "pod-security.kubernetes.io/audit";
const AUDIT_VERSION: &str = "pod-security.kubernetes.io/audit-version";
const WARN: &str = "pod-security.kubernetes.io/warn";
const WARN_VERSION: &str = "pod-security.kubernetes.io/warn-version";

/// What a namespace demands of its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Pods that violate it are refused.
    pub enforce: LevelVersion,
    /// Pods and pod templates that violate it are noted in the audit log.
    pub audit: LevelVersion,
    /// Pods and pod templates that violate it are answered with a warning.
    pub warn: LevelVersion,
}

impl Policy {
    /// What the API server holds where neither a label nor its configuration says anything.
    pub const UNSET: Self = Self {
        enforce: LevelVersion::UNSET,
        audit: LevelVersion::UNSET,
        warn: LevelVersion::UNSET,
    };

    /// The policy of a namespace with this `metadata`, and what is wrong with its labels.
    pub fn of_namespace(metadata: Node<'_>, defaults: Self) -> (Self, Vec<InvalidLabel>) {
        let labels = metadata.get("labels");
        Self::of_labels(
            |name| {
                // Not `Node::get`: the API server reads a null label as an empty one.
                Some(labels?.get_or_null(name)?.as_str().unwrap_or_default())
            },
            defaults,
        )
    }

    /// The policy that labels set over `defaults`; `label` finds a label's value.
    ///
    /// A label that cannot be understood counts as the strictest for `enforce` (level restricted)
    /// and as none for `audit` and `warn` (level privileged); a version counts as the latest.
    /// Where only `enforce` is set, `warn` is no less strict.
    pub fn of_labels<'a>(
        label: impl Fn(&str) -> Option<&'a str>,
        defaults: Self,
    ) -> (Self, Vec<InvalidLabel>) {
        let mut policy = defaults;
        let mut invalid = Vec::new();
        let modes = [
            (&mut policy.enforce, ENFORCE, ENFORCE_VERSION, Level::Restricted),
            (&mut policy.audit, AUDIT, AUDIT_VERSION, Level::Privileged),
            (&mut policy.warn, WARN, WARN_VERSION, Level::Privileged),
        ];
        for (mode, level_label, version_label, level_if_invalid) in modes {
            if let Some(text) = label(level_label) {
                mode.level = text.parse().unwrap_or_else(|error| {
                    invalid.push(InvalidLabel::new(level_label, text, &error));
                    level_if_invalid
                });
            }
            if let Some(text) = label(version_label) {
                mode.version = text.parse().unwrap_or_else(|error| {
                    invalid.push(InvalidLabel::new(version_label, text, &error));
                    Version::Latest
                });
            }
        }
        let enforce_is_explicit = label(ENFORCE).is_some_and(|text| text.parse::<Level>().is_ok());
        if enforce_is_explicit && label(WARN).is_none() && policy.enforce.level > policy.warn.level
        {
            policy.warn.level = policy.enforce.level;
            if label(WARN_VERSION).is_none() {
                policy.warn.version = policy.enforce.version;
            }
        }
        (policy, invalid)
    }
}

/// A label whose value is no level or version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLabel {
    /// The label's key.
    pub label: &'static str,
    /// Its value.
    pub value: String,
    /// What the value has to be, as a lower-case fragment.
    pub reason: String,
}

impl InvalidLabel {
    fn new(label: &'static str, value: &str, reason: &impl fmt::Display) -> Self {
        Self { label, value: value.to_owned(), reason: reason.to_string() }
    }
}

impl fmt::Display for InvalidLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = go_quoted(&self.value);
        write!(
            formatter,
            "metadata.labels[{}]: Invalid value: {value}: {}",
            self.label, self.reason
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[(&str, &str)], enforce: &str, audit: &str, warn: &str, errors: usize) {
        let find =
            |name: &str| labels.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let (policy, invalid) = Policy::of_labels(find, Policy::UNSET);
        assert_eq!(policy.enforce.to_string(), enforce, "{labels:?}");
        assert_eq!(policy.audit.to_string(), audit, "{labels:?}");
        assert_eq!(policy.warn.to_string(), warn, "{labels:?}");
        assert_eq!(invalid.len(), errors, "{invalid:?}");
    }

    #[test]
    fn labels_become_policy() {
        let unset = "privileged:latest";
        check(&[], unset, unset, unset, 0);
        check(
            &[(ENFORCE, "baseline"), (ENFORCE_VERSION, "v1.30")],
            "baseline:v1.30",
            unset,
            "baseline:v1.30",
            0,
        );
        check(&[(ENFORCE, "baseline"), (WARN, "privileged")], "baseline:latest", unset, unset, 0);
        check(
            &[(ENFORCE, "baseline"), (ENFORCE_VERSION, "v1.2"), (WARN_VERSION, "v1.3")],
            "baseline:v1.2",
            unset,
            "baseline:v1.3",
            0,
        );
        check(
            &[(AUDIT, "restricted"), (AUDIT_VERSION, "v1.0"), (WARN, "baseline")],
            unset,
            "restricted:v1.0",
            "baseline:latest",
            0,
        );
    }

    #[test]
    fn invalid_labels_fail_closed_for_enforce_and_open_for_the_rest() {
        let unset = "privileged:latest";
        check(&[(ENFORCE, "strict")], "restricted:latest", unset, unset, 1);
        check(&[(AUDIT, ""), (WARN, "BASELINE")], unset, unset, unset, 2);
        check(
            &[(ENFORCE, "baseline"), (ENFORCE_VERSION, "1.30")],
            "baseline:latest",
            unset,
            "baseline:latest",
            1,
        );
    }

    #[test]
    fn an_invalid_label_says_what_it_has_to_be() {
        let find = |name: &str| (name == WARN).then_some("x");
        let (_, invalid) = Policy::of_labels(find, Policy::UNSET);
        assert_eq!(
            invalid[0].to_string(),
            "metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: \"x\": \
             must be one of privileged, baseline, restricted"
        );
    }

    #[test]
    fn a_null_label_is_an_empty_one() {
        let text = "labels: {pod-security.kubernetes.io/enforce: ~,
                             pod-security.kubernetes.io/warn: baseline}";
        let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
        let document = stream.documents().next().expect("a document").expect("readable");
        let redactions = model::Redactions::default();
        let metadata = Node::tree(document.root(), &redactions);
        let (policy, invalid) = Policy::of_namespace(metadata, Policy::UNSET);
        assert_eq!(policy.enforce.to_string(), "restricted:latest");
        assert_eq!(policy.warn.to_string(), "baseline:latest");
        assert_eq!(invalid[0].label, ENFORCE);
    }
}
