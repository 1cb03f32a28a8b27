//! Crates that `cargo auditable` wrote into a program.
//!
//! Source: the format's own description in rust-secure-code/cargo-auditable, `PARSING.md`.

use std::io::Read;

use flate2::read::ZlibDecoder;
use package::{Kind, Package};
use serde::Deserialize;

use super::elf;

/// The section that holds the list.
pub(super) const SECTION: &str = ".dep-v0";
/// Bytes of the list when inflated.
const LIST_BYTES_MAX: u64 = 8 << 20;

#[derive(Deserialize)]
struct Written {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    kind: Option<String>,
}

/// The crates of a program; none where it does not list them.
pub(super) fn crates(file: &[u8]) -> Result<Vec<Package>, String> {
    elf::section(file, SECTION).map_or(Ok(Vec::new()), listed)
}

/// The crates of the section that lists them.
pub(super) fn listed(section: &[u8]) -> Result<Vec<Package>, String> {
    let mut list = Vec::new();
    let inflated = ZlibDecoder::new(section).take(LIST_BYTES_MAX + 1).read_to_end(&mut list);
    inflated.map_err(|error| format!("its list of crates cannot be inflated: {error}"))?;
    if list.len() as u64 > LIST_BYTES_MAX {
        return Err(format!("its list of crates has more than {LIST_BYTES_MAX} bytes"));
    }
    let written: Written = serde_json::from_slice(&list)
        .map_err(|error| format!("its list of crates cannot be read: {error}"))?;
    // What ran when it was built is not in it.
    let in_it = written.packages.into_iter().filter(|it| it.kind.as_deref() != Some("build"));
    Ok(in_it.map(|it| Package::new(Kind::Cargo, it.name, it.version)).collect())
}
