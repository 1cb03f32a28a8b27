//! Changes of manifests, kept in memory until they are wanted: as a diff, or on disk.
//!
//! Each edit changes one field; the file is read again after it, and an edit that changed more
//! than its field on the tree is taken back. Removing a root cause can bring up what it hid (a
//! container that is no longer privileged has no seccomp profile), so rounds go on until nothing
//! that can be fixed is left.

mod apply;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use collect::manifests::{Sources, masked};
use model::{Applicability, Edit, Finding, ObjectId, Snapshot};
use similar::TextDiff;

use crate::assess::Assessment;

use apply::Job;

/// Most rounds of judging and repairing.
const ROUNDS_MAX: usize = 8;

/// The files that change, as they were and as they will be.
pub struct Repair {
    /// Whether fixes that may break a program are applied too.
    risky: bool,
    texts: BTreeMap<PathBuf, Texts>,
    /// Findings whose fix was applied.
    pub fixed: usize,
    /// Findings whose edit was refused, with the reason.
    refused: HashMap<String, String>,
}

struct Texts {
    /// None for a new file.
    old: Option<String>,
    new: String,
}

impl Repair {
    /// Nothing is changed yet. `risky` asks for fixes that may break a program too.
    pub fn new(risky: bool) -> Self {
        Self { risky, texts: BTreeMap::new(), fixed: 0, refused: HashMap::new() }
    }

    /// Judges and repairs until nothing is left to repair; the last judgement. `assess` judges
    /// with texts that stand for files.
    pub fn rounds(
        &mut self,
        mut assess: impl FnMut(BTreeMap<PathBuf, Vec<u8>>) -> Result<(Assessment, Sources)>,
    ) -> Result<(Assessment, Sources)> {
        let mut round = 0;
        loop {
            let (assessment, sources) = assess(self.overlay())?;
            round += 1;
            // What the last round changes would not be judged any more.
            if round > ROUNDS_MAX || !self.round(&assessment, &sources) {
                return Ok((assessment, sources));
            }
        }
    }

    /// The texts that stand for files.
    pub fn overlay(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let text = |(path, texts): (&PathBuf, &Texts)| (path.clone(), texts.new.clone().into());
        self.texts.iter().map(text).collect()
    }

    /// How many files change.
    pub fn files(&self) -> usize {
        self.texts.len()
    }

    /// Applies what can be fixed; whether a text changed.
    pub fn round(&mut self, assessment: &Assessment, sources: &Sources) -> bool {
        let wanted: Vec<&Finding> = assessment
            .findings
            .iter()
            .filter(|finding| finding.object.is_some())
            .filter(|finding| self.reason_to_leave(finding, &assessment.snapshot).is_none())
            .collect();
        let edits: Vec<(ObjectId, &[Edit])> = wanted
            .iter()
            .filter_map(|finding| Some((finding.object?, finding.fix.as_ref()?.edits.as_slice())))
            .collect();
        let (changed, results) = self.edit(&assessment.snapshot, sources, &edits);
        for (finding, result) in wanted.into_iter().zip(results) {
            match result {
                Ok(()) => self.fixed += 1,
                Err(reason) => {
                    self.refused.insert(key(finding, &assessment.snapshot), reason);
                }
            }
        }
        changed
    }

