//! Each vulnerability of each package, in its class.

use advisory::{Database, Date, Exploitation, Match, Rating, Status};
use package::Package;

use crate::policy::{Breaking, CountedFrom, Grace, Policy};

/// One vulnerability of one package.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// The package.
    pub package: &'a Package,
    /// What is known of the vulnerability in it.
    pub matched: Match<'a>,
    /// Whether attackers use it.
    pub exploitation: Exploitation,
    /// What is to be done.
    pub class: Class,
    /// The place of an exception that held until before today.
    pub expired: Option<usize>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Act now.
    Act(Why),
    /// Act within so many days, today counted; without a number there is no end.
    Grace(Option<u32>),
    /// The vendor has to act first.
    Waiting(Status),
    /// Somebody answers for it: the place of the exception in the policy.
    Accepted(usize),
    /// Somebody states in VEX that it is not affected, or has the fix: the place of the statement
    /// in what the caller has read. Set by the caller.
    NotAffected(usize),
}

/// Why it is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Attackers are known to use it.
    KnownExploited,
    /// So many days ago the grace ended; 0 is today.
    Overdue(u32),
    /// No date tells when the grace began, so it does not begin.
    Undated,
}

impl Class {
    /// Whether it makes the command fail.
    pub fn breaks(self, breaking: Breaking) -> bool {
        match self {
            Self::Act(_) => breaking >= Breaking::Act,
            Self::Grace(_) => breaking >= Breaking::Grace,
            Self::Waiting(_) => breaking >= Breaking::Waiting,
            Self::Accepted(_) | Self::NotAffected(_) => false,
        }
    }
}

/// Days a date may be ahead: where an advisory is written it may already be tomorrow.
const AHEAD_DAYS_MAX: u32 = 1;

/// The class of a vulnerability on this day; none if the vendor says the package is not affected.
pub fn judge<'a>(
    policy: &Policy,
    database: &Database<'a>,
    package: &'a Package,
    matched: Match<'a>,
    today: Date,
) -> Option<Finding<'a>> {
    if matched.status == Status::NotAffected {
        return None;
    }
    let exploitation = database.exploitation(matched.vulnerability);
    let mut expired = None;
    let about = policy.exceptions.iter().enumerate();
    for (at, exception) in about.filter(|(_, it)| it.is_about(&matched, package)) {
        if exception.expires >= today {
            let class = Class::Accepted(at);
            return Some(Finding { package, matched, exploitation, class, expired: None });
        }
        expired = Some(at);
    }
    let class = class(policy, &matched, exploitation, today);
    Some(Finding { package, matched, exploitation, class, expired })
}

fn class(policy: &Policy, matched: &Match<'_>, used: Exploitation, today: Date) -> Class {
    let is_fixed = matched.fixed.is_some();
    if let Some(since) = used.known_since {
        // Counted from the later of the two: nobody can act on what has no fix yet.
        let since = if is_fixed { dated(policy, matched).max(Some(since)) } else { Some(since) };
        return match due(policy.known_exploited, since, today, AHEAD_DAYS_MAX) {
            Class::Act(_) => Class::Act(Why::KnownExploited),
            class => class,
        };
    }
    if is_fixed {
        let at = Rating::ALL.iter().position(|it| *it == matched.rating).unwrap_or_default();
        let grace = policy.grace.get(at).copied().unwrap_or(Grace::Days(0));
        return due(grace, dated(policy, matched), today, AHEAD_DAYS_MAX);
    }
    let at = Status::ALL.iter().position(|it| *it == matched.status).unwrap_or_default();
    match policy.unfixed.get(at).copied().flatten() {
        Some(grace) => due(grace, matched.published, today, AHEAD_DAYS_MAX),
        None => Class::Waiting(matched.status),
    }
}

/// The day a grace begins.
fn dated(policy: &Policy, matched: &Match<'_>) -> Option<Date> {
    let advisory = &matched.advisory;
    match policy.counted_from {
        // Without a day of its own it is as old as its last change, at the least.
        CountedFrom::Fix => advisory.published.or(advisory.modified),
        CountedFrom::Published => matched.published.or(advisory.modified),
    }
}

/// A grace of 7 days is the day it begins and the six after it. A day further ahead than `ahead`
/// is none.
pub(crate) fn due(grace: Grace, since: Option<Date>, today: Date, ahead: u32) -> Class {
    let days = match grace {
        Grace::Never => return Class::Grace(None),
        Grace::Days(days) => days,
    };
    let is_dated = |since: &Date| since.days() <= today.days().saturating_add(ahead);
    let Some(since) = since.filter(is_dated) else { return Class::Act(Why::Undated) };
    let end = since.days().saturating_add(days);
    match end.checked_sub(today.days()) {
        None | Some(0) => Class::Act(Why::Overdue(today.days() - end)),
        Some(left) => Class::Grace(Some(left)),
    }
}
