//! Tar archives as streams: headers walked, data handed out or passed over, nothing unpacked.
//!
//! Read as Go's `archive/tar` reads them, which is what builds and unpacks images: ustar, the pax
//! extensions, GNU's long names, sparse files known as such. Source: POSIX.1-2017 `pax`, and
//! `src/archive/tar/reader.go`.

mod header;

use std::io::{self, Read};

use header::{BLOCK_BYTES, Header, is_zero};

/// Bytes that are read from the stream at once.
const WINDOW_BYTES: usize = 256 * 1024;
/// Bytes of a path or of the name of a link: `PATH_MAX` of Linux.
const PATH_BYTES_MAX: usize = 4096;
/// Bytes of the pax records or the long name before one entry, as in Go's `maxSpecialFileSize`.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;
/// Blocks with the map of a sparse file.
const SPARSE_BLOCKS_MAX: u32 = 100_000;

/// What cannot be read on from.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// The stream failed: cut off, or damaged where it is compressed.
    #[error("cannot be read on from byte {at}: {error}")]
    Stream {
        /// The byte of the archive.
        at: u64,
        /// What failed.
        error: io::Error,
    },
    /// A header that is none.
    #[error("the header at byte {at} is not that of a tar archive: {reason}")]
    Header {
        /// The byte of the archive.
        at: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file with content.
    File,
    /// A file whose content is stored with holes: its bytes here are not its content.
    Sparse,
    /// Another name of a file of the same archive or of what it is laid over.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A folder.
    Folder,
    /// A device, a pipe, or a type nobody unpacks.
    Other,
}

/// An entry, without its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of its data in the archive.
    pub size: u64,
    /// Its mode: permissions, and the bits for setuid, setgid and sticky.
    pub mode: u32,
}

/// An archive, read from its beginning to its end.
pub struct Archive<R> {
    reader: R,
    window: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes of the archive before `start`.
    at: u64,
    /// Bytes of the entry's data, and of the padding after it, that nobody took.
    left: u64,
    padding: u64,
    path: Vec<u8>,
    link: Vec<u8>,
    /// Names and a size by extensions before the entry.
    extended: Extended,
    is_over: bool,
}

