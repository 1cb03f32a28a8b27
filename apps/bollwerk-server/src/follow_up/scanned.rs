//! What runs and what is in it, as the store keeps it.

use std::sync::{Arc, PoisonError};

use bollwerk::image::{Scanned, ScannedFinding};
use image::Reference;
use jiff::Timestamp;
use model::Severity;
use store::{AssessedGap, Image, ImageFinding, Store, StoreError, Tag};

use super::Missed;
use crate::images::{Job, KnownImages, Running, Schedule, Told};
use crate::leading::Leading;
use crate::telemetry::Telemetry;

/// Where what registries say is recorded.
pub(super) struct Recorder {
    pub(super) store: Store,
    pub(super) leading: Arc<Leading>,
    pub(super) missed: Missed,
    pub(super) known: Arc<KnownImages>,
    pub(super) telemetry: Arc<Telemetry>,
}

impl Recorder {
    /// Records what comes of asking registries. Each is a write of its own; a lost one is asked
    /// for again after the next start.
    pub(super) fn take(self: &Arc<Self>, told: Told) {
        self.telemetry.asked(&told);
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || match this.record(told) {
            Ok(()) => this.known.changed(),
            Err(error) => tracing::warn!(%error, "what a registry said is not stored"),
        });
    }

    /// What earlier runs have looked up: no registry is asked again because a server was started.
    pub(super) fn schedule(&self) -> Schedule {
        let mut schedule = Schedule::default();
        match self.store.tags() {
            Ok(tags) => tags.iter().for_each(|it| schedule.looked_up(&it.reference, it.looked_at)),
            Err(error) => tracing::warn!(%error, "tags are looked up anew"),
        }
        schedule
    }

    fn record(&self, told: Told) -> Result<(), StoreError> {
        let lock = || self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let (image, tag) = match told {
            Told::Scanned { pull, image, at, .. } => {
                // Without a digest it was the tag that was asked for: it names this now.
                let reference: Option<Reference> = pull.parse().ok();
                let is_open = reference.is_some_and(|it| it.digest.is_none());
                let tag = is_open.then(|| tag(&pull, &image.digest, at));
                lock().remove(&Job::Scan(pull));
                (Some((image, at)), tag)
            }
            Told::Tag { reference, digest, at } => {
                let tag = tag(&reference, &digest, at);
                lock().remove(&Job::Tag(reference));
                (None, Some(tag))
            }
            Told::Missed { job, reason, .. } => {
                tracing::info!(?job, reason, "an image is not known");
                lock().insert(job, reason);
                (None, None)
            }
        };
        let Some(store) = self.leading.store(&self.store)? else { return Ok(()) };
        let write = |what, write: &dyn Fn() -> Result<(), StoreError>| {
            self.leading.learn(self.telemetry.metrics.write(what, write))
        };
        if let Some((image, at)) = image {
            let findings = image.findings.iter().filter(|it| concerns(it));
            let findings: Vec<ImageFinding> = findings.map(finding).collect();
            write("image", &|| store.record_image(&of_scanned(&image, at), &findings))?;
        }
        if let Some(tag) = tag {
            write("tag", &|| store.record_tag(&tag))?;
        }
        Ok(())
    }
}

fn tag(reference: &str, digest: &str, at: Timestamp) -> Tag {
    Tag { reference: reference.to_owned(), digest: digest.to_owned(), looked_at: at }
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
    let to_act = image.findings.iter().filter(|it| it.class == "act");
    Image {
        digest: image.digest.clone(),
        os: image.os.clone(),
        packages: image.packages as u64,
        scanned_at: at,
        database_date: image.database.as_deref().and_then(|it| it.parse().ok()),
        built_at: image.created.as_deref().and_then(built_at),
        act_now: Some(to_act.count() as u64),
        worst: image.findings.iter().find(|it| concerns(it)).map(|it| it.vulnerability.clone()),
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

/// The first time that is one: tools for reproducible builds write 1970, and archives begin with
/// 1980.
const BUILT_FIRST: &str = "1980-01-01T00:00:01Z";

/// When an image was built, where what it says of it can be.
fn built_at(created: &str) -> Option<Timestamp> {
    let (at, first) = (created.parse().ok()?, BUILT_FIRST.parse().ok()?);
    Some(at).filter(|at: &Timestamp| *at >= first)
}

/// A rating as a severity; none of what nobody rated.
fn severity(rating: &str) -> Option<Severity> {
    match rating {
        "critical" => Some(Severity::Critical),
        "high" => Some(Severity::High),
        "medium" => Some(Severity::Medium),
        "low" => Some(Severity::Low),
        "negligible" => Some(Severity::Info),
        _ => None,
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
