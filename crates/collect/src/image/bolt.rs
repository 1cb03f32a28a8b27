//! Databases of bbolt, in which containerd keeps what it has: read where they are, never written.
//!
//! Source: `page.go`, `db.go` and `bucket.go` of `go.etcd.io/bbolt`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What a meta page begins with.
const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
const PAGE_HEADER_BYTES: usize = 16;
/// Bytes of an element of a branch, and of a leaf.
const ELEMENT_BYTES: usize = 16;
/// Bytes of the root's page and of the sequence before a bucket that lies in a value.
const BUCKET_HEADER_BYTES: usize = 16;
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
/// The flag of a leaf's element that is a bucket.
const IS_BUCKET: u32 = 0x01;
/// Pages from a root to a leaf.
const DEPTH_MAX: usize = 32;
/// Bytes of a page with those it overflows into.
const PAGE_BYTES_MAX: u64 = 64 << 20;
/// Elements that are listed of one bucket.
const ELEMENTS_MAX: usize = 1_000_000;

/// A database.
pub struct Bolt {
    file: File,
    page_bytes: u64,
    root: u64,
}

/// A bucket: keys with values or further buckets.
pub struct Bucket<'a> {
    bolt: &'a Bolt,
    page: Page,
}

/// Where a page is.
enum Page {
    At(u64),
    /// A small bucket lies within the value that names it.
    Inline(Vec<u8>),
}

/// What a key has.
enum Element {
    Value(Vec<u8>),
    Bucket(Vec<u8>),
}

impl Bolt {
    /// Opens a database.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or neither of its two meta pages is whole.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut found: Option<(u64, Self)> = None;
        // The second lies at the next page, whose size the first one may not be there to tell.
        for at in [0, 4096, 8192, 16384, 65536] {
            let mut meta = [0; 80];
            if file.read_exact_at(&mut meta, at).is_err() {
                continue;
            }
            let Some((transaction, page_bytes, root)) = meta_page(&meta) else { continue };
            if found.as_ref().is_none_or(|(newest, _)| *newest < transaction) {
                let file = file.try_clone()?;
                found = Some((transaction, Self { file, page_bytes, root }));
            }
        }
        found.map(|(_, bolt)| bolt).ok_or_else(|| damaged("no bbolt database"))
    }

    /// The bucket at a path of names; none if there is no such.
    pub fn bucket(&self, names: &[&[u8]]) -> io::Result<Option<Bucket<'_>>> {
        let mut bucket = Bucket { bolt: self, page: Page::At(self.root) };
        for name in names {
            match bucket.inner(name)? {
                Some(inner) => bucket = inner,
                None => return Ok(None),
            }
        }
        Ok(Some(bucket))
    }

    /// A page with those it overflows into.
    fn page(&self, number: u64) -> io::Result<Vec<u8>> {
        let at = number.checked_mul(self.page_bytes).ok_or_else(|| damaged("a page's number"))?;
        let mut header = [0; PAGE_HEADER_BYTES];
        self.file.read_exact_at(&mut header, at)?;
        let overflow = u32_at(&header, 12).unwrap_or_default();
        let bytes = (u64::from(overflow) + 1).saturating_mul(self.page_bytes);
        let is_there = self.file.metadata()?.len().saturating_sub(at) >= bytes;
        if bytes > PAGE_BYTES_MAX || !is_there {
            return Err(damaged("a page that overflows"));
        }
        let mut page = vec![0; bytes as usize];
        self.file.read_exact_at(&mut page, at)?;
        Ok(page)
    }
}

