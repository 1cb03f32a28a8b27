//! Images from files: what is in them, what of it has to be acted on, and what is wrong with them.

mod program;

use std::collections::BTreeSet;
use std::path::PathBuf;

use program::layout::{Layout, gzip, tar};
use program::{Folder, bollwerk, fits};
use serde_json::{Value, json};

/// A time in which the embedded database is of use.
const NOW: &str = "--now=2026-11-30T00:00:00Z";

const REQUESTS: (&str, &str) = (
    "usr/lib/python3.11/site-packages/requests-2.2.1.dist-info/METADATA",
    "Metadata-Version: 2.1\nName: requests\nVersion: 2.2.1\n\n",
);

fn scan(layout: &Layout, arguments: &[&str]) -> (i32, Value, String) {
    let name = layout.name();
    let whole = [&["scan", &name, "--format=json", NOW], arguments].concat();
    let (code, out, error) = layout.run(&whole);
    (code, serde_json::from_str(&out).unwrap_or_default(), error)
}

fn vulnerabilities(report: &Value) -> BTreeSet<&str> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter_map(|it| it["vulnerability"].as_str()).collect()
}

#[test]
fn an_image_and_its_sbom_give_the_same_findings() {
    let layout = Layout::of(&[&[REQUESTS]]);
    let (code, of_image, error) = scan(&layout, &[]);
    assert_eq!(code, 0, "{error}");
    assert!(vulnerabilities(&of_image).contains("CVE-2014-1829"), "{of_image:#}");
    for format in ["cyclonedx", "spdx"] {
        let file = format!("{}/sbom.json", layout.name());
        let name = layout.name();
        let written = layout.run(&["sbom", &name, "--format", format, "--output", &file, NOW]);
        assert_eq!(written, (0, String::new(), String::new()));
        let (code, out, error) = layout.run(&["scan", &file, "--format=json", NOW]);
        assert_eq!(code, 0, "{error}");
        let of_sbom: Value = serde_json::from_str(&out).unwrap();
        let without_places = |report: &Value| -> Vec<Value> {
            let mut findings = report["findings"].as_array().unwrap().clone();
            for finding in &mut findings {
                finding["foundIn"] = Value::Null;
            }
            findings
        };
        assert_eq!(without_places(&of_sbom), without_places(&of_image), "{format}");
    }
}

#[test]
fn nothing_fails_unless_the_policy_says_so() {
    let layout = Layout::of(&[&[REQUESTS]]);
    let policy = |text: &str| {
        layout.folder.write("gate.yaml", text);
        let file = format!("--policy={}/gate.yaml", layout.name());
        scan(&layout, &[&file])
    };
    assert_eq!(policy("grace: {high: 1}").0, 0);
    let (code, report, _) = policy("fail: act\ngrace: {medium: 1, high: 1, low: 1, unknown: 1}");
    assert_eq!((code, &report["findings"][0]["class"]), (1, &json!("act")));
    let all = vulnerabilities(&report).into_iter().map(|id| {
        format!("- {{vulnerability: {id}, owner: web, reason: test, expires: 2026-11-30}}\n")
    });
    let accepted = format!("fail: waiting\nexceptions:\n{}", all.collect::<String>());
    let (code, report, _) = policy(&accepted);
    assert_eq!((code, &report["findings"][0]["class"]), (0, &json!("accepted")));
    fits(&report);
    let (code, _, error) = policy("grace: {hihg: 1}");
    assert_eq!(code, 2);
    assert!(error.contains("gate.yaml:1:1: unknown severity `hihg`"), "{error}");
}

