//! Images and what is known to be wrong with them.

mod known;
mod list;
mod vulnerability;

pub use known::{IMAGES_KNOWN_MAX, KnownImage, Named};
pub use list::{ImageDetail, ImageFilter, ImageRow};
pub use vulnerability::{Place, Vulnerability, VulnerabilityFilter};

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use model::Severity;
use serde_json::json;

use crate::finding::{severity_number, severity_of};
use crate::ledger::AssessedGap;
use crate::query::{Conditions, Sight};
use crate::running;
use crate::transaction::{Columns, Kind, Row, Rows, Transaction, Value};
use crate::{Store, StoreError, counts, text};

/// The most findings that are kept of one image.
pub const IMAGE_FINDINGS_MAX: usize = 200_000;

/// An image that was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The digest of its manifest, as pods tell it.
    pub digest: String,
    /// Its distribution, if it says one.
    pub os: Option<String>,
    /// How many packages it has.
    pub packages: u64,
    /// When it was scanned.
    pub scanned_at: Timestamp,
    /// The day of the vulnerability database; none when there was none.
    pub database_date: Option<Date>,
    /// When it was built, by its own word; none when it says nothing of use.
    pub built_at: Option<Timestamp>,
    /// How many of its findings have to be acted on, by the team's policy on the day of the scan;
    /// none when nobody judged it.
    pub act_now: Option<u64>,
    /// The most urgent of its findings, by name.
    pub worst: Option<String>,
    /// What could not be read or decided.
    pub gaps: Vec<AssessedGap>,
}

/// A vulnerability of one package of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFinding {
    /// Its name, a CVE's where there is one.
    pub vulnerability: String,
    /// The package.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// The version that fixes it; none when there is none.
    pub fixed: Option<String>,
    /// How bad it is; none when nobody rated it. It stands behind all that is rated, as in
    /// `advisory::Rating`.
    pub severity: Option<Severity>,
    /// Whether it is known to be used by attackers.
    pub known_exploited: bool,
    /// How likely it is to be used within 30 days, in millionths; none when not known.
    pub epss_millionths: Option<u32>,
    /// What it is, in a line.
    pub title: String,
    /// The package's URL.
    pub purl: String,
}

const FINDINGS: Columns = Columns {
    table: "image_findings",
    columns: &[
        ("image", Kind::Int),
        ("vulnerability", Kind::Int),
        ("number", Kind::Int),
        ("package", Kind::Text),
        ("version", Kind::Text),
        ("fixed", Kind::Text),
        ("severity", Kind::Int),
        ("known_exploited", Kind::Int),
        ("epss", Kind::Int),
        ("title", Kind::Text),
        ("purl", Kind::Text),
    ],
};

impl Store {
    /// Records what a scan of an image found, in place of what an earlier one did.
    pub fn record_image(&self, image: &Image, findings: &[ImageFinding]) -> Result<(), StoreError> {
        let length = findings.len();
        if length > IMAGE_FINDINGS_MAX {
            let what = "the list of an image's findings";
            return Err(StoreError::TooLong { what, length, most: IMAGE_FINDINGS_MAX });
        }
        self.write(|transaction| {
            let id = write_image(transaction, image, findings)?;
            let sql = "SELECT DISTINCT vulnerability FROM image_findings WHERE image = $1";
            let mut touched = transaction.all(sql, &[id.into()], |row| row.int(0))?;
            transaction.execute("DELETE FROM image_findings WHERE image = $1", &[id.into()])?;
            let vulnerabilities = vulnerability::numbers(transaction, findings)?;
            let mut rows = Rows::of(&FINDINGS);
            for (number, finding) in (0..).zip(findings) {
                let name = text::line(&finding.vulnerability);
                let Some(vulnerability) = vulnerabilities.get(&name).copied() else { continue };
                touched.push(vulnerability);
                rows.push(finding_row(id, vulnerability, number, finding));
            }
            transaction.insert(&FINDINGS, &rows, "")?;
            touched.sort_unstable();
            touched.dedup();
            vulnerability::settle(transaction, touched)
        })
    }

    /// Forgets an image; whether it was known.
    pub fn forget_image(&self, digest: &str) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let sql = "SELECT id FROM images WHERE digest = $1";
            let Some(id) = transaction.first(sql, &[digest.into()], |row| row.int(0))? else {
                return Ok(false);
            };
            forget(transaction, vec![id])?;
            Ok(true)
        })
    }
}

/// The images a user sees running, of these those that are exposed. None when all images count.
fn seen(
    transaction: &mut Transaction<'_>,
    sight: &Sight,
    running: bool,
    exposed: bool,
    drifted: bool,
) -> Result<Option<Arc<[i64]>>, StoreError> {
    if *sight == Sight::All && !running && !exposed && !drifted {
        return Ok(None);
    }
    let mut conditions = Conditions::default();
    conditions.sight(transaction, "r.scope", sight);
    if exposed {
        conditions.add("r.shelter = 0".to_owned());
    }
    if drifted {
        conditions.add(running::DRIFTED.to_owned());
    }
    let sql = format!(
        "SELECT DISTINCT m.id FROM running r JOIN images m ON m.digest = r.digest {}",
        conditions.clause()
    );
    Ok(Some(transaction.all(&sql, &conditions.values, |row| row.int(0))?.into()))
}

