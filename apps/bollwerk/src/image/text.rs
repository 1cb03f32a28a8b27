//! What was found in an image, for people.

use std::io::{self, BufWriter, Write};

use advisory::sources::end_of_life::End;
use advisory::{Date, Rating};
use anstyle::Style;
use clap::ValueEnum;
use gate::{Age, Class, Ended, Finding, Foundation, Policy, Why, upgrades};
use report::{cells, harmless};

use super::findings::Findings;
use super::input::Input;
use super::sbom::{name, release};
use super::{ranking, secrets};
use crate::arguments::ImageGapKind;
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW};

/// Findings to act on now that are shown without `--all`.
const URGENT_SHOWN_MAX: usize = 20;
/// Findings of any other class that are shown without `--all`.
const SHOWN_MAX: usize = 10;
/// Steps that are shown.
const STEPS_MAX: usize = 10;
/// Days after which an image that nobody built again is told.
const OLD_DAYS: u32 = 90;

/// The name of a kind of gap, as typed.
pub(super) fn gap_name(kind: ImageGapKind) -> String {
    kind.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
}

/// A class as it stands in outputs.
pub(super) fn class_name(class: Class) -> &'static str {
    match class {
        Class::Act(_) => "act",
        Class::Grace(_) => "grace",
        Class::Waiting(_) => "waiting",
        Class::Accepted(_) => "accepted",
        Class::NotAffected(_) => "not-affected",
    }
}

/// An image and what was found in it.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) input: &'a Input,
    pub(super) found: &'a Findings<'a>,
    pub(super) foundation: Option<&'a Foundation<'a>>,
}

/// How old an image is.
pub(super) fn age(
    input: &Input,
    found: &Findings<'_>,
    policy: &Policy,
    today: Date,
) -> Option<Age> {
    let built = input.created.as_deref().and_then(Date::parse)?;
    gate::age(policy, built, &found.findings, today)
}

/// Prints the report.
pub(super) fn print(shown: Shown<'_>, policy: &Policy, today: Date, all: bool) -> io::Result<()> {
    let Shown { input, found, foundation } = shown;
    let mut out = BufWriter::new(anstream::stdout());
    head(input, age(input, found, policy, today), found.ended.as_ref(), &mut out)?;
    let of = |is_it: fn(Class) -> bool| -> Vec<&Finding<'_>> {
        found.findings.iter().filter(|it| is_it(it.class)).collect()
    };
    let sections = [
        ("act now", RED, of(|it| matches!(it, Class::Act(_)))),
        ("in grace", YELLOW, of(|it| matches!(it, Class::Grace(Some(_))))),
        ("waiting for the vendor", BOLD, of(|it| matches!(it, Class::Waiting(_)))),
        ("in grace without an end", BOLD, of(|it| it == Class::Grace(None))),
        ("accepted", GREEN, of(|it| matches!(it, Class::Accepted(_)))),
    ];
    for (at, (title, style, findings)) in sections.into_iter().enumerate() {
        if findings.is_empty() {
            continue;
        }
        let most = match at {
            _ if all => usize::MAX,
            0 => URGENT_SHOWN_MAX,
            _ => SHOWN_MAX,
        };
        section(title, style, &findings, policy, most, &mut out)?;
    }
    if let Some(searched) = &input.secrets {
        secrets::section(searched, all, &mut out)?;
    }
    base(input, foundation, &mut out)?;
    found.stated.print(&found.findings, all, &mut out)?;
    steps(found, &mut out)?;
    if found.findings.is_empty() && found.gaps.is_empty() && found.ended.is_none() {
        writeln!(out, "{GREEN}nothing in it is known to be vulnerable{GREEN:#}")?;
    } else if found.findings.is_empty() && !found.gaps.is_empty() {
        let said = "no finding, but not all of it could be judged";
        writeln!(out, "{YELLOW}{said}{YELLOW:#}: see what is not known")?;
    }
    out.flush()
}

fn head(
    input: &Input,
    age: Option<Age>,
    ended: Option<&Ended>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = harmless(&input.name);
    let short = input.digest.get(..19).unwrap_or(&input.digest);
    writeln!(out, "{BOLD}{name}{BOLD:#} {DIM}{}{DIM:#}", harmless(short))?;
    write!(out, "{}, {} packages", release(input), input.packages.len())?;
    if let Some(age) = age {
        let style = match age.is_too_old {
            true => RED,
            false if age.days > OLD_DAYS => YELLOW,
            false => Style::new(),
        };
        write!(out, ", {style}{}{style:#}", built(age))?;
    }
    if let Some(ended) = ended {
        let style = if matches!(ended.class, Class::Act(_)) { RED } else { YELLOW };
        write!(out, "\n{style}{}{style:#}", harmless(&self::ended(input, ended)))?;
    }
    writeln!(out, "\n")
}

/// How old an image is, in words.
pub(super) fn built(age: Age) -> String {
    let Age { days, fixes_since, is_too_old } = age;
    let too_old = if is_too_old { ", longer than the policy allows" } else { "" };
    let since = match fixes_since {
        0 => String::new(),
        count => format!("; {count} of the fixes came after that: build it again"),
    };
    format!("built {} ago{too_old}{since}", counted(days))
}