impl<'a> Bucket<'a> {
    /// The bucket of a key.
    pub fn inner(&self, key: &[u8]) -> io::Result<Option<Bucket<'a>>> {
        let Some(Element::Bucket(value)) = self.element(key)? else { return Ok(None) };
        let root = u64_at(&value, 0).ok_or_else(|| damaged("a bucket without a root"))?;
        let page = match root {
            0 => Page::Inline(value.get(BUCKET_HEADER_BYTES..).unwrap_or_default().to_vec()),
            root => Page::At(root),
        };
        Ok(Some(Bucket { bolt: self.bolt, page }))
    }

    /// The value of a key.
    pub fn value(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        Ok(match self.element(key)? {
            Some(Element::Value(value)) => Some(value),
            Some(Element::Bucket(_)) | None => None,
        })
    }

    /// All keys, in their order.
    pub fn keys(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut keys = Vec::new();
        let mut visit = |key: &[u8]| keys.push(key.to_vec());
        match &self.page {
            Page::At(number) => self.list(*number, 0, &mut 0, &mut visit)?,
            Page::Inline(page) => leaf_keys(page, &mut 0, &mut visit)?,
        }
        Ok(keys)
    }

    fn list(
        &self,
        number: u64,
        depth: usize,
        count: &mut usize,
        visit: &mut impl FnMut(&[u8]),
    ) -> io::Result<()> {
        if depth > DEPTH_MAX {
            return Err(damaged("a tree that is too deep"));
        }
        let page = self.bolt.page(number)?;
        if flags(&page) & LEAF != 0 {
            return leaf_keys(&page, count, visit);
        }
        for at in 0..elements(&page) {
            *count += 1;
            if *count > ELEMENTS_MAX {
                return Err(damaged("more keys than are read"));
            }
            let (_, child) = branch(&page, at)?;
            self.list(child, depth + 1, count, visit)?;
        }
        Ok(())
    }

    /// What a key has.
    fn element(&self, key: &[u8]) -> io::Result<Option<Element>> {
        let mut number = match &self.page {
            Page::At(number) => *number,
            Page::Inline(page) => return find(page, key),
        };
        for _ in 0..DEPTH_MAX {
            let page = self.bolt.page(number)?;
            match flags(&page) {
                it if it & LEAF != 0 => return find(&page, key),
                it if it & BRANCH != 0 => {}
                _ => return Err(damaged("a page of another kind")),
            }
            // The last child whose first key is not behind it, else the first.
            let mut child = None;
            for at in 0..elements(&page) {
                let (first, page) = branch(&page, at)?;
                if child.is_some() && first > key {
                    break;
                }
                child = Some(page);
            }
            number = child.ok_or_else(|| damaged("a branch without children"))?;
        }
        Err(damaged("a tree that is too deep"))
    }
}

/// Transaction, size of a page and root of a meta page; none if it is not whole.
fn meta_page(page: &[u8]) -> Option<(u64, u64, u64)> {
    let meta = page.get(PAGE_HEADER_BYTES..)?;
    let page_bytes = u64::from(u32_at(meta, 8)?);
    let is_whole = u32_at(meta, 0)? == MAGIC
        && u32_at(meta, 4)? == VERSION
        && u64_at(meta, 56)? == fnv(meta.get(..56)?)
        && page_bytes.is_power_of_two()
        && (512..=1 << 20).contains(&page_bytes);
    is_whole.then_some((u64_at(meta, 48)?, page_bytes, u64_at(meta, 16)?))
}

/// FNV-1a with 64 bits, as Go's `hash/fnv` has it.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn find(page: &[u8], key: &[u8]) -> io::Result<Option<Element>> {
    let (mut low, mut high) = (0, elements(page));
    while low < high {
        let middle = usize::midpoint(low, high);
        let (flags, found, value) = leaf(page, middle)?;
        match found.cmp(key) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal if flags & IS_BUCKET != 0 => {
                return Ok(Some(Element::Bucket(value.to_vec())));
            }
            std::cmp::Ordering::Equal => return Ok(Some(Element::Value(value.to_vec()))),
        }
    }
    Ok(None)
}

fn leaf_keys(page: &[u8], count: &mut usize, visit: &mut impl FnMut(&[u8])) -> io::Result<()> {
    for at in 0..elements(page) {
        *count += 1;
        if *count > ELEMENTS_MAX {
            return Err(damaged("more keys than are read"));
        }
        visit(leaf(page, at)?.1);
    }
    Ok(())
}

/// Flags, key and value of an element of a leaf.
fn leaf(page: &[u8], at: usize) -> io::Result<(u32, &[u8], &[u8])> {
    let start = PAGE_HEADER_BYTES + at * ELEMENT_BYTES;
    let found = || {
        let element = page.get(start..)?;
        let (position, key, value) = (
            u32_at(element, 4)? as usize,
            u32_at(element, 8)? as usize,
            u32_at(element, 12)? as usize,
        );
        let key_end = position.checked_add(key)?;
        let flags = u32_at(element, 0)?;
        Some((
            flags,
            element.get(position..key_end)?,
            element.get(key_end..key_end.checked_add(value)?)?,
        ))
    };
    found().ok_or_else(|| damaged("an element that lies outside of its page"))
}

/// First key and page of a child of a branch.
fn branch(page: &[u8], at: usize) -> io::Result<(&[u8], u64)> {
    let start = PAGE_HEADER_BYTES + at * ELEMENT_BYTES;
    let found = || {
        let element = page.get(start..)?;
        let (position, key) = (u32_at(element, 0)? as usize, u32_at(element, 4)? as usize);
        Some((element.get(position..position.checked_add(key)?)?, u64_at(element, 8)?))
    };
    found().ok_or_else(|| damaged("an element that lies outside of its page"))
}

fn flags(page: &[u8]) -> u16 {
    u16_at(page, 8).unwrap_or_default()
}

fn elements(page: &[u8]) -> usize {
    u16_at(page, 10).unwrap_or_default().into()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|it| u16::from_le_bytes(*it))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|it| u32::from_le_bytes(*it))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|it| u64::from_le_bytes(*it))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
