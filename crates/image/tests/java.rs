//! Java archives, written by Python's `zipfile`.

mod damage;

use std::path::Path;
use std::process::Command;

use image::Fact;
use image::catalog::{Wanted, read};

/// Archives in archives: stored and deflated, wide, with something before them, damaged.
const WRITE: &str = include_str!("archive/java.py");

#[test]
fn archives_name_their_packages_and_those_within() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("java");
    std::fs::create_dir_all(&folder).unwrap();
    let python = std::env::var_os("BOLLWERK_PYTHON").unwrap_or_else(|| "python3".into());
    match Command::new(python).args(["-W", "ignore", "-c", WRITE]).arg(&folder).status() {
        Ok(status) => assert!(status.success()),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "python3: {error}");
            println!("not tested: python3: {error}");
            return;
        }
    }
    let log4j = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1";
    let (own, yaml) = ("pkg:maven/a.b/own@1.0", "pkg:maven/org.yaml/snakeyaml@1.26");
    for (name, expected, problem) in [
        ("log4j-core-2.14.1.jar", &[log4j][..], ""),
        ("own.jar", &[own, yaml], ""),
        ("app.war", &[own, yaml], ""),
        ("boot.jar", &[log4j, "pkg:maven/org.plain/plain@1.2"], ""),
        ("copied-3.0.jar", &[yaml, "pkg:maven/copied@3.0"], ""),
        ("deep.jar", &[], "`level2.jar` in it lies deeper than is looked"),
        ("many-1.0.jar", &["pkg:maven/many@1.0"], ""),
        ("bomb.jar", &[], "`big.jar` in it has 314572800 bytes: up to 268435456 are read"),
        ("packed.jar", &[], "has 5242880 bytes: up to 4194304 are read"),
        ("nothing.jar", &[], ""),
        ("empty-1.0.jar", &["pkg:maven/empty@1.0"], ""),
        ("half.ear", &[log4j], "`a-1.0.jar`: no zip archive, or one that is cut off"),
    ] {
        let content = std::fs::read(folder.join(name)).unwrap();
        let (found, problems) = purls(name, &content);
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}");
        assert_eq!(problems.len(), usize::from(!problem.is_empty()), "{name}: {problems:?}");
        assert!(problems.iter().all(|it| it.contains(problem)), "{name}: {problems:?}");
        if content.len() < 10_000 {
            damage::each(&content, 3, |bytes| drop(purls(name, bytes)));
        }
    }
}

fn purls(name: &str, content: &[u8]) -> (Vec<String>, Vec<String>) {
    let (facts, problems) = read(Wanted::JavaArchive, name, content);
    let packages = facts.iter().filter_map(|fact| match fact {
        Fact::Packages(packages) => Some(packages),
        _ => None,
    });
    let mut purls: Vec<String> = packages.flatten().map(|it| it.purl().to_string()).collect();
    purls.sort();
    (purls, problems)
}
