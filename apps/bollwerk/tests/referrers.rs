//! What is attached to an image: found whichever way a registry lists it, taken as what it is, and
//! never more.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;
mod server;

use program::layout::{gzip, tar};
use program::{Folder, bollwerk, fits};
use serde_json::{Value, json};
use server::{Answer, Server};

use image::Digest;

const OPENVEX: &str = "application/vnd.openvex+json";
const SPDX: &str = "application/spdx+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry with the image `cart:1`, in which Python's `requests` 2.2.1 is.
struct Registry {
    server: Server,
    /// The digest of the image's manifest.
    image: String,
}

impl Registry {
    fn new() -> Self {
        let mut registry = Self { server: Server::start(), image: String::new() };
        let metadata = "Metadata-Version: 2.1\nName: requests\nVersion: 2.2.1\n";
        let layer = tar(&[("usr/lib/python3/requests-2.2.1.dist-info/METADATA", metadata)]);
        let config = json!({"os": "linux", "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer).to_string()]}});
        let config = registry.blob("application/vnd.oci.image.config.v1+json", config.to_string());
        let layer = registry.blob("application/vnd.oci.image.layer.v1.tar+gzip", gzip(&layer));
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
        let manifest = registry.manifest(&manifest);
        manifest["digest"].as_str().unwrap().clone_into(&mut registry.image);
        registry
    }

    fn name(&self) -> String {
        format!("{}/cart:1", self.server.address().trim_start_matches("http://"))
    }

    fn blob(&self, media_type: &str, content: impl Into<Vec<u8>>) -> Value {
        let content = content.into();
        let (digest, size) = (Digest::of(&content).to_string(), content.len());
        self.server.put(&format!("/v2/cart/blobs/{digest}"), content);
        json!({"mediaType": media_type, "digest": digest, "size": size})
    }

    fn manifest(&self, manifest: &Value) -> Value {
        let content = manifest.to_string().into_bytes();
        let (digest, size) = (Digest::of(&content).to_string(), content.len());
        if self.image.is_empty() {
            self.server.put("/v2/cart/manifests/1", content.clone());
        }
        self.server.put(&format!("/v2/cart/manifests/{digest}"), content);
        json!({"mediaType": MANIFEST, "digest": digest, "size": size})
    }

    /// Attaches a document to a subject; as a list of referrers has it.
    fn attach(&self, subject: &str, artifact_type: &str, content: &str) -> Value {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact_type,
            "config": self.blob(EMPTY, "{}"),
            "layers": [self.blob(artifact_type, content)],
            "subject": {"mediaType": MANIFEST, "digest": subject, "size": 1},
        });
        let mut entry = self.manifest(&manifest);
        entry["artifactType"] = json!(artifact_type);
        entry
    }

    fn list(&self, path: &str, entries: &[Value]) {
        self.server.put(&format!("/v2/cart/{path}"), index(entries));
    }

    /// As the registry lists them.
    fn list_by_api(&self, subject: &str, entries: &[Value]) {
        self.list(&format!("referrers/{subject}"), entries);
    }

    /// As those list them who do not ask what the registry can.
    fn list_by_tag(&self, subject: &str, entries: &[Value]) {
        self.list(&format!("manifests/{}", subject.replace(':', "-")), entries);
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let folder = Folder::new(&[]);
        let name = self.name();
        let whole = [&["image"], arguments, &[name.as_str(), "--insecure"]].concat();
        bollwerk(folder.path(), &whole, "")
    }

    fn referrers(&self, arguments: &[&str]) -> (i32, Value, String) {
        let whole = [&["referrers", "--format=json"], arguments].concat();
        let (code, out, error) = self.run(&whole);
        let report: Value = serde_json::from_str(&out).unwrap_or_default();
        if report.is_object() {
            fits(&report);
        }
        (code, report, error)
    }
}

fn index(entries: &[Value]) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string().into_bytes()
}

