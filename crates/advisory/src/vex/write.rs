//! OpenVEX 0.2.0, written.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Status;
use crate::signature::digest_of;

/// One statement to be written.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// The vulnerability: its CVE id where it has one.
    pub vulnerability: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// The package URL of the package in the product.
    pub package: String,
    /// What is claimed.
    pub status: Status,
    /// For [`Status::NotAffected`]: one of the specification's words, or empty.
    pub justification: String,
    /// For [`Status::NotAffected`] why, for [`Status::Affected`] what is to be done.
    pub words: String,
    /// Where the claim comes from, if it is somebody else's.
    pub notes: String,
}

/// A document of these claims about a product, which is named by an address or a package URL. The
/// same claims at the same time give the same bytes.
pub fn write(author: &str, tool: &str, now: Timestamp, product: &str, claims: &[Claim]) -> Value {
    let statements: Vec<Value> = claims.iter().map(|claim| statement(product, claim)).collect();
    let name = digest_of(json!([author, now.to_string(), statements]).to_string().as_bytes());
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": format!("urn:bollwerk:vex:{name}"),
        "author": author,
        "timestamp": now.to_string(),
        "version": 1,
        "tooling": tool,
        "statements": statements,
    })
}

fn statement(product: &str, claim: &Claim) -> Value {
    let mut written = json!({
        "vulnerability": {"name": claim.vulnerability},
        "products": [{"@id": product, "subcomponents": [{"@id": claim.package}]}],
        "status": claim.status.name(),
    });
    if !claim.aliases.is_empty() {
        written["vulnerability"]["aliases"] = json!(claim.aliases);
    }
    // What stands where: the specification forbids a reason beside any other status.
    match claim.status {
        Status::NotAffected => {
            if !claim.justification.is_empty() {
                written["justification"] = json!(claim.justification);
            }
            if !claim.words.is_empty() || claim.justification.is_empty() {
                let unsaid = "no reason is given";
                let words = if claim.words.is_empty() { unsaid } else { &claim.words };
                written["impact_statement"] = json!(words);
            }
        }
        Status::Affected => written["action_statement"] = json!(claim.words),
        _ => {}
    }
    if !claim.notes.is_empty() {
        written["status_notes"] = json!(claim.notes);
    }
    written
}
