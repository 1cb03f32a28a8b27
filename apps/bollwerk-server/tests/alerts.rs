//! What people are told: changes into messages, messages into the forms of receivers, and their
//! way to somebody who does not always answer.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod receiver;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bollwerk::config::Settings;
use bollwerk::config::alerts::{AlertSettings, Kept, QuietHours, ReceiverKind};
use bollwerk_server::alerts::{
    Change, Envelope, Groups, MemoryOutbox, Message, Outbox, Outcome, State, Subject, What,
    deliver, envelopes,
};
use jiff::Timestamp;
use model::Severity;
use receiver::{Receiver, Reply};
use serde_json::{Value, json};

const WINDOW: Duration = Duration::from_mins(5);

fn at(text: &str) -> Timestamp {
    format!("2026-12-01T{text}Z").parse().unwrap()
}

fn change(what: What, name: &str, time: &str) -> Change {
    Change {
        what,
        cluster: "prod".to_owned(),
        control: "privileged-container".to_owned(),
        severity: Severity::High,
        subject: Subject {
            fingerprint: format!("f1:{name}"),
            namespace: Some("shop".to_owned()),
            kind: "Deployment".to_owned(),
            name: name.to_owned(),
            message: "the container `it` is privileged".to_owned(),
        },
        owner: None,
        at: at(time),
    }
}

fn told(changes: &[Change], now: &str) -> Vec<Message> {
    let mut groups = Groups::new(WINDOW);
    for change in changes {
        groups.add(change.clone());
    }
    groups.due(at(now))
}

#[test]
fn changes_of_one_kind_become_one_message() {
    let mut of_team = change(What::Appeared, "pay", "10:00:30");
    of_team.owner = Some("payments".to_owned());
    let mut worse = change(What::Returned, "web", "10:01:00");
    worse.severity = Severity::Critical;
    let all = [change(What::Appeared, "cart", "10:00:00"), worse, of_team];
    assert_eq!(told(&all, "10:04:59"), []);
    let messages = told(&all, "10:06:00");
    let brief = |it: &Message| (it.owner.clone(), it.severity, it.title());
    assert_eq!(
        messages.iter().map(brief).collect::<Vec<_>>(),
        [
            (
                None,
                Severity::Critical,
                "privileged-container [critical] 2 objects in shop (prod)".to_owned()
            ),
            (
                Some("payments".to_owned()),
                Severity::High,
                "privileged-container [high] Deployment pay in shop (prod)".to_owned()
            ),
        ]
    );
    // Whoever makes it again makes the same.
    assert_eq!(told(&all, "10:06:00"), messages);
    let other = told(&all[..1], "10:06:00");
    assert_ne!(other[0].id, messages[0].id);
}

#[test]
fn what_comes_and_goes_within_a_window_is_not_told() {
    let flap =
        [change(What::Appeared, "cart", "10:00:00"), change(What::Fixed, "cart", "10:01:00")];
    assert_eq!(told(&flap, "11:00:00"), []);
    let back =
        [change(What::Fixed, "cart", "10:00:00"), change(What::Returned, "cart", "10:01:00")];
    assert_eq!(told(&back, "11:00:00"), []);
    let mut more = flap.to_vec();
    more.push(change(What::Returned, "cart", "10:02:00"));
    assert_eq!(told(&more, "11:00:00").len(), 1);
    let over = told(&[change(What::Fixed, "cart", "10:00:00")], "11:00:00");
    assert_eq!(
        (over[0].state, over[0].title().contains("over: Deployment cart")),
        (State::Resolved, true)
    );
}

#[test]
fn a_clock_that_is_put_back_keeps_nobody_waiting() {
    let messages = told(&[change(What::Appeared, "cart", "10:00:00")], "09:00:00");
    assert_eq!(messages.len(), 1);
}

#[test]
fn a_flood_is_bounded() {
    let many: Vec<Change> =
        (0..5_000).map(|it| change(What::Appeared, &format!("n{it:04}"), "10:00:00")).collect();
    let messages = told(&many, "11:00:00");
    assert_eq!((messages.len(), messages[0].subjects.len(), messages[0].more), (1, 1_000, 4_000));
    for envelope in envelopes(&settings(ALL), &messages[0], at("11:00:00")) {
        let limit = if envelope.receiver == "slack" || envelope.receiver == "teams" {
            28 << 10
        } else {
            1 << 20
        };
        assert!(envelope.body.len() < limit, "{}: {}", envelope.receiver, envelope.body.len());
    }
}