#[test]
fn no_image_is_called_clean_on_data_that_cannot_speak_of_it() {
    let dpkg = "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2\n\n";
    let apk = "P:musl\nV:1.2.5-r0\nA:x86_64\n\n";
    for (release, path, database, named) in [
        ("ID=debian\nVERSION_ID=12\n", "var/lib/dpkg/status", dpkg, "Debian:12"),
        ("ID=alpine\nVERSION_ID=3.20.3\n", "lib/apk/db/installed", apk, "Alpine:v3.20"),
        (
            "ID=debian\nVERSION_ID=12\n",
            "app/node_modules/a/package.json",
            r#"{"name": "a", "version": "1.0.0"}"#,
            "npm",
        ),
    ] {
        let layout = Layout::of(&[&[("etc/os-release", release), (path, database)]]);
        let (code, report, error) = scan(&layout, &[]);
        assert_eq!((code, &report["gaps"][0]["kind"]), (3, &json!("no-advisory-data")), "{named}");
        assert!(error.contains(named), "{error}");
        fits(&report);
        assert_eq!(scan(&layout, &["--accept-gap=no-advisory-data"]).0, 0);
    }
}

#[test]
fn the_report_tells_what_to_do() {
    let layout = Layout::of(&[&[REQUESTS]]);
    let name = layout.name();
    let (code, out, error) = layout.run(&["scan", &name, NOW]);
    assert_eq!(code, 0, "{error}");
    for expected in [
        "1 packages, built 333 days ago",
        "requests 2.2.1 -> ",
        "what to do",
        "  1. requests 2.2.1",
    ] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
}

