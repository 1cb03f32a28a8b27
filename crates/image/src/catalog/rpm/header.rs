//! A package as rpm stores it: an index of tags, and their values.
//!
//! Source: `docs/manual/format_header.md`, `format_v4.md` and `include/rpm/rpmtag.h` of rpm.

use package::{Kind, Package, Source};

use crate::path;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const LICENCE: u32 = 1014;
const ARCHITECTURE: u32 = 1022;
/// Whole paths, as packages of before rpm 4 have them.
const OLD_FILE_NAMES: u32 = 1027;
const SOURCE_RPM: u32 = 1044;
const DIRECTORY_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIRECTORY_NAMES: u32 = 1118;

const TYPE_INT32: u32 = 4;
const TYPE_STRING: u32 = 6;
const TYPE_STRING_ARRAY: u32 = 8;
const TYPE_I18N_STRING: u32 = 9;

/// Bytes before the index: how many entries, and how many bytes of values.
const INTRODUCTION_BYTES: usize = 8;
/// Bytes of an entry of the index: tag, type, offset, count.
const ENTRY_BYTES: usize = 16;
/// Entries of a package: rpm's own bound, `hdr.c`.
const ENTRIES_MAX: usize = 0xffff;
/// Bytes of a path: `PATH_MAX` of Linux. No file has a longer one.
const PATH_BYTES_MAX: usize = 4_096;

/// One package.
#[derive(Clone, Copy)]
pub(super) struct Header<'a> {
    index: &'a [u8],
    values: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) fn parse(blob: &'a [u8]) -> Result<Self, String> {
        let cut = || "a package that is cut off".to_owned();
        let (entries, bytes) = word(blob, 0).zip(word(blob, 4)).ok_or_else(cut)?;
        let (entries, bytes) = (entries as usize, bytes as usize);
        if entries > ENTRIES_MAX {
            return Err(format!("a package of {entries} tags: rpm itself reads {ENTRIES_MAX}"));
        }
        let rest = blob.get(INTRODUCTION_BYTES..).ok_or_else(cut)?;
        let (index, rest) = rest.split_at_checked(entries * ENTRY_BYTES).ok_or_else(cut)?;
        let values = rest.get(..bytes).ok_or_else(cut)?;
        Ok(Self { index, values })
    }

    /// The package; none for a key that packages are verified with, which stands among them.
    pub(super) fn package(&self) -> Result<Option<Package>, String> {
        let (name, version) = (self.text(NAME), self.text(VERSION));
        let (Some(name), Some(version)) = (name, version) else {
            return Err("a package without name or version".to_owned());
        };
        if name == "gpg-pubkey" {
            return Ok(None);
        }
        let release = self.text(RELEASE).unwrap_or_default();
        let joint = if release.is_empty() { "" } else { "-" };
        let plain = format!("{version}{joint}{release}");
        let whole = match self.number(EPOCH) {
            Some(epoch) if epoch > 0 => format!("{epoch}:{plain}"),
            _ => plain.clone(),
        };
        let source = self.text(SOURCE_RPM).and_then(|file| source_of(&file));
        let source = source.map(|(name, version)| Source {
            name,
            version: Some(version).filter(|version| *version != plain),
        });
        let is_own = |source: &Source| source.name == name && source.version.is_none();
        Ok(Some(Package {
            architecture: self.text(ARCHITECTURE).filter(|it| !it.is_empty()),
            source: source.filter(|source| !is_own(source)),
            licences: self.text(LICENCE).filter(|it| !it.is_empty()).into_iter().collect(),
            ..Package::new(Kind::Rpm, name, whole)
        }))
    }

    /// Its files, as numbers of their paths.
    pub(super) fn files(&self, owned: &mut Vec<u128>) -> Result<(), String> {
        let mut add = |folder: &[u8], name: &[u8]| {
            if folder.len() + name.len() <= PATH_BYTES_MAX && owned.len() <= super::FILES_MAX {
                let (path, _) = path::normal(&[folder, name].concat());
                owned.push(path::hash(&path));
            }
        };
        self.texts(OLD_FILE_NAMES).for_each(|path| add(b"", path));
        let folders: Vec<&[u8]> = self.texts(DIRECTORY_NAMES).collect();
        let mut indexes = self.numbers(DIRECTORY_INDEXES);
        for name in self.texts(BASE_NAMES) {
            let folder = indexes.next().and_then(|at| folders.get(at as usize));
            let folder = folder.ok_or("a file of a package that is in no folder")?;
            add(folder, name);
        }
        Ok(())
    }

    /// How many values a tag has and the bytes from where they begin, if it is of such a type.
    fn values(&self, tag: u32, types: &[u32]) -> Option<(usize, &'a [u8])> {
        let entry = self.index.chunks_exact(ENTRY_BYTES).find(|it| word(it, 0) == Some(tag))?;
        if !types.contains(&word(entry, 4)?) {
            return None;
        }
        let from = self.values.get(word(entry, 8)? as usize..)?;
        Some((word(entry, 12)? as usize, from))
    }

    fn text(&self, tag: u32) -> Option<String> {
        let (_, from) = self.values(tag, &[TYPE_STRING, TYPE_I18N_STRING])?;
        let text = from.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn texts(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (count, mut from) = self.values(tag, &[TYPE_STRING_ARRAY]).unwrap_or_default();
        (0..count).map_while(move |_| {
            let end = memchr::memchr(0, from)?;
            let text = from.get(..end)?;
            from = from.get(end + 1..)?;
            Some(text)
        })
    }

    fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag).next()
    }

    fn numbers(&self, tag: u32) -> impl Iterator<Item = u32> + use<'a> {
        let (count, from) = self.values(tag, &[TYPE_INT32]).unwrap_or_default();
        from.chunks_exact(4).take(count).filter_map(|it| word(it, 0))
    }
}

