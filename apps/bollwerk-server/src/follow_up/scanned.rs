//! What runs and what is in it, as the store keeps it.

use std::sync::{Arc, PoisonError};

use bollwerk::image::{Scanned, ScannedFinding};
use jiff::Timestamp;
use model::Severity;
use store::{AssessedGap, Image, ImageFinding, Store, StoreError, Tag};

use super::Missed;
use crate::images::{Job, Running, Told};

/// Records what comes of asking registries.
pub(super) fn teller(store: Store, missed: Missed) -> impl Fn(Told) + Send + 'static {
    move |told| {
        let (store, missed) = (store.clone(), Arc::clone(&missed));
        // Each is a write of its own; a lost one is asked for again after the next start.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = record(&store, &missed, told) {
                tracing::warn!(%error, "what a registry said is not stored");
            }
        });
    }
}

fn record(store: &Store, missed: &Missed, told: Told) -> Result<(), StoreError> {
    let lock = || missed.lock().unwrap_or_else(PoisonError::into_inner);
    match told {
        Told::Scanned { pull, image, at, .. } => {
            lock().remove(&pull);
            let findings = image.findings.iter().filter(|it| concerns(it));
            let findings: Vec<ImageFinding> = findings.map(finding).collect();
            store.record_image(&of_scanned(&image, at), &findings)
        }
        Told::Tag { reference, digest, at } => {
            lock().remove(&reference);
            store.record_tag(&Tag { reference, digest, looked_at: at })
        }
        Told::Missed { job: Job::Scan(what) | Job::Tag(what), reason, .. } => {
            tracing::info!(image = what, reason, "an image is not known");
            lock().insert(what, reason);
            Ok(())
        }
    }
}

/// Whether somebody has to know of it.
fn concerns(finding: &ScannedFinding) -> bool {
    !matches!(finding.class, "accepted" | "not-affected")
}

fn of_scanned(image: &Scanned, at: Timestamp) -> Image {
    let gap = |(kind, reason): &(String, String)| AssessedGap {
        kind: kind.clone(),
        subject: image.digest.clone(),
        reason: reason.clone(),
    };
    Image {
        digest: image.digest.clone(),
        os: image.os.clone(),
        packages: image.packages as u64,
        scanned_at: at,
        database_date: image.database.as_deref().and_then(|it| it.parse().ok()),
        gaps: image.gaps.iter().map(gap).collect(),
    }
}

fn finding(finding: &ScannedFinding) -> ImageFinding {
    ImageFinding {
        vulnerability: finding.vulnerability.clone(),
        package: finding.package.clone(),
        version: finding.version.clone(),
        fixed: finding.fixed.clone(),
        severity: severity(finding.severity),
        known_exploited: finding.known_exploited,
        #[expect(clippy::cast_sign_loss, reason = "a probability is not below zero")]
        epss_millionths: finding.epss.map(|it| (it.clamp(0.0, 1.0) * 1e6).round() as u32),
        title: finding.title.clone(),
        purl: finding.purl.clone(),
    }
}

/// A rating as a severity. What nobody rated stands in the middle: it may be anything.
fn severity(rating: &str) -> Severity {
    match rating {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "low" => Severity::Low,
        "negligible" => Severity::Info,
        _ => Severity::Medium,
    }
}

/// A container that runs. `group` is that of its workload, where that was judged.
pub(super) fn running_row(running: &Running, group: Option<&str>) -> store::Running {
    let group = group.unwrap_or(match running.workload_kind.as_str() {
        "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet" => "apps",
        "CronJob" | "Job" => "batch",
        _ => "",
    });
    store::Running {
        namespace: running.namespace.clone(),
        workload_group: group.to_owned(),
        workload_kind: running.workload_kind.clone(),
        workload: running.workload.clone(),
        container: running.container.clone(),
        reference: running.reference.clone(),
        digest: running.digest.clone(),
        pods: running.pods,
        owner: running.owner.clone(),
        exposed: running.exposed(),
    }
}
