//! `bollwerk scan`: collect, judge, locate, report.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use analyze::{Control, Judgement, catalog};
use anyhow::{Context, Result, bail};
use collect::manifests::{Input, Place, Sources};
use model::{DigestKey, Finding, Gap, GapKind, KubernetesVersion, ObjectId, Snapshot};
use report::{Report, Rule};

use crate::arguments::{Format, Scan};
use crate::config::Settings;

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Scan) -> Result<u8> {
    let settings = settings(arguments)?;
    let taken_at = arguments.now.unwrap_or_else(jiff::Timestamp::now);
    let mut snapshot = Snapshot::new(settings.kubernetes_version, taken_at);
    snapshot.namespace.clone_from(&settings.namespace);
    let inputs = inputs(arguments)?;
    let sources =
        collect::manifests::collect(&mut snapshot, inputs, &settings.collect, digest_key()?);
    version_gap(&mut snapshot);
    let frames = arguments.format == Format::Terminal;
    let threads = settings.collect.threads;
    let mut said = judge_all(&snapshot, &sources, &settings.judge, threads, frames);
    let mut coverage = snapshot.coverage;
    coverage.workloads = said.workloads;
    let mut gaps = std::mem::take(&mut snapshot.gaps);
    gaps.append(&mut said.gaps);
    gaps.sort_by(|a, b| gap_order(a).cmp(&gap_order(b)));
    said.findings.sort_by(|a, b| finding_order(a).cmp(&finding_order(b)));
    let rules = rules();
    let report = Report {
        program_version: env!("CARGO_PKG_VERSION"),
        kubernetes_version: snapshot.version,
        taken_at: snapshot.taken_at,
        cluster: snapshot.cluster.as_deref(),
        worlds: &snapshot.worlds,
        findings: &said.findings,
        gaps: &gaps,
        coverage,
        rules: &rules,
        policy: &settings.report,
    };
    write(&report, arguments)?;
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

fn digest_key() -> Result<DigestKey> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| anyhow::anyhow!("no randomness to be had"))?;
    Ok(DigestKey::new(&random))
}

fn version_gap(snapshot: &mut Snapshot) {
    let newest = KubernetesVersion::NEWEST;
    if snapshot.version > newest {
        snapshot.gaps.push(Gap {
            kind: GapKind::UnknownVersion,
            subject: format!("Kubernetes {}", snapshot.version),
            location: None,
            reason: format!("is newer than this build knows; judged as {newest}"),
        });
    }
}

/// What is said of a snapshot, with places.
#[derive(Default)]
struct Said {
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
    workloads: u64,
}

fn judge_all(
    snapshot: &Snapshot,
    sources: &Sources,
    options: &analyze::Options,
    threads: usize,
    frames: bool,
) -> Said {
    let controls: Vec<&Control> = catalog::all().collect();
    let mut by_file: Vec<Vec<ObjectId>> = vec![Vec::new(); snapshot.files.len()];
    for id in snapshot.ids() {
        by_file[snapshot.origin(id).file as usize].push(id);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut said = Said::default();
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            let Some(objects) = by_file.get(file) else { break said };
            let judged = objects
                .iter()
                .map(|id| (*id, analyze::judge(snapshot, *id, controls.iter().copied(), options)));
            said.place(snapshot, sources, file as u32, judged.collect(), frames);
        }
    };
    if threads <= 1 || by_file.len() < 2 {
        return work();
    }
    let mut all = Said::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for said in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            all.findings.extend(said.findings);
            all.gaps.extend(said.gaps);
            all.workloads += said.workloads;
        }
    });
    all
}

impl Said {
    /// Takes in what was said of one file's objects, and finds its places in the file.
    fn place(
        &mut self,
        snapshot: &Snapshot,
        sources: &Sources,
        file: u32,
        judged: Vec<(ObjectId, Judgement)>,
        frames: bool,
    ) {
        let mut places = Vec::new();
        for (object, judgement) in &judged {
            self.workloads += u64::from(judgement.is_workload);
            let findings = judgement.findings.iter().map(|finding| &finding.path);
            let gaps = judgement.gaps.iter().map(|(path, _)| path);
            places.extend(findings.chain(gaps).map(|path| Place { object: *object, path }));
        }
        if places.is_empty() {
            return;
        }
        let located = sources.locate(snapshot, file, &places, frames, &mut self.gaps);
        let mut located = located.into_iter();
        for (_, judgement) in judged {
            for mut finding in judgement.findings {
                if let Some(place) = located.next().flatten() {
                    finding.location = Some(place.location);
                    finding.frame = place.frame;
                }
                self.findings.push(finding);
            }
            for (_, mut gap) in judgement.gaps {
                gap.location = located.next().flatten().map(|place| place.location);
                self.gaps.push(gap);
            }
        }
    }
}

fn finding_order(finding: &Finding) -> impl Ord + '_ {
    let severity = std::cmp::Reverse(finding.severity);
    (severity, &finding.location, &finding.subject, finding.control, &finding.path)
}

fn gap_order(gap: &Gap) -> impl Ord + '_ {
    (&gap.location, &gap.subject, gap.kind, &gap.reason)
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