/// Kinds in the order of the list, each with the kinds of what is attached to it.
fn kinds(referrers: &Value) -> Vec<String> {
    let of = |it: &Value| {
        let below = kinds(&it["referrers"]);
        let kind = it["kind"].as_str().unwrap().to_owned();
        if below.is_empty() { kind } else { format!("{kind}({})", below.join(" ")) }
    };
    let mut found: Vec<String> = referrers.as_array().unwrap().iter().map(of).collect();
    found.sort();
    found
}

fn found(report: &Value) -> Vec<String> {
    kinds(&report["subjects"][0]["referrers"])
}

#[test]
fn both_lists_are_read_and_followed() {
    let registry = Registry::new();
    let image = registry.image.clone();
    let (code, report, _) = registry.referrers(&[]);
    assert_eq!((code, found(&report).len()), (0, 0), "a registry without either list");

    let spdx = registry.attach(&image, SPDX, "{}");
    let vex = registry.attach(&image, OPENVEX, "{}");
    // As a tool writes it under a tag: the type is that of the configuration, which says nothing.
    let mut bundle = registry.attach(&image, BUNDLE, "{}");
    bundle["artifactType"] = json!(EMPTY);
    registry.list_by_api(&image, &[spdx.clone(), vex.clone()]);
    registry.list_by_tag(&image, &[bundle, vex]);
    let of_spdx = spdx["digest"].as_str().unwrap();
    let signature = registry.attach(of_spdx, "application/vnd.cncf.notary.signature", "{}");
    registry.list_by_api(of_spdx, &[signature]);
    let (code, report, error) = registry.referrers(&[]);
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(found(&report), ["attestation", "openvex", "spdx(signature)"]);
    let (_, out, _) = registry.run(&["referrers"]);
    assert!(out.contains("attestation (not verified)"), "{out}");

    // A registry need not filter; one that does is asked for what is wanted.
    let wanted = format!("referrers/{image}?artifactType=application%2Fspdx%2Bjson");
    registry.list(&wanted, &[spdx]);
    let (_, report, _) = registry.referrers(&["--artifact-type", SPDX]);
    assert_eq!(found(&report), ["spdx(signature)"]);
}

#[test]
fn pages_are_followed_within_the_list() {
    let registry = Registry::new();
    let image = registry.image.clone();
    let path = format!("/v2/cart/referrers/{image}");
    let page = |at: usize, link: &str| {
        let entry = registry.attach(&image, OPENVEX, &format!("{{\"at\": {at}}}"));
        let answer = Answer::of(200, index(&[entry]));
        if link.is_empty() { answer } else { answer.linking(link) }
    };
    registry.server.answer(&path, page(0, &format!("<{path}?n=1>; rel=\"next\"")));
    registry.server.answer(&format!("{path}?n=1"), page(1, "<?n=2>; rel=next"));
    registry.server.answer(&format!("{path}?n=2"), page(2, ""));
    let (code, report, _) = registry.referrers(&[]);
    assert_eq!((code, found(&report).len()), (0, 3));

    // Round and round.
    registry.server.answer(&format!("{path}?n=2"), page(2, "<?n=1>; rel=\"next\""));
    let (code, report, error) = registry.referrers(&[]);
    assert_eq!((code, found(&report).len()), (3, 3));
    assert!(error.contains("goes on and on"), "{error}");

    // Somewhere else: no credential goes there.
    for elsewhere in ["https://evil.example/v2/cart/referrers/x", "/v2/other/referrers/x"] {
        let link = format!("<{elsewhere}>; rel=\"next\"");
        registry.server.answer(&path, page(0, &link));
        let (code, _, error) = registry.referrers(&[]);
        assert!(code == 2 && error.contains("somewhere else"), "{error}");
    }
}

