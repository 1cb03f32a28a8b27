//! Damage, to be stood.

/// Calls with the content cut off at every place, and with every bit turned, at each step of so
/// many bytes; near the beginning, where most of the structure is, at each byte.
pub(crate) fn each(content: &[u8], step: usize, mut take: impl FnMut(&[u8])) {
    const EVERY_BYTES: usize = 128;
    let places = (0..content.len()).filter(|at| *at < EVERY_BYTES || at % step == 0);
    for at in places {
        take(&content[..at]);
        let mut damaged = content.to_vec();
        for bit in 0..8 {
            damaged[at] ^= 1 << bit;
            take(&damaged);
            damaged[at] ^= 1 << bit;
        }
        damaged[at] = 0xff;
        take(&damaged);
    }
}
