//! The `judge` section of the configuration file.

use engine::pod_security::{Level, LevelVersion, Policy, Version};
use model::config::{ConfigError, Key, KeyKind, Section};

use crate::{Options, catalog, exception, pod_security};

/// Its keys.
pub const KEYS: &[Key] = &[
    Key {
        name: "approvedRegistries",
        kind: KeyKind::Texts,
        doc: "Registries images may come from: `host`, `host/path` or `*.host`.",
    },
    Key {
        name: "podSecurity",
        kind: KeyKind::Section(POD_SECURITY_KEYS),
        doc: "The Pod Security Standards where no namespace says otherwise.",
    },
    Key { name: "only", kind: KeyKind::Texts, doc: "The only controls whose findings count." },
    Key { name: "skip", kind: KeyKind::Texts, doc: "Controls whose findings do not count." },
];

const POD_SECURITY_KEYS: &[Key] = &[
    Key {
        name: "default",
        kind: KeyKind::Text,
        doc: "Level and version: `restricted`, `baseline:v1.30`.",
    },
    Key {
        name: "exemptNamespaces",
        kind: KeyKind::Texts,
        doc: "Namespaces whose pods are not judged, as in the API server's configuration.",
    },
    Key {
        name: "exemptRuntimeClasses",
        kind: KeyKind::Texts,
        doc: "Runtime classes whose pods are not judged.",
    },
];

/// Takes over the section's values.
pub fn configure(section: Section<'_>, options: &mut Options) -> Result<(), ConfigError> {
    let text = |text: &str| Ok(text.to_owned());
    if let Some(registries) = section.parse_all("approvedRegistries", text)? {
        options.approved_registries = registries;
    }
    let standards = section.section("podSecurity");
    if let Some(policy) = standards.parse("default", parse_pod_security)? {
        options.pod_security = policy;
    }
    if let Some(namespaces) = standards.parse_all("exemptNamespaces", text)? {
        options.exemptions.namespaces = namespaces;
    }
    if let Some(classes) = standards.parse_all("exemptRuntimeClasses", text)? {
        options.exemptions.runtime_classes = classes;
    }
    if let Some(only) = section.parse_all("only", parse_control)? {
        options.only = only;
    }
    if let Some(skip) = section.parse_all("skip", parse_control)? {
        options.skip = skip;
    }
    Ok(())
}

/// `LEVEL` or `LEVEL:VERSION`, in all three modes.
pub fn parse_pod_security(text: &str) -> Result<Policy, String> {
    let (level, version) = text.split_once(':').unwrap_or((text, "latest"));
    let level: Level = level.parse().map_err(|error| format!("`{level}` {error}"))?;
    let version: Version = version.parse().map_err(|error| format!("`{version}` {error}"))?;
    let demand = LevelVersion { level, version };
    Ok(Policy { enforce: demand, audit: demand, warn: demand })
}

/// The name of a control or of a Pod Security check; an id is taken too.
pub fn parse_control(text: &str) -> Result<String, String> {
    let is_known = catalog::find(text).is_some()
        || pod_security::find(text).is_some()
        || exception::find(text).is_some();
    if is_known {
        return Ok(text.to_owned());
    }
    let names = catalog::all()
        .map(|control| control.name)
        .chain(pod_security::RULES.iter().map(|rule| rule.name));
    let close = names.map(|name| (distance(text, name), name)).min();
    let hint = match close {
        Some((edits, name)) if edits * 3 <= name.len() => format!("; did you mean `{name}`?"),
        _ => "; `bollwerk controls` lists them all".to_owned(),
    };
    Err(format!("`{text}` is no control{hint}"))
}

/// Edits between two words (Levenshtein), for words of the length of names.
fn distance(one: &str, other: &str) -> usize {
    const BYTES_MAX: usize = 100;
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() > BYTES_MAX {
        return usize::MAX / 4;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, edits) in [("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0)] {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }

    #[test]
    fn a_misspelt_control_is_met_with_a_proposal() {
        let error = parse_control("priviliged-container").unwrap_err();
        assert!(error.ends_with("did you mean `privileged-container`?"), "{error}");
    }
}