/// Forgets images by their numbers.
pub(crate) fn forget(transaction: &mut Transaction<'_>, ids: Vec<i64>) -> Result<(), StoreError> {
    let ids = [Value::Ints(ids.into())];
    let of = transaction.within("image", 1);
    let sql = format!("SELECT DISTINCT vulnerability FROM image_findings WHERE {of}");
    let touched = transaction.all(&sql, &ids, |row| row.int(0))?;
    transaction.execute(&format!("DELETE FROM image_findings WHERE {of}"), &ids)?;
    let sql = format!("DELETE FROM images WHERE {}", transaction.within("id", 1));
    transaction.execute(&sql, &ids)?;
    vulnerability::settle(transaction, touched)
}

fn write_image(
    transaction: &mut Transaction<'_>,
    image: &Image,
    findings: &[ImageFinding],
) -> Result<i64, StoreError> {
    let known = transaction.first(
        "SELECT id FROM images WHERE digest = $1",
        &[Value::Text(text::line(&image.digest))],
        |row| row.int(0),
    )?;
    let id = match known {
        Some(id) => id,
        None => transaction.take("images", 1)?,
    };
    let count = |is: &dyn Fn(&ImageFinding) -> bool| {
        Value::from(findings.iter().filter(|finding| is(finding)).count())
    };
    let rated = |severity| count(&|finding| finding.severity == Some(severity));
    let os = image.os.as_deref().map(text::line);
    let values = [
        id.into(),
        Value::Text(text::line(&image.digest)),
        os.map_or(Value::Null, Value::Text),
        image.packages.into(),
        image.scanned_at.into(),
        Value::int_or_null(image.database_date.map(counts::day_number)),
        Value::Text(gaps_json(&image.gaps).into()),
        rated(Severity::Critical),
        rated(Severity::High),
        rated(Severity::Medium),
        rated(Severity::Low),
        rated(Severity::Info),
        count(&|finding| finding.severity.is_none()),
        count(&|finding| finding.fixed.is_some()),
        image.built_at.map_or(Value::Null, Value::from),
        image.act_now.map_or(Value::Null, Value::from),
        image.worst.as_deref().map_or(Value::Null, |worst| Value::Text(text::line(worst))),
    ];
    let sql = "INSERT INTO images (id, digest, os, packages, scanned_at, database_date, \
               gaps_json, critical, high, medium, low, info, unrated, fixable, built_at, \
               act_now, worst) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
               $14, $15, $16, $17) \
               ON CONFLICT (id) DO UPDATE SET os = excluded.os, packages = excluded.packages, \
               scanned_at = excluded.scanned_at, database_date = excluded.database_date, \
               gaps_json = excluded.gaps_json, critical = excluded.critical, \
               high = excluded.high, medium = excluded.medium, low = excluded.low, \
               info = excluded.info, unrated = excluded.unrated, fixable = excluded.fixable, \
               built_at = excluded.built_at, act_now = excluded.act_now, \
               worst = excluded.worst";
    transaction.execute(sql, &values)?;
    Ok(id)
}

fn finding_row(
    image: i64,
    vulnerability: i64,
    number: i64,
    finding: &ImageFinding,
) -> [Value<'_>; 11] {
    let [package, version, title, purl] =
        [&finding.package, &finding.version, &finding.title, &finding.purl]
            .map(|part| Value::Text(text::line(part)));
    let fixed = finding.fixed.as_deref().map(text::line);
    [
        image.into(),
        vulnerability.into(),
        number.into(),
        package,
        version,
        fixed.map_or(Value::Null, Value::Text),
        rating_number(finding.severity).into(),
        finding.known_exploited.into(),
        Value::int_or_null(finding.epss_millionths.map(i64::from)),
        title,
        purl,
    ]
}

/// A finding from the columns `vulnerability name, package, version, fixed, severity,
/// known_exploited, epss, title, purl`, the first of them at `from`.
fn finding(row: &Row<'_>, from: usize) -> Result<ImageFinding, StoreError> {
    Ok(ImageFinding {
        vulnerability: row.string(from)?,
        package: row.string(from + 1)?,
        version: row.string(from + 2)?,
        fixed: row.string_or_null(from + 3)?,
        severity: rating_of(row.int(from + 4)?)?,
        known_exploited: row.int(from + 5)? != 0,
        epss_millionths: row.int_or_null(from + 6)?.map(millionths),
        title: row.string(from + 7)?,
        purl: row.string(from + 8)?,
    })
}

/// The number of what nobody rated: behind all that is.
const UNRATED: i64 = -1;

/// A severity as it is stored.
fn rating_number(severity: Option<Severity>) -> i64 {
    severity.map_or(UNRATED, severity_number)
}

fn rating_of(number: i64) -> Result<Option<Severity>, StoreError> {
    if number == UNRATED { Ok(None) } else { severity_of(number).map(Some) }
}

fn count_of(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn millionths(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

fn gaps_json(gaps: &[AssessedGap]) -> String {
    let gaps = gaps.iter().map(|gap| {
        let [kind, subject, reason] =
            [&gap.kind, &gap.subject, &gap.reason].map(|it| text::line(it));
        json!([kind, subject, reason])
    });
    serde_json::Value::Array(gaps.collect()).to_string()
}

fn gaps_of(json: &str) -> Result<Vec<AssessedGap>, StoreError> {
    let gaps: Vec<[String; 3]> =
        serde_json::from_str(json).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let gap = |[kind, subject, reason]: [String; 3]| AssessedGap { kind, subject, reason };
    Ok(gaps.into_iter().map(gap).collect())
}
