//! `ndb`, rpm's own form, which SUSE has.
//!
//! Source: `lib/backend/ndb/rpmpkg.c` of rpm. All numbers have their lowest byte first.

/// What the file begins with.
const MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const BLOB_MAGIC: &[u8] = b"BlbS";
/// Bytes before the first slot, of the file's own.
const HEADER_BYTES: usize = 32;
/// Bytes of a slot: magic, number of the package, first block, count of blocks.
const SLOT_BYTES: usize = 16;
/// Bytes of a page, of which the slots fill the first.
const PAGE_BYTES: usize = 4_096;
/// Bytes of a block, in which places are counted.
const BLOCK_BYTES: usize = 16;
/// Bytes before a package: magic, its number, generation, length.
const BLOB_HEADER_BYTES: usize = 16;

/// Hands over each package of the file.
pub(super) fn packages(
    file: &[u8],
    take: &mut impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let pages = word(file, 12).filter(|_| file.starts_with(MAGIC) && word(file, 4) == Some(0));
    let pages = pages.ok_or("no database of rpm in its form `ndb` of version 0")?;
    let end = (pages as usize).checked_mul(PAGE_BYTES);
    let slots = end.and_then(|end| file.get(HEADER_BYTES..end)).ok_or("its slots are cut off")?;
    for slot in slots.chunks_exact(SLOT_BYTES) {
        if !slot.starts_with(SLOT_MAGIC) {
            return Err("a slot that is none".to_owned());
        }
        let (number, block) = (word(slot, 4), word(slot, 8));
        let Some(number) = number.filter(|number| *number > 0) else { continue };
        let blob = block.and_then(|block| blob(file, number, block));
        take(blob.ok_or_else(|| format!("package {number} is damaged or cut off"))?)?;
    }
    Ok(())
}

fn blob(file: &[u8], number: u32, block: u32) -> Option<&[u8]> {
    let from = file.get((block as usize).checked_mul(BLOCK_BYTES)?..)?;
    let is_this = from.starts_with(BLOB_MAGIC) && word(from, 4)? == number;
    let length = word(from, 12).filter(|_| is_this)?;
    from.get(BLOB_HEADER_BYTES..)?.get(..length as usize)
}

fn word(content: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*content.get(at..)?.first_chunk()?))
}
