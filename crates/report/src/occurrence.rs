//! Names for findings where a format wants each to be its own.
//!
//! A fingerprint does not hang on the file, so copies of one object in several files share it.
//! Formats that demand unique names get the fingerprint for the first, and a name that also
//! hangs on the file for each copy: it stays the same from run to run.

use std::collections::HashMap;

use model::{Finding, Fingerprint};

/// Names given so far.
#[derive(Default)]
pub(crate) struct Names {
    /// How often each name was asked for, and how often with each file.
    asked: HashMap<String, HashMap<String, u32>>,
}

impl Names {
    /// The name of a finding: its fingerprint, or one of the same form.
    pub(crate) fn of(&mut self, finding: &Finding) -> String {
        let file = finding.location.as_ref().map_or("", |location| &location.file);
        self.unique(finding.fingerprint.as_str(), file)
    }

    /// A name made of `parts`, unlike all before.
    pub(crate) fn made(&mut self, parts: &[&str]) -> String {
        self.unique(Fingerprint::of_parts(parts).as_str(), "")
    }

    fn unique(&mut self, name: &str, file: &str) -> String {
        let Some(files) = self.asked.get_mut(name) else {
            self.asked.insert(name.to_owned(), HashMap::from([(file.to_owned(), 1)]));
            return name.to_owned();
        };
        let count = files.entry(file.to_owned()).or_default();
        *count += 1;
        Fingerprint::of_parts(&[name, file, &count.to_string()]).as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_get_names_of_their_own_that_hang_on_their_file() {
        let mut names = Names::default();
        let first: Vec<_> = ["a", "b", "a", "b"].map(|file| names.unique("f1:0", file)).into();
        assert_eq!(first[0], "f1:0");
        let all: std::collections::BTreeSet<_> = first.iter().collect();
        assert_eq!(all.len(), 4);
        let mut names = Names::default();
        let again: Vec<_> = ["a", "a", "b", "b"].map(|file| names.unique("f1:0", file)).into();
        assert_eq!(again, [&first[0], &first[2], &first[1], &first[3]].map(String::clone));
    }
}
