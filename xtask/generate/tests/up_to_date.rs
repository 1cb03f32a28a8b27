//! What is generated is what the code says now.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::path::Path;
use std::process::Command;

fn check(what: &str) {
    let generate = env!("CARGO_BIN_EXE_generate");
    let said = Command::new(generate).args([what, "--check"]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn pages_are_what_the_code_says() {
    check("pages");
}

#[test]
fn the_database_is_what_the_sets_make() {
    let sets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/advisories");
    if !sets.is_dir() {
        let reason = "../shared/advisories is not there";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
        println!("skipped: {reason}");
        return;
    }
    check("database");
}
