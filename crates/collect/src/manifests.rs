//! Files, folders and standard input into a snapshot.
//!
//! Every path is one world. Files are read in parallel, one pass, and dropped: what stays is the
//! compact form of their objects. Whoever has findings gives them to [`Sources::locate`], which
//! reads their file once more and adds line, column and source lines.

mod locate;
mod location;
mod mask;
mod notes;
mod read;
mod walk;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::{Coverage, DigestKey, Gap, GapKind, Part, Snapshot, WorldId};

pub use locate::{Located, Place};
pub use mask::masked;

/// How far a run is, for whoever shows it: counters that any thread may read.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Steps there are: each file is read, and judged.
    pub total: Arc<AtomicUsize>,
    /// Steps that are done.
    pub done: Arc<AtomicUsize>,
}

impl Progress {
    /// One more step is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a caller decides about reading.
#[derive(Clone, Debug)]
pub struct Options {
    /// Obey `.gitignore`, `.ignore` and `.bollwerkignore` files below the given paths.
    pub ignore_files: bool,
    /// Folders that are worlds of their own, relative to a given path.
    pub worlds: Vec<globset::Glob>,
    /// Texts that stand for the files of these paths, or for new files below a given path, to
    /// judge a change before it is written.
    pub overlay: BTreeMap<PathBuf, Vec<u8>>,
    /// Where to tell how far it is.
    pub progress: Progress,
    /// Threads that read.
    pub threads: usize,
    /// What the reader may spend on one file.
    pub limits: yaml::Limits,
}

/// Where manifests come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file or folder.
    Path(PathBuf),
    /// A file or folder that stands for another: a checkout of a revision.
    Copy {
        /// What is read.
        path: PathBuf,
        /// What it stands for, in names of files.
        shown: PathBuf,
        /// The name of its world.
        world: String,
    },
    /// The text of standard input, already read.
    Text(Vec<u8>),
    /// A file in which a cloud describes a managed cluster: that it holds none is a gap.
    ManagedClusters(PathBuf),
}

/// A file that is read: under its name for people, in its world.
struct File {
    name: String,
    content: Content,
    world: WorldId,
    digest: u64,
    /// Whether it was named as one that holds a managed cluster.
    is_export: bool,
}

enum Content {
    Path(PathBuf),
    Text(Vec<u8>),
}

/// The files a snapshot was made from, to find the place of what is said about it.
pub struct Sources {
    files: Vec<File>,
    limits: yaml::Limits,
    key: DigestKey,
}

impl Sources {
    /// No files: of a snapshot that was saved, whose objects are placed by their first line.
    pub fn none(key: DigestKey) -> Self {
        Self { files: Vec::new(), limits: yaml::Limits::default(), key }
    }

    /// The text of a file as it was judged; none when it cannot be read or changed since.
    pub fn text(&self, file: u32) -> Option<String> {
        let source = self.files.get(file as usize)?;
        let mut buffer = Vec::new();
        read::load(source, &self.limits, &mut buffer).ok()?;
        if read::digest(&buffer) != source.digest {
            return None;
        }
        // Only UTF-8 is edited in place: another encoding would not come back as it was.
        String::from_utf8(buffer).ok()
    }

    /// The path of a file, when it is one on disk.
    pub fn path(&self, file: u32) -> Option<PathBuf> {
        let source = self.files.get(file as usize)?;
        (source.name != "-").then(|| PathBuf::from(&source.name))
    }
}

/// Reads a text as the files are read: see [`Options::limits`] for what it may spend.
pub fn stream<'t>(text: &'t str, limits: &yaml::Limits) -> yaml::Stream<'t> {
    read::stream(text, limits)
}

