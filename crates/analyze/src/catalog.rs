//! All controls.

use crate::{Control, controls};

/// Every control, family by family.
pub fn all() -> impl Iterator<Item = &'static Control> {
    controls::FAMILIES.iter().flat_map(|(_, family)| family.iter().copied())
}

/// The control with this name or id.
pub fn find(name: &str) -> Option<&'static Control> {
    all().find(|control| control.name == name || control.id == name)
}

/// The family a control belongs to: the folder it stands in.
pub fn family(control: &Control) -> &'static str {
    let own = |family: &[&Control]| family.iter().any(|other| other.id == control.id);
    controls::FAMILIES.iter().find(|(_, family)| own(family)).map_or("", |(name, _)| *name)
}

/// A section of a page: the text below the heading `## ⟨name⟩`, up to the next.
pub fn section<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let heading = format!("\n## {name}\n");
    let start = page.find(&heading)? + heading.len();
    let end = page[start..].find("\n## ").map_or(page.len(), |end| start + end);
    Some(page[start..end].trim())
}

/// What a control's page says it stands for, item by item: `CIS Kubernetes 5.2.2`, `MITRE T1611`.
pub fn mapping(control: &Control) -> impl Iterator<Item = &'static str> + use<> {
    let text = section(control.page, "Mapping").unwrap_or_default();
    text.trim_end_matches('.').split(';').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_ids_are_unique_and_well_formed() {
        let (mut names, mut ids) = (HashSet::new(), HashSet::new());
        for control in all() {
            let Control { name, id, .. } = control;
            assert!(names.insert(*name), "{name} is given twice");
            assert!(ids.insert(*id), "{id} is given twice");
            let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            assert!(name.bytes().all(|byte| word(byte) || byte == b'-'), "{name}");
            let prefix = format!("BW-{}-", family(control).to_uppercase().replace('-', ""));
            let number = id.strip_prefix(&prefix);
            assert!(
                number.is_some_and(|n| n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit())),
                "{id} of {name} should read {prefix}⟨three digits⟩"
            );
            let cure = ["no-", "disallow-", "require-", "must-", "forbid-"];
            assert!(
                cure.iter().all(|start| !name.starts_with(start)),
                "{name} names the cure; name the bad pattern"
            );
        }
    }

    #[test]
    fn every_page_is_complete() {
        for control in all() {
            let Control { name, page, title, .. } = control;
            assert_eq!(page.lines().next(), Some(format!("# {title}").as_str()), "{name}");
            for part in ["Bad", "Good"] {
                let text = section(page, part).unwrap_or_default();
                assert!(text.contains("```yaml"), "{name}: no example under `## {part}`");
            }
            assert!(mapping(control).next().is_some(), "{name}: nothing under `## Mapping`");
            for item in mapping(control) {
                let known = FRAMEWORKS.iter().any(|framework| item.starts_with(framework));
                assert!(known, "{name}: `{item}` names no known framework: {FRAMEWORKS:?}");
            }
            let essay = page.split("\n## ").next().unwrap_or_default();
            assert!(
                essay.split("\n\n").count() >= 3,
                "{name}: say what an attacker gains, \
                and when it is legitimate"
            );
        }
    }

    /// How an item of a mapping may begin.
    const FRAMEWORKS: &[&str] = &[
        "Pod Security ",
        "CIS Kubernetes ",
        "CIS AKS ",
        "NSA/CISA ",
        "MITRE T",
        "Microsoft threat matrix",
        "OWASP K",
        "bollwerk only",
    ];
}
