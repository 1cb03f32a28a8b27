//! VEX: what somebody states about the findings, and the findings as statements.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use advisory::Status;
use advisory::vex::{
    Claim, DOCUMENT_BYTES_MAX, Document, Statement, Statements, Subject, read, write,
};
use anyhow::{Context, Result};
use gate::{Class, Finding, Policy};
use package::{Ecosystem, Package, Purl};
use report::harmless;
use serde_json::Value;

use super::findings::Findings;
use super::input::Input;
use super::ranking;
use super::sbom::name;
use super::stated::{Stated, by, key};
use crate::arguments::ImageGapKind;
use crate::console::YELLOW;

/// Findings whose statements contradict each other that are told one by one.
const CONFLICTS_TOLD_MAX: usize = 20;

/// What was read of the documents that were named.
#[derive(Clone, Default)]
pub(super) struct Documents {
    statements: Arc<Statements>,
    gaps: Vec<(ImageGapKind, String)>,
    /// Whether those that are attached to images are wanted.
    pub(super) attached: bool,
}

/// Stands for the documents that are attached to an image.
const REFERRERS: &str = "referrers";

impl Documents {
    /// Reads them.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut documents = Self::default();
        for path in files {
            if path.as_os_str() == REFERRERS {
                documents.attached = true;
                continue;
            }
            let shown = path.display().to_string();
            let content = content(path).with_context(|| format!("{shown} cannot be read"))?;
            let document =
                read(&shown, &content).with_context(|| format!("{shown} is not taken"))?;
            documents.add(&shown, document);
        }
        Ok(documents)
    }

    fn add(&mut self, shown: &str, document: Document) {
        if document.unread_count > 0 {
            let first = document.unread.first().map_or("", String::as_str);
            let count = document.unread_count;
            let text = format!("{count} statements of {shown} were passed over, such as: {first}");
            self.gaps.push((ImageGapKind::UnreadableVex, text));
        }
        Arc::make_mut(&mut self.statements).add(document);
    }

    /// These, and those that are attached to an image.
    fn with(&self, attached: &[(String, Vec<u8>)]) -> Self {
        let mut all = self.clone();
        for (name, content) in attached {
            match read(name, content) {
                Ok(document) => all.add(name, document),
                Err(error) => {
                    all.gaps.push((ImageGapKind::UnreadableVex, format!("{name}: {error}")));
                }
            }
        }
        all
    }

    /// Puts what is stated not to be affected, or fixed, into its class.
    pub(super) fn apply(&self, input: &Input, found: &mut Findings<'_>) {
        if !input.attached.is_empty() {
            let all = self.with(&input.attached);
            return all.apply_all(input, found);
        }
        self.apply_all(input, found);
    }

    fn apply_all(&self, input: &Input, found: &mut Findings<'_>) {
        found.gaps.extend(self.gaps.iter().cloned());
        let statements = &self.statements;
        if statements.is_empty() {
            return;
        }
        let image = image(input);
        let mut counting = Vec::new();
        let mut conflicts = 0;
        for finding in &mut found.findings {
            let names = names(finding);
            let Some(effective) = statements.effective(&names, &image, &package(finding.package))
            else {
                continue;
            };
            if effective.statement.clears() {
                finding.class = Class::NotAffected(effective.place);
            }
            if !effective.against.is_empty() {
                conflicts += 1;
                if conflicts <= CONFLICTS_TOLD_MAX {
                    conflict(finding, effective.statement, statements, &effective.against);
                }
            }
            let (vulnerability, purl) = key(finding);
            counting.push((vulnerability, purl, effective.place, effective.against));
        }
        if conflicts > CONFLICTS_TOLD_MAX {
            let more = conflicts - CONFLICTS_TOLD_MAX;
            anstream::eprintln!("{YELLOW}contradicted:{YELLOW:#} {more} more");
        }
        counting.sort();
        ranking::sort(&mut found.findings, found.exposure);
        found.stated = Stated { statements: statements.clone(), counting };
    }
}

/// Tells that a statement is contradicted.
fn conflict(finding: &Finding<'_>, counts: &Statement, all: &Statements, against: &[usize]) {
    let others = against.iter().filter_map(|at| all.at(*at));
    let others: Vec<String> =
        others.map(|it| format!("{} ({})", it.status.name(), by(it))).collect();
    let text = format!(
        "{} in {}: {} ({}) counts, against {}",
        finding.matched.vulnerability,
        name(finding.package),
        counts.status.name(),
        by(counts),
        others.join(", "),
    );
    anstream::eprintln!("{YELLOW}contradicted:{YELLOW:#} {}", harmless(&text));
}

