//! From one database to the next: what zstd makes of the new one beside the old one
//! (`zstd --patch-from`). A hundredth of new records moves nearly every offset of a database, so
//! that hardly a block of it stays; the patch is a tenth of the whole all the same.

use std::io::{self, Read, Write};

/// The exponent of the window: both files have to fit into it, 128 MiB.
const WINDOW_LOG: u32 = 27;
/// Patches are made once and fetched often.
const LEVEL: i32 = 19;

/// Why a patch cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The files are larger than patches are made of.
    #[error("patches are made of files of up to {} bytes together", 1_u64 << WINDOW_LOG)]
    TooLong,
    /// The patch is damaged, or of another file.
    #[error("the patch does not fit: {0}")]
    Damaged(#[from] io::Error),
}

/// What is needed to make `after` of `before`.
pub fn patch(before: &[u8], after: &[u8]) -> Result<Vec<u8>, PatchError> {
    if (before.len() + after.len()) as u64 > 1 << WINDOW_LOG {
        return Err(PatchError::TooLong);
    }
    let mut encoder = zstd::Encoder::with_ref_prefix(Vec::new(), LEVEL, before)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.long_distance_matching(true)?;
    encoder.include_checksum(true)?;
    encoder.write_all(after)?;
    Ok(encoder.finish()?)
}

/// What a patch makes of `before`, if that has no more bytes than `most`.
pub fn patched(before: &[u8], patch: &[u8], most: u64) -> Result<Vec<u8>, PatchError> {
    let mut decoder = zstd::Decoder::with_ref_prefix(patch, before)?;
    decoder.window_log_max(WINDOW_LOG)?;
    let mut after = Vec::new();
    decoder.take(most + 1).read_to_end(&mut after)?;
    if after.len() as u64 > most {
        return Err(PatchError::TooLong);
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_of_one_file() {
        let before: Vec<u8> = (0..200_000_u32).flat_map(|it| (it * 7).to_le_bytes()).collect();
        let mut after = before.clone();
        after.splice(4_000..4_100, *b"something else");
        let patch = patch(&before, &after).unwrap();
        assert!(patch.len() < 1_000, "{}", patch.len());
        assert_eq!(patched(&before, &patch, 1 << 20).unwrap(), after);
        assert!(patched(&before, &patch, 1_000).is_err());
        let other = vec![7; before.len()];
        assert!(patched(&other, &patch, 1 << 20).is_err());
        for length in 0..patch.len() {
            assert!(patched(&before, &patch[..length], 1 << 20).is_err(), "{length}");
        }
    }
}
