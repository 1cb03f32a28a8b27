//! Numbers for Prometheus. Labels are bounded: none names an object, a namespace or a user.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

type Labels = Vec<(&'static str, &'static str)>;

/// Seconds that separate the buckets of a review's time.
const REVIEW_BUCKETS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 5.0];

/// All numbers of the server.
pub(crate) struct Metrics {
    registry: Registry,
    reviews: Family<Labels, Counter>,
    findings: Family<Labels, Counter>,
    shed: Family<Labels, Counter>,
    seconds: Histogram,
    objects: Gauge,
    missing: Gauge,
    gaps: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("bollwerk");
        let metrics = Self {
            reviews: Family::default(),
            findings: Family::default(),
            shed: Family::default(),
            seconds: Histogram::new(REVIEW_BUCKETS.iter().copied()),
            objects: Gauge::default(),
            missing: Gauge::default(),
            gaps: Gauge::default(),
            registry: Registry::default(),
        };
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What was built", build);
        let reviews = metrics.reviews.clone();
        registry.register("admission_reviews", "Reviews, by answer and webhook", reviews);
        let findings = metrics.findings.clone();
        registry.register("admission_findings", "Findings of reviews, by what they did", findings);
        let shed = metrics.shed.clone();
        registry.register("admission_shed", "Reviews that were not judged, by why", shed);
        let (seconds, help) =
            (metrics.seconds.clone(), "Time from a review's last byte to its answer");
        registry.register_with_unit("admission_review", help, Unit::Seconds, seconds);
        registry.register("cluster_objects", "Objects that are known", metrics.objects.clone());
        let missing = metrics.missing.clone();
        registry.register("cluster_resources_missing", "Resources not read yet", missing);
        registry.register("cluster_gaps", "What is not known of the cluster", metrics.gaps.clone());
        Self { registry, ..metrics }
    }

    /// A review was answered.
    pub(crate) fn reviewed(&self, webhook: &'static str, answer: &'static str, took: Duration) {
        self.reviews.get_or_create(&vec![("answer", answer), ("webhook", webhook)]).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Findings of a review did something.
    pub(crate) fn found(&self, action: &'static str, count: usize) {
        if count > 0 {
            self.findings.get_or_create(&vec![("action", action)]).inc_by(count as u64);
        }
    }

    /// A review was turned away.
    pub(crate) fn shed(&self, reason: &'static str) {
        self.shed.get_or_create(&vec![("reason", reason)]).inc();
    }

    /// All numbers, in the text form of `OpenMetrics`.
    pub(crate) fn text(&self, objects: usize, missing: usize, gaps: usize) -> String {
        let counted = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.objects.set(counted(objects));
        self.missing.set(counted(missing));
        self.gaps.set(counted(gaps));
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
