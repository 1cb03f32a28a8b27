//! Which finding of the Pod Security Standards stands for what a control says too.

use std::collections::HashMap;

use model::{Finding, Path, Segment};

use crate::pod_security;

/// Findings of the standards, to be found by the controls that look at the same fields. Looking
/// one up costs the same however many there are.
pub(crate) struct Joins {
    by_control: HashMap<&'static str, Places>,
}

/// Numbers of findings; of several the first counts.
#[derive(Default)]
struct Places {
    /// By their path.
    at: HashMap<Vec<Segment>, usize>,
    /// By every path above theirs, and theirs.
    at_or_below: HashMap<Vec<Segment>, usize>,
    /// By the last key of their path.
    names: HashMap<String, usize>,
}

impl Joins {
    pub(crate) fn new(findings: &[Finding]) -> Self {
        let mut by_control: HashMap<&'static str, Places> = HashMap::new();
        for (number, finding) in findings.iter().enumerate() {
            let rule = pod_security::find(finding.control);
            for control in rule.into_iter().flat_map(|rule| rule.controls) {
                by_control.entry(control).or_default().add(&finding.path, number);
            }
        }
        Self { by_control }
    }

    /// The finding that says what `control` says at `path`: the first at the same field, above it
    /// or below it, else the first whose path ends in the same name, since what is missing may be
    /// told at the pod by one and at a container by the other.
    pub(crate) fn find(&self, control: &str, path: &Path) -> Option<usize> {
        let places = self.by_control.get(control)?;
        let segments = path.segments();
        let at_or_above = (0..=segments.len()).filter_map(|end| places.at.get(&segments[..end]));
        let below = places.at_or_below.get(segments);
        let same_field = at_or_above.chain(below).min();
        same_field.or_else(|| places.names.get(path.last_key()?)).copied()
    }
}

impl Places {
    fn add(&mut self, path: &Path, number: usize) {
        let segments = path.segments();
        self.at.entry(segments.to_vec()).or_insert(number);
        for end in 0..=segments.len() {
            if !self.at_or_below.contains_key(&segments[..end]) {
                self.at_or_below.insert(segments[..end].to_vec(), number);
            }
        }
        if let Some(name) = path.last_key() {
            self.names.entry(name.to_owned()).or_insert(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.split('.').filter(|part| !part.is_empty()).fold(Path::root(), |path, part| match part
            .parse()
        {
            Ok(index) => path.index(index),
            Err(_) => path.key(part),
        })
    }

    /// The first in the findings' order that is the same field, above or below; else the first
    /// with the same last key: as going through all of them would find it.
    #[test]
    fn finds_what_going_through_all_would() {
        let texts = ["a.0.b.c", "a.1.b.c", "a.1", "x.y", "a.2.b", "", "z.c"];
        let wanted = ["a.0.b.c", "a.0.b", "a.1.b.c.d", "a", "q.c", "q.y", "a.2", "x", "0", "n"];
        for count in 0..=texts.len() {
            let mut places = Places::default();
            for (number, text) in texts[..count].iter().enumerate() {
                places.add(&path(text), number);
            }
            let joins = Joins { by_control: HashMap::from([("control", places)]) };
            for text in wanted {
                let at = path(text);
                let known: Vec<Path> = texts[..count].iter().map(|text| path(text)).collect();
                let field = |one: &Path| one.starts_with(&at) || at.starts_with(one);
                let name = |one: &Path| at.last_key().is_some() && one.last_key() == at.last_key();
                let expected = known.iter().position(field).or_else(|| known.iter().position(name));
                assert_eq!(joins.find("control", &at), expected, "{text} among {count}");
            }
        }
        assert_eq!(Joins::new(&[]).find("control", &path("a")), None);
    }
}
