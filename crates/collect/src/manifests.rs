//! Files, folders and standard input into a snapshot.
//!
//! Every path is one world. Files are read in parallel, one pass, and dropped: what stays is the
//! compact form of their objects. Whoever has findings gives them to [`Sources::locate`], which
//! reads their file once more and adds line, column and source lines.

mod locate;
mod mask;
mod read;
mod walk;

use std::collections::{BTreeMap, HashSet};
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
    /// A file or folder, which need not be there, of the world of another path.
    Part {
        /// The file or folder.
        path: PathBuf,
        /// The path it belongs to.
        of: PathBuf,
    },
    /// The text of standard input, already read.
    Text(Vec<u8>),
}

/// A file that is read: under its name for people, in its world.
struct File {
    name: String,
    content: Content,
    world: WorldId,
    digest: u64,
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
    for input in inputs {
        match input {
            Input::Text(text) => {
                let world = world(&mut snapshot.worlds, "-".to_owned());
                let content = Content::Text(text);
                files.push(File { name: "-".to_owned(), content, world, digest: 0 });
            }
            Input::Path(path) => folder(snapshot, &path, &path, options, &mut files),
            Input::Part { path, of } => folder(snapshot, &path, &of, options, &mut files),
        }
    }
    let sources = Sources { files, limits: options.limits.clone(), key };
    options.progress.total.store(2 * sources.files.len(), Ordering::Relaxed);
    read_all(snapshot, sources, options)
}

/// Files below `path`, in the world of `of`.
fn folder(
    snapshot: &mut Snapshot,
    path: &Path,
    of: &Path,
    options: &Options,
    files: &mut Vec<File>,
) {
    let is_part = path != of;
    let mut walk = if is_part && !path.exists() {
        walk::Walk::default()
    } else {
        walk::walk(path, options.ignore_files)
    };
    add_new_files(path, options, &mut walk.files);
    snapshot.gaps.extend(walk.gaps);
    if walk.files.is_empty() && path.is_dir() && !is_part {
        let subject = path.display().to_string();
        let reason = "holds no .yaml, .yml or .json file: nothing was judged".to_owned();
        snapshot.gaps.push(Gap { kind: GapKind::Empty, subject, location: None, reason });
    }
    let whole = world(&mut snapshot.worlds, of.display().to_string());
    let globs: Vec<_> = options.worlds.iter().map(globset::Glob::compile_matcher).collect();
    for file in walk.files {
        let world = own_world(&file, path, &globs).map_or(whole, |folder| {
            world(&mut snapshot.worlds, path.join(folder).display().to_string())
        });
        let name = plain(&file).display().to_string();
        let content = match options.overlay.get(Path::new(&name)) {
            Some(text) => Content::Text(text.clone()),
            None => Content::Path(file),
        };
        files.push(File { name, content, world, digest: 0 });
    }
}

/// A path without the `./` that says nothing.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// Adds what the overlay holds below `path` that is not on disk.
fn add_new_files(path: &Path, options: &Options, files: &mut Vec<PathBuf>) {
    if options.overlay.is_empty() {
        return;
    }
    let known: HashSet<&Path> = files.iter().map(|file| plain(file)).collect();
    let is_below = |new: &Path| {
        new.starts_with(plain(path)) && (new.is_absolute() == path.is_absolute()) && new != path
    };
    let new: Vec<PathBuf> = options
        .overlay
        .keys()
        .filter(|new| is_below(new) && !known.contains(new.as_path()) && !new.exists())
        .cloned()
        .collect();
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

/// The number of a world by its name, which is new if it was not there.
fn world(worlds: &mut Vec<String>, name: String) -> WorldId {
    let known = worlds.iter().position(|world| *world == name);
    WorldId(known.unwrap_or_else(|| {
        worlds.push(name);
        worlds.len() - 1
    }) as u32)
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
