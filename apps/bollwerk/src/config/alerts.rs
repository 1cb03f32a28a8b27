//! `alerts:`, whom the server tells of changes.

use std::path::PathBuf;
use std::time::Duration;

use analyze::exception::matches;
use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use model::Severity;
use model::config::{ConfigError, Key, KeyKind, Section};

use super::images::number;

/// Receivers of one server.
const RECEIVERS_MAX: usize = 100;

/// Keys of the section.
pub const KEYS: &[Key] = &[
    Key {
        name: "windowMinutes",
        kind: KeyKind::Text,
        doc: "How long changes of one kind are gathered into one message, 0 to 1440; 5 by default.",
    },
    Key {
        name: "link",
        kind: KeyKind::Text,
        doc: "Address of the server's interface, to be named in messages.",
    },
    Key {
        name: "receivers",
        kind: KeyKind::Sections(RECEIVER_KEYS),
        doc: "Who is told; each gets what its own filters let through.",
    },
];

const RECEIVER_KEYS: &[Key] = &[
    Key { name: "name", kind: KeyKind::Text, doc: "What it is called in the log. Unique." },
    Key {
        name: "kind",
        kind: KeyKind::Text,
        doc: "`webhook` (CloudEvents, signed), `slack`, `teams` or `alertmanager`.",
    },
    Key { name: "url", kind: KeyKind::Text, doc: "Where to. One of the three has to be there." },
    Key {
        name: "urlFile",
        kind: KeyKind::Text,
        doc: "File that holds the address: those of Slack and Teams are secrets themselves.",
    },
    Key {
        name: "urlEnvironment",
        kind: KeyKind::Text,
        doc: "Variable of the environment that holds the address.",
    },
    Key {
        name: "secretFile",
        kind: KeyKind::Text,
        doc: "File that holds the secret a webhook's messages are signed with.",
    },
    Key {
        name: "secretEnvironment",
        kind: KeyKind::Text,
        doc: "Variable of the environment that holds that secret.",
    },
    Key {
        name: "severity",
        kind: KeyKind::Text,
        doc: "The least severity that is told; `high` by default.",
    },
    Key {
        name: "namespaces",
        kind: KeyKind::Texts,
        doc: "Namespaces that are told of; `*` stands for anything. All, and what is in none, if \
              none is named.",
    },
    Key {
        name: "owners",
        kind: KeyKind::Texts,
        doc: "Owners that are told of; `*` stands for anything. All if none is named.",
    },
    Key {
        name: "quietHours",
        kind: KeyKind::Text,
        doc: "From when to when nothing but what is critical is sent, as `22:00-06:00`; the rest \
              follows afterwards.",
    },
    Key {
        name: "utcOffset",
        kind: KeyKind::Text,
        doc: "What quiet hours are told in: `+02:00`; UTC by default.",
    },
    Key {
        name: "resolved",
        kind: KeyKind::Bool,
        doc: "Whether it is told, too, when something is over (the default).",
    },
];

/// Whom the server tells, and how.
#[derive(Clone, Debug)]
pub struct AlertSettings {
    /// How long changes are gathered.
    pub window: Duration,
    /// Address of the interface, without a slash at its end.
    pub link: Option<String>,
    /// Who is told.
    pub receivers: Vec<Receiver>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { window: Duration::from_mins(5), link: None, receivers: Vec::new() }
    }
}

/// Somebody who is told.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// What it is called.
    pub name: String,
    /// What it understands.
    pub kind: ReceiverKind,
    /// Where the address is.
    pub url: Kept,
    /// Where the secret for signatures is.
    pub secret: Option<Kept>,
    /// The least severity that is told.
    pub severity: Severity,
    /// Namespaces that are told of; all if empty.
    pub namespaces: Vec<String>,
    /// Owners that are told of; all if empty.
    pub owners: Vec<String>,
    /// When it is left alone.
    pub quiet: Option<QuietHours>,
    /// Whether it is told when something is over.
    pub resolved: bool,
}

/// What a receiver understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverKind {
    /// `CloudEvents` 1.0 as JSON, with a signature.
    Webhook,
    /// Slack's incoming webhooks.
    Slack,
    /// Teams' workflows: an adaptive card.
    Teams,
    /// The API of Alertmanager, version 2.
    Alertmanager,
}

impl ReceiverKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Webhook, Self::Slack, Self::Teams, Self::Alertmanager];

    /// As the configuration calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Alertmanager => "alertmanager",
        }
    }
}

/// Where a value is kept that may be a secret. It is read when it is needed, so that a new one is
/// taken while the server runs.
#[derive(Clone, PartialEq, Eq)]
pub enum Kept {
    /// In the configuration itself.
    Here(String),
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here(_) => f.write_str("Here(…)"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Environment(name) => write!(f, "Environment({name})"),
        }
    }
}

impl Kept {
    /// The value, without white space around it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is empty.
    pub fn read(&self) -> Result<String, String> {
        let text = match self {
            Self::Here(text) => text.clone(),
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?,
            Self::Environment(name) => std::env::var(name)
                .map_err(|_| format!("the variable {name} is not set, or is no text"))?,
        };
        match text.trim() {
            "" => Err(format!("{self:?} is empty")),
            text => Ok(text.to_owned()),
        }
    }
}

