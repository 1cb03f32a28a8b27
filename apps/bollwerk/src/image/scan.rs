//! `bollwerk image scan`: what of an image's vulnerabilities has to be acted on.

use std::fs;
use std::path::Path;

use advisory::Date;
use anyhow::{Context, Result, anyhow};
use gate::{Class, Finding, KEYS, Policy, Why, upgrades};
use model::config::Section;
use serde_json::{Value, json};

use super::findings::{Findings, find};
use super::input::{self, Input};
use super::{FAILED, UNKNOWN, ranking, text, vex};
use crate::arguments::{FindingsFormat, ImageScan};
use crate::console::print_json;
use crate::db::Chosen;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageScan) -> Result<u8> {
    let policy = arguments.policy.as_deref().map_or_else(|| Ok(Policy::default()), policy)?;
    let chosen = Chosen::of(&arguments.database)?;
    let database = chosen.open()?;
    let input = Input::load(&arguments.image)?;
    let now = arguments.now.unwrap_or_else(jiff::Timestamp::now);
    let today = Date::parse(&now.to_string()).context("`--now` is before 1970")?;
    let mut found = find(&input, &database, &policy, today);
    vex::apply(&arguments.vex, &input, &mut found)?;
    input::tell(&found.gaps);
    match arguments.format {
        FindingsFormat::Json => {
            print_json(&as_json(&input, &found, &policy, today, &chosen))?;
        }
        FindingsFormat::Terminal => {
            text::print(&input, &found, &policy, today, arguments.all)?;
            anstream::eprintln!("advisories: {}", chosen.words());
        }
        FindingsFormat::OpenVex => {
            print_json(&vex::written(&input, &found, &policy, &arguments.author, now))?;
        }
    }
    let breaks = |it: &Finding<'_>| it.class.breaks(policy.breaking);
    let is_accepted = |kind| arguments.accept_gap.contains(&kind);
    Ok(match () {
        () if found.findings.iter().any(breaks) => FAILED,
        () if found.gaps.iter().any(|(kind, _)| !is_accepted(*kind)) => UNKNOWN,
        () => 0,
    })
}

fn policy(path: &Path) -> Result<Policy> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let read = Section::file(&stream, KEYS).and_then(Policy::read);
    read.map_err(|error| anyhow!("{shown}:{error}"))
}

fn as_json(
    input: &Input,
    found: &Findings<'_>,
    policy: &Policy,
    today: Date,
    chosen: &Chosen,
) -> Value {
    let steps = upgrades(&found.findings);
    let steps = steps.iter().map(|it| {
        json!({
            "kind": it.kind.purl_type(),
            "package": it.name,
            "from": it.from,
            "to": it.to,
            "mends": it.mends,
            "urgent": it.urgent,
            "worst": it.worst.name(),
        })
    });
    json!({
        "schema": "bollwerk.image-scan/v1",
        "image": {
            "name": input.name,
            "digest": input.digest,
            "created": input.created,
            "distribution": input.distribution.as_ref().map(|it| {
                json!({"id": it.id, "version": it.version_id})
            }),
            "packages": input.packages.len(),
        },
        "database": chosen.as_json(),
        "day": today.to_string(),
        "findings": found.findings.iter().map(|it| {
            found.stated.annotated(finding(it, policy), it)
        }).collect::<Vec<_>>(),
        "upgrades": steps.collect::<Vec<_>>(),
        "gaps": found.gaps.iter().map(|(kind, text)| {
            json!({"kind": text::gap_name(*kind), "message": text})
        }).collect::<Vec<_>>(),
    })
}

fn finding(it: &Finding<'_>, policy: &Policy) -> Value {
    let matched = &it.matched;
    let exception = |at: usize| policy.exceptions.get(at);
    let (class, days, why) = match it.class {
        Class::Act(Why::KnownExploited) => ("act", None, Some("known-exploited")),
        Class::Act(Why::Overdue(days)) => ("act", Some(-i64::from(days)), Some("overdue")),
        Class::Act(Why::Undated) => ("act", None, Some("undated")),
        Class::Grace(left) => ("grace", left.map(i64::from), None),
        Class::Waiting(status) => ("waiting", None, Some(status.name())),
        Class::Accepted(_) => ("accepted", None, None),
        Class::NotAffected(_) => ("not-affected", None, Some("vex")),
    };
    let rank = ranking::rank_of(it);
    let accepted = match it.class {
        Class::Accepted(at) => exception(at),
        _ => None,
    };
    json!({
        "vulnerability": matched.vulnerability.to_string(),
        "advisory": matched.advisory.id.to_string(),
        "also": matched.also.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "package": it.package.purl().to_string(),
        "foundIn": it.package.found_in.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        "fixed": matched.fixed,
        "status": matched.status.name(),
        "severity": matched.rating.name(),
        "summary": matched.advisory.summary(),
        "published": matched.published.map(|it| it.to_string()),
        "class": class,
        "daysLeft": days,
        "why": why,
        "knownExploitedSince": it.exploitation.known_since.map(|it| it.to_string()),
        "rank": json!({"score": rank.score, "reason": rank.reason()}),
        "epss": it.exploitation.epss.map(|it| f64::from(it) / 10_000.0),
        "acceptedBy": accepted.map(|it| json!({"owner": it.owner, "reason": it.reason,
            "until": it.expires.to_string()})),
        "exceptionExpired": it.expired.and_then(exception).map(|it| it.expires.to_string()),
    })
}
