//! Sections and segments of ELF files.
//!
//! Source: System V ABI, chapter 4, Object Files.

/// Bytes of a header of a section, in files of 32 and of 64 bits.
const SECTION_BYTES: [u64; 2] = [40, 64];

/// The content of the section of this name; none where there is none, or the file is no ELF.
pub(super) fn section<'a>(file: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let reader = Reader::of(file)?;
    let is_wide = reader.is_wide;
    let (table, entry_bytes) = if is_wide { (0x28, 0x3a) } else { (0x20, 0x2e) };
    let table = reader.word(table)?;
    let size = u64::from(reader.half(entry_bytes)?);
    if size < SECTION_BYTES[usize::from(is_wide)] {
        return None;
    }
    let count = u64::from(reader.half(entry_bytes + 2)?);
    let names = u64::from(reader.half(entry_bytes + 4)?);
    let header = |number: u64| table.checked_add(number.checked_mul(size)?);
    let texts = reader.content(header(names)?)?;
    (0..count).find_map(|number| {
        let header = header(number)?;
        let at = reader.number(header, 4)?;
        let found = texts.get(usize::try_from(at).ok()?..)?;
        let is_it = found.strip_prefix(name.as_bytes()).is_some_and(|it| it.first() == Some(&0));
        if is_it { reader.content(header) } else { None }
    })
}

/// Segments that are looked at to find an address.
const SEGMENTS_MAX: u64 = 1_024;
/// The type of a segment that is loaded.
const LOADED: u64 = 1;

/// The bytes from an address of the running program to the end of its segment, as they stand in
/// the file.
pub(super) fn at_address(file: &[u8], address: u64) -> Option<&[u8]> {
    let reader = Reader::of(file)?;
    let (table, entry_bytes) = if reader.is_wide { (0x20, 0x36) } else { (0x1c, 0x2a) };
    let (place, start, length) =
        if reader.is_wide { (0x08, 0x10, 0x20) } else { (0x04, 0x08, 0x10) };
    let table = reader.word(table)?;
    let size = u64::from(reader.half(entry_bytes)?);
    let count = u64::from(reader.half(entry_bytes + 2)?).min(SEGMENTS_MAX);
    (0..count).find_map(|number| {
        let header = table.checked_add(number * size)?;
        if reader.number(header, 4)? != LOADED {
            return None;
        }
        let of = |field: u64| reader.word(header.checked_add(field)?);
        let (place, start, length) = (of(place)?, of(start)?, of(length)?);
        let within = address.checked_sub(start).filter(|within| *within < length)?;
        let segment = file.get(usize::try_from(place).ok()?..)?;
        let segment = segment.get(..usize::try_from(length).ok()?)?;
        segment.get(usize::try_from(within).ok()?..)
    })
}

struct Reader<'a> {
    file: &'a [u8],
    is_wide: bool,
    is_little: bool,
}

impl<'a> Reader<'a> {
    fn of(file: &'a [u8]) -> Option<Self> {
        match file.get(..6)? {
            [0x7f, b'E', b'L', b'F', class @ 1..=2, order @ 1..=2] => {
                Some(Self { file, is_wide: *class == 2, is_little: *order == 1 })
            }
            _ => None,
        }
    }

    /// The same order and width, over other bytes of the file.
    fn over<'b>(&self, file: &'b [u8]) -> Reader<'b> {
        Reader { file, is_wide: self.is_wide, is_little: self.is_little }
    }

    fn number(&self, at: u64, bytes: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let field = self.file.get(at..at.checked_add(bytes as usize)?)?;
        let joined = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.is_little {
            field.iter().rev().fold(0, joined)
        } else {
            field.iter().fold(0, joined)
        })
    }

    fn half(&self, at: u64) -> Option<u16> {
        Some(self.number(at, 2)? as u16)
    }

    fn word(&self, at: u64) -> Option<u64> {
        self.number(at, if self.is_wide { 8 } else { 4 })
    }

    /// The content of the section with its header there.
    fn content(&self, header: u64) -> Option<&'a [u8]> {
        let (offset, size) = if self.is_wide { (0x18, 0x20) } else { (0x10, 0x14) };
        let start = usize::try_from(self.word(header.checked_add(offset)?)?).ok()?;
        let length = usize::try_from(self.word(header.checked_add(size)?)?).ok()?;
        self.file.get(start..start.checked_add(length)?)
    }
}

/// Bytes of the table of sections, and of their names, that are read on their own.
const TABLE_BYTES_MAX: usize = 4 << 20;
/// Bytes of one section that is read on its own.
const CONTENT_BYTES_MAX: usize = 64 << 20;
/// Bytes of the header of a file.
const HEADER_BYTES: usize = 64;

/// Reads so many bytes of a file from a place on, fewer at its end.
pub(super) type ReadAt<'a, E> = dyn FnMut(u64, usize) -> Result<Vec<u8>, E> + 'a;

