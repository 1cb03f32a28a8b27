//! Credentials in images and folders: all that are planted are found, none is shown, and whatever
//! gitleaks finds is found or has a reason.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;
#[path = "../../../crates/secret/tests/written/mod.rs"]
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use program::layout::Layout;

use program::{Folder, bollwerk, fits};
use secret::{FAMILIES, examples};
use serde_json::Value;
use written::Random;

/// The texts of the pages that are found, one file each, named after its rule and number.
fn planted(random: &mut Random) -> Vec<(String, &'static str, String)> {
    let all = FAMILIES.iter().flat_map(|family| examples(family.page, "Found"));
    let file = |(number, example): (usize, secret::Example)| {
        let text = format!("# one line\n{}\n", random.fill(example.text));
        (format!("srv/{}-{number}.conf", example.rule), example.rule, text)
    };
    all.enumerate().map(file).collect()
}

fn secrets(layout: &Layout, arguments: &[&str]) -> (i32, Value, String) {
    let name = layout.name();
    let (code, out, error) =
        layout.run(&[&["secrets", &name, "--format=json"], arguments].concat());
    (code, serde_json::from_str(&out).unwrap_or_default(), error)
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().unwrap()
}

#[test]
fn every_planted_credential_is_found_though_a_later_layer_removes_it() {
    let planted = planted(&mut Random::new(7));
    let files: Vec<(&str, &str)> =
        planted.iter().map(|(path, _, text)| (path.as_str(), text.as_str())).collect();
    let (kept, removed) = files.split_at(files.len() / 2);
    let whiteouts: Vec<String> =
        removed.iter().map(|(path, _)| path.replace("srv/", "srv/.wh.")).collect();
    let whiteouts: Vec<(&str, &str)> = whiteouts.iter().map(|path| (path.as_str(), "")).collect();
    let layout = Layout::of(&[&files, &whiteouts]);
    let (code, report, error) = secrets(&layout, &[]);
    assert_eq!((code, error.as_str()), (1, ""));
    fits(&report);
    let found: BTreeMap<&str, &Value> =
        findings(&report).iter().map(|it| (it["path"].as_str().unwrap(), it)).collect();
    for (path, rule, _) in &planted {
        let finding = found.get(path.as_str()).unwrap_or_else(|| panic!("{path} is not found"));
        assert_eq!(finding["rule"], *rule);
        assert!(finding["line"].as_u64().unwrap() >= 2, "{finding}");
        assert_eq!(finding["visible"], kept.iter().any(|(it, _)| it == path), "{path}");
        assert_eq!(finding["layer"]["number"], 1);
    }
    assert_eq!(findings(&report).len(), planted.len(), "precision");
}

#[test]
fn no_output_shows_a_credential() {
    let mut random = Random::new(8);
    let planted = planted(&mut random);
    let files: Vec<(&str, &str)> =
        planted.iter().map(|(path, _, text)| (path.as_str(), text.as_str())).collect();
    let layout = Layout::of(&[&files]);
    let folder = Folder::new(&files);
    let values: BTreeSet<String> = planted.iter().flat_map(|it| values(&it.2)).collect();
    assert!(values.len() > 300);
    let (image, folder) = (layout.name(), folder.path().display().to_string());
    for input in [&image, &folder] {
        for arguments in [&["--show=info"][..], &["--format=json"]] {
            let whole = [&["secrets", input], arguments].concat();
            let (_, out, error) = layout.run(&whole);
            assert!(out.len() > 10_000, "{error}");
            let shown = values.iter().find(|it| out.contains(*it) || error.contains(*it));
            assert_eq!(shown, None, "{arguments:?}");
        }
    }
}

/// The credentials of a text, by the scanner that the test of the pages holds to its word.
fn values(text: &str) -> Vec<String> {
    let (mut scanner, mut all) = (secret::Scanner::new(), Vec::new());
    let mut tell = |it: secret::Found<'_>| all.push(String::from_utf8_lossy(it.value).into_owned());
    scanner.take(text.as_bytes(), &mut tell);
    scanner.finish(&mut tell);
    all
}

