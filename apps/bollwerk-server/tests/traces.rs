//! Spans reach a collector in the form of OTLP, and nobody waits for one that does not take them.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod fake_api;
mod receiver;
mod server;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bollwerk_server::traces::{Span, Tracer};
use fake_api::FakeApi;
use receiver::{Receiver, Reply};
use serde_json::{Value, json};
use server::Server;

fn span(error: Option<&str>) -> Span {
    Span {
        name: "review",
        begun: "2026-12-01T00:00:00.000000001Z".parse().unwrap(),
        ended: "2026-12-01T00:00:00.5Z".parse().unwrap(),
        attributes: vec![("answer", "x\u{1b}".repeat(1_000))],
        error: error.map(str::to_owned),
    }
}

fn is_hex(value: &Value, length: usize) -> bool {
    let text = value.as_str().unwrap();
    text.len() == length && text.bytes().all(|it| it.is_ascii_hexdigit())
}

#[test]
fn spans_arrive_in_the_form_of_otlp() {
    let collector = Receiver::start(&[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let tracer = Tracer::start(&format!("{}/", collector.address), 2).unwrap();
    assert_eq!((0..4).map(|_| tracer.samples()).collect::<Vec<_>>(), [true, false, true, false]);
    tracer.tell(span(None));
    tracer.tell(span(Some("lost")));
    let asked = collector.next();
    assert_eq!(
        (asked.path.as_str(), asked.headers["content-type"].as_str()),
        ("/v1/traces", "application/json")
    );
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let resource = &body["resourceSpans"][0]["resource"]["attributes"][0];
    assert_eq!(resource["value"]["stringValue"], "bollwerk-server");
    let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2);
    for span in spans {
        assert!(is_hex(&span["traceId"], 32) && is_hex(&span["spanId"], 16), "{span}");
        assert_eq!(span["startTimeUnixNano"], "1796083200000000001");
        assert_eq!(span["endTimeUnixNano"], "1796083200500000000");
        let text = span["attributes"][0]["value"]["stringValue"].as_str().unwrap();
        assert!(text.chars().count() == 256 && !text.contains('\u{1b}'));
    }
    assert_ne!(spans[0]["traceId"], spans[1]["traceId"]);
    assert_eq!(spans[1]["status"]["code"], 2);
}

#[test]
fn what_is_not_taken_is_dropped_and_counted() {
    let collector = Receiver::start(&[Reply::Status(503, ""), Reply::Silence]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let tracer = Tracer::start(&collector.address, 1).unwrap();
    tracer.tell(span(None));
    collector.next();
    // It hangs now, and the queue fills.
    tracer.tell(span(None));
    collector.next();
    (0..10_000).for_each(|_| tracer.tell(span(None)));
    assert!(tracer.dropped() > 5_000, "{}", tracer.dropped());
    let none = Tracer::default();
    none.tell(span(None));
    assert!(!none.samples() && none.dropped() == 0);
    assert!(Tracer::start("not an address", 1).is_err());
}

/// A server tells of one review of so many, and of each assessment; what nobody takes is counted.
#[test]
fn a_server_tells_of_reviews_and_assessments() {
    let collector = Receiver::start(&[Reply::Status(503, "")]);
    let folder = std::env::temp_dir().join(format!("bollwerk-spans-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let api = FakeApi::start(Vec::new(), &folder);
    let more = ["--listen-interface", "127.0.0.1:0", "--store", "sqlite:bollwerk.db"];
    let more = [&more[..], &["--otlp", &collector.address, "--otlp-every", "3"]].concat();
    let config = "version: 1\nadmission: {rules: [{severity: high, action: enforce}]}\n";
    let mut server = Server::start_with(config, &api.kubeconfig, &more);
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "namespace": "shop", "operation": "CREATE", "userInfo": {"username": "it"},
            "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "secret-name"},
                "spec": {"hostPID": true, "containers": [{"name": "it", "image": "it"}]}}}});
    let url = format!("https://{}/admission/open", server.address);
    let client = server.client();
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut sent = 0;
    // The first batch is refused; those after it arrive.
    while found.get("review").map_or(0, Vec::len) < 2 || !found.contains_key("assessment") {
        for _ in 0..6 {
            assert_eq!(client.post(&url).body(review.to_string()).send().unwrap().status(), 200);
            sent += 1;
        }
        let asked = collector.next();
        assert!(!asked.body.contains("secret-name"), "an object is named: {}", asked.body);
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap() {
            found.entry(span["name"].as_str().unwrap().to_owned()).or_default().push(span.clone());
        }
        assert!(sent < 1_000, "{found:?}");
    }
    let reviews = &found["review"];
    assert!(reviews.len() <= sent / 3, "{} of {sent}", reviews.len());
    let attribute = |span: &Value, key: &str| {
        let all = span["attributes"].as_array().unwrap();
        let found = all.iter().find(|it| it["key"] == key).unwrap();
        found["value"]["stringValue"].as_str().unwrap().to_owned()
    };
    assert_eq!(attribute(&reviews[0], "answer"), "refused");
    assert_eq!(attribute(&reviews[0], "controls"), "host-pid");
    assert_eq!(attribute(&found["assessment"][0], "findings"), "0");
    // It is counted once the answer was read: the first batch may hold all there is.
    let has_none = |metrics: &str| metrics.contains("\nbollwerk_spans_dropped_total 0\n");
    let (mut metrics, began) = (server.asked("/metrics"), Instant::now());
    while has_none(&metrics) {
        assert!(began.elapsed() < Duration::from_mins(1), "{metrics}");
        std::thread::sleep(Duration::from_millis(20));
        metrics = server.asked("/metrics");
    }
    assert!(metrics.contains("\nbollwerk_spans_dropped_total "), "{metrics}");
    server.kill();
    std::fs::remove_dir_all(&folder).unwrap();
}
