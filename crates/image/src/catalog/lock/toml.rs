//! Lock files in TOML, as their tools write them: a value a line, in tables `[[package]]`.
//!
//! Source: `src/cargo/core/resolver/encode.rs` of Cargo, `poetry/packages/locker.py` of Poetry,
//! and uv's documentation of its lock file.

use package::{Kind, Package};

/// A table `[[package]]`.
#[derive(Clone, Copy, Default)]
struct Table<'a> {
    name: &'a str,
    version: &'a str,
    /// Where it comes from; none for a part of the project itself.
    source: &'a str,
    /// What it is for, in old lock files of Poetry.
    category: &'a str,
}

/// `Cargo.lock`, without the crates of the workspace, which have no source.
pub(super) fn cargo(text: &str) -> Vec<Package> {
    let published = tables(text).filter(|table| !table.source.is_empty());
    published.map(|table| Package::new(Kind::Cargo, table.name, table.version)).collect()
}

/// `poetry.lock` and `uv.lock`, without the project itself.
pub(super) fn poetry(text: &str) -> Vec<Package> {
    const OWN: [&str; 4] = ["{ editable", "{ virtual", "{ directory", "{ path"];
    let published = tables(text).filter(|table| {
        table.category != "dev" && !OWN.iter().any(|own| table.source.starts_with(own))
    });
    published.map(|table| Package::new(Kind::Pypi, table.name, table.version)).collect()
}

fn tables(text: &str) -> impl Iterator<Item = Table<'_>> {
    let mut lines = text.lines();
    let mut table: Option<Table<'_>> = None;
    std::iter::from_fn(move || {
        for line in lines.by_ref() {
            if line.starts_with('[') {
                let done = table.take();
                table = (line.trim_end() == "[[package]]").then(Table::default);
                if done.is_some() {
                    return done;
                }
                continue;
            }
            let (Some(table), Some((key, value))) = (&mut table, line.split_once('=')) else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match key.trim_end() {
                "name" => table.name = value,
                "version" => table.version = value,
                "source" => table.source = value,
                "category" => table.category = value,
                _ => {}
            }
        }
        table.take()
    })
    .filter(|table| !table.name.is_empty() && super::is_version(table.version))
}