/// Reads manifests into `snapshot`; what could not be read becomes gaps in it.
pub fn collect(
    snapshot: &mut Snapshot,
    inputs: Vec<Input>,
    options: &Options,
    key: DigestKey,
) -> Sources {
    let mut files = Vec::new();
    let mut worlds = Worlds::new(snapshot);
    for input in inputs {
        match input {
            Input::Text(text) => {
                let world = worlds.number(snapshot, "-".to_owned());
                let content = Content::Text(text);
                let name = "-".to_owned();
                files.push(File { name, content, world, digest: 0, is_export: false });
            }
            Input::Path(path) => {
                let tree = Tree { path: &path, shown: &path, world: path.display().to_string() };
                folder(snapshot, &tree, options, &mut worlds, &mut files);
            }
            Input::ManagedClusters(path) => {
                let world = worlds.number(snapshot, path.display().to_string());
                files.push(File::export(&path, world));
            }
            Input::Copy { path, shown, world } => {
                let tree = Tree { path: &path, shown: &shown, world };
                folder(snapshot, &tree, options, &mut worlds, &mut files);
            }
        }
    }
    let sources = Sources { files, limits: options.limits.clone(), key };
    options.progress.total.store(2 * sources.files.len(), Ordering::Relaxed);
    read_all(snapshot, sources, options)
}

/// Adds the managed clusters of a file to a world of a snapshot that was made otherwise: of a
/// running cluster. What could not be read becomes gaps in it; whether there is none.
pub fn add_managed_clusters(
    snapshot: &mut Snapshot,
    path: &Path,
    world: WorldId,
    limits: &yaml::Limits,
    key: &DigestKey,
) -> bool {
    let number = snapshot.files.len();
    let file = File::export(path, world);
    snapshot.files.push(file.name.clone());
    let sources = Sources { files: Vec::new(), limits: limits.clone(), key: key.clone() };
    let mut harvest = Harvest::default();
    read::read(&sources, &file, number, &mut Vec::new(), &mut harvest);
    let is_whole = harvest.gaps.is_empty();
    snapshot.coverage.add(harvest.coverage);
    snapshot.gaps.extend(harvest.gaps.into_iter().map(|(_, gap)| gap));
    snapshot.add(harvest.part);
    is_whole
}

impl File {
    fn export(path: &Path, world: WorldId) -> Self {
        let name = path.strip_prefix(".").unwrap_or(path).display().to_string();
        let content = Content::Path(path.to_owned());
        Self { name, content, world, digest: 0, is_export: true }
    }
}

/// A file or folder, what it is called and what its world is.
struct Tree<'a> {
    path: &'a Path,
    shown: &'a Path,
    world: String,
}

impl Tree<'_> {
    /// What a file in it is called.
    fn name(&self, file: &Path) -> String {
        let inner = file.strip_prefix(self.path).unwrap_or(file);
        let file = if inner.as_os_str().is_empty() {
            self.shown.to_owned()
        } else {
            self.shown.join(inner)
        };
        file.strip_prefix(".").unwrap_or(&file).display().to_string()
    }
}

fn folder(
    snapshot: &mut Snapshot,
    tree: &Tree<'_>,
    options: &Options,
    worlds: &mut Worlds,
    files: &mut Vec<File>,
) {
    let new = new_files(tree, options);
    let mut walk = if !new.is_empty() && !tree.path.exists() {
        walk::Walk::default()
    } else {
        walk::walk(tree.path, options.ignore_files)
    };
    for gap in &mut walk.gaps {
        gap.subject = tree.name(Path::new(&gap.subject));
    }
    snapshot.gaps.extend(walk.gaps);
    add(new, &mut walk.files);
    if walk.files.is_empty() && tree.path.is_dir() {
        let subject = tree.world.clone();
        let reason = "holds no .yaml, .yml or .json file: nothing was judged".to_owned();
        snapshot.gaps.push(Gap { kind: GapKind::Empty, subject, location: None, reason });
    }
    let whole = worlds.number(snapshot, tree.world.clone());
    let globs: Vec<_> = options.worlds.iter().map(globset::Glob::compile_matcher).collect();
    for file in walk.files {
        let world = own_world(&file, tree.path, &globs).map_or(whole, |folder| {
            let name = Path::new(&tree.world).join(folder);
            worlds.number(snapshot, name.display().to_string())
        });
        let name = tree.name(&file);
        let content = match options.overlay.get(Path::new(&name)) {
            Some(text) => Content::Text(text.clone()),
            None => Content::Path(file),
        };
        files.push(File { name, content, world, digest: 0, is_export: false });
    }
}

