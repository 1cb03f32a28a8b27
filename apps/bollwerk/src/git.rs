//! Files of a git revision, put into a folder of their own for as long as they are read.
//!
//! Git itself is asked, by its plumbing alone: no hook, filter or configured program of the
//! repository runs.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Largest file that is taken, in bytes: what the reader reads and one more, so that it says why
/// it reads no further.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// A folder that goes when it is dropped.
pub(crate) struct Checkout {
    folder: PathBuf,
}

impl Checkout {
    /// The files of `path` (relative to the current folder) at a revision that a manifest reader
    /// looks at; of a single file that one.
    pub(crate) fn new(revision: &str, path: &Path) -> Result<Self> {
        let commit = commit(revision)?.with_context(|| {
            format!("`{revision}` is neither a file or folder here nor a revision git knows")
        })?;
        let entries = entries(&commit, path)?;
        let shown = path.display();
        ensure!(!entries.is_empty(), "git knows no file at {shown} in {revision}");
        let checkout = Self { folder: new_folder()? };
        checkout.fill(&entries)?;
        Ok(checkout)
    }

    /// Where the files are, below the path that was asked for.
    pub(crate) fn path(&self, asked: &Path) -> PathBuf {
        self.folder.join(inside(asked))
    }

    fn fill(&self, entries: &[Entry]) -> Result<()> {
        let mut git = git(&["cat-file", "--batch"], Stdio::piped())?;
        let mut names = git.stdin.take().context("git has no standard input")?;
        let wanted: String = entries.iter().map(|entry| format!("{}\n", entry.blob)).collect();
        // Git answers while it reads: without a second thread both pipes fill up.
        let writer = std::thread::spawn(move || names.write_all(wanted.as_bytes()));
        let mut blobs = BufReader::new(git.stdout.take().context("git has no standard output")?);
        for entry in entries {
            let text = blob(&mut blobs)?;
            let target = self.folder.join(&entry.path);
            fs::create_dir_all(target.parent().unwrap_or(&self.folder))?;
            fs::write(&target, text)
                .with_context(|| format!("cannot write {}", target.display()))?;
        }
        // A failed write shows as blobs that are missing, which was told above.
        let _ = writer.join();
        git.wait()?;
        Ok(())
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether git knows a text as a revision.
pub(crate) fn is_revision(text: &str) -> bool {
    matches!(commit(text), Ok(Some(_)))
}

fn commit(revision: &str) -> Result<Option<String>> {
    let name = format!("{revision}^{{commit}}");
    let mut git =
        git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name], Stdio::null())?;
    let mut text = String::new();
    let mut out = git.stdout.take().context("git has no standard output")?;
    out.by_ref().take(256).read_to_string(&mut text)?;
    let commit = text.trim();
    Ok((git.wait()?.success() && !commit.is_empty()).then(|| commit.to_owned()))
}

struct Entry {
    blob: String,
    path: PathBuf,
}

/// What a manifest reader looks at: manifests, and what says that they are not rendered or not
/// to be read.
fn is_wanted(path: &Path) -> bool {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    matches!(extension.to_ascii_lowercase().as_str(), "yaml" | "yml" | "json")
        || matches!(name, "Kustomization" | ".gitignore" | ".ignore" | ".bollwerkignore")
}

fn entries(commit: &str, path: &Path) -> Result<Vec<Entry>> {
    let asked = inside(path);
    let at = if asked.as_os_str().is_empty() { Path::new(".") } else { &asked };
    let at = at.to_str().context("git takes only paths in UTF-8")?;
    let mut git = git(&["ls-tree", "-r", "-z", "-l", commit, "--", at], Stdio::null())?;
    let mut listed = BufReader::new(git.stdout.take().context("git has no standard output")?);
    let (mut found, mut line) = (Vec::new(), Vec::new());
    while listed.read_until(0, &mut line)? > 0 {
        let text = String::from_utf8_lossy(line.strip_suffix(&[0]).unwrap_or(&line));
        // `⟨mode⟩ blob ⟨name⟩ ⟨size⟩\t⟨path⟩`; links and submodules are not followed.
        if let Some((about, path)) = text.split_once('\t') {
            let words: Vec<&str> = about.split_ascii_whitespace().collect();
            let path = PathBuf::from(path);
            let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
            if let [mode, "blob", blob, size] = words[..]
                && mode.starts_with("100")
                && plain
                && (is_wanted(&path) || path == asked)
            {
                let size: u64 = size.parse().unwrap_or(u64::MAX);
                ensure!(size <= FILE_BYTES_MAX, "{} is too large", path.display());
                found.push(Entry { blob: blob.to_owned(), path });
            }
        }
        line.clear();
    }
    ensure!(git.wait()?.success(), "git cannot list {} of {commit}", path.display());
    Ok(found)
}

/// One answer of `cat-file --batch`: `⟨name⟩ blob ⟨size⟩`, the bytes, a line break.
fn blob(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut header = String::new();
    from.by_ref().take(256).read_line(&mut header)?;
    let size = match header.split_ascii_whitespace().collect::<Vec<_>>()[..] {
        [_, "blob", size] => size.parse::<u64>()?,
        _ => bail!("git has lost a file: {}", header.trim()),
    };
    let mut text = Vec::new();
    from.by_ref().take(size + 1).read_to_end(&mut text)?;
    ensure!(text.len() as u64 == size + 1, "git was cut off");
    text.pop();
    Ok(text)
}

/// A path without what means "here".
fn inside(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

fn git(arguments: &[&str], input: Stdio) -> Result<Child> {
    Command::new("git")
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start git, which reads revisions")
}

fn new_folder() -> io::Result<PathBuf> {
    let number = RandomState::new().hash_one(std::process::id());
    let folder = std::env::temp_dir().join(format!("bollwerk-{number:016x}"));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    Ok(folder)
}
