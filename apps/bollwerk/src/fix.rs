//! `bollwerk fix`: repairs in the text itself, judged again before anything is written.
//!
//! Each edit changes one field; the file is read again after it, and an edit that changed more
//! than its field on the tree is taken back. Removing a root cause can bring up what it hid (a
//! container that is no longer privileged has no seccomp profile), so rounds go on until nothing
//! that can be fixed is left.

mod apply;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use collect::manifests::masked;
use model::{Applicability, Finding};
use similar::TextDiff;

use crate::arguments::Fix;
use crate::assess::{self, Assessment};
use crate::config::Settings;
use crate::inputs;

/// Most rounds of judging and repairing.
const ROUNDS_MAX: usize = 8;

/// Why a finding was left alone.
struct Left {
    finding: Finding,
    reason: String,
}

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Fix) -> Result<u8> {
    let mut settings = Settings::load(&arguments.inputs.reading, Some(&arguments.judging))?;
    if arguments.inputs.paths.iter().any(|path| path == Path::new("-")) {
        bail!("standard input has no file to repair; name a file or folder");
    }
    if arguments.inputs.snapshot.is_some() {
        bail!("a snapshot has no text to repair; name a file or folder");
    }
    let mut repair =
        Repair { arguments, texts: BTreeMap::new(), fixed: 0, refused: BTreeMap::new() };
    let mut last = None;
    for _ in 0..ROUNDS_MAX {
        settings.collect.overlay = repair.overlay();
        let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
        let assessment = assess::judge(snapshot, &sources, &settings, false);
        let changed = repair.round(&assessment, &sources);
        last = Some(assessment);
        if !changed {
            break;
        }
    }
    let assessment = last.context("nothing was judged")?;
    if arguments.diff {
        repair.print()?;
    } else {
        repair.write()?;
    }
    let left = repair.left(&assessment);
    tell(&repair, &left);
    let fails = |finding: &&Finding| {
        settings.report.fail_on.is_some_and(|threshold| finding.severity >= threshold)
    };
    let has_gaps =
        assessment.gaps.iter().any(|gap| !settings.report.accepted_gaps.contains(&gap.kind));
    Ok(match assessment.findings.iter().any(|finding| fails(&finding)) {
        true => report::Outcome::Findings.exit_code(),
        false if has_gaps => report::Outcome::NotAssessed.exit_code(),
        false => report::Outcome::Clean.exit_code(),
    })
}

/// The files that change, as they were and as they will be.
struct Repair<'a> {
    arguments: &'a Fix,
    texts: BTreeMap<PathBuf, Texts>,
    fixed: usize,
    /// Fingerprints of findings whose edit was refused, with the reason.
    refused: BTreeMap<String, String>,
}

struct Texts {
    old: String,
    new: String,
}

impl Repair<'_> {
    fn overlay(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let text = |(path, texts): (&PathBuf, &Texts)| (path.clone(), texts.new.clone().into());
        self.texts.iter().map(text).collect()
    }

    /// Applies what can be fixed; whether a text changed.
    fn round(&mut self, assessment: &Assessment, sources: &collect::manifests::Sources) -> bool {
        let mut by_file: BTreeMap<u32, Vec<&Finding>> = BTreeMap::new();
        for finding in &assessment.findings {
            let file = finding.object.map(|object| assessment.snapshot.origin(object).file);
            if let Some(file) = file.filter(|_| self.reason_to_leave(finding).is_none()) {
                by_file.entry(file).or_default().push(finding);
            }
        }
        let mut changed = false;
        for (file, findings) in by_file {
            let (Some(path), Some(text)) = (sources.path(file), sources.text(file)) else {
                for finding in findings {
                    self.refuse(finding, "its file is no UTF-8 text on disk, or changed meanwhile");
                }
                continue;
            };
            let (new, refusals) = apply::fix(&text, &findings, &assessment.snapshot);
            self.fixed += findings.len() - refusals.len();
            for (finding, reason) in refusals {
                self.refuse(finding, &reason);
            }
            if new != text {
                changed = true;
                self.texts
                    .entry(path)
                    .or_insert_with(|| Texts { old: text, new: String::new() })
                    .new = new;
            }
        }
        changed
    }

    fn refuse(&mut self, finding: &Finding, reason: &str) {
        self.refused.insert(finding.fingerprint.as_str().to_owned(), reason.to_owned());
    }

    /// Why a finding is not repaired; none if it can be.
    fn reason_to_leave(&self, finding: &Finding) -> Option<String> {
        if let Some(reason) = self.refused.get(finding.fingerprint.as_str()) {
            return Some(format!("cannot be edited: {reason}"));
        }
        match &finding.fix {
            None => Some("needs a person".to_owned()),
            Some(fix) if fix.edits.is_empty() => Some(format!("needs a person: {}", fix.text)),
            Some(fix) if fix.applicability == Applicability::Unsafe && !self.arguments.r#unsafe => {
                Some(format!("with `--unsafe`, since the program may need it: {}", fix.text))
            }
            Some(_) => None,
        }
    }

    fn left(&self, assessment: &Assessment) -> Vec<Left> {
        let left = assessment.findings.iter().map(|finding| {
            let reason = self.reason_to_leave(finding);
            let reason = reason.unwrap_or_else(|| "is still there after its fix".to_owned());
            Left { finding: finding.clone(), reason }
        });
        left.collect()
    }

    /// Prints what would change, credentials masked: it may end up in a log.
    fn print(&self) -> Result<()> {
        let mut out = anstream::stdout();
        for (path, texts) in &self.texts {
            let name = path.display().to_string();
            let limits = yaml::Limits::default();
            let [old, new] = [&texts.old, &texts.new].map(|text| masked(text, &limits));
            let diff = TextDiff::from_lines(&old, &new);
            write!(out, "{}", diff.unified_diff().header(&name, &name))?;
        }
        out.flush()?;
        Ok(())
    }

    /// Writes each file beside its place and moves it there, so that no reader sees half of it.
    fn write(&self) -> Result<()> {
        for (path, texts) in &self.texts {
            let target = fs::canonicalize(path)?;
            let beside = target.with_extension("bollwerk-tmp");
            let written = fs::write(&beside, &texts.new)
                .and_then(|()| fs::set_permissions(&beside, fs::metadata(&target)?.permissions()))
                .and_then(|()| fs::rename(&beside, &target));
            if let Err(error) = written {
                let _ = fs::remove_file(&beside);
                return Err(error).with_context(|| format!("cannot write {}", path.display()));
            }
        }
        Ok(())
    }
}

/// Says on standard error what was done and what is left.
fn tell(repair: &Repair<'_>, left: &[Left]) {
    const DIM: anstyle::Style = anstyle::Style::new().dimmed();
    let verb = if repair.arguments.diff { "would repair" } else { "repaired" };
    let (fixed, files) = (repair.fixed, repair.texts.len());
    let mut by_reason: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for Left { finding, reason } in left {
        by_reason.entry((finding.control, reason)).or_default().push(finding);
    }
    for ((control, reason), findings) in &by_reason {
        let place = |finding: &&Finding| {
            let location = finding.location.as_ref()?;
            Some(format!("{}:{}", location.file, location.line))
        };
        let first = findings.iter().find_map(place).unwrap_or_default();
        let more = findings.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        anstream::eprintln!("left {control}: {reason}\n     {DIM}{first}{more}{DIM:#}");
    }
    anstream::eprintln!(
        "{verb} {fixed} findings in {files} files; {} findings are left",
        left.len()
    );
}