#[test]
fn what_is_damaged_or_of_another_image_is_told() {
    let registry = Registry::new();
    let image = registry.image.clone();
    let other = Digest::of(b"another").to_string();
    let mut foreign = registry.attach(&other, OPENVEX, "{}");
    foreign["artifactType"].take();
    foreign.as_object_mut().unwrap().remove("artifactType");
    registry.list_by_api(&image, &[foreign]);
    let (code, _, error) = registry.referrers(&[]);
    assert!(code == 3 && error.contains("refers to something else"), "{error}");

    for answer in [Answer::of(200, b"<html>".to_vec()), Answer::of(200, b"{}".to_vec())] {
        registry.server.answer(&format!("/v2/cart/referrers/{image}"), answer);
        let (code, _, error) = registry.referrers(&[]);
        assert!(code == 2 && error.contains("a list of referrers"), "{error}");
    }
    registry.server.answer(&format!("/v2/cart/referrers/{image}"), Answer::of(403, vec![]));
    assert_eq!(registry.referrers(&[]).0, 2, "who may not look does not see an empty list");
    let folder = Folder::new(&[("oci-layout", "{}"), ("index.json", "{}")]);
    assert_eq!(bollwerk(folder.path(), &["image", "referrers", "."], "").0, 2);
}

fn vex(status: &str) -> String {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Vendor",
        "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2014-1829"},
            "products": [{"@id": "pkg:pypi/requests"}],
            "status": status, "justification": "vulnerable_code_not_in_execute_path",
        }],
    })
    .to_string()
}

fn class(report: &Value) -> &str {
    let findings = report["findings"].as_array().unwrap();
    let it = findings.iter().find(|it| it["vulnerability"] == "CVE-2014-1829").unwrap();
    it["class"].as_str().unwrap()
}

#[test]
fn attached_statements_count_when_they_are_asked_for() {
    let registry = Registry::new();
    let image = registry.image.clone();
    let scan = |arguments: &[&str]| -> (i32, Value, String) {
        let fixed = ["scan", "--format=json", "--now=2026-11-30T00:00:00Z"];
        let (code, out, error) = registry.run(&[&fixed, arguments].concat());
        (code, serde_json::from_str(&out).unwrap_or_default(), error)
    };
    let stated = registry.attach(&image, OPENVEX, &vex("not_affected"));
    registry.list_by_api(&image, std::slice::from_ref(&stated));
    assert_ne!(class(&scan(&[]).1), "not-affected", "nobody asked");
    let (code, report, _) = scan(&["--vex=referrers"]);
    fits(&report);
    assert_eq!((code, class(&report)), (0, "not-affected"));
    let counts =
        &report["findings"].as_array().unwrap().iter().find_map(|it| it["vex"].get("counts"));
    let counts = counts.unwrap();
    assert_eq!(counts["author"], "Vendor");
    assert!(counts["document"].as_str().unwrap().starts_with("attached, not verified: sha256:"));
    let (_, out, _) = registry.run(&["scan", "--vex=referrers"]);
    assert!(out.contains("Vendor, 2026-01-01, attached to the image and not verified"), "{out}");

    // In an envelope somebody has signed: listed, not trusted.
    let signed = registry.attach(&image, "application/vnd.dsse.envelope.v1+json", &vex("fixed"));
    registry.list_by_api(&image, &[signed]);
    assert_ne!(class(&scan(&["--vex=referrers"]).1), "not-affected");

    // Not what its digest says.
    registry.list_by_api(&image, std::slice::from_ref(&stated));
    let content = vex("not_affected");
    let path = format!("/v2/cart/blobs/{}", Digest::of(content.as_bytes()));
    registry.server.answer(&path, Answer::of(200, content.replace("Vendor", "Wendor").into()));
    let (code, report, error) = scan(&["--vex=referrers"]);
    assert_eq!(code, 3);
    assert_ne!(class(&report), "not-affected");
    assert!(error.contains("is not what its digest says"), "{error}");
    assert_eq!(scan(&["--vex=referrers", "--accept-gap=unreadable-vex"]).0, 0);
}
