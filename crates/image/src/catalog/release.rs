//! What distribution it is.

use package::Distribution;

use crate::Fact;

/// `os-release(5)`. An empty file, as some minimal images have it, says nothing.
pub(super) fn distribution(text: &str) -> Vec<Fact> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    vec![Fact::Distribution(Box::new(Distribution::parse(text)))]
}
