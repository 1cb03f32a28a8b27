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
