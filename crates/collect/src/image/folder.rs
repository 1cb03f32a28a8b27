//! A root file system in a folder: read where it is, by names that nobody can swap for links.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use image::{
    Entries, Entry, EntryKind, Layer, LayerLimits, LayerReading, Observer, Problem, is_wanted,
};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};

/// Folders within folders; each holds a file descriptor open.
const DEPTH_MAX: usize = 200;
/// Bytes that are read of a file at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// What marks a folder of an overlay of which nothing below is left.
///
/// Source: `Documentation/filesystems/overlayfs.rst` of Linux, section whiteouts and opaque
/// directories.
const OPAQUE: [&str; 2] = ["trusted.overlay.opaque", "user.overlay.opaque"];
/// File systems that the kernel makes up: `proc`, `sysfs`, `cgroup2`, `cgroup`, `debugfs`,
/// `tracefs`, `securityfs`, `bpf`, `devpts`, `mqueue`, `hugetlbfs`, `configfs`, `pstore`,
/// `efivarfs`.
///
/// Source: `include/uapi/linux/magic.h` of Linux.
const MADE_UP: [u32; 14] = [
    0x9fa0,
    0x6265_6572,
    0x6367_7270,
    0x0027_e0eb,
    0x6462_6720,
    0x7472_6163,
    0x7363_6673,
    0xcafe_4a11,
    0x0000_1cd1,
    0x1980_0202,
    0x9584_58f6,
    0x6265_6570,
    0x6165_676c,
    0xde5e_81e4,
];

/// What a root file system in a folder says, as a layer that lies on nothing; or what a layer
/// says that an overlay keeps in a folder.
///
/// Links are not followed, devices and pipes not opened, and what the kernel makes up (`/proc`) is
/// passed over. What may not be read is a gap. The observer sees the files.
///
/// # Errors
///
/// If the folder itself cannot be read, or has more files than the limit.
pub fn read_folder(
    path: &Path,
    limits: &LayerLimits,
    observer: &mut impl Observer,
) -> io::Result<Layer> {
    let opens_all = observer.wants_content();
    let folder = rustix::fs::openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let reading = LayerReading::new(limits, observer);
    let mut walk =
        Walk { reading, limits, opens_all, bytes: 0, path: Vec::new(), chunk: Vec::new() };
    walk.chunk.resize(CHUNK_BYTES, 0);
    let device = rustix::fs::fstat(&folder)?.st_dev;
    walk.folder(folder, device, 0)?;
    Ok(walk.reading.finish(walk.bytes))
}

struct Walk<'a, O> {
    reading: LayerReading<'a, O>,
    limits: &'a LayerLimits,
    /// Whether somebody sees the files that no cataloger wants.
    opens_all: bool,
    bytes: u64,
    /// Where it is.
    path: Vec<u8>,
    chunk: Vec<u8>,
}

