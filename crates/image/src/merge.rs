//! Layers laid over each other.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use package::{Distribution, Evidence, Kind, Package};

use crate::layer::{Fact, Layer};
use crate::path;

/// What is in an image, as a container of it finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// What distribution it is, where a file says so.
    pub distribution: Option<Arc<Distribution>>,
    /// Its packages, sorted, each once with every place it was found at.
    pub packages: Vec<Package>,
    /// Programs that no package brought and no cataloger knows more of.
    pub unowned: Vec<Unowned>,
}

/// A program whose origin is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unowned {
    /// Its path.
    pub path: String,
    /// Its layer, counted from 0 for the lowest.
    pub layer: u32,
}

/// The image of these layers, the lowest first.
///
/// A file of a layer takes the place of what has its path below, and of all that is under its path
/// if that was a folder; whiteouts remove files and folders of the layers below, not of their own.
///
/// Source: OCI image specification, `layer.md`, Applying Changesets.
pub fn merge<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Image {
    let mut live: BTreeMap<&str, Live<'_>> = BTreeMap::new();
    let mut links: BTreeMap<&str, &str> = BTreeMap::new();
    for (number, layer) in layers.into_iter().enumerate() {
        remove(&mut live, layer);
        links.extend(layer.links.iter().map(|(path, target)| (path.as_str(), target.as_str())));
        if !layer.links.is_empty() {
            for (path, it) in &mut live {
                it.name(path, &links);
            }
        }
        for find in &layer.finds {
            let it = live.entry(&find.path).or_default();
            it.facts.push((number as u32, &find.fact));
            if it.names.is_empty() {
                it.name(&find.path, &links);
            }
        }
    }
    Merging::default().image(&live)
}

/// Whether a file is seen in an image when these layers are laid over its own, the lowest first.
pub fn is_visible<'a>(above: impl IntoIterator<Item = &'a Layer>, path: &str) -> bool {
    let number = path::hash(path);
    let above_it: Vec<(&str, u128)> = folders(path).map(|it| (it, path::hash(it))).collect();
    !above.into_iter().any(|layer| {
        let removes =
            |it: &str| layer.removed.binary_search_by(|removed| removed.as_str().cmp(it)).is_ok();
        let empties = |it: &str| layer.emptied.iter().any(|emptied| emptied == it);
        let covers = |number: &u128| layer.covers.binary_search(number).is_ok();
        covers(&number)
            || removes(path)
            || empties("")
            || above_it.iter().any(|(it, number)| removes(it) || empties(it) || covers(number))
    })
}

/// The files that system packages brought.
#[derive(Clone, Debug, Default)]
pub struct Owned(HashSet<u128>);

impl Owned {
    /// Those of all these layers, whatever became of them above.
    pub fn of<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Self {
        let mut owned = Self::default();
        for find in layers.into_iter().flat_map(|layer| &layer.finds) {
            if let Fact::Owned(paths) = &find.fact {
                owned.0.extend(paths.iter().copied());
            }
        }
        owned
    }

    /// Whether a package brought this file.
    pub fn contains(&self, path: &str) -> bool {
        let has = |path: &str| self.0.contains(&path::hash(path));
        // Packages of before the merge of `/bin` into `/usr/bin` name the old path.
        has(path) || path.strip_prefix("usr/").is_some_and(has)
    }
}

/// A file that is there, with what it says.
#[derive(Default)]
struct Live<'a> {
    facts: Vec<(u32, &'a Fact)>,
    /// Numbers of its paths: as written, and through links of the root, as `lib/apk` is
    /// `usr/lib/apk` where `lib` is a link.
    names: Vec<u128>,
    /// Numbers of the folders it is in, by any of its paths.
    folders: Vec<u128>,
}

impl Live<'_> {
    fn name(&mut self, path: &str, links: &BTreeMap<&str, &str>) {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let real = links.get(first).filter(|_| !rest.is_empty());
        let aliases = links.iter().filter_map(|(link, target)| {
            let rest = path.strip_prefix(target)?.strip_prefix('/')?;
            Some((format!("{link}/{rest}"), true))
        });
        let real = real.map(|target| (format!("{target}/{rest}"), false));
        let names =
            real.into_iter().chain(aliases).chain([(path.to_owned(), links.contains_key(first))]);
        self.names.clear();
        self.folders.clear();
        for (name, is_through_link) in names {
            self.names.push(path::hash(&name));
            // A link that is written again takes nothing away from where it points.
            let above = folders(&name).filter(|it| !is_through_link || it.contains('/'));
            self.folders.extend(above.map(path::hash));
        }
    }
}

/// Takes away what a layer removes, empties or covers.
fn remove(live: &mut BTreeMap<&str, Live<'_>>, layer: &Layer) {
    let numbers =
        |paths: &[String]| -> HashSet<u128> { paths.iter().map(|path| path::hash(path)).collect() };
    let (removed, emptied) = (numbers(&layer.removed), numbers(&layer.emptied));
    if layer.emptied.iter().any(String::is_empty) {
        return live.clear();
    }
    let is_gone = |it: &u128| removed.contains(it) || layer.covers.binary_search(it).is_ok();
    live.retain(|_, it| {
        !it.names.iter().any(is_gone)
            && !it.folders.iter().any(|it| is_gone(it) || emptied.contains(it))
    });
}

/// The folders a path is in, from the innermost to the one in the root.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        rest = rest.rsplit_once('/')?.0;
        Some(rest)
    })
}

