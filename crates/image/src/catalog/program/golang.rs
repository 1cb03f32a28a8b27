//! Go's build information: the modules a program was made of.
//!
//! Source: `src/debug/buildinfo/buildinfo.go` and `src/runtime/debug/mod.go` of Go.

use memchr::memmem;
use package::{Kind, Package};

/// What the information begins with.
pub(super) const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Bytes before the texts: magic, size of a pointer, flags, and room for two pointers.
pub(super) const HEADER_BYTES: usize = 32;
/// The flag of Go 1.18 and later: the texts follow right away.
const INLINE: u8 = 2;
/// Bytes around the list of modules, by which the linker marks it.
const MARK_BYTES: usize = 16;
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
/// standard library as `stdlib`.
pub(super) fn modules(information: &[u8]) -> Result<Vec<Package>, String> {
    if information.get(15).is_none_or(|flags| flags & INLINE == 0) {
        return Err("built by Go before 1.18, whose modules are not read".to_owned());
    }
    let rest = information.get(HEADER_BYTES..).unwrap_or_default();
    let cut = "its list of Go modules is cut off";
    let (go, rest) = text(rest).ok_or(cut)?;
    let (list, _) = text(rest).ok_or(cut)?;
    let mut packages = Vec::new();
    let go = String::from_utf8_lossy(go);
    // `go1.22.1 X:nocoverageredesign`, `devel go1.23-…`
    if let Some(version) = go.split_ascii_whitespace().find_map(|word| word.strip_prefix("go")) {
        packages.push(Package::new(Kind::Golang, "stdlib", version));
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
        let found = modules(&information("go1.22.1 X:x", list)).unwrap();
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
            assert!(modules(&whole[..length]).is_err(), "{length}");
        }
        assert!(modules(MAGIC).is_err());
        assert_eq!(find(b"\xff Go buildinf:"), None);
        assert_eq!(find(&whole), Some(0));
    }
}
