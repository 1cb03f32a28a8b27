//! What is known of images, for whoever decides without asking the store each time.

use jiff::Timestamp;
use jiff::civil::Date;

use super::gaps_of;
use crate::{Store, StoreError, counts};

/// The most images, and the most names of images, that are told at once: the newest of them.
pub const IMAGES_KNOWN_MAX: usize = 200_000;

/// What the last scan of an image said, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownImage {
    /// The digest of its manifest.
    pub digest: String,
    /// How many findings have to be acted on; none when nobody judged it.
    pub act_now: Option<u64>,
    /// How many findings there are.
    pub findings: u64,
    /// How many of them are critical.
    pub critical: u64,
    /// How many of them are high.
    pub high: u64,
    /// How many of them a newer version mends.
    pub fixable: u64,
    /// The most urgent of them, by name.
    pub worst: Option<String>,
    /// The first thing that could not be read or decided, if there is one.
    pub gap: Option<String>,
    /// When it was scanned.
    pub scanned_at: Timestamp,
    /// The day of the vulnerability database; none when there was none.
    pub database_date: Option<Date>,
}

/// A reference and a digest that it names, or that runs by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The reference, as pods name the image.
    pub reference: String,
    /// The digest.
    pub digest: String,
    /// Whether a registry was asked what the reference names; otherwise a pod tells what it runs.
    pub is_looked_up: bool,
}

impl Store {
    /// What is known of images, the last scanned first, [`IMAGES_KNOWN_MAX`] at most.
    pub fn known_images(&self) -> Result<Vec<KnownImage>, StoreError> {
        let sql = "SELECT digest, act_now, critical + high + medium + low + info + unrated, \
                   critical, high, fixable, worst, gaps_json, scanned_at, database_date \
                   FROM images ORDER BY scanned_at DESC, id LIMIT $1";
        self.read(|transaction| {
            transaction.all(sql, &[IMAGES_KNOWN_MAX.into()], |row| {
                let gaps = gaps_of(row.text(7)?)?;
                Ok(KnownImage {
                    digest: row.string(0)?,
                    act_now: row.int_or_null(1)?.map(super::count_of),
                    findings: row.count(2)?,
                    critical: row.count(3)?,
                    high: row.count(4)?,
                    fixable: row.count(5)?,
                    worst: row.string_or_null(6)?,
                    gap: gaps.into_iter().next().map(|gap| gap.reason),
                    scanned_at: row.time(8)?,
                    database_date: row.int_or_null(9)?.map(counts::date_of).transpose()?,
                })
            })
        })
    }

    /// What references name: what registries said, the last looked at first, then what runs by
    /// them; [`IMAGES_KNOWN_MAX`] at most of either.
    pub fn named_images(&self) -> Result<Vec<Named>, StoreError> {
        const TAGS: &str = "SELECT reference, digest, CAST(1 AS BIGINT) FROM tags \
                            ORDER BY looked_at DESC, reference LIMIT $1";
        const RUNNING: &str = "SELECT DISTINCT reference, digest, CAST(0 AS BIGINT) \
                               FROM running WHERE digest IS NOT NULL \
                               ORDER BY reference, digest LIMIT $1";
        self.read(|transaction| {
            let mut named = Vec::new();
            for sql in [TAGS, RUNNING] {
                transaction.each(sql, &[IMAGES_KNOWN_MAX.into()], |row| {
                    let (reference, digest) = (row.string(0)?, row.string(1)?);
                    named.push(Named { reference, digest, is_looked_up: row.int(2)? != 0 });
                    Ok(())
                })?;
            }
            Ok(named)
        })
    }
}