/// The findings as OpenVEX. What somebody accepts is affected all the same: they answer for it.
pub(super) fn written(
    input: &Input,
    found: &Findings<'_>,
    policy: &Policy,
    author: &str,
    now: jiff::Timestamp,
) -> Value {
    let claims: Vec<Claim> =
        found.findings.iter().map(|it| claim(it, &found.stated, policy)).collect();
    let product = image(input).purls.into_iter().next().map(|it| it.to_string());
    let product = product.unwrap_or_else(|| input.digest.clone());
    let product = if product.is_empty() { input.name.clone() } else { product };
    let tool = concat!("bollwerk/", env!("CARGO_PKG_VERSION"));
    write(author, tool, now, &product, &claims)
}

fn claim(finding: &Finding<'_>, stated: &Stated, policy: &Policy) -> Claim {
    let matched = &finding.matched;
    let mut names = names(finding);
    let vulnerability = names.remove(0);
    let base = Claim {
        vulnerability,
        aliases: names,
        package: finding.package.purl().to_string(),
        status: Status::Affected,
        ..Claim::default()
    };
    if let Class::NotAffected(place) = finding.class
        && let Some(statement) = stated.statements.at(place)
    {
        let notes = format!("stated by {} in {}", by(statement), statement.document);
        let (justification, words) = (statement.justification.clone(), statement.words.clone());
        // Words of other formats are kept as a sentence.
        let is_own = advisory::vex::is_justification(&justification);
        let (justification, words) = match (is_own, words.as_str()) {
            (true, _) => (justification, words),
            (false, "") => (String::new(), justification),
            (false, words) => (String::new(), format!("{justification}: {words}")),
        };
        return Claim { status: statement.status, justification, words, notes, ..base };
    }
    let action = match (matched.fixed, matched.status) {
        (Some(fixed), _) => format!("Upgrade {} to {fixed}", finding.package.advisory_name()),
        (None, status) => {
            format!("No fix is there; its vendor says: {}", status.name().replace('_', " "))
        }
    };
    let accepted = match finding.class {
        Class::Accepted(at) => policy.exceptions.get(at),
        _ => None,
    };
    let notes = accepted.map_or_else(String::new, |it| {
        format!("risk accepted by {} until {}: {}", it.owner, it.expires, it.reason)
    });
    Claim { words: action, notes, ..base }
}

/// All names of a vulnerability, the one it is told by first.
fn names(finding: &Finding<'_>) -> Vec<String> {
    let matched = &finding.matched;
    let mut names = vec![matched.vulnerability.to_string()];
    let advisory = &matched.advisory;
    // An advisory of a distribution speaks of many: its own name is none of this one.
    let is_own = advisory.vulnerabilities().take(2).count() == 1;
    let own = is_own.then_some(advisory.id);
    for name in advisory.aliases().chain(own).map(|it| it.to_string()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The image: its digest, its name as it was typed, a package URL; and its release, of which
/// vendors speak.
fn image(input: &Input) -> Subject {
    let mut names = vec![input.digest.clone(), input.name.clone()];
    names.extend(input.digest.split_once(':').map(|(_, hex)| hex.to_owned()));
    let release = input.distribution.as_deref().and_then(Ecosystem::of_distribution);
    names.extend(release.map(|it| it.to_string()));
    names.retain(|name| !name.is_empty());
    Subject { names, purls: image_purl(input).into_iter().collect() }
}

/// `pkg:oci/cart@sha256:…?repository_url=registry.example.org/shop/cart&tag=1.2`.
fn image_purl(input: &Input) -> Option<Purl> {
    let reference: image::Reference = input.name.parse().ok()?;
    let repository = format!("{}/{}", reference.registry, reference.repository);
    let short = reference.repository.rsplit('/').next()?;
    // What is not written is not claimed: `cart` in a layout is of no registry, and has no tag.
    let mut qualifiers = Vec::new();
    if input.name.starts_with(&repository) {
        qualifiers.push(("repository_url", repository.as_str()));
        let tag = reference.tag.as_deref();
        let is_written = |tag: &&str| input.name.contains(&format!(":{tag}"));
        qualifiers.extend(tag.filter(is_written).map(|tag| ("tag", tag)));
    }
    let digest = Some(input.digest.as_str()).filter(|it| !it.is_empty());
    Purl::build("oci", None, short, digest, qualifiers, None).ok()
}

/// A package: itself, and of what it was built, which vendors' statements name.
fn package(package: &Package) -> Subject {
    let mut purls = vec![package.purl()];
    if package.kind.is_system() {
        let mut source = package.clone();
        source.name = package.advisory_name().into_owned();
        package.advisory_version().clone_into(&mut source.version);
        source.source = None;
        for architecture in ["source", "src"] {
            source.architecture = Some(architecture.to_owned());
            purls.push(source.purl());
        }
    }
    Subject { names: Vec::new(), purls }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(DOCUMENT_BYTES_MAX as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}
