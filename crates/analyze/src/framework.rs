//! Frameworks: lists of what others ask for, and who answers each item.
//!
//! Which controls stand for an item is written once, under `## Mapping` of the controls' pages;
//! here stand the items themselves, and for those without a control what it takes to answer them.

use crate::{Control, catalog, frameworks};

/// A benchmark, a guide or a matrix of techniques.
pub struct Framework {
    /// The name people use: lower case with hyphens, unique.
    pub name: &'static str,
    /// Its own name, with its version.
    pub title: &'static str,
    /// Where its items were taken from.
    pub source: &'static str,
    /// How the mapping of a page names an item of it: this, followed by what `named_by` says.
    pub prefix: &'static str,
    /// What follows the prefix.
    pub named_by: NamedBy,
    /// Its items, in its own order.
    pub items: &'static [Item],
}

/// What a page calls an item by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// Its number.
    Id,
    /// Its title.
    Title,
}

/// One thing a framework asks for.
pub struct Item {
    /// Its number in the framework.
    pub id: &'static str,
    /// What it asks for, in our own words; for techniques the name they are known by.
    pub title: &'static str,
    /// Who answers it.
    pub coverage: Coverage,
}

/// Who answers an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Controls, from manifests or a snapshot: those whose pages name the item.
    Controls,
    /// It can be seen only by asking a running cluster.
    NeedsCluster,
    /// It can be seen only on a node: files, processes and their arguments.
    NeedsNode,
    /// It can be seen only at the cloud provider.
    NeedsCloud,
    /// A person has to judge it.
    NeedsPerson,
    /// An engine of bollwerk will answer it and does not yet: its name.
    NotYet(&'static str),
}

/// Every framework.
pub fn all() -> &'static [&'static Framework] {
    frameworks::ALL
}

/// The framework of this name.
pub fn find(name: &str) -> Option<&'static Framework> {
    all().iter().copied().find(|framework| framework.name == name)
}

impl Framework {
    /// The controls that stand for an item, in the order of the catalog.
    pub fn controls(&self, item: &'static Item) -> impl Iterator<Item = &'static Control> {
        let (prefix, name) = (self.prefix, self.name_of(item));
        catalog::all().filter(move |control| {
            catalog::mapping(control).any(|entry| entry.strip_prefix(prefix) == Some(name))
        })
    }

    /// The items a control stands for.
    pub fn items_of(&self, control: &Control) -> impl Iterator<Item = &'static Item> {
        let names: Vec<_> =
            catalog::mapping(control).filter_map(|entry| entry.strip_prefix(self.prefix)).collect();
        self.items.iter().filter(move |item| names.contains(&self.name_of(item)))
    }

    fn name_of(&self, item: &'static Item) -> &'static str {
        match self.named_by {
            NamedBy::Id => item.id,
            NamedBy::Title => item.title,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn items_are_well_formed_and_told_apart() {
        let mut names = HashSet::new();
        for framework in all() {
            assert!(names.insert(framework.name), "{} is given twice", framework.name);
            let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
            for item in framework.items {
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
                for framework in all() {
                    let Some(name) = entry.strip_prefix(framework.prefix) else { continue };
                    assert!(
                        framework.items.iter().any(|item| framework.name_of(item) == name),
                        "{}: {} has no `{name}`",
                        control.name,
                        framework.title
                    );
                }
            }
        }
    }

    #[test]
    fn items_with_controls_say_so_and_those_that_say_so_have_some() {
        for framework in all() {
            for item in framework.items {
                let names: Vec<_> = framework.controls(item).map(|c| c.name).collect();
                assert_eq!(
                    item.coverage == Coverage::Controls,
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
