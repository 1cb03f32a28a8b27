//! `bollwerk harden`: what namespaces lack, as new manifests and labels.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use analyze::harden::{self, Manifest, Plan};
use anyhow::{Context, Result, bail};
use collect::manifests::Sources;
use model::{Edit, ObjectId};

use crate::arguments::{Harden, Inputs};
use crate::assess::{self, Assessment};
use crate::config::Settings;
use crate::fix::refuse_what_has_no_file;
use crate::inputs;
use crate::repair::Repair;

/// Name of the folder that new manifests go to.
const FOLDER: &str = "hardening";

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Harden) -> Result<u8> {
    refuse_what_has_no_file(&arguments.inputs, "harden")?;
    let place = Place::new(&arguments.inputs, arguments.output.as_deref())?;
    let mut settings = Settings::load(&arguments.inputs.reading, Some(&arguments.judging))?;
    if let Some(plugin) = arguments.network_plugin {
        settings.judge.network_plugin = plugin;
    }
    let judging = settings.judge.clone();
    let mut assess = |overlay: BTreeMap<PathBuf, Vec<u8>>| -> Result<(Assessment, Sources)> {
        settings.collect.overlay = overlay;
        let part = place.outside.as_deref();
        let (snapshot, sources) = inputs::collect_with(&arguments.inputs, part, &settings)?;
        Ok((assess::judge(snapshot, &sources, &settings, false), sources))
    };
    // Safe fixes come first: they decide which level the pods pass.
    let mut repair = Repair::new(false);
    let (assessment, sources) = repair.rounds(&mut assess)?;
    let plan = harden::plan(&assessment.snapshot, &judging);
    let refused = label(&mut repair, &assessment, &sources, &plan);
    for manifest in &plan.manifests {
        place.add(&mut repair, &assessment, manifest)?;
    }
    let (after, _) = assess(repair.overlay())?;
    if arguments.diff {
        repair.print()?;
    } else {
        repair.write()?;
    }
    tell(&repair, &plan, &refused, arguments.diff);
    let (before, left) = (assessment.findings.len() + repair.fixed, after.findings.len());
    anstream::eprintln!("{left} findings are left of {before}; `bollwerk scan` shows them");
    Ok(settings.report.outcome(&after.findings, &after.gaps).exit_code())
}

/// Labels Namespace objects; those that cannot be edited, with the reason.
fn label(
    repair: &mut Repair,
    assessment: &Assessment,
    sources: &Sources,
    plan: &Plan,
) -> Vec<(ObjectId, String)> {
    let edits: Vec<(ObjectId, &[Edit])> =
        plan.labels.iter().map(|labels| (labels.object, labels.edits.as_slice())).collect();
    let (_, results) = repair.edit(&assessment.snapshot, sources, &edits);
    let refused = edits.iter().zip(results);
    refused.filter_map(|((object, _), result)| Some((*object, result.err()?))).collect()
}

/// Where new manifests go.
struct Place {
    /// The path that is hardened.
    path: PathBuf,
    /// The folder that was asked for.
    output: Option<PathBuf>,
    /// The folder for new manifests, when it does not lie below the path.
    outside: Option<PathBuf>,
}

impl Place {
    fn new(inputs: &Inputs, output: Option<&Path>) -> Result<Self> {
        let paths: Vec<&PathBuf> = inputs.paths.iter().chain(&inputs.manifests).collect();
        let [path] = paths.as_slice() else {
            bail!("`harden` takes one path: what it writes goes into a folder there");
        };
        let path = (*path).clone();
        let output = output.map(|output| output.strip_prefix(".").unwrap_or(output).to_owned());
        if output.as_ref().is_some_and(|output| output.is_file()) {
            bail!("`--output` names a file; name a folder");
        }
        let folder = match &output {
            Some(output) => Some(output.clone()),
            None if path.is_file() => Some(path.with_file_name(FOLDER)),
            None => None,
        };
        // What lies below the path is read with it.
        let outside = folder.filter(|folder| !is_below(folder, &path));
        Ok(Self { path, output, outside })
    }

    /// The folder for new manifests of a world.
    fn folder(&self, world: &str) -> PathBuf {
        let folder = match (&self.output, &self.outside) {
            (Some(folder), _) | (None, Some(folder)) => folder.clone(),
            (None, None) => Path::new(world).join(FOLDER),
        };
        folder.strip_prefix(".").map(Path::to_owned).unwrap_or(folder)
    }

    /// Adds a manifest to its file: what a person wrote there stays.
    fn add(&self, repair: &mut Repair, assessment: &Assessment, manifest: &Manifest) -> Result<()> {
        let world = &assessment.snapshot.worlds[manifest.world.0 as usize];
        let path = self.path.display().to_string();
        if self.output.is_some() && *world != path {
            bail!("{path} holds several worlds: leave `--output` out");
        }
        let folder = self.folder(world);
        let folder = manifest.namespace.iter().fold(folder, |folder, it| folder.join(it));
        let path = folder.join(format!("{}.yaml", manifest.purpose));
        let name = path.display().to_string();
        if !path.exists() {
            let text = format!("{}{}", manifest.head, manifest.documents);
            repair.add(path, &text, None);
            return Ok(());
        }
        if !assessment.snapshot.files.contains(&name) {
            bail!("{name} is there, but an ignore file hides it: see `--no-ignore`");
        }
        let old = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
        repair.add(path, &manifest.documents, Some(old));
        Ok(())
    }
}

/// Whether a folder, which need not be there, lies below a path.
fn is_below(folder: &Path, path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    let known = folder.ancestors().find_map(|it| {
        let it = if it.as_os_str().is_empty() { Path::new(".") } else { it };
        fs::canonicalize(it).ok()
    });
    known.is_some_and(|known| known.starts_with(&path))
}

/// Says on standard error what was done and what is left to a person.
fn tell(repair: &Repair, plan: &Plan, refused: &[(ObjectId, String)], is_diff: bool) {
    let [would, wrote] = if is_diff { ["would ", "would write"] } else { ["", "wrote"] };
    if repair.fixed > 0 {
        anstream::eprintln!("{would}repair {} findings by safe fixes", repair.fixed);
    }
    for labels in &plan.labels {
        match refused.iter().find(|(object, _)| *object == labels.object) {
            Some((_, reason)) => {
                anstream::eprintln!("left {}: cannot be edited: {reason}", labels.text);
            }
            None => anstream::eprintln!("{would}label {}: {}", labels.namespace, labels.text),
        }
    }
    for manifest in &plan.manifests {
        let kinds = manifest.documents.lines().filter_map(|line| line.strip_prefix("kind: "));
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        kinds.for_each(|kind| *counts.entry(kind).or_default() += 1);
        let counts: Vec<String> =
            counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        anstream::eprintln!(
            "{wrote} {}{}: {}",
            manifest.namespace.as_ref().map(|it| format!("{it}/")).unwrap_or_default(),
            manifest.purpose,
            counts.join(", ")
        );
    }
    for note in &plan.notes {
        anstream::eprintln!("left {}: {}", note.namespace, note.text);
    }
    if plan.manifests.is_empty() && plan.labels.is_empty() && repair.fixed == 0 {
        anstream::eprintln!("nothing to add");
    }
}
