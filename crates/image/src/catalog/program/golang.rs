//! Go's build information: the modules a program was made of.
//!
//! Source: `src/debug/buildinfo/buildinfo.go` and `src/runtime/debug/mod.go` of Go.

use memchr::memmem;
use package::{Kind, Package};

use super::elf;

/// What the information begins with.
pub(super) const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The section that holds it.
pub(super) const SECTION: &str = ".go.buildinfo";
/// Bytes before the texts: magic, size of a pointer, flags, and room for two pointers.
pub(super) const HEADER_BYTES: usize = 32;
/// The flag of Go 1.18 and later: the texts follow right away.
const INLINE: u8 = 2;
/// Bytes around the list of modules, by which the linker marks it.
const MARK_BYTES: usize = 16;
/// The licence of Go itself (`LICENSE` of its sources).
const LICENCE: &str = "BSD-3-Clause";
/// Modules of one program.
const MODULES_MAX: usize = 100_000;

/// Where the information begins. The magic alone is also in programs that look for it.
pub(super) fn find(content: &[u8]) -> Option<usize> {
    memmem::find_iter(content, MAGIC).find(|at| {
        let header = content.get(*at..at + HEADER_BYTES);
        header.is_some_and(|header| matches!(header.get(14..16), Some([0 | 4 | 8, 0..=3])))
    })
}

/// The modules, from where the information begins: the program's own, those it needs, and Go's
/// standard library as `stdlib`. Before Go 1.18 it points at texts elsewhere in the file, which
/// has to be there as a whole.
pub(super) fn modules(information: &[u8], file: Option<&[u8]>) -> Result<Vec<Package>, String> {
    let (go, list) = if is_inline(information) {
        let texts = information.get(HEADER_BYTES..).and_then(|rest| {
            let (go, rest) = text(rest)?;
            Some((go, text(rest)?.0))
        });
        texts.ok_or("its list of Go modules is cut off")?
    } else {
        let file = file.ok_or("built by Go before 1.18, and too large to have its modules read")?;
        texts_elsewhere(information, file)
            .ok_or("built by Go before 1.18, and its list of modules is not where it says")?
    };
    let mut packages = Vec::new();
    let go = String::from_utf8_lossy(go);
    // `go1.22.1 X:nocoverageredesign`, `devel go1.23-…`
    if let Some(version) = go.split_ascii_whitespace().find_map(|word| word.strip_prefix("go")) {
        let licences = vec![LICENCE.to_owned()];
        packages.push(Package { licences, ..Package::new(Kind::Golang, "stdlib", version) });
    }
    let inner = MARK_BYTES..list.len().saturating_sub(MARK_BYTES);
    let list = String::from_utf8_lossy(list.get(inner).unwrap_or_default());
    for line in list.lines() {
        let mut fields = line.split('\t');
        let (kind, path, version) = (fields.next(), fields.next(), fields.next());
        let (Some(path), Some(version)) = (path, version) else { continue };
        match kind {
            Some("mod" | "dep") if packages.len() < MODULES_MAX => {
                packages.push(module(path, version));
            }
            // Stands for the module before it.
            Some("=>") => {
                packages.pop();
                packages.push(module(path, version));
            }
            _ => {}
        }
    }
    Ok(packages)
}

/// Whether the texts follow right away.
pub(super) fn is_inline(information: &[u8]) -> bool {
    information.get(15).is_some_and(|flags| flags & INLINE != 0)
}

/// Version and list of Go before 1.18: the addresses of two texts' addresses and lengths.
fn texts_elsewhere<'a>(information: &[u8], file: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let bytes = usize::from(*information.get(14)?);
    let is_big = information.get(15)? & 1 == 1;
    let pointer = |content: &[u8], at: usize| {
        let field = content.get(at..at + bytes)?;
        let joined = |all: u64, byte: &u8| all << 8 | u64::from(*byte);
        let is_one = matches!(bytes, 4 | 8);
        is_one.then(|| {
            if is_big { field.iter().fold(0, joined) } else { field.iter().rev().fold(0, joined) }
        })
    };
    let text = |at: usize| {
        let header = elf::at_address(file, pointer(information, at)?)?;
        let length = usize::try_from(pointer(header, bytes)?).ok()?;
        match length {
            // A program outside of a module has no list, and its address is none.
            0 => Some(&[][..]),
            _ => elf::at_address(file, pointer(header, 0)?)?.get(..length),
        }
    };
    Some((text(16)?, text(16 + bytes)?))
}

/// A module by its path. `(devel)` is no version.
pub(in crate::catalog) fn module(path: &str, version: &str) -> Package {
    let version = if version == "(devel)" { "" } else { version };
    let (namespace, name) = match path.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name),
        None => (None, path),
    };
    Package { namespace, ..Package::new(Kind::Golang, name, version) }
}

