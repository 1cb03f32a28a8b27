//! Which statement counts, for products named in every way the formats have; by table.

use advisory::Status;
use advisory::vex::{Statements, Subject, read};
use package::Purl;

fn subject(names: &[&str], purls: &[&str]) -> Subject {
    Subject {
        names: names.iter().map(|it| (*it).to_owned()).collect(),
        purls: purls.iter().map(|it| Purl::parse(it).expect("a package URL")).collect(),
    }
}

fn image() -> Subject {
    let digest = "sha256:aa11";
    let purl = "pkg:oci/cart@sha256%3Aaa11?repository_url=registry.example/shop/cart&tag=1.2";
    subject(&[digest, "aa11", "registry.example/shop/cart:1.2"], &[purl])
}

fn openssl() -> Subject {
    subject(&[], &["pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12"])
}

/// The status that counts for CVE-2024-1 in openssl of the image, and how many state otherwise.
fn told(documents: &[&str]) -> Option<(Status, usize)> {
    let mut statements = Statements::default();
    for (at, text) in documents.iter().enumerate() {
        let document = read(&format!("{at}.json"), text.as_bytes()).expect("a document");
        statements.add(document);
    }
    let names = ["CVE-2024-1".to_owned(), "GHSA-aaaa".to_owned()];
    let found = statements.effective(&names, &image(), &openssl())?;
    Some((found.statement.status, found.against.len()))
}

fn open_vex(statements: &str) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "A",
            "timestamp": "2024-05-01T00:00:00Z", "version": 1, "statements": [{statements}]}}"#
    )
}

fn of_products(products: &str) -> String {
    open_vex(&format!(
        r#"{{"vulnerability": {{"name": "CVE-2024-1"}}, "products": [{products}],
            "status": "not_affected", "justification": "component_not_present"}}"#
    ))
}

#[test]
fn products_are_matched_as_open_vex_says() {
    let matching = [
        r#"{"@id": "pkg:deb/debian/libssl3"}"#,
        r#"{"@id": "pkg:deb/debian/libssl3@3.0.11-1"}"#,
        r#"{"@id": "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12"}"#,
        r#"{"@id": "pkg:oci/cart"}"#,
        r#"{"@id": "pkg:oci/cart@sha256:aa11"}"#,
        r#"{"@id": "pkg:oci/cart?repository_url=registry.example/shop/cart"}"#,
        r#"{"@id": "registry.example/shop/cart:1.2"}"#,
        r#"{"@id": "urn:a", "hashes": {"sha-256": "aa11"}}"#,
        r#"{"@id": "urn:a", "identifiers": {"purl": "pkg:oci/cart"}}"#,
        r#"{"@id": "pkg:oci/cart", "subcomponents": [{"@id": "pkg:deb/debian/libssl3"}]}"#,
        r#""pkg:deb/debian/libssl3""#,
    ];
    for product in matching {
        assert_eq!(told(&[&of_products(product)]), Some((Status::NotAffected, 0)), "{product}");
    }
    let others = [
        r#"{"@id": "pkg:deb/debian/libssl3@3.0.12-1"}"#,
        r#"{"@id": "pkg:deb/ubuntu/libssl3"}"#,
        r#"{"@id": "pkg:deb/debian/libssl3?distro=debian-11"}"#,
        r#"{"@id": "pkg:deb/debian/libssl3?epoch=1"}"#,
        r#"{"@id": "pkg:rpm/debian/libssl3"}"#,
        r#"{"@id": "pkg:oci/cart@sha256:bb22"}"#,
        r#"{"@id": "pkg:oci/other", "subcomponents": [{"@id": "pkg:deb/debian/libssl3"}]}"#,
        r#"{"@id": "pkg:oci/cart", "subcomponents": [{"@id": "pkg:deb/debian/bash"}]}"#,
        // A part that cannot be known does not make it the whole image.
        r#"{"@id": "pkg:oci/cart", "subcomponents": [{}]}"#,
        r#"{"@id": "pkg:deb/debian/libssl3", "subcomponents": [{"@id": "pkg:npm/a"}]}"#,
    ];
    for product in others {
        assert_eq!(told(&[&of_products(product)]), None, "{product}");
    }
}

