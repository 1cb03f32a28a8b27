//! What the server tells of itself: numbers, and spans for whoever wants them.

use std::time::Duration;

use admission::{Decision, Review};
use jiff::{SignedDuration, Timestamp};

use crate::images::{Job, Told};
use crate::metrics::Metrics;
use crate::traces::{Span, Tracer};

/// Numbers and spans.
pub(crate) struct Telemetry {
    pub(crate) metrics: Metrics,
    pub(crate) tracer: Tracer,
}

impl Telemetry {
    /// Numbers that are counted, and spans that go to a tracer.
    pub(crate) fn new(tracer: Tracer) -> Self {
        Self { metrics: Metrics::new(), tracer }
    }

    /// A review was judged; some of them are told of.
    pub(crate) fn judged(
        &self,
        review: &Review<'_>,
        said: &Decision,
        webhook: &str,
        took: Duration,
    ) {
        if !self.tracer.samples() {
            return;
        }
        let controls = said.refused.iter().chain(&said.warned).map(|it| it.finding.control);
        let mut controls: Vec<&str> = controls.collect();
        controls.dedup();
        let answer = if said.is_allowed() { "allowed" } else { "refused" };
        let (begun, ended) = before(took);
        self.tracer.tell(Span {
            name: "review",
            begun,
            ended,
            attributes: vec![
                ("answer", answer.to_owned()),
                ("webhook", webhook.to_owned()),
                ("k8s.resource.kind", review.kind.to_owned()),
                ("k8s.namespace.name", review.namespace.unwrap_or_default().to_owned()),
                ("operation", review.operation.name().to_owned()),
                ("dry_run", review.is_dry_run.to_string()),
                ("controls", controls.join(" ")),
            ],
            error: None,
        });
    }

    /// The cluster was assessed, or it could not be.
    pub(crate) fn assessed(&self, took: Duration, findings: Result<usize, String>) {
        let outcome = if findings.is_ok() { "done" } else { "failed" };
        self.metrics.assessed(outcome, took);
        let (begun, ended) = before(took);
        let (attributes, error) = match findings {
            Ok(count) => (vec![("findings", count.to_string())], None),
            Err(error) => (Vec::new(), Some(error)),
        };
        self.tracer.tell(Span { name: "assessment", begun, ended, attributes, error });
    }

    /// Something was asked of a registry.
    pub(crate) fn asked(&self, told: &Told) {
        let scan = |image: &str, begun, ended, more, error| {
            let attributes = [("image", image.to_owned())].into_iter().chain(more).collect();
            self.tracer.tell(Span { name: "image scan", begun, ended, attributes, error });
        };
        match told {
            Told::Scanned { pull, image, begun, at, .. } => {
                self.metrics.asked("scan", "done");
                let counts = [
                    ("packages", image.packages.to_string()),
                    ("findings", image.findings.len().to_string()),
                    ("gaps", image.gaps.len().to_string()),
                ];
                scan(pull, *begun, *at, counts.to_vec(), None);
            }
            Told::Tag { .. } => self.metrics.asked("tag", "done"),
            Told::Missed { job: Job::Scan(pull), reason, begun, .. } => {
                self.metrics.asked("scan", "failed");
                scan(pull, *begun, Timestamp::now(), Vec::new(), Some(reason.clone()));
            }
            Told::Missed { job: Job::Tag(_), .. } => self.metrics.asked("tag", "failed"),
        }
    }
}

/// Beginning and end of what took so long until now.
fn before(took: Duration) -> (Timestamp, Timestamp) {
    let ended = Timestamp::now();
    let took = SignedDuration::try_from(took).unwrap_or(SignedDuration::ZERO);
    (ended.checked_sub(took).unwrap_or(ended), ended)
}
