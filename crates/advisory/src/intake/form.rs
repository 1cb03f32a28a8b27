//! What a file is, by what it begins with.

use super::Keys;

/// Bytes of a file that are looked at.
const START_BYTES: usize = 64 << 10;
/// Objects within objects whose keys are looked at.
const DEPTH_MAX: usize = 4;
/// Keys that are kept of one depth.
const KEYS_MAX: usize = 64;

/// The form of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Form {
    /// Records in the OSV format: one, a list, or one a line.
    Osv,
    /// The JSON export of Debian's security tracker.
    DebianTracker,
    /// Alpine's secdb, also of Wolfi and Chainguard.
    AlpineSecdb,
    /// A VEX document in CSAF 2.0, as Red Hat publishes them.
    Csaf,
    /// FIRST's scores, CSV.
    Epss,
    /// CISA's catalogue of known exploited vulnerabilities.
    KnownExploited,
    /// Releases of a product, of endoflife.date.
    EndOfLife,
}

impl Form {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Osv,
        Self::DebianTracker,
        Self::AlpineSecdb,
        Self::Csaf,
        Self::Epss,
        Self::KnownExploited,
        Self::EndOfLife,
    ];

    /// Its name, as typed before a path: `debian:PATH`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Osv => "osv",
            Self::DebianTracker => "debian",
            Self::AlpineSecdb => "alpine",
            Self::Csaf => "csaf",
            Self::Epss => "epss",
            Self::KnownExploited => "kev",
            Self::EndOfLife => "endoflife",
        }
    }

    /// By the start of a file; none for what is none of them.
    pub fn recognise(content: &[u8]) -> Option<Self> {
        let start = content.get(..START_BYTES).unwrap_or(content);
        let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start);
        let start = start.trim_ascii_start();
        if start.starts_with(b"#model_version") || start.starts_with(b"cve,epss") {
            return Some(Self::Epss);
        }
        let keys = keys(start);
        let has = |depth: usize, name: &str| {
            keys.get(&depth).is_some_and(|found| found.iter().any(|key| key == name))
        };
        let is_osv = |depth| {
            has(depth, "id")
                && ["modified", "affected", "schema_version"].iter().any(|key| has(depth, key))
        };
        match start.first() {
            Some(b'[') if has(2, "cycle") => Some(Self::EndOfLife),
            Some(b'[') if is_osv(2) => Some(Self::Osv),
            Some(b'{') if is_osv(1) => Some(Self::Osv),
            Some(b'{') if has(3, "cveID") || has(1, "catalogVersion") => Some(Self::KnownExploited),
            Some(b'{') if has(1, "document") => Some(Self::Csaf),
            Some(b'{') if has(1, "distroversion") || has(1, "packages") && has(1, "apkurl") => {
                Some(Self::AlpineSecdb)
            }
            Some(b'{') if has(3, "releases") => Some(Self::DebianTracker),
            _ => None,
        }
    }
}

/// The keys of a text that may be cut off. What is no JSON gives some keys or none; the reader of
/// the form refuses it.
fn keys(text: &[u8]) -> Keys {
    let mut found = Keys::new();
    let mut depth = 0_usize;
    let mut rest = text.iter().enumerate();
    // Where the last string stands that may turn out to be a key.
    let mut last: Option<std::ops::Range<usize>> = None;
    while let Some((at, byte)) = rest.next() {
        match byte {
            b'"' => {
                let mut end = None;
                while let Some((inner, byte)) = rest.next() {
                    match byte {
                        b'\\' => drop(rest.next()),
                        b'"' => {
                            end = Some(inner);
                            break;
                        }
                        _ => {}
                    }
                }
                last = end.map(|end| at + 1..end);
            }
            b':' => {
                let key = last.take().and_then(|range| text.get(range));
                let names = (depth <= DEPTH_MAX).then(|| found.entry(depth).or_default());
                if let (Some(key), Some(names)) = (key, names)
                    && names.len() < KEYS_MAX
                {
                    names.push(String::from_utf8_lossy(key).into_owned());
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => last = None,
            _ => {}
        }
    }
    found
}
