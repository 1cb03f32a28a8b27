//! All controls.

use crate::{Check, Control, Kinds, controls};

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

/// The controls that look at network policies alone, of whatever generation or plugin.
pub fn of_network_policies() -> impl Iterator<Item = &'static Control> {
    let is_policy = |(_, kind): &(&str, &str)| kind.ends_with("NetworkPolicy");
    all().filter(move |control| match control.check {
        Check::Object(Kinds::Of(kinds), _) => kinds.iter().all(is_policy),
        _ => false,
    })
}

/// Controls whose answer follows from the network of the whole world, the judged object in it.
const OF_THE_NETWORK: &[&str] = &[
    "admin-network-policy-priority-shared",
    "database-reachable-from-everywhere",
    "metadata-service-reachable",
    "namespaces-not-separated",
    "network-policy-duplicate",
    "network-policy-ip-block-covers-pods",
    "network-policy-on-host-network",
    "network-policy-one-ip-family",
    "network-policy-peer-matches-nothing",
    "network-policy-port-name-unknown",
    "network-policy-redundant",
    "network-policy-selects-nothing",
    "network-policy-without-dns",
    "route-backend-unresolved",
    "route-not-attached",
    "sensitive-port-exposed",
    "service-selects-nothing",
    "service-target-port-unknown",
];

/// The controls that can judge an object before it is in the cluster: all but those that ask the
/// network of the cluster with the object in it.
pub fn at_admission() -> impl Iterator<Item = &'static Control> {
    all().filter(|control| !OF_THE_NETWORK.contains(&control.name))
}

/// A section of a page: the text below the heading `## ⟨name⟩`, up to the next.
pub fn section<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let heading = format!("\n## {name}\n");
    let start = page.find(&heading)? + heading.len();
    let end = page[start..].find("\n## ").map_or(page.len(), |end| start + end);
    Some(page[start..end].trim())
}

/// A manifest of a page.
pub struct Example<'p> {
    /// Words behind `yaml` in its first line: options it is to be judged with.
    pub words: Vec<&'p str>,
    /// The manifest; the head of a Pod is left out where it says nothing.
    pub text: &'p str,
}

/// The manifests in a section of a page, `Bad` or `Good`.
pub fn examples<'p>(page: &'p str, name: &str) -> Vec<Example<'p>> {
    let mut found = Vec::new();
    let mut rest = section(page, name).unwrap_or_default();
    while let Some(start) = rest.find("```yaml") {
        let block = &rest[start + "```yaml".len()..];
        let (words, body) = block.split_once('\n').unwrap_or((block, ""));
        let end = body.find("```").unwrap_or(body.len());
        found.push(Example { words: words.split_whitespace().collect(), text: &body[..end] });
        rest = &body[end..];
    }
    found
}

impl Example<'_> {
    /// The manifest as a whole object.
    pub fn manifest(&self) -> String {
        format!("{}{}", self.head(), self.text)
    }

    /// What is left out before its text.
    pub fn head(&self) -> &'static str {
        let is_whole =
            self.text.lines().any(|line| line.starts_with("kind:") || line.starts_with("type:"));
        if is_whole { "" } else { "apiVersion: v1\nkind: Pod\nmetadata: {name: example}\n" }
    }
}

/// What a control's page says it stands for, item by item: `CIS Kubernetes 5.2.2`, `MITRE T1611`.
pub fn mapping(control: &Control) -> impl Iterator<Item = &'static str> + use<> {
    mapping_of(control.page)
}

/// The same of any page.
pub fn mapping_of(page: &'static str) -> impl Iterator<Item = &'static str> + use<> {
    let text = section(page, "Mapping").unwrap_or_default();
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

    /// The list of those that ask the network is the list of those whose code does.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test reads the code of the controls")]
    fn those_that_ask_the_network_are_known() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/controls");
        let mut asking: Vec<&str> = Vec::new();
        for control in all() {
            let file = control.name.replace('-', "_");
            let path = folder.join(family(control).replace('-', "_")).join(format!("{file}.rs"));
            let text = std::fs::read_to_string(&path);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            if text.contains("ask_network(") {
                asking.push(control.name);
            }
        }
        asking.sort_unstable();
        assert_eq!(asking, OF_THE_NETWORK);
    }

    #[test]
    fn every_page_is_complete() {
        for Control { name, page, title, .. } in all() {
            check_page(name, page, title);
        }
        for rule in crate::pod_security::RULES {
            check_page(rule.name, rule.page, rule.title);
        }
    }

    /// What a check of the standards stands for, some control stands for too: its own page is held
    /// against the frameworks.
    #[test]
    fn checks_name_items_that_controls_name() {
        let known: HashSet<_> = all().flat_map(mapping).collect();
        for rule in crate::pod_security::RULES {
            for item in mapping_of(rule.page) {
                assert!(known.contains(item), "{}: {item}", rule.name);
            }
        }
    }

    fn check_page(name: &str, page: &'static str, title: &str) {
        assert_eq!(page.lines().next(), Some(format!("# {title}").as_str()), "{name}");
        for part in ["Bad", "Good"] {
            assert!(!examples(page, part).is_empty(), "{name}: no example under `## {part}`");
        }
        assert!(mapping_of(page).next().is_some(), "{name}: nothing under `## Mapping`");
        for item in mapping_of(page) {
            let known = FRAMEWORKS.iter().any(|framework| item.starts_with(framework));
            assert!(known, "{name}: `{item}` names no known framework: {FRAMEWORKS:?}");
        }
        let essay = page.split("\n## ").next().unwrap_or_default();
        assert!(
            essay.split("\n\n").count() >= 3,
            "{name}: say what an attacker gains, and when it is legitimate"
        );
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
