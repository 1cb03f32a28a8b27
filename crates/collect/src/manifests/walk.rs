//! Which files below a path are manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use model::{Gap, GapKind};

/// What a walk found.
#[derive(Default)]
pub(super) struct Walk {
    /// Files to read, in the order of their paths.
    pub(super) files: Vec<PathBuf>,
    /// What could not be walked, or is not rendered.
    pub(super) gaps: Vec<Gap>,
}

/// Deepest folder below a path.
const DEPTH_MAX: usize = 128;

/// Walks a folder, or takes a single file whatever its name.
pub(super) fn walk(path: &Path, ignore_files: bool) -> Walk {
    let mut walk = Walk::default();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folder(path, ignore_files, &mut walk),
        Ok(metadata) if metadata.is_file() => walk.files.push(path.to_owned()),
        Ok(_) => walk.gap(GapKind::Unreadable, path, "is neither a file nor a folder".into()),
        Err(error) => walk.gap(GapKind::Unreadable, path, format!("cannot be read: {error}")),
    }
    walk
}

impl Walk {
    fn gap(&mut self, kind: GapKind, path: &Path, reason: String) {
        let subject = path.display().to_string();
        self.gaps.push(Gap { kind, subject, location: None, reason });
    }
}

fn folder(root: &Path, ignore_files: bool, walk: &mut Walk) {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .max_depth(Some(DEPTH_MAX))
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != OsStr::new(".git"));
    if ignore_files {
        builder
            .ignore(true)
            .git_ignore(true)
            .require_git(false)
            .parents(true)
            .add_custom_ignore_filename(".bollwerkignore");
    }
    let mut charts = BTreeSet::new();
    let mut kustomizations = BTreeMap::new();
    let mut links = Vec::new();
    for entry in builder.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                walk.gap(GapKind::Unreadable, root, format!("cannot be walked: {error}"));
                continue;
            }
        };
        let kind = entry.file_type();
        if kind.is_some_and(|kind| kind.is_symlink()) {
            links.push(entry.into_path());
        } else if kind.is_some_and(|kind| kind.is_file()) {
            match entry.file_name().to_str() {
                Some("Chart.yaml") => {
                    charts.extend(entry.path().parent().map(Path::to_owned));
                }
                Some("kustomization.yaml" | "kustomization.yml" | "Kustomization") => {
                    let folder = entry.path().parent().map(Path::to_owned);
                    kustomizations.extend(folder.map(|folder| (folder, entry.into_path())));
                    continue;
                }
                _ => {}
            }
            if is_manifest(entry.path()) {
                walk.files.push(entry.into_path());
            }
        }
    }
    links.sort();
    for link in links {
        follow(root, &link, walk);
    }
    charts_are_not_rendered(&charts, walk);
    kustomizations_are_not_applied(&kustomizations, walk);
    walk.files
        .sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// A link to something inside the walked folder is read at its own place. Every other link is a
/// gap: it leads back, nowhere, or out of what was asked for.
fn follow(root: &Path, link: &Path, walk: &mut Walk) {
    let target = match link.canonicalize() {
        Ok(target) => target,
        Err(error) => {
            return walk.gap(GapKind::Link, link, format!("is a link that leads nowhere: {error}"));
        }
    };
    if target.is_file() && !is_manifest(link) {
        return;
    }
    let place = link.parent().and_then(|parent| parent.canonicalize().ok());
    if target.is_dir() && place.is_some_and(|place| place.starts_with(&target)) {
        walk.gap(GapKind::Link, link, "is a link back to a folder above it".into());
    } else if root.canonicalize().is_ok_and(|root| !target.starts_with(root)) {
        let reason =
            format!("is a link out of the folder, to {}; give that path too", target.display());
        walk.gap(GapKind::Link, link, reason);
    }
}

/// Templates of a chart are no manifests until they are rendered. Its `crds` are.
fn charts_are_not_rendered(charts: &BTreeSet<PathBuf>, walk: &mut Walk) {
    walk.files.retain(|file| {
        let mut folders = file.ancestors().skip(1);
        let is_template = |folder: &Path| {
            folder.ends_with("templates")
                && folder.parent().is_some_and(|chart| charts.contains(chart))
        };
        !folders.any(is_template)
    });
    for chart in charts {
        // A chart inside a chart is rendered with it.
        let is_part = chart.ancestors().any(|folder| {
            folder.ends_with("charts")
                && folder.parent().is_some_and(|outer| charts.contains(outer))
        });
        if !is_part {
            let reason = "is a Helm chart whose templates were not rendered; pipe \
                          `helm template` into `bollwerk scan -`";
            walk.gap(GapKind::ChartNotRendered, chart, reason.into());
        }
    }
}

/// Resources of a kustomization are judged as they stand; its patches are no objects.
fn kustomizations_are_not_applied(kustomizations: &BTreeMap<PathBuf, PathBuf>, walk: &mut Walk) {
    let all = kustomizations.iter().flat_map(|(folder, file)| patches(folder, file));
    let all: BTreeSet<PathBuf> = all.collect();
    walk.files.retain(|file| !all.contains(file));
    for folder in kustomizations.keys() {
        let reason = "is a kustomization that was not applied, its resources were judged as they \
                      stand; pipe `kubectl kustomize` into `bollwerk scan -`";
        walk.gap(GapKind::KustomizationNotRendered, folder, reason.into());
    }
}

/// Files a kustomization names as patches. Empty when it cannot be read: then all are judged.
fn patches(folder: &Path, file: &Path) -> BTreeSet<PathBuf> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let mut found = BTreeSet::new();
    for document in stream.documents().flatten() {
        let root = document.root();
        for field in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
            let list = root.get(field);
            for item in list.into_iter().flat_map(yaml::Node::items) {
                let path = item.get("path").unwrap_or(item).as_str();
                found
                    .extend(path.filter(|path| !path.contains('\n')).map(|path| folder.join(path)));
            }
        }
    }
    found
}
