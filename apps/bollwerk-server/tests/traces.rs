//! Spans reach a collector in the form of OTLP, and nobody waits for one that does not take them.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod receiver;

use bollwerk_server::traces::{Span, Tracer};
use receiver::{Receiver, Reply};
use serde_json::Value;

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
