//! Lists of images.

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
            let mut conditions = conditions(transaction, sight, filter, search.as_deref());
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
            for (_, row) in &mut rows {
                spread(transaction, sight, row)?;
            }
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
    transaction: &Transaction<'_>,
    sight: &Sight,
    filter: &'a ImageFilter,
    search: Option<&'a str>,
) -> Conditions<'a> {
    let mut conditions = Conditions::default();
    let mut running = Vec::new();
    if let Sight::Scopes(scopes) = sight {
        let number = conditions.value(Value::Ints(std::sync::Arc::clone(scopes)));
        running.push(transaction.within("r.scope", number));
    }
    if filter.exposed {
        running.push("r.shelter = 0".to_owned());
    }
    if filter.drifted {
        running.push(running::DRIFTED.to_owned());
    }
    if !running.is_empty() || filter.running {
        running.push("r.digest IS NOT NULL".to_owned());
        let running = running.join(" AND ");
        conditions.add(format!("m.digest IN (SELECT r.digest FROM running r WHERE {running})"));
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
    conditions
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

/// Fills in where an image runs.
fn spread(
    transaction: &mut Transaction<'_>,
    sight: &Sight,
    image: &mut ImageRow,
) -> Result<(), StoreError> {
    let digest = image.image.digest.clone();
    let mut conditions = Conditions::default();
    conditions.compare("r.digest", "=", digest);
    conditions.sight(transaction, "r.scope", sight);
    let sql = format!(
        "SELECT MIN(r.reference), COUNT(DISTINCT r.workload_key), \
         COUNT(DISTINCT CASE WHEN r.shelter = 0 THEN r.workload_key END) FROM running r {}",
        conditions.clause()
    );
    transaction.each(&sql, &conditions.values, |row| {
        image.reference = row.string_or_null(0)?;
        image.workloads = row.count(1)?;
        image.exposed = row.count(2)?;
        Ok(())
    })?;
    conditions.add(running::DRIFTED.to_owned());
    let sql = format!(
        "SELECT t.reference, t.digest, t.looked_at FROM running r \
         JOIN tags t ON t.reference = r.reference {} ORDER BY t.reference LIMIT 1",
        conditions.clause()
    );
    image.drift = transaction.first(&sql, &conditions.values, running::tag)?;
    Ok(())
}
