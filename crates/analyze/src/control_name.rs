//! Names of controls as people type them.

use crate::{admission_policy, at_admission, catalog, pod_security, remark};

/// The name of a control, of a Pod Security check or of a remark on an exception; an id is taken
/// too. The error proposes what may have been meant.
pub fn parse(text: &str) -> Result<String, String> {
    let is_known = catalog::find(text).is_some()
        || pod_security::find(text).is_some()
        || remark::find(text).is_some()
        || text == admission_policy::NAME
        || at_admission::NAMES.contains(&text);
    if is_known {
        return Ok(text.to_owned());
    }
    let hint = match proposals(text) {
        names if names.is_empty() => "; `bollwerk controls` lists them all".to_owned(),
        names => format!("; did you mean {}?", names.join(" or ")),
    };
    Err(format!("`{text}` is no control{hint}"))
}

/// Most names that are proposed.
const PROPOSALS_MAX: usize = 3;

/// Names that hold the text, or else the one that is a few typing errors away.
fn proposals(text: &str) -> Vec<String> {
    let names = || {
        let controls = catalog::all().map(|control| control.name);
        controls.chain(pod_security::RULES.iter().map(|rule| rule.name))
    };
    let quoted = |name: &str| format!("`{name}`");
    let wanted = text.to_ascii_lowercase();
    let holds = |name: &&str| wanted.len() >= 3 && name.to_ascii_lowercase().contains(&wanted);
    let holding: Vec<String> = names().filter(holds).take(PROPOSALS_MAX).map(quoted).collect();
    if !holding.is_empty() {
        return holding;
    }
    let close = names().map(|name| (distance(text, name), name)).min();
    let close = close.filter(|(edits, name)| edits * 3 <= name.len());
    close.into_iter().map(|(_, name)| quoted(name)).collect()
}

/// Edits between two words (Levenshtein), for words of the length of names.
fn distance(one: &str, other: &str) -> usize {
    const BYTES_MAX: usize = 100;
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() > BYTES_MAX {
        return usize::MAX / 4;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, edits) in [("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0)] {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_control_is_met_with_a_proposal() {
        for (text, end) in [
            ("priviliged-container", "did you mean `privileged-container`?"),
            (
                "privileged",
                "did you mean `privileged-container` or `pod-security-level-privileged` or \
                 `pod-security/privileged`?",
            ),
            ("nothing like it", "`bollwerk controls` lists them all"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.ends_with(end), "{error}");
        }
    }
}
