//! Programs that are built by hand in many images, as those of Docker's own library are, and that
//! say their version in a text that nobody else has.
//!
//! Source of the texts: what the programs print of themselves, looked up in Debian's builds of
//! them. A program is told by its name and its text together; where two texts of it name two
//! versions, neither is taken.

use memchr::memmem;

/// Bytes behind a text in which its version and what follows it stand.
const VERSION_BYTES_MAX: usize = 64;

/// What a program of a name says.
#[derive(Clone, Copy, Debug)]
struct Text {
    /// The names of its file: all of it, or, with a `*`, its beginning.
    files: &'static [&'static str],
    /// What it is called.
    name: &'static str,
    /// What stands before its version.
    before: &'static str,
    /// What follows its version, after anything; empty for nothing.
    after: &'static str,
    /// Numbers that its version has at least.
    numbers: usize,
}

const fn text(files: &'static [&'static str], name: &'static str, before: &'static str) -> Text {
    Text { files, name, before, after: "", numbers: 3 }
}

const TEXTS: [Text; 16] = [
    text(&["bash"], "bash", "@(#)Bash version "),
    text(&["busybox"], "busybox", "BusyBox v"),
    text(&["curl"], "curl", "curl/"),
    Text { after: ", released", ..text(&["haproxy"], "haproxy", " version ") },
    text(&["httpd", "apache2"], "httpd", "Apache/"),
    text(&["libcrypto.so*", "openssl"], "openssl", "OpenSSL "),
    text(&["lighttpd"], "lighttpd", "lighttpd/"),
    text(&["mariadbd"], "mariadb", "MariaDB "),
    text(&["memcached"], "memcached", "memcached "),
    text(&["nginx"], "nginx", "nginx version: nginx/"),
    text(&["node", "nodejs", "libnode.so*"], "node", "node.js/v"),
    text(&["perl"], "perl", "/lib/perl5/"),
    text(&["php*", "libphp*.so"], "php", "X-Powered-By: PHP/"),
    Text { numbers: 2, ..text(&["postgres"], "postgresql", "postgres (PostgreSQL) ") },
    text(&["ruby", "libruby*"], "ruby", "ruby "),
    text(&["varnishd"], "varnish", "varnish-"),
];

/// Looks for the version of a program while it goes by.
#[derive(Debug, Default)]
pub(super) struct Search {
    name: &'static str,
    /// What stands before the version; nothing is looked for where that is empty.
    before: Vec<u8>,
    /// Bytes of it that are the version's own; such a version stands alone between zero bytes.
    own_bytes: usize,
    after: &'static str,
    numbers: usize,
    /// The end of what went by, in which a text may have begun.
    rest: Vec<u8>,
    found: Option<String>,
    is_unclear: bool,
}

impl Search {
    /// For what a file of this path may be.
    pub(super) fn of(path: &str) -> Self {
        let file = path.rsplit('/').next().unwrap_or(path);
        let is_called = |name: &&str| match name.strip_suffix('*') {
            Some(beginning) => file.starts_with(beginning),
            None => file == *name,
        };
        if let Some(series) = python(file) {
            let before = format!("\0{series}").into_bytes();
            let own_bytes = series.len();
            return Self { name: "python", before, own_bytes, numbers: 3, ..Self::default() };
        }
        let Some(text) = TEXTS.iter().find(|text| text.files.iter().any(is_called)) else {
            return Self::default();
        };
        let Text { name, before, after, numbers, .. } = *text;
        Self { name, before: before.as_bytes().to_vec(), after, numbers, ..Self::default() }
    }

    /// Whether there is something to look for.
    pub(super) fn is_of_use(&self) -> bool {
        !self.before.is_empty()
    }

    /// The next bytes.
    pub(super) fn take(&mut self, chunk: &[u8]) {
        if self.is_of_use() {
            self.rest.extend_from_slice(chunk);
            let end = self.rest.len().saturating_sub(VERSION_BYTES_MAX);
            let rest = std::mem::take(&mut self.rest);
            self.search(&rest, end);
            self.rest = rest;
            let done = end.saturating_sub(self.before.len());
            self.rest.drain(..done);
        }
    }

    /// Name and version, after all bytes.
    pub(super) fn finish(mut self) -> Option<(&'static str, String)> {
        let rest = std::mem::take(&mut self.rest);
        self.search(&rest, rest.len());
        let Self { name, found, is_unclear, .. } = self;
        found.filter(|_| !is_unclear).map(|version| (name, version))
    }