/// What the overlay holds below a path that is not on disk.
fn new_files(tree: &Tree<'_>, options: &Options) -> Vec<PathBuf> {
    let below = tree.shown.strip_prefix(".").unwrap_or(tree.shown);
    let is_new = |new: &&PathBuf| {
        new.starts_with(below) && new.is_absolute() == below.is_absolute() && !new.exists()
    };
    let new = options.overlay.keys().filter(is_new);
    new.filter_map(|new| Some(tree.path.join(new.strip_prefix(below).ok()?))).collect()
}

/// Puts new files among the others, in the order of their paths.
fn add(new: Vec<PathBuf>, files: &mut Vec<PathBuf>) {
    if new.is_empty() {
        return;
    }
    files.extend(new);
    files.sort();
}

/// The folder above a file, relative to the given path, that is a world of its own.
fn own_world<'f>(file: &'f Path, path: &Path, globs: &[globset::GlobMatcher]) -> Option<&'f Path> {
    let mut folders = file.strip_prefix(path).ok()?.ancestors().skip(1);
    folders.find(|folder| {
        !folder.as_os_str().is_empty() && globs.iter().any(|glob| glob.is_match(folder))
    })
}

/// The numbers of a snapshot's worlds by name.
struct Worlds {
    numbers: HashMap<String, WorldId>,
}

impl Worlds {
    fn new(snapshot: &Snapshot) -> Self {
        let numbered = (0..).zip(&snapshot.worlds);
        Self { numbers: numbered.map(|(number, name)| (name.clone(), WorldId(number))).collect() }
    }

    /// The number of a world, which is new if it was not there.
    fn number(&mut self, snapshot: &mut Snapshot, name: String) -> WorldId {
        *self.numbers.entry(name).or_insert_with_key(|name| {
            snapshot.worlds.push(name.clone());
            WorldId((snapshot.worlds.len() - 1) as u32)
        })
    }
}

/// What one thread gathered.
#[derive(Default)]
struct Harvest {
    part: Part,
    coverage: Coverage,
    gaps: Vec<(usize, Gap)>,
    digests: Vec<(usize, u64)>,
}

fn read_all(snapshot: &mut Snapshot, mut sources: Sources, options: &Options) -> Sources {
    let threads = options.threads;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut harvest = Harvest::default();
        let mut buffer = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = sources.files.get(number) else { break harvest };
            read::read(&sources, file, number, &mut buffer, &mut harvest);
            options.progress.step();
        }
    };
    let harvests: Vec<Harvest> = if threads <= 1 || sources.files.len() < 2 {
        vec![work()]
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            // A panic is a defect of ours: it must not pass as "nothing there".
            let join = |worker: std::thread::ScopedJoinHandle<'_, Harvest>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().map(join).collect()
        })
    };
    let (mut gaps, mut parts) = (Vec::new(), Vec::new());
    for harvest in harvests {
        snapshot.coverage.add(harvest.coverage);
        gaps.extend(harvest.gaps);
        for (number, digest) in harvest.digests {
            sources.files[number].digest = digest;
        }
        parts.push(harvest.part);
    }
    snapshot.add_all(parts);
    // Threads take files as they come: put what they say back in the files' order.
    gaps.sort_by_key(|(number, _)| *number);
    snapshot.gaps.extend(gaps.into_iter().map(|(_, gap)| gap));
    snapshot.files = sources.files.iter().map(|file| file.name.clone()).collect();
    sources
}
