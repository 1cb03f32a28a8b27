//! Conan.
//!
//! Source: `conans/model/graph_lock.py` of Conan 1 and `conan/internal/model/lockfile.py` of
//! Conan 2.

use std::collections::BTreeMap;

use package::{Kind, Package};
use serde::Deserialize;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    requires: Vec<String>,
    graph_lock: Option<Graph>,
}

#[derive(Deserialize)]
struct Graph {
    #[serde(default)]
    nodes: BTreeMap<String, Node>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// `conan.lock` without what runs while it is built: `zlib/1.2.13@user/channel#revision%time`.
pub(super) fn lock(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Lock = super::json(content)?;
    let nodes = written.graph_lock.into_iter().flat_map(|graph| graph.nodes.into_values());
    let references = nodes.filter_map(|node| node.reference).chain(written.requires);
    let of = |reference: String| {
        let (name, version) = reference.split(['@', '#', '%']).next()?.split_once('/')?;
        super::is_version(version).then(|| Package::new(Kind::Conan, name, version))
    };
    Ok(references.filter_map(of).collect())
}
