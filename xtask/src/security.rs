//! Facts of Debian's own security suite: which version of which source package fixed what, as the
//! changelogs say, and two images to try them on.
//!
//! A changelog is in the package itself. Some stanzas name a vulnerability without mending it, and
//! nothing tells what is not fixed: the facts are derived, and say so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::images::{self, pack};
use crate::{go, program};

const SUITE: &str = "bookworm";
const ECOSYSTEM: &str = "Debian:12";
const MAIN: &str = "deb http://deb.debian.org/debian bookworm main";
const SECURITY: &str = "deb http://deb.debian.org/debian-security bookworm-security main";
/// Changes whenever other facts or images are made.
const EDITION: &str = "security-1";
/// What is installed beside the smallest system: packages that had to be mended often.
const INCLUDED: &str = "bind9-host,bzip2,ca-certificates,curl,file,git,gnupg,gnutls-bin,\
    krb5-user,less,libarchive13,libcups2,libexpat1,libfreetype6,libglib2.0-0,libheif1,\
    libopenjp2-7,libsqlite3-0,libtiff6,libwebp7,libxml2,libxslt1.1,nginx-light,openssh-client,\
    openssl,perl,postgresql-client,python3,rsync,ruby,sudo,unzip,vim-tiny,wget,xz-utils";
/// What dpkg is asked of each package: its state, its name, and its source's name and version.
const FORMAT: &str = "${db:Status-Status} ${Package} ${source:Package} ${source:Version}\n";
/// Bytes of a stanza that are kept beside the fact.
const STANZA_BYTES_MAX: usize = 2_000;

/// A binary package of the security suite.
struct Offer {
    source: String,
    bytes: u64,
}

/// Makes them and prints where they are.
#[expect(clippy::print_stdout, reason = "the folder is this task's result")]
pub(crate) fn run(_: &[String]) -> Result<()> {
    println!("{}", security()?.display());
    Ok(())
}

/// A folder with `main.oci` (the main suite alone), `upgraded.oci` (with the security suite), what
/// is installed in each (`NAME SOURCE SOURCE-VERSION` a line) and `facts.osv.jsonl`. Needs root
/// and the mirror the first time.
pub(crate) fn security() -> Result<PathBuf> {
    let folder = go::cache_folder()?.join(EDITION);
    if folder.join(".complete").is_file() {
        return Ok(folder);
    }
    for name in ["mmdebstrap", "umoci", "skopeo"] {
        program::installed(&[name], name)?;
    }
    fs::create_dir_all(&folder)?;
    let include = format!("--include={INCLUDED}");
    for (name, lists) in [("main", &[MAIN][..]), ("upgraded", &[MAIN, SECURITY])] {
        // Written last: what was made before a failure of the mirror is not made again.
        if folder.join(format!("{name}.packages")).is_file() {
            continue;
        }
        let system = format!("{name}.tar");
        let _ = fs::remove_file(folder.join(&system));
        let mut arguments = vec!["--quiet", "--variant=minbase", &include, SUITE, &system];
        arguments.extend(lists);
        images::run(&folder, "mmdebstrap", &arguments)?;
        pack(&folder, name, FORMAT)?;
    }
    let facts = facts(&folder)?;
    ensure!(!facts.is_empty(), "no changelog names a vulnerability");
    fs::write(folder.join("facts.osv.jsonl"), facts)?;
    fs::write(folder.join(".complete"), "")?;
    Ok(folder)
}

/// One record a line, of every package of the main image that the security suite has as well.
fn facts(folder: &Path) -> Result<String> {
    let apt = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial", "packages"] {
        fs::create_dir_all(apt.join(part))?;
    }
    fs::write(apt.join("status"), "")?;
    fs::write(apt.join("sources.list"), format!("{SECURITY}\n"))?;
    let path = |name: &str| apt.join(name).display().to_string();
    let options = [
        format!("Dir::State::Lists={}", path("lists")),
        format!("Dir::State::status={}", path("status")),
        format!("Dir::Cache={}", path("cache")),
        format!("Dir::Etc::sourcelist={}", path("sources.list")),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
    ];
    let options: Vec<&str> = options.iter().flat_map(|it| ["-o", it.as_str()]).collect();
    let packages = apt.join("packages");
    images::run(&packages, "apt-get", &[options.as_slice(), &["update", "-qq"]].concat())?;
    let offered =
        images::run(&packages, "apt-cache", &[options.as_slice(), &["dumpavail"]].concat())?;
    let offered = offers(&offered);
    let installed = fs::read_to_string(folder.join("main.packages"))?;
    let mut by_source: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for name in installed.lines().filter_map(|line| line.split(' ').next()) {
        if let Some(offer) = offered.get(name) {
            by_source.entry(&offer.source).or_default().push((offer.bytes, name));
        }
    }
    let mut lines = String::new();
    for (source, mut names) in by_source {
        names.sort_unstable();
        // The documentation of some packages is a link to another's.
        for (_, name) in names {
            images::run(
                &packages,
                "apt-get",
                &[options.as_slice(), &["download", "-qq", name]].concat(),
            )?;
            let found = changelog(&packages, name)?;
            if !found.is_empty() {
                of_changelog(source, &found, &mut lines)?;
                break;
            }
        }
    }
    fs::remove_dir_all(apt)?;
    Ok(lines)
}