#[test]
fn how_bad_it_is_hangs_on_where_it_stands() {
    let mut random = Random::new(9);
    let key = random.fill("⟨pem RSA PRIVATE KEY⟩");
    let token = random.fill("ghp_⟨checked 30⟩");
    let dpkg = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n";
    let files: &[(&str, &str)] = &[
        ("var/lib/dpkg/status", dpkg),
        ("var/lib/dpkg/info/a.list", "/usr/share/a/key.pem\n"),
        ("usr/share/a/key.pem", &key),
        ("app/key.pem", &key),
        ("app/tests/key.pem", &key),
        ("app/tests/token", &token),
        ("app/.env", "DB_PASSWORD=q8Zt71-LmVx\n"),
    ];
    let (code, report, _) = secrets(&Layout::of(&[files]), &["--fail-on=high"]);
    assert_eq!(code, 1);
    fits(&report);
    let of = |path: &str| {
        let found = findings(&report).iter().find(|it| it["path"] == path).unwrap();
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        (text("severity"), text("mitigation"), text("certainty"))
    };
    let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(of("usr/share/a/key.pem"), three("low", "package-file", "form"));
    assert_eq!(of("app/key.pem"), three("high", "", "form"));
    assert_eq!(of("app/tests/key.pem"), three("low", "example", "form"));
    assert_eq!(of("app/tests/token"), three("high", "", "proven"));
    assert_eq!(of("app/.env"), three("medium", "", "name"));
    let digests: BTreeSet<&str> = findings(&report)
        .iter()
        .filter(|it| it["rule"] == "private-key")
        .map(|it| it["valueDigest"].as_str().unwrap())
        .collect();
    assert_eq!(digests.len(), 1, "one key in three places");
}

