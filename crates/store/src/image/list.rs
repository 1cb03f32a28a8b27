//! Lists of images.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Image, ImageFinding, count_of, gaps_of};
use crate::filter::{like, pattern};
use crate::query::{Conditions, Sight};
use crate::running::{self, Running, Tag};
use crate::transaction::{Row, Transaction, Value};
use crate::{Count, Page, PageRequest, Store, StoreError, counts};

/// An image of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRow {
    /// The image.
    pub image: Image,
    /// How many findings it has; the key is empty.
    pub findings: Count,
    /// One of the references it runs by; none when it does not run.
    pub reference: Option<String>,
    /// How many workloads run it, as far as the user may see.
    pub workloads: u64,
    /// How many of these are exposed.
    pub exposed: u64,
    /// How many of its findings nobody rated.
    pub unrated: u64,
    /// A tag by which it runs and that names another image now, if there is one.
    pub drift: Option<Tag>,
}

/// Which images are asked for. What is none or false asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFilter {
    /// A text in the digest or in a reference it runs by; case does not count.
    pub text: Option<String>,
    /// Only those that run.
    pub running: bool,
    /// Only those that run in an exposed workload.
    pub exposed: bool,
    /// Only those of which a tag by which they run names another image now.
    pub drifted: bool,
    /// Only those that were built then or before.
    pub built_before: Option<Timestamp>,
    /// Only those that have this vulnerability.
    pub vulnerability: Option<String>,
}

/// All of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDetail {
    /// The image.
    pub image: Image,
    /// What is known to be wrong with it, the worst first.
    pub findings: Vec<ImageFinding>,
    /// Where it runs, as far as the user may see: the cluster, what runs, since when.
    pub running: Vec<(String, Running, Timestamp)>,
    /// What the references by which it runs named when they were last looked at.
    pub tags: Vec<Tag>,
}

const COLUMNS: &str = "m.id, m.digest, m.os, m.packages, m.scanned_at, m.database_date, \
                       m.gaps_json, m.critical, m.high, m.medium, m.low, m.info, m.unrated, \
                       m.built_at, m.act_now, m.worst";

impl Store {
    /// The images a user may see, the worst first: those that a visible workload runs, and with
    /// [`Sight::All`] those that do not run too.
    pub fn images(
        &self,
        sight: &Sight,
        filter: &ImageFilter,
        page: &PageRequest,
    ) -> Result<Page<ImageRow>, StoreError> {
        let search = filter.text.as_deref().map(pattern).transpose()?.flatten();
        self.read(|transaction| {
            let mut conditions = conditions(transaction, sight, filter, search.as_deref())?;
            let sql = format!("SELECT COUNT(*) FROM images m {}", conditions.clause());
            let total = transaction.count(&sql, &conditions.values)?;
            if let Some(keys) = page.keys::<3>('i')? {
                let [critical, high, id] = keys.map(|key| conditions.value(key));
                conditions
                    .add(format!("(m.critical, m.high, m.id) < (${critical}, ${high}, ${id})"));
            }
            let limit = conditions.value(page.rows() + 1);
            let sql = format!(
                "SELECT {COLUMNS} FROM images m {} \
                 ORDER BY m.critical DESC, m.high DESC, m.id DESC LIMIT ${limit}",
                conditions.clause()
            );
            let mut rows = transaction.all(&sql, &conditions.values, |row| {
                let keys = [row.int(7)?, row.int(8)?, row.int(0)?];
                let (image, findings) = (image(row)?, findings(row)?);
                let row = ImageRow {
                    image,
                    findings,
                    reference: None,
                    workloads: 0,
                    exposed: 0,
                    unrated: row.count(12)?,
                    drift: None,
                };
                Ok((keys, row))
            })?;
            spread(transaction, sight, &mut rows)?;
            Ok(Page::of('i', page, rows, total))
        })
    }

    /// An image with its findings and where it runs. None when it was not scanned, or when the
    /// user may see nothing that runs it.
    pub fn image(&self, sight: &Sight, digest: &str) -> Result<Option<ImageDetail>, StoreError> {
        self.read(|transaction| {
            let sql = format!("SELECT {COLUMNS} FROM images m WHERE m.digest = $1");
            let found =
                transaction.first(&sql, &[digest.into()], |row| Ok((row.int(0)?, image(row)?)))?;
            let Some((id, image)) = found else { return Ok(None) };
            let running = running::of_image(transaction, sight, digest)?;
            if running.is_empty() && *sight != Sight::All {
                return Ok(None);
            }
            let sql = "SELECT v.name, i.package, i.version, i.fixed, i.severity, \
                       i.known_exploited, i.epss, i.title, i.purl FROM image_findings i \
                       JOIN vulnerabilities v ON v.id = i.vulnerability WHERE i.image = $1 \
                       ORDER BY i.severity DESC, i.known_exploited DESC, v.name, i.number";
            let findings = transaction.all(sql, &[id.into()], |row| super::finding(row, 0))?;
            let tags = running::tags_of(transaction, &running)?;
            Ok(Some(ImageDetail { image, findings, running, tags }))
        })
    }
}