/// The contents of the sections of these names, of a file of which no more is read than it takes.
/// None where there is no table of sections: what is in such a file, all of it tells.
pub(super) fn sections<const N: usize, E>(
    names: [&str; N],
    read: &mut ReadAt<'_, E>,
) -> Result<Option<[Option<Vec<u8>>; N]>, E> {
    let header = read(0, HEADER_BYTES)?;
    let Some(table) = Table::of(&header) else { return Ok(None) };
    let entries = read(table.place, table.length)?;
    let Some((place, length)) = table.names(&header, &entries) else { return Ok(None) };
    if length > TABLE_BYTES_MAX {
        return Ok(None);
    }
    let texts = read(place, length)?;
    let mut found = [const { None }; N];
    for (name, found) in names.iter().zip(&mut found) {
        if let Some((place, length)) = table.place_of(name, &header, &entries, &texts) {
            if length > CONTENT_BYTES_MAX {
                return Ok(None);
            }
            *found = Some(read(place, length)?);
        }
    }
    Ok(Some(found))
}

/// Where the table of sections is.
struct Table {
    place: u64,
    length: usize,
    entry_bytes: u64,
}

impl Table {
    fn of(header: &[u8]) -> Option<Self> {
        let reader = Reader::of(header)?;
        let (place, entry_bytes) = if reader.is_wide { (0x28, 0x3a) } else { (0x20, 0x2e) };
        let place = reader.word(place)?;
        let count = u64::from(reader.half(entry_bytes + 2)?);
        let entry_bytes = u64::from(reader.half(entry_bytes)?);
        let length = usize::try_from(entry_bytes * count).ok()?;
        let is_one = entry_bytes >= SECTION_BYTES[usize::from(reader.is_wide)]
            && (1..=TABLE_BYTES_MAX).contains(&length);
        is_one.then_some(Self { place, length, entry_bytes })
    }

    /// Place and length of the section with the names.
    fn names(&self, header: &[u8], entries: &[u8]) -> Option<(u64, usize)> {
        let reader = Reader::of(header)?;
        let number = reader.half(if reader.is_wide { 0x3e } else { 0x32 })?;
        self.section(u64::from(number), &reader, entries)
    }

    fn place_of(
        &self,
        name: &str,
        header: &[u8],
        entries: &[u8],
        texts: &[u8],
    ) -> Option<(u64, usize)> {
        let reader = Reader::of(header)?;
        let count = self.length as u64 / self.entry_bytes;
        (0..count).find_map(|number| {
            let at = reader.over(entries).number(number * self.entry_bytes, 4)?;
            let found = texts.get(usize::try_from(at).ok()?..)?;
            let rest = found.strip_prefix(name.as_bytes())?;
            (rest.first() == Some(&0)).then(|| self.section(number, &reader, entries))?
        })
    }

    fn section(&self, number: u64, reader: &Reader<'_>, entries: &[u8]) -> Option<(u64, usize)> {
        let reader = reader.over(entries);
        let (offset, size) = if reader.is_wide { (0x18, 0x20) } else { (0x10, 0x14) };
        let at = number.checked_mul(self.entry_bytes)?;
        let place = reader.word(at + offset)?;
        Some((place, usize::try_from(reader.word(at + size)?).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of this test's own program, which is one.
    #[expect(clippy::disallowed_methods, reason = "the test's own program is its data")]
    #[test]
    fn sections_read_on_their_own_are_those_of_the_whole() {
        let path = std::env::current_exe().unwrap();
        let file = std::fs::read(path).unwrap();
        if !file.starts_with(b"\x7fELF") {
            return;
        }
        let mut bytes = 0;
        let mut read = |at: u64, length: usize| -> Result<Vec<u8>, ()> {
            bytes += length;
            let rest = file.get(at as usize..).unwrap_or_default();
            Ok(rest.get(..length).unwrap_or(rest).to_vec())
        };
        let names = [".note.gnu.build-id", ".interp", ".none"];
        let found = sections(names, &mut read).unwrap().unwrap();
        assert_eq!(found.map(|it| it.is_some()), [true, true, false]);
        assert!(bytes < 64 << 10, "{bytes} of {}", file.len());
        let found = sections(names, &mut |at: u64, length: usize| -> Result<Vec<u8>, ()> {
            let rest = file.get(at as usize..).unwrap_or_default();
            Ok(rest.get(..length).unwrap_or(rest).to_vec())
        });
        for (name, found) in names.iter().zip(found.unwrap().unwrap()) {
            assert_eq!(found.as_deref(), section(&file, name), "{name}");
        }
        let head = &file[..64];
        for at in 0..head.len() {
            for bit in 0..8 {
                let mut damaged = head.to_vec();
                damaged[at] ^= 1 << bit;
                let mut read = |at: u64, length: usize| -> Result<Vec<u8>, ()> {
                    let file = if at == 0 { &damaged } else { &file };
                    let rest = usize::try_from(at).ok().and_then(|at| file.get(at..));
                    let rest = rest.unwrap_or_default();
                    Ok(rest.get(..length).unwrap_or(rest).to_vec())
                };
                let _ = sections(names, &mut read).unwrap();
            }
        }
    }
}
