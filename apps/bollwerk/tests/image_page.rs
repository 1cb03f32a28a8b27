//! The page of images: it says what the JSON says, runs nothing, and lets no text out of its place.

mod program;

use program::layout::Layout;
use program::{Folder, bollwerk, fits};
use serde_json::{Value, json};

const NOW: &str = "--now=2026-11-30T00:00:00Z";
const REQUESTS: (&str, &str) = (
    "usr/lib/python3/requests-2.2.1.dist-info/METADATA",
    "Metadata-Version: 2.1\nName: requests\nVersion: 2.2.1\n",
);
const DEBIAN: (&str, &str) = ("etc/os-release", "ID=debian\nVERSION_ID=11\nPRETTY_NAME=\"<b>D\"\n");
const STATUS: (&str, &str) = ("var/lib/dpkg/status", "");
const ENV: (&str, &str) = ("app/.env", "DB_PASSWORD=q8Zt71-LmVx\n");

/// Advisories for Python's `requests`, and the end of Debian 11.
fn database(folder: &Folder) -> String {
    let record = json!({"id": "PYSEC-1", "aliases": ["CVE-2014-1829"],
        "published": "2014-10-15T00:00:00Z", "summary": "</table><script>alert(1)</script>",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "requests"},
            "ranges": [{"type": "ECOSYSTEM",
                "events": [{"introduced": "0"}, {"fixed": "2.3.0"}]}]}]});
    folder.write("osv/PYSEC-1.json", &record.to_string());
    folder.write("debian.json", r#"[{"cycle": "11", "eol": "2024-08-14"}]"#);
    let sources = ["osv:osv", "endoflife:debian.json", "--output=a.bwdb"];
    let (code, _, error) = bollwerk(folder.path(), &[&["db", "build"], &sources[..]].concat(), "");
    assert_eq!(code, 0, "{error}");
    format!("--database={}/a.bwdb", folder.path().display())
}

/// A page is strict: no script, one style that its policy names, every element closed by its kind.
fn is_strict(page: &str) {
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for never in ["<script", "style=", "onclick", "http://", "https://", "<b>D", "src="] {
        assert!(!page.contains(never), "{never}");
    }
    for element in ["table", "section", "details", "ul", "ol", "main", "fieldset"] {
        let opened = page.matches(&format!("<{element}>")).count()
            + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn an_image_as_a_page() {
    let folder = Folder::new(&[]);
    let database = database(&folder);
    let layout = Layout::of(&[&[REQUESTS, DEBIAN, STATUS, ENV]]);
    let name = layout.name();
    let scan = |format: &str, arguments: &[&str]| {
        let fixed = ["scan", &name, &database, NOW, "--secrets", format];
        layout.run(&[&fixed, arguments].concat())
    };
    let (code, out, _) = scan("--format=json", &[]);
    let report: Value = serde_json::from_str(&out).unwrap();
    fits(&report);
    assert_eq!(code, 0);
    let support = &report["endOfSupport"];
    assert_eq!((&support["endedOn"], &support["class"]), (&json!("2024-08-14"), &json!("act")));

    let (code, page, _) = scan("--format=html", &[]);
    assert_eq!(code, 0);
    is_strict(&page);
    for said in [
        "<h1 class=\"failed\"><span>act now:</span> 1 finding needs somebody now</h1>",
        "out of support since 2024-08-14: 748 days overdue",
        "&lt;/table&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
        "<bdi class=\"step\">2.3.0</bdi>",
        "id=\"show-act\" checked",
        "<code>assigned-password</code>",
        "/app/.env:1:13",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("q8Zt71"));
    // The same in the other formats.
    let (_, text, _) = scan("--format=terminal", &[]);
    assert!(text.contains("out of support since 2024-08-14: 748 days overdue"), "{text}");
    let (_, sarif, _) = scan("--format=sarif", &[]);
    assert!(sarif.contains("operating-system-end-of-support"), "{sarif}");

    folder.write("gate.yaml", "fail: act\n");
    let policy = format!("--policy={}/gate.yaml", folder.path().display());
    let (code, page, _) = scan("--format=html", &[&policy]);
    assert!(code == 1 && page.contains("<span>failed:</span>"), "{code}");
    // Nothing but the operating system is left to fail.
    let (code, _, _) = scan("--format=json", &[&policy, "--vulnerability=CVE-1"]);
    assert_eq!(code, 1);
}

#[test]
fn a_deployment_as_a_page() {
    let folder = Folder::new(&[]);
    let database = database(&folder);
    let workload = |name: &str, image: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"namespace": "shop", "name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": image}]}}}})
        .to_string()
    };
    for name in ["cart", "till"] {
        folder.write(&format!("deploy/{name}.yaml"), &workload(name, "side:2"));
    }
    folder.write("deploy/lost.yaml", &workload("lost", "reg.example/<Lost>:1"));
    let sbom = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": "side:2"}},
        "components": [{"type": "library", "name": "requests", "version": "2.2.1",
            "purl": "pkg:pypi/requests@2.2.1"}]});
    folder.write("images/side.json", &sbom.to_string());
    let fixed = ["image", "scan", "--from-manifests=deploy", "--images-in=images", NOW];
    let whole = [&fixed[..], &[&database, "--format=html"]].concat();
    let (code, page, _) = bollwerk(folder.path(), &whole, "");
    assert_eq!(code, 3);
    is_strict(&page);
    for said in [
        "2 images</bdi> · 3 workloads",
        "Deployment shop/cart</bdi> and 1 more</summary><ul><li><bdi>Deployment shop/till",
        "could not be read",
        "1 gap: not everything was assessed",
        "&lt;Lost&gt;",
    ] {
        assert!(page.contains(said), "{said}");
    }
}
