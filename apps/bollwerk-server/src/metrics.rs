//! Numbers for Prometheus. Labels are bounded: none names an object, a namespace or a user.

use std::time::{Duration, Instant};

use bollwerk::config::alerts::Receiver;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use store::StoreError;

use crate::alerts::Outcome;

type Labels = Vec<(&'static str, &'static str)>;
/// With the name of a receiver, which the configuration bounds.
type ReceiverLabels = Vec<(&'static str, String)>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// Seconds that separate the buckets of a review's time.
const REVIEW_BUCKETS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 5.0];

/// Seconds that separate the buckets of an assessment's time, and of a write's.
const WORK_BUCKETS: &[f64] = &[0.001, 0.005, 0.025, 0.1, 0.5, 2.0, 10.0, 60.0];

/// What is written to the store.
const WRITES: [&str; 7] =
    ["alerts", "assessment", "decisions", "forgetting", "image", "running", "tag"];

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
    assessments: Family<Labels, Counter>,
    assessment_seconds: Histogram,
    images: Family<Labels, Counter>,
    images_waiting: Gauge,
    alerts: Family<ReceiverLabels, Counter>,
    alerts_waiting: Family<ReceiverLabels, Gauge>,
    write_seconds: Histograms,
    write_failures: Family<Labels, Counter>,
    spans_dropped: Counter,
}

