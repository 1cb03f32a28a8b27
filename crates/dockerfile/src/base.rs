//! What a stage is built on: the parts of an image's name.

/// An image's name in its parts: `registry/path:tag@digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base<'a> {
    /// With the registry, without tag and digest.
    pub repository: &'a str,
    /// After the colon.
    pub tag: Option<&'a str>,
    /// After the `@`.
    pub digest: Option<&'a str>,
}

impl<'a> Base<'a> {
    /// The parts of a name, as written; nothing is checked.
    pub fn of(name: &'a str) -> Self {
        let (name, digest) =
            name.split_once('@').map_or((name, None), |(name, digest)| (name, Some(digest)));
        // A colon before the last slash is a port's.
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name.get(last..).and_then(|text| text.find(':')).map(|at| last + at);
        let (repository, tag) = match colon {
            Some(at) => (name.get(..at).unwrap_or(name), name.get(at + 1..)),
            None => (name, None),
        };
        Self { repository, tag, digest }
    }

    /// The last part of the repository: `node` of `docker.io/library/node`.
    pub fn short(&self) -> &'a str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }

    /// Whether it is one of Docker's official images.
    pub fn is_official(&self) -> bool {
        let rest = self.repository.strip_prefix("docker.io/").unwrap_or(self.repository);
        !rest.strip_prefix("library/").unwrap_or(rest).contains('/')
    }
}
