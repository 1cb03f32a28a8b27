//! Numbers and texts in bytes. Reading checks every step: none comes back from behind the end.

/// Appends a number, seven bits a byte, the lowest first.
pub(crate) fn push_varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a text behind its length.
pub(crate) fn push_text(to: &mut Vec<u8>, text: &str) {
    push_varint(to, text.len() as u64);
    to.extend(text.as_bytes());
}

/// Reads on from a place.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads on from an offset.
    pub(crate) fn at(bytes: &'a [u8], offset: u32) -> Option<Self> {
        Some(Self { rest: bytes.get(offset as usize..)? })
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn varint_u32(&mut self) -> Option<u32> {
        self.varint()?.try_into().ok()
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.varint()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

/// A checksum against damage, not against people: whole words in four lanes, each multiplied by
/// an odd number and turned. One changed byte always changes it.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    const LANES: usize = 4;
    const WORD: usize = 8;
    let turn = |sum: u64, word: u64| (sum ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let word = |bytes: &[u8]| {
        let mut word = [0; WORD];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    };
    let mut lanes = [1_u64, 2, 3, 4];
    let mut chunks = bytes.chunks_exact(LANES * WORD);
    for chunk in &mut chunks {
        for (lane, bytes) in lanes.iter_mut().zip(chunk.chunks_exact(WORD)) {
            *lane = turn(*lane, word(bytes));
        }
    }
    let mut sum = bytes.len() as u64;
    for lane in lanes {
        sum = turn(sum, lane);
    }
    for bytes in chunks.remainder().chunks(WORD) {
        sum = turn(sum, word(bytes));
    }
    sum
}