#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl<R: Read> Archive<R> {
    /// An archive of which nothing is read yet.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            window: vec![0; WINDOW_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            at: 0,
            left: 0,
            padding: 0,
            path: Vec::new(),
            link: Vec::new(),
            extended: Extended::default(),
            is_over: false,
        }
    }

    /// The next entry; none at the end. What nobody took of the data before is passed over.
    pub fn advance(&mut self) -> Result<Option<Entry>, TarError> {
        self.pass_over()?;
        while !self.is_over {
            let at = self.at;
            let Some(block) = self.block()? else { break };
            if is_zero(&block) {
                // Two of them end an archive, and one at the end of the stream does.
                match self.block()? {
                    None => break,
                    Some(block) if is_zero(&block) => break,
                    Some(_) => return Err(refused(at, "a block of zeros between entries")),
                }
            }
            let header = Header::read(&block).map_err(|reason| refused(at, reason))?;
            if let Some(entry) = self.entry(&header, &block, at)? {
                return Ok(Some(entry));
            }
        }
        self.is_over = true;
        Ok(None)
    }

    /// The path of the entry as written, any bytes.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// What a link points at, as written.
    pub fn link(&self) -> &[u8] {
        &self.link
    }

    /// Bytes of the archive that were read so far.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The data of the entry, appended to what is in `content`; no more than `most` bytes, the
    /// rest is passed over.
    pub fn data(&mut self, content: &mut Vec<u8>, most: u64) -> Result<(), TarError> {
        let mut room = most;
        self.chunks(|chunk| {
            let taken = chunk.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            content.extend_from_slice(chunk.get(..taken).unwrap_or_default());
            room -= taken as u64;
            room > 0
        })
    }

    /// The data of the entry piece by piece, until `take` has enough; the rest is passed over by
    /// the next [`Archive::advance`].
    pub fn chunks(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), TarError> {
        while self.left > 0 {
            self.fill()?;
            let count = self.available().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            if count == 0 {
                return Err(self.cut());
            }
            let goes_on = take(self.window.get(self.start..self.start + count).unwrap_or_default());
            self.consume(count);
            self.left -= count as u64;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// The entry of a header, or none where it only extends the next one.
    fn entry(
        &mut self,
        header: &Header,
        block: &[u8; BLOCK_BYTES],
        at: u64,
    ) -> Result<Option<Entry>, TarError> {
        match header.kind {
            b'x' | b'g' => {
                let records = self.extension(header.size, at)?;
                // Defaults for all entries after it: nothing they can say is of use here.
                if header.kind == b'x' {
                    self.pax(&records).map_err(|reason| refused(at, reason))?;
                }
                return Ok(None);
            }
            b'L' | b'K' => {
                let mut name = self.extension(header.size, at)?;
                let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
                name.truncate(length);
                let slot = if header.kind == b'L' {
                    &mut self.extended.path
                } else {
                    &mut self.extended.link
                };
                slot.get_or_insert(name);
                return Ok(None);
            }
            _ => {}
        }
        let extended = std::mem::take(&mut self.extended);
        self.path = extended.path.unwrap_or_else(|| header::path(block));
        self.link = extended.link.unwrap_or_else(|| header::link(block));
        if self.path.len() > PATH_BYTES_MAX || self.link.len() > PATH_BYTES_MAX {
            return Err(refused(at, "a path of more than 4096 bytes"));
        }
        let kind = match header.kind {
            b'S' => EntryKind::Sparse,
            b'0' | b'\0' | b'7' if extended.is_sparse => EntryKind::Sparse,
            b'0' | b'\0' if self.path.ends_with(b"/") => EntryKind::Folder,
            b'0' | b'\0' | b'7' => EntryKind::File,
            b'1' => EntryKind::HardLink,
            b'2' => EntryKind::SymbolicLink,
            b'5' => EntryKind::Folder,
            _ => EntryKind::Other,
        };
        // These have no data, whatever size they claim.
        let is_header_only = matches!(header.kind, b'1'..=b'6')
            || (kind == EntryKind::Folder && header.kind != b'5');
        let size = if is_header_only { 0 } else { extended.size.unwrap_or(header.size) };
        if header.kind == b'S' {
            self.sparse_map(block, at)?;
        }
        self.left = size;
        self.padding = padding(size);
        Ok(Some(Entry { kind, size, mode: header.mode }))
    }

    /// The data of an entry that extends the next one.
    fn extension(&mut self, size: u64, at: u64) -> Result<Vec<u8>, TarError> {
        if size > EXTENSION_BYTES_MAX {
            return Err(refused(at, "an extension of more than 1 MiB"));
        }
        (self.left, self.padding) = (size, padding(size));
        let mut content = Vec::with_capacity(size as usize);
        self.data(&mut content, size)?;
        self.pass_over()?;
        Ok(content)
    }

    /// Records of the pax format: `27 path=usr/bin/something\n`, the length counting itself.
    fn pax(&mut self, mut records: &[u8]) -> Result<(), &'static str> {
        let malformed = "a pax record that is none";
        while !records.is_empty() {
            let space = records.iter().position(|byte| *byte == b' ').ok_or(malformed)?;
            let digits = records.get(..space).unwrap_or_default();
            let length = std::str::from_utf8(digits).ok().and_then(|it| it.parse::<usize>().ok());
            let length = length.filter(|length| *length > space).ok_or(malformed)?;
            let record = records.get(space + 1..length).ok_or(malformed)?;
            let record = record.strip_suffix(b"\n").ok_or(malformed)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(malformed)?;
            let (key, value) = record.split_at(equals);
            self.pax_record(key, value.get(1..).unwrap_or_default())?;
            records = records.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    fn pax_record(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let text = || std::str::from_utf8(value).ok();
        match key {
            b"path" | b"linkpath" if value.contains(&0) => return Err("a path with a zero byte"),
            // An empty value takes back what stood before.
            b"path" if !self.extended.is_sparse => {
                self.extended.path = (!value.is_empty()).then(|| value.to_vec());
            }
            b"GNU.sparse.name" => self.extended.path = Some(value.to_vec()),
            b"linkpath" => self.extended.link = (!value.is_empty()).then(|| value.to_vec()),
            b"size" => {
                let size = text().and_then(|it| it.parse::<u64>().ok());
                self.extended.size =
                    Some(size.filter(|it| *it < 1 << 62).ok_or("a size that is none")?);
            }
            b"GNU.sparse.major" | b"GNU.sparse.map" | b"GNU.sparse.numblocks" => {
                self.extended.is_sparse = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// Blocks with the rest of the map of an old GNU sparse file, which stand before its data.
    fn sparse_map(&mut self, block: &[u8; BLOCK_BYTES], at: u64) -> Result<(), TarError> {
        let mut goes_on = block.get(482).is_some_and(|byte| *byte != 0);
        for _ in 0..SPARSE_BLOCKS_MAX {
            if !goes_on {
                return Ok(());
            }
            let Some(block) = self.block()? else { return Err(self.cut()) };
            goes_on = block.get(504).is_some_and(|byte| *byte != 0);
        }
        Err(refused(at, "a sparse file in too many pieces"))
    }

    /// The next block; none at the end of the stream.
    fn block(&mut self) -> Result<Option<[u8; BLOCK_BYTES]>, TarError> {
        while self.available() < BLOCK_BYTES {
            if self.read_more()? == 0 {
                return if self.available() == 0 { Ok(None) } else { Err(self.cut()) };
            }
        }
        let block = self.window.get(self.start..self.start + BLOCK_BYTES);
        let block = block.and_then(|bytes| bytes.try_into().ok());
        self.consume(BLOCK_BYTES);
        Ok(block)
    }

    /// Passes over what is left of an entry.
    fn pass_over(&mut self) -> Result<(), TarError> {
        self.left += std::mem::take(&mut self.padding);
        self.chunks(|_| true)
    }

    fn available(&self) -> usize {
        self.end - self.start
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.at += count as u64;
    }

    fn fill(&mut self) -> Result<(), TarError> {
        if self.available() == 0 {
            self.read_more()?;
        }
        Ok(())
    }

    fn read_more(&mut self) -> Result<usize, TarError> {
        if self.start > 0 {
            self.window.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        loop {
            let room = self.window.get_mut(self.end..).unwrap_or_default();
            match self.reader.read(room) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TarError::Stream { at: self.at, error }),
            }
        }
    }

    fn cut(&self) -> TarError {
        TarError::Stream { at: self.at, error: io::ErrorKind::UnexpectedEof.into() }
    }
}

fn refused(at: u64, reason: &'static str) -> TarError {
    TarError::Header { at, reason }
}

/// Bytes up to the next block.
fn padding(size: u64) -> u64 {
    let block = BLOCK_BYTES as u64;
    (block - size % block) % block
}
