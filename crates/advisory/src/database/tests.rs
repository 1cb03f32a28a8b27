//! Damaged databases: refused, or read without a panic where only the checksum was set right.

use package::{Distribution, Ecosystem, Package};

use super::bytes::checksum;
use super::{Database, HEAD_BYTES, OpenError};
use crate::sources::end_of_life::cycles;
use crate::{Builder, Date, Exploitation, Identifier, Provenance, Record, Source};

/// Where the checksum stands.
const SUM: std::ops::Range<usize> = 32..40;

/// Records of every form: simple ranges, written out ones, lists, limits, many vulnerabilities.
const RECORDS: &str = include_str!("tests/records.jsonl");

fn bytes() -> Vec<u8> {
    let mut builder = Builder::default().with_prose();
    let date = Date::parse("2026-08-21");
    let source = builder.source(Source { name: "test".to_owned(), date, ..Source::default() });
    for line in RECORDS.lines() {
        builder.add(source, &Record::parse(line.as_bytes()).unwrap()).unwrap();
    }
    let told = Exploitation { epss: Some(9_000), percentile: Some(9_990), known_since: date };
    builder.exploitation(Identifier::parse("CVE-2021-44228"), told);
    describe(&mut builder, source);
    builder.finish().bytes
}

/// What a database says of itself.
fn describe(builder: &mut Builder, source: usize) {
    let now = "2026-08-22T00:00:00Z".parse().unwrap();
    builder.built_at(now);
    let told = Provenance { digest: "sha256:00".to_owned(), records: 9, refused: 1 };
    builder.provenance(source, told);
    builder.end_of_life("debian", cycles(r#"[{"cycle": "12", "eol": "2026-06-10"}]"#).unwrap());
}

/// Asks everything there is to ask.
fn read_all(database: &Database<'_>) -> usize {
    let mut seen = database.sources().len();
    for number in 0..database.advisories_count() as u32 {
        let Some(advisory) = database.advisory(number) else { continue };
        seen += advisory.id.to_string().len() + advisory.summary().len();
        seen += advisory.aliases().chain(advisory.vulnerabilities()).count();
        seen += usize::from(database.exploitation(advisory.id).epss.is_some());
    }
    let asked = [
        ("Debian:11", "openssl"),
        ("Debian:11", "bash"),
        ("PyPI", "requests"),
        ("PyPI", "django"),
        ("crates.io", "time"),
        ("npm", "@babel/core"),
        ("AlmaLinux:9", "bind"),
    ];
    for (name, package) in asked {
        let ecosystem = Ecosystem::parse(name).unwrap();
        for version in ["0", "1.1.1k-1", "2.2.1", "3.0.0", "999"] {
            let mut package = Package::new(ecosystem.family().kind, package, version);
            if let Some(id) = ecosystem.family().distribution {
                let text = format!("ID={id}\nVERSION_ID={}\n", ecosystem.release());
                package.distribution = Some(Distribution::parse(&text).into());
            }
            let found = database.matching(&package);
            seen += found.matches.len() + found.gaps.len();
        }
        seen += database.package_names(name).count();
    }
    seen += database.provenance().len() + database.ends_count();
    seen += usize::from(database.built_at().is_some());
    seen += usize::from(database.end_of_life("debian", "12").is_some());
    seen + database.coverage().len()
}

#[test]
fn a_sound_one_is_read() {
    let bytes = bytes();
    assert!(read_all(&Database::open(&bytes).unwrap()) > 100);
}

#[test]
fn the_order_of_records_does_not_matter() {
    let mut builder = Builder::default().with_prose();
    let date = Date::parse("2026-08-21");
    let source = builder.source(Source { name: "test".to_owned(), date, ..Source::default() });
    for line in RECORDS.lines().rev().chain(RECORDS.lines()) {
        builder.add(source, &Record::parse(line.as_bytes()).unwrap()).unwrap();
    }
    let told = Exploitation { epss: Some(9_000), percentile: Some(9_990), known_since: date };
    builder.exploitation(Identifier::parse("CVE-2021-44228"), told);
    describe(&mut builder, source);
    assert_eq!(builder.finish().bytes, bytes());
}

#[test]
fn every_truncation_is_refused() {
    let bytes = bytes();
    for length in 0..bytes.len() {
        assert!(Database::open(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut bytes = bytes();
    for at in (0..bytes.len()).step_by(7) {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(Database::open(&bytes).is_err(), "{at}");
            bytes[at] ^= 1 << bit;
        }
    }
    bytes[16] = 9;
    assert_eq!(Database::open(&bytes).err(), Some(OpenError::Version(9)));
}

#[test]
fn damage_behind_a_right_checksum_never_panics() {
    let sound = bytes();
    let (mut opened, mut refused) = (0, 0);
    for at in HEAD_BYTES..sound.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff, sound[at].wrapping_add(1), !sound[at]] {
            let mut bytes = sound.clone();
            bytes[at] = value;
            let sum = checksum(&bytes[HEAD_BYTES..]);
            bytes[SUM].copy_from_slice(&sum.to_le_bytes());
            match Database::open(&bytes) {
                Ok(database) => {
                    opened += 1;
                    read_all(&database);
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(opened > 1_000 && refused > 100, "{opened} opened, {refused} refused");
}
