//! `bollwerk image referrers`: what is attached to an image in its registry.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, bail};
use collect::image::{Referrer, ReferrerKind, Registry, Source};
use image::Digest;
use report::harmless;
use serde_json::{Value, json};

use super::UNKNOWN;
use super::attached::subjects_of;
use super::input::{chosen, split};
use crate::arguments::{ImageReferrers, ReferrersFormat};
use crate::console::{BOLD, DIM, YELLOW, print_json};

/// Referrers of referrers, such as a signature of an SBOM.
const DEPTH_MAX: usize = 4;
/// Lists that are asked for: one for the image, and one for each referrer.
const LISTS_MAX: usize = 500;

/// What is attached to a manifest.
struct Attached {
    referrer: Referrer,
    /// What is attached to it.
    attached: Vec<Attached>,
}

/// A manifest that was named, with what is attached.
struct Subject {
    /// `index` or `manifest`.
    kind: &'static str,
    digest: Digest,
    attached: Vec<Attached>,
}

/// A walk over what is attached.
struct Walk<'a> {
    registry: &'a Registry,
    artifact_type: Option<&'a str>,
    lists: usize,
    seen: BTreeSet<String>,
    gaps: Vec<String>,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageReferrers) -> Result<u8> {
    let reference = &arguments.image;
    let (path, name) = split(reference);
    let (source, chosen) = chosen(reference, path, name, &arguments.origin)?;
    let Source::Registry(registry) = &source else {
        bail!(
            "`{}` is no image of a registry: only registries list what is attached to an image",
            harmless(reference)
        );
    };
    let mut walk = Walk {
        registry,
        artifact_type: arguments.artifact_type.as_deref(),
        lists: 0,
        seen: BTreeSet::new(),
        gaps: Vec::new(),
    };
    let mut subjects = Vec::new();
    for (kind, digest) in subjects_of(registry, &chosen)? {
        let attached = walk.of(&digest, 0)?;
        subjects.push(Subject { kind, digest, attached });
    }
    for gap in &walk.gaps {
        anstream::eprintln!("{YELLOW}not known:{YELLOW:#} {}", harmless(gap));
    }
    match arguments.format {
        ReferrersFormat::Json => print_json(&json!({
            "schema": "bollwerk.image-referrers/v1",
            "image": registry.name(),
            "subjects": subjects.iter().map(subject_as_json).collect::<Vec<_>>(),
            "gaps": walk.gaps,
        }))?,
        ReferrersFormat::Terminal => as_text(&registry.name(), &subjects)?,
    }
    Ok(if walk.gaps.is_empty() { 0 } else { UNKNOWN })
}

impl Walk<'_> {
    fn of(&mut self, subject: &Digest, depth: usize) -> Result<Vec<Attached>> {
        // A type is asked for of the image; what is attached to such a document is told with it.
        let artifact_type = if depth == 0 { self.artifact_type } else { None };
        self.lists += 1;
        let listed = self.registry.referrers(subject, artifact_type)?;
        self.gaps.extend(listed.gaps);
        let mut all = Vec::new();
        for referrer in listed.found {
            let is_new = self.seen.insert(referrer.digest.to_string());
            let attached = match () {
                () if !is_new => Vec::new(),
                () if depth + 1 >= DEPTH_MAX || self.lists >= LISTS_MAX => {
                    let digest = &referrer.digest;
                    self.gaps.push(format!("what is attached to {digest} is not looked at"));
                    Vec::new()
                }
                () => self.of(&referrer.digest.clone(), depth + 1)?,
            };
            all.push(Attached { referrer, attached });
        }
        Ok(all)
    }
}

fn subject_as_json(it: &Subject) -> Value {
    json!({
        "kind": it.kind,
        "digest": it.digest.to_string(),
        "referrers": it.attached.iter().map(as_json).collect::<Vec<_>>(),
    })
}

fn as_json(it: &Attached) -> Value {
    let Referrer { digest, size, artifact_type, annotations, kind } = &it.referrer;
    json!({
        "digest": digest.to_string(),
        "size": size,
        "artifactType": artifact_type,
        "kind": kind.name(),
        "annotations": annotations,
        "referrers": it.attached.iter().map(as_json).collect::<Vec<_>>(),
    })
}

fn as_text(name: &str, subjects: &[Subject]) -> io::Result<()> {
    let mut out = io::BufWriter::new(anstream::stdout());
    writeln!(out, "{BOLD}{}{BOLD:#}", harmless(name))?;
    for (at, subject) in subjects.iter().enumerate() {
        let is_last = at + 1 == subjects.len();
        let (branch, below) = branches(is_last);
        writeln!(out, "{branch}{} {DIM}{}{DIM:#}", subject.kind, subject.digest)?;
        tree(&subject.attached, below, &mut out)?;
    }
    if subjects.iter().all(|it| it.attached.is_empty()) {
        writeln!(out, "nothing is attached")?;
    }
    out.flush()
}

fn branches(is_last: bool) -> (&'static str, &'static str) {
    if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") }
}

fn tree(all: &[Attached], indent: &str, out: &mut dyn Write) -> io::Result<()> {
    for (at, Attached { referrer, attached }) in all.iter().enumerate() {
        let (branch, below) = branches(at + 1 == all.len());
        let created = referrer.annotations.get("org.opencontainers.image.created");
        let created = created.map_or_else(String::new, |it| format!(", {}", harmless(it)));
        let note = match referrer.kind {
            ReferrerKind::Attestation | ReferrerKind::Signature => " (not verified)",
            _ => "",
        };
        writeln!(
            out,
            "{indent}{branch}{}{note} {DIM}{} {}{created}{DIM:#}",
            referrer.kind.name(),
            harmless(&referrer.artifact_type),
            referrer.digest
        )?;
        tree(attached, &format!("{indent}{below}"), out)?;
    }
    Ok(())
}
