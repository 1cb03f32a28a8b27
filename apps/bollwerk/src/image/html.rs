//! What was found in images as a page for browsers: the words for it.

use advisory::Date;
use gate::{Class, Exposure, Finding, Policy, upgrades};
use model::Severity;
use report::{
    ImageCredential, ImageCredentials, ImageFact, ImageFinding, ImagePage, ImageRow, ImageStep,
    Mood, Outcome,
};

use super::fleet::{Deployed, Workload};
use super::fleet_text::{self, Judged, Leaked, Spread};
use super::input::Input;
use super::sbom::{name, release};
use super::searched::{self, Searched};
use super::secrets;
use super::text::{self, Shown};
use crate::arguments::ImageGapKind;

/// What is the same on every page.
pub(super) struct Frame<'a> {
    pub(super) policy: &'a Policy,
    pub(super) today: Date,
    /// Which advisories were asked.
    pub(super) advisories: String,
    pub(super) code: u8,
}

/// The page of one image.
pub(super) fn of_image(
    shown: Shown<'_>,
    gaps: &[(ImageGapKind, String)],
    frame: &Frame<'_>,
) -> ImagePage<'static> {
    let Shown { input, found, .. } = shown;
    let steps = upgrades(&found.findings);
    let steps = steps.iter().map(|it| ImageStep {
        package: format!("{} {}", it.name, it.from.join(", ")),
        to: it.to.to_owned(),
        mends: mends(it.mends, it.urgent),
    });
    let row = |it: &Finding<'_>| finding(it, frame.policy, Vec::new());
    let short = input.digest.get(..19).unwrap_or(&input.digest);
    let about = [release(input), format!("{} packages", input.packages.len()), short.to_owned()];
    let about: Vec<String> = about.into_iter().filter(|it| !it.is_empty()).collect();
    ImagePage {
        title: input.name.clone(),
        about: about.join(" · "),
        facts: facts(shown, frame),
        images: Vec::new(),
        steps: steps.collect(),
        findings: found.findings.iter().map(row).collect(),
        credentials: input.secrets.as_ref().map(credentials),
        ..frame.empty(gaps)
    }
}

/// The page of a deployment.
pub(super) fn of_fleet(
    images: &[Judged<'_>],
    gaps: &[(ImageGapKind, String)],
    frame: &Frame<'_>,
) -> ImagePage<'static> {
    let workloads: usize = images.iter().map(|(it, _)| it.workloads.len()).sum();
    let steps = fleet_text::upgrades(images).into_iter().map(|it| ImageStep {
        package: it.package,
        to: it.to.to_owned(),
        mends: format!("{}, in {}", mends(it.mends, it.urgent), counted(it.images, "image")),
    });
    let spread = fleet_text::spread(images, |_| true);
    let row = |it: &Spread<'_>| {
        let runs_in = match it.workloads.as_slice() {
            [] => it.images.iter().map(|it| (*it).to_owned()).collect(),
            workloads => workloads.iter().map(|it| workload(it)).collect(),
        };
        finding(it.finding, frame.policy, runs_in)
    };
    let findings: Vec<ImageFinding> = spread.iter().map(row).collect();
    ImagePage {
        title: counted(images.len(), "image"),
        about: counted(workloads, "workload"),
        facts: fleet_facts(images, frame),
        images: fleet_text::ordered(images).into_iter().map(|(it, _)| image(it, images)).collect(),
        steps: steps.collect(),
        findings,
        credentials: leaked(images),
        ..frame.empty(gaps)
    }
}

