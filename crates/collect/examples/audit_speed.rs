//! How fast audit events are read: a generated log of many users, and the floor of reading its
//! bytes as JSON that nobody keeps.
#![expect(clippy::print_stdout, reason = "a measurement is told")]
#![expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]

use std::fmt::Write;
use std::time::Instant;

use collect::audit::Reader;

/// Events of the generated log: 200 users, each with 40 actions in 20 namespaces.
fn log(events: usize) -> String {
    let mut text = String::new();
    for number in 0..events {
        let (user, namespace) = (number % 200, number / 7 % 20);
        let resource = ["pods", "configmaps", "deployments", "secrets"][number / 3 % 4];
        let verb = ["get", "list", "watch", "create", "patch"][number / 11 % 5];
        let _ = writeln!(
            text,
            "{{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",\
             \"auditID\":\"3f0b6d0a-0000-4000-8000-{number:012}\",\"stage\":\"ResponseComplete\",\
             \"requestURI\":\"/api/v1/namespaces/ns-{namespace}/{resource}/web-{number}\",\
             \"verb\":\"{verb}\",\"user\":{{\
             \"username\":\"system:serviceaccount:ns-{namespace}:app-{user}\",\
             \"uid\":\"8f4d\",\"groups\":[\"system:serviceaccounts\",\
             \"system:serviceaccounts:ns-{namespace}\",\"system:authenticated\"],\"extra\":{{\
             \"authentication.kubernetes.io/pod-name\":[\"app-{user}-abc\"]}}}},\
             \"sourceIPs\":[\"10.0.0.1\"],\
             \"userAgent\":\"app/v0.0.0 (linux/amd64) kubernetes/$Format\",\
             \"objectRef\":{{\
             \"resource\":\"{resource}\",\"namespace\":\"ns-{namespace}\",\"name\":\"web-{}\",\
             \"apiVersion\":\"v1\"}},\"responseStatus\":{{\"metadata\":{{}},\"code\":200}},\
             \"requestReceivedTimestamp\":\"2026-11-24T10:00:00.000000Z\",\
             \"stageTimestamp\":\"2026-11-24T10:00:00.004000Z\",\"annotations\":{{\
             \"authorization.k8s.io/decision\":\"allow\",\"authorization.k8s.io/reason\":\
             \"RBAC: allowed by RoleBinding\"}}}}",
            number % 50
        );
    }
    text
}

fn main() {
    let events = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    for part in [events / 10, events] {
        let text = log(part);
        let began = Instant::now();
        let values = text.lines().map(serde_json::from_str::<serde::de::IgnoredAny>);
        let read = values.flatten().count();
        let floor = began.elapsed();
        let began = Instant::now();
        let mut reader = Reader::default();
        let done = reader.read(&mut text.as_bytes(), "generated");
        let usage = reader.finish();
        let took = began.elapsed();
        let rate = part as f64 / took.as_secs_f64();
        println!(
            "audit: {} events ({read} in the floor), {:.0} MB: {rate:.0} events/s on one core, \
             {:.2} x the floor of skipping the JSON; {} unreadable, {done:?}",
            usage.events,
            text.len() as f64 / 1e6,
            took.as_secs_f64() / floor.as_secs_f64(),
            usage.unreadable
        );
    }
}