/// Packages by their names.
fn offers(listed: &str) -> BTreeMap<&str, Offer> {
    let mut found = BTreeMap::new();
    for paragraph in listed.split("\n\n") {
        let field = |name: &str| {
            paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let (Some(package), Some(size)) = (field("Package"), field("Size")) else { continue };
        let source = field("Source").unwrap_or(package);
        let source = source.split(' ').next().unwrap_or(source).to_owned();
        found.insert(package, Offer { source, bytes: size.parse().unwrap_or(u64::MAX) });
    }
    found
}

/// The changelog in a package that was fetched; empty if there is none.
fn changelog(folder: &Path, name: &str) -> Result<String> {
    let line = format!(
        "dpkg-deb --fsys-tarfile {name}_*.deb \
         | tar -xO --wildcards './usr/share/doc/{name}/changelog.Debian*gz' 2>/dev/null \
         | gzip -dcq || true"
    );
    images::run(folder, "sh", &["-c", &line])
}

/// What each stanza says it mends: deb-changelog(5). Stanzas above it hold it too, and may have a
/// lower version: `590-2.1~deb12u2` is `590-2.1` built for another suite.
fn of_changelog(source: &str, text: &str, lines: &mut String) -> Result<()> {
    let mut stanza = String::new();
    let mut lowest: Option<String> = None;
    for line in text.lines() {
        stanza.push_str(line);
        stanza.push('\n');
        let Some(trailer) = line.strip_prefix(" -- ") else { continue };
        let head = stanza.trim_start().lines().next().unwrap_or_default();
        let version = head.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        if let Some((version, _)) = version {
            if lowest.as_ref().is_none_or(|lowest| is_older(version, lowest)) {
                lowest = Some(version.to_owned());
            }
            let fixed = lowest.as_deref().unwrap_or(version);
            lines.push_str(&of_stanza(source, &stanza, fixed, trailer));
        }
        stanza.clear();
    }
    ensure!(stanza.trim().is_empty() || lowest.is_some(), "{source}: no changelog");
    Ok(())
}

/// Whether dpkg says so.
fn is_older(one: &str, other: &str) -> bool {
    let mut dpkg = Command::new("dpkg");
    dpkg.args(["--compare-versions", one, "lt", other]).status().is_ok_and(|it| it.success())
}

fn of_stanza(source: &str, stanza: &str, fixed: &str, trailer: &str) -> String {
    let day = day(trailer).unwrap_or_default();
    let kept = stanza.get(..stanza.floor_char_boundary(STANZA_BYTES_MAX)).unwrap_or_default();
    let mut found = String::new();
    for name in vulnerabilities(stanza) {
        let record = json!({
            "schema_version": "1.7.5",
            "id": format!("DERIVED-{source}-{fixed}-{name}"),
            "modified": format!("{day}T00:00:00Z"),
            "published": format!("{day}T00:00:00Z"),
            "upstream": [name],
            "affected": [{
                "package": {"ecosystem": ECOSYSTEM, "name": source},
                "ranges": [{"type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }],
            "database_specific": {"derived_from": "the changelog", "stanza": kept.trim()},
        });
        found.push_str(&format!("{record}\n"));
    }
    found
}

/// Every CVE id of a text, once.
fn vulnerabilities(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .match_indices("CVE-")
        .filter_map(|(at, _)| {
            let rest = text.get(at + 4..)?;
            let end = rest.find(|it: char| !it.is_ascii_digit() && it != '-');
            let (year, number) = rest.get(..end.unwrap_or(rest.len()))?.split_once('-')?;
            let number = number.split('-').next()?;
            (year.len() == 4 && number.len() >= 4).then(|| format!("CVE-{year}-{number}"))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The day of a trailer: `Name <mail>  Tue, 02 Jan 2024 10:00:00 +0100`.
fn day(trailer: &str) -> Option<String> {
    let written = trailer.split_once("  ")?.1.trim();
    let date = jiff::fmt::rfc2822::parse(written).ok()?;
    Some(date.date().to_string())
}

/// The facts of a changelog are read as they are written.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_are_facts() {
        let text = "xz-utils (5.4.1-1+deb12u1) bookworm-security; urgency=high\n\n  \
                    * Fix CVE-2026-34743 and CVE-2025-31115 (CVE-2025-31115).\n\n \
                    -- A B <a@b.example>  Wed, 01 Apr 2026 10:00:00 +0200\n\n\
                    xz-utils (5.4.1-2) unstable; urgency=low\n\n  * CVE-20; CVE-2023-1234.\n\n \
                    -- A B <a@b.example>  Wed, 01 Feb 2023 10:00:00 +0200\n";
        let mut lines = String::new();
        of_changelog("xz-utils", text, &mut lines).unwrap();
        let records: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(records.len(), 3);
        assert_eq!(records[0]["upstream"][0], "CVE-2025-31115");
        assert_eq!(records[0]["published"], "2026-04-01T00:00:00Z");
        assert_eq!(records[0]["affected"][0]["ranges"][0]["events"][1]["fixed"], "5.4.1-1+deb12u1");
        assert_eq!(records[2]["upstream"][0], "CVE-2023-1234");
        // The stanza above it is the one that came to the suite.
        assert_eq!(records[2]["affected"][0]["ranges"][0]["events"][1]["fixed"], "5.4.1-1+deb12u1");
    }
}
