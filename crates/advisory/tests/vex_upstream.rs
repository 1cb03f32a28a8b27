//! Which statement counts, against `github.com/openvex/go-vex`: random documents over few names, so
//! that products match by version, by qualifier, by digest, in parts, and not at all.

#[path = "../../engine/tests/oracle/mod.rs"]
mod oracle;

use advisory::vex::{Statements, Subject, read};
use oracle::Oracle;
use package::Purl;
use serde_json::{Value, json};

/// Documents; `BOLLWERK_VEX_DOCUMENTS` says another number.
const DOCUMENTS: usize = 5_000;

const IMAGE: [&str; 3] = [
    "pkg:oci/cart@sha256%3Aaa11?repository_url=registry.example%2Fshop%2Fcart&tag=1.2",
    "aa11",
    "registry.example/shop/cart:1.2",
];
const PACKAGE: &str = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12";
/// What no statement names.
const NOTHING: &str = "urn:nothing";

/// A generator of numbers, `SplitMix64`.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }

    fn one_of<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

const NAMES: [&str; 17] = [
    "pkg:oci/cart",
    "pkg:oci/cart@sha256%3Aaa11",
    "pkg:oci/cart@sha256:bb22",
    "pkg:oci/cart?tag=1.2",
    "pkg:oci/cart?repository_url=registry.example/shop/cart",
    "pkg:oci/cart?tag=1.3",
    "pkg:oci/other",
    "pkg:deb/debian/libssl3",
    "pkg:deb/debian/libssl3@3.0.11-1",
    "pkg:deb/debian/libssl3@3.0.12-1",
    "pkg:deb/debian/libssl3?distro=debian-12",
    "pkg:deb/debian/libssl3@3.0.11-1?arch=arm64",
    "pkg:deb/ubuntu/libssl3",
    "pkg:deb/debian/bash",
    "registry.example/shop/cart:1.2",
    "urn:product",
    "pkg:nonsense",
];

fn component(numbers: &mut Numbers) -> Value {
    let mut found = json!({"@id": numbers.one_of(&NAMES)});
    match numbers.below(6) {
        0 => found["identifiers"] = json!({"purl": numbers.one_of(&NAMES)}),
        1 => found["hashes"] = json!({"sha-256": numbers.one_of(&["aa11", "bb22"])}),
        _ => {}
    }
    found
}

fn statement(numbers: &mut Numbers, minute: usize) -> Value {
    let products: Vec<Value> = (0..=numbers.below(2))
        .map(|_| {
            let mut product = component(numbers);
            let parts: Vec<Value> = (0..numbers.below(3)).map(|_| component(numbers)).collect();
            if !parts.is_empty() {
                product["subcomponents"] = json!(parts);
            }
            product
        })
        .collect();
    let mut found = json!({
        "vulnerability": {"name": numbers.one_of(&["CVE-2024-0001", "CVE-2024-0001", "CVE-2024-2"])},
        "products": products,
    });
    // One in four has the document's time.
    if numbers.below(4) > 0 {
        found["timestamp"] = json!(format!("2024-05-01T00:{minute:02}:00Z"));
    }
    let status = numbers.one_of(&["affected", "not_affected", "fixed", "under_investigation"]);
    found["status"] = json!(status);
    match status {
        "affected" => found["action_statement"] = json!("upgrade"),
        "not_affected" => found["justification"] = json!("component_not_present"),
        _ => {}
    }
    found
}

fn document(numbers: &mut Numbers) -> Value {
    // No two at the same time, where the order of statements would decide upstream and care does
    // here; the document's own time is after some and before others.
    let mut minutes: Vec<usize> = (1..60).collect();
    let mut is_undated_used = false;
    let statements: Vec<Value> = (0..=numbers.below(5))
        .map(|_| {
            let minute = minutes.remove(numbers.below(minutes.len()));
            let mut found = statement(numbers, minute);
            if found["timestamp"].is_null() {
                if is_undated_used {
                    found["timestamp"] = json!(format!("2024-05-01T00:{minute:02}:00Z"));
                }
                is_undated_used = true;
            }
            found
        })
        .collect();
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "A",
        "timestamp": "2024-05-01T00:30:30Z", "version": 1, "statements": statements,
    })
}

#[test]
fn the_statement_that_counts_is_upstreams() {
    let Some(mut oracle) = Oracle::start() else { return };
    let count = std::env::var("BOLLWERK_VEX_DOCUMENTS").ok().and_then(|it| it.parse().ok());
    let mut numbers = Numbers(7);
    let documents: Vec<Value> =
        (0..count.unwrap_or(DOCUMENTS)).map(|_| document(&mut numbers)).collect();
    // The package in the image; and the package as a product of its own, of which no part is meant.
    let mut pairs: Vec<[&str; 2]> = IMAGE.iter().map(|image| [*image, PACKAGE]).collect();
    pairs.push([PACKAGE, NOTHING]);
    let question = |document: &Value| {
        json!({"verb": "vex-effective", "document": document,
            "vulnerability": "CVE-2024-0001", "pairs": pairs})
    };
    let questions: Vec<Value> = documents.iter().map(question).collect();
    let answers = oracle.ask(&questions);
    let image = Subject {
        names: IMAGE[1..].iter().map(|it| (*it).to_owned()).collect(),
        purls: vec![Purl::parse(IMAGE[0]).expect("a package URL")],
    };
    let package =
        Subject { names: Vec::new(), purls: vec![Purl::parse(PACKAGE).expect("a package URL")] };
    let mut stated = 0;
    for (document, answer) in documents.iter().zip(&answers) {
        let mut statements = Statements::default();
        statements.add(read("x", document.to_string().as_bytes()).expect("a document"));
        let names = ["CVE-2024-0001".to_owned()];
        let found = statements.effective(&names, &image, &package);
        let found = found.map(|it| it.statement.status.name());
        assert!(answer["error"].is_null(), "{answer}");
        assert_eq!(found, answer["status"].as_str(), "{document:#}");
        stated += usize::from(found.is_some());
    }
    println!("{} documents, a statement counts in {stated}", documents.len());
    assert!(stated > documents.len() / 4 && stated < documents.len() * 9 / 10, "{stated}");
}
