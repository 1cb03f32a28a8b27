//! Sends what is in the outbox until it has arrived.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use bollwerk::config::alerts::{AlertSettings, Receiver, ReceiverKind};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};

use super::outbox::{Envelope, Outbox};

/// Envelopes that are sent side by side.
const AT_ONCE: usize = 16;
/// How often it is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Before the second try; doubled before each further one.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest pause between two tries, whatever a receiver asks for.
const PAUSE_MAX: Duration = Duration::from_mins(15);
/// Tries before an envelope is given up: with these pauses about two days.
const ATTEMPTS_MAX: u32 = 200;

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has arrived.
    Sent,
    /// It is tried again.
    Failed,
    /// It is tried no more.
    GivenUp,
}

impl Outcome {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given-up",
        }
    }
}

/// Sends for as long as the program runs. `count` is told of every try, with the receiver.
pub async fn deliver(
    settings: Arc<AlertSettings>,
    outbox: Arc<dyn Outbox>,
    count: impl Fn(&Receiver, Outcome),
) {
    let client = Client::builder()
        .user_agent(concat!("bollwerk-server/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        // An address that leads elsewhere would lead signatures and contents there, too.
        .redirect(redirect::Policy::none())
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "nobody is told of anything"),
    };
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let due = match kept(&outbox, |it| it.due(AT_ONCE, Timestamp::now())).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(error, "the outbox cannot be read");
                continue;
            }
        };
        let mut sending = tokio::task::JoinSet::new();
        for envelope in due {
            let receiver = settings.receivers.iter().find(|it| it.name == envelope.receiver);
            let (client, receiver) = (client.clone(), receiver.cloned());
            sending.spawn(async move {
                let said = match &receiver {
                    Some(receiver) => send(&client, receiver, &envelope).await,
                    None => Err(Refused::never("no receiver is called so any more")),
                };
                (envelope, receiver, said)
            });
        }
        while let Some(sent) = sending.join_next().await {
            let Ok((envelope, receiver, said)) = sent else { continue };
            let outcome = settle(&outbox, &envelope, said).await;
            if let Some(receiver) = receiver {
                count(&receiver, outcome);
            }
        }
    }
}

/// Does something with the outbox, which may wait for a disk.
async fn kept<T: Send + 'static>(
    outbox: &Arc<dyn Outbox>,
    ask: impl FnOnce(&dyn Outbox) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let outbox = Arc::clone(outbox);
    let done = tokio::task::spawn_blocking(move || ask(&*outbox)).await;
    done.map_err(|error| error.to_string())?
}

async fn settle(
    outbox: &Arc<dyn Outbox>,
    envelope: &Envelope,
    said: Result<(), Refused>,
) -> Outcome {
    let id = envelope.id.clone();
    let attempts = envelope.attempts + 1;
    let (receiver, outcome, done) = match said {
        Ok(()) => (&envelope.receiver, Outcome::Sent, kept(outbox, move |it| it.done(&id)).await),
        Err(refused) if refused.is_final || attempts >= ATTEMPTS_MAX => {
            let receiver = &envelope.receiver;
            tracing::error!(receiver, reason = refused.reason, attempts, "a message is given up");
            (receiver, Outcome::GivenUp, kept(outbox, move |it| it.done(&id)).await)
        }
        Err(refused) => {
            let receiver = &envelope.receiver;
            tracing::warn!(receiver, reason = refused.reason, attempts, "a message is sent again");
            let pause = PAUSE.saturating_mul(1 << (attempts - 1).min(16));
            let pause = refused.wait.unwrap_or(pause).clamp(PAUSE, PAUSE_MAX);
            let next = Timestamp::now().saturating_add(pause).unwrap_or(Timestamp::MAX);
            let done = kept(outbox, move |it| it.failed(&id, next, attempts)).await;
            (receiver, Outcome::Failed, done)
        }
    };
    if let Err(error) = done {
        // It stays as it was, and is sent once more: at least once.
        tracing::warn!(receiver, error, "the outbox cannot be written");
    }
    outcome
}

/// Why a receiver has not taken a message. Holds no address: that may be a secret.
struct Refused {
    reason: String,
    wait: Option<Duration>,
    is_final: bool,
}

impl Refused {
    fn now(reason: String) -> Self {
        Self { reason, wait: None, is_final: false }
    }

    fn never(reason: &str) -> Self {
        Self { reason: reason.to_owned(), wait: None, is_final: true }
    }
}

async fn send(client: &Client, receiver: &Receiver, envelope: &Envelope) -> Result<(), Refused> {
    let mut url = receiver.url.read().map_err(Refused::now)?;
    let mut content = "application/json";
    match receiver.kind {
        ReceiverKind::Webhook => content = "application/cloudevents+json",
        ReceiverKind::Alertmanager => url = format!("{}/api/v2/alerts", url.trim_end_matches('/')),
        ReceiverKind::Slack | ReceiverKind::Teams => {}
    }
    let mut request =
        client.post(url).header(CONTENT_TYPE, content).header("bollwerk-id", &envelope.id);
    if let Some(secret) = &receiver.secret {
        let secret = secret.read().map_err(Refused::now)?;
        let at = Timestamp::now().as_second().to_string();
        request = request
            .header("bollwerk-signature", signature(&secret, &at, &envelope.body))
            .header("bollwerk-timestamp", at);
    }
    let answer = request.body(envelope.body.clone()).send().await;
    let answer = answer.map_err(|error| {
        let reason = if error.is_timeout() { "it does not answer" } else { "it is not reached" };
        let error = error.without_url();
        Refused::now(format!("{reason}: {}", report::harmless(&error.to_string())))
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let wait = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
    let reason = format!("it answers {}", status.as_u16());
    Err(Refused {
        reason,
        wait: wait.map(Duration::from_secs),
        // It will say the same of the same message.
        is_final: matches!(
            status,
            StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
                | StatusCode::UNPROCESSABLE_ENTITY
        ),
    })
}

/// `sha256=` and HMAC-SHA-256 (RFC 2104) over the time, a full stop and the body: whoever knows
/// the secret can tell that the message is ours, and that it is not an old one sent again.
fn signature(secret: &str, at: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in [at, ".", body] {
        context.update(part.as_bytes());
    }
    let hex: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}
