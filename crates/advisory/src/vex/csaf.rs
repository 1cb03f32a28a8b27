//! VEX in CSAF 2.0: the groups of `product_status`, and why (`flags`, `threats`).

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Document, Product, Statement, VexError, time};
use crate::Status;
use crate::sources::csaf;
use crate::sources::csaf::{Flag, Products, Vulnerability};

/// Products in all groups, flags and threats of a document, counted where they are meant.
const MEANT_MAX: usize = 2_000_000;

/// Why a product is not affected: a word and a sentence.
type Reason = (String, String);

pub(super) fn read(content: &[u8]) -> Result<Document, VexError> {
    let written: csaf::Document = serde_json::from_slice(content)?;
    let products = Products::of(&written.product_tree);
    let groups: BTreeMap<&str, &[String]> = written
        .product_tree
        .product_groups
        .iter()
        .map(|group| (group.group_id.as_str(), group.product_ids.as_slice()))
        .collect();
    let mut document = Document::default();
    let mut budget = MEANT_MAX;
    for vulnerability in &written.vulnerabilities {
        let reasons = Reasons::of(vulnerability, &groups, &mut budget)?;
        let mut found: BTreeMap<(Status, Reason), Vec<Product>> = BTreeMap::new();
        for (group, ids) in &vulnerability.product_status {
            let Some(status) = status(group) else { continue };
            budget = budget.checked_sub(ids.len()).ok_or(VexError::TooMany)?;
            for id in ids {
                let reason = match status {
                    Status::NotAffected => reasons.of_product(id),
                    _ => Reason::default(),
                };
                match product(&products, id) {
                    Some(product) => found.entry((status, reason)).or_default().push(product),
                    None => document.pass_over(format!(
                        "{}: product `{id}` has no package URL",
                        vulnerability.cve
                    )),
                }
            }
        }
        let names = [vulnerability.cve.as_str()].into_iter();
        let names = names.chain(vulnerability.ids.iter().map(|it| it.text.as_str()));
        let names: Vec<String> = names.filter(|it| !it.is_empty()).map(str::to_owned).collect();
        for ((status, (justification, words)), products) in found {
            document.statements.push(Statement {
                vulnerabilities: names.clone(),
                products,
                status,
                justification,
                words,
                author: written.head.publisher.name.clone(),
                timestamp: reasons
                    .date
                    .or_else(|| time(&written.head.tracking.current_release_date)),
                document: String::new(),
            });
        }
    }
    Ok(document)
}

/// The groups of 3.2.3.9. What is recommended says nothing of its own.
fn status(group: &str) -> Option<Status> {
    Some(match group {
        "fixed" | "first_fixed" => Status::Fixed,
        "known_affected" | "first_affected" | "last_affected" => Status::Affected,
        "known_not_affected" => Status::NotAffected,
        "under_investigation" => Status::UnderInvestigation,
        _ => return None,
    })
}

/// A package in a product or platform, or what has a package URL of its own.
fn product(products: &Products<'_>, id: &str) -> Option<Product> {
    let component = |id: &str| {
        let mut found = Component::default();
        if let Some(helper) = products.helpers.get(id) {
            found.push(&helper.purl);
            found.push(&helper.cpe);
            found.names.extend(csaf::red_hat(&helper.cpe));
        }
        found
    };
    if let Some((part, whole)) = products.parts.get(id) {
        let (whole, part) = (component(whole), component(part));
        return (whole.is_known() && part.is_known()).then(|| Product { whole, parts: vec![part] });
    }
    let whole = component(id);
    // A CPE alone stands for a platform, not for what is installed on it.
    (!whole.purls.is_empty()).then_some(Product { whole, parts: Vec::new() })
}

/// Why products are not affected, by their ids.
#[derive(Default)]
struct Reasons {
    labels: BTreeMap<String, String>,
    impacts: BTreeMap<String, String>,
    /// The impact on all products, where no product is named.
    impact: String,
    /// The last time a flag was set.
    date: Option<jiff::Timestamp>,
}

impl Reasons {
    fn of(
        vulnerability: &Vulnerability,
        groups: &BTreeMap<&str, &[String]>,
        budget: &mut usize,
    ) -> Result<Self, VexError> {
        let mut found = Self::default();
        let mut meant = |ids: &[String], group_ids: &[String]| {
            let in_groups = group_ids.iter().filter_map(|id| groups.get(id.as_str()));
            let count = ids.len() + in_groups.clone().map(|it| it.len()).sum::<usize>();
            *budget = budget.checked_sub(count).ok_or(VexError::TooMany)?;
            let all: BTreeSet<String> =
                ids.iter().chain(in_groups.copied().flatten()).cloned().collect();
            Ok::<_, VexError>(all)
        };
        for Flag { label, date, product_ids, group_ids } in &vulnerability.flags {
            found.date = found.date.max(time(date));
            let ids = meant(product_ids, group_ids)?;
            found.labels.extend(ids.into_iter().map(|id| (id, label.clone())));
        }
        for threat in vulnerability.threats.iter().filter(|it| it.category == "impact") {
            let ids = meant(&threat.product_ids, &threat.group_ids)?;
            if ids.is_empty() {
                found.impact.clone_from(&threat.details);
            }
            found.impacts.extend(ids.into_iter().map(|id| (id, threat.details.clone())));
        }
        Ok(found)
    }

    fn of_product(&self, id: &str) -> Reason {
        let label = self.labels.get(id).cloned().unwrap_or_default();
        (label, self.impacts.get(id).unwrap_or(&self.impact).clone())
    }
}