    /// Does edits of objects, each list of them together or not at all; whether a text changed,
    /// and for each list whether it was done, or why not.
    pub fn edit(
        &mut self,
        snapshot: &Snapshot,
        sources: &Sources,
        edits: &[(ObjectId, &[Edit])],
    ) -> (bool, Vec<Result<(), String>>) {
        let mut by_file: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (number, (object, _)) in edits.iter().enumerate() {
            by_file.entry(snapshot.origin(*object).file).or_default().push(number);
        }
        let mut results: Vec<Result<(), String>> = edits.iter().map(|_| Ok(())).collect();
        let mut changed = false;
        for (file, numbers) in by_file {
            let (Some(path), Some(text)) = (sources.path(file), sources.text(file)) else {
                for number in numbers {
                    results[number] =
                        Err("its file is no UTF-8 text on disk, or changed meanwhile".to_owned());
                }
                continue;
            };
            let job = |number: &usize| {
                let (object, edits) = edits[*number];
                let origin = snapshot.origin(object);
                Job { document: origin.document as usize, item: &origin.item, edits }
            };
            let jobs: Vec<Job<'_>> = numbers.iter().map(job).collect();
            let (new, outcomes) = apply::apply(&text, &jobs);
            for (number, outcome) in numbers.into_iter().zip(outcomes) {
                results[number] = outcome;
            }
            if new != text {
                changed = true;
                let texts = Texts { old: Some(text), new: String::new() };
                self.texts.entry(path).or_insert(texts).new = new;
            }
        }
        (changed, results)
    }

    /// Adds a new file, or lengthens one that is there by `text`.
    pub fn add(&mut self, path: PathBuf, text: &str, old: Option<String>) {
        let new = old.clone().unwrap_or_default();
        let texts = self.texts.entry(path).or_insert(Texts { old, new });
        if !texts.new.is_empty() && !texts.new.ends_with('\n') {
            texts.new.push('\n');
        }
        texts.new.push_str(text);
    }

    /// Why a finding is not repaired; none if it can be.
    pub fn reason_to_leave(&self, finding: &Finding, snapshot: &Snapshot) -> Option<String> {
        let Some(fix) = &finding.fix else { return Some("needs a person".to_owned()) };
        if fix.edits.is_empty() {
            return Some(format!("needs a person: {}", fix.text));
        }
        if let Some(reason) = self.refused.get(&key(finding, snapshot)) {
            return Some(format!("cannot be edited: {reason}"));
        }
        match fix.applicability {
            Applicability::Unsafe(risk) if !self.risky => {
                Some(format!("with `--unsafe`, since {risk}: {}", fix.text))
            }
            _ => None,
        }
    }

    /// Prints what would change, credentials masked: it may end up in a log.
    pub fn print(&self) -> Result<()> {
        let mut out = anstream::stdout();
        for (path, texts) in &self.texts {
            let name = path.display().to_string();
            let limits = yaml::Limits::default();
            let (old_name, old) = match &texts.old {
                Some(old) => (name.as_str(), masked(old, &limits)),
                None => ("/dev/null", String::new()),
            };
            let new = masked(&texts.new, &limits);
            let diff = TextDiff::from_lines(&old, &new);
            write!(out, "{}", diff.unified_diff().header(old_name, &name))?;
        }
        out.flush()?;
        Ok(())
    }

    /// Writes each file beside its place and moves it there, so that no reader sees half of it.
    pub fn write(&self) -> Result<()> {
        for (path, texts) in &self.texts {
            let written = match texts.old {
                Some(_) => replace(path, &texts.new),
                None => create(path, &texts.new),
            };
            written.with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// What tells a finding from all others of one judgement: two copies of an object share their
/// fingerprints.
fn key(finding: &Finding, snapshot: &Snapshot) -> String {
    let place = finding.object.map(|object| {
        let origin = snapshot.origin(object);
        let file = snapshot.files.get(origin.file as usize).map_or("", String::as_str);
        format!("{file} {} {}", origin.document, origin.item)
    });
    format!("{} {}", finding.fingerprint.as_str(), place.unwrap_or_default())
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let target = fs::canonicalize(path)?;
    let beside = target.with_extension("bollwerk-tmp");
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&target)?.permissions()))
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Never over a file that came meanwhile.
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

/// Says on standard error which findings are left, and why.
pub fn tell_left(repair: &Repair, assessment: &Assessment) {
    const DIM: anstyle::Style = anstyle::Style::new().dimmed();
    let mut by_reason: BTreeMap<(&str, String), Vec<&Finding>> = BTreeMap::new();
    for finding in &assessment.findings {
        let reason = repair.reason_to_leave(finding, &assessment.snapshot);
        let reason = reason.unwrap_or_else(|| "is still there after its fix".to_owned());
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
}
