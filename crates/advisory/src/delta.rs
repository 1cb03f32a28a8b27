//! What of a database is new: chunks cut by their content, listed in an index beside the file.
//!
//! Who has a database of before cuts it the same way and fetches the chunks it lacks. Cuts follow
//! from the 64 bytes before them, so that what is inserted moves no cut behind it. Whatever is put
//! together is checked against the digest of the whole.
//!
//! Source of the cutting: W. Xia and others, "Ddelta: A Deduplication-Inspired Fast Delta
//! Compression Approach" (Gear hash), 2014.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::signature::digest_of;

/// Bytes of a chunk, at least and at most.
const CHUNK_BYTES_MIN: usize = 2 << 10;
const CHUNK_BYTES_MAX: usize = 64 << 10;
/// A cut is where so many bits of the hash are zero: every 8 KiB on average, behind the least.
const CUT_MASK: u64 = 0x1fff << 51;
/// Chunks of a file; 1 GiB has at most half a million.
const CHUNKS_MAX: usize = 600_000;
/// The schema of an index.
const SCHEMA: &str = "bollwerk.database-index/v1";

/// The chunks of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    schema: String,
    /// The digest of the whole file, `sha256:…`.
    pub digest: String,
    /// Bytes of the whole file.
    pub size: u64,
    chunks: Vec<(u32, String)>,
}

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is none.
    #[error("no index of a database: {0}")]
    Form(#[from] serde_json::Error),
    /// It contradicts itself.
    #[error("the index of the database contradicts itself: {0}")]
    Contradiction(&'static str),
}

/// How a file is put together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Bytes of the file of before.
    Have(Range<usize>),
    /// Bytes of the new file, to be fetched.
    Lack(Range<u64>),
}

impl Index {
    /// The index of a file.
    pub fn of(file: &[u8]) -> Self {
        let chunk = |it: Range<usize>| {
            let bytes = file.get(it).unwrap_or_default();
            (bytes.len() as u32, digest_of(bytes))
        };
        Self {
            schema: SCHEMA.to_owned(),
            digest: digest_of(file),
            size: file.len() as u64,
            chunks: cuts(file).into_iter().map(chunk).collect(),
        }
    }

    /// Reads an index.
    pub fn read(bytes: &[u8]) -> Result<Self, IndexError> {
        let index: Self = serde_json::from_slice(bytes)?;
        if index.schema != SCHEMA {
            return Err(IndexError::Contradiction("another schema"));
        }
        if index.chunks.len() > CHUNKS_MAX {
            return Err(IndexError::Contradiction("too many chunks"));
        }
        let sum: u64 = index.chunks.iter().map(|(size, _)| u64::from(*size)).sum();
        if sum != index.size {
            return Err(IndexError::Contradiction("its chunks are not as long as the whole"));
        }
        Ok(index)
    }

    /// How the file is put together from one of before. Neighbours that lack are fetched at once.
    pub fn pieces(&self, before: &[u8]) -> Vec<Piece> {
        let mut known: BTreeMap<(u32, String), usize> = BTreeMap::new();
        for cut in cuts(before) {
            let bytes = before.get(cut.clone()).unwrap_or_default();
            known.insert((bytes.len() as u32, digest_of(bytes)), cut.start);
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let mut at = 0_u64;
        for chunk in &self.chunks {
            let (size, end) = (chunk.0 as usize, at + u64::from(chunk.0));
            match (known.get(chunk), pieces.last_mut()) {
                (Some(start), Some(Piece::Have(last))) if last.end == *start => last.end += size,
                (Some(start), _) => pieces.push(Piece::Have(*start..start + size)),
                (None, Some(Piece::Lack(last))) => last.end = end,
                (None, _) => pieces.push(Piece::Lack(at..end)),
            }
            at = end;
        }
        pieces
    }
}

/// Where a file is cut.
fn cuts(file: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut hash) = (0, 0_u64);
    for (at, byte) in file.iter().enumerate() {
        hash = (hash << 1).wrapping_add(gear(*byte));
        let length = at + 1 - start;
        if length >= CHUNK_BYTES_MIN && hash & CUT_MASK == 0 || length >= CHUNK_BYTES_MAX {
            found.push(start..at + 1);
            start = at + 1;
        }
    }
    if start < file.len() {
        found.push(start..file.len());
    }
    found
}

/// A number without order for each byte: the finalizer of SplitMix64 (S. Vigna).
fn gear(byte: u8) -> u64 {
    let mut mixed = (u64::from(byte) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