/// That an operating system gets no fixes any more, in words.
pub(super) fn ended(input: &Input, ended: &Ended) -> String {
    let since = ended.on.map_or_else(String::new, |day| format!(" since {day}"));
    let extended = match ended.extended {
        End::On(day) => format!("; extended support until {day}"),
        End::Open => "; extended support goes on".to_owned(),
        End::Past | End::Unknown => String::new(),
    };
    let class = match ended.class {
        Class::Act(Why::Overdue(0)) => ": due today".to_owned(),
        Class::Act(Why::Overdue(days)) => format!(": {} overdue", counted(days)),
        Class::Act(_) => ": act now".to_owned(),
        Class::Grace(Some(left)) => format!(": {} left", counted(left)),
        _ => String::new(),
    };
    format!("operating system {} out of support{since}{extended}{class}", release(input))
}

fn counted(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// What comes from the image it was built on.
fn base(input: &Input, foundation: Option<&Foundation<'_>>, out: &mut dyn Write) -> io::Result<()> {
    let Some(it) = foundation else {
        let Some(name) = &input.built_on else { return Ok(()) };
        let name = harmless(name);
        return writeln!(
            out,
            "{DIM}built on {name}, as it says; `--base {name}` tells whether a newer one mends \
             anything{DIM:#}\n"
        );
    };
    let name = harmless(it.base.name);
    write!(out, "{BOLD}built on {name}{BOLD:#}, where {} of the findings come from", it.findings)?;
    match it.newer {
        Some(newer) => {
            let urgent = match newer.urgent {
                0 => String::new(),
                count => format!(", {count} of them now"),
            };
            let name = harmless(newer.base.name);
            writeln!(out, ": {GREEN}{name} mends {}{urgent}{GREEN:#}\n", newer.mends)
        }
        None => writeln!(out, ": no newer one at hand mends any\n"),
    }
}

fn section(
    title: &str,
    style: Style,
    findings: &[&Finding<'_>],
    policy: &Policy,
    most: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{style}{title}{style:#} ({})", findings.len())?;
    let shown = findings.iter().take(most);
    let rows: Vec<[String; 3]> = shown.clone().map(|it| row(it)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|it| cells(it)).max().unwrap_or(0)
    };
    let (a, b) = (width(1), width(2));
    for (finding, [rating, id, package]) in shown.zip(&rows) {
        let color = match finding.matched.rating {
            Rating::Critical | Rating::High => RED,
            Rating::Medium => YELLOW,
            _ => DIM,
        };
        let note = note(finding, policy);
        writeln!(out, "  {color}{rating:<10}{color:#}  {id:<a$}  {package:<b$}  {note}")?;
    }
    if findings.len() > rows.len() {
        writeln!(out, "  {DIM}{} more (`--all` shows them){DIM:#}", findings.len() - rows.len())?;
    }
    writeln!(out)
}

/// Severity, name, and package with the step that mends it.
pub(super) fn row(finding: &Finding<'_>) -> [String; 3] {
    let package = finding.package;
    let step = match finding.matched.fixed {
        Some(fixed) => format!("{} {} -> {fixed}", name(package), package.version),
        None => format!("{} {}", name(package), package.version),
    };
    let id = finding.matched.vulnerability.to_string();
    [finding.matched.rating.name().to_owned(), id, step].map(|text| harmless(&text))
}

/// What else there is to say of a finding's class.
pub(super) fn note(finding: &Finding<'_>, policy: &Policy) -> String {
    let exception = |at: usize| policy.exceptions.get(at);
    let mut note = match finding.class {
        Class::Act(Why::KnownExploited) => "attackers use it".to_owned(),
        Class::Act(Why::Overdue(0)) => "due today".to_owned(),
        Class::Act(Why::Overdue(count)) => format!("{} overdue", counted(count)),
        Class::Act(Why::Undated) => "undated, so no grace".to_owned(),
        Class::Grace(Some(left)) => format!("{} left", counted(left)),
        Class::Grace(None) => String::new(),
        Class::Waiting(status) => status.name().replace('_', " "),
        Class::Accepted(at) => exception(at).map_or_else(String::new, |it| {
            format!("by {} until {}: {}", it.owner, it.expires, it.reason)
        }),
        Class::NotAffected(_) => "stated in VEX".to_owned(),
    };
    if let Some(it) = finding.expired.and_then(exception) {
        note = format!("{note}; {} accepted it until {}", it.owner, it.expires);
    }
    let parts = [Some(note), ranking::beside(finding)].into_iter().flatten();
    harmless(&parts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; "))
}

/// What to do, the step that mends the most first.
fn steps(found: &Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
    let steps = upgrades(&found.findings);
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}what to do{BOLD:#}")?;
    for (at, step) in steps.iter().take(STEPS_MAX).enumerate() {
        let urgent = match step.urgent {
            0 => String::new(),
            count => format!(", {count} of them now"),
        };
        let from = step.from.join(", ");
        writeln!(
            out,
            "  {}. {} {} -> {}  {DIM}mends {}{urgent}{DIM:#}",
            at + 1,
            harmless(&step.name),
            harmless(&from),
            harmless(step.to),
            step.mends,
        )?;
    }
    if steps.len() > STEPS_MAX {
        writeln!(out, "  {DIM}{} more (`--format json` has all){DIM:#}", steps.len() - STEPS_MAX)?;
    }
    writeln!(out)
}
