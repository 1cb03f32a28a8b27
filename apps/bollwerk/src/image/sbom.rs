//! `bollwerk image sbom`: what is in an image, as a list.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};
use package::Package;
use report::{cells, harmless};
use sbom::Sbom;

use super::UNKNOWN;
use super::input::{self, Input, Load};
use crate::arguments::{ImageSbom, SbomFormat};
use crate::console::{BOLD, DIM};

/// Widest column of a table; longer texts stand as they are.
const COLUMN_MAX: usize = 48;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageSbom) -> Result<u8> {
    let input = Input::load(&arguments.image, Load::packages(&arguments.reading))?;
    input::tell(&input.gaps);
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(
            File::create(path).with_context(|| format!("{} cannot be written", path.display()))?,
        ),
        None => Box::new(anstream::stdout()),
    };
    let mut out = BufWriter::new(&mut out);
    match arguments.format {
        SbomFormat::Terminal => as_text(&input, &mut out)?,
        SbomFormat::CycloneDx | SbomFormat::Spdx => as_document(arguments, &input, &mut out)?,
    }
    out.flush()?;
    Ok(if input.gaps.is_empty() { 0 } else { UNKNOWN })
}

fn as_document(arguments: &ImageSbom, input: &Input, out: &mut dyn Write) -> Result<()> {
    let now = arguments.now.unwrap_or_else(jiff::Timestamp::now);
    // Both formats want whole seconds.
    let created = jiff::Timestamp::from_second(now.as_second())?.to_string();
    let layers: Vec<&str> = input.layers.iter().map(String::as_str).collect();
    let unowned: Vec<&str> = input.unowned.iter().map(String::as_str).collect();
    let sbom = Sbom {
        name: &input.name,
        digest: &input.digest,
        created: &created,
        tool_version: env!("CARGO_PKG_VERSION"),
        distribution: input.distribution.as_deref(),
        packages: &input.packages,
        layers: &layers,
        unowned: &unowned,
    };
    let document =
        if arguments.format == SbomFormat::Spdx { sbom.spdx() } else { sbom.cyclonedx() };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn as_text(input: &Input, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 4]> = input.packages.iter().map(row).collect();
    let heads = ["package", "version", "kind", "found at"];
    let width = |column: usize| {
        let texts = rows.iter().filter_map(|row| row.get(column));
        let widest = texts.map(|text| cells(text)).filter(|it| *it <= COLUMN_MAX).max();
        widest.unwrap_or(0).max(heads.get(column).map_or(0, |head| head.len()))
    };
    let [a, b, c] = [width(0), width(1), width(2)];
    let [name, version, kind, place] = heads;
    writeln!(out, "{BOLD}{name:<a$}  {version:<b$}  {kind:<c$}  {place}{BOLD:#}")?;
    for [name, version, kind, place] in &rows {
        writeln!(out, "{name:<a$}  {version:<b$}  {kind:<c$}  {DIM}{place}{DIM:#}")?;
    }
    writeln!(
        out,
        "\n{} packages, {}; {} layers, {} files, {} MB",
        input.packages.len(),
        release(input),
        input.layers.len(),
        input.files,
        input.bytes / 1_000_000,
    )?;
    if !input.unowned.is_empty() {
        writeln!(out, "{} programs of unknown origin:", input.unowned.len())?;
        for path in &input.unowned {
            writeln!(out, "  /{}", harmless(path))?;
        }
    }
    Ok(())
}

/// The distribution, for people.
pub(super) fn release(input: &Input) -> String {
    let name = input.distribution.as_ref().map(|it| {
        if it.pretty_name.is_empty() {
            format!("{} {}", it.id, it.version_id)
        } else {
            it.pretty_name.clone()
        }
    });
    name.map_or_else(|| "no distribution known".to_owned(), |name| harmless(&name))
}

fn row(package: &Package) -> [String; 4] {
    let place = package.found_in.first().map_or_else(String::new, |it| format!("/{}", it.path));
    let more = package.found_in.len().saturating_sub(1);
    let place = if more > 0 { format!("{place} and {more} more") } else { place };
    [name(package), package.version.clone(), package.kind.purl_type().to_owned(), place]
        .map(|text| harmless(&text))
}

/// A package as people call it.
pub(super) fn name(package: &Package) -> String {
    match &package.namespace {
        Some(namespace) if !package.kind.is_system() => format!("{namespace}/{}", package.name),
        _ => package.name.clone(),
    }
}
