//! The page of images: what of their vulnerabilities has to be acted on, by which upgrade, and who
//! runs them. It has no script: what it filters by are boxes to tick, and rules of its style.

use std::io::{self, Write};

use super::{LISTED_MAX, digest, grouped, left_out};
use crate::Outcome;
use crate::markup::text;
use crate::wording::counted;

const STYLE: &str = concat!(include_str!("page.css"), include_str!("images.css"));

/// Vulnerabilities that are listed.
const ROWS_MAX: usize = 5_000;
/// Steps that are listed.
const STEPS_MAX: usize = 100;
/// Images of a deployment that are listed.
const IMAGES_MAX: usize = 5_000;
/// Those that run an image, at one finding.
const RUNS_IN_MAX: usize = 100;
/// Classes by their names, with what people call them.
const CLASSES: [(&str, &str); 5] = [
    ("act", "act now"),
    ("grace", "in grace"),
    ("waiting", "waiting for the vendor"),
    ("accepted", "accepted"),
    ("not-affected", "not affected"),
];
/// Severities by their names, the gravest first; `unknown` is taken as high.
const RATINGS: [&str; 6] = ["critical", "high", "unknown", "medium", "low", "negligible"];

/// What was found in one image or in those of a deployment, in words.
pub struct ImagePage<'a> {
    /// Version of the program.
    pub program_version: &'a str,
    /// The image, or what the images are of.
    pub title: String,
    /// What else there is to say of it: its digest, its release.
    pub about: String,
    /// The day it is.
    pub day: String,
    /// Which advisories were asked.
    pub advisories: String,
    /// What the policy makes of it.
    pub outcome: Outcome,
    /// What is worth knowing before all findings, the gravest first.
    pub facts: Vec<ImageFact>,
    /// The images of a deployment; none where one was asked for.
    pub images: Vec<ImageRow>,
    /// What to do, the step that mends the most first.
    pub steps: Vec<ImageStep>,
    /// The most urgent first.
    pub findings: Vec<ImageFinding>,
    /// Credentials, the gravest first; none if nobody looked for them.
    pub credentials: Option<ImageCredentials>,
    /// What is not known: kind and sentence.
    pub gaps: Vec<(String, String)>,
}

/// A sentence, and how bad it is.
pub struct ImageFact {
    /// How bad.
    pub mood: Mood,
    /// The sentence.
    pub text: String,
}

/// How bad a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Somebody has to act.
    Bad,
    /// Somebody should look.
    Warning,
    /// It helps.
    Good,
    /// It is so.
    Plain,
}

/// An image of a deployment.
pub struct ImageRow {
    /// What it is called.
    pub name: String,
    /// Findings to act on now, in grace, and waiting; none if it could not be read.
    pub counts: Option<[usize; 3]>,
    /// Credentials in it that are at least of medium severity.
    pub credentials: Option<usize>,
    /// What else is to be said, such as who reaches it.
    pub note: String,
    /// Workloads that run it.
    pub runs_in: Vec<String>,
}

/// A package to upgrade.
pub struct ImageStep {
    /// The package, and the version it has.
    pub package: String,
    /// The version it needs.
    pub to: String,
    /// How many findings that mends, of which how many are urgent, and where.
    pub mends: String,
}

/// A vulnerability of a package.
pub struct ImageFinding {
    /// Its class by its name in outputs: `act`.
    pub class: &'static str,
    /// Its severity: `high`.
    pub rating: &'static str,
    /// Its name: `CVE-2026-1234`.
    pub id: String,
    /// What it is.
    pub summary: String,
    /// The package and its version.
    pub package: String,
    /// Where the package is.
    pub place: String,
    /// The version that mends it; none if there is none.
    pub fixed: Option<String>,
    /// What there is to say of its class: days left, who accepted it.
    pub note: String,
    /// Workloads, or else images, that have it; of one image none.
    pub runs_in: Vec<String>,
}

/// Credentials of images.
pub struct ImageCredentials {
    /// What was looked at, and how many were found.
    pub summary: String,
    /// The gravest first.
    pub rows: Vec<ImageCredential>,
}

/// A credential.
pub struct ImageCredential {
    /// Its severity.
    pub severity: &'static str,
    /// What it is.
    pub title: String,
    /// The rule that found it, and what to do.
    pub rule: String,
    /// See `rule`.
    pub advice: String,
    /// Where it stands.
    pub places: Vec<String>,
}

