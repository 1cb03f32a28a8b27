//! What the last scans said of images, in memory: a review must not wait for the store.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use admission::ImageVerdict;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use image::Reference;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use store::{KnownImage, Named, Store, StoreError};
use tokio::sync::Notify;

/// How often the store is read where nobody tells of a change: other servers write to it too.
const READ_EVERY: Duration = Duration::from_secs(15);

/// Shortest time between two readings.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of images, by digest and by reference.
#[derive(Default)]
pub struct Index {
    images: HashMap<String, ImageVerdict>,
    names: HashMap<String, Name>,
}

/// What a reference without a digest names.
enum Name {
    /// One image.
    One(String),
    /// Pods run several images by it, and no registry was asked.
    Several,
}

impl Index {
    /// Made from what the store knows.
    pub fn of(images: Vec<KnownImage>, named: Vec<Named>) -> Self {
        let verdict = |it: KnownImage| Some((it.digest.clone(), verdict(it)?));
        let mut by_name: HashMap<String, Name> = HashMap::new();
        // What registries said comes first, and goes before what happens to run.
        let mut looked_up = hashbrown::HashSet::new();
        for it in named {
            let Some(name) = plain(&it.reference) else { continue };
            if it.is_looked_up {
                looked_up.insert(name.clone());
                by_name.entry(name).or_insert(Name::One(it.digest));
                continue;
            }
            if looked_up.contains(&name) {
                continue;
            }
            match by_name.entry(name) {
                Entry::Vacant(place) => drop(place.insert(Name::One(it.digest))),
                Entry::Occupied(mut place) => {
                    if !matches!(place.get(), Name::One(digest) if *digest == it.digest) {
                        place.insert(Name::Several);
                    }
                }
            }
        }
        Self { images: images.into_iter().filter_map(verdict).collect(), names: by_name }
    }

    /// What is known of an image, as a container names it: by the digest it names, else by what
    /// its tag named when a registry was asked last, else by what runs by that name, if that is
    /// one image. None if nothing is known, also where nobody judged what was found.
    pub fn verdict(&self, reference: &str) -> Option<ImageVerdict> {
        let parsed: Reference = reference.parse().ok()?;
        let digest = match &parsed.digest {
            Some(digest) => digest.to_string(),
            None => match self.names.get(&parsed.to_string())? {
                Name::One(digest) => digest.clone(),
                Name::Several => return None,
            },
        };
        self.images.get(&digest).cloned()
    }
}

/// A reference as all that mean the same are written; none of what names its digest, or nothing.
fn plain(reference: &str) -> Option<String> {
    let parsed: Reference = reference.parse().ok()?;
    parsed.digest.is_none().then(|| parsed.to_string())
}

/// What a scan said; none where there were no advisories, or nobody judged what was found.
fn verdict(image: KnownImage) -> Option<ImageVerdict> {
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let act_now = image.act_now?;
    let day = |at: Timestamp| -> Date { Offset::UTC.to_datetime(at).date() };
    Some(ImageVerdict {
        act_now: count(act_now),
        later: count(image.findings.saturating_sub(act_now)),
        critical: count(image.critical),
        high: count(image.high),
        fixable: count(image.fixable),
        worst: image.worst,
        gap: image.gap,
        scanned_on: day(image.scanned_at),
        known_on: image.database_date?,
    })
}

/// What is known of images now.
#[derive(Default)]
pub(crate) struct KnownImages {
    index: RwLock<Arc<Index>>,
    /// Told when the store knows more.
    changed: Notify,
}

impl KnownImages {
    /// What is known. Waits for nothing but another such question.
    pub(crate) fn now(&self) -> Arc<Index> {
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The store knows more now.
    pub(crate) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Keeps it as the store is, for as long as the program runs. While the store is away, what
    /// was known stays: each answer names its day.
    pub(crate) async fn keep(self: Arc<Self>, store: Store) {
        loop {
            let (this, of) = (Arc::clone(&self), store.clone());
            match tokio::task::spawn_blocking(move || this.read(&of)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "what is known of images may be old"),
                Err(error) => tracing::error!(%error, "reading images ended before its time"),
            }
            tokio::time::sleep(PAUSE).await;
            let _ = tokio::time::timeout(READ_EVERY, self.changed.notified()).await;
        }
    }

    fn read(&self, store: &Store) -> Result<(), StoreError> {
        let index = Index::of(store.known_images()?, store.named_images()?);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(of: char) -> String {
        format!("sha256:{}", of.to_string().repeat(64))
    }

    fn image(of: char) -> KnownImage {
        KnownImage {
            digest: digest(of),
            act_now: Some(2),
            findings: 5,
            critical: 1,
            high: 2,
            fixable: 3,
            worst: Some("CVE-1".to_owned()),
            gap: None,
            scanned_at: Timestamp::UNIX_EPOCH,
            database_date: Some(jiff::civil::date(2026, 12, 1)),
        }
    }

    #[test]
    fn an_image_is_known_by_whatever_names_it() {
        let named = |reference: &str, of, is_looked_up| Named {
            reference: reference.to_owned(),
            digest: digest(of),
            is_looked_up,
        };
        let index = Index::of(
            vec![
                image('a'),
                image('b'),
                KnownImage { act_now: None, ..image('c') },
                KnownImage { database_date: None, ..image('d') },
            ],
            vec![
                named("web:1", 'b', true),
                named("docker.io/library/web:1", 'a', false),
                named("one", 'a', false),
                named("docker.io/library/one:latest", 'a', false),
                named("two:1", 'a', false),
                named("two:1", 'b', false),
                named("odd image", 'a', false),
            ],
        );
        let known = |reference: &str| index.verdict(reference).map(|it| (it.act_now, it.later));
        let some = Some((2, 3));
        for (reference, expected) in [
            (format!("any.example/x@{}", digest('a')), some),
            (format!("any.example/x:7@{}", digest('b')), some),
            (format!("x@{}", digest('c')), None),
            (format!("x@{}", digest('d')), None),
            (format!("x@{}", digest('e')), None),
            ("index.docker.io/library/web:1".to_owned(), some),
            ("one:latest".to_owned(), some),
            ("two:1".to_owned(), None),
            ("web:2".to_owned(), None),
            ("odd image".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(known(&reference), expected, "{reference}");
        }
    }
}
