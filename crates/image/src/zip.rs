//! Zip archives, by their table of contents alone, as Java reads them: in
//! the archive's memory, without unpacking what nobody asks for.
//!
//! Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::DeflateDecoder;
use memchr::memmem;

const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";
const LOCAL_MAGIC: &[u8] = b"PK\x03\x04";
const END_MAGIC: &[u8] = b"PK\x05\x06";
const WIDE_END_MAGIC: &[u8] = b"PK\x06\x06";
const WIDE_LOCATOR_MAGIC: &[u8] = b"PK\x06\x07";
/// Bytes of each of these before what has no fixed length.
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const END_BYTES: usize = 22;
const WIDE_END_BYTES: usize = 56;
const WIDE_LOCATOR_BYTES: usize = 20;
/// Bytes of the comment that an archive may end with.
const COMMENT_BYTES_MAX: usize = 0xffff;
/// What a number of four bytes says that stands in eight elsewhere.
const WIDE: u64 = 0xffff_ffff;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An archive.
#[derive(Clone, Copy)]
pub struct Zip<'a> {
    file: &'a [u8],
    table: &'a [u8],
    /// Bytes before the archive, such as a script that starts it: offsets do not count them.
    before: usize,
}

/// A file of an archive.
#[derive(Clone, Copy)]
pub struct ZipEntry<'a> {
    /// Its path, as written.
    pub name: &'a [u8],
    method: u16,
    is_encrypted: bool,
    packed_bytes: u64,
    bytes: u64,
    offset: u64,
}

impl<'a> Zip<'a> {
    /// An archive over its bytes; says why it is none.
    pub fn open(file: &'a [u8]) -> Result<Self, String> {
        let none = "no zip archive, or one that is cut off";
        let last = file.len().saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
        let end = file.get(last..).and_then(|tail| memmem::rfind(tail, END_MAGIC));
        let mut end = end.ok_or(none)? + last;
        let record = file.get(end..).unwrap_or_default();
        let mut size = number(record, 12, 4).ok_or(none)?;
        let mut offset = number(record, 16, 4).ok_or(none)?;
        if let Some((at, wide)) = wide_end(file, end) {
            (size, offset) = number(wide, 40, 8).zip(number(wide, 48, 8)).ok_or(none)?;
            end = at;
        }
        let start = usize::try_from(size).ok().and_then(|size| end.checked_sub(size));
        let start = start.ok_or("its table of contents is cut off")?;
        let before = usize::try_from(offset).ok().and_then(|offset| start.checked_sub(offset));
        let before = before.ok_or("its table of contents is not where it says")?;
        Ok(Self { file, table: file.get(start..end).unwrap_or_default(), before })
    }

