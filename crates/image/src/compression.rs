//! Compression of layers, told by their first bytes and not by what the manifest says.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// Bytes that are read from a blob at once.
const BLOCK_BYTES: usize = 128 * 1024;
/// The largest window that a zstd layer may ask for, as the exponent of 2: 128 MiB, what `zstd -d`
/// itself takes without being told.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, RFC 1952; several members one after the other are one stream.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

/// A layer that is compressed in a way we do not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("compressed with {0}: gzip and zstd are read")]
pub struct NotInflated(&'static str);

impl Compression {
    /// By the magic bytes a blob begins with. A tar has none of them: it begins with a path.
    pub fn of(start: &[u8]) -> Result<Self, NotInflated> {
        let known: [(&[u8], Result<Self, NotInflated>); 7] = [
            (&[0x1f, 0x8b], Ok(Self::Gzip)),
            (&[0x28, 0xb5, 0x2f, 0xfd], Ok(Self::Zstd)),
            // A skippable frame, which zstd:chunked may begin with.
            (&[0x50, 0x2a, 0x4d, 0x18], Ok(Self::Zstd)),
            (b"BZh", Err(NotInflated("bzip2"))),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Err(NotInflated("xz"))),
            (&[0x04, 0x22, 0x4d, 0x18], Err(NotInflated("lz4"))),
            (b"hsqs", Err(NotInflated("squashfs"))),
        ];
        let found = known.into_iter().find(|(magic, _)| start.starts_with(magic));
        found.map_or(Ok(Self::None), |(_, compression)| compression)
    }
}

/// The content of a blob, inflated while it is read, by whatever it is compressed with.
///
/// # Errors
///
/// If its first bytes cannot be read, or are those of a compression that is not read.
pub fn inflated<'a>(blob: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut blob = BufReader::with_capacity(BLOCK_BYTES, blob);
    let compression = Compression::of(blob.fill_buf()?)
        .map_err(|error| io::Error::new(io::ErrorKind::Unsupported, error))?;
    Ok(match compression {
        Compression::None => Box::new(blob),
        Compression::Gzip => Box::new(MultiGzDecoder::new(blob)),
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(blob)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(blob: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        inflated(blob)?.read_to_end(&mut content)?;
        Ok(content)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn content_is_told_by_its_first_bytes() {
        let content = b"etc/passwd and what follows".repeat(5_000);
        assert_eq!(read(&content).unwrap(), content);
        assert_eq!(read(&gzip(&content)).unwrap(), content);
        assert_eq!(read(&zstd::encode_all(&content[..], 3).unwrap()).unwrap(), content);
        let members = [gzip(b"one"), gzip(b"two")].concat();
        assert_eq!(read(&members).unwrap(), b"onetwo");
        let frames = [zstd::encode_all(&b"one"[..], 3), zstd::encode_all(&b"two"[..], 3)];
        assert_eq!(read(&frames.map(Result::unwrap).concat()).unwrap(), b"onetwo");
        assert_eq!(read(b"").unwrap(), b"");
    }

    #[test]
    fn what_is_cut_or_damaged_is_an_error() {
        let blob = gzip(&b"some text".repeat(1_000));
        for length in [2, 9, 12, blob.len() / 2, blob.len() - 1] {
            assert!(read(&blob[..length]).is_err(), "{length}");
        }
        let blob = zstd::encode_all(&b"some text".repeat(1_000)[..], 3).unwrap();
        for length in [4, 9, blob.len() / 2, blob.len() - 1] {
            assert!(read(&blob[..length]).is_err(), "{length}");
        }
        let mut blob = gzip(&b"some text".repeat(1_000));
        let checksum = blob.len() - 5;
        blob[checksum] ^= 1;
        assert!(read(&blob).is_err());
    }

    #[test]
    fn other_compressions_are_named() {
        let error = read(b"BZh91AY").unwrap_err();
        assert_eq!(error.to_string(), "compressed with bzip2: gzip and zstd are read");
    }
}
