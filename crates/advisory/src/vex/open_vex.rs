//! OpenVEX 0.2.0, and the strings of 0.0.1 in place of its structures.

use serde_json::Value;

use super::{Component, Document, Product, Statement, list, text, time};
use crate::Status;

/// The specification's words ("Status Justifications").
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// Whether a word is one of the specification's reasons for `not_affected`.
pub fn is_justification(word: &str) -> bool {
    JUSTIFICATIONS.contains(&word)
}

pub(super) fn read(value: &Value) -> Document {
    let mut document = Document::default();
    for (at, written) in list(value, "statements").iter().enumerate() {
        match statement(value, written) {
            Ok(statement) => document.statements.push(statement),
            Err(reason) => document.pass_over(format!("statement {}: {reason}", at + 1)),
        }
    }
    document
}

fn statement(document: &Value, written: &Value) -> Result<Statement, &'static str> {
    let vulnerability = &written["vulnerability"];
    let mut vulnerabilities: Vec<String> = match vulnerability.as_str() {
        Some(name) => vec![name.to_owned()],
        None => [text(vulnerability, "name"), text(vulnerability, "@id")].map(str::to_owned).into(),
    };
    let aliases = list(vulnerability, "aliases").iter().filter_map(Value::as_str);
    vulnerabilities.extend(aliases.map(str::to_owned));
    vulnerabilities.retain(|name| !name.is_empty());
    if vulnerabilities.is_empty() {
        return Err("it names no vulnerability");
    }
    let status = match text(written, "status") {
        "affected" => Status::Affected,
        "not_affected" => Status::NotAffected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        _ => return Err("its status is none of the specification's"),
    };
    let justification = text(written, "justification");
    let impact = text(written, "impact_statement");
    if status == Status::NotAffected {
        if justification.is_empty() && impact.is_empty() {
            return Err("it says `not_affected` and not why");
        }
        if !justification.is_empty() && !is_justification(justification) {
            return Err("its justification is none of the specification's");
        }
    }
    let products: Vec<Product> = list(written, "products").iter().map(product).collect();
    if !products.iter().any(|product| product.whole.is_known()) {
        return Err("it names no product");
    }
    let words = [impact, text(written, "action_statement"), text(written, "status_notes")];
    let own = time(text(written, "timestamp"));
    Ok(Statement {
        vulnerabilities,
        products,
        status,
        justification: justification.to_owned(),
        words: words.into_iter().find(|it| !it.is_empty()).unwrap_or_default().to_owned(),
        author: text(document, "author").to_owned(),
        timestamp: own.or_else(|| time(text(document, "timestamp"))),
        document: String::new(),
    })
}

fn product(written: &Value) -> Product {
    let parts = list(written, "subcomponents").iter().map(component);
    // One that cannot be known matches nothing; left out, the whole product would be meant.
    Product { whole: component(written), parts: parts.collect() }
}

fn component(written: &Value) -> Component {
    let mut found = Component::default();
    found.push(written.as_str().unwrap_or_else(|| text(written, "@id")));
    for key in ["identifiers", "hashes"] {
        let Some(values) = written[key].as_object() else { continue };
        for name in values.values().filter_map(Value::as_str) {
            found.push(name);
        }
    }
    found
}
