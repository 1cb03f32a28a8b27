//! Digests of secrets and of texts, and how they are written.

use aws_lc_rs::digest;

/// The digest by which a session or a token is kept: what is stored opens nothing.
pub(crate) fn hash(secret: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret).as_ref());
    hash
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