/// What is only known when somebody asks for the numbers.
pub(crate) struct Now {
    /// Objects of the cluster.
    pub(crate) objects: usize,
    /// Resources that were not read yet.
    pub(crate) missing: usize,
    /// Gaps of the cluster.
    pub(crate) gaps: usize,
    /// Spans that were dropped until now.
    pub(crate) spans_dropped: u64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let work = || Histogram::new(WORK_BUCKETS.iter().copied());
        let mut metrics = Self {
            registry: Registry::with_prefix("bollwerk"),
            reviews: Family::default(),
            findings: Family::default(),
            shed: Family::default(),
            seconds: Histogram::new(REVIEW_BUCKETS.iter().copied()),
            objects: Gauge::default(),
            missing: Gauge::default(),
            gaps: Gauge::default(),
            assessments: Family::default(),
            assessment_seconds: work(),
            images: Family::default(),
            images_waiting: Gauge::default(),
            alerts: Family::default(),
            alerts_waiting: Family::default(),
            write_seconds: Family::new_with_constructor(work),
            write_failures: Family::default(),
            spans_dropped: Counter::default(),
        };
        metrics.register_cluster();
        metrics.register_work();
        // What did not happen yet is told as 0, so that the first time is seen as a rise.
        for what in WRITES {
            metrics.write_failures.get_or_create(&vec![("what", what)]).inc_by(0);
        }
        for outcome in ["done", "failed"] {
            metrics.assessments.get_or_create(&vec![("outcome", outcome)]).inc_by(0);
            for what in ["scan", "tag"] {
                metrics.images.get_or_create(&vec![("outcome", outcome), ("what", what)]).inc_by(0);
            }
        }
        metrics
    }

    /// Of reviews, and of what they are judged by.
    fn register_cluster(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What was built", build);
        let reviews = self.reviews.clone();
        registry.register("admission_reviews", "Reviews, by answer and webhook", reviews);
        let findings = self.findings.clone();
        registry.register("admission_findings", "Findings of reviews, by what they did", findings);
        let shed = self.shed.clone();
        registry.register("admission_shed", "Reviews that were not judged, by why", shed);
        let (seconds, help) =
            (self.seconds.clone(), "Time from a review's last byte to its answer");
        registry.register_with_unit("admission_review", help, Unit::Seconds, seconds);
        registry.register("cluster_objects", "Objects that are known", self.objects.clone());
        let missing = self.missing.clone();
        registry.register("cluster_resources_missing", "Resources not read yet", missing);
        registry.register("cluster_gaps", "What is not known of the cluster", self.gaps.clone());
    }

    /// Of what goes on beside reviews.
    fn register_work(&mut self) {
        let registry = &mut self.registry;
        let assessments = self.assessments.clone();
        registry.register("assessments", "Assessments of the cluster, by outcome", assessments);
        let (seconds, help) = (self.assessment_seconds.clone(), "Time that an assessment took");
        registry.register_with_unit("assessment", help, Unit::Seconds, seconds);
        let images = self.images.clone();
        registry.register("images_asked", "Images and tags asked for, by outcome", images);
        let waiting = self.images_waiting.clone();
        registry.register("images_waiting", "Images and tags to be asked for now", waiting);
        let alerts = self.alerts.clone();
        registry.register("alerts", "Tries to send a message, by receiver and outcome", alerts);
        let waiting = self.alerts_waiting.clone();
        registry.register("alerts_waiting", "Messages not sent yet, by receiver", waiting);
        let (seconds, help) = (self.write_seconds.clone(), "Time of writes to the store, by what");
        registry.register_with_unit("store_write", help, Unit::Seconds, seconds);
        let failures = self.write_failures.clone();
        registry.register("store_write_failures", "Writes to the store that failed", failures);
        let dropped = self.spans_dropped.clone();
        registry.register("spans_dropped", "Spans no collector took", dropped);
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

    /// The cluster was assessed.
    pub(crate) fn assessed(&self, outcome: &'static str, took: Duration) {
        self.assessments.get_or_create(&vec![("outcome", outcome)]).inc();
        self.assessment_seconds.observe(took.as_secs_f64());
    }

    /// A registry was asked.
    pub(crate) fn asked(&self, what: &'static str, outcome: &'static str) {
        self.images.get_or_create(&vec![("outcome", outcome), ("what", what)]).inc();
    }

    /// So much is to be asked of registries.
    pub(crate) fn images_wait(&self, count: usize) {
        self.images_waiting.set(counted(count));
    }

    /// Receivers that will be told of something.
    pub(crate) fn know_receivers(&self, receivers: &[Receiver]) {
        for receiver in receivers {
            for outcome in [Outcome::Sent, Outcome::Failed, Outcome::GivenUp] {
                self.alerts.get_or_create(&alert(&receiver.name, outcome)).inc_by(0);
            }
            self.alerts_wait(&receiver.name, 0);
        }
    }

    /// It was tried to tell a receiver something.
    pub(crate) fn alerted(&self, receiver: &str, outcome: Outcome) {
        self.alerts.get_or_create(&alert(receiver, outcome)).inc();
    }

    /// So many messages wait for a receiver.
    pub(crate) fn alerts_wait(&self, receiver: &str, count: usize) {
        let labels = vec![("receiver", receiver.to_owned())];
        self.alerts_waiting.get_or_create(&labels).set(counted(count));
    }

    /// Writes to the store, and counts how long that takes and whether it fails. `what` is one of
    /// the few things that are written.
    pub(crate) fn write<T>(
        &self,
        what: &'static str,
        write: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let done = write();
        let labels = vec![("what", what)];
        self.write_seconds.get_or_create(&labels).observe(began.elapsed().as_secs_f64());
        if done.is_err() {
            self.write_failures.get_or_create(&labels).inc();
        }
        done
    }

    /// All numbers, in the text form of `OpenMetrics`.
    pub(crate) fn text(&self, now: &Now) -> String {
        self.objects.set(counted(now.objects));
        self.missing.set(counted(now.missing));
        self.gaps.set(counted(now.gaps));
        self.spans_dropped.inc_by(now.spans_dropped.saturating_sub(self.spans_dropped.get()));
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn alert(receiver: &str, outcome: Outcome) -> ReceiverLabels {
    vec![("outcome", outcome.name().to_owned()), ("receiver", receiver.to_owned())]
}

fn counted(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
