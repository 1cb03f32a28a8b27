//! `bollwerk db status`: how old a database is, and what it is made of.

use std::io::{self, BufWriter, Write};

use advisory::signature::{PublicKey, signers};
use advisory::{Database, Date};
use anyhow::Result;
use report::harmless;
use serde_json::{Value, json};

use super::chosen::{Chosen, state};
use super::{FAILED, now};
use crate::arguments::{DbFormat, DbStatus};
use crate::console::{BOLD, DIM, YELLOW, print_json};

/// Days from which a database is called old.
const OLD_DAYS: u32 = 7;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &DbStatus) -> Result<u8> {
    let (_, today) = now(arguments.now)?;
    let chosen = Chosen::of(&arguments.database)?;
    let database = chosen.open()?;
    let age = state(&database).and_then(|day| today.days().checked_sub(day.days()));
    match arguments.format {
        DbFormat::Json => print_json(&as_json(&chosen, &database, today, age)?)?,
        DbFormat::Terminal => print(&chosen, &database, today, age)?,
    }
    let most = arguments.max_age.unwrap_or(OLD_DAYS);
    // A database that cannot say how old it is, is old.
    let is_old = age.is_none_or(|age| age > most);
    if is_old {
        let age = age.map_or_else(|| "of no known day".to_owned(), |age| format!("{age} days old"));
        anstream::eprintln!(
            "{YELLOW}old:{YELLOW:#} the advisories are {age}; `bollwerk db update` fetches new ones"
        );
    }
    Ok(if is_old && arguments.max_age.is_some() { FAILED } else { 0 })
}

fn as_json(
    chosen: &Chosen,
    database: &Database<'_>,
    today: Date,
    age: Option<u32>,
) -> Result<Value> {
    let provenance = database.provenance();
    let sources = database.sources().into_iter().enumerate().map(|(at, source)| {
        let told = provenance.get(at);
        json!({
            "name": source.name,
            "url": source.url,
            "licence": source.licence,
            "credit": source.attribution,
            "state": source.date.map(|it| it.to_string()),
            "ageDays": source.date.and_then(|it| today.days().checked_sub(it.days())),
            "digest": told.map(|it| it.digest.as_str()).filter(|it| !it.is_empty()),
            "records": told.map(|it| it.records),
            "refused": told.map(|it| it.refused),
        })
    });
    let coverage = database
        .coverage()
        .into_iter()
        .map(|it| json!({"ecosystem": it.ecosystem, "source": it.source, "records": it.records}));
    Ok(json!({
        "schema": "bollwerk.database-status/v1",
        "database": chosen.as_json(),
        "day": today.to_string(),
        "built": database.built_at().map(|it| it.to_string()),
        "ageDays": age,
        "bytes": chosen.file().len(),
        "advisories": database.advisories_count(),
        "releasesWithEnd": database.ends_count(),
        "signers": signers(chosen.file())?.iter().map(PublicKey::name).collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
        "coverage": coverage.collect::<Vec<_>>(),
    }))
}

fn print(chosen: &Chosen, database: &Database<'_>, today: Date, age: Option<u32>) -> Result<()> {
    let mut out = BufWriter::new(anstream::stdout());
    let age = age.map_or_else(|| "age not known".to_owned(), |days| format!("{days} days old"));
    let place = chosen
        .path()
        .map_or_else(|| "carried by bollwerk".to_owned(), |it| it.display().to_string());
    writeln!(out, "{BOLD}{}{BOLD:#}", harmless(&place))?;
    writeln!(
        out,
        "{age}, {} advisories, {} bytes",
        database.advisories_count(),
        chosen.file().len()
    )?;
    let signers: Vec<String> = signers(chosen.file())?.iter().map(PublicKey::name).collect();
    if !signers.is_empty() {
        writeln!(out, "signatures, not verified here: {}", signers.join(", "))?;
    }
    sources(database, today, &mut out)?;
    coverage(database, &mut out)?;
    out.flush()?;
    Ok(())
}

fn sources(database: &Database<'_>, today: Date, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{BOLD}sources{BOLD:#}")?;
    let provenance = database.provenance();
    for (at, source) in database.sources().iter().enumerate() {
        let age = source.date.and_then(|it| today.days().checked_sub(it.days()));
        let age = age.map_or_else(|| "of no known day".to_owned(), |age| format!("{age} days old"));
        let records = provenance.get(at).map(|it| format!(", {} records", it.records));
        let refused = provenance.get(at).map_or(0, |it| it.refused);
        let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
        let name = harmless(&source.name);
        writeln!(out, "  {name}: {age}{}{refused}", records.unwrap_or_default())?;
        let credit = [&source.attribution, &source.licence, &source.url].map(|it| harmless(it));
        let credit: Vec<String> = credit.into_iter().filter(|it| !it.is_empty()).collect();
        if !credit.is_empty() {
            writeln!(out, "    {DIM}{}{DIM:#}", credit.join(" · "))?;
        }
    }
    Ok(())
}

fn coverage(database: &Database<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{BOLD}can speak of{BOLD:#}")?;
    for covered in database.coverage() {
        writeln!(out, "  {}: {} advisories", harmless(&covered.ecosystem), covered.records)?;
    }
    Ok(())
}
