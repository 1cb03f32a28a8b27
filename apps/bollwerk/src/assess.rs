//! Files in, findings out: collect, judge, locate.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use analyze::exception::{self, Exception};
use analyze::{Control, Judge, Judgement, admission_policy, catalog, ownership};
use collect::manifests::{Input, Place, Sources};
use model::{Coverage, DigestKey, Finding, Gap, GapKind, KubernetesVersion, ObjectId, Snapshot};

use report::baseline::{self, Comparison};

use crate::config::Settings;

/// All that is said of some inputs, in the order to show it.
pub struct Assessment {
    /// What was judged.
    pub snapshot: Snapshot,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
    /// Findings that exceptions hide, each with the exception that does it.
    pub hidden: Vec<(Finding, Exception)>,
    /// Findings that the baseline knows.
    pub known: Vec<Finding>,
    /// Entries of the baseline that were not found any more.
    pub resolved: Vec<baseline::Entry>,
    /// What could not be read or decided.
    pub gaps: Vec<Gap>,
    /// How much was seen.
    pub coverage: Coverage,
}

/// Reads inputs into a snapshot.
pub fn collect(
    inputs: Vec<Input>,
    settings: &Settings,
    taken_at: jiff::Timestamp,
    key: DigestKey,
) -> (Snapshot, Sources) {
    let mut snapshot = Snapshot::new(settings.kubernetes_version, taken_at);
    snapshot.namespace.clone_from(&settings.namespace);
    let sources = collect::manifests::collect(&mut snapshot, inputs, &settings.collect, key);
    let newest = KubernetesVersion::NEWEST;
    if snapshot.version > newest {
        snapshot.gaps.push(Gap {
            kind: GapKind::UnknownVersion,
            subject: format!("Kubernetes {}", snapshot.version),
            location: None,
            reason: format!("is newer than this build knows; judged as {newest}"),
        });
    }
    (snapshot, sources)
}

/// Judges every object of a snapshot. `frames` asks for the source lines of findings.
pub fn judge(
    mut snapshot: Snapshot,
    sources: &Sources,
    settings: &Settings,
    frames: bool,
) -> Assessment {
    let mut said = judge_all(&snapshot, sources, settings, frames);
    said.findings = ownership::told_once(said.findings, &snapshot);
    let policies = admission_policy::judge(&snapshot, settings.policies.as_ref(), &settings.judge);
    for finding in policies.findings {
        said.findings.push(placed(finding, &snapshot, sources, frames, &mut said.gaps));
    }
    said.gaps.extend(policies.beside);
    said.gaps.extend(settings.policies.iter().flat_map(|beside| beside.gaps.clone()));
    for (object, path, mut gap) in policies.gaps {
        name_cluster(&mut gap, &snapshot, object);
        let file = snapshot.origin(object).file;
        let place = Place { object, path: &path };
        let located = sources.locate(&snapshot, file, &[place], false, &mut said.gaps);
        gap.location = located.into_iter().next().flatten().map(|place| place.location);
        said.gaps.push(gap);
    }
    let coverage =
        Coverage { workloads: said.workloads, images: images(&snapshot), ..snapshot.coverage };
    let (central, embedded) = (&settings.exceptions, settings.embedded_exceptions);
    let mut excepted =
        exception::apply(said.findings, central, embedded, &snapshot, &settings.judge);
    let mut gaps = std::mem::take(&mut snapshot.gaps);
    gaps.append(&mut said.gaps);
    gaps.append(&mut excepted.gaps);
    let mut findings = excepted.kept;
    for remark in &excepted.remarks {
        let finding = remark.finding(&snapshot);
        let finding = finding.filter(|finding| settings.judge.selects(finding));
        findings.extend(finding.map(|it| placed(it, &snapshot, sources, frames, &mut gaps)));
    }
    // Threads take files as they come: what is shown must not depend on it.
    gaps.sort_by(|a, b| gap_order(a).cmp(&gap_order(b)));
    findings.sort_by(|a, b| finding_order(a).cmp(&finding_order(b)));
    excepted.hidden.sort_by(|(a, _), (b, _)| finding_order(a).cmp(&finding_order(b)));
    let hidden = excepted.hidden;
    let compared = match &settings.baseline {
        Some(baseline) => baseline.compare(findings, hidden.iter().map(|(finding, _)| finding)),
        None => Comparison { new: findings, ..Comparison::default() },
    };
    let Comparison { new: findings, known, resolved } = compared;
    Assessment { snapshot, findings, hidden, known, resolved, gaps, coverage }
}

