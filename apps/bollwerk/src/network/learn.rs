//! `bollwerk network learn`: the smallest policies that let through what flow logs show.

mod told;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use analyze::network::learn::{Manifest, guarded, manifests};
use anyhow::{Context, Result};
use engine::network::segmentation::{
    Cells, Directory, Existing, Knobs, Observed, Proof, Segmentation, Tightness, UnitId, Units,
    prove, synthesize,
};
use engine::network::{Change, Direction, Network, Options, Summary, changes};
use model::GapKind;
use model::flow::Traffic;
use report::harmless;

use super::{UNKNOWN, World, observed};
use crate::arguments::{NetworkLearn, NetworkLearnFormat};
use crate::console::{BOLD, RED, print_json};

/// Connections told one by one that the policies would refuse.
const REFUSED_SHOWN_MAX: usize = 8;
/// Most classes of workloads of which all pairs are compared with today.
const COMPARED_CLASSES_MAX: usize = 1_000;
/// The folders of the stages.
const STAGES: [&str; 3] = ["01-observe", "02-policies", "03-default-deny"];

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &NetworkLearn) -> Result<u8> {
    let traffic = observed::read(&arguments.files)?;
    let options = arguments.inputs.assumed.options();
    let world = World::load(&arguments.inputs)?;
    let knobs = Knobs {
        lift_percent: arguments.lift,
        prefixes: [arguments.prefix, arguments.prefix_ipv6],
        guarded: guarded(),
    };
    let existing = if arguments.keep_existing { Existing::Kept } else { Existing::Replaced };
    let units = Units::of(&world.network, &world.snapshot);
    let directory = Directory::new(&world.network, &world.snapshot, world.id, &options, &units);
    let lesson = Lesson::new(&world, &options, &traffic, &directory, &knobs, existing);
    if !lesson.proof.refused.is_empty() {
        lesson.tell_refused();
        return Ok(UNKNOWN);
    }
    match (&arguments.output, arguments.format) {
        (Some(folder), _) => lesson.write(folder)?,
        (None, NetworkLearnFormat::Yaml) => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            for manifest in lesson.policies.iter().chain(&lesson.defaults) {
                out.write_all(manifest.text.as_bytes())?;
            }
            out.flush()?;
        }
        (None, NetworkLearnFormat::Json) => {}
    }
    match arguments.format {
        NetworkLearnFormat::Json => print_json(&lesson.as_json())?,
        NetworkLearnFormat::Yaml => lesson.tell(),
    }
    Ok(lesson.code())
}

/// What was learned, and what it does.
struct Lesson<'a> {
    world: &'a World,
    traffic: &'a Traffic,
    directory: &'a Directory<'a>,
    units: &'a Units,
    observed: Observed,
    learned: Segmentation,
    policies: Vec<Manifest>,
    defaults: Vec<Manifest>,
    proof: Proof,
    tightness: Tightness,
    /// What today's policies let through beside that.
    more: Cells,
    /// Pairs of pods that reach each other today, and with the policies.
    pairs: [Summary; 2],
    /// What differs from today; none where the workloads are too many to compare.
    changes: Option<Vec<Change>>,
}

impl<'a> Lesson<'a> {
    fn new(
        world: &'a World,
        options: &Options,
        traffic: &'a Traffic,
        directory: &'a Directory<'a>,
        knobs: &Knobs,
        existing: Existing,
    ) -> Self {
        let units = directory.units();
        let flows = traffic.flows.iter().map(|(flow, count)| (flow, *count));
        let observed = Observed::new(directory, flows);
        let learned = synthesize(directory, &observed, knobs);
        let with = |existing| Network::with(&world.snapshot, world.id, options, &learned, existing);
        let (alone, beside) = (with(Existing::Replaced), with(Existing::Kept));
        let asked = if existing == Existing::Kept { &beside } else { &alone };
        let proof = prove(asked, &observed);
        let cells = Cells::of(&alone, units);
        let tightness = cells.tightness(&alone, directory, &observed);
        let more = Cells::of(&beside, units).beyond(&cells);
        let is_small = alone.size().0 <= COMPARED_CLASSES_MAX;
        let pairs = [world.network.summary(false), asked.summary(false)];
        let changes = is_small.then(|| changes(&world.network, asked));
        let (policies, defaults) = manifests(units, &learned, &world.snapshot, world.id);
        Self {
            world,
            traffic,
            directory,
            units,
            observed,
            learned,
            policies,
            defaults,
            proof,
            tightness,
            more,
            pairs,
            changes,
        }
    }

    fn code(&self) -> u8 {
        let is_accepted = |kind| self.world.accepted_gaps.contains(&kind);
        let is_missing = !self.observed.missing.is_empty() || self.units.is_cut || self.more.is_cut;
        let is_unknown = is_missing && !is_accepted(GapKind::Unattributed)
            || self.traffic.unreadable > 0
            || !self.world.gaps.is_empty();
        if is_unknown { UNKNOWN } else { 0 }
    }

    /// `shop/cart`.
    fn name(&self, id: UnitId) -> String {
        harmless(&format!("{}/{}", self.units.namespace_of(id), self.units.unit(id).name))
    }

    /// Says why nothing is written.
    fn tell_refused(&self) {
        anstream::eprintln!(
            "{RED}error{RED:#}: the policies would refuse {} of {} connections that were seen; \
             nothing is written",
            self.proof.refused.len(),
            self.proof.asked
        );
        for refused in self.proof.refused.iter().take(REFUSED_SHOWN_MAX) {
            anstream::eprintln!(
                "  {} → {}, {} {}",
                self.world.end_name(&refused.from),
                self.world.end_name(&refused.to),
                refused.protocol,
                refused.port
            );
        }
        for (unit, direction, blocks) in &self.learned.too_many_blocks {
            let word = match direction {
                Direction::Ingress => "is called from",
                Direction::Egress => "calls",
            };
            anstream::eprintln!(
                "  {BOLD}{}{BOLD:#} {word} {blocks} blocks of addresses, more than one policy \
                 takes: allow prefixes with `--prefix` and `--prefix-ipv6`",
                self.name(*unit)
            );
        }
    }

    fn write(&self, folder: &Path) -> Result<()> {
        let [observe, policies, defaults] = STAGES.map(|stage| folder.join(stage));
        for folder in [&observe, &policies, &defaults] {
            let context = || format!("cannot make the folder {}", folder.display());
            fs::create_dir_all(folder).with_context(context)?;
        }
        let mut files = vec![(observe.join("README.md"), self.page())];
        for (stage, manifests) in [(policies, &self.policies), (defaults, &self.defaults)] {
            for manifest in manifests {
                // Both are names of objects; others were refused when they were read, or stand
                // here with what files may be called.
                let plain = |char: char| {
                    if char.is_ascii_alphanumeric() || matches!(char, '-' | '.') {
                        char
                    } else {
                        '-'
                    }
                };
                let name = format!("{}.{}", manifest.namespace, manifest.name);
                let name: String = name.chars().map(plain).take(200).collect();
                let name = name.trim_start_matches('.');
                files.push((stage.join(format!("{name}.yaml")), manifest.text.clone()));
            }
        }
        for (path, text) in &files {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        anstream::eprintln!("wrote {} files to {}", files.len(), folder.display());
        Ok(())
    }
}
