//! Traces for whoever wants them: spans of reviews, assessments and sweeps, sent to a collector.
//!
//! Written by hand, as JSON over HTTP: the usual crates are 96, for a form of thirty lines.
//! Source: OpenTelemetry protocol 1.x, `opentelemetry/proto/trace/v1/trace.proto` and the
//! specification's "OTLP/HTTP" and "JSON Protobuf Encoding" (ids as hex, 64-bit numbers as text,
//! enumerations as numbers).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, redirect};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Spans that wait to be sent. What comes while there are so many is dropped, and counted.
const WAITING_MAX: usize = 4_096;
/// Spans of one request.
const BATCH_MAX: usize = 512;
/// How long spans are gathered.
const GATHER: Duration = Duration::from_secs(2);
/// Longest wait for the collector.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a text of a span.
const TEXT_CHARS_MAX: usize = 256;

/// Something that took time.
#[derive(Clone, Debug)]
pub struct Span {
    /// What it was: `review`, `assessment`.
    pub name: &'static str,
    /// When it began.
    pub begun: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// What is told of it.
    pub attributes: Vec<(&'static str, String)>,
    /// What went wrong, if it did.
    pub error: Option<String>,
}

/// Takes spans. Cheap to share; without a collector it takes none.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Inner>>);

struct Inner {
    out: mpsc::Sender<Span>,
    every: u64,
    seen: AtomicU64,
    dropped: AtomicU64,
}

impl Tracer {
    /// Sends to the collector at an address, such as `http://collector:4318`, for as long as the
    /// runtime lives; of what is [sampled](Self::samples), one of `every`.
    ///
    /// # Errors
    ///
    /// If the address is none.
    pub fn start(endpoint: &str, every: u64) -> Result<Self, String> {
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let url = reqwest::Url::parse(&url).map_err(|error| format!("`{endpoint}`: {error}"))?;
        let client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).build();
        let client = client.map_err(|error| error.to_string())?;
        let (out, spans) = mpsc::channel(WAITING_MAX);
        let (seen, dropped) = (AtomicU64::new(0), AtomicU64::new(0));
        let inner = Arc::new(Inner { out, every: every.max(1), seen, dropped });
        tokio::spawn(send(client, url, spans, Arc::downgrade(&inner)));
        Ok(Self(Some(inner)))
    }

    /// Whether a span of what happens all the time should be told: one of so many, the first.
    pub fn samples(&self) -> bool {
        let Some(inner) = &self.0 else { return false };
        inner.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(inner.every)
    }

    /// Takes a span. Never waits.
    pub fn tell(&self, span: Span) {
        let Some(inner) = &self.0 else { return };
        if inner.out.try_send(span).is_err() {
            inner.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Spans that were dropped: there were too many, or the collector did not take them.
    pub fn dropped(&self) -> u64 {
        self.0.as_ref().map_or(0, |inner| inner.dropped.load(Ordering::Relaxed))
    }
}

async fn send(
    client: Client,
    url: reqwest::Url,
    mut spans: mpsc::Receiver<Span>,
    tracer: std::sync::Weak<Inner>,
) {
    let mut batch = Vec::new();
    while spans.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let gathered = async {
            while batch.len() < BATCH_MAX {
                let left = BATCH_MAX - batch.len();
                if spans.recv_many(&mut batch, left).await == 0 {
                    break;
                }
            }
        };
        // Time that is over is what ends the gathering.
        let _ = tokio::time::timeout(GATHER, gathered).await;
        let count = batch.len() as u64;
        let body = written(&batch).to_string();
        batch.clear();
        let request = client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let sent = request.send().await.and_then(reqwest::Response::error_for_status);
        if let Err(error) = sent {
            if let Some(inner) = tracer.upgrade() {
                inner.dropped.fetch_add(count, Ordering::Relaxed);
            }
            let error = error.without_url();
            tracing::warn!(%error, count, "spans were not taken");
        }
    }
}

/// A request of spans, each a trace of its own.
fn written(spans: &[Span]) -> Value {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            attribute("service.name", "bollwerk-server"),
            attribute("service.version", env!("CARGO_PKG_VERSION")),
        ]},
        "scopeSpans": [{"scope": {"name": "bollwerk"}, "spans": spans}],
    }]})
}

fn span(span: &Span) -> Value {
    let mut random = [0; 24];
    // Without random numbers all spans are of one trace: wrong, and no reason to stop.
    let _ = aws_lc_rs::rand::fill(&mut random);
    let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
    let (trace, own) = random.split_at(16);
    let attributes: Vec<Value> =
        span.attributes.iter().map(|(key, text)| attribute(key, text)).collect();
    let mut written = json!({
        "traceId": hex(trace),
        "spanId": hex(own),
        "name": span.name,
        // SPAN_KIND_INTERNAL
        "kind": 1,
        "startTimeUnixNano": span.begun.as_nanosecond().to_string(),
        "endTimeUnixNano": span.ended.max(span.begun).as_nanosecond().to_string(),
        "attributes": attributes,
    });
    if let Some(error) = &span.error {
        // STATUS_CODE_ERROR
        written["status"] = json!({"code": 2, "message": short(error)});
    }
    written
}

fn attribute(key: &str, text: &str) -> Value {
    json!({"key": key, "value": {"stringValue": short(text)}})
}

fn short(text: &str) -> String {
    report::harmless(text).chars().take(TEXT_CHARS_MAX).collect()
}