/// Writes the page.
///
/// # Errors
///
/// If it cannot be written.
pub fn render_images(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    head(page, &mut out)?;
    writeln!(out, "<main id=\"main\">")?;
    tiles(page, &mut out)?;
    gaps(page, &mut out)?;
    facts(page, &mut out)?;
    steps(page, &mut out)?;
    images(page, &mut out)?;
    findings(page, &mut out)?;
    credentials(page, &mut out)?;
    let version = text(page.program_version);
    writeln!(
        out,
        "</main>\n<footer>Written by bollwerk {version}; advisories: {}. This page loads nothing \
         and runs nothing.</footer>\n</body>\n</html>",
        text(&page.advisories)
    )?;
    out.flush()
}

impl ImagePage<'_> {
    fn count(&self, class: &str) -> usize {
        self.findings.iter().filter(|it| it.class == class).count()
    }

    /// The word before the headline, its class, and the headline.
    fn verdict(&self) -> (&'static str, &'static str, String) {
        let urgent = self.count("act");
        let what = if urgent == 1 { "finding needs" } else { "findings need" };
        let said = format!("{} {what} somebody now", grouped(urgent));
        match self.outcome {
            Outcome::Findings => ("failed", "failed", said),
            _ if urgent > 0 => ("act now", "failed", said),
            Outcome::NotAssessed => ("unclear", "unknown", "not all of it could be judged".into()),
            Outcome::Clean if self.findings.is_empty() => {
                ("clean", "clean", "nothing in it is known to be vulnerable".into())
            }
            Outcome::Clean => ("in time", "clean", "nothing needs somebody today".into()),
        }
    }
}

fn head(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (word, class, because) = page.verdict();
    let [title, about, day] = [&page.title, &page.about, &page.day].map(|it| text(it));
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{word}: {title} – bollwerk</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">To the findings</a>\n\
         <header>\n<p class=\"brand\">bollwerk</p>\n\
         <h1 class=\"{class}\"><span>{word}:</span> {because}</h1>\n\
         <p class=\"read\"><bdi>{title}</bdi> · {about} · judged for {day}</p>\n</header>\n",
        style = digest(STYLE),
        because = text(&because),
    )
}

fn tiles(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<nav class=\"tiles\" aria-label=\"Counts\">")?;
    let mut tile = |class: &str, href: &str, count: usize, name: &str| {
        let (empty, count) = (if count == 0 { " none" } else { "" }, grouped(count));
        writeln!(out, "<a class=\"tile {class}{empty}\" href=\"#{href}\"><b>{count}</b> {name}</a>")
    };
    for (class, name) in CLASSES {
        let count = page.count(class);
        if class != "not-affected" || count > 0 {
            tile(class, "findings", count, name)?;
        }
    }
    if let Some(credentials) = &page.credentials {
        let count = credentials.rows.len();
        let name = if count == 1 { "credential" } else { "credentials" };
        let worst = credentials.rows.first().map_or("info", |it| it.severity);
        tile(worst, "credentials", count, name)?;
    }
    if !page.images.is_empty() {
        tile("quiet", "images", page.images.len(), "images")?;
    }
    let gaps = if page.gaps.len() == 1 { "gap" } else { "gaps" };
    tile("gap", "gaps", page.gaps.len(), gaps)?;
    writeln!(out, "</nav>")
}

fn gaps(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = page.gaps.len();
    if count == 0 {
        return writeln!(
            out,
            "<p class=\"complete\" id=\"gaps\">No gap: everything was read and decided.</p>"
        );
    }
    let open = if count <= 10 { " open" } else { "" };
    writeln!(
        out,
        "<details class=\"panel gaps\" id=\"gaps\"{open}><summary><h2>{}: not everything was \
         assessed</h2></summary>\n<table><thead><tr><th>Kind<th>What is not known</thead><tbody>",
        counted(count as u64, "gap")
    )?;
    for (kind, reason) in page.gaps.iter().take(LISTED_MAX) {
        writeln!(out, "<tr><td><code>{}</code><td><bdi>{}</bdi>", text(kind), text(reason))?;
    }
    writeln!(out, "</tbody></table>{}</details>", left_out(count, LISTED_MAX, "gap"))
}

