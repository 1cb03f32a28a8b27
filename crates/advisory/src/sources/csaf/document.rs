//! The fields of a CSAF 2.0 document that are read, and its products by their ids.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Branches within branches that are followed.
const DEPTH_MAX: usize = 32;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Document {
    #[serde(rename = "document")]
    pub(crate) head: Head,
    pub(crate) product_tree: Tree,
    pub(crate) vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Head {
    pub(crate) publisher: Publisher,
    pub(crate) tracking: Tracking,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Publisher {
    pub(crate) name: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Tracking {
    pub(crate) current_release_date: String,
    pub(crate) initial_release_date: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Tree {
    pub(crate) full_product_names: Vec<Product>,
    pub(crate) product_groups: Vec<Group>,
    pub(crate) branches: Vec<Branch>,
    pub(crate) relationships: Vec<Relationship>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Group {
    pub(crate) group_id: String,
    pub(crate) product_ids: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Branch {
    pub(crate) branches: Vec<Branch>,
    pub(crate) product: Option<Product>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Product {
    pub(crate) product_id: String,
    pub(crate) product_identification_helper: Helper,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Helper {
    pub(crate) cpe: String,
    pub(crate) purl: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Relationship {
    pub(crate) full_product_name: Product,
    pub(crate) product_reference: String,
    pub(crate) relates_to_product_reference: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Vulnerability {
    pub(crate) cve: String,
    pub(crate) title: String,
    pub(crate) release_date: String,
    pub(crate) product_status: BTreeMap<String, Vec<String>>,
    pub(crate) remediations: Vec<Remediation>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) ids: Vec<Id>,
    pub(crate) scores: Vec<Score>,
    pub(crate) threats: Vec<Threat>,
}

/// Another name of the vulnerability (3.2.3.5).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Id {
    pub(crate) text: String,
}

/// Why products are not affected (3.2.3.4).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Flag {
    pub(crate) label: String,
    pub(crate) date: String,
    pub(crate) product_ids: Vec<String>,
    pub(crate) group_ids: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Remediation {
    pub(crate) category: String,
    pub(crate) details: String,
    pub(crate) product_ids: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Score {
    pub(crate) cvss_v3: Vector,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Vector {
    pub(crate) vector_string: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Threat {
    pub(crate) category: String,
    pub(crate) details: String,
    pub(crate) product_ids: Vec<String>,
    pub(crate) group_ids: Vec<String>,
}

/// Products by their ids.
#[derive(Default)]
pub(crate) struct Products<'a> {
    pub(crate) helpers: BTreeMap<&'a str, &'a Helper>,
    /// Package and platform of each that is one in the other.
    pub(crate) parts: BTreeMap<&'a str, (&'a str, &'a str)>,
}

impl<'a> Products<'a> {
    pub(crate) fn of(tree: &'a Tree) -> Self {
        let mut found = Self::default();
        for product in &tree.full_product_names {
            found.helpers.insert(&product.product_id, &product.product_identification_helper);
        }
        let mut left: Vec<(&Branch, usize)> = tree.branches.iter().map(|it| (it, 0)).collect();
        while let Some((branch, depth)) = left.pop() {
            if let Some(product) = &branch.product {
                found.helpers.insert(&product.product_id, &product.product_identification_helper);
            }
            if depth < DEPTH_MAX {
                left.extend(branch.branches.iter().map(|it| (it, depth + 1)));
            }
        }
        for relationship in &tree.relationships {
            let ends = (
                relationship.product_reference.as_str(),
                relationship.relates_to_product_reference.as_str(),
            );
            let whole = &relationship.full_product_name;
            found.helpers.insert(&whole.product_id, &whole.product_identification_helper);
            found.parts.insert(&whole.product_id, ends);
        }
        found
    }
}
