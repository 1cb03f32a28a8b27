//! Go.
//!
//! Source: the Go Modules Reference, section go.mod files.

use std::collections::BTreeMap;

use package::Package;

use crate::catalog::program;

/// `go.mod`: what is required, with what stands for it.
pub(super) fn module(text: &str) -> Vec<Package> {
    let mut required: BTreeMap<&str, &str> = BTreeMap::new();
    let mut replaced = Vec::new();
    let mut block = "";
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if line == ")" {
            block = "";
            continue;
        }
        let mut words = line.split_ascii_whitespace().map(|word| word.trim_matches(['"', '`']));
        let verb = if block.is_empty() { words.next().unwrap_or_default() } else { block };
        let words: Vec<&str> = words.take(5).collect();
        match (verb, &words[..]) {
            (verb, ["("]) => block = verb,
            ("require", [path, version]) => drop(required.insert(path, version)),
            ("replace", [old, "=>", new @ ..]) => replaced.push((*old, None, new.to_vec())),
            ("replace", [old, version, "=>", new @ ..]) => {
                replaced.push((*old, Some(*version), new.to_vec()));
            }
            _ => {}
        }
    }
    for (old, version, new) in replaced {
        let is_meant = required.get(old).is_some_and(|it| version.is_none_or(|one| one == *it));
        if is_meant {
            required.remove(old);
            // A folder has no version: it is the image's own code.
            if let [path, version] = new[..] {
                required.insert(path, version);
            }
        }
    }
    required.into_iter().map(|(path, version)| program::module(path, version)).collect()
}