/// Name and `version-release` of `bash-5.1.8-4.el9.src.rpm`.
fn source_of(file: &str) -> Option<(String, String)> {
    let stem = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let mut parts = stem.rsplitn(3, '-');
    let (release, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some((name.to_owned(), format!("{version}-{release}")))
}

/// A number of the header: highest byte first.
fn word(content: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*content.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(tags: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
        let (mut index, mut values) = (Vec::new(), Vec::new());
        for (tag, kind, count, value) in tags {
            for number in [*tag, *kind, values.len() as u32, *count] {
                index.extend(number.to_be_bytes());
            }
            values.extend(*value);
        }
        let introduction = [tags.len() as u32, values.len() as u32].map(u32::to_be_bytes).concat();
        [introduction, index, values].concat()
    }

    #[test]
    fn sources_are_named_where_they_differ() {
        for (file, source) in [
            ("a-1-2.src.rpm", None),
            ("a-1-3.src.rpm", Some("a@1-3")),
            ("b-c-1-2.src.rpm", Some("b-c")),
            ("b-2-2.nosrc.rpm", Some("b@2-2")),
            ("(none)", None),
        ] {
            let file = format!("{file}\0");
            let blob = header(&[
                (NAME, TYPE_STRING, 1, b"a\0"),
                (VERSION, TYPE_STRING, 1, b"1\0"),
                (RELEASE, TYPE_STRING, 1, b"2\0"),
                (EPOCH, TYPE_INT32, 1, &[0, 0, 0, 3]),
                (SOURCE_RPM, TYPE_STRING, 1, file.as_bytes()),
            ]);
            let package = Header::parse(&blob).unwrap().package().unwrap().unwrap();
            assert_eq!(package.version, "3:1-2");
            let purl = package.purl();
            assert_eq!(purl.qualifier("upstream"), source, "{file}");
        }
    }

    #[test]
    fn files_lie_in_the_folders_their_numbers_say() {
        let blob = header(&[
            (OLD_FILE_NAMES, TYPE_STRING_ARRAY, 1, b"/etc/old\0"),
            (BASE_NAMES, TYPE_STRING_ARRAY, 2, b"a\0b\0c\0"),
            (DIRECTORY_NAMES, TYPE_STRING_ARRAY, 2, b"/usr/bin/\0/etc/\0"),
            (DIRECTORY_INDEXES, TYPE_INT32, 2, &[0, 0, 0, 1, 0, 0, 0, 0]),
        ]);
        let mut owned = Vec::new();
        Header::parse(&blob).unwrap().files(&mut owned).unwrap();
        assert_eq!(owned, ["etc/old", "etc/a", "usr/bin/b"].map(path::hash));
        for length in 0..blob.len() {
            assert!(Header::parse(&blob[..length]).is_err(), "{length}");
        }
        let blob = header(&[(BASE_NAMES, TYPE_STRING_ARRAY, 1, b"a\0")]);
        assert!(Header::parse(&blob).unwrap().files(&mut owned).is_err());
        assert!(Header::parse(&blob).unwrap().package().is_err());
    }
}
