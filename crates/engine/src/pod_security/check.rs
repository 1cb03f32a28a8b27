//! A check as data, and which checks run at a level and version.

use std::sync::OnceLock;

use super::{CHECKS, DefaultedPod, Level, Refusal, Version};

/// A check of the Pod Security Standards.
pub struct Check {
    /// Upstream's id, such as `hostPorts`.
    pub id: &'static str,
    /// Baseline or restricted; restricted also runs the baseline checks.
    pub level: Level,
    /// Baseline checks that do not run at restricted from this check's first version on.
    pub overrides: &'static [&'static str],
    /// Revisions: the first minor version of Kubernetes 1 each is for, increasing, and what it
    /// checks.
    pub(super) versions: &'static [(u32, CheckPod)],
}

/// Judges a pod by one revision of a check: none, or the refusal.
pub(super) type CheckPod = fn(&DefaultedPod<'_>) -> Option<Refusal>;

impl Check {
    /// The first minor version of each revision, increasing.
    pub fn minimum_minors(&self) -> impl Iterator<Item = u32> {
        self.versions.iter().map(|(minor, _)| *minor)
    }

    /// The revision in force at a minor version.
    pub(super) fn at(&self, minor: u32) -> Option<CheckPod> {
        let revision = self.versions.iter().rev().find(|(minimum, _)| *minimum <= minor);
        revision.map(|(_, check_pod)| *check_pod)
    }
}

/// A check and its revision in force.
pub(super) type Active = (&'static Check, CheckPod);

const MINORS: usize = Version::NEWEST_MINOR as usize + 1;

/// The checks that run at a level and version, in the order upstream reports them.
///
/// As `checkRegistry.EvaluatePod` in `policy/registry.go`.
pub(super) fn active_checks(level: Level, version: Version) -> &'static [Active] {
    static TABLE: OnceLock<[Vec<Vec<Active>>; 2]> = OnceLock::new();
    let [baseline, restricted] = TABLE.get_or_init(|| {
        [Level::Baseline, Level::Restricted]
            .map(|level| (0..MINORS as u32).map(|minor| resolve(level, minor)).collect())
    });
    let at = version.effective_minor() as usize;
    match level {
        Level::Privileged => &[],
        Level::Baseline => &baseline[at],
        Level::Restricted => &restricted[at],
    }
}

fn resolve(level: Level, minor: u32) -> Vec<Active> {
    let in_force = || {
        let of_level = CHECKS.iter().filter(|check| check.level <= level);
        of_level.filter_map(|check| Some((*check, check.at(minor)?)))
    };
    let overridden: Vec<&str> =
        in_force().flat_map(|(check, _)| check.overrides).copied().collect();
    in_force().filter(|(check, _)| !overridden.contains(&check.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Upstream sorts the ids within each level and reports baseline first.
    #[test]
    fn list_is_in_the_order_of_reports() {
        assert!(CHECKS.is_sorted_by_key(|check| (check.level, check.id)));
    }

    /// The rules of `validateChecks` in `policy/registry.go`.
    #[test]
    fn list_is_valid() {
        for check in CHECKS {
            assert_eq!(CHECKS.iter().filter(|other| other.id == check.id).count(), 1);
            assert_ne!(check.level, Level::Privileged, "{}", check.id);
            assert!(!check.versions.is_empty(), "{}", check.id);
            assert!(check.minimum_minors().is_sorted_by(|a, b| a < b), "{}", check.id);
            assert!(check.minimum_minors().all(|minor| minor <= Version::NEWEST_MINOR));
            for overridden in check.overrides {
                assert_eq!(check.level, Level::Restricted, "{}", check.id);
                let baseline = CHECKS.iter().find(|other| other.id == *overridden);
                assert_eq!(baseline.map(|other| other.level), Some(Level::Baseline));
            }
        }
    }

    #[test]
    fn restricted_replaces_what_it_overrides() {
        let ids = |minor| -> Vec<_> {
            let active = active_checks(Level::Restricted, Version::V1(minor));
            active.iter().map(|(check, _)| check.id).collect()
        };
        assert!(ids(21).contains(&"capabilities_baseline"));
        assert!(!ids(22).contains(&"capabilities_baseline"));
        assert!(ids(22).contains(&"capabilities_restricted"));
        assert!(ids(34).contains(&"procMount") && !ids(35).contains(&"procMount"));
        assert_eq!(ids(0).iter().filter(|id| id.contains("olumes")).count(), 1);
    }

    #[test]
    fn later_minors_are_judged_as_the_newest() {
        let count = |version| active_checks(Level::Restricted, version).len();
        assert_eq!(count(Version::V1(u32::MAX)), count(Version::V1(Version::NEWEST_MINOR)));
        assert_eq!(count(Version::Latest), count(Version::V1(Version::NEWEST_MINOR)));
        assert!(active_checks(Level::Privileged, Version::Latest).is_empty());
    }
}