const ALL: &str = "\
version: 1
alerts:
  link: https://bollwerk.example/
  receivers:
  - {name: hook, kind: webhook, url: \"http://127.0.0.1:1\", secretFile: secret, severity: low}
  - {name: slack, kind: slack, urlFile: slack, severity: low}
  - {name: teams, kind: teams, urlEnvironment: TEAMS, severity: low}
  - {name: am, kind: alertmanager, url: \"http://127.0.0.1:1\", severity: low}
";

fn settings(text: &str) -> AlertSettings {
    let mut settings = Settings::new();
    settings.take(text, "bollwerk.yaml").unwrap();
    settings.alerts
}

fn body(envelopes: &[Envelope], receiver: &str) -> Value {
    let found = envelopes.iter().find(|it| it.receiver == receiver).unwrap();
    serde_json::from_str(&found.body).unwrap()
}

#[test]
fn each_receiver_has_its_form() {
    let message = &told(&[change(What::Appeared, "cart", "10:00:00")], "10:06:00")[0];
    let all = envelopes(&settings(ALL), message, at("10:06:00"));
    let title = "privileged-container [high] Deployment cart in shop (prod)";
    assert_eq!(
        body(&all, "hook"),
        json!({
            "specversion": "1.0", "id": message.id, "type": "io.bollwerk.finding.opened.v1",
            "source": "/clusters/prod", "subject": "privileged-container",
            "time": "2026-12-01T10:00:00Z", "datacontenttype": "application/json",
            "data": {"state": "firing", "title": title, "control": "privileged-container",
                "severity": "high", "cluster": "prod", "namespace": "shop", "owner": null,
                "findings": [{"fingerprint": "f1:cart", "namespace": "shop", "kind": "Deployment",
                    "name": "cart", "message": "the container `it` is privileged"}],
                "more": 0, "link": "https://bollwerk.example"},
        })
    );
    let text = |text: &str| json!({"type": "plain_text", "text": text, "emoji": false});
    assert_eq!(
        body(&all, "slack"),
        json!({"text": title, "blocks": [
            {"type": "header", "text": text(title)},
            {"type": "section",
                "text": text("Deployment shop/cart: the container `it` is privileged")},
            {"type": "context", "elements": [text("firing since 2026-12-01T10:00:00Z"),
                text("https://bollwerk.example")]},
        ]})
    );
    let teams = body(&all, "teams");
    assert_eq!(teams["attachments"][0]["content"]["body"][0]["inlines"][0]["text"], title);
    assert_eq!(
        body(&all, "am"),
        json!([{
            "labels": {"alertname": "BollwerkFinding", "cluster": "prod",
                "control": "privileged-container", "severity": "high", "kind": "Deployment",
                "name": "cart", "fingerprint": "f1:cart", "namespace": "shop"},
            "annotations": {"summary": "privileged-container: Deployment cart",
                "description": "the container `it` is privileged"},
            "startsAt": "2026-12-01T10:00:00Z", "endsAt": "2026-12-31T10:00:00Z",
            "generatorURL": "https://bollwerk.example",
        }])
    );
    let over = &told(&[change(What::Fixed, "cart", "10:00:00")], "10:06:00")[0];
    let over = envelopes(&settings(ALL), over, at("10:06:00"));
    assert_eq!(body(&over, "hook")["type"], "io.bollwerk.finding.resolved.v1");
    let alert = &body(&over, "am")[0];
    assert_eq!(
        (&alert["endsAt"], &alert["startsAt"]),
        (&json!("2026-12-01T10:00:00Z"), &Value::Null)
    );
    // The same labels: that is what an alert is told over by.
    assert_eq!(alert["labels"], body(&all, "am")[0]["labels"]);
}

/// What is published of the forms, held against every message that can be made of hostile text.
#[test]
fn hostile_text_stays_text() {
    let hostile = "<!channel> &amp; <https://evil.example|here> **x** [a](javascript:b)\n\u{202e}\u{1b}[31m\" } {{ x }}";
    let mut bad = change(What::Appeared, hostile, "10:00:00");
    bad.cluster = hostile.to_owned();
    bad.control = hostile.to_owned();
    bad.owner = Some(hostile.repeat(100));
    bad.subject.message = hostile.repeat(1_000);
    let message = &told(&[bad], "11:00:00")[0];
    let all = envelopes(&settings(ALL), message, at("11:00:00"));
    for envelope in &all {
        let steers = |it: char| it.is_control() || it == '\u{202e}';
        assert!(!envelope.body.contains("\\n") && !envelope.body.contains(steers), "{envelope:?}");
        assert!(!envelope.body.contains("\\u001b") && envelope.body.len() < 28 << 10);
    }
    event_is_valid(&body(&all, "hook"));
    slack_is_valid(&body(&all, "slack"));
    card_is_valid(&body(&all, "teams"));
    alerts_are_valid(&body(&all, "am"));
}

/// `CloudEvents` 1.0.2, `spec.md`, "Required attributes" and "Type system".
fn event_is_valid(event: &Value) {
    for name in ["id", "source", "type", "specversion"] {
        assert!(!event[name].as_str().unwrap().is_empty(), "{name}");
    }
    let is_uri = |it: char| it.is_ascii_alphanumeric() || "-._~/%".contains(it);
    assert!(event["source"].as_str().unwrap().chars().all(is_uri), "{event}");
    let is_name =
        |name: &String| name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    assert!(event.as_object().unwrap().keys().all(is_name));
    assert!(event["time"].as_str().unwrap().parse::<Timestamp>().is_ok());
}

/// Block Kit's reference: kinds of blocks and their limits; no text of others is `mrkdwn`.
fn slack_is_valid(message: &Value) {
    let blocks = message["blocks"].as_array().unwrap();
    assert!(!blocks.is_empty() && blocks.len() <= 50);
    let text = |text: &Value, most: usize| {
        assert_eq!(text["type"], "plain_text");
        let count = text["text"].as_str().unwrap().chars().count();
        assert!(count > 0 && count <= most, "{text}");
    };
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "header" => text(&block["text"], 150),
            "section" => text(&block["text"], 3_000),
            "context" => {
                let elements = block["elements"].as_array().unwrap();
                assert!(elements.len() <= 10);
                for element in elements {
                    text(element, 3_000);
                }
            }
            other => panic!("{other}"),
        }
    }
    assert!(!message["text"].as_str().unwrap().contains(['<', '>']));
}

