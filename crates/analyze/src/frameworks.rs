//! The items of each framework, as data.

use crate::framework::{Coverage, Framework, Item, Section};

mod cis_aks;
mod cis_kubernetes;
mod microsoft_threat_matrix;
mod mitre_attack_containers;
mod nsa_cisa;

/// Every framework, in the order they are listed.
const ALL: &[&Framework] = &[
    &cis_kubernetes::V1_12,
    &cis_kubernetes::V2_0,
    &cis_aks::FRAMEWORK,
    &nsa_cisa::FRAMEWORK,
    &microsoft_threat_matrix::FRAMEWORK,
    &mitre_attack_containers::FRAMEWORK,
];

/// Every framework.
pub fn all() -> &'static [&'static Framework] {
    ALL
}

/// The framework of this name.
pub fn find(name: &str) -> Option<&'static Framework> {
    all().iter().copied().find(|framework| framework.name == name)
}

const fn section(id: &'static str, title: &'static str, items: &'static [Item]) -> Section {
    Section { id, title, items }
}

const fn item(id: &'static str, title: &'static str, coverage: Coverage) -> Item {
    Item { id, title, coverage }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalog;
    use crate::framework::NamedBy;

    #[test]
    fn items_are_well_formed_and_told_apart() {
        let mut names = HashSet::new();
        for framework in all() {
            assert!(names.insert(framework.name), "{} is given twice", framework.name);
            let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
            for item in framework.items() {
                let Item { id, title, .. } = item;
                assert!(ids.insert(*id), "{}: {id} is given twice", framework.name);
                let told_apart = titles.insert(*title) || framework.named_by == NamedBy::Id;
                assert!(told_apart, "{}: `{title}` is given twice", framework.name);
                assert!(!title.is_empty() && !title.ends_with('.'), "{id} {title}");
            }
        }
    }

    #[test]
    fn what_a_page_names_is_an_item() {
        for control in catalog::all() {
            for entry in catalog::mapping(control) {
                // Editions of one framework share the prefix: the newest may have dropped the item.
                let named = |framework: &&&Framework| entry.starts_with(framework.prefix);
                let has = |framework: &&Framework| {
                    let name = &entry[framework.prefix.len()..];
                    framework.items().any(|item| framework.name_of(item) == name)
                };
                let known = all().iter().filter(named).any(has);
                let is_listed = all().iter().any(|framework| named(&framework));
                assert!(known || !is_listed, "{}: `{entry}` is no item", control.name);
            }
        }
    }

    #[test]
    fn items_with_controls_say_so_and_those_that_say_so_have_some() {
        for framework in all() {
            for item in framework.items() {
                let names: Vec<_> = framework.controls(item).map(|c| c.name).collect();
                let by_controls = matches!(item.coverage, Coverage::Controls | Coverage::Partly(_));
                assert_eq!(
                    by_controls,
                    !names.is_empty(),
                    "{} {}: {names:?}",
                    framework.name,
                    item.id
                );
                for name in names {
                    let control = catalog::find(name).unwrap();
                    let back = framework.items_of(control).any(|other| other.id == item.id);
                    assert!(back, "{name}");
                }
            }
        }
    }
}
