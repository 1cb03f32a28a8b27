//! `bollwerk scan`: assess, report.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use analyze::exception::{self, Exception};
use analyze::framework::Framework;
use analyze::{admission_policy, catalog, compliance};
use anyhow::{Context, Result, anyhow, bail};
use model::change::Change;
use model::compliance::Compliance;
use model::{Finding, Gap};
use report::baseline::Baseline;
use report::policy_report::ReportGroup;
use report::{Hidden, Report, Rule};

use crate::arguments::{Format, Reporting, Scan};
use crate::assess::Assessment;
use crate::config::Settings;
use crate::progress::Bar;
use crate::stats::Stats;
use crate::{assess, inputs};

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Scan) -> Result<u8> {
    let mut stats = Stats::new();
    of_one_cluster(arguments)?;
    let mut settings = Settings::load(&arguments.inputs.reading, Some(&arguments.judging))?;
    settings.override_reporting(&arguments.reporting);
    if let Some(framework) = arguments.framework {
        let asked = |control: &&analyze::Control| framework.items_of(control).next().is_some();
        let asked = catalog::all().filter(asked);
        settings.judge.only = asked.map(|control| control.name.to_owned()).collect();
    }
    settings.baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    settings.policies = inputs::policies(&arguments.policies, &settings)?;
    let bar = Bar::watch(&settings.collect.progress);
    let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
    stats.stage("read");
    let frames = arguments.reporting.format.has_frames();
    let assessment = assess::judge(snapshot, &sources, &settings, frames);
    drop(bar);
    stats.stage("judge");
    let compliance = arguments.framework.map(|framework| comply(framework, &assessment, &settings));
    let more = More { compliance: compliance.as_ref(), changes: None };
    let code = tell(&assessment, &settings, &arguments.reporting, more)?;
    stats.stage("report");
    if arguments.stats {
        anstream::eprintln!("{stats}");
    }
    Ok(code)
}

/// Refuses to say of several clusters at once what is said of one.
fn of_one_cluster(arguments: &Scan) -> Result<()> {
    let contexts = &arguments.inputs.live.contexts;
    let what = match arguments.reporting.format {
        _ if arguments.framework.is_some() => "`--framework`",
        Format::Oscal => "`--format oscal`",
        Format::OpenReports => "`--format open-reports`",
        Format::PolicyReports => "`--format policy-reports`",
        _ => return Ok(()),
    };
    if contexts.len() > 1 {
        bail!("{what} is about one cluster, and {} are named; name one --context", contexts.len());
    }
    Ok(())
}

/// What a report holds beside the assessment.
#[derive(Clone, Copy, Default)]
pub(crate) struct More<'a> {
    /// What is said of a framework.
    pub(crate) compliance: Option<&'a Compliance>,
    /// What differs from an older state.
    pub(crate) changes: Option<&'a [Change]>,
}

/// Writes the report; the code to exit with.
pub(crate) fn tell(
    assessment: &Assessment,
    settings: &Settings,
    reporting: &Reporting,
    more: More<'_>,
) -> Result<u8> {
    let rules = rules();
    let hidden: Vec<Hidden> = assessment.hidden.iter().map(hidden).collect();
    let report = Report {
        program_version: env!("CARGO_PKG_VERSION"),
        kubernetes_version: assessment.snapshot.version,
        taken_at: assessment.snapshot.taken_at,
        cluster: assessment.snapshot.cluster.as_deref(),
        worlds: &assessment.snapshot.worlds,
        findings: &assessment.findings,
        hidden: &hidden,
        known: assessment.known.len(),
        resolved: &assessment.resolved,
        gaps: &assessment.gaps,
        coverage: assessment.coverage,
        compliance: more.compliance,
        changes: more.changes,
        rules: &rules,
        policy: &settings.report,
    };
    write(&report, reporting)?;
    Ok(report.outcome().exit_code())
}