    /// Versions behind texts that end before `end`.
    fn search(&mut self, content: &[u8], end: usize) {
        if !self.is_of_use() {
            return;
        }
        for at in memmem::find_iter(content, &self.before) {
            let at = at + self.before.len() - self.own_bytes;
            if at > end {
                break;
            }
            let following = content.get(at..).unwrap_or_default();
            let following = following.get(..VERSION_BYTES_MAX).unwrap_or(following);
            let Some(version) = version(following, self.numbers) else { continue };
            let is_alone = following.get(version.len()).is_none_or(|byte| *byte == 0);
            let is_followed = memmem::find(following, self.after.as_bytes()).is_some();
            if is_followed && (is_alone || self.own_bytes == 0) {
                self.is_unclear |= self.found.as_ref().is_some_and(|found| *found != version);
                self.found = Some(version);
            }
        }
    }
}

/// `3.11.` of `python3.11` and `libpython3.11.so.1.0`.
fn python(file: &str) -> Option<String> {
    let rest = file.strip_prefix("lib").unwrap_or(file).strip_prefix("python3.")?;
    let minor = rest.split('.').next()?;
    let is_number = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("3.{minor}."))
}

/// A version of so many numbers at least at the beginning, with the letters that mark a patch or
/// what comes before a release: `1.1.1w`, `3.1.2p20`, `3.12.0rc1`.
fn version(content: &[u8], numbers: usize) -> Option<String> {
    let is_of = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'.';
    let length = content.iter().take_while(is_of).count();
    let text = std::str::from_utf8(content.get(..length)?).ok()?;
    let text = text.trim_end_matches('.');
    let mut parts = text.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let last = parts.next_back()?;
    let letters = last.trim_start_matches(|c: char| c.is_ascii_digit());
    let letters = letters.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_suffix = matches!(letters, "p" | "rc" | "preview" | "dev" | "a" | "b" | "")
        || letters.len() == 1 && last.ends_with(letters);
    let is_version = text.split('.').count() >= numbers
        && parts.all(is_number)
        && last.starts_with(|c: char| c.is_ascii_digit())
        && is_suffix;
    is_version.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_programs_print() {
        for (path, content, expected) in [
            ("bin/busybox", "..BusyBox v1.35.0 (Debian 1:1.35.0-4)\0", Some("busybox 1.35.0")),
            ("usr/local/bin/node", "node.js/v18.20.4\0", Some("node 18.20.4")),
            ("usr/lib/libnode.so.108", "\0node.js/v18.20.4\0", Some("node 18.20.4")),
            ("usr/sbin/nginx", "nginx version: nginx/1.22.1\0", Some("nginx 1.22.1")),
            ("bin/httpd", "Apache/2\0Apache/2.4\0Apache/2.4.71 (x)", Some("httpd 2.4.71")),
            ("bin/ruby", "ruby 3.1.2p20 (2022-04-12 revision 4)", Some("ruby 3.1.2p20")),
            ("lib/libruby.so.3.3", "ruby 3.3.0preview1 (x", Some("ruby 3.3.0preview1")),
            ("bin/postgres", "postgres (PostgreSQL) 15.20 (Debian 15", Some("postgresql 15.20")),
            (
                "bin/haproxy",
                "since HAProxy version 2.5.\n\0 version 2.6.12-1+deb12u4, released ",
                Some("haproxy 2.6.12"),
            ),
            ("bin/openssl", "OpenSSL 1.1.1w  11 Sep 2023", Some("openssl 1.1.1w")),
            ("bin/python3.11", "\x003.11.\x003.11.2\x003.11.9 x", Some("python 3.11.2")),
            ("lib/libpython3.12.so.1.0", "3.12.0\x003.12.0rc1\0", Some("python 3.12.0rc1")),
            // Two of them, a part of one, none, and another program's.
            ("bin/curl", "curl/8.4.0\0curl/8.5.0\0", None),
            ("bin/curl", "curl/8.4.0\0libcurl/8.4.0\0", Some("curl 8.4.0")),
            ("bin/curl", "curl/8.4", None),
            ("bin/curl", "curl/8.4.x", None),
            ("bin/curl", "", None),
            ("bin/other", "curl/8.4.0", None),
        ] {
            for size in [1, 2, 3, 7, 64, 4_096] {
                let mut search = Search::of(path);
                content.as_bytes().chunks(size).for_each(|chunk| search.take(chunk));
                let found = search.finish().map(|(name, version)| format!("{name} {version}"));
                assert_eq!(found.as_deref(), expected, "{path} {content:?} by {size}");
            }
        }
    }
}