/// Facts by what they say.
#[derive(Default)]
struct Merging<'a> {
    distributions: BTreeMap<&'a str, &'a Distribution>,
    licences: BTreeMap<&'a str, &'a [String]>,
    owned: Owned,
    placed: Owned,
    packages: Vec<(&'a str, u32, &'a Package)>,
    programs: Vec<(&'a str, u32)>,
}

impl<'a> Merging<'a> {
    fn image(mut self, live: &BTreeMap<&'a str, Live<'a>>) -> Image {
        for (path, Live { facts, .. }) in live {
            for (layer, fact) in facts {
                match fact {
                    Fact::Packages(packages) => {
                        self.packages.extend(packages.iter().map(|it| (*path, *layer, it)));
                    }
                    Fact::Distribution(found) => drop(self.distributions.insert(path, found)),
                    Fact::Licences(licences) => {
                        let package = path.rsplit('/').nth(1).unwrap_or_default();
                        self.licences.insert(package, licences);
                    }
                    Fact::Owned(paths) => self.owned.0.extend(paths.iter().copied()),
                    Fact::Placed(paths) => self.placed.0.extend(paths.iter().copied()),
                    Fact::Program => self.programs.push((path, *layer)),
                }
            }
        }
        // Where both are there, the first is what programs read.
        let distribution = ["etc/os-release", "usr/lib/os-release"]
            .iter()
            .find_map(|path| self.distributions.get(path))
            .map(|found| Arc::new((*found).clone()));
        let packages = self.packages(distribution.as_ref());
        let mut unowned: Vec<Unowned> = self
            .programs
            .iter()
            .filter(|(path, _)| !self.owned.contains(path) && !self.placed.contains(path))
            .map(|(path, layer)| Unowned { path: (*path).to_owned(), layer: *layer })
            .collect();
        unowned.sort();
        Image { distribution, packages, unowned }
    }

    fn packages(&self, distribution: Option<&Arc<Distribution>>) -> Vec<Package> {
        let mut found: BTreeMap<Package, Vec<Evidence>> = BTreeMap::new();
        for (path, layer, package) in &self.packages {
            let is_system = package.kind.is_system();
            // A system package brought it, whose vendor mends it.
            if !is_system && self.owned.contains(path) {
                continue;
            }
            if package.kind == Kind::Generic && self.placed.contains(path) {
                continue;
            }
            let mut package = (*package).clone();
            if is_system {
                package.namespace = distribution.map(|it| it.id.clone());
                package.distribution = distribution.cloned();
            }
            if package.licences.is_empty()
                && let Some(licences) = self.licences.get(package.name.as_str())
                && is_system
            {
                package.licences = licences.to_vec();
            }
            let evidence = Evidence { path: (*path).to_owned(), layer: Some(*layer) };
            found.entry(package).or_default().push(evidence);
        }
        let whole = |(package, mut found_in): (Package, Vec<Evidence>)| {
            found_in.sort();
            found_in.dedup();
            Package { found_in, ..package }
        };
        one_of_each(found).into_iter().map(whole).collect()
    }
}

/// A package of which one place states licences, or the platform of a gem, and another, such as a
/// lock file, does not is one package.
fn one_of_each(found: BTreeMap<Package, Vec<Evidence>>) -> Vec<(Package, Vec<Evidence>)> {
    let mut all: Vec<(Package, Vec<Evidence>)> = Vec::new();
    // Of those that differ in this alone, the one that says less comes first.
    for (package, mut evidence) in found {
        if let Some((before, shown)) = all.last()
            && before.licences.is_empty()
            && *before == less(package.clone(), before.architecture.is_none())
        {
            evidence.extend_from_slice(shown);
            all.pop();
        }
        all.push((package, evidence));
    }
    all
}

/// What a lock file says of a package.
fn less(package: Package, is_of_any_platform: bool) -> Package {
    let architecture =
        package.architecture.filter(|_| package.kind != Kind::Gem || !is_of_any_platform);
    Package { licences: Vec::new(), architecture, ..package }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_layer_above_takes_away_is_not_seen() {
        let removed = |it: &str| Layer { removed: vec![it.to_owned()], ..Layer::default() };
        let emptied = |it: &str| Layer { emptied: vec![it.to_owned()], ..Layer::default() };
        let covers = |it: &str| Layer { covers: vec![path::hash(it)], ..Layer::default() };
        for (above, is_seen) in [
            (removed("app/.env"), false),
            (removed("app"), false),
            (removed("app/.en"), true),
            (removed("ap"), true),
            (removed("app/.env/a"), true),
            (emptied("app"), false),
            (emptied(""), false),
            (emptied("app/.env"), true),
            (covers("app/.env"), false),
            (covers("app"), false),
            (covers("app/other"), true),
        ] {
            assert_eq!(is_visible([&Layer::default(), &above], "app/.env"), is_seen, "{above:?}");
        }
    }

    #[test]
    fn files_of_packages_are_known_by_both_of_their_paths() {
        let paths = ["bin/ls", "usr/share/doc/a"].map(path::hash);
        let fact = Fact::Owned(Box::new(paths));
        let find = crate::Find { path: "var/lib/dpkg/info/a.list".to_owned(), fact };
        let layer = Layer { finds: vec![find], ..Layer::default() };
        let owned = Owned::of([&layer]);
        let has = |path| owned.contains(path);
        assert!(has("bin/ls") && has("usr/bin/ls") && has("usr/share/doc/a"));
        assert!(!has("ls") && !has("share/doc/a") && !has("usr/share/doc"));
    }
}
