//! Swift.
//!
//! Source: `Sources/PackageGraph/ResolvedPackagesStore.swift` of Swift's package manager.

use package::{Kind, Package};
use serde::Deserialize;

#[derive(Deserialize)]
struct Resolved {
    #[serde(default)]
    pins: Vec<Pin>,
    /// Where the pins are in version 1.
    object: Option<Pins>,
}

#[derive(Deserialize)]
struct Pins {
    #[serde(default)]
    pins: Vec<Pin>,
}

#[derive(Deserialize)]
struct Pin {
    #[serde(alias = "repositoryURL")]
    location: Option<String>,
    state: State,
}

#[derive(Deserialize)]
struct State {
    version: Option<String>,
}

/// `Package.resolved`: repositories and their versions. One at a branch has none.
pub(super) fn resolved(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Resolved = super::json(content)?;
    let pins = written.object.map_or(written.pins, |object| object.pins);
    Ok(pins.into_iter().filter_map(package_of).collect())
}

/// `github.com/apple` and `swift-nio` of `https://github.com/apple/swift-nio.git`.
fn package_of(pin: Pin) -> Option<Package> {
    let (location, version) = (pin.location?, pin.state.version?);
    let address = location.split_once("://").map_or(location.as_str(), |(_, rest)| rest);
    let address = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
    let address = address.trim_end_matches('/').trim_end_matches(".git").replacen(':', "/", 1);
    let (namespace, name) = address.rsplit_once('/')?;
    let namespace = Some(namespace.to_owned());
    Some(Package { namespace, ..Package::new(Kind::Swift, name, version) })
}