#[test]
fn folders_are_searched_and_links_are_not_followed() {
    let outside = Folder::new(&[(".env", "DB_PASSWORD=q8Zt71-LmVx\n")]);
    let folder = Folder::new(&[("src/main.rs", "fn main() {}\n"), ("deep/er/.env", "A=1\n")]);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
    let run = |arguments: &[&str]| {
        bollwerk(folder.path(), &[&["image", "secrets"], arguments].concat(), "")
    };
    let (code, out, error) = run(&[".", "--format=json"]);
    assert_eq!((code, error.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&out).unwrap();
    fits(&report);
    assert_eq!(
        (&report["coverage"]["files"], &report["coverage"]["otherEntries"]),
        (&Value::from(2), &Value::from(1))
    );
    folder.write("deep/er/.env", "\n  DB_PASSWORD=q8Zt71-LmVx\n");
    let (code, out, _) = run(&["dir:."]);
    assert_eq!(code, 1);
    assert!(out.contains("deep/er/.env:2:15"), "{out}");
    assert_eq!(run(&["deep/er/.env", "--fail-on=high"]).0, 0);
    assert_eq!(run(&["missing/"]).0, 2);
    assert_eq!(run(&["sbom:deep/er/.env"]).0, 2);
}

#[test]
fn a_layer_that_cannot_be_read_is_a_gap() {
    let layout = Layout::of(&[&[("a", "b")]]);
    let digest = {
        let index: Value =
            serde_json::from_slice(&std::fs::read(layout.path().join("index.json")).unwrap())
                .unwrap();
        let manifest = layout.file(index["manifests"][0]["digest"].as_str().unwrap());
        let manifest: Value = serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap();
        manifest["layers"][0]["digest"].as_str().unwrap().to_owned()
    };
    std::fs::write(layout.file(&digest), "no layer").unwrap();
    let (code, report, error) = secrets(&layout, &[]);
    assert_eq!(code, 3, "{error}");
    fits(&report);
    assert_eq!(secrets(&layout, &["--accept-gap=unreadable"]).0, 0);
}

/// Archives as Python writes them: packed, stored, and one within another.
const ARCHIVES: &str = r#"
import io, zipfile, sys
key = open("key.p12", "rb").read()
inner = io.BytesIO()
with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as it:
    it.writestr("config/.env", "\nDB_PASSWORD=q8Zt71-LmVx\n")
    it.writestr("store.p12", key)
with zipfile.ZipFile("app.war", "w", zipfile.ZIP_STORED) as it:
    it.writestr("WEB-INF/lib/inner.jar", inner.getvalue())
    it.writestr("WEB-INF/a.properties", "db.password=Xk39-qqLm71\n", zipfile.ZIP_DEFLATED)
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as it:
    it.writestr("zeros", bytes(300 << 20))
with open("cut.zip", "wb") as it:
    it.write(open("app.war", "rb").read()[:60])
"#;

#[test]
fn archives_and_key_stores_are_looked_into() {
    let stores = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/secret/tests/key_stores");
    let folder = Folder::new(&[]);
    let at = |name: &str| folder.path().join(name);
    for name in ["key.jks", "key.p12", "trust.jks", "trust.p12"] {
        std::fs::copy(stores.join(name), at(name)).unwrap();
    }
    let python = Command::new("python3").args(["-c", ARCHIVES]).current_dir(folder.path()).status();
    assert!(python.unwrap().success());
    let (code, out, _) = bollwerk(folder.path(), &["image", "secrets", ".", "--format=json"], "");
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    fits(&report);
    let found: BTreeSet<(&str, &str, u64)> = findings(&report)
        .iter()
        .map(|it| {
            let line = it["line"].as_u64().unwrap();
            (it["path"].as_str().unwrap(), it["rule"].as_str().unwrap(), line)
        })
        .collect();
    let expected = [
        ("app.war!/WEB-INF/a.properties", "assigned-password", 1),
        ("app.war!/WEB-INF/lib/inner.jar!/config/.env", "assigned-password", 2),
        ("app.war!/WEB-INF/lib/inner.jar!/store.p12", "pkcs12-key-store", 1),
        ("key.jks", "java-key-store", 1),
        ("key.p12", "pkcs12-key-store", 1),
    ];
    assert_eq!(found, expected.into_iter().collect());
    assert_eq!(report["coverage"]["unpackedFiles"], 4);
    let gaps: Vec<&str> =
        report["gaps"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let [bomb, cut] = gaps[..] else { panic!("{gaps:?}") };
    assert!(bomb.contains("bomb.zip: `zeros` in it has 314572800 bytes"), "{bomb}");
    assert!(cut.contains("cut.zip: no zip archive"), "{cut}");
}

/// `--secrets` tells what `image secrets` tells, and the policy says whether that fails.
#[test]
fn a_scan_searches_when_it_is_asked_to() {
    let key = Random::new(3).fill("⟨pem RSA PRIVATE KEY⟩");
    let layout = Layout::of(&[&[("app/key.pem", &key)], &[("app/.wh.key.pem", "")]]);
    let name = layout.name();
    let scan = |arguments: &[&str]| {
        let whole = [&["scan", &name, "--accept-gap=no-advisory-data"], arguments].concat();
        layout.run(&whole)
    };
    let json = |arguments: &[&str]| -> (i32, Value) {
        let (code, out, _) = scan(&[arguments, &["--format=json"]].concat());
        (code, serde_json::from_str(&out).unwrap())
    };
    let (code, report) = json(&[]);
    assert_eq!((code, &report["secrets"]), (0, &Value::Null));
    let (code, report) = json(&["--secrets"]);
    fits(&report);
    let (_, alone, _) = secrets(&layout, &[]);
    let without_digest = |report: &Value| {
        let mut findings = report["findings"].clone();
        for it in findings.as_array_mut().unwrap() {
            it["valueDigest"].take();
        }
        findings
    };
    assert_eq!(code, 0, "nothing fails unless the policy says so");
    assert_eq!(without_digest(&report["secrets"]), without_digest(&alone));
    assert_eq!(report["secrets"]["coverage"], alone["coverage"]);
    let (_, out, _) = scan(&["--secrets"]);
    assert!(out.contains("1 credential in 1 file"), "{out}");
    assert!(out.contains("/app/key.pem:1:1, layer 1 of 2, removed by a later layer"), "{out}");

    for (policy, expected) in [("high", 1), ("critical", 0), ("low", 1)] {
        layout.folder.write("gate.yaml", &format!("secrets: {policy}\n"));
        let (code, report) = json(&[&format!("--policy={name}/gate.yaml")]);
        assert_eq!(code, expected, "{policy}");
        assert!(report["secrets"].is_object(), "what fails is looked for");
    }
    layout.folder.write("gate.yaml", "secrets: often\n");
    assert_eq!(scan(&[&format!("--policy={name}/gate.yaml")]).0, 2);

    let sbom = layout.run(&["sbom", &name, "--format=cyclonedx"]).1;
    let folder = Folder::new(&[("a.json", &sbom)]);
    let of_sbom = |arguments: &[&str]| {
        let whole = [&["image", "scan", "a.json"], arguments].concat();
        bollwerk(folder.path(), &whole, "")
    };
    let (code, _, error) = of_sbom(&["--secrets"]);
    assert!(code == 3 && error.contains("an SBOM has no files"), "{error}");
    assert_eq!(of_sbom(&["--secrets", "--accept-gap=not-searched"]).0, 0);
}

#[test]
fn code_scanning_services_read_credentials() {
    let mut random = Random::new(4);
    let (one, other) = (random.fill("ghp_⟨checked 30⟩"), random.fill("ghp_⟨checked 30⟩"));
    let twice = format!("{one}\n{other}\n");
    let layout = Layout::of(&[&[("app/a b.txt", &twice), ("app/c.txt", &one)]]);
    let name = layout.name();
    let run = |arguments: &[&str]| -> Value {
        let (_, out, error) = layout.run(&[arguments, &["--format=sarif"]].concat());
        assert!(!out.contains(&one) && !error.contains(&one));
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"))
    };
    let log = run(&["secrets", &name]);
    if let Some(schema) = std::env::var_os("BOLLWERK_SARIF_SCHEMA") {
        let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&log).map(|it| it.to_string()).collect();
        assert_eq!(errors, [""; 0], "{log:#}");
    }
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |it: &Value| {
        let place = &it["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].clone(), place["region"]["startLine"].clone())
    };
    let places: Vec<(Value, Value)> = results.iter().map(of).collect();
    let expected = [("app/a%20b.txt", 1), ("app/a%20b.txt", 2), ("app/c.txt", 1)];
    assert_eq!(places, expected.map(|(uri, line)| (Value::from(uri), Value::from(line))));
    let prints: BTreeSet<String> =
        results.iter().map(|it| it["partialFingerprints"].to_string()).collect();
    assert_eq!(prints.len(), 3);
    assert!(results.iter().all(|it| it["ruleIndex"] == 0 && it["level"] == "error"), "{log:#}");
    // The next run knows them again, and a scan tells the same.
    assert_eq!(run(&["secrets", &name]), log);
    let scan = run(&["scan", &name, "--secrets"]);
    assert_eq!(scan["runs"][0]["results"], log["runs"][0]["results"]);
}

#[test]
fn a_misspelt_folder_is_told() {
    let folder = Folder::new(&[("sources/a", "b"), ("other/a", "b")]);
    let run = |name: &str| {
        let arguments = ["image", "secrets", name, "--insecure", "--mirror=docker.io=127.0.0.1:1"];
        bollwerk(folder.path(), &arguments, "")
    };
    let (code, _, error) = run("source");
    assert_eq!(code, 2);
    assert!(error.contains("no file or folder `source` is here"), "{error}");
    assert!(error.contains("is `sources` meant?"), "{error}");
    assert!(!run("nothing").2.contains("meant"));
}

/// What gitleaks reports and we do not, by its rule (any where it is empty) and a part of the
/// line, with the reason.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("", "_id = ", "the name says that it is an identifier, which is public"),
    ("flutterwave-public-key", "FLWPUBK", "a public key, made to stand in pages"),
    ("square-access-token", "EAAA", "one byte shorter than the tokens of the vendor"),
    ("generic-api-key", "COPHH_KEY_UTF8", "the name of a constant in Perl's headers"),
];

/// gitleaks; none without it, which is a failure under `CI=true`.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn gitleaks() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("BOLLWERK_GITLEAKS") {
        return Some(PathBuf::from(program));
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_GITLEAKS is not set");
    println!("skipped: BOLLWERK_GITLEAKS does not name gitleaks");
    None
}

