//! Images that run.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use model::Severity;
use serde::Serialize;
use store::ImageFilter;
use utoipa::ToSchema;

use super::findings::SeverityCount;
use crate::interface::app::App;
use crate::interface::asked::{Asked, UNRATED};
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::viewer::Viewer;
use crate::settings::Settings;

/// An image in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageRow {
    digest: String,
    /// One of the references it runs by.
    reference: Option<String>,
    os: Option<String>,
    packages: u64,
    findings: Vec<SeverityCount>,
    workloads: u64,
    exposed: u64,
    #[schema(value_type = String, format = DateTime)]
    scanned_at: Timestamp,
    /// How many of its findings have to be acted on; none when nobody judged it.
    act_now: Option<u64>,
    /// When it was built, by its own word; none when it does not say.
    #[schema(value_type = Option<String>, format = DateTime)]
    built_at: Option<Timestamp>,
    /// Whole days since it was built.
    days_old: Option<i64>,
    /// Whether that is more than `images.oldAfterDays`.
    is_old: bool,
    /// A tag by which it runs and that names another image now.
    drift: Option<Drift>,
    /// What could not be read or decided of it.
    gaps: Vec<String>,
}

/// A tag that names another image than the one that runs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Drift {
    reference: String,
    /// The digest that the tag names.
    names: String,
    /// When the registry was asked.
    #[schema(value_type = String, format = DateTime)]
    looked_at: Timestamp,
}

fn drift(tag: &store::Tag) -> Drift {
    Drift { reference: tag.reference.clone(), names: tag.digest.clone(), looked_at: tag.looked_at }
}

impl ImageRow {
    /// The digest as people can compare it.
    fn short(&self) -> &str {
        let digest = self.digest.strip_prefix("sha256:").unwrap_or(&self.digest);
        digest.get(..12).unwrap_or(digest)
    }
}

/// What is longer ago than this was built long ago.
fn old_before(settings: &Settings, now: Timestamp) -> Timestamp {
    let days = SignedDuration::from_hours(24 * i64::from(settings.images.old_after_days));
    now.checked_sub(days).unwrap_or(Timestamp::MIN)
}

fn image_row(
    settings: &Settings,
    image: &store::Image,
    mut findings: Vec<SeverityCount>,
    unrated: u64,
) -> ImageRow {
    findings.push(SeverityCount { severity: UNRATED, count: Some(unrated) });
    let now = Timestamp::now();
    let limit = old_before(settings, now);
    ImageRow {
        digest: image.digest.clone(),
        reference: None,
        os: image.os.clone(),
        packages: image.packages,
        findings,
        workloads: 0,
        exposed: 0,
        scanned_at: image.scanned_at,
        act_now: image.act_now,
        built_at: image.built_at,
        days_old: image.built_at.map(|at| now.duration_since(at).as_hours() / 24),
        is_old: image.built_at.is_some_and(|at| at <= limit),
        drift: None,
        gaps: image.gaps.iter().map(|gap| format!("{}: {}", gap.subject, gap.reason)).collect(),
    }
}

/// Images, the worst first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImagesPage {
    total: u64,
    images: Vec<ImageRow>,
    next: Option<String>,
    #[serde(skip)]
    asked: Asked,
}

#[derive(Template)]
#[template(path = "images.html")]
struct ImagesHtml<'a> {
    chrome: &'a Chrome,
    page: &'a ImagesPage,
}

impl Page for ImagesPage {
    const SCHEMA: &'static str = "images";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        ImagesHtml { chrome, page: self }.render()
    }
}

/// Images that run, the worst first.
#[utoipa::path(
    get,
    path = "/api/v1/images",
    params(super::ListParameters),
    responses((status = 200, body = ImagesPage), (status = 401)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/images", "Images", ("/images", &asked));
    match find(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/images")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer, asked: Asked) -> Result<ImagesPage, Problem> {
    let (view, place) = (app.view(viewer, &asked).await?, asked.place()?);
    let filter = ImageFilter {
        text: asked.one("q").map(str::to_owned),
        running: true,
        exposed: asked.has("exposed", "yes"),
        drifted: asked.flag("drift")?.unwrap_or_default(),
        built_before: asked
            .flag("old")?
            .unwrap_or_default()
            .then(|| old_before(&app.settings, Timestamp::now())),
        vulnerability: None,
    };
    let page = app.ask(move |store| store.images(&view.sight, &filter, &place)).await?;
    let row = |row: &store::ImageRow| {
        let findings = super::findings::severities(Some(std::slice::from_ref(&row.findings)));
        ImageRow {
            reference: row.reference.clone(),
            workloads: row.workloads,
            exposed: row.exposed,
            drift: row.drift.as_ref().map(drift),
            ..image_row(&app.settings, &row.image, findings, row.unrated)
        }
    };
    Ok(ImagesPage {
        total: page.total,
        images: page.rows.iter().map(row).collect(),
        next: page.next.map(|it| it.to_string()),
        asked,
    })
}

/// One image: what is wrong with it, and where it runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneImage {
    image: ImageRow,
    vulnerabilities: Vec<InImage>,
    running: Vec<RunningRow>,
}

