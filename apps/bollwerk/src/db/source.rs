//! Sources as they are typed, and taken in.

use std::path::{Path, PathBuf};

use advisory::{Form, Intake, Source, Taken};
use anyhow::{Context, Result, bail};
use collect::advisories::{Document, digest, documents};
use report::harmless;

use crate::console::YELLOW;

/// Refused records that are told one by one.
const TOLD_MAX: usize = 20;

/// A source and what is said of it.
pub(super) struct Typed {
    pub(super) path: PathBuf,
    pub(super) form: Option<Form>,
    pub(super) source: Source,
}

impl Typed {
    /// `FORM:PATH,name=…,url=…,licence=…,credit=…`.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut rest = text;
        let mut source = Source::default();
        while let Some((before, last)) = rest.rsplit_once(',') {
            let Some((key, value)) = last.split_once('=') else { break };
            let place = match key {
                "name" => &mut source.name,
                "url" => &mut source.url,
                "licence" => &mut source.licence,
                "credit" => &mut source.attribution,
                _ => break,
            };
            value.clone_into(place);
            rest = before;
        }
        let named = Form::ALL
            .into_iter()
            .find_map(|form| Some((form, rest.strip_prefix(form.name())?.strip_prefix(':')?)));
        // A file may be called `osv:a.json`.
        let (form, path) = match named {
            Some((form, path)) if !Path::new(rest).exists() => (Some(form), path),
            _ => (None, rest),
        };
        let path = PathBuf::from(path);
        if !path.exists() {
            bail!("no file or folder `{}`", harmless(&path.display().to_string()));
        }
        if source.name.is_empty() {
            let name = path.file_name().unwrap_or(path.as_os_str());
            source.name = name.to_string_lossy().into_owned();
        }
        Ok(Self { path, form, source })
    }

    /// Takes all of its documents in.
    pub(super) fn take(self, intake: &mut Intake) -> Result<()> {
        let digest = digest(&self.path)?;
        let name = self.source.name.clone();
        let source = intake.source(self.source, digest.to_string());
        let mut taken = 0;
        let mut each = |document: Document<'_>| {
            let content = match document.content {
                Ok(content) => content,
                Err(reason) => return intake.refuse(source, document.place.to_owned(), &reason),
            };
            if let Some(form) = self.form.or_else(|| Form::recognise(content)) {
                taken += 1;
                intake.take(source, form, document.place, content);
            } else {
                let reason = "not in a form that is known; say which before it: `osv:PATH`";
                intake.refuse(source, document.place.to_owned(), reason);
            }
        };
        documents(&self.path, &mut each).with_context(|| format!("the source `{name}`"))?;
        if taken == 0 {
            bail!("the source `{}` holds no advisories that can be read", harmless(&name));
        }
        Ok(())
    }
}

/// Tells what was left out, and why.
pub(super) fn tell(taken: &Taken) {
    let built = &taken.built;
    for refused in taken.refused.iter().take(TOLD_MAX) {
        let text = format!("{}: {}", refused.place, refused.reason);
        anstream::eprintln!("{YELLOW}refused:{YELLOW:#} {}", harmless(&text));
    }
    let told = taken.refused.len().min(TOLD_MAX) as u64;
    if taken.refused_count > told {
        anstream::eprintln!("{YELLOW}refused:{YELLOW:#} {} more", taken.refused_count - told);
    }
    let unknown: usize = built.unknown.values().sum();
    let left_out = [
        (built.withdrawn, "records their source has taken back"),
        (built.empty, "records without anything to match"),
        (unknown, "entries of ecosystems that are not known"),
        (built.undecidable.len(), "records with a version that cannot be compared"),
        (taken.unplaced as usize, "statements about what is no package of a release"),
    ];
    for (count, what) in left_out.into_iter().filter(|(count, _)| *count > 0) {
        anstream::eprintln!("left out: {count} {what}");
    }
}