/// What gitleaks finds below a folder: rule, file, first and last line.
fn by_gitleaks(program: &Path, folder: &Path) -> Vec<(String, String, u64, u64)> {
    let report = Folder::new(&[]);
    let report = report.path().join("report.json");
    let mut command = Command::new(program);
    command.args(["dir", ".", "--no-banner", "--exit-code=0", "--report-format=json", "-r"]);
    let output = command.arg(&report).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Vec<Value> = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let one = |it: &Value| {
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        let line = |key: &str| it[key].as_u64().unwrap();
        (text("RuleID"), text("File"), line("StartLine"), line("EndLine"))
    };
    report.iter().map(one).collect()
}

/// Asserts that what gitleaks finds below a folder is found or explained; how much it found.
fn assert_all_of_gitleaks(program: &Path, folder: &Path) -> usize {
    let arguments = ["image", "secrets", "dir:.", "--format=json"];
    let (_, out, error) = bollwerk(folder, &arguments, "");
    let report: Value = serde_json::from_str(&out).expect(&error);
    let ours: BTreeSet<(&str, u64)> = findings(&report)
        .iter()
        .map(|it| (it["path"].as_str().unwrap(), it["line"].as_u64().unwrap()))
        .collect();
    let theirs = by_gitleaks(program, folder);
    let missed: Vec<String> = theirs
        .iter()
        .filter(|(_, file, first, last)| {
            !(*first..=*last).any(|line| ours.contains(&(file.as_str(), line)))
        })
        .filter_map(|(rule, file, line, _)| {
            let text = std::fs::read(folder.join(file)).unwrap();
            let text = String::from_utf8_lossy(&text).into_owned();
            let text = text.lines().nth(usize::try_from(*line).unwrap() - 1).unwrap_or_default();
            let is_explained = EXPLAINED.iter().any(|(theirs, part, reason)| {
                assert!(!reason.is_empty());
                (theirs.is_empty() || theirs == rule) && text.contains(part)
            });
            (!is_explained).then(|| format!("{rule} {file}:{line}: {text}"))
        })
        .collect();
    assert_eq!(missed, [""; 0]);
    theirs.len()
}