fn conditions<'a>(
    transaction: &mut Transaction<'_>,
    sight: &Sight,
    filter: &'a ImageFilter,
    search: Option<&'a str>,
) -> Result<Conditions<'a>, StoreError> {
    let mut conditions = Conditions::default();
    let ImageFilter { running, exposed, drifted, .. } = *filter;
    if let Some(images) = super::seen(transaction, sight, running, exposed, drifted)? {
        conditions.within(transaction, "m.id", images);
    }
    if let Some(built_before) = filter.built_before {
        conditions.compare("m.built_at", "<=", built_before);
    }
    if let Some(search) = search {
        let number = conditions.value(search);
        let (digest, reference) = (like(&["m.digest"], number), like(&["r.reference"], number));
        conditions.add(format!(
            "({digest} OR m.digest IN (SELECT r.digest FROM running r WHERE {reference} \
             AND r.digest IS NOT NULL))"
        ));
    }
    if let Some(vulnerability) = &filter.vulnerability {
        let number = conditions.value(vulnerability.as_str());
        conditions.add(format!(
            "m.id IN (SELECT i.image FROM image_findings i JOIN vulnerabilities v \
             ON v.id = i.vulnerability WHERE v.name = ${number})"
        ));
    }
    Ok(conditions)
}

fn image(row: &Row<'_>) -> Result<Image, StoreError> {
    Ok(Image {
        digest: row.string(1)?,
        os: row.string_or_null(2)?,
        packages: row.count(3)?,
        scanned_at: row.time(4)?,
        database_date: row.int_or_null(5)?.map(counts::date_of).transpose()?,
        built_at: row.time_or_null(13)?,
        act_now: row.int_or_null(14)?.map(count_of),
        worst: row.string_or_null(15)?,
        gaps: gaps_of(row.text(6)?)?,
    })
}

fn findings(row: &Row<'_>) -> Result<Count, StoreError> {
    Ok(Count {
        key: String::new(),
        critical: row.count(7)?,
        high: row.count(8)?,
        medium: row.count(9)?,
        low: row.count(10)?,
        info: row.count(11)?,
    })
}

/// Fills in where the images of a page run.
fn spread(
    transaction: &mut Transaction<'_>,
    sight: &Sight,
    rows: &mut [([i64; 3], ImageRow)],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let digests: Vec<String> = rows.iter().map(|(_, row)| row.image.digest.clone()).collect();
    let mut conditions = Conditions::default();
    let number = conditions.value(Value::Texts(digests.iter().map(String::as_str).collect()));
    conditions.add(transaction.within("r.digest", number));
    conditions.sight(transaction, "+r.scope", sight);
    let sql = format!(
        "SELECT r.digest, MIN(r.reference), COUNT(DISTINCT r.workload_key), \
         COUNT(DISTINCT CASE WHEN r.shelter = 0 THEN r.workload_key END) FROM running r {} \
         GROUP BY r.digest",
        conditions.clause()
    );
    let mut places: HashMap<&str, &mut ImageRow> =
        rows.iter_mut().zip(&digests).map(|((_, row), digest)| (digest.as_str(), row)).collect();
    transaction.each(&sql, &conditions.values, |row| {
        if let Some(image) = places.get_mut(row.text(0)?) {
            image.reference = row.string_or_null(1)?;
            image.workloads = row.count(2)?;
            image.exposed = row.count(3)?;
        }
        Ok(())
    })?;
    conditions.add(running::DRIFTED.to_owned());
    let sql = format!(
        "SELECT r.digest, MIN(t.reference) FROM running r JOIN tags t ON t.reference = r.reference \
         {} GROUP BY r.digest",
        conditions.clause()
    );
    let mut drifted = Vec::new();
    transaction.each(&sql, &conditions.values, |row| {
        drifted.push((row.string(0)?, row.string(1)?));
        Ok(())
    })?;
    for (digest, reference) in drifted {
        let sql = "SELECT t.reference, t.digest, t.looked_at FROM tags t WHERE t.reference = $1";
        if let Some(image) = places.get_mut(digest.as_str()) {
            image.drift = transaction.first(sql, &[reference.into()], running::tag)?;
        }
    }
    Ok(())
}
