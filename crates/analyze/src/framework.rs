//! Frameworks: lists of what others ask for, and who answers each item.
//!
//! Which controls stand for an item is written once, under `## Mapping` of the controls' pages;
//! here stand the items themselves, and for those without a control what it takes to answer them.

use std::fmt;

use crate::{Control, catalog};

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
    /// Its sections, in its own order.
    pub sections: &'static [Section],
}

/// Items that belong together.
pub struct Section {
    /// Its number in the framework; empty if it has none.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// Its items, in the framework's order.
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
    /// The same, but they see a part only: who sees the rest.
    Partly(&'static str),
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

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controls => formatter.write_str("controls"),
            Self::Partly(rest) => write!(formatter, "controls in part; the rest needs {rest}"),
            Self::NeedsCluster => formatter.write_str("needs a running cluster"),
            Self::NeedsNode => formatter.write_str("needs the node"),
            Self::NeedsCloud => formatter.write_str("needs the cloud provider"),
            Self::NeedsPerson => formatter.write_str("needs a person"),
            Self::NotYet(engine) => {
                write!(formatter, "needs the {engine} engine, which is not there yet")
            }
        }
    }
}

impl Framework {
    /// Its items, section by section.
    pub fn items(&self) -> impl Iterator<Item = &'static Item> + use<> {
        self.sections.iter().flat_map(|section| section.items)
    }

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
        self.items().filter(move |item| names.contains(&self.name_of(item)))
    }

    /// What pages call an item by.
    pub(crate) fn name_of(&self, item: &'static Item) -> &'static str {
        match self.named_by {
            NamedBy::Id => item.id,
            NamedBy::Title => item.title,
        }
    }
}
