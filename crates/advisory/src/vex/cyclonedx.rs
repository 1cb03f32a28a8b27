//! VEX in CycloneDX: the `vulnerabilities` of a bill of materials, with their `analysis`.
//!
//! Source: the CycloneDX specification 1.6, `vulnerability` (`bom-1.6.schema.json`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Component, Document, Product, Statement, VexError, list, text, time};
use crate::Status;

/// Components of a document, those inside of others counted.
const COMPONENTS_MAX: usize = 500_000;

pub(super) fn read(value: &Value) -> Result<Document, VexError> {
    let root = &value["metadata"]["component"];
    let components = components(value)?;
    let mut document = Document::default();
    let author = author(&value["metadata"]);
    for written in list(value, "vulnerabilities") {
        let id = text(written, "id");
        if id.is_empty() || !written["analysis"].is_object() {
            // A report of what was found, which states nothing.
            continue;
        }
        match status(text(&written["analysis"], "state")) {
            Some(status) => {
                let stated = statement(value, written, status, &author);
                let found = products(written, status, root, &components, &mut document, id);
                push(&mut document, &stated, found);
            }
            None => document.pass_over(format!("{id}: its state is none of the specification's")),
        }
    }
    Ok(document)
}

/// `analysis.state`.
fn status(state: &str) -> Option<Status> {
    Some(match state {
        "resolved" | "resolved_with_pedigree" => Status::Fixed,
        "exploitable" => Status::Affected,
        "in_triage" => Status::UnderInvestigation,
        "not_affected" | "false_positive" => Status::NotAffected,
        _ => return None,
    })
}

fn statement(value: &Value, written: &Value, status: Status, author: &str) -> Statement {
    let analysis = &written["analysis"];
    let references = list(written, "references").iter().map(|it| text(it, "id"));
    let names = [text(written, "id")].into_iter().chain(references);
    let times = [
        text(analysis, "lastUpdated"),
        text(analysis, "firstIssued"),
        text(written, "updated"),
        text(&value["metadata"], "timestamp"),
    ];
    let justification = match text(analysis, "state") {
        "false_positive" => "false_positive",
        _ => text(analysis, "justification"),
    };
    Statement {
        vulnerabilities: names.filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        products: Vec::new(),
        status,
        justification: justification.to_owned(),
        words: text(analysis, "detail").to_owned(),
        author: author.to_owned(),
        timestamp: times.into_iter().find_map(time),
        document: String::new(),
    }
}

/// A statement for each status: versions of a product may have one of their own.
fn push(document: &mut Document, stated: &Statement, found: Vec<(Status, Product)>) {
    let mut by_status: BTreeMap<Status, Vec<Product>> = BTreeMap::new();
    for (status, product) in found {
        by_status.entry(status).or_default().push(product);
    }
    for (status, products) in by_status {
        document.statements.push(Statement { products, status, ..stated.clone() });
    }
}

fn products(
    written: &Value,
    status: Status,
    root: &Value,
    components: &BTreeMap<&str, Component>,
    document: &mut Document,
    id: &str,
) -> Vec<(Status, Product)> {
    let mut found = Vec::new();
    for affected in list(written, "affects") {
        let reference = text(affected, "ref");
        let Some(component) = named(reference, components) else {
            document.pass_over(format!("{id}: nothing is known of `{reference}`"));
            continue;
        };
        let whole = components.get(text(root, "bom-ref")).cloned().unwrap_or_default();
        let is_root = reference == text(root, "bom-ref");
        // What is stated of a part of one product is not stated of it in others.
        let product = |part: Component| {
            if root.is_object() && !is_root {
                Product { whole: whole.clone(), parts: vec![part] }
            } else {
                Product { whole: part, parts: Vec::new() }
            }
        };
        let versions = list(affected, "versions");
        if versions.is_empty() {
            found.push((status, product(component.clone())));
        }
        for version in versions {
            let own = match text(version, "status") {
                "unaffected" => Status::NotAffected,
                "unknown" => Status::UnderInvestigation,
                // The default: what the analysis says is of it.
                _ => status,
            };
            match text(version, "version") {
                "" => document.pass_over(format!("{id}: ranges of versions are not read")),
                exact => found.push((own, product(component.with_version(exact)))),
            }
        }
    }
    found
}

/// By the `bom-ref` of this document, by the one a BOM-Link carries, or by a package URL.
fn named(reference: &str, components: &BTreeMap<&str, Component>) -> Option<Component> {
    let fragment = reference.starts_with("urn:cdx:").then(|| reference.split_once('#')).flatten();
    let reference = fragment.map_or(reference, |(_, fragment)| fragment);
    if let Some(found) = components.get(reference) {
        return Some(found.clone()).filter(Component::is_known);
    }
    let decoded = reference.replace("%2F", "/").replace("%3A", ":").replace("%40", "@");
    let mut found = Component::default();
    found.push(&decoded);
    (!found.purls.is_empty()).then_some(found)
}

/// All components by their `bom-ref`.
fn components(value: &Value) -> Result<BTreeMap<&str, Component>, VexError> {
    let mut found = BTreeMap::new();
    let mut left: Vec<&Value> = vec![&value["metadata"]["component"]];
    left.extend(list(value, "components"));
    while let Some(one) = left.pop() {
        left.extend(list(one, "components"));
        if found.len() > COMPONENTS_MAX {
            return Err(VexError::TooMany);
        }
        let mut component = Component::default();
        for key in ["purl", "cpe", "bom-ref"] {
            component.push(text(one, key));
        }
        for hash in list(one, "hashes") {
            component.push(text(hash, "content"));
        }
        let (name, version) = (text(one, "name"), text(one, "version"));
        if text(one, "type") == "container" {
            component.push(name);
            component.push(version);
        }
        found.insert(text(one, "bom-ref"), component);
    }
    Ok(found)
}

fn author(metadata: &Value) -> String {
    let people = list(metadata, "authors").iter().map(|it| text(it, "name"));
    let firms = ["supplier", "manufacturer", "manufacture"].map(|key| text(&metadata[key], "name"));
    people.chain(firms).find(|it| !it.is_empty()).unwrap_or_default().to_owned()
}

impl Component {
    /// The component in one version. Without a package URL it cannot be told from others.
    fn with_version(&self, version: &str) -> Self {
        let purls = self.purls.iter().filter_map(|it| {
            let qualifiers = it.qualifiers();
            let built = package::Purl::build(
                it.kind(),
                it.namespace(),
                it.name(),
                Some(version),
                qualifiers,
                it.subpath(),
            );
            built.ok()
        });
        Self { names: Vec::new(), purls: purls.collect() }
    }
}