/// A vulnerability of a package.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InImage {
    pub(super) vulnerability: String,
    pub(super) package: String,
    pub(super) version: String,
    pub(super) fixed: Option<String>,
    pub(super) severity: &'static str,
    pub(super) known_exploited: bool,
    /// How likely it is to be used within 30 days, 0 to 1.
    pub(super) epss: Option<f64>,
    pub(super) title: String,
}

/// Where an image runs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunningRow {
    pub(super) cluster: String,
    pub(super) namespace: String,
    pub(super) kind: String,
    pub(super) workload: String,
    pub(super) container: String,
    pub(super) reference: String,
    pub(super) digest: Option<String>,
    /// What its tag names now, if that is not what runs.
    pub(super) drift: Option<Drift>,
    pub(super) pods: u32,
    pub(super) owner: Option<String>,
    /// Whether it is reached from outside of the cluster; none when that is not known.
    pub(super) exposed: Option<bool>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) since: Timestamp,
}

impl RunningRow {
    /// How many pods run it, in words.
    pub(super) fn pods(&self) -> String {
        match self.pods {
            0 => "no pod seen".to_owned(),
            1 => "1 pod".to_owned(),
            pods => format!("{pods} pods"),
        }
    }

    pub(super) fn exposure(&self) -> (&'static str, &'static str) {
        match self.exposed {
            Some(true) => ("exposed", "open"),
            Some(false) => ("not exposed", "good"),
            None => ("exposure not known", "unknown"),
        }
    }
}

pub(super) fn running_row(cluster: &str, running: &store::Running, since: Timestamp) -> RunningRow {
    RunningRow {
        cluster: cluster.to_owned(),
        namespace: running.namespace.clone(),
        kind: running.workload_kind.clone(),
        workload: running.workload.clone(),
        container: running.container.clone(),
        reference: running.reference.clone(),
        digest: running.digest.clone(),
        drift: None,
        pods: running.pods,
        owner: running.owner.clone(),
        exposed: running.exposed,
        since,
    }
}

pub(super) fn in_image(finding: &store::ImageFinding) -> InImage {
    InImage {
        vulnerability: finding.vulnerability.clone(),
        package: finding.package.clone(),
        version: finding.version.clone(),
        fixed: finding.fixed.clone(),
        severity: finding.severity.map_or(UNRATED, Severity::name),
        known_exploited: finding.known_exploited,
        epss: finding.epss_millionths.map(|it| f64::from(it) / 1e6),
        title: finding.title.clone(),
    }
}

#[derive(Template)]
#[template(path = "image.html")]
struct OneImageHtml<'a> {
    chrome: &'a Chrome,
    page: &'a OneImage,
}

impl Page for OneImage {
    const SCHEMA: &'static str = "image";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        OneImageHtml { chrome, page: self }.render()
    }
}

/// One image: what is wrong with it, and where it runs.
#[utoipa::path(
    get,
    path = "/api/v1/images/{digest}",
    params(
        ("digest" = String, Path, description = "`sha256:` and 64 digits"),
        super::ClusterParameter,
    ),
    responses((status = 200, body = OneImage), (status = 401), (status = 404)),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    Path(digest): Path<String>,
    asked: Asked,
) -> Result<Response, Response> {
    let path = format!("/images/{digest}");
    let page = find_one(&app, &viewer, digest, &asked).await;
    let page = page.map_err(|it| it.answer(form, &path))?;
    let title =
        page.running.first().map_or_else(|| page.image.digest.clone(), |it| it.reference.clone());
    let chrome = app.chrome(&viewer, "/images", title, (&path, &asked));
    Ok(form.show(&chrome, &page))
}

async fn find_one(
    app: &Arc<App>,
    viewer: &Viewer,
    digest: String,
    asked: &Asked,
) -> Result<OneImage, Problem> {
    let view = app.view(viewer, asked).await?;
    let found = app.ask(move |store| store.image(&view.sight, &digest)).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let count = |severity: Option<Severity>| {
        found.findings.iter().filter(|it| it.severity == severity).count() as u64
    };
    let counted = |severity: &Severity| SeverityCount {
        severity: severity.name(),
        count: Some(count(Some(*severity))),
    };
    let counts = Severity::ALL.iter().map(counted).collect();
    let row = |(cluster, it, since): &(String, store::Running, Timestamp)| {
        let is_other = |tag: &&store::Tag| {
            tag.reference == it.reference && it.digest.as_ref() != Some(&tag.digest)
        };
        let moved = found.tags.iter().find(is_other).filter(|_| it.pods > 0);
        RunningRow { drift: moved.map(drift), ..running_row(cluster, it, *since) }
    };
    let running: Vec<RunningRow> = found.running.iter().map(row).collect();
    let exposed = running.iter().filter(|it| it.exposed == Some(true)).count();
    Ok(OneImage {
        image: ImageRow {
            reference: running.first().map(|it| it.reference.clone()),
            workloads: running.len() as u64,
            exposed: exposed as u64,
            drift: found.tags.iter().find(|tag| is_moved(&running, tag)).map(drift),
            ..image_row(&app.settings, &found.image, counts, count(None))
        },
        vulnerabilities: found.findings.iter().map(in_image).collect(),
        running,
    })
}

/// Whether somebody runs something else by a tag than what it names.
fn is_moved(running: &[RunningRow], tag: &store::Tag) -> bool {
    let mut moved = running.iter().filter_map(|it| it.drift.as_ref());
    moved.any(|it| it.reference == tag.reference)
}
