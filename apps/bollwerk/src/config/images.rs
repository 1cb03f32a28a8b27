//! `images:`, how the server comes to know what is in the images that run.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use analyze::exception::matches;
use model::config::{ConfigError, Key, KeyKind, Section};

use crate::image::ScannerOptions;

/// Keys of the section.
pub const KEYS: &[Key] = &[
    Key {
        name: "scan",
        kind: KeyKind::Bool,
        doc: "Whether images that run are fetched from their registries and scanned (the default).",
    },
    Key {
        name: "folder",
        kind: KeyKind::Text,
        doc: "Folder of layouts, archives and SBOMs in which images are looked for first.",
    },
    Key {
        name: "offline",
        kind: KeyKind::Bool,
        doc: "Whether no registry is asked: what is not in the folder is not known.",
    },
    Key {
        name: "registries",
        kind: KeyKind::Texts,
        doc: "Registries that may be asked; `*` stands for anything. Any if none is named.",
    },
    Key {
        name: "mirrors",
        kind: KeyKind::Pairs,
        doc: "Which registry is asked first for what another one has.",
    },
    Key {
        name: "credentials",
        kind: KeyKind::Texts,
        doc: "Files of credentials as `docker login` writes them, such as a mounted Secret.",
    },
    Key {
        name: "platform",
        kind: KeyKind::Text,
        doc: "Of an image for several platforms, the one for this: `linux/amd64` (the default).",
    },
    Key {
        name: "database",
        kind: KeyKind::Text,
        doc: "File of advisories; those that bollwerk carries if none is named.",
    },
    Key {
        name: "cache",
        kind: KeyKind::Text,
        doc: "Folder for what layers were found to hold, so that none is fetched twice.",
    },
    Key {
        name: "atOnce",
        kind: KeyKind::Text,
        doc: "Images that are read at one time, 1 to 16; 2 by default.",
    },
    Key {
        name: "perMinute",
        kind: KeyKind::Text,
        doc: "Requests for images and tags a minute, 1 to 6000; 30 by default.",
    },
    Key {
        name: "tagsEveryHours",
        kind: KeyKind::Text,
        doc: "How often it is looked up what a tag names now; 24 by default, 0 for never.",
    },
    Key {
        name: "oldAfterDays",
        kind: KeyKind::Text,
        doc: "An image built longer ago than this is called old; 90 by default.",
    },
];

/// How running images are scanned.
#[derive(Clone, Debug)]
pub struct ImageSettings {
    /// Whether they are at all.
    pub scan: bool,
    /// Whether no registry is asked.
    pub offline: bool,
    /// Registries that may be asked; any if empty.
    pub registries: Vec<String>,
    /// How images are come by.
    pub scanner: ScannerOptions,
    /// Images that are read at one time.
    pub at_once: usize,
    /// Requests a minute.
    pub per_minute: u32,
    /// How often a tag is looked up; never if none.
    pub tags_every: Option<Duration>,
    /// Days from which on an image is old.
    pub old_after_days: u32,
}

impl Default for ImageSettings {
    fn default() -> Self {
        let platform = image::Platform {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            variant: None,
        };
        Self {
            scan: true,
            offline: false,
            registries: Vec::new(),
            scanner: ScannerOptions {
                database: None,
                cache: None,
                platform,
                insecure: false,
                mirrors: Vec::new(),
                credentials: Vec::new(),
                folder: None,
            },
            at_once: 2,
            per_minute: 30,
            tags_every: Some(Duration::from_hours(24)),
            old_after_days: 90,
        }
    }
}

impl ImageSettings {
    /// Whether a registry may be asked.
    pub fn may_ask(&self, registry: &str) -> bool {
        self.registries.is_empty() || self.registries.iter().any(|it| matches(it, registry))
    }

    /// Takes over what the section says.
    pub fn configure(&mut self, section: Section<'_>) -> Result<(), ConfigError> {
        self.scan = section.bool("scan").unwrap_or(self.scan);
        self.offline = section.bool("offline").unwrap_or(self.offline);
        let plain = |text: &str| Ok(text.to_owned());
        self.registries = section.parse_all("registries", plain)?.unwrap_or_default();
        let path = |text: &str| Ok(PathBuf::from(text));
        let scanner = &mut self.scanner;
        scanner.mirrors = section.pairs("mirrors");
        scanner.credentials = section.parse_all("credentials", path)?.unwrap_or_default();
        scanner.database = section.parse("database", path)?;
        scanner.cache = section.parse("cache", path)?;
        scanner.folder = section.parse("folder", path)?;
        if let Some(platform) = section.parse("platform", |text| {
            text.parse().map_err(|_| format!("`{text}` is no platform such as `linux/arm64`"))
        })? {
            scanner.platform = platform;
        }
        if let Some(count) = section.parse("atOnce", |text| number(text, 1, 16))? {
            self.at_once = count;
        }
        if let Some(count) = section.parse("perMinute", |text| number(text, 1, 6_000))? {
            self.per_minute = count;
        }
        if let Some(hours) = section.parse("tagsEveryHours", |text| number(text, 0, 8_760))? {
            self.tags_every = (hours > 0).then(|| Duration::from_hours(hours));
        }
        if let Some(days) = section.parse("oldAfterDays", |text| number(text, 1, 36_500))? {
            self.old_after_days = days;
        }
        Ok(())
    }
}

/// A whole number within bounds.
pub(super) fn number<T: FromStr + PartialOrd + Display + Copy>(
    text: &str,
    least: T,
    most: T,
) -> Result<T, String> {
    let number = text.parse().ok().filter(|it| *it >= least && *it <= most);
    number.ok_or_else(|| format!("`{text}` is no number from {least} to {most}"))
}
