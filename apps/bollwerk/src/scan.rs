//! `bollwerk scan`: assess, report.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use analyze::catalog;
use analyze::exception::{self, Exception};
use anyhow::{Context, Result, anyhow};
use model::Finding;
use report::baseline::Baseline;
use report::{Hidden, Report, Rule};

use crate::arguments::{Format, Scan};
use crate::config::Settings;
use crate::progress::Bar;
use crate::stats::Stats;
use crate::{assess, inputs};

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Scan) -> Result<u8> {
    let mut stats = Stats::new();
    let mut settings = Settings::load(&arguments.inputs, Some(&arguments.judging))?;
    if let Some(fail_on) = arguments.fail_on {
        settings.report.fail_on = fail_on;
    }
    if !arguments.accepted_gaps.is_empty() {
        settings.report.accepted_gaps.clone_from(&arguments.accepted_gaps);
    }
    settings.baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let bar = Bar::watch(&settings.collect.progress);
    let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
    stats.stage("read");
    let frames = arguments.format == Format::Terminal;
    let assessment = assess::judge(snapshot, &sources, &settings, frames);
    drop(bar);
    stats.stage("judge");
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
        rules: &rules,
        policy: &settings.report,
    };
    write(&report, arguments)?;
    stats.stage("report");
    if arguments.stats {
        anstream::eprintln!("{stats}");
    }
    Ok(report.outcome().exit_code())
}

fn read_baseline(path: &Path) -> Result<Baseline> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the baseline {shown}"))?;
    Baseline::read(&text).map_err(|error| anyhow!("the baseline {shown} {error}"))
}

fn hidden((finding, exception): &(Finding, Exception)) -> Hidden {
    let place = match &exception.place {
        exception::Place::Central(location) => {
            format!("{}:{}:{}", location.file, location.line, location.column)
        }
        exception::Place::Embedded => "annotation of the object".to_owned(),
    };
    Hidden {
        finding: finding.clone(),
        reason: exception.reason.clone(),
        owner: exception.owner.clone(),
        until: exception.until.map(|day| day.to_string()),
        embedded: exception.place == exception::Place::Embedded,
        place,
    }
}

fn rules() -> Vec<Rule> {
    let controls = catalog::all().map(|control| Rule {
        name: control.name,
        id: control.id,
        title: control.title,
        severity: control.severity(),
        page: control.page,
    });
    let standards = analyze::pod_security::RULES.iter().map(|rule| Rule {
        name: rule.name,
        id: rule.name,
        title: rule.title,
        severity: analyze::pod_security::SEVERITY,
        page: rule.page,
    });
    let exceptions = exception::RULES.iter().map(|rule| Rule {
        name: rule.name,
        id: rule.name,
        title: rule.title,
        severity: rule.severity,
        page: rule.advice,
    });
    controls.chain(standards).chain(exceptions).collect()
}

fn write(report: &Report<'_>, arguments: &Scan) -> Result<()> {
    let format = match arguments.format {
        Format::Terminal => {
            let fail_on = report.policy.fail_on.unwrap_or(model::Severity::Medium);
            report::Format::Terminal { show: arguments.show.unwrap_or(fail_on) }
        }
        Format::Json => report::Format::Json,
        Format::Sarif => report::Format::Sarif,
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
