//! Arbitrary bytes as a VEX document: read, or refused; and the same answer in either order.
#![no_main]

use advisory::vex::{Statements, Subject, read};
use libfuzzer_sys::fuzz_target;
use package::Purl;

const SEED: &[u8] = include_bytes!("../seeds/vex/openvex.json");

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = read("a", bytes) else { return };
    let seed = read("b", SEED).expect("the seed is a document");
    let names = ["CVE-2024-1".to_owned()];
    let subject = |name: &str, purl: &str| Subject {
        names: vec![name.to_owned()],
        purls: Purl::parse(purl).into_iter().collect(),
    };
    let image = subject("aa11", "pkg:oci/cart@sha256:aa11?tag=1.2");
    let package = subject("", "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64");
    let status = |documents: [_; 2]| {
        let mut statements = Statements::default();
        for document in documents {
            statements.add(document);
        }
        let found = statements.effective(&names, &image, &package);
        found.map(|it| (it.statement.status, it.statement.timestamp, it.against.len()))
    };
    let one = status([document.clone(), seed.clone()]);
    let other = status([seed, document]);
    // Of equal ones either may be told; what it says is the same.
    assert_eq!(one.map(|it| (it.0, it.1)), other.map(|it| (it.0, it.1)));
});