/// A text after its length.
fn text(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut at) = (0_u64, 0);
    for shift in (0..63).step_by(7) {
        let byte = *content.get(at)?;
        at += 1;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return content.get(at..)?.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn information(go: &str, list: &str) -> Vec<u8> {
        let mut content = MAGIC.to_vec();
        content.extend([8, INLINE]);
        content.resize(HEADER_BYTES, 0);
        let marked = [[b'<'; MARK_BYTES].as_slice(), list.as_bytes(), &[b'>'; MARK_BYTES]].concat();
        for text in [go.as_bytes(), &marked] {
            let mut length = text.len();
            while length > 0x7f {
                content.push((length & 0x7f) as u8 | 0x80);
                length >>= 7;
            }
            content.push(length as u8);
            content.extend(text);
        }
        content
    }

    #[test]
    fn modules_are_listed_with_what_stands_for_them() {
        let list = "path\texample.org/cmd\nmod\texample.org/app\t(devel)\t\n\
                    dep\tgolang.org/x/net\tv0.1.0\th1:abc=\ndep\told.org/a\tv1.0.0\n\
                    =>\tnew.org/a\tv1.0.1\th1:x=\nbuild\t-compiler=gc\n";
        let found = modules(&information("go1.22.1 X:x", list), None).unwrap();
        let purls: Vec<String> = found.iter().map(|it| it.purl().to_string()).collect();
        assert_eq!(
            purls,
            [
                "pkg:golang/stdlib@1.22.1",
                "pkg:golang/example.org/app",
                "pkg:golang/golang.org/x/net@v0.1.0",
                "pkg:golang/new.org/a@v1.0.1",
            ]
        );
    }

    #[test]
    fn what_is_cut_is_an_error() {
        let whole = information("go1.22.1", "dep\tgolang.org/x/net\tv0.1.0\n");
        for length in 16..whole.len() {
            assert!(modules(&whole[..length], None).is_err(), "{length}");
        }
        assert!(modules(MAGIC, None).is_err());
        assert_eq!(find(b"\xff Go buildinf:"), None);
        assert_eq!(find(&whole), Some(0));
    }

    /// A program of Go before 1.18: header, one segment, in it the texts, their places, and the
    /// information.
    fn old(is_wide: bool, is_big: bool, list: &str) -> Vec<u8> {
        const BASE: u64 = 0x40_0000;
        let bytes = if is_wide { 8 } else { 4 };
        let number = |value: u64, bytes: usize| -> Vec<u8> {
            let all = value.to_be_bytes()[8 - bytes..].to_vec();
            if is_big { all } else { all.into_iter().rev().collect() }
        };
        let word = |value: u64| number(value, bytes);
        let go = "go1.16.5";
        let list = format!("{0}{list}{0}", "0123456789abcdef");
        let (head, segment) = if is_wide { (64, 56) } else { (52, 32) };
        let texts = head + segment;
        let places = (texts + go.len() + list.len()).next_multiple_of(16);
        let end = (places + 4 * bytes).next_multiple_of(16) + HEADER_BYTES;
        let mut file = vec![0; texts];
        let mut put = |at: usize, content: &[u8]| {
            file.resize(file.len().max(at + content.len()), 0);
            file[at..at + content.len()].copy_from_slice(content);
        };
        let class = [1 + u8::from(is_wide), 1 + u8::from(is_big), 1];
        put(0, &[&b"\x7fELF"[..], &class].concat());
        put(16, &[number(2, 2), number(62, 2), number(1, 4)].concat());
        put(if is_wide { 0x20 } else { 0x1c }, &word(head as u64));
        let sizes = [head as u64, segment as u64, 1].map(|it| number(it, 2)).concat();
        put(if is_wide { 0x34 } else { 0x28 }, &sizes);
        put(head, &[number(1, 4), number(6, if is_wide { 4 } else { 0 })].concat());
        let fields = [0, BASE, BASE, end as u64, end as u64].map(word).concat();
        put(head + if is_wide { 8 } else { 4 }, &fields);
        put(head + if is_wide { 4 } else { 24 }, &number(6, 4));
        put(texts, go.as_bytes());
        put(texts + go.len(), list.as_bytes());
        let text = |at: usize, length: usize| [BASE + at as u64, length as u64].map(word).concat();
        put(places, &text(texts, go.len()));
        put(places + 2 * bytes, &text(texts + go.len(), list.len()));
        put(end - HEADER_BYTES, &[MAGIC, &[bytes as u8, u8::from(is_big)]].concat());
        let pointers = [places, places + 2 * bytes].map(|at| word(BASE + at as u64)).concat();
        put(end - HEADER_BYTES + 16, &pointers);
        file.resize(end, 0);
        file
    }

    #[test]
    fn programs_of_go_before_1_18_point_at_their_lists() {
        let list = "path\texample.org/cmd\ndep\tgolang.org/x/net\tv0.1.0\th1:abc=\n";
        for (is_wide, is_big) in [(true, false), (true, true), (false, false), (false, true)] {
            let file = old(is_wide, is_big, list);
            let of = |file: &[u8]| {
                let information = find(file).and_then(|at| file.get(at..)).unwrap_or_default();
                modules(information, Some(file))
            };
            let purls: Vec<String> =
                of(&file).unwrap().iter().map(|it| it.purl().to_string()).collect();
            assert_eq!(purls, ["pkg:golang/stdlib@1.16.5", "pkg:golang/golang.org/x/net@v0.1.0"]);
            let information = &file[find(&file).unwrap()..];
            assert!(modules(information, None).is_err());
            for at in 0..file.len() {
                let _ = of(&file[..at]);
                for bit in 0..8 {
                    let mut damaged = file.clone();
                    damaged[at] ^= 1 << bit;
                    let _ = of(&damaged);
                }
            }
        }
    }
}