#[test]
fn the_latest_statement_counts_and_conflicts_are_told() {
    let statement = |status: &str, time: &str, author: &str| {
        let reason = match status {
            "not_affected" => r#", "impact_statement": "never called""#,
            "affected" => r#", "action_statement": "upgrade""#,
            _ => "",
        };
        open_vex(&format!(
            r#"{{"vulnerability": {{"name": "GHSA-x", "aliases": ["cve-2024-1"]}},
                "products": [{{"@id": "pkg:oci/cart"}}], "status": "{status}"{reason},
                "timestamp": "{time}"}}"#
        ))
        .replace(r#""author": "A""#, &format!(r#""author": "{author}""#))
    };
    let not = statement("not_affected", "2024-05-02T00:00:00Z", "A");
    let later = statement("affected", "2024-05-03T00:00:00Z", "A");
    let other = statement("affected", "2024-05-01T00:00:00Z", "B");
    let same = statement("under_investigation", "2024-05-02T00:00:00Z", "A");
    for turned in [false, true] {
        let told = |documents: &[&str]| {
            let mut documents = documents.to_vec();
            if turned {
                documents.reverse();
            }
            told(&documents)
        };
        assert_eq!(told(&[&not, &later]), Some((Status::Affected, 0)));
        assert_eq!(told(&[&not, &other]), Some((Status::NotAffected, 1)), "another's word");
        assert_eq!(told(&[&not, &same]), Some((Status::UnderInvestigation, 1)), "the same time");
    }
}

#[test]
fn what_gives_no_reason_is_passed_over() {
    let bare = open_vex(
        r#"{"vulnerability": {"name": "CVE-2024-1"}, "products": [{"@id": "pkg:oci/cart"}],
            "status": "not_affected"},
           {"vulnerability": {}, "products": [{"@id": "pkg:oci/cart"}], "status": "fixed"},
           {"vulnerability": "CVE-2024-1", "products": [], "status": "fixed"},
           {"vulnerability": "CVE-2024-1", "products": ["pkg:oci/cart"], "status": "fine"}, 7"#,
    );
    let document = read("bare.json", bare.as_bytes()).expect("a document");
    assert_eq!((document.statements.len(), document.unread_count), (0, 5));
    assert_eq!(document.unread[0], "statement 1: it says `not_affected` and not why");
    for none in ["", "[]", "{}", "7", r#"{"bomFormat": "other"}"#, r#"{"@context": []}"#] {
        assert!(read("none", none.as_bytes()).is_err(), "{none}");
    }
}

const CYCLONEDX: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
    "metadata": {"timestamp": "2024-05-01T00:00:00Z", "authors": [{"name": "A"}],
        "component": {"bom-ref": "root", "type": "container", "name": "cart",
            "version": "sha256:DIGEST"}},
    "components": [{"bom-ref": "ssl", "type": "library", "name": "libssl3",
        "purl": "pkg:deb/debian/libssl3"}, {"bom-ref": "bare", "type": "library", "name": "x"}],
    "vulnerabilities": [{"id": "CVE-2024-1", "affects": [AFFECTS],
        "analysis": {"state": "STATE", "justification": "code_not_reachable"}},
        {"id": "CVE-2024-1", "affects": [{"ref": "ssl"}]}]}"#;