    /// Every file, or where the table of contents is damaged.
    pub fn entries(self) -> impl Iterator<Item = Result<ZipEntry<'a>, String>> {
        let mut rest = self.table;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let found = entry(rest);
            rest = found.map_or(&[], |(_, after)| after);
            Some(
                found
                    .map(|(entry, _)| entry)
                    .ok_or_else(|| "its table of contents is damaged".to_owned()),
            )
        })
    }

    /// The content of a file, if no more bytes than this are looked at for it.
    pub fn content(self, entry: &ZipEntry<'a>, most: u64) -> Result<Cow<'a, [u8]>, String> {
        let shown = || String::from_utf8_lossy(entry.name).into_owned();
        let (bytes, cost) = (entry.bytes, entry.cost());
        if cost > most {
            return Err(format!("`{}` in it has {cost} bytes: up to {most} are read", shown()));
        }
        if entry.is_encrypted {
            return Err(format!("`{}` in it is encrypted", shown()));
        }
        let packed = self.packed(entry).ok_or_else(|| format!("`{}` in it is cut off", shown()))?;
        match entry.method {
            STORED if packed.len() as u64 == bytes => Ok(Cow::Borrowed(packed)),
            DEFLATED => {
                let mut content = Vec::new();
                let mut inflated = DeflateDecoder::new(packed).take(bytes + 1);
                let read = inflated.read_to_end(&mut content);
                match read {
                    Ok(_) if content.len() as u64 == bytes => Ok(Cow::Owned(content)),
                    _ => Err(format!("`{}` in it is damaged", shown())),
                }
            }
            STORED => Err(format!("`{}` in it is damaged", shown())),
            other => Err(format!("`{}` in it is packed by method {other}", shown())),
        }
    }

    fn packed(self, entry: &ZipEntry<'a>) -> Option<&'a [u8]> {
        let start = self.before.checked_add(usize::try_from(entry.offset).ok()?)?;
        let local = self.file.get(start..)?;
        let names = number(local, 26, 2)? + number(local, 28, 2)?;
        let local = local.starts_with(LOCAL_MAGIC).then_some(local)?;
        let content = local.get(LOCAL_BYTES + names as usize..)?;
        content.get(..usize::try_from(entry.packed_bytes).ok()?)
    }
}

impl ZipEntry<'_> {
    /// Bytes that are looked at to read it. What is packed may be larger than what it says it
    /// becomes, by blocks that hold nothing.
    pub fn cost(&self) -> u64 {
        self.bytes.max(self.packed_bytes)
    }
}

/// The end of an archive with numbers of eight bytes, and where it is.
fn wide_end(file: &[u8], end: usize) -> Option<(usize, &[u8])> {
    let locator_at = end.checked_sub(WIDE_LOCATOR_BYTES)?;
    let locator = file.get(locator_at..end)?.strip_prefix(WIDE_LOCATOR_MAGIC)?;
    // Where it says, or right before, if there is something before the archive.
    let written = number(locator, 4, 8).and_then(|at| usize::try_from(at).ok());
    let places = [written, locator_at.checked_sub(WIDE_END_BYTES)];
    places.into_iter().flatten().find_map(|at| {
        let record = file.get(at..locator_at)?;
        record.starts_with(WIDE_END_MAGIC).then_some((at, record))
    })
}

/// The first entry of a table, and what follows it.
fn entry(table: &[u8]) -> Option<(ZipEntry<'_>, &[u8])> {
    let fixed = table.starts_with(ENTRY_MAGIC).then_some(table)?;
    let of = |at, bytes| number(fixed, at, bytes);
    let (name_bytes, extra_bytes, comment_bytes) = (of(28, 2)?, of(30, 2)?, of(32, 2)?);
    let (name, rest) = table.get(ENTRY_BYTES..)?.split_at_checked(name_bytes as usize)?;
    let (extra, rest) = rest.split_at_checked(extra_bytes as usize)?;
    let mut wide = wide_numbers(extra);
    let mut whole = |at| match of(at, 4)? {
        WIDE => {
            let (first, rest) = wide.split_at_checked(8)?;
            wide = rest;
            number(first, 0, 8)
        }
        narrow => Some(narrow),
    };
    let (bytes, packed_bytes, offset) = (whole(24)?, whole(20)?, whole(42)?);
    let is_encrypted = of(8, 2)? & 1 == 1;
    let method = of(10, 2)? as u16;
    let entry = ZipEntry { name, method, is_encrypted, packed_bytes, bytes, offset };
    Some((entry, rest.get(comment_bytes as usize..)?))
}

/// The numbers of eight bytes of an entry, for those that did not fit into four.
fn wide_numbers(mut extra: &[u8]) -> &[u8] {
    while let (Some(kind), Some(bytes)) = (number(extra, 0, 2), number(extra, 2, 2)) {
        let Some((field, rest)) = extra.get(4..).and_then(|it| it.split_at_checked(bytes as usize))
        else {
            break;
        };
        if kind == 1 {
            return field;
        }
        extra = rest;
    }
    &[]
}

/// A number, lowest byte first.
fn number(content: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let field = content.get(at..at.checked_add(bytes)?)?;
    Some(field.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}
