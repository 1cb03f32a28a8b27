//! The configuration file: found, checked, taken over. A flag overrides its key.

pub mod alerts;
pub mod images;
pub mod retention;

use std::collections::BTreeMap;
use std::path::Path;

use analyze::exception::{self, Exception};
use anyhow::{Context, Result, anyhow, bail};
use collect::manifests::Progress;
use model::config::{Key, KeyKind, Section};
use model::{KubernetesVersion, Snapshot};
use report::baseline::Baseline;

use crate::arguments::{Judging, Reading, Reporting};

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
    Key {
        name: "admission",
        kind: KeyKind::Section(admission::policy::KEYS),
        doc: "What findings do when an object is about to enter a cluster.",
    },
    Key {
        name: "alerts",
        kind: KeyKind::Section(alerts::KEYS),
        doc: "Whom the server tells of changes.",
    },
    Key {
        name: "images",
        kind: KeyKind::Section(images::KEYS),
        doc: "How the server comes to know what is in the images that run.",
    },
    Key {
        name: "retention",
        kind: KeyKind::Section(retention::KEYS),
        doc: "How long the server keeps what is no more.",
    },
    Key { name: "report", kind: KeyKind::Section(report::config::KEYS), doc: "What is told." },
];

/// All that the file can say.
#[derive(Clone)]
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
    /// Findings that are known: only others fail.
    pub baseline: Option<Baseline>,
    /// What findings do at admission.
    pub admission: admission::Policy,
    /// Whom the server tells of changes.
    pub alerts: alerts::AlertSettings,
    /// How running images are scanned.
    pub images: images::ImageSettings,
    /// How long the server keeps what is no more.
    pub retention: retention::Retention,
    /// What is told.
    pub report: report::Policy,
    /// Admission policies that lie beside what is judged.
    pub policies: Option<Snapshot>,
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
                progress: Progress::default(),
                threads,
                limits: yaml::Limits::default(),
            },
            judge: analyze::Options::default(),
            exceptions: Vec::new(),
            embedded_exceptions: true,
            baseline: None,
            admission: admission::Policy::default(),
            alerts: alerts::AlertSettings::default(),
            images: images::ImageSettings::default(),
            retention: retention::Retention::default(),
            report: report::Policy {
                fail_on: Some(model::Severity::Medium),
                accepted_gaps: Vec::new(),
            },
            policies: None,
        }
    }

    /// The configuration file (the one that is named, else the one found upward), overridden by
    /// the flags.
    pub(crate) fn load(reading: &Reading, judging: Option<&Judging>) -> Result<Self> {
        let mut settings =
            if reading.no_config { Self::new() } else { Self::of_file(reading.config.as_deref())? };
        settings.override_by(reading);
        if let Some(judging) = judging {
            settings.override_judging(judging);
        }
        Ok(settings)
    }

    /// What a configuration file says: the one that is named, else the one found upward, else
    /// none.
    pub fn of_file(file: Option<&Path>) -> Result<Self> {
        let found = || {
            let folder = std::env::current_dir().ok()?;
            folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
        };
        let mut settings = Self::new();
        if let Some(file) = file.map(Path::to_owned).or_else(found) {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read the configuration {}", file.display()))?;
            let name = file.display().to_string();
            settings.take(&text, &name).map_err(|error| anyhow!("{name}:{error}"))?;
        }
        Ok(settings)
    }

    fn override_by(&mut self, reading: &Reading) {
        if let Some(version) = reading.kubernetes_version {
            self.kubernetes_version = version;
        }
        if let Some(threads) = reading.threads {
            self.collect.threads = threads.get();
        }
        if reading.namespace.is_some() {
            self.namespace.clone_from(&reading.namespace);
        }
        self.collect.ignore_files &= !reading.no_ignore;
    }

    /// What a flag says of the report goes before what the configuration says.
    pub(crate) fn override_reporting(&mut self, reporting: &Reporting) {
        if let Some(fail_on) = reporting.fail_on {
            self.report.fail_on = fail_on;
        }
        if !reporting.accepted_gaps.is_empty() {
            self.report.accepted_gaps.clone_from(&reporting.accepted_gaps);
        }
    }

    fn override_judging(&mut self, judging: &Judging) {
        if let Some(policy) = judging.pod_security {
            self.judge.pod_security = policy;
        }
        self.embedded_exceptions &= !judging.ignore_embedded_exceptions;
        let lists = [
            (&mut self.judge.only, &judging.only),
            (&mut self.judge.skip, &judging.skip),
            (&mut self.judge.approved_registries, &judging.approved_registries),
        ];
        for (setting, flag) in lists {
            if !flag.is_empty() {
                setting.clone_from(flag);
            }
        }
    }

    /// Takes over the text of a configuration file; `name` is what the file is called in errors
    /// and reports. An error begins with line and column.
    pub fn take(&mut self, text: &str, name: &str) -> Result<()> {
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
        admission::policy::configure(file.section("admission"), &mut self.admission, name)?;
        self.alerts.configure(file.section("alerts"))?;
        self.images.configure(file.section("images"))?;
        self.retention.configure(file.section("retention"))?;
        report::config::configure(file.section("report"), &mut self.report)?;
        Ok(())
    }
}
