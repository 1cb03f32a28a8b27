//! Digests: what the content of a blob must be.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use aws_lc_rs::digest::{Algorithm, Context, SHA256, SHA512};

/// A digest as OCI writes it: `sha256:` or `sha512:` and lower-case hexadecimal.
///
/// Source: OCI image specification, `descriptor.md`, section Digests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// Why a text is no digest we can verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not `algorithm:hexadecimal`, or of the wrong length.
    #[error("not a digest such as `sha256:` with 64 hexadecimal digits")]
    Malformed,
    /// An algorithm that is not registered.
    #[error("an unknown digest algorithm: `sha256` and `sha512` can be verified")]
    Algorithm,
}

impl Digest {
    /// The whole: `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `sha256` or `sha512`.
    pub fn algorithm(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// The hexadecimal digits.
    pub fn hex(&self) -> &str {
        self.0.split(':').next_back().unwrap_or_default()
    }

    /// The digest of these bytes, by SHA-256.
    pub fn of(bytes: &[u8]) -> Self {
        Self(written("sha256", aws_lc_rs::digest::digest(&SHA256, bytes).as_ref()))
    }

    /// Whether these bytes have it.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        let found = aws_lc_rs::digest::digest(self.function(), bytes);
        *self == Self(written(self.algorithm(), found.as_ref()))
    }

    fn function(&self) -> &'static Algorithm {
        if self.algorithm() == "sha512" { &SHA512 } else { &SHA256 }
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, hex) = text.split_once(':').ok_or(DigestError::Malformed)?;
        let digits = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return Err(DigestError::Algorithm),
        };
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != digits || !hex.bytes().all(is_hex) {
            return Err(DigestError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn written(algorithm: &str, bytes: &[u8]) -> String {
    let mut text = format!("{algorithm}:");
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// A reader that computes the digest and the length of what goes through it.
pub struct Digesting<R> {
    inner: R,
    context: Context,
    algorithm: &'static str,
    length: u64,
}

impl<R: Read> Digesting<R> {
    /// By the algorithm of the digest that is expected.
    pub fn new(inner: R, expected: &Digest) -> Self {
        let algorithm = if expected.algorithm() == "sha512" { "sha512" } else { "sha256" };
        Self { inner, context: Context::new(expected.function()), algorithm, length: 0 }
    }

    /// The digest of everything there is, also of what nobody asked for yet, and its length.
    pub fn finish(mut self) -> io::Result<(Digest, u64)> {
        let mut rest = vec![0; 64 * 1024];
        while self.read(&mut rest)? > 0 {}
        Ok((Digest(written(self.algorithm, self.context.finish().as_ref())), self.length))
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        self.length += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        // FIPS 180-4, the examples of the empty message and of `abc`.
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        let abc: Digest = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                           2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            .parse()
            .unwrap();
        assert!(abc.is_of(b"abc"));
        assert!(!abc.is_of(b"abd"));
        let (found, length) = Digesting::new(&b"abc"[..], &abc).finish().unwrap();
        assert_eq!((found, length), (abc, 3));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in ["", "sha256", "sha256:", &format!("sha256:{hex}0"), &hex.to_uppercase(), hex] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError::Malformed), "{text}");
        }
        let upper = format!("sha256:{}", hex.to_uppercase());
        assert_eq!(upper.parse::<Digest>(), Err(DigestError::Malformed));
        assert_eq!("md5:00".parse::<Digest>(), Err(DigestError::Algorithm));
        assert_eq!("../../etc:00".parse::<Digest>(), Err(DigestError::Algorithm));
    }
}