#[test]
fn analyses_of_cyclonedx() {
    let with = |digest: &str, affects: &str, state: &str| {
        let text = CYCLONEDX.replace("DIGEST", digest).replace("AFFECTS", affects);
        told(&[&text.replace("STATE", state)])
    };
    let ssl = r#"{"ref": "ssl"}"#;
    let states = [
        ("not_affected", Status::NotAffected),
        ("false_positive", Status::NotAffected),
        ("resolved", Status::Fixed),
        ("exploitable", Status::Affected),
        ("in_triage", Status::UnderInvestigation),
    ];
    for (state, status) in states {
        assert_eq!(with("aa11", ssl, state), Some((status, 0)), "{state}");
    }
    assert_eq!(with("bb22", ssl, "not_affected"), None, "the part of another image");
    assert_eq!(with("aa11", ssl, "fine"), None);
    let refs = [
        (r#"{"ref": "root"}"#, true),
        (r#"{"ref": "pkg:deb/debian/libssl3@3.0.11-1"}"#, true),
        (r#"{"ref": "urn:cdx:3e67/1#pkg%3Adeb%2Fdebian%2Flibssl3"}"#, true),
        (r#"{"ref": "bare"}"#, false),
        (r#"{"ref": "gone"}"#, false),
        (r#"{"ref": "ssl", "versions": [{"version": "3.0.11-1"}]}"#, true),
        (r#"{"ref": "ssl", "versions": [{"version": "3.0.12-1"}]}"#, false),
        (r#"{"ref": "ssl", "versions": [{"range": "vers:deb/*"}]}"#, false),
    ];
    for (affects, counts) in refs {
        assert_eq!(with("aa11", affects, "not_affected").is_some(), counts, "{affects}");
    }
    let own = r#"{"ref": "ssl", "versions": [{"version": "3.0.11-1", "status": "unaffected"}]}"#;
    assert_eq!(with("aa11", own, "exploitable"), Some((Status::NotAffected, 0)));
}

const CSAF: &str = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0",
        "publisher": {"name": "A"}, "tracking": {"current_release_date": "2024-05-01T00:00:00Z"}},
    "product_tree": {
        "full_product_names": [
            {"product_id": "cart", "name": "cart",
             "product_identification_helper": {"purl": "pkg:oci/cart"}},
            {"product_id": "ssl", "name": "ssl",
             "product_identification_helper": {"purl": "pkg:deb/debian/libssl3"}},
            {"product_id": "rhel", "name": "rhel",
             "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"}}],
        "product_groups": [{"group_id": "all", "product_ids": ["cart", "cart:ssl"]}],
        "relationships": [
            {"category": "default_component_of", "product_reference": "ssl",
             "relates_to_product_reference": "cart", "full_product_name": {"product_id": "cart:ssl"}},
            {"category": "default_component_of", "product_reference": "ssl",
             "relates_to_product_reference": "rhel", "full_product_name": {"product_id": "rhel:ssl"}}]},
    "vulnerabilities": [{"cve": "CVE-2024-1", "product_status": {"GROUP": ["PRODUCT"]},
        "flags": [{"label": "component_not_present", "group_ids": ["all"]}]}]}"#;

#[test]
fn product_status_of_csaf() {
    let with = |group: &str, product: &str| {
        told(&[&CSAF.replace("GROUP", group).replace("PRODUCT", product)])
    };
    let groups = [
        ("known_not_affected", Status::NotAffected),
        ("fixed", Status::Fixed),
        ("known_affected", Status::Affected),
        ("under_investigation", Status::UnderInvestigation),
    ];
    for (group, status) in groups {
        for product in ["cart", "cart:ssl", "ssl"] {
            assert_eq!(with(group, product), Some((status, 0)), "{group} {product}");
        }
        // A platform the image is not; and one that is nothing but a platform.
        assert_eq!(with(group, "rhel:ssl"), None);
        assert_eq!(with(group, "rhel"), None);
        assert_eq!(with(group, "gone"), None);
    }
    assert_eq!(with("recommended", "cart"), None);
    let text = CSAF.replace("GROUP", "known_not_affected").replace("PRODUCT", "cart:ssl");
    let document = read("csaf.json", text.as_bytes()).expect("a document");
    assert_eq!(document.statements[0].justification, "component_not_present");
    assert_eq!(document.statements[0].author, "A");
}

#[test]
fn damaged_documents_are_read_or_refused() {
    let (cyclonedx, csaf) = (
        CYCLONEDX.replace("DIGEST", "aa11").replace("AFFECTS", r#"{"ref": "ssl"}"#),
        CSAF.replace("GROUP", "fixed").replace("PRODUCT", "cart"),
    );
    let own = of_products(r#"{"@id": "pkg:oci/cart", "subcomponents": [{"@id": "pkg:npm/a"}]}"#);
    let (mut readable, mut refused) = (0, 0);
    for text in [own, cyclonedx.replace("STATE", "resolved"), csaf] {
        let bytes = text.as_bytes();
        let cut = (0..bytes.len()).map(|end| bytes[..end].to_vec());
        let changed = (0..bytes.len()).flat_map(|at| {
            [b'"', b'{', b']', b'0', 0xff].map(|byte| {
                let mut changed = bytes.to_vec();
                changed[at] = byte;
                changed
            })
        });
        for content in cut.chain(changed) {
            match read("x", &content) {
                Ok(document) => {
                    let mut statements = Statements::default();
                    statements.add(document);
                    let names = ["CVE-2024-1".to_owned()];
                    let _ = statements.effective(&names, &image(), &openssl());
                    readable += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(readable > 1_000 && refused > 1_000, "{readable} read, {refused} refused");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(read("deep", format!(r#"{{"@context": "openvex", "x": {deep}}}"#).as_bytes()).is_err());
}

#[test]
fn groups_within_flags_have_a_bound() {
    // 3,000 flags that each mean 1,000 products.
    let ids: Vec<String> = (0..1_000).map(|at| format!("\"p{at}\"")).collect();
    let flag = r#"{"label": "component_not_present", "group_ids": ["all"]}"#;
    let text = CSAF
        .replace(r#"["cart", "cart:ssl"]"#, &format!("[{}]", ids.join(",")))
        .replace(flag, &vec![flag; 3_000].join(","));
    assert!(matches!(read("x", text.as_bytes()), Err(advisory::vex::VexError::TooMany)));
}
