//! The configuration file: found, checked, taken over. A flag overrides its key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analyze::exception::{self, Exception};
use anyhow::{Context, Result, anyhow, bail};
use model::KubernetesVersion;
use model::config::{Key, KeyKind, Section};

/// Name of the file, looked for in the current folder and above.
const FILE_NAME: &str = "bollwerk.yaml";

/// Keys of the file.
pub const KEYS: &[Key] = &[
    Key { name: "version", kind: KeyKind::Text, doc: "Version of this file's format: 1." },
    Key {
        name: "kubernetesVersion",
        kind: KeyKind::Text,
        doc: "The Kubernetes version to judge for, as `1.34`.",
    },
    Key { name: "namespace", kind: KeyKind::Text, doc: "Namespace of objects that name none." },
    Key { name: "collect", kind: KeyKind::Section(collect::config::KEYS), doc: "What is read." },
    Key { name: "judge", kind: KeyKind::Section(analyze::config::KEYS), doc: "How it is judged." },
    Key {
        name: "exceptions",
        kind: KeyKind::Sections(exception::EXCEPTION_KEYS),
        doc: "Findings that somebody answers for, within a scope, until a day.",
    },
    Key { name: "report", kind: KeyKind::Section(report::config::KEYS), doc: "What is told." },
];

/// All that the file can say.
pub struct Settings {
    /// The version to judge for.
    pub kubernetes_version: KubernetesVersion,
    /// Namespace of objects that name none.
    pub namespace: Option<String>,
    /// What is read.
    pub collect: collect::manifests::Options,
    /// How it is judged.
    pub judge: analyze::Options,
    /// Findings that somebody answers for.
    pub exceptions: Vec<Exception>,
    /// Whether annotations of the judged objects count as exceptions.
    pub embedded_exceptions: bool,
    /// What is told.
    pub report: report::Policy,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

impl Settings {
    /// What holds where nobody says anything.
    pub fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            kubernetes_version: KubernetesVersion::NEWEST,
            namespace: None,
            collect: collect::manifests::Options {
                ignore_files: true,
                worlds: Vec::new(),
                overlay: BTreeMap::new(),
                threads,
                limits: yaml::Limits::default(),
            },
            judge: analyze::Options::default(),
            exceptions: Vec::new(),
            embedded_exceptions: true,
            report: report::Policy {
                fail_on: Some(model::Severity::Medium),
                accepted_gaps: Vec::new(),
            },
        }
    }

    /// From the named file, else from the one found upward, else the defaults.
    pub fn load(named: Option<&Path>, none: bool) -> Result<Self> {
        let found = || {
            let folder = std::env::current_dir().ok()?;
            folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
        };
        let file: Option<PathBuf> =
            if none { None } else { named.map(Path::to_owned).or_else(found) };
        let mut settings = Self::new();
        if let Some(file) = file {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read the configuration {}", file.display()))?;
            let name = file.display().to_string();
            settings.take(&text, &name).map_err(|error| anyhow!("{name}:{error}"))?;
        }
        Ok(settings)
    }

    fn take(&mut self, text: &str, name: &str) -> Result<()> {
        let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
        let file = Section::file(&stream, KEYS)?;
        let version = file.parse("version", |text| match text {
            "1" => Ok(()),
            other => Err(format!("version {other} is not known here; this build reads version 1")),
        })?;
        if version.is_none() {
            bail!("1:1: the file needs `version: 1`");
        }
        let parse = |text: &str| text.parse().map_err(|error| format!("{error}"));
        if let Some(version) = file.parse("kubernetesVersion", parse)? {
            self.kubernetes_version = version;
        }
        if let Some(namespace) = file.parse("namespace", |text| Ok(text.to_owned()))? {
            self.namespace = Some(namespace);
        }
        collect::config::configure(file.section("collect"), &mut self.collect)?;
        analyze::config::configure(file.section("judge"), &mut self.judge)?;
        self.exceptions = exception::read(&file.sections("exceptions"), name)?;
        report::config::configure(file.section("report"), &mut self.report)?;
        Ok(())
    }
}
