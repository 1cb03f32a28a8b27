//! SQLite, read only and only as far as rpm needs it: one table, found by its name, walked from
//! its root to its leaves.
//!
//! Source: <https://www.sqlite.org/fileformat2.html>, sections 1.3, 1.6, 2.1 and 2.6.

/// What the file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the file's own header, before what is on the first page.
const HEADER_BYTES: usize = 100;
/// The table of packages: number and header.
const TABLE: &[u8] = b"Packages";
/// Pages from the root of a table to a leaf; SQLite itself ends at 20.
const DEPTH_MAX: usize = 20;
const PAGE_INTERIOR: u8 = 5;
const PAGE_LEAF: u8 = 13;

/// Hands over each package of the file.
pub(super) fn packages(
    file: &[u8],
    take: &mut impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let mut pages = Pages::new(file)?;
    let mut root = None;
    pages.walk(1, DEPTH_MAX, &mut |row| {
        // type, name, table, root page, SQL
        if column(row, 0) == Some(b"table") && column(row, 1) == Some(TABLE) {
            let number = column(row, 3).filter(|bytes| bytes.len() <= 4);
            root =
                number.map(|bytes| bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)));
        }
        Ok(())
    })?;
    let root = root.ok_or("a database of SQLite that has no table `Packages`")?;
    pages.walk(root, DEPTH_MAX, &mut |row| take(column(row, 1).ok_or("a row that is cut off")?))
}

/// The pages of a file, counted from 1.
struct Pages<'a> {
    file: &'a [u8],
    size: usize,
    /// Bytes of each page that SQLite uses.
    used: usize,
    /// Which pages were read: each is in one place of one table.
    seen: Vec<bool>,
}

type Row<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), String>;

impl<'a> Pages<'a> {
    fn new(file: &'a [u8]) -> Result<Self, String> {
        if !file.starts_with(MAGIC) {
            return Err("no database of SQLite".to_owned());
        }
        let size = match half(file, 16) {
            Some(1) => 65_536,
            Some(size) if size >= 512 && size.is_power_of_two() => usize::from(size),
            _ => return Err("pages of a size that SQLite has not".to_owned()),
        };
        let reserved = file.get(20).copied().unwrap_or_default();
        let used = size - usize::from(reserved);
        if used < 480 {
            return Err("pages of which less is used than SQLite needs".to_owned());
        }
        if !file.len().is_multiple_of(size) {
            return Err("cut off within a page".to_owned());
        }
        let count = file.len() / size;
        if word(file, 28).is_some_and(|written| written as usize > count) {
            return Err("its pages are cut off".to_owned());
        }
        Ok(Self { file, size, used, seen: vec![false; count + 1] })
    }

    /// A page that was not read before.
    fn page(&mut self, number: usize) -> Result<&'a [u8], String> {
        let seen = self.seen.get_mut(number).filter(|_| number > 0);
        let seen = seen.ok_or_else(|| format!("page {number} is not in the file"))?;
        if std::mem::replace(seen, true) {
            return Err(format!("page {number} is in two places"));
        }
        let page = self.file.get((number - 1) * self.size..number * self.size);
        Ok(page.unwrap_or_default())
    }

    /// Every row of the table below a page.
    fn walk(&mut self, number: usize, depth: usize, row: Row<'_>) -> Result<(), String> {
        if depth == 0 {
            return Err("a table deeper than SQLite makes them".to_owned());
        }
        let page = self.page(number)?;
        let damaged = || format!("page {number} is damaged");
        let header = if number == 1 { HEADER_BYTES } else { 0 };
        let kind = *page.get(header).ok_or_else(damaged)?;
        let count = usize::from(half(page, header + 3).ok_or_else(damaged)?);
        let pointers = header + if kind == PAGE_INTERIOR { 12 } else { 8 };
        let mut cells = 0;
        for at in 0..count {
            let start = usize::from(half(page, pointers + 2 * at).ok_or_else(damaged)?);
            let cell = page.get(start..self.used).ok_or_else(damaged)?;
            match kind {
                PAGE_INTERIOR => {
                    let child = word(cell, 0).ok_or_else(damaged)?;
                    self.walk(child as usize, depth - 1, row)?;
                }
                PAGE_LEAF => {
                    let (payload, local) = self.payload(cell).ok_or_else(damaged)?;
                    // Cells that share bytes would make a small page endless.
                    cells += local;
                    if cells > page.len() {
                        return Err(damaged());
                    }
                    row(&payload)?;
                }
                _ => return Err(format!("page {number} is of no table")),
            }
        }
        if kind == PAGE_INTERIOR {
            let last = word(page, header + 8).ok_or_else(damaged)?;
            self.walk(last as usize, depth - 1, row)?;
        }
        Ok(())
    }

    /// A row: the part on its page, of which the length is told, and that on pages of its own.
    fn payload(&mut self, cell: &[u8]) -> Option<(Vec<u8>, usize)> {
        let (length, cell) = variable(cell)?;
        let (_, cell) = variable(cell)?;
        let length = usize::try_from(length).ok().filter(|it| *it <= self.file.len())?;
        let (most, least) = (self.used - 35, (self.used - 12) * 32 / 255 - 23);
        let wished = least + length.saturating_sub(least) % (self.used - 4);
        let local = match length {
            _ if length <= most => length,
            _ if wished <= most => wished,
            _ => least,
        };
        let mut payload = cell.get(..local)?.to_vec();
        let mut next = if local < length { word(cell, local)? } else { 0 };
        while payload.len() < length {
            let page = self.page(next as usize).ok()?;
            next = word(page, 0)?;
            let rest = length - payload.len();
            payload.extend_from_slice(page.get(4..self.used)?.get(..rest.min(self.used - 4))?);
        }
        Some((payload, local))
    }
}

/// The bytes of a column of a row.
fn column(row: &[u8], wanted: usize) -> Option<&[u8]> {
    let (header, _) = variable(row)?;
    let header = usize::try_from(header).ok()?;
    let (mut types, mut start) = (variable(row.get(..header)?)?.1, header);
    for at in 0..=wanted {
        let (kind, rest) = variable(types)?;
        types = rest;
        let bytes = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let end = start.checked_add(usize::try_from(bytes).ok()?)?;
        if at == wanted {
            return row.get(start..end);
        }
        start = end;
    }
    None
}

/// A number of one to nine bytes, seven bits each but the last.
fn variable(content: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in content.iter().take(9).enumerate() {
        if at == 8 {
            return Some((number << 8 | u64::from(*byte), content.get(9..)?));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, content.get(at + 1..)?));
        }
    }
    None
}

fn half(content: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*content.get(at..)?.first_chunk()?))
}

fn word(content: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*content.get(at..)?.first_chunk()?))
}
