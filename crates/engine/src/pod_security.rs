//! The Pod Security Standards, exactly as Kubernetes 1.37 judges them.
//!
//! [`judge`] answers for one pod, level and version what the API server's admission would: which
//! checks refuse it, with upstream's words, and which fields are the reason. A check is data in
//! [`CHECKS`] and a function per policy version, one file per check.
//!
//! Source: `k8s.io/pod-security-admission`, packages `policy` (checks and their registry) and
//! `api` (levels, versions, labels).

mod check;
mod checks;
mod defaulted;
mod exemption;
mod level;
mod policy;
#[cfg(test)]
mod testing;
mod wording;

use model::{Path, Pod};

pub use check::Check;
pub use checks::{BASELINE_CAPABILITIES, CHECKS};
pub use exemption::Exemptions;
pub use level::{Level, LevelVersion, ParseLevelError, ParseVersionError, Version};
pub use policy::{InvalidLabel, Policy};

use check::active_checks;
use defaulted::{DefaultedContainer, DefaultedPod};

/// One check's refusal of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Upstream's id of the check, such as `hostPorts`.
    pub check: &'static str,
    /// Upstream's `ForbiddenReason`: a few words that stand alone.
    pub reason: &'static str,
    /// Upstream's `ForbiddenDetail`: who set what.
    pub detail: String,
    /// Every field that is a reason for the refusal, in the order of the pod's containers.
    pub fields: Vec<Offence>,
}

/// A field a check objects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// Where it stands in the object, or should stand if it is missing.
    pub path: Path,
    /// What results for it after the API server's defaulting: the text of a scalar, the type of
    /// a volume source. None if it is missing.
    pub value: Option<String>,
}

/// The checks of a level and version that refuse the pod, in upstream's order.
///
/// The pod is judged as the API server sees it after defaulting. A version newer than
/// [`Version::NEWEST_MINOR`] is judged as the newest (see [`Version::is_newer_than_known`]).
pub fn judge(pod: &Pod<'_>, level: Level, version: Version) -> Vec<Violation> {
    let active = active_checks(level, version);
    if active.is_empty() {
        return Vec::new();
    }
    let pod = DefaultedPod::new(pod);
    active
        .iter()
        .filter_map(|(check, check_pod)| {
            let Refusal { reason, detail, fields } = check_pod(&pod)?;
            Some(Violation { check: check.id, reason, detail, fields })
        })
        .collect()
}

/// What a check says against a pod.
pub(crate) struct Refusal {
    reason: &'static str,
    detail: String,
    fields: Vec<Offence>,
}