/// Hours of a day in which a receiver is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    until: Time,
    offset: Offset,
}

impl QuietHours {
    /// Parts as they are written: `22:00-06:00` and `+02:00`.
    ///
    /// # Errors
    ///
    /// If one of them is malformed, or both times are the same.
    pub fn new(hours: &str, offset: Option<&str>) -> Result<Self, String> {
        let wrong = || format!("`{hours}` are no hours such as `22:00-06:00`");
        let (from, until) = hours.split_once('-').ok_or_else(wrong)?;
        let time = |text: &str| time(text).ok_or_else(wrong);
        let (from, until) = (time(from)?, time(until)?);
        let offset = offset.map_or(Ok(Offset::UTC), |text| {
            self::offset(text).ok_or_else(|| format!("`{text}` is no offset such as `+02:00`"))
        })?;
        if from == until { Err(wrong()) } else { Ok(Self { from, until, offset }) }
    }

    /// Until when it is quiet, if it is at this time.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let local = self.offset.to_datetime(now);
        let time = local.time();
        let is_in = if self.from < self.until {
            time >= self.from && time < self.until
        } else {
            time >= self.from || time < self.until
        };
        let mut end = local.date().to_datetime(self.until);
        if end <= local {
            end = end.checked_add(SignedDuration::from_hours(24)).ok()?;
        }
        self.offset.to_timestamp(end).ok().filter(|_| is_in)
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn offset(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let is_one = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok().filter(|_| is_one)
}

impl AlertSettings {
    /// Takes over what the section says.
    pub fn configure(&mut self, section: Section<'_>) -> Result<(), ConfigError> {
        if let Some(minutes) = section.parse("windowMinutes", |text| number(text, 0, 1_440))? {
            self.window = Duration::from_mins(minutes);
        }
        let link = section.parse("link", |text| {
            let is_web = text.starts_with("https://") || text.starts_with("http://");
            let plain = text.trim_end_matches('/').to_owned();
            if is_web { Ok(plain) } else { Err(format!("`{text}` is no address of the web")) }
        })?;
        self.link = link;
        for one in section.sections("receivers") {
            let receiver = receiver(one)?;
            if self.receivers.iter().any(|it| it.name == receiver.name) {
                return Err(one.error(format!("there are two receivers `{}`", receiver.name)));
            }
            self.receivers.push(receiver);
        }
        if self.receivers.len() > RECEIVERS_MAX {
            return Err(section.error(format!("more than {RECEIVERS_MAX} receivers")));
        }
        Ok(())
    }
}

fn receiver(section: Section<'_>) -> Result<Receiver, ConfigError> {
    let text = |name| section.parse(name, |text| Ok(text.to_owned()));
    let texts = |name| section.parse_all(name, |text| Ok(text.to_owned()));
    let needed = |name: &str| section.error(format!("a receiver needs `{name}`"));
    let name = text("name")?.ok_or_else(|| needed("name"))?;
    let kind = section.parse("kind", |text| {
        let known = || ReceiverKind::ALL.map(ReceiverKind::name).join(", ");
        let found = ReceiverKind::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is no kind; known are {}", known()))
    })?;
    let kind = kind.ok_or_else(|| needed("kind"))?;
    let kept = |names: [&'static str; 3]| -> Result<Option<Kept>, ConfigError> {
        let [here, file, environment] = names;
        let here = if here.is_empty() { None } else { text(here)?.map(Kept::Here) };
        let file = text(file)?.map(|path| Kept::File(path.into()));
        let environment = text(environment)?.map(Kept::Environment);
        let mut all = [here, file, environment].into_iter().flatten();
        let found = all.next();
        match all.next() {
            Some(_) => Err(section.error(format!("`{}` is told twice", names[1]))),
            None => Ok(found),
        }
    };
    let url = kept(["url", "urlFile", "urlEnvironment"])?.ok_or_else(|| needed("url"))?;
    let secret = kept(["", "secretFile", "secretEnvironment"])?;
    if secret.is_none() && kind == ReceiverKind::Webhook {
        return Err(needed("secretFile"));
    }
    let severity = section
        .parse("severity", |text| text.parse().map_err(|_| format!("`{text}` is no severity")))?;
    let offset = text("utcOffset")?;
    let quiet = section.parse("quietHours", |text| QuietHours::new(text, offset.as_deref()))?;
    Ok(Receiver {
        name,
        kind,
        url,
        secret,
        severity: severity.unwrap_or(Severity::High),
        namespaces: texts("namespaces")?.unwrap_or_default(),
        owners: texts("owners")?.unwrap_or_default(),
        quiet,
        resolved: section.bool("resolved").unwrap_or(true),
    })
}

impl Receiver {
    /// Whether it is told of something of this severity, namespace and owner.
    pub fn wants(&self, severity: Severity, namespace: Option<&str>, owner: Option<&str>) -> bool {
        let fits = |patterns: &[String], text: Option<&str>| {
            let text = text.unwrap_or_default();
            patterns.is_empty()
                || !text.is_empty() && patterns.iter().any(|pattern| matches(pattern, text))
        };
        severity >= self.severity && fits(&self.namespaces, namespace) && fits(&self.owners, owner)
    }
}
