//! All cases of the purl specification: `../shared/truth/purl`.

mod truth;

use package::{Kind, Package, Purl, PurlError, Source};
use serde_json::Value;

/// How many cases there are.
const CASES: usize = 586;

/// Cases that cannot pass beside others of the same suite, by input. Keys of qualifiers in
/// capitals: refused in these two, taken in a required case of `maven-test.json`, and set right in
/// recommended ones. We set them right.
const CONTRADICTED: [&str; 2] = [
    "pkg:gem/jruby-launcher@1.1.2?Platform=java",
    "pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
];

#[test]
fn every_case_agrees() {
    let Some(folder) = truth::folder("purl") else { return };
    let mut files: Vec<_> = ["spec", "types"]
        .iter()
        .flat_map(|name| std::fs::read_dir(folder.join(name)).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let (mut count, mut differences) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        let suite: Value = serde_json::from_str(&text).expect("JSON");
        for case in suite["tests"].as_array().expect("tests") {
            count += 1;
            if let Err(difference) = check(case) {
                let is_known = case["input"].as_str().is_some_and(|it| CONTRADICTED.contains(&it));
                if !is_known {
                    differences.push(format!("{}: {case}: {difference}", file.display()));
                }
            }
        }
    }
    assert_eq!(count, CASES);
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}

fn check(case: &Value) -> Result<(), String> {
    let input = &case["input"];
    let found = match case["test_type"].as_str() {
        Some("build") => build(input),
        _ => Purl::parse(input.as_str().unwrap_or_default()),
    };
    if case["expected_failure"].as_bool() == Some(true) {
        return match found {
            Ok(purl) => Err(format!("taken as {purl}")),
            Err(_) => Ok(()),
        };
    }
    let purl = found.map_err(|error| error.to_string())?;
    let expected = &case["expected_output"];
    if let Some(wanted) = expected.as_str() {
        let text = purl.to_string();
        let again = Purl::parse(&text).map_err(|error| format!("{text}: {error}"))?;
        return if text == wanted && again == purl { Ok(()) } else { Err(text) };
    }
    let qualifiers: serde_json::Map<String, Value> =
        purl.qualifiers().map(|(key, value)| (key.to_owned(), value.into())).collect();
    let pairs = [
        ("type", Some(purl.kind())),
        ("namespace", purl.namespace()),
        ("name", Some(purl.name())),
        ("version", purl.version()),
        ("subpath", purl.subpath()),
    ];
    let wanted = expected["qualifiers"].as_object().cloned().unwrap_or_default();
    let is_same = |(key, value): &(&str, Option<&str>)| expected[*key].as_str() == *value;
    if pairs.iter().all(is_same) && qualifiers == wanted {
        Ok(())
    } else {
        Err(format!("{purl:?}"))
    }
}

fn build(input: &Value) -> Result<Purl, PurlError> {
    let text = |key: &str| input[key].as_str();
    let qualifiers = input["qualifiers"].as_object().into_iter().flatten();
    Purl::build(
        text("type").unwrap_or_default(),
        text("namespace"),
        text("name").unwrap_or_default(),
        text("version"),
        qualifiers.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())),
        text("subpath"),
    )
}

#[test]
fn hostile_texts_are_refused_or_come_round() {
    for text in [
        "",
        "pkg:",
        "pkg:/",
        "pkg:a",
        "pkg:a/",
        "pkg:a/@",
        "pkg:npm/%",
        "pkg:npm/%zz",
        "pkg:npm/%ff",
        "pkg:npm/a?=b",
        "pkg:npm/a?b",
        "pkg:npm/a?b=&b=1",
        "pkg:npm/a#../../x",
        "pkg:npm/a%2Fb@1",
        "pkg:npm/a?k=1&k=2",
        "pkg:npm/a@@1",
        "pkg:npm/%00@1",
        "pkg:golang/a%2Fb/c",
    ] {
        if let Ok(purl) = Purl::parse(text) {
            assert_eq!(Purl::parse(&purl.to_string()).as_ref(), Ok(&purl), "{text}");
        }
    }
    let long = format!("pkg:npm/{}", "a".repeat(10_000));
    assert_eq!(Purl::parse(&long), Err(PurlError::TooLong));
}

#[test]
fn a_package_comes_back_from_its_purl() {
    let source = |name: &str, version: Option<&str>| {
        Some(Source { name: name.to_owned(), version: version.map(str::to_owned) })
    };
    let libssl = Package {
        namespace: Some("debian".to_owned()),
        architecture: Some("amd64".to_owned()),
        source: source("openssl", Some("3.0.11-1~deb12u2")),
        ..Package::new(Kind::Deb, "libssl3", "3.0.11-1~deb12u2+b1")
    };
    let bind = Package {
        namespace: Some("almalinux".to_owned()),
        ..Package::new(Kind::Rpm, "bind", "32:9.11.4-26.P2.el8")
    };
    let core = Package {
        namespace: Some("@babel".to_owned()),
        ..Package::new(Kind::Npm, "core", "7.0.0")
    };
    for package in [libssl, bind, core] {
        let purl = package.purl();
        let back = Package::of_purl(&Purl::parse(&purl.to_string()).unwrap()).unwrap();
        assert_eq!(back.purl(), purl);
        assert_eq!(back.advisory_name(), package.advisory_name());
        assert_eq!(back.advisory_version(), package.advisory_version());
        assert_eq!(back.version, package.version);
    }
}