#[test]
fn the_platform_is_chosen_and_the_name() {
    let layout = Layout::new();
    let package = |version: &'static str| {
        [("app/package.json", format!(r#"{{"name": "a", "version": "{version}"}}"#))]
    };
    let (first, second) = (package("1.0.0"), package("2.0.0"));
    let first: Vec<(&str, &str)> =
        first.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let second: Vec<(&str, &str)> =
        second.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let manifests =
        [layout.image(&[&first], ("linux", "amd64")), layout.image(&[&second], ("linux", "arm64"))];
    let inner = json!({"schemaVersion": 2, "manifests": manifests});
    let mut inner =
        layout.blob("application/vnd.oci.image.index.v1+json", inner.to_string().as_bytes());
    inner["annotations"] = json!({"org.opencontainers.image.ref.name": "1.2"});
    layout.index(&[inner, layout.image(&[&first], ("linux", "amd64"))]);
    let listed =
        |reference: &str, platform: &str| layout.run(&["sbom", reference, "--platform", platform]);
    let name = format!("oci:{}:1.2", layout.name());
    assert!(listed(&name, "linux/amd64").1.contains("1.0.0"));
    assert!(listed(&name, "linux/arm64").1.contains("2.0.0"));
    let (code, _, error) = listed(&name, "linux/riscv64");
    assert_eq!(code, 2);
    assert!(
        error.contains("no image for linux/riscv64; there are: linux/amd64, linux/arm64"),
        "{error}"
    );
    let (code, _, error) = listed(&layout.name(), "linux/amd64");
    assert_eq!(code, 2);
    assert!(error.contains("several images"), "{error}");
}

#[test]
fn what_is_damaged_or_changed_is_told() {
    let layer = |layout: &Layout| {
        let files = std::fs::read_dir(layout.path().join("blobs/sha256")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.max_by_key(|file| std::fs::read(file).unwrap().starts_with(&[0x1f, 0x8b])).unwrap()
    };
    let change = |change: fn(Vec<u8>) -> Vec<u8>| {
        let layout = Layout::of(&[&[REQUESTS]]);
        let path = layer(&layout);
        std::fs::write(&path, change(std::fs::read(&path).unwrap())).unwrap();
        let (code, report, error) = scan(&layout, &[]);
        assert_eq!((code, &report["gaps"][0]["kind"]), (3, &json!("unreadable")), "{error}");
        // Nothing of it counts.
        assert_eq!(report["findings"], json!([]));
        error
    };
    let other = change(|_| gzip(&tar(&[REQUESTS, ("a", "b")])));
    assert!(other.contains("is damaged or was changed"), "{other}");
    let short = change(|content| content[..content.len() / 2].to_vec());
    assert!(short.contains("is damaged or was changed"), "{short}");
    let longer = change(|content| [content, vec![0; 10]].concat());
    assert!(longer.contains("is damaged or was changed"), "{longer}");
    let layout = Layout::of(&[&[REQUESTS]]);
    std::fs::remove_file(layer(&layout)).unwrap();
    assert_eq!(scan(&layout, &[]).0, 3);
}

#[test]
fn what_is_no_image_is_refused() {
    let folder =
        Folder::new(&[("index.json", "{}"), ("text", "hello"), ("sbom.json", "{\"a\": 1}")]);
    let run = |name: &str| bollwerk(folder.path(), &["image", "scan", name], "");
    for (name, expected) in [
        (".", "a folder without `oci-layout`"),
        ("missing.tar", "no file `missing.tar`"),
        ("oci:missing", "no file `missing`"),
        ("Not/an image", "neither a file nor the name of an image"),
        ("text", "is no image that can be read"),
        ("sbom.json", "neither CycloneDX (1.x), nor SPDX (2.x)"),
    ] {
        let (code, out, error) = run(name);
        assert_eq!((code, out.as_str()), (2, ""), "{name}");
        assert!(error.contains(expected), "{name}: {error}");
    }
    let layout = Layout::new();
    // A digest that leads out of the layout.
    layout.folder.write(
        "index.json",
        r#"{"manifests": [{"digest": "sha256:../../oci-layout", "size": 1}]}"#,
    );
    let name = layout.name();
    let (code, _, error) = layout.run(&["scan", &name]);
    assert_eq!(code, 2);
    assert!(error.contains("not a digest"), "{error}");
}

#[test]
fn a_newer_base_and_the_age_are_told() {
    let fixed = REQUESTS.1.replace("2.2.1", "99.0.0");
    let all = Layout::new();
    let old = all.built_at(&[&[REQUESTS]], "2025-01-01T00:00:00Z", "base:1");
    let new = all.built_at(&[&[(REQUESTS.0, &fixed)]], "2025-06-01T00:00:00Z", "base:2");
    let own = [("srv/text", "x")];
    let image = all.built_at(&[&[REQUESTS], &own], "2025-02-01T00:00:00Z", "cart:1");
    all.index(&[old, new, image]);
    all.folder.write("gate.yaml", "maxAge: 90\nfail: act\n");
    let name = |tag: &str| format!("{}:{tag}", all.name());
    let policy = format!("{}/gate.yaml", all.name());
    let bases = [format!("--base={}", name("base:1")), format!("--base={}", name("base:2"))];
    let cart = name("cart:1");
    let arguments = ["scan", &cart, &bases[0], &bases[1], NOW];
    let (code, out, error) = all.run(&[&arguments[..], &["--format=json"]].concat());
    assert_eq!((code, error.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&out).unwrap();
    fits(&report);
    let count = report["findings"].as_array().unwrap().len();
    assert!(count > 0);
    assert_eq!(report["base"]["name"], json!(name("base:1")));
    assert_eq!(report["base"]["findings"], json!(count));
    assert_eq!(report["base"]["newer"]["name"], json!(name("base:2")));
    assert_eq!(report["base"]["newer"]["mends"], json!(count));
    assert_eq!(report["age"]["days"], 667);
    assert_eq!(report["age"]["isTooOld"], false);

    let (_, out, _) = all.run(&arguments);
    for part in ["built on ", "base:2 mends", "built 667 days ago"] {
        assert!(out.contains(part), "no {part:?} in\n{out}");
    }
    // Too old is too old, whatever is found.
    let clean = name("base:2");
    let (code, out, _) = all.run(&["scan", &clean, "--policy", &policy, NOW]);
    assert!(code == 1 && out.contains("longer than the policy allows"), "{out}");
}

#[test]
fn code_scanning_services_read_what_was_found() {
    let layout = Layout::of(&[&[REQUESTS]]);
    layout.folder.write(
        "gate.yaml",
        "exceptions:\n- {vulnerability: CVE-2014-1829, owner: web, reason: unused, \
         expires: 2027-01-31}\n",
    );
    let (name, policy) = (layout.name(), format!("{}/gate.yaml", layout.name()));
    let arguments = ["scan", &name, "--policy", &policy, "--format=sarif", NOW];
    let (code, out, error) = layout.run(&arguments);
    assert_eq!((code, error.as_str()), (0, ""));
    let log: Value = serde_json::from_str(&out).unwrap();
    if let Some(schema) = std::env::var_os("BOLLWERK_SARIF_SCHEMA") {
        let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&log).map(|it| it.to_string()).collect();
        assert_eq!(errors, [""; 0], "{out}");
    }
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |id: &str| results.iter().find(|it| it["ruleId"] == id).unwrap();
    assert_eq!(of("CVE-2014-1829")["suppressions"][0]["kind"], "external");
    let open = of("CVE-2014-1830");
    assert_eq!(open["suppressions"], Value::Null);
    let place = &open["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, REQUESTS.0);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let at = usize::try_from(open["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[at]["id"], "CVE-2014-1830");
}

#[test]
fn dockerfiles_and_configurations_are_judged() {
    let bad = "FROM debian\nRUN curl http://x.example/i.sh | sh\n";
    let good = "FROM debian:12@sha256:0000000000000000000000000000000000000000000000000000000000000000\n\
                USER 1000\nCMD [\"app\"]\n";
    let folder = Folder::new(&[("bad", bad), ("good", good), ("cut", "FORM debian\n")]);
    let run =
        |arguments: &[&str]| bollwerk(folder.path(), &[&["image", "lint"], arguments].concat(), "");
    let (code, out, error) = run(&["bad", "--format=json"]);
    assert_eq!(code, 1, "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    fits(&report);
    let findings = report["inputs"][0]["findings"].as_array().unwrap();
    assert!(findings.iter().any(|it| it["line"] == 2), "{report:#}");
    assert_eq!(run(&["good"]).0, 0, "{}", run(&["good"]).1);
    assert_eq!(run(&["bad", "--fail-on=none"]).0, 0);
    let (code, _, error) = run(&["cut", "--fail-on=none"]);
    assert_eq!(code, 3);
    assert!(error.contains("cut: line 1: `FORM` is no instruction"), "{error}");
    let layout = Layout::of(&[&[REQUESTS]]);
    let name = layout.name();
    let (code, out, error) = layout.run(&["lint", &name, "--show=info"]);
    assert_eq!(error, "");
    assert!(code == 1 && out.contains("root"), "{out}");
    assert_eq!(run(&["missing.tar"]).0, 2);
}

/// Images of Debian's suites; none without them, which is a failure under `CI=true`.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn images() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BOLLWERK_IMAGES") {
        return Some(PathBuf::from(folder));
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_IMAGES is not set");
    println!("skipped: BOLLWERK_IMAGES does not name the images");
    None
}

/// What dpkg says is installed is what is found: in an OCI layout and in an archive of Docker's.
#[test]
fn packages_are_those_of_dpkg() {
    let Some(folder) = images() else { return };
    for suite in ["bullseye", "bookworm", "trixie"] {
        let expected = std::fs::read_to_string(folder.join(format!("{suite}.packages"))).unwrap();
        let expected: BTreeSet<String> = expected.lines().map(str::to_owned).collect();
        assert!(expected.len() > 50);
        for reference in [format!("oci:{suite}.oci"), format!("docker-archive:{suite}.docker.tar")]
        {
            let (code, out, error) =
                bollwerk(&folder, &["image", "sbom", &reference, "--format", "cyclonedx", NOW], "");
            assert_eq!((code, error.as_str()), (0, ""), "{reference}");
            let document: Value = serde_json::from_str(&out).unwrap();
            let components = document["components"].as_array().unwrap().iter();
            let found: BTreeSet<String> = components
                .filter_map(|it| {
                    let purl = it["purl"].as_str()?.strip_prefix("pkg:deb/")?;
                    let (_, rest) = purl.split_once("arch=")?;
                    let architecture = rest.split('&').next()?;
                    let [name, version] = ["name", "version"].map(|key| it[key].as_str().unwrap());
                    Some(format!("{name} {version} {architecture}"))
                })
                .collect();
            assert_eq!(found, expected, "{reference}");
        }
    }
}