fn comply(framework: &Framework, assessment: &Assessment, settings: &Settings) -> Compliance {
    let hidden: Vec<&Finding> = assessment.hidden.iter().map(|(finding, _)| finding).collect();
    let findings: Vec<&Finding> = assessment.findings.iter().chain(&assessment.known).collect();
    let open = |gap: &&Gap| !settings.report.accepted_gaps.contains(&gap.kind);
    compliance::assess(
        framework,
        &compliance::Run {
            snapshot: &assessment.snapshot,
            workloads: assessment.coverage.workloads,
            options: &settings.judge,
            findings: &findings,
            hidden: &hidden,
            gaps: assessment.gaps.iter().filter(open).count(),
        },
    )
}

fn read_baseline(path: &Path) -> Result<Baseline> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the baseline {shown}"))?;
    Baseline::read(&text).map_err(|error| anyhow!("the baseline {shown} {error}"))
}

fn hidden((finding, exception): &(Finding, Exception)) -> Hidden {
    let place = match &exception.place {
        exception::Place::Central(location) | exception::Place::Comment(_, location) => {
            format!("{}:{}:{}", location.file, location.line, location.column)
        }
        exception::Place::Annotation(_) => "annotation of the object".to_owned(),
    };
    Hidden {
        finding: finding.clone(),
        reason: exception.reason.clone(),
        owner: exception.owner.clone(),
        until: exception.until.map(|day| day.to_string()),
        embedded: exception.place.object().is_some(),
        place,
    }
}

/// Every control, as reports show it.
pub fn rules() -> Vec<Rule> {
    let controls = catalog::all().map(|control| Rule {
        name: control.name,
        id: control.id,
        title: control.title,
        family: catalog::family(control),
        severity: control.severity(),
        page: control.page,
    });
    let standards = analyze::pod_security::RULES.iter().map(|rule| Rule {
        name: rule.name,
        id: rule.name,
        title: rule.title,
        family: "pod-security",
        severity: analyze::pod_security::SEVERITY,
        page: rule.page,
    });
    let exceptions = analyze::remark::RULES.iter().map(|rule| Rule {
        name: rule.name,
        id: rule.name,
        title: rule.title,
        family: "exceptions",
        severity: rule.severity,
        page: rule.advice,
    });
    let policies = std::iter::once(Rule {
        name: admission_policy::NAME,
        id: admission_policy::NAME,
        title: admission_policy::TITLE,
        family: "admission-policy",
        severity: admission_policy::SEVERITY,
        page: admission_policy::ADVICE,
    });
    controls.chain(standards).chain(exceptions).chain(policies).collect()
}

fn write(report: &Report<'_>, arguments: &Reporting) -> Result<()> {
    let format = match arguments.format {
        Format::Terminal => {
            // Of a change everything is worth a look.
            let least = match report.changes {
                Some(_) => model::Severity::Info,
                None => report.policy.fail_on.unwrap_or(model::Severity::Medium),
            };
            report::Format::Terminal { show: arguments.show.unwrap_or(least) }
        }
        Format::Json => report::Format::Json,
        Format::Sarif => report::Format::Sarif,
        Format::Html => report::Format::Html,
        Format::Junit => report::Format::Junit,
        Format::Markdown => report::Format::Markdown,
        Format::Csv => report::Format::Csv,
        Format::Gitlab => report::Format::Gitlab,
        Format::Oscal => report::Format::Oscal,
        Format::OpenReports => report::Format::PolicyReports(ReportGroup::OpenReports),
        Format::PolicyReports => report::Format::PolicyReports(ReportGroup::PolicyReports),
    };
    if let Some(path) = &arguments.output {
        let file = File::create(path)
            .with_context(|| format!("cannot write the report to {}", path.display()))?;
        let mut plain = anstream::StripStream::new(file);
        report::render(report, format, &mut plain)?;
        plain.flush()?;
    } else {
        let mut out = anstream::stdout();
        report::render(report, format, &mut out)?;
        out.flush()?;
    }
    Ok(())
}
