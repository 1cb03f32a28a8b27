//! One block that tells of an entry.

pub(super) const BLOCK_BYTES: usize = 512;

/// What a header says, but for names.
pub(super) struct Header {
    /// The type flag.
    pub(super) kind: u8,
    pub(super) size: u64,
    pub(super) mode: u32,
}

impl Header {
    pub(super) fn read(block: &[u8; BLOCK_BYTES]) -> Result<Self, &'static str> {
        let stated = number(field(block, 148, 8)).ok_or("no checksum")?;
        let (unsigned, signed) = checksums(block);
        if stated != unsigned && i64::try_from(stated) != Ok(signed) {
            return Err("a wrong checksum");
        }
        let size = number(field(block, 124, 12)).filter(|size| *size < 1 << 62);
        let mode = number(field(block, 100, 8)).unwrap_or_default();
        Ok(Self {
            kind: block.get(156).copied().unwrap_or_default(),
            size: size.ok_or("a size that is none")?,
            mode: (mode & 0o7777) as u32,
        })
    }
}

pub(super) fn is_zero(block: &[u8; BLOCK_BYTES]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// The name, with the prefix that ustar has for long ones.
pub(super) fn path(block: &[u8; BLOCK_BYTES]) -> Vec<u8> {
    let name = text(field(block, 0, 100));
    // GNU's own format has other things at the place of the prefix.
    let is_ustar = field(block, 257, 8) == b"ustar\x0000";
    let prefix = if is_ustar { text(field(block, 345, 155)) } else { b"" };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

pub(super) fn link(block: &[u8; BLOCK_BYTES]) -> Vec<u8> {
    text(field(block, 157, 100)).to_vec()
}

fn field(block: &[u8; BLOCK_BYTES], at: usize, length: usize) -> &[u8] {
    block.get(at..at + length).unwrap_or_default()
}

/// Up to the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits between spaces and zeros, or a binary number if the first bit is set. An empty
/// field is zero.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // The next bit is the sign.
        if first & 0x40 != 0 {
            return None;
        }
        return rest.iter().try_fold(u64::from(first & 0x3f), |value, byte| {
            Some(value.checked_mul(256)? + u64::from(*byte))
        });
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let digits = field.iter().skip_while(|byte| is_blank(byte)).take_while(|byte| !is_blank(byte));
    digits.copied().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' => Some(value.checked_mul(8)? + u64::from(digit - b'0')),
        _ => None,
    })
}

/// The sum of all bytes, the checksum's own taken as spaces; some old programs add them as signed.
fn checksums(block: &[u8; BLOCK_BYTES]) -> (u64, i64) {
    let (mut unsigned, mut signed) = (0_u64, 0_i64);
    for (at, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&at) { b' ' } else { *byte };
        unsigned += u64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    (unsigned, signed)
}
