//! Berkeley DB, in which rpm kept packages before 4.16: a hash table on pages, of which the order
//! does not matter here. Every page is looked at once.
//!
//! Source: `src/dbinc/db_page.h` of Berkeley DB.

/// What tells a hash table, at byte 12.
const MAGIC: u32 = 0x0006_1561;
/// Bytes before the items of a page.
const HEADER_BYTES: usize = 26;
/// The kinds of pages: a hash table's, sorted or not, and one that goes on with a large item.
const PAGE_HASH_UNSORTED: u8 = 2;
const PAGE_OVERFLOW: u8 = 7;
const PAGE_HASH: u8 = 13;
/// The kinds of items: there as a whole, and on pages of its own.
const ITEM_WHOLE: u8 = 1;
const ITEM_ELSEWHERE: u8 = 3;
/// Bytes of the number of a package, which is the key.
const NUMBER_BYTES: usize = 4;

/// Hands over each package of the file.
pub(super) fn packages(
    file: &[u8],
    take: &mut impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let mut pages = Pages::new(file)?;
    for number in 1..pages.seen.len() {
        let Some(page) = pages.page(number) else { continue };
        let is_hash = matches!(page.get(25), Some(&(PAGE_HASH_UNSORTED | PAGE_HASH)));
        if !is_hash {
            continue;
        }
        let count = pages.half(page, 20).unwrap_or_default();
        let mut end = page.len();
        let mut key: &[u8] = &[];
        for at in 0..usize::from(count) {
            let start = pages.half(page, HEADER_BYTES + 2 * at).map(usize::from);
            // Items are written from the end of the page on.
            let start = start.filter(|start| *start < end && *start >= HEADER_BYTES);
            let item = start.and_then(|start| page.get(start..end));
            let (start, item) = start.zip(item).ok_or("an item that is not in its page")?;
            end = start;
            if at % 2 == 0 {
                key = item.get(1..).unwrap_or_default();
            } else if key.len() == NUMBER_BYTES && key.iter().any(|byte| *byte != 0) {
                // Under number 0 the next free number is kept.
                pages.item(item, take)?;
            }
        }
    }
    Ok(())
}

/// The pages of a file.
struct Pages<'a> {
    file: &'a [u8],
    size: usize,
    is_little: bool,
    /// Which overflow pages were read: each belongs to one item.
    seen: Vec<bool>,
}

impl<'a> Pages<'a> {
    fn new(file: &'a [u8]) -> Result<Self, String> {
        let magic = file.get(12..).and_then(|rest| rest.first_chunk());
        let is_little = match magic {
            Some(bytes) if u32::from_le_bytes(*bytes) == MAGIC => true,
            Some(bytes) if u32::from_be_bytes(*bytes) == MAGIC => false,
            _ => return Err("no hash table of Berkeley DB".to_owned()),
        };
        let mut pages = Self { file, size: 512, is_little, seen: Vec::new() };
        pages.size = pages.word(file, 20).unwrap_or_default() as usize;
        if !pages.size.is_power_of_two() || !(512..=65_536).contains(&pages.size) {
            return Err(format!("pages of {} bytes, which Berkeley DB has not", pages.size));
        }
        if file.get(24) != Some(&0) {
            return Err("encrypted, which is not read".to_owned());
        }
        let last = pages.word(file, 32).unwrap_or_default() as usize;
        if last.checked_add(1).and_then(|count| count.checked_mul(pages.size)) > Some(file.len()) {
            return Err("its pages are cut off".to_owned());
        }
        pages.seen = vec![false; file.len() / pages.size];
        Ok(pages)
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        self.file.get(number.checked_mul(self.size)?..)?.get(..self.size)
    }

    fn item(
        &mut self,
        item: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        match item.first() {
            Some(&ITEM_WHOLE) => take(item.get(1..).unwrap_or_default()),
            Some(&ITEM_ELSEWHERE) => {
                let place = self.word(item, 4).zip(self.word(item, 8));
                let (first, length) = place.ok_or("an item that is cut off")?;
                let blob = self.large(first as usize, length as usize);
                take(&blob.ok_or("a package whose pages are damaged or cut off")?)
            }
            _ => Err("an item that is no package".to_owned()),
        }
    }

    /// An item on pages of its own, each of which names the next.
    fn large(&mut self, first: usize, length: usize) -> Option<Vec<u8>> {
        let mut blob = Vec::new();
        let mut number = first;
        while number != 0 {
            let seen = self.seen.get_mut(number)?;
            let page = (!std::mem::replace(seen, true)).then(|| self.page(number))??;
            let bytes = self.half(page, 22)?;
            blob.extend_from_slice(page.get(HEADER_BYTES..)?.get(..usize::from(bytes))?);
            number = (*page.get(25)? == PAGE_OVERFLOW).then(|| self.word(page, 16))?? as usize;
        }
        (blob.len() == length).then_some(blob)
    }

    fn half(&self, content: &[u8], at: usize) -> Option<u16> {
        let bytes = *content.get(at..)?.first_chunk()?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn word(&self, content: &[u8], at: usize) -> Option<u32> {
        let bytes = *content.get(at..)?.first_chunk()?;
        Some(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}