/// Tells the cluster of the object that a gap is about, where there are several.
fn name_cluster(gap: &mut Gap, snapshot: &Snapshot, object: ObjectId) {
    if let Some(cluster) = snapshot.own_cluster_of(snapshot.world(object)) {
        gap.subject = format!("{} of {cluster}", gap.subject);
    }
}

/// How many different images the snapshot's workloads run.
fn images(snapshot: &Snapshot) -> u64 {
    let mut images = HashSet::new();
    for id in snapshot.ids() {
        for pod in snapshot.object(id).pods() {
            let all = pod.containers().map(|container| container.image().to_owned());
            images.extend(all.filter(|image| !image.is_empty()));
        }
    }
    images.len() as u64
}

/// A finding with its place in the object's file, where it has none yet.
fn placed(
    mut finding: Finding,
    snapshot: &Snapshot,
    sources: &Sources,
    frames: bool,
    gaps: &mut Vec<Gap>,
) -> Finding {
    if let (Some(object), None) = (finding.object, &finding.location) {
        let file = snapshot.origin(object).file;
        let place = Place { object, path: &finding.path };
        let located = sources.locate(snapshot, file, &[place], frames, gaps);
        if let Some(located) = located.into_iter().next().flatten() {
            finding.location = Some(located.location);
            finding.frame = located.frame;
        }
    }
    finding
}

/// What is said of a snapshot, with places.
#[derive(Default)]
struct Said {
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
    workloads: u64,
}

fn judge_all(snapshot: &Snapshot, sources: &Sources, settings: &Settings, frames: bool) -> Said {
    let (options, threads) = (&settings.judge, settings.collect.threads);
    let controls: Vec<&Control> = catalog::all().collect();
    let mut by_file: Vec<Vec<ObjectId>> = vec![Vec::new(); snapshot.files.len()];
    for id in snapshot.ids() {
        by_file[snapshot.origin(id).file as usize].push(id);
    }
    let judge = Judge::new(snapshot, options);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut said = Said::default();
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            let Some(objects) = by_file.get(file) else { break said };
            let judged = objects.iter().map(|id| (*id, judge.judge(*id, controls.iter().copied())));
            said.place(snapshot, sources, file as u32, judged.collect(), frames);
            settings.collect.progress.step();
        }
    };
    if threads <= 1 || by_file.len() < 2 {
        return work();
    }
    let mut all = Said::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            // A panic is a defect of ours: it must not pass as "nothing found".
            let said = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
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
        for (object, judgement) in judged {
            for mut finding in judgement.findings {
                finding.object = Some(object);
                if let Some(place) = located.next().flatten() {
                    finding.location = Some(place.location);
                    finding.frame = place.frame;
                }
                self.findings.push(finding);
            }
            for (_, mut gap) in judgement.gaps {
                name_cluster(&mut gap, snapshot, object);
                gap.location = located.next().flatten().map(|place| place.location);
                self.gaps.push(gap);
            }
        }
    }
}

fn finding_order(finding: &Finding) -> impl Ord + '_ {
    let severity = std::cmp::Reverse(finding.severity);
    let what = (&finding.subject, finding.control, &finding.path);
    (severity, &finding.location, what, &finding.cluster)
}

fn gap_order(gap: &Gap) -> impl Ord + '_ {
    (&gap.location, &gap.subject, gap.kind, &gap.reason)
}
