//! Proof that a token is one: checksums and structures that vendors put into theirs.
//!
//! A proof that holds makes a finding certain; one that does not leaves it as likely as its form.

use memchr::memmem;

use super::value::decode_base64;

/// The last six of the 36 characters are the CRC-32 of the others, in base 62.
///
/// Source: GitHub, "Behind GitHub's new authentication token formats" (2021); npm, "Access token
/// formats" (2021).
pub(super) fn github(token: &[u8]) -> bool {
    const BODY_BYTES: usize = 30;
    let Some(underscore) = memchr::memchr(b'_', token) else { return false };
    let random = &token[underscore + 1..];
    random.len() == BODY_BYTES + CHECKSUM_BYTES
        && random[BODY_BYTES..] == checksum(&random[..BODY_BYTES])
}

const CHECKSUM_BYTES: usize = 6;

/// CRC-32 in base 62, padded with zeros.
pub(super) fn checksum(body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32(body);
    let mut digits = [b'0'; CHECKSUM_BYTES];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

/// CRC-32 as in ISO 3309, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    let shifted = |sum: u32| sum >> 1 ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| shifted(sum)))
}

/// A macaroon, version 2, whose location is the registry.
///
/// Source: `warehouse/macaroons`; libmacaroons, "Binary format version 2".
pub(super) fn pypi(token: &[u8]) -> bool {
    const LOCATION_BYTES_MAX: usize = 64;
    let Some(encoded) = token.strip_prefix(b"pypi-") else { return false };
    let head = decode_base64(encoded, LOCATION_BYTES_MAX);
    head.starts_with(&[2, 1]) && memmem::find(&head, b"pypi.org").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of every catalogue of checksums: CRC-32 of `123456789`.
    #[test]
    fn the_checksum_is_that_of_iso_3309() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(&checksum(b"123456789"), b"3jZRME");
    }

    #[test]
    fn tokens_prove_themselves() {
        let body = b"Q8Zt71LmVxW3nR5tYu7b9Lk2Vq0Px7";
        let token = [b"ghp_", &body[..], &checksum(body)].concat();
        assert!(github(&token));
        let wrong = [b"ghp_", &body[..], b"000000"].concat();
        assert!(!github(&wrong));
        assert!(pypi(b"pypi-AgEIcHlwaS5vcmcCJDNm"));
        assert!(!pypi(b"pypi-AgEIZXhhbXBsZS5jb20"));
    }
}
