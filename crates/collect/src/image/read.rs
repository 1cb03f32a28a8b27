//! The layers of an image, read at once.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use image::{
    Descriptor, Digesting, Image, Layer, LayerError, LayerLimits, Observer, inflated, merge,
};

use super::chosen::Chosen;
use super::error::ImageError;
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

/// Reads all layers, the largest first so that the last one to end is short, and lays them over
/// each other. `done` is told the bytes of each layer when it is done.
pub fn read(
    source: &Source,
    chosen: &Chosen,
    limits: &LayerLimits,
    done: impl Fn(u64) + Sync,
) -> ImageRead {
    read_observed(source, chosen, limits, || (), done).0
}

/// The same, and shows the files of each layer to an observer of its own. They come back in the
/// order of the layers; none where a layer could not be read, of which nothing counts.
pub fn read_observed<O: Observer + Send>(
    source: &Source,
    chosen: &Chosen,
    limits: &LayerLimits,
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
    let found = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(descriptor) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut observer = observer();
            let layer = read_layer(source, descriptor, limits, &mut observer);
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

/// One layer, verified: nothing of it counts unless its digest is right.
fn read_layer(
    source: &Source,
    descriptor: &Descriptor,
    limits: &LayerLimits,
    observer: &mut impl Observer,
) -> Result<Layer, LayerFailure> {
    let blob: Box<dyn Read + Send + '_> = match source.blob(descriptor)? {
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
    Ok(layer?)
}