impl Frame<'_> {
    fn empty(&self, gaps: &[(ImageGapKind, String)]) -> ImagePage<'static> {
        let gap = |(kind, text): &(ImageGapKind, String)| (text::gap_name(*kind), text.clone());
        ImagePage {
            program_version: env!("CARGO_PKG_VERSION"),
            title: String::new(),
            about: String::new(),
            day: self.today.to_string(),
            advisories: self.advisories.clone(),
            outcome: match self.code {
                super::FAILED => Outcome::Findings,
                0 if gaps.is_empty() => Outcome::Clean,
                _ => Outcome::NotAssessed,
            },
            facts: Vec::new(),
            images: Vec::new(),
            steps: Vec::new(),
            findings: Vec::new(),
            credentials: None,
            gaps: gaps.iter().map(gap).collect(),
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn mends(count: usize, urgent: usize) -> String {
    match urgent {
        0 => format!("mends {count}"),
        urgent => format!("mends {count}, {urgent} of them now"),
    }
}

fn fact(mood: Mood, text: impl Into<String>) -> ImageFact {
    ImageFact { mood, text: text.into() }
}

/// What is worth knowing of an image before its findings.
fn facts(shown: Shown<'_>, frame: &Frame<'_>) -> Vec<ImageFact> {
    let Shown { input, found, foundation } = shown;
    let mut facts = Vec::new();
    if let Some(ended) = &found.ended {
        let mood = if matches!(ended.class, Class::Act(_)) { Mood::Bad } else { Mood::Warning };
        facts.push(fact(mood, text::ended(input, ended)));
    }
    if let Some(age) = text::age(input, found, frame.policy, frame.today) {
        let mood = if age.is_too_old { Mood::Bad } else { Mood::Plain };
        facts.push(fact(mood, text::built(age)));
    }
    match foundation {
        Some(it) => {
            let here = format!(
                "Built on {}, where {} come from",
                it.base.name,
                counted(it.findings, "finding")
            );
            facts.push(match it.newer {
                Some(newer) => {
                    let mends = mends(newer.mends, newer.urgent);
                    fact(Mood::Good, format!("{here}: {} {mends}", newer.base.name))
                }
                None => fact(Mood::Plain, format!("{here}: no newer one at hand mends any")),
            });
        }
        None => facts.extend(input.built_on.iter().map(|base| {
            fact(Mood::Plain, format!("Built on {base}, as it says; `--base` compares newer ones"))
        })),
    }
    facts
}

fn fleet_facts(images: &[Judged<'_>], frame: &Frame<'_>) -> Vec<ImageFact> {
    let mut facts = Vec::new();
    let unread = images.iter().filter(|(_, found)| found.is_none()).count();
    if unread > 0 {
        facts.push(fact(Mood::Warning, format!("{} could not be read", counted(unread, "image"))));
    }
    let mut count = |is_it: &dyn Fn(&Input, &super::findings::Findings<'_>) -> bool, what: &str| {
        let both = images
            .iter()
            .filter_map(|(it, found)| Some((it.input.as_ref().ok()?, found.as_ref()?)));
        let count = both.filter(|(input, found)| is_it(input, found)).count();
        if count > 0 {
            facts.push(fact(Mood::Bad, format!("{} {what}", counted(count, "image"))));
        }
    };
    count(&|_, found| found.ended.is_some(), "with an operating system out of support");
    count(
        &|input, found| {
            let age = text::age(input, found, frame.policy, frame.today);
            age.is_some_and(|it| it.is_too_old)
        },
        "older than the policy allows",
    );
    facts
}

fn finding(it: &Finding<'_>, policy: &Policy, runs_in: Vec<String>) -> ImageFinding {
    let matched = &it.matched;
    ImageFinding {
        class: text::class_name(it.class),
        rating: matched.rating.name(),
        id: matched.vulnerability.to_string(),
        summary: matched.advisory.summary().to_owned(),
        package: format!("{} {}", name(it.package), it.package.version),
        place: it.package.found_in.first().map_or_else(String::new, |it| format!("/{}", it.path)),
        fixed: matched.fixed.map(str::to_owned),
        note: text::note(it, policy),
        runs_in,
    }
}

fn workload(it: &Workload) -> String {
    let open = if it.exposure == Exposure::Internet { " (open to the internet)" } else { "" };
    format!("{} {}/{}{open}", it.kind, it.namespace, it.name)
}

fn image(image: &Deployed, all: &[Judged<'_>]) -> ImageRow {
    let found = all.iter().find(|(it, _)| std::ptr::eq(*it, image));
    let found = found.and_then(|(_, found)| found.as_ref());
    let input = image.input.as_ref().ok();
    let bad = |it: &Searched| {
        let all = secrets::credentials(&it.findings);
        let worst = all.iter().filter_map(|group| group.first());
        worst.filter(|it| it.severity >= Severity::Medium).count()
    };
    let ended = found.and_then(|it| it.ended.as_ref()).map(|it| {
        let since = it.on.map_or_else(String::new, |day| format!(" since {day}"));
        format!("operating system out of support{since}")
    });
    let open = image.workloads.iter().any(|it| it.exposure == Exposure::Internet);
    let open = open.then(|| "open to the internet".to_owned());
    let note: Vec<String> = [open, ended].into_iter().flatten().collect();
    ImageRow {
        name: fleet_text::shortened(&image.references),
        counts: found.map(fleet_text::counts),
        credentials: input.and_then(|it| it.secrets.as_ref()).map(bad),
        note: note.join("; "),
        runs_in: image.workloads.iter().map(workload).collect(),
    }
}

fn credentials(searched: &Searched) -> ImageCredentials {
    let mut rows = Vec::new();
    for group in secrets::credentials(&searched.findings) {
        let Some(first) = group.first() else { continue };
        let places = group.iter().map(|it| secrets::place(searched, it));
        rows.push(credential(first, places.collect()));
    }
    for found in &searched.configuration {
        rows.push(ImageCredential {
            severity: found.rule.severity.name(),
            title: found.message.clone(),
            rule: found.rule.id.to_owned(),
            advice: found.rule.fix.to_owned(),
            places: vec!["the configuration".to_owned()],
        });
    }
    ImageCredentials { summary: secrets::summary(searched), rows }
}

fn leaked(images: &[Judged<'_>]) -> Option<ImageCredentials> {
    let inputs = images.iter().filter_map(|(image, _)| image.input.as_ref().ok());
    let searched = inputs.filter(|it| it.secrets.is_some()).count();
    let row = |it: Leaked<'_>| {
        let mut places = vec![it.place];
        places.extend(it.images.iter().map(|image| format!("in {image}")));
        places.extend(it.workloads.iter().map(|it| workload(it)));
        credential(it.finding, places)
    };
    let rows: Vec<ImageCredential> = fleet_text::leaked(images).into_iter().map(row).collect();
    let found = counted(rows.len(), "credential");
    let summary = format!("{found} in {}", counted(searched, "image"));
    (searched > 0).then_some(ImageCredentials { summary, rows })
}

fn credential(finding: &searched::Finding, places: Vec<String>) -> ImageCredential {
    let row = finding.row();
    let title = match finding.mitigation {
        Some(it) => format!("{} ({})", row.title, it.text()),
        None => row.title.to_owned(),
    };
    ImageCredential {
        severity: finding.severity.name(),
        title,
        rule: finding.hit.rule.to_owned(),
        advice: row.advice.to_owned(),
        places,
    }
}
