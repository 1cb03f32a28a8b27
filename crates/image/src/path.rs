//! Paths of entries, as they lie in a root file system.

/// The path without `./` and a leading `/`; whether it tried to leave the root by `..`, which is
/// resolved within the root as a runtime does. Bytes that are no UTF-8 are replaced.
pub(crate) fn normal(written: &[u8]) -> (String, bool) {
    let text = String::from_utf8_lossy(written);
    let is_plain = !text.starts_with('/')
        && !text.ends_with('/')
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if is_plain {
        return (text.into_owned(), false);
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut leaves = false;
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => leaves |= parts.pop().is_none(),
            part => parts.push(part),
        }
    }
    (parts.join("/"), leaves)
}

/// What a symbolic link at `path` points at, within the root. None where it points at the root.
pub(crate) fn target(path: &str, link: &str) -> Option<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = if link.starts_with('/') { link.to_owned() } else { format!("{folder}/{link}") };
    let (path, _) = normal(whole.as_bytes());
    (!path.is_empty()).then_some(path)
}

/// A number for a path that no two paths share: half of its SHA-256, so that nobody builds a layer
/// whose paths seem to replace others.
pub(crate) fn hash(path: &str) -> u128 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, path.as_bytes());
    let half = digest.as_ref().first_chunk::<16>();
    half.map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_root() {
        for (written, path, leaves) in [
            ("etc/os-release", "etc/os-release", false),
            ("./etc/os-release", "etc/os-release", false),
            ("/etc//os-release", "etc/os-release", false),
            ("etc/", "etc", false),
            ("./", "", false),
            ("a/../b", "b", false),
            ("../../etc/passwd", "etc/passwd", true),
            ("a/../../b", "b", true),
            ("a/...", "a/...", false),
        ] {
            assert_eq!(normal(written.as_bytes()), (path.to_owned(), leaves), "{written}");
        }
        assert_eq!(
            target("etc/os-release", "../usr/lib/os-release").unwrap(),
            "usr/lib/os-release"
        );
        assert_eq!(target("lib", "usr/lib").unwrap(), "usr/lib");
        assert_eq!(target("a/b", "/c").unwrap(), "c");
        assert_eq!(target("a", "../../x").unwrap(), "x");
        assert_eq!(target("a", "."), None);
    }
}