impl<O: Observer> Walk<'_, O> {
    /// All of a folder on this device.
    fn folder(&mut self, folder: OwnedFd, device: u64, depth: usize) -> io::Result<()> {
        let mut names: Vec<CString> = Vec::new();
        let mut entries = Dir::new(folder)?;
        for entry in entries.by_ref() {
            let name = entry?.file_name().to_owned();
            if !matches!(name.as_bytes(), b"." | b"..") {
                names.push(name);
            }
        }
        names.sort_unstable();
        let folder = Place { folder: entries.fd()?, device, depth };
        let length = self.path.len();
        for name in names {
            if length > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(name.as_bytes());
            if let Err(error) = self.one(folder, &name) {
                match error {
                    Stop::All(error) => return Err(error),
                    Stop::One(reason) => self.gap(reason),
                }
            }
            self.path.truncate(length);
        }
        Ok(())
    }

    /// One name of a folder.
    fn one(&mut self, place: Place<'_>, name: &CString) -> Result<(), Stop> {
        let Place { folder, device, depth } = place;
        let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                if depth >= DEPTH_MAX {
                    return Err(Stop::One(format!("in more than {DEPTH_MAX} folders")));
                }
                let inner =
                    rustix::fs::openat(folder, name, flags | OFlags::DIRECTORY, Mode::empty())?;
                // Another file system begins with another device.
                if stat.st_dev != device {
                    let kind = u32::try_from(rustix::fs::fstatfs(&inner)?.f_type);
                    if kind.is_ok_and(|it| MADE_UP.contains(&it)) {
                        return Ok(());
                    }
                }
                if is_opaque(&inner) {
                    let path = [self.path.as_slice(), b"/.wh..wh..opq"].concat();
                    self.entry(EntryKind::File, 0, &stat, Content::none(path))?;
                }
                self.entry(EntryKind::Folder, 0, &stat, Content::none(self.path.clone()))?;
                self.folder(inner, stat.st_dev, depth + 1).map_err(|error| match error.kind() {
                    io::ErrorKind::QuotaExceeded => Stop::All(error),
                    _ => Stop::One(error.to_string()),
                })
            }
            FileType::Symlink => {
                let link = rustix::fs::readlinkat(folder, name, Vec::new())?.into_bytes();
                let content = Content { link, ..Content::none(self.path.clone()) };
                self.entry(EntryKind::SymbolicLink, 0, &stat, content)
            }
            FileType::RegularFile => {
                let size = u64::try_from(stat.st_size).unwrap_or_default();
                self.bytes += size;
                let path = String::from_utf8_lossy(&self.path);
                let file = if self.opens_all || is_wanted(&path, stat.st_mode) {
                    let opened = rustix::fs::openat(folder, name, flags, Mode::empty())?;
                    Some(File::from(opened))
                } else {
                    None
                };
                let content = Content { file, ..Content::none(self.path.clone()) };
                self.entry(EntryKind::File, size, &stat, content)
            }
            // An overlay's mark of a file that is removed.
            FileType::CharacterDevice if stat.st_rdev == 0 => {
                let at = self.path.iter().rposition(|it| *it == b'/').map_or(0, |at| at + 1);
                let (above, name) = self.path.split_at(at);
                let content = Content::none([above, b".wh.", name].concat());
                self.entry(EntryKind::File, 0, &stat, content)
            }
            _ => self.entry(EntryKind::Other, 0, &stat, Content::none(self.path.clone())),
        }
    }

    fn entry(
        &mut self,
        kind: EntryKind,
        size: u64,
        stat: &Stat,
        content: Content,
    ) -> Result<(), Stop> {
        let mut entries = InFolder { content, chunk: &mut self.chunk };
        let entry = Entry { kind, size, mode: stat.st_mode & 0o7777 };
        match self.reading.entry(&mut entries, entry) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let reason = format!("more than {} files", self.limits.entries);
                Err(Stop::All(io::Error::new(io::ErrorKind::QuotaExceeded, reason)))
            }
            Err(error) => Err(Stop::One(error.to_string())),
        }
    }

    fn gap(&mut self, reason: String) {
        let path = String::from_utf8_lossy(&self.path).into_owned();
        self.reading.gap(&path, Problem::Unreadable(reason));
    }
}

/// Where a name stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    folder: BorrowedFd<'a>,
    device: u64,
    depth: usize,
}

/// What ends the reading.
enum Stop {
    /// Of one file or folder: the reason.
    One(String),
    /// Of all.
    All(io::Error),
}

impl From<rustix::io::Errno> for Stop {
    fn from(error: rustix::io::Errno) -> Self {
        Self::One(io::Error::from(error).to_string())
    }
}

fn is_opaque(folder: &OwnedFd) -> bool {
    let mut value = [0; 1];
    OPAQUE.iter().any(|name| {
        rustix::fs::fgetxattr(folder, *name, &mut value).is_ok_and(|length| length == 1)
            && value == *b"y"
    })
}

/// One entry of a folder.
struct Content {
    path: Vec<u8>,
    link: Vec<u8>,
    file: Option<File>,
}

impl Content {
    fn none(path: Vec<u8>) -> Self {
        Self { path, link: Vec::new(), file: None }
    }
}

struct InFolder<'a> {
    content: Content,
    chunk: &'a mut [u8],
}

impl Entries for InFolder<'_> {
    type Error = io::Error;

    fn path(&self) -> &[u8] {
        &self.content.path
    }

    fn link(&self) -> &[u8] {
        &self.content.link
    }

    fn at(&mut self, place: u64, length: usize) -> Option<io::Result<Vec<u8>>> {
        let file = self.content.file.as_ref()?;
        Some(read_at(file, place, length))
    }

    fn chunks(&mut self, take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
        let Some(file) = &mut self.content.file else { return Ok(()) };
        loop {
            let count = match file.read(self.chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if !take(self.chunk.get(..count).unwrap_or_default()) {
                return Ok(());
            }
        }
    }
}

/// So many bytes from a place on, fewer at the end of the file.
fn read_at(file: &File, place: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut chunk = [0; 4_096];
    while content.len() < length {
        let most = chunk.len().min(length - content.len());
        let from = place.saturating_add(content.len() as u64);
        // No file is that long, and the kernel would not say so.
        if i64::try_from(from).is_err() {
            break;
        }
        match file.read_at(chunk.get_mut(..most).unwrap_or_default(), from) {
            Ok(0) => break,
            Ok(count) => content.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(content)
}
