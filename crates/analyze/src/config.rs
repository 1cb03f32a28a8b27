//! The `judge` section of the configuration file.

use engine::network::Profile;
use engine::pod_security::{Level, LevelVersion, Policy, Version};
use model::config::{ConfigError, Key, KeyKind, Section};

use crate::Options;
use crate::control_name::parse;

/// Its keys.
pub const KEYS: &[Key] = &[
    Key {
        name: "approvedRegistries",
        kind: KeyKind::Texts,
        doc: "Registries images may come from: `host`, `host/path` or `*.host`.",
    },
    Key {
        name: "approvedPrograms",
        kind: KeyKind::Texts,
        doc: "Programs containers may be made to run: `/usr/sbin/nginx`, or `nginx` anywhere.",
    },
    Key {
        name: "writablePaths",
        kind: KeyKind::Texts,
        doc: "Folders containers may have writable mounts below.",
    },
    Key {
        name: "networkPlugin",
        kind: KeyKind::Text,
        doc: "What holds network policies: `upstream` (the default), `azure`, `cilium`, `calico`.",
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
    if let Some(programs) = section.parse_all("approvedPrograms", text)? {
        options.approved_programs = programs;
    }
    if let Some(folders) = section.parse_all("writablePaths", folder)? {
        options.writable_paths = folders;
    }
    if let Some(plugin) = section.parse("networkPlugin", network_plugin)? {
        options.network_plugin = plugin;
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
    if let Some(only) = section.parse_all("only", parse)? {
        options.only = only;
    }
    if let Some(skip) = section.parse_all("skip", parse)? {
        options.skip = skip;
    }
    Ok(())
}

/// A network plugin by its name.
pub fn network_plugin(text: &str) -> Result<Profile, String> {
    Profile::named(text).ok_or_else(|| {
        let names = Profile::ALL.map(|profile| profile.name);
        format!("there is no profile `{text}`; there are {}", names.join(", "))
    })
}

fn folder(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` does not begin with `/`: a folder as containers see it is wanted"))
}

/// `LEVEL` or `LEVEL:VERSION`, in all three modes.
pub fn parse_pod_security(text: &str) -> Result<Policy, String> {
    let (level, version) = text.split_once(':').unwrap_or((text, "latest"));
    let level: Level = level.parse().map_err(|error| format!("`{level}` {error}"))?;
    let version: Version = version.parse().map_err(|error| format!("`{version}` {error}"))?;
    let demand = LevelVersion { level, version };
    Ok(Policy { enforce: demand, audit: demand, warn: demand })
}
