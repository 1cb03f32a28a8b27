//! Archives, written by hand.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![expect(dead_code, reason = "each test uses its part")]

use std::io::Write;

const BLOCK: usize = 512;

/// How the path of an entry is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Plain,
    Ustar,
    Pax,
    Gnu,
    OldSparse,
    PaxSparse,
}

/// An entry to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a> {
    path: &'a str,
    content: &'a [u8],
    link: &'a str,
    kind: u8,
    mode: u32,
    way: Way,
}

impl<'a> Written<'a> {
    fn new(path: &'a str, kind: u8, way: Way) -> Self {
        Self { path, content: b"", link: "", kind, mode: 0o644, way }
    }

    pub(crate) fn file(path: &'a str, content: &'a [u8]) -> Self {
        Self { content, ..Self::new(path, b'0', Way::Plain) }
    }

    pub(crate) fn program(path: &'a str, content: &'a [u8]) -> Self {
        Self { mode: 0o755, ..Self::file(path, content) }
    }

    pub(crate) fn ustar(path: &'a str, content: &'a [u8]) -> Self {
        Self { way: Way::Ustar, ..Self::file(path, content) }
    }

    pub(crate) fn pax(path: &'a str, content: &'a [u8]) -> Self {
        Self { way: Way::Pax, ..Self::file(path, content) }
    }

    pub(crate) fn gnu(path: &'a str, content: &'a [u8]) -> Self {
        Self { way: Way::Gnu, ..Self::file(path, content) }
    }

    pub(crate) fn old_sparse(path: &'a str, content: &'a [u8]) -> Self {
        Self { way: Way::OldSparse, kind: b'S', ..Self::file(path, content) }
    }

    pub(crate) fn pax_sparse(path: &'a str, content: &'a [u8]) -> Self {
        Self { way: Way::PaxSparse, ..Self::file(path, content) }
    }

    pub(crate) fn folder(path: &'a str) -> Self {
        Self::new(path, b'5', Way::Plain)
    }

    pub(crate) fn symbolic(path: &'a str, link: &'a str) -> Self {
        Self { link, ..Self::new(path, b'2', Way::Plain) }
    }

    pub(crate) fn hard(path: &'a str, link: &'a str) -> Self {
        Self { link, ..Self::new(path, b'1', Way::Plain) }
    }
}

/// A whole archive, with the two blocks of zeros at its end.
pub(crate) fn tar(entries: &[Written<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        append(&mut bytes, entry);
    }
    bytes.extend([0; 2 * BLOCK]);
    bytes
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Other bytes in a header, with the checksum for them.
pub(crate) fn change(header: &mut [u8], at: usize, field: &[u8]) {
    header[at..at + field.len()].copy_from_slice(field);
    header[148..156].fill(b' ');
    let sum: u32 = header[..BLOCK].iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn append(bytes: &mut Vec<u8>, entry: &Written<'_>) {
    let Written { path, content, way, .. } = *entry;
    let mut name = path;
    let mut prefix = "";
    match way {
        Way::Plain | Way::OldSparse => {}
        Way::Ustar => (prefix, name) = path.rsplit_once('/').unwrap(),
        Way::Pax => {
            append_data(bytes, b'x', "PaxHeaders/0", record("path", path).as_bytes());
            name = "short";
        }
        Way::PaxSparse => {
            let records = [
                record("GNU.sparse.major", "1"),
                record("GNU.sparse.minor", "0"),
                record("GNU.sparse.name", path),
                record("GNU.sparse.realsize", "5000"),
            ];
            append_data(bytes, b'x', "PaxHeaders/0", records.concat().as_bytes());
            name = "GNUSparseFile.0/x";
        }
        Way::Gnu => {
            append_data(bytes, b'L', "././@LongLink", format!("{path}\0").as_bytes());
            name = "short";
        }
    }
    let mut header = header(name, entry.kind, content.len());
    change(&mut header, 345, prefix.as_bytes());
    change(&mut header, 157, entry.link.as_bytes());
    change(&mut header, 100, format!("{:07o}\0", entry.mode).as_bytes());
    if way == Way::OldSparse {
        // GNU's magic, and a map that goes on in one more block.
        change(&mut header, 257, b"ustar  \0");
        change(&mut header, 482, &[1]);
    }
    bytes.extend(header);
    if way == Way::OldSparse {
        bytes.extend([b'0'; 504]);
        bytes.extend([0; 8]);
    }
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

fn append_data(bytes: &mut Vec<u8>, kind: u8, name: &str, content: &[u8]) {
    bytes.extend(header(name, kind, content.len()));
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

fn header(name: &str, kind: u8, size: usize) -> Vec<u8> {
    let mut header = vec![0; BLOCK];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[156] = kind;
    change(&mut header, 257, b"ustar\x0000");
    header
}

/// A record whose length counts itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length += 1;
    }
    format!("{length} {key}={value}\n")
}