/// The schema of adaptive cards 1.4: elements that do not read Markdown.
fn card_is_valid(message: &Value) {
    assert_eq!(message["type"], "message");
    let attachment = &message["attachments"][0];
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    let card = &attachment["content"];
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    for element in card["body"].as_array().unwrap() {
        assert_eq!(element["type"], "RichTextBlock");
        for run in element["inlines"].as_array().unwrap() {
            assert!(run["type"] == "TextRun" && run["text"].is_string());
            let colors = [Value::Null, json!("Attention"), json!("Good")];
            assert!(colors.contains(&run["color"]), "{run}");
        }
    }
    assert_eq!(card["actions"][0]["type"], "Action.OpenUrl");
}

/// Alertmanager's `api/v2/openapi.yaml`, `postableAlert`; names of labels as Prometheus has them.
fn alerts_are_valid(alerts: &Value) {
    for alert in alerts.as_array().unwrap() {
        for set in ["labels", "annotations"] {
            for (name, value) in alert[set].as_object().unwrap() {
                assert!(name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'), "{name}");
                assert!(value.is_string());
            }
        }
        assert!(alert["labels"]["alertname"].is_string());
        for time in ["startsAt", "endsAt"] {
            assert!(alert[time].as_str().unwrap().parse::<Timestamp>().is_ok());
        }
    }
}

#[test]
fn receivers_are_told_what_they_want() {
    let text = "\
version: 1
alerts:
  receivers:
  - {name: all, kind: slack, url: \"https://a.example\", severity: info}
  - {name: critical, kind: slack, url: \"https://b.example\", severity: critical}
  - {name: shop, kind: slack, url: \"https://c.example\", namespaces: [\"shop*\"]}
  - {name: data, kind: slack, url: \"https://d.example\", namespaces: [data]}
  - {name: team, kind: slack, url: \"https://e.example\", owners: [\"pay*\"]}
  - {name: news, kind: slack, url: \"https://f.example\", resolved: false}
";
    let settings = settings(text);
    let who = |what, owner: Option<&str>| {
        let mut it = change(what, "cart", "10:00:00");
        it.owner = owner.map(str::to_owned);
        let message = &told(&[it], "11:00:00")[0];
        let all = envelopes(&settings, message, at("11:00:00"));
        all.into_iter().map(|it| it.receiver).collect::<Vec<_>>()
    };
    assert_eq!(who(What::Appeared, None), ["all", "shop", "news"]);
    assert_eq!(who(What::Appeared, Some("payments")), ["all", "shop", "team", "news"]);
    assert_eq!(who(What::Fixed, None), ["all", "shop"]);
}

#[test]
fn quiet_hours_put_off_what_is_not_critical() {
    let night = QuietHours::new("22:00-06:00", Some("+02:00")).unwrap();
    let until = |time: &str| night.until(at(time)).map(|it| it.to_string());
    assert_eq!(until("19:59:00"), None);
    assert_eq!(until("20:00:00"), Some("2026-12-02T04:00:00Z".to_owned()));
    assert_eq!(until("03:59:59"), Some("2026-12-01T04:00:00Z".to_owned()));
    assert_eq!(until("04:00:00"), None);
    let lunch = QuietHours::new("12:00-13:30", None).unwrap();
    assert_eq!(lunch.until(at("13:00:00")), Some(at("13:30:00")));
    assert_eq!(lunch.until(at("13:30:00")), None);
    let mut settings = settings(ALL);
    settings.receivers[1].quiet = Some(lunch);
    let mut one = change(What::Appeared, "cart", "12:00:00");
    let next = |one: &Change| {
        let message = &told(std::slice::from_ref(one), "12:10:00")[0];
        envelopes(&settings, message, at("12:10:00"))[1].next
    };
    assert_eq!(next(&one), at("13:30:00"));
    one.severity = Severity::Critical;
    assert_eq!(next(&one), at("12:10:00"));
}

#[test]
fn a_wrong_configuration_says_where() {
    let cases = [
        ("{name: a, kind: slack}", "a receiver needs `url`"),
        ("{kind: slack, url: x}", "a receiver needs `name`"),
        ("{name: a, kind: irc, url: x}", "known are webhook, slack, teams, alertmanager"),
        ("{name: a, kind: webhook, url: x}", "a receiver needs `secretFile`"),
        ("{name: a, kind: slack, url: x, urlFile: y}", "is told twice"),
        ("{name: a, kind: slack, url: x, quietHours: 25:00-26:00}", "are no hours"),
        ("{name: a, kind: slack, url: x, quietHours: 22:00-06:00, utcOffset: CET}", "is no offset"),
        ("{name: a, kind: slack, url: x, severity: bad}", "is no severity"),
        ("{name: a, kind: slack, url: x, secret: y}", "unknown key `secret`"),
    ];
    for (receiver, reason) in cases {
        let text = format!("version: 1\nalerts:\n  receivers:\n  - {receiver}\n");
        let error = Settings::new().take(&text, "it").unwrap_err().to_string();
        assert!(error.starts_with("4:") && error.contains(reason), "{receiver}: {error}");
    }
    let twice = "version: 1\nalerts:\n  receivers:\n  - {name: a, kind: slack, url: x}\n  - {name: a, kind: slack, url: y}\n";
    assert!(Settings::new().take(twice, "it").unwrap_err().to_string().contains("two receivers"));
    // An address or a secret is not shown where settings are.
    let shown = format!("{:?}", settings(ALL));
    assert!(!shown.contains("127.0.0.1") && shown.contains("File(secret)"), "{shown}");
}

/// A receiver of this kind at an address, and a delivery that runs for as long as the test.
struct Post {
    outbox: Arc<MemoryOutbox>,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    settings: Arc<AlertSettings>,
    _runtime: tokio::runtime::Runtime,
}

impl Post {
    fn start(kind: ReceiverKind, address: &str) -> Self {
        let secret = std::env::temp_dir().join(format!("bollwerk-secret-{}", std::process::id()));
        std::fs::write(&secret, "hush\n").unwrap();
        let mut settings = settings(ALL);
        settings.receivers.retain(|it| it.kind == kind);
        settings.receivers[0].url = Kept::Here(format!("{address}/hook?token=hidden"));
        if kind == ReceiverKind::Alertmanager {
            settings.receivers[0].url = Kept::Here(format!("{address}/"));
        }
        if kind == ReceiverKind::Webhook {
            settings.receivers[0].secret = Some(Kept::File(secret));
        }
        let (settings, outbox) = (Arc::new(settings), Arc::new(MemoryOutbox::default()));
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (kept, counted) = (Arc::clone(&outcomes), Arc::clone(&outbox));
        runtime.spawn(deliver(Arc::clone(&settings), counted, move |_, outcome| {
            kept.lock().unwrap().push(outcome);
        }));
        Self { outbox, outcomes, settings, _runtime: runtime }
    }

    fn put(&self, name: &str) -> Message {
        let now = Timestamp::now();
        let message = told(&[change(What::Appeared, name, "10:00:00")], "11:00:00").remove(0);
        for envelope in envelopes(&self.settings, &message, now) {
            self.outbox.add(envelope).unwrap();
        }
        message
    }

    /// Waits until so many tries were made; what became of each.
    fn outcomes(&self, count: usize) -> Vec<Outcome> {
        for _ in 0..6_000 {
            let outcomes = self.outcomes.lock().unwrap().clone();
            if outcomes.len() >= count {
                return outcomes;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{:?}", self.outcomes.lock().unwrap());
    }
}

#[test]
fn a_message_is_signed_and_says_who_it_is() {
    let receiver = Receiver::start(&[]);
    let post = Post::start(ReceiverKind::Webhook, &receiver.address);
    let message = post.put("cart");
    let asked = receiver.next();
    let header = |name: &str| asked.headers[name].as_str();
    assert_eq!(asked.path, "/hook?token=hidden");
    assert_eq!(header("content-type"), "application/cloudevents+json");
    assert_eq!(header("bollwerk-id"), format!("{}-hook", message.id));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"hush");
    let signed = format!("{}.{}", header("bollwerk-timestamp"), asked.body);
    let hex = header("bollwerk-signature").strip_prefix("sha256=").unwrap();
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    let tag: Vec<u8> = (0..32).map(byte).collect();
    aws_lc_rs::hmac::verify(&key, signed.as_bytes(), &tag).unwrap();
    assert!(aws_lc_rs::hmac::verify(&key, asked.body.as_bytes(), &tag).is_err());
    let age = Timestamp::now().as_second() - header("bollwerk-timestamp").parse::<i64>().unwrap();
    assert!((0..600).contains(&age), "{age}");
    assert_eq!(post.outcomes(1), [Outcome::Sent]);
}

#[test]
fn who_does_not_answer_is_told_again() {
    let bad = [
        Reply::Status(500, ""),
        Reply::Status(429, "Retry-After: 1"),
        Reply::HangUp,
        Reply::Status(307, "Location: http://127.0.0.1:1/"),
    ];
    let receiver = Receiver::start(&bad);
    let post = Post::start(ReceiverKind::Slack, &receiver.address);
    post.put("cart");
    let mut ids = Vec::new();
    for _ in 0..=bad.len() {
        ids.push(receiver.next().headers["bollwerk-id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one message has one id");
    let outcomes = post.outcomes(5);
    assert_eq!((outcomes[4], &outcomes[..4]), (Outcome::Sent, &[Outcome::Failed; 4][..]));
    assert!(!receiver.has_more());
}

/// One that hangs holds up nobody else for longer than its time, and is asked again.
#[test]
fn who_hangs_is_left() {
    let receiver = Receiver::start(&[Reply::Silence]);
    let post = Post::start(ReceiverKind::Teams, &receiver.address);
    post.put("cart");
    receiver.next();
    assert_eq!(post.outcomes(1)[0], Outcome::Failed);
    receiver.next();
    assert_eq!(post.outcomes(2)[1], Outcome::Sent);
}

#[test]
fn who_refuses_the_form_is_not_asked_again() {
    let receiver = Receiver::start(&[Reply::Status(400, "")]);
    let post = Post::start(ReceiverKind::Alertmanager, &receiver.address);
    post.put("cart");
    assert_eq!(receiver.next().path, "/api/v2/alerts");
    assert_eq!(post.outcomes(1), [Outcome::GivenUp]);
    assert_eq!(post.outbox.due(10, Timestamp::MAX).unwrap(), []);
}
