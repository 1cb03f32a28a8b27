//! The `collect` section of the configuration file.

use model::config::{ConfigError, Key, KeyKind, Section};

use crate::manifests::Options;

/// Its keys.
pub const KEYS: &[Key] = &[
    Key {
        name: "worlds",
        kind: KeyKind::Texts,
        doc: "Globs of folders, relative to a given path, each of which is a cluster of its own \
              (`clusters/*`): their objects do not answer each other's questions.",
    },
    Key {
        name: "ignoreFiles",
        kind: KeyKind::Bool,
        doc: "Whether .gitignore, .ignore and .bollwerkignore files are obeyed (true).",
    },
];

/// Takes over the section's values.
pub fn configure(section: Section<'_>, options: &mut Options) -> Result<(), ConfigError> {
    let glob = |text: &str| globset::Glob::new(text).map_err(|error| error.to_string());
    if let Some(worlds) = section.parse_all("worlds", glob)? {
        options.worlds = worlds;
    }
    if let Some(obey) = section.bool("ignoreFiles") {
        options.ignore_files = obey;
    }
    Ok(())
}
