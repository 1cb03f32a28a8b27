//! What the judge said, for people and for programs.
//!
//! One value, [`Report`], many [`Format`]s. Every format carries the findings, the gaps and the
//! coverage: no reader of any of them can take "could not read" for "fine".
#![warn(clippy::disallowed_methods)]

pub mod baseline;
mod change;
mod compliance;
pub mod config;
mod csv;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod markup;
mod occurrence;
mod oscal;
pub mod policy_report;
mod sarif;
mod style;
mod terminal;
mod uuid;
mod width;
mod wording;

pub use csv::csv_cell;
pub use html::essay::blocks as page_as_html;
pub use html::images::{
    ImageCredential, ImageCredentials, ImageFact, ImageFinding, ImagePage, ImageRow, ImageStep,
    Mood, render_images,
};
pub use json::finding_as_json;
pub use markup::text as as_markup;
pub use sarif::uri;
pub use width::cells;
pub use wording::harmless;

use std::io::{self, Write};

use model::change::Change;
use model::compliance::Compliance;
use model::{Coverage, Finding, Gap, GapKind, KubernetesVersion, Severity};

/// All that a run has to say.
pub struct Report<'a> {
    /// Version of the program.
    pub program_version: &'a str,
    /// The version that was judged for.
    pub kubernetes_version: KubernetesVersion,
    /// When the snapshot was taken.
    pub taken_at: jiff::Timestamp,
    /// The cluster's name, when it was one.
    pub cluster: Option<&'a str>,
    /// The paths that were read.
    pub worlds: &'a [String],
    /// What is wrong, in the order to show it.
    pub findings: &'a [Finding],
    /// Findings that exceptions hide.
    pub hidden: &'a [Hidden],
    /// How many findings the baseline knows; they are not among `findings`.
    pub known: usize,
    /// Findings of the baseline that are gone.
    pub resolved: &'a [baseline::Entry],
    /// What could not be read or decided.
    pub gaps: &'a [Gap],
    /// How much was seen.
    pub coverage: Coverage,
    /// What is said of a framework, if one was asked for.
    pub compliance: Option<&'a Compliance>,
    /// What differs from an older state, if there is one to compare with.
    pub changes: Option<&'a [Change]>,
    /// The controls that were asked.
    pub rules: &'a [Rule],
    /// What makes the run fail.
    pub policy: &'a Policy,
}

/// A control, as formats show it.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// Its id.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// The family it belongs to.
    pub family: &'static str,
    /// How bad its findings are at worst.
    pub severity: Severity,
    /// Its page in Markdown.
    pub page: &'static str,
}

/// A finding that an exception hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which the exception holds.
    pub until: Option<String>,
    /// Whether the exception travels with the object.
    pub embedded: bool,
    /// Where the exception is written.
    pub place: String,
}

/// What makes a run fail.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Findings of this severity and above; none: no finding ever does.
    pub fail_on: Option<Severity>,
    /// Gaps of these kinds are accepted.
    pub accepted_gaps: Vec<GapKind>,
}

impl Policy {
    /// How a run with these findings and gaps ends.
    pub fn outcome(&self, findings: &[Finding], gaps: &[Gap]) -> Outcome {
        if findings.iter().any(|finding| self.fails(finding)) {
            Outcome::Findings
        } else if gaps.iter().any(|gap| !self.accepted_gaps.contains(&gap.kind)) {
            Outcome::NotAssessed
        } else {
            Outcome::Clean
        }
    }

    /// Whether a finding makes the run fail.
    pub fn fails(&self, finding: &Finding) -> bool {
        self.fail_on.is_some_and(|threshold| finding.severity >= threshold)
    }
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing at the threshold, nothing left unread.
    Clean,
    /// Findings at the threshold.
    Findings,
    /// No finding at the threshold, but something could not be assessed.
    NotAssessed,
}

impl Outcome {
    /// The exit code: 0, 1 or 3.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::NotAssessed => 3,
        }
    }
}

impl Report<'_> {
    /// How the run ends.
    pub fn outcome(&self) -> Outcome {
        self.policy.outcome(self.findings, self.gaps)
    }

    /// Findings at the threshold or above.
    pub fn failing(&self) -> usize {
        self.findings.iter().filter(|finding| self.policy.fails(finding)).count()
    }

    /// Findings of one severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// A way to show a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, with the source lines; `show` is the least severity shown in full.
    Terminal {
        /// Less severe findings are only counted.
        show: Severity,
    },
    /// `bollwerk.report/v1`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// One page that needs nothing but a browser.
    Html,
    /// JUnit XML.
    Junit,
    /// A comment on a pull request.
    Markdown,
    /// A row for each finding and gap.
    Csv,
    /// GitLab code quality.
    Gitlab,
    /// OSCAL 1.2 assessment results.
    Oscal,
    /// Summaries for a cluster's own API.
    PolicyReports(policy_report::ReportGroup),
}

/// Writes a report.
pub fn render(report: &Report<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Terminal { show } => terminal::render(report, show, out),
        Format::Json => json::render(report, out),
        Format::Sarif => sarif::render(report, out),
        Format::Html => html::render(report, out),
        Format::Junit => junit::render(report, out),
        Format::Markdown => markdown::render(report, out),
        Format::Csv => csv::render(report, out),
        Format::Gitlab => gitlab::render(report, out),
        Format::Oscal => oscal::render(report, out),
        Format::PolicyReports(group) => policy_report::render(report, group, out),
    }
}