fn facts(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.facts.is_empty() {
        return Ok(());
    }
    writeln!(out, "<ul class=\"facts\">")?;
    for fact in &page.facts {
        let class = match fact.mood {
            Mood::Bad => " class=\"bad\"",
            Mood::Warning => " class=\"warn\"",
            Mood::Good => " class=\"good\"",
            Mood::Plain => "",
        };
        writeln!(out, "<li{class}>{}", text(&fact.text))?;
    }
    writeln!(out, "</ul>")
}

fn steps(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.steps.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section aria-labelledby=\"steps-title\">\n<h2 id=\"steps-title\">What to do</h2>\n\
         <ol class=\"steps\">"
    )?;
    for step in page.steps.iter().take(STEPS_MAX) {
        let [package, to, mends] = [&step.package, &step.to, &step.mends].map(|it| text(it));
        writeln!(
            out,
            "<li><bdi>{package}</bdi> <span aria-hidden=\"true\">→</span> <b><bdi>{to}</bdi></b> \
             <span class=\"dim\">{mends}</span>"
        )?;
    }
    writeln!(out, "</ol>{}</section>", left_out(page.steps.len(), STEPS_MAX, "step"))
}

fn images(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.images.is_empty() {
        return Ok(());
    }
    let searched = page.images.iter().any(|it| it.credentials.is_some());
    let head = if searched { "<th class=\"count\">Credentials" } else { "" };
    writeln!(
        out,
        "<section id=\"images\" aria-labelledby=\"images-title\">\n\
         <h2 id=\"images-title\">Images</h2>\n<table class=\"numbers\"><thead><tr><th>Image\
         <th class=\"count\">Act now<th class=\"count\">In grace<th class=\"count\">Waiting{head}\
         <th>Runs in</thead><tbody>"
    )?;
    for image in page.images.iter().take(IMAGES_MAX) {
        write!(out, "<tr><td><bdi>{}</bdi>", text(&image.name))?;
        if !image.note.is_empty() {
            write!(out, "<br><span class=\"dim\">{}</span>", text(&image.note))?;
        }
        match image.counts {
            Some([act, grace, waiting]) => {
                let class = if act > 0 { " act" } else { "" };
                write!(
                    out,
                    "<td class=\"count{class}\">{}<td class=\"count\">{}<td class=\"count\">{}",
                    grouped(act),
                    grouped(grace),
                    grouped(waiting)
                )?;
            }
            None => write!(out, "<td colspan=\"3\" class=\"gap\">could not be read")?,
        }
        if searched {
            let count = image.credentials.map_or_else(|| "–".to_owned(), grouped);
            let class = if image.credentials.is_some_and(|it| it > 0) { " act" } else { "" };
            write!(out, "<td class=\"count{class}\">{count}")?;
        }
        write!(out, "<td>")?;
        runs_in(&image.runs_in, out)?;
        writeln!(out)?;
    }
    writeln!(out, "</tbody></table>{}</section>", left_out(page.images.len(), IMAGES_MAX, "image"))
}

/// One name as it is, several behind their number.
fn runs_in(names: &[String], out: &mut dyn Write) -> io::Result<()> {
    match names {
        [] => Ok(()),
        [only] => write!(out, "<bdi>{}</bdi>", text(only)),
        [first, others @ ..] => {
            let more = others.len();
            write!(
                out,
                "<details><summary><bdi>{}</bdi> and {more} more</summary><ul>",
                text(first)
            )?;
            for name in others.iter().take(RUNS_IN_MAX) {
                write!(out, "<li><bdi>{}</bdi>", text(name))?;
            }
            if more > RUNS_IN_MAX {
                write!(out, "<li>{} more", grouped(more - RUNS_IN_MAX))?;
            }
            write!(out, "</ul></details>")
        }
    }
}

fn findings(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"findings\" aria-labelledby=\"findings-title\" tabindex=\"-1\">\n\
         <h2 id=\"findings-title\">Vulnerabilities</h2>"
    )?;
    if page.findings.is_empty() {
        return writeln!(out, "<p class=\"dim\">None is known.</p></section>");
    }
    choices(page, out)?;
    let in_several = page.findings.iter().any(|it| !it.runs_in.is_empty());
    let head = if in_several { "<th>Runs in" } else { "" };
    writeln!(
        out,
        "<table class=\"found\"><thead><tr><th>Severity<th>Vulnerability<th>Package<th>Fixed in\
         <th>When{head}</thead><tbody>"
    )?;
    for finding in page.findings.iter().take(ROWS_MAX) {
        row(finding, in_several, out)?;
    }
    writeln!(
        out,
        "</tbody></table>{}</section>",
        left_out(page.findings.len(), ROWS_MAX, "finding")
    )
}

