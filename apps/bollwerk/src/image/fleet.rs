//! All images of a deployment, each once, with the workloads that run them.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Result, bail};
use engine::network::{Network, Options};
use gate::Exposure;
use model::{Snapshot, WorldId};

use super::exposed::{Exposures, Owner};
use super::input::{Input, Load};
use super::local::LocalImages;
use crate::arguments::{ImageGapKind, ImageScan, Inputs, Live, Reading};
use crate::config::Settings;
use crate::inputs;

/// Images that are read at once: most of the time is the registry's.
const THREADS_MAX: usize = 4;
/// Images of a deployment.
const IMAGES_MAX: usize = 100_000;

/// A workload that runs an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Workload {
    pub(super) exposure: Exposure,
    pub(super) namespace: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Its containers of the image.
    pub(super) containers: Vec<String>,
}

/// An image with who runs it.
pub(super) struct Deployed {
    /// How the deployment names it.
    pub(super) references: Vec<String>,
    pub(super) workloads: Vec<Workload>,
    /// What is in it, or why that is not known.
    pub(super) input: Result<Arc<Input>, String>,
}

impl Deployed {
    /// Who reaches any of them.
    pub(super) fn exposure(&self) -> Exposure {
        self.workloads.iter().map(|it| it.exposure).max().unwrap_or_default()
    }
}

/// All images.
pub(super) struct Fleet {
    pub(super) images: Vec<Deployed>,
    /// What is not known beside the images, as a sentence each.
    pub(super) gaps: Vec<(ImageGapKind, String)>,
}

impl Fleet {
    /// Finds out what runs, and reads each image once.
    pub(super) fn load(arguments: &ImageScan, how: Load<'_>) -> Result<Self> {
        let mut gaps = Vec::new();
        let running = running(arguments, &mut gaps)?;
        if running.len() > IMAGES_MAX {
            bail!(
                "{} images are more than the {IMAGES_MAX} that are scanned at once",
                running.len()
            );
        }
        let local = match &arguments.images_in {
            Some(folder) => LocalImages::read(folder, how)?,
            None => LocalImages::default(),
        };
        let unreadable = |text: &String| (ImageGapKind::Unreadable, text.clone());
        gaps.extend(local.problems.iter().map(unreadable));
        let (names, workloads): (Vec<String>, Vec<Vec<Workload>>) = running.into_iter().unzip();
        let inputs = load_all(&names, &local, arguments, how);
        let mut images: Vec<Deployed> = Vec::new();
        let mut by_digest: BTreeMap<String, usize> = BTreeMap::new();
        for ((name, workloads), input) in names.into_iter().zip(workloads).zip(inputs) {
            let digest = input.as_ref().ok().map(|it| it.digest.clone());
            let digest = digest.filter(|it| !it.is_empty());
            let known = digest.as_ref().and_then(|it| by_digest.get(it));
            if let Some(same) = known.and_then(|at| images.get_mut(*at)) {
                same.references.push(name);
                same.workloads.extend(workloads);
                continue;
            }
            by_digest.extend(digest.map(|it| (it, images.len())));
            images.push(Deployed { references: vec![name], workloads, input });
        }
        for image in &mut images {
            image.workloads.sort_by(|a, b| (b.exposure, a).cmp(&(a.exposure, b)));
        }
        Ok(Self { images, gaps })
    }
}

/// Images by name, with what runs each.
type Running = BTreeMap<String, Vec<Workload>>;

fn running(arguments: &ImageScan, gaps: &mut Vec<(ImageGapKind, String)>) -> Result<Running> {
    let mut running: Running = BTreeMap::new();
    for name in &arguments.images {
        running.entry(name.clone()).or_default();
    }
    if arguments.from_manifests.is_empty() && arguments.from_snapshot.is_none() {
        return Ok(running);
    }
    let inputs = Inputs {
        paths: Vec::new(),
        manifests: arguments.from_manifests.clone(),
        snapshot: arguments.from_snapshot.clone(),
        arm: Vec::new(),
        live: Live::default(),
        reading: Reading::default(),
    };
    let settings = Settings::load(&inputs.reading, None)?;
    let (snapshot, _) = inputs::collect(&inputs, &settings)?;
    gaps.extend(
        snapshot
            .gaps
            .iter()
            .map(|gap| (ImageGapKind::Unreadable, format!("{}: {}", gap.subject, gap.reason))),
    );
    for world in 0..snapshot.worlds.len() {
        of_world(&snapshot, WorldId(world as u32), &mut running);
    }
    Ok(running)
}

fn of_world(snapshot: &Snapshot, world: WorldId, running: &mut Running) {
    let network = Network::build(snapshot, world, Options::default());
    let exposures = Exposures::of(&network, snapshot, world);
    let mut found: BTreeMap<(String, Owner), Vec<String>> = BTreeMap::new();
    for id in network.workloads() {
        let workload = network.workload(id);
        let pods = snapshot.object(workload.object).pods();
        let Some(pod) = pods.get(workload.template as usize) else { continue };
        for container in pod.containers().filter(|it| !it.image().is_empty()) {
            let key = (container.image().to_owned(), Owner::of(&network, id));
            found.entry(key).or_default().push(container.name().to_owned());
        }
    }
    for ((image, owner), mut containers) in found {
        containers.sort();
        containers.dedup();
        let exposure = exposures.of_owner(&owner);
        let Owner { namespace, kind, name } = owner;
        let workload = Workload { exposure, namespace, kind, name, containers };
        running.entry(image).or_default().push(workload);
    }
}

/// Reads images, several at once; the answers in the order of the names.
fn load_all(
    names: &[String],
    local: &LocalImages,
    arguments: &ImageScan,
    how: Load<'_>,
) -> Vec<Result<Arc<Input>, String>> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let load = |name: &String| -> Result<Arc<Input>, String> {
        if let Some(input) = local.find(name) {
            return Ok(input.clone());
        }
        // What a manifest says is the name of an image and never that of a file of ours.
        let is_typed = arguments.images.contains(name);
        let input = if is_typed { Input::load(name, how) } else { Input::of_registry(name, how) };
        input.map(Arc::new).map_err(|error| format!("{error:#}"))
    };
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(name) = names.get(at) else { break };
            let input = load(name);
            found.lock().unwrap_or_else(PoisonError::into_inner).push((at, input));
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 1..(2 * processors).min(THREADS_MAX).min(names.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, input)| input).collect()
}