#[test]
fn what_gitleaks_finds_is_found_or_has_a_reason() {
    let Some(program) = gitleaks() else { return };
    let mut random = Random::new(10);
    let folder = Folder::new(&[]);
    for heading in ["Found", "Not found"] {
        let all = FAMILIES.iter().flat_map(|family| examples(family.page, heading));
        for (number, example) in all.enumerate() {
            let name = format!("{}/{}-{number}.conf", &heading[..3], example.rule);
            folder.write(&name, &format!("{}\n", random.fill(example.text)));
        }
    }
    let count = assert_all_of_gitleaks(&program, folder.path());
    assert!(count > 150, "gitleaks found {count}");
}

/// A root file system of Debian, with its packages' keys and manuals. Takes gitleaks a minute, so
/// it runs in `cargo xtask prove` alone.
#[test]
fn what_gitleaks_finds_in_debian_is_found_or_has_a_reason() {
    let (Some(program), Some(images)) = (gitleaks(), std::env::var_os("BOLLWERK_IMAGES")) else {
        return;
    };
    if std::env::var_os("BOLLWERK_PROVE").is_none() {
        return;
    }
    let blobs = Path::new(&images).join("bookworm.oci/blobs/sha256");
    let blobs = std::fs::read_dir(blobs).unwrap().map(Result::unwrap);
    let layer = blobs.max_by_key(|it| it.metadata().unwrap().len()).unwrap().path();
    let folder = Folder::new(&[]);
    let unpacked = Command::new("tar").arg("-xf").arg(layer).current_dir(folder.path()).status();
    assert!(unpacked.unwrap().success());
    assert_all_of_gitleaks(&program, folder.path());
}
