//! How old an image is, and what was mended since it was built.

use advisory::Date;

use crate::finding::Finding;
use crate::policy::Policy;

/// How old an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Days since it was built.
    pub days: u32,
    /// Findings whose fix was there only after that: building it again may be all it takes.
    pub fixes_since: usize,
    /// Whether it is older than the policy allows.
    pub is_too_old: bool,
}

/// The age of an image that was built on a day; none if that lies ahead.
pub fn age(policy: &Policy, built: Date, findings: &[Finding<'_>], today: Date) -> Option<Age> {
    let days = today.days().checked_sub(built.days())?;
    let is_since = |it: &&Finding<'_>| {
        let advisory = &it.matched.advisory;
        let fixed_on = it.matched.fixed.and(advisory.published.or(advisory.modified));
        fixed_on.is_some_and(|day| day > built)
    };
    let is_too_old = policy.max_age.is_some_and(|most| days > most);
    Some(Age { days, fixes_since: findings.iter().filter(is_since).count(), is_too_old })
}
