//! Images of which it is known what is wrong with them.

use std::collections::HashSet;
use std::str::FromStr;

use analyze::at_admission::IMAGES;
use model::{Finding, Fix, Gap, GapKind, Object, Severity};

use crate::decide::{Judged, finding};

/// What is known of an image's vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageVerdict {
    /// How many have to be acted on today, by the team's own policy.
    pub act_now: u32,
    /// How many are open beside these.
    pub later: u32,
    /// How many of all that are open are critical.
    pub critical: u32,
    /// How many of them are high.
    pub high: u32,
    /// How many of them a newer version mends.
    pub fixable: u32,
    /// The name of the most urgent, `CVE-2026-0001`, if any is open.
    pub worst: Option<String>,
    /// What could not be read or decided of it, if anything: nothing found is not nothing there.
    pub gap: Option<String>,
    /// The day on which it was scanned.
    pub scanned_on: jiff::civil::Date,
    /// The day of the data by which it was judged.
    pub known_on: jiff::civil::Date,
}

/// Tells what is known of an image, by its reference as a container names it; None if nothing is.
pub type KnownImages<'a> = &'a dyn Fn(&str) -> Option<ImageVerdict>;

/// Which images are a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deny {
    /// None: nobody is asked.
    #[default]
    Never,
    /// Those with a vulnerability that has to be acted on today.
    ActNow,
    /// Those with any open vulnerability.
    Any,
}

impl FromStr for Deny {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            "act-now" => Ok(Self::ActNow),
            "any" => Ok(Self::Any),
            _ => Err(format!("`{text}` is none of `never`, `act-now` and `any`")),
        }
    }
}

/// What is found of an object's images, and of which nothing is known. An image that several
/// containers run is told once.
pub(crate) fn judge(judged: &Judged<'_>, object: &Object<'_>) -> (Vec<Finding>, Vec<Gap>) {
    let (mut findings, mut gaps) = (Vec::new(), Vec::new());
    let Some(known) = judged.known_images else { return (findings, gaps) };
    let deny = judged.policy.images;
    if deny == Deny::Never {
        return (findings, gaps);
    }
    let mut told = HashSet::new();
    for pod in object.pods() {
        for container in pod.containers() {
            let image = container.image();
            if image.is_empty() || !told.insert(image.to_owned()) {
                continue;
            }
            let mut gap = |reason| {
                let subject = object.identity().to_string();
                gaps.push(Gap { kind: GapKind::NotEvaluated, subject, location: None, reason });
            };
            let Some(verdict) = known(image) else {
                gap(format!("image {image} was not judged yet"));
                continue;
            };
            let is_denied = match deny {
                Deny::Never => false,
                Deny::ActNow => verdict.act_now > 0,
                Deny::Any => verdict.act_now + verdict.later > 0,
            };
            if is_denied {
                let severity = if verdict.act_now > 0 { Severity::High } else { Severity::Medium };
                let fix = Fix::advice("build the image anew with what mends them".to_owned());
                let message = words(image, &verdict);
                let at = container.at("image");
                findings.push(finding(judged, object, (IMAGES, severity), at, message, Some(fix)));
            } else if let Some(why) = &verdict.gap {
                gap(format!("of image {image} not all is known: {why}"));
            }
        }
    }
    (findings, gaps)
}

fn words(image: &str, verdict: &ImageVerdict) -> String {
    let ImageVerdict { act_now, later, critical, high, fixable, worst, .. } = verdict;
    let ImageVerdict { scanned_on, known_on, .. } = verdict;
    let worst = worst.as_ref().map(|name| format!(", the worst is {name}")).unwrap_or_default();
    format!(
        "image {image} has {act_now} vulnerabilities to act on today and {later} more: {critical} \
         critical, {high} high, {fixable} with a fix{worst} (as known on {known_on}, scanned on \
         {scanned_on})"
    )
}
