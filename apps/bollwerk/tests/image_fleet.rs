//! All images of a deployment at once, and which workloads run what was found.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use program::layout::Layout;
use program::{Folder, bollwerk, fits};
use serde_json::{Value, json};

const NOW: &str = "--now=2026-11-30T00:00:00Z";

fn workload(namespace: &str, name: &str, images: &[&str]) -> String {
    let containers = images.iter().enumerate().map(|(at, image)| {
        json!({"name": format!("c{at}"), "image": image, "ports": [{"containerPort": 8080}]})
    });
    let labels = json!({"app": name});
    let document = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": containers.collect::<Vec<_>>()},
        }},
    });
    document.to_string()
}

fn service(namespace: &str, name: &str) -> String {
    let document = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"type": "LoadBalancer", "selector": {"app": name},
                 "ports": [{"port": 80, "targetPort": 8080}]},
    });
    document.to_string()
}

fn sbom(name: &str, digest: char, requests: &str) -> String {
    let digest: String = std::iter::repeat_n(digest, 64).collect();
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": name,
            "version": format!("sha256:{digest}")}},
        "components": [{"type": "library", "name": "requests", "version": requests,
            "purl": format!("pkg:pypi/requests@{requests}")}],
    });
    document.to_string()
}

fn deployment() -> Folder {
    let pinned = format!("other.example/pinned@sha256:{}", "c".repeat(64));
    Folder::new(&[
        ("deploy/cart.yaml", &workload("shop", "cart", &["reg.example/cart:1", "side:2"])),
        ("deploy/cart-service.yaml", &service("shop", "cart")),
        ("deploy/jobs.yaml", &workload("jobs", "report", &["docker.io/library/side:2"])),
        ("deploy/pinned.yaml", &workload("jobs", "pinned", &[&pinned])),
        ("deploy/lost.yaml", &workload("jobs", "lost", &["reg.example/Lost:1", "Cart.json"])),
        ("images/cart.json", &sbom("reg.example/cart:1", 'a', "2.2.1")),
        ("images/side.json", &sbom("side:2", 'b', "2.2.1")),
        ("images/pinned.json", &sbom("reg.example/elsewhere:7", 'c', "99.0.0")),
        ("images/broken.json", "{"),
        ("Cart.json", &sbom("Cart.json", 'd', "2.2.1")),
    ])
}

fn scan(folder: &Folder, arguments: &[&str]) -> (i32, Value, String) {
    let fixed = ["image", "scan", "--from-manifests=deploy", "--images-in=images", NOW];
    let whole = [&fixed[..], arguments, &["--format=json"]].concat();
    let (code, out, error) = bollwerk(folder.path(), &whole, "");
    (code, serde_json::from_str(&out).unwrap_or_default(), error)
}

fn image<'a>(report: &'a Value, reference: &str) -> &'a Value {
    let images = report["images"].as_array().unwrap();
    let is_it = |it: &&Value| it["references"].as_array().unwrap().contains(&json!(reference));
    images.iter().find(is_it).unwrap_or_else(|| panic!("no {reference} in {report:#}"))
}

#[test]
fn each_finding_is_told_with_those_that_run_it() {
    let folder = deployment();
    let (code, report, error) = scan(&folder, &[]);
    assert_eq!(code, 3, "{error}");
    fits(&report);
    assert_eq!(report["images"].as_array().unwrap().len(), 5);

    let cart = image(&report, "reg.example/cart:1");
    assert_eq!(
        cart["workloads"],
        json!([{"kind": "Deployment", "namespace": "shop",
        "name": "cart", "containers": ["c0"], "exposure": "internet"}])
    );
    let found: Vec<&str> = cart["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["vulnerability"].as_str())
        .collect();
    assert!(found.contains(&"CVE-2014-1829"), "{found:?}");

    // Two spellings of one image are one, and all that run it are told.
    let side = image(&report, "side:2");
    assert_eq!(side["references"], json!(["docker.io/library/side:2", "side:2"]));
    let runs: Vec<(&str, &str)> = side["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["exposure"].as_str().unwrap()))
        .collect();
    assert_eq!(runs, [("cart", "internet"), ("report", "cluster")]);

    // By its digest, whatever it is called.
    let pinned = format!("other.example/pinned@sha256:{}", "c".repeat(64));
    assert_eq!(image(&report, &pinned)["findings"], json!([]));

    // What cannot be read is told, and a name in a manifest is never a file of ours.
    for lost in ["reg.example/Lost:1", "Cart.json"] {
        assert!(image(&report, lost)["notRead"].is_string(), "{report:#}");
        assert!(error.contains(lost), "{error}");
    }
    assert!(report["gaps"].to_string().contains("broken.json"));
}

#[test]
fn one_vulnerability_is_asked_for() {
    let folder = deployment();
    let (_, report, _) = scan(&folder, &["--vulnerability", "cve-2014-1829"]);
    for name in ["reg.example/cart:1", "side:2"] {
        let findings = image(&report, name)["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0]["vulnerability"], "CVE-2014-1829");
    }
}

#[test]
fn a_policy_breaks_a_deployment_as_it_does_an_image() {
    let folder = deployment();
    folder.write("gate.yaml", "fail: act\n");
    assert_eq!(scan(&folder, &["--policy=gate.yaml"]).0, 1);
    let accepted = ["--accept-gap=unreadable", "--accept-gap=unknown-package"];
    assert_eq!(scan(&folder, &accepted).0, 0);
}

#[test]
fn people_see_counts_the_urgent_and_the_steps() {
    let folder = deployment();
    let arguments = ["image", "scan", "--from-manifests=deploy", "--images-in=images", NOW];
    let (code, out, _) = bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 3);
    for part in [
        "5 images in 6 workloads, 2 of them could not be read",
        "reg.example/cart:1",
        "open to the internet",
        "Deployment shop/cart (open to the internet), Deployment jobs/report",
        "1. requests -> ",
        "in 2 images",
    ] {
        assert!(out.contains(part), "no {part:?} in\n{out}");
    }
}

#[test]
fn images_may_be_named_beside_each_other() {
    let one = Layout::of(&[&[(
        "a/requests-2.2.1.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: requests\nVersion: 2.2.1\n\n",
    )]]);
    let (code, out, error) = one.run(&["scan", &one.name(), "missing.tar", "--format=json", NOW]);
    assert_eq!(code, 3, "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["schema"], "bollwerk.image-fleet/v1");
    assert!(!image(&report, &one.name())["findings"].as_array().unwrap().is_empty());
    assert!(image(&report, "missing.tar")["notRead"].is_string());
}
