//! Every envelope, and what is no event.

use model::usage::{Action, Usage};

use super::Reader;

fn read(text: &str) -> Usage {
    let mut reader = Reader::default();
    reader.read(&mut text.as_bytes(), "log").expect("memory can be read");
    reader.finish()
}

/// The actions of all users as text, with their counts.
fn actions(usage: &Usage) -> Vec<String> {
    let all = usage.users.iter().flat_map(|(user, observed)| {
        observed.actions.iter().map(move |(action, count)| match action {
            Action::Resource { namespace, api_group, resource, verb, name } => {
                format!("{user}: {verb} {resource}.{api_group} {namespace}/{name} x{count}")
            }
            Action::Path { path, verb } => format!("{user}: {verb} {path} x{count}"),
        })
    });
    all.collect()
}

const GET: &str = concat!(
    r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1""#,
    r#","stage":"ResponseComplete""#,
    r#","requestURI":"/api/v1/namespaces/shop/pods/web?x=1","verb":"get""#,
    r#","user":{"username":"alice","groups":["devs","system:authenticated"]}"#,
    r#","objectRef":{"resource":"pods","namespace":"shop","name":"web""#,
    r#","apiVersion":"v1"},"responseStatus":{"code":200}"#,
    r#","requestReceivedTimestamp":"2026-11-24T10:00:00.000000Z""#,
    r#","annotations":{"authorization.k8s.io/decision":"allow""#,
    r#","authorization.k8s.io/reason":""}}"#,
);

#[test]
fn native_events() {
    let usage = read(&format!("{GET}\n\n{GET}"));
    assert_eq!(actions(&usage), ["alice: get pods. shop/web x2"]);
    let groups: Vec<_> = usage.users["alice"].groups.iter().collect();
    assert_eq!(groups, ["devs", "system:authenticated"]);
    assert_eq!((usage.events, usage.unreadable), (2, 0));
    let list = read(&format!(r#"{{"kind":"EventList","items":[{GET},{GET}]}}"#));
    assert_eq!(actions(&list), actions(&usage));
}

#[test]
fn stages_and_decisions() {
    let received = GET.replace("ResponseComplete", "RequestReceived");
    let started = GET.replace("ResponseComplete", "ResponseStarted");
    let refused = GET.replace("\"allow\"", "\"forbid\"");
    let without = GET.replace(r#""authorization.k8s.io/decision":"allow","#, "");
    let forbidden = without.replace("\"code\":200", "\"code\":403");
    let usage =
        read(&[&received, &started, GET, &refused, &forbidden].map(String::from).join("\n"));
    assert_eq!(actions(&usage), ["alice: get pods. shop/web x1"]);
    assert_eq!((usage.events, usage.refused, usage.passed_over), (1, 2, 2));
    assert_eq!(actions(&read(&started)), ["alice: get pods. shop/web x0"]);
    assert_eq!(read(&without).events, 1);
}

#[test]
fn the_impersonated_user_counts() {
    let event = GET.replace(
        "\"objectRef\"",
        r#""impersonatedUser":{"username":"bob","groups":["ops"]},"objectRef""#,
    );
    assert_eq!(actions(&read(&event)), ["bob: get pods. shop/web x1"]);
}

#[test]
fn paths_and_subresources() {
    let path = GET.replace(
        r#""objectRef":{"resource":"pods","namespace":"shop","name":"web","apiVersion":"v1"},"#,
        "",
    );
    let path = path.replace("/api/v1/namespaces/shop/pods/web?x=1", "/healthz?verbose");
    assert_eq!(actions(&read(&path)), ["alice: get /healthz x1"]);
    let exec = GET.replace("\"name\":\"web\"", "\"name\":\"web\",\"subresource\":\"exec\"");
    assert_eq!(actions(&read(&exec)), ["alice: get pods/exec. shop/web x1"]);
}

#[test]
fn envelopes_of_managed_clusters() {
    let log = serde_json::Value::String(GET.to_owned());
    let azure = format!(r#"{{"category":"kube-audit","properties":{{"log":{log},"pod":"x"}}}}"#);
    assert_eq!(actions(&read(&azure)), ["alice: get pods. shop/web x1"]);
    let records = format!(r#"{{"records":[{azure},{azure}]}}"#);
    assert_eq!(actions(&read(&records)), ["alice: get pods. shop/web x2"]);
    let google = |resource: &str, method: &str, granted: bool| {
        format!(
            concat!(
                r#"{{"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","#,
                r#""authenticationInfo":{{"principalEmail":"alice@example.com"}},"#,
                r#""methodName":"{method}","resourceName":"{resource}","authorizationInfo":"#,
                r#"[{{"granted":{granted},"permission":"p","resource":"{resource}"}}]}},"#,
                r#""timestamp":"2026-11-24T10:00:00Z"}}"#
            ),
            method = method,
            resource = resource,
            granted = granted
        )
    };
    let lines = [
        google("core/v1/namespaces/shop/pods/web/log", "io.k8s.core.v1.pods.log.get", true),
        google("core/v1/namespaces/shop", "io.k8s.core.v1.namespaces.get", true),
        google("apps/v1/namespaces/shop/deployments", "io.k8s.apps.v1.deployments.list", true),
        google("core/v1/nodes", "io.k8s.core.v1.nodes.list", false),
        google("projects/p", "google.container.v1.ClusterManager.GetCluster", true),
    ];
    let usage = read(&lines.join("\n"));
    assert_eq!(
        actions(&usage),
        [
            "alice@example.com: get namespaces. /shop x1",
            "alice@example.com: get pods/log. shop/web x1",
            "alice@example.com: list deployments.apps shop/ x1",
        ]
    );
    assert_eq!((usage.refused, usage.passed_over), (1, 1));
}

#[test]
fn what_cannot_be_read_is_counted_and_told() {
    let half = &GET[..GET.len() / 2];
    let nothing = r#"{"stage":"ResponseComplete","user":{"username":"a"}}"#;
    let text = format!("{half}\nplain text\n[1]\n{{}}\n{nothing}\n{GET}\n");
    let usage = read(&text);
    assert_eq!((usage.events, usage.unreadable, usage.passed_over), (1, 4, 1));
    let told: Vec<_> = usage.examples.iter().map(|(at, why)| format!("{at} {why}")).collect();
    assert!(told[0].starts_with("log:1 is cut off"), "{told:?}");
    assert!(told[1].starts_with("log:2 is no JSON"), "{told:?}");
    assert!(told[2].starts_with("log:3 is no audit event"), "{told:?}");
    assert_eq!(told[3], "log:5 names neither a resource nor a path");
}

/// A log that is cut anywhere is read up to there.
#[test]
fn cuts_and_flips_never_panic() {
    let text = format!("{GET}\n{GET}\n");
    for end in 0..text.len() {
        let _ = read(&text[..end]);
        let mut bytes = text.clone().into_bytes();
        bytes[end] ^= 0x5f;
        let mut reader = Reader::default();
        reader.read(&mut bytes.as_slice(), "log").expect("memory can be read");
        reader.finish();
    }
}
