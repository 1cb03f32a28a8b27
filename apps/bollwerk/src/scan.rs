//! `bollwerk scan`: assess, report.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use analyze::catalog;
use anyhow::{Context, Result, bail};
use collect::manifests::Input;
use model::DigestKey;
use report::{Report, Rule};

use crate::arguments::{Format, Scan};
use crate::assess;
use crate::config::Settings;
use crate::stats::Stats;

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Scan) -> Result<u8> {
    let mut stats = Stats::new();
    let settings = settings(arguments)?;
    let taken_at = arguments.now.unwrap_or_else(jiff::Timestamp::now);
    let inputs = inputs(arguments)?;
    let (snapshot, sources) = assess::collect(inputs, &settings, taken_at, digest_key()?);
    stats.stage("read");
    let frames = arguments.format == Format::Terminal;
    let assessment = assess::judge(snapshot, &sources, &settings, frames);
    stats.stage("judge");
    let rules = rules();
    let report = Report {
        program_version: env!("CARGO_PKG_VERSION"),
        kubernetes_version: assessment.snapshot.version,
        taken_at: assessment.snapshot.taken_at,
        cluster: assessment.snapshot.cluster.as_deref(),
        worlds: &assessment.snapshot.worlds,
        findings: &assessment.findings,
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

/// The configuration file, overridden by the flags.
fn settings(arguments: &Scan) -> Result<Settings> {
    let mut settings = Settings::load(arguments.config.as_deref(), arguments.no_config)?;
    if let Some(version) = arguments.kubernetes_version {
        settings.kubernetes_version = version;
    }
    if let Some(policy) = arguments.pod_security {
        settings.judge.pod_security = policy;
    }
    if let Some(fail_on) = arguments.fail_on {
        settings.report.fail_on = fail_on;
    }
    if let Some(threads) = arguments.threads {
        settings.collect.threads = threads.get();
    }
    if arguments.namespace.is_some() {
        settings.namespace.clone_from(&arguments.namespace);
    }
    settings.collect.ignore_files &= !arguments.no_ignore;
    let lists = [
        (&mut settings.judge.only, &arguments.only),
        (&mut settings.judge.skip, &arguments.skip),
        (&mut settings.judge.approved_registries, &arguments.approved_registries),
    ];
    for (setting, flag) in lists {
        if !flag.is_empty() {
            setting.clone_from(flag);
        }
    }
    if !arguments.accepted_gaps.is_empty() {
        settings.report.accepted_gaps.clone_from(&arguments.accepted_gaps);
    }
    Ok(settings)
}

fn inputs(arguments: &Scan) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in arguments.paths.iter().chain(&arguments.manifests) {
        if path != Path::new("-") {
            inputs.push(Input::Path(path.clone()));
            continue;
        }
        if inputs.iter().any(|input| matches!(input, Input::Text(_))) {
            bail!("standard input is given twice; name `-` once");
        }
        let mut text = Vec::new();
        let limit = yaml::Limits::default().bytes as u64 + 1;
        io::stdin().take(limit).read_to_end(&mut text).context("cannot read standard input")?;
        inputs.push(Input::Text(text));
    }
    Ok(inputs)
}

pub(crate) fn digest_key() -> Result<DigestKey> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| anyhow::anyhow!("no randomness to be had"))?;
    Ok(DigestKey::new(&random))
}

fn rules() -> Vec<Rule> {
    let controls = catalog::all().map(|control| Rule {
        name: control.name,
        id: control.id,
        title: control.title,
        severity: control.severity,
        page: control.page,
    });
    let standards = analyze::pod_security::RULES.iter().map(|rule| Rule {
        name: rule.name,
        id: rule.name,
        title: rule.title,
        severity: model::Severity::High,
        page: rule.advice,
    });
    controls.chain(standards).collect()
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
