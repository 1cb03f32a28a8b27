//! The layers of an image, read at once.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use image::{
    Descriptor, Digesting, Image, Layer, LayerError, LayerLimits, Observer, inflated, merge,
};

use super::chosen::Chosen;
use super::error::ImageError;
use super::facts::Facts;
use super::folder::read_folder;
use super::source::{Blob, Source};

/// Layers read at once at the most: each has a buffer of its own.
const THREADS_MAX: usize = 8;

/// Why nothing is known of a layer.
#[derive(Debug, thiserror::Error)]
pub enum LayerFailure {
    /// Its blob.
    #[error(transparent)]
    Blob(#[from] ImageError),
    /// What is in it.
    #[error(transparent)]
    Content(#[from] LayerError),
    /// What follows it.
    #[error("cannot be read to its end: {0}")]
    End(io::Error),
    /// The folder it is unpacked in.
    #[error("its folder cannot be read: {0}")]
    Folder(io::Error),
}

/// One layer of an image.
pub struct ReadLayer {
    /// Which.
    pub descriptor: Descriptor,
    /// What is in it, or why that is not known.
    pub layer: Result<Layer, LayerFailure>,
}

/// An image, read.
pub struct ImageRead {
    /// Its layers, the lowest first.
    pub layers: Vec<ReadLayer>,
    /// What is in it, as far as its layers could be read.
    pub image: Image,
}

/// How layers are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    /// Bounds on what a layer may make us do.
    pub limits: LayerLimits,
    /// What is known of layers from before.
    pub facts: Option<&'a Facts>,
}

impl Reading<'_> {
    fn known(&self, descriptor: &Descriptor) -> Option<Layer> {
        self.facts?.find(&descriptor.digest, &self.limits)
    }

    fn keep(&self, descriptor: &Descriptor, layer: &Layer) -> bool {
        let facts = self.facts.as_ref();
        facts.is_some_and(|facts| facts.keep(&descriptor.digest, &self.limits, layer))
    }
}

/// Reads all layers, the largest first so that the last one to end is short, and lays them over
/// each other. `done` is told the bytes of each layer when it is done.
pub fn read(
    source: &Source,
    chosen: &Chosen,
    reading: Reading<'_>,
    done: impl Fn(u64) + Sync,
) -> ImageRead {
    read_observed(source, chosen, reading, || (), done).0
}

/// The same, and shows the files of each layer to an observer of its own. They come back in the
/// order of the layers; none where a layer could not be read, of which nothing counts.
pub fn read_observed<O: Observer + Send>(
    source: &Source,
    chosen: &Chosen,
    reading: Reading<'_>,
    observer: impl Fn() -> O + Sync,
    done: impl Fn(u64) + Sync,
) -> (ImageRead, Vec<Option<O>>) {
    // Of a layer that is there twice, one is enough.
    let mut unique: BTreeMap<&str, &Descriptor> = BTreeMap::new();
    for descriptor in &chosen.layers {
        unique.insert(descriptor.digest.as_str(), descriptor);
    }
    let mut order: Vec<&Descriptor> = unique.into_values().collect();
    order.sort_by_key(|descriptor| std::cmp::Reverse(descriptor.size));
    let next = AtomicUsize::new(0);
    let is_new = AtomicBool::new(false);
    let found = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(descriptor) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut observer = observer();
            // What is known of a layer shows nobody its files.
            let known = if observer.wants_content() { None } else { reading.known(descriptor) };
            let layer = match known {
                Some(layer) => Ok(layer),
                None => read_layer(source, descriptor, &reading.limits, &mut observer).map(
                    |(layer, whole)| {
                        let is_kept = whole && reading.keep(descriptor, &layer);
                        is_new.fetch_or(is_kept, Ordering::Relaxed);
                        layer
                    },
                ),
            };
            done(descriptor.size);
            let observer = layer.is_ok().then_some(observer);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert(descriptor.digest.as_str(), (layer, observer));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    thread::scope(|scope| {
        for _ in 1..threads.min(order.len()) {
            scope.spawn(work);
        }
        work();
    });
    if let Some(facts) = reading.facts.filter(|_| is_new.load(Ordering::Relaxed)) {
        facts.prune();
    }
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let layers: Vec<&Layer> = chosen
        .layers
        .iter()
        .filter_map(|descriptor| found.get(descriptor.digest.as_str())?.0.as_ref().ok())
        .collect();
    let image = merge(layers);
    let layers = chosen.layers.iter().filter_map(|descriptor| {
        let (layer, observer) = found.remove(descriptor.digest.as_str())?;
        Some((ReadLayer { descriptor: descriptor.clone(), layer }, observer))
    });
    let (layers, observers) = layers.unzip();
    (ImageRead { layers, image }, observers)
}

/// One layer, verified: nothing of it counts unless its digest is right. Whether there was one:
/// a folder has none, and the node that unpacked it has the last word.
fn read_layer(
    source: &Source,
    descriptor: &Descriptor,
    limits: &LayerLimits,
    observer: &mut impl Observer,
) -> Result<(Layer, bool), LayerFailure> {
    let blob: Box<dyn Read + Send + '_> = match source.blob(descriptor)? {
        Blob::Folder(path) => {
            let layer = read_folder(&path, limits, observer).map_err(LayerFailure::Folder);
            return layer.map(|it| (it, false));
        }
        Blob::AsStored(blob) => blob,
        Blob::Inflated(blob) => inflated(blob).map_err(LayerError::Compression)?,
    };
    let mut blob = Digesting::new(blob, &descriptor.digest);
    let layer = Layer::read_observed(&mut blob, limits, observer);
    let (digest, length) = blob.finish().map_err(LayerFailure::End)?;
    if digest != descriptor.digest {
        let what = format!("layer {}", descriptor.digest);
        return Err(ImageError::WrongDigest { what, found: digest.to_string() }.into());
    }
    if length != descriptor.size && !matches!(source, Source::DockerArchive(_)) {
        let what = format!("layer {}", descriptor.digest);
        let found = format!("{length} bytes, not {}", descriptor.size);
        return Err(ImageError::WrongDigest { what, found }.into());
    }
    Ok((layer?, true))
}
