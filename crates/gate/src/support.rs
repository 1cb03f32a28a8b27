//! Whether an operating system still gets fixes.

use advisory::sources::end_of_life::{Cycle, End};
use advisory::{Database, Date, Status};
use package::Distribution;

use crate::finding::{Class, due};
use crate::policy::Policy;

/// Names of products on endoflife.date that are not the `ID` of their `os-release`.
const PRODUCTS: &[(&str, &[&str])] = &[
    ("alpine", &["alpine-linux"]),
    ("amzn", &["amazon-linux"]),
    ("ol", &["oracle-linux"]),
    ("opensuse-leap", &["opensuse"]),
    ("rocky", &["rocky-linux"]),
    ("photon", &["photon-os"]),
];

/// A release whose regular support has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// On which day, if somebody says so.
    pub on: Option<Date>,
    /// Until when it gets fixes from volunteers, or for money (LTS, ESM).
    pub extended: End,
    /// What is to be done: without fixes to come, the policy's days for what is at its end of life
    /// begin.
    pub class: Class,
}

/// The end of an operating system's regular support; none while it lasts, and none where the
/// database does not say.
pub fn ended(
    policy: &Policy,
    database: &Database<'_>,
    distribution: &Distribution,
    today: Date,
) -> Option<Ended> {
    let cycle = cycle(database, distribution)?;
    let on = match cycle.end {
        End::On(day) if day < today => Some(day),
        End::Past => None,
        End::On(_) | End::Open | End::Unknown => return None,
    };
    let class = match cycle.extended_end {
        End::Open => Class::Grace(None),
        End::On(day) => class(policy, Some(on.map_or(day, |on| on.max(day))), today),
        End::Past | End::Unknown => class(policy, on, today),
    };
    Some(Ended { on, extended: cycle.extended_end, class })
}

/// What is known of a release: by its whole number, or by what of it names the series.
fn cycle(database: &Database<'_>, distribution: &Distribution) -> Option<Cycle> {
    let id = distribution.id.as_str();
    let aliases = PRODUCTS.iter().find(|(name, _)| *name == id).map_or(&[][..], |it| it.1);
    let mut release = distribution.version_id.as_str();
    loop {
        let of = |product: &&str| database.end_of_life(product, release);
        if let Some(found) = [id].iter().chain(aliases).find_map(of) {
            return Some(found);
        }
        release = release.rsplit_once('.')?.0;
    }
}

fn class(policy: &Policy, since: Option<Date>, today: Date) -> Class {
    let at = Status::ALL.iter().position(|it| *it == Status::EndOfLife).unwrap_or_default();
    match policy.unfixed.get(at).copied().flatten() {
        Some(grace) => due(grace, since, today, u32::MAX),
        None => Class::Waiting(Status::EndOfLife),
    }
}