/// Boxes to tick: the style hides the rows of those that are not.
fn choices(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<fieldset class=\"choices\"><legend>Show</legend>")?;
    let mut choice = |id: &str, label: &str, count: usize| {
        writeln!(
            out,
            "<label class=\"{id}\"><input type=\"checkbox\" id=\"show-{id}\" checked> {label} \
             <span class=\"dim\">{}</span></label>",
            grouped(count)
        )
    };
    let classes = CLASSES.iter().map(|(id, label)| (*id, *label, page.count(id)));
    for (id, label, count) in classes.filter(|it| it.2 > 0) {
        choice(id, label, count)?;
    }
    let of = |rating: &str| page.findings.iter().filter(|it| it.rating == rating).count();
    let ratings = RATINGS.iter().map(|it| (*it, of(it)));
    for (rating, count) in ratings.filter(|it| it.1 > 0) {
        choice(rating, rating, count)?;
    }
    let fixed = page.findings.iter().filter(|it| it.fixed.is_some()).count();
    writeln!(
        out,
        "<label><input type=\"checkbox\" id=\"only-fixed\"> only those with a fix \
         <span class=\"dim\">{}</span></label></fieldset>",
        grouped(fixed)
    )
}

fn row(finding: &ImageFinding, in_several: bool, out: &mut dyn Write) -> io::Result<()> {
    let ImageFinding { class, rating, .. } = finding;
    let unfixed = if finding.fixed.is_none() { " is-unfixed" } else { "" };
    let called = CLASSES.iter().find(|it| it.0 == *class).map_or(*class, |it| it.1);
    let [id, summary, package, place, note] =
        [&finding.id, &finding.summary, &finding.package, &finding.place, &finding.note]
            .map(|it| text(it));
    let fixed = finding.fixed.as_deref().map_or_else(
        || "<span class=\"dim\">no fix</span>".to_owned(),
        |fixed| format!("<bdi class=\"step\">{}</bdi>", text(fixed)),
    );
    let note = if note.is_empty() { note } else { format!("<br><span>{note}</span>") };
    let place =
        if place.is_empty() { place } else { format!("<bdi class=\"summary\">{place}</bdi>") };
    write!(
        out,
        "<tr class=\"is-{class} is-{rating}{unfixed}\"><td class=\"{rating}\">{rating}\
         <td><bdi class=\"id\">{id}</bdi><span class=\"summary\">{summary}</span>\
         <td><bdi>{package}</bdi>{place}<td>{fixed}\
         <td class=\"when\"><b class=\"{class}\">{called}</b>{note}"
    )?;
    if in_several {
        write!(out, "<td>")?;
        runs_in(&finding.runs_in, out)?;
    }
    writeln!(out)
}

fn credentials(page: &ImagePage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(ImageCredentials { summary, rows }) = &page.credentials else { return Ok(()) };
    writeln!(
        out,
        "<section id=\"credentials\" aria-labelledby=\"credentials-title\">\n\
         <h2 id=\"credentials-title\">Credentials</h2>\n\
         <p class=\"dim\">{}. No value is shown.</p>",
        text(summary)
    )?;
    if rows.is_empty() {
        return writeln!(out, "</section>");
    }
    writeln!(
        out,
        "<table class=\"found\"><thead><tr><th>Severity<th>What<th>What to do<th>Where</thead>\
         <tbody>"
    )?;
    for it in rows.iter().take(LISTED_MAX) {
        let [title, rule, advice] = [&it.title, &it.rule, &it.advice].map(|it| text(it));
        let severity = it.severity;
        write!(
            out,
            "<tr><td class=\"{severity}\">{severity}<td>{title}<br><code>{rule}</code>\
             <td>{advice}<td>"
        )?;
        runs_in(&it.places, out)?;
        writeln!(out)?;
    }
    writeln!(out, "</tbody></table>{}</section>", left_out(rows.len(), LISTED_MAX, "credential"))
}
