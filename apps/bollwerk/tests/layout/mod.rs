//! OCI layouts written for tests, and outputs held against their schemas.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::io::Write;
use std::path::{Path, PathBuf};

use image::Digest;
use serde_json::{Value, json};

use crate::program::{Folder, bollwerk};

/// Files of a layer.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

/// A tar as the simplest programs write it.
pub(crate) fn tar(files: Files<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, content) in files {
        let mut header = [0; 512];
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        bytes.extend(header);
        bytes.extend(content.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend([0; 1024]);
    bytes
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// An OCI layout that is written blob by blob.
pub(crate) struct Layout {
    pub(crate) folder: Folder,
}

impl Layout {
    pub(crate) fn new() -> Self {
        let folder = Folder::new(&[("oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#)]);
        std::fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, digest: &str) -> PathBuf {
        self.path().join("blobs").join(digest.replace(':', "/"))
    }

    pub(crate) fn blob(&self, media_type: &str, content: &[u8]) -> Value {
        let digest = Digest::of(content).to_string();
        std::fs::write(self.file(&digest), content).unwrap();
        json!({"mediaType": media_type, "digest": digest, "size": content.len()})
    }

    pub(crate) fn image(&self, layers: &[Files<'_>], platform: (&str, &str)) -> Value {
        let layers: Vec<Value> = layers
            .iter()
            .map(|files| {
                self.blob("application/vnd.oci.image.layer.v1.tar+gzip", &gzip(&tar(files)))
            })
            .collect();
        let (os, architecture) = platform;
        let config = json!({"os": os, "architecture": architecture, "created": "2026-01-01T00:00:00Z",
            "rootfs": {"type": "layers", "diff_ids": []}});
        let config =
            self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        let mut manifest = self
            .blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
        manifest["platform"] = json!({"os": os, "architecture": architecture});
        manifest
    }

    pub(crate) fn index(&self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.folder.write("index.json", &index.to_string());
    }

    pub(crate) fn of(layers: &[Files<'_>]) -> Self {
        let layout = Self::new();
        let image = layout.image(layers, ("linux", "amd64"));
        layout.index(&[image]);
        layout
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let whole = [&["image"], arguments].concat();
        bollwerk(self.path().parent().unwrap(), &whole, "")
    }

    pub(crate) fn name(&self) -> String {
        self.path().display().to_string()
    }
}

/// Holds an output against the schema of its name.
pub(crate) fn fits(output: &Value) {
    let name = output["schema"].as_str().unwrap().replace("/v", ".v");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    let schema = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(output).map(|it| format!("{it} at {}", it.instance_path()));
    assert_eq!(errors.collect::<Vec<_>>(), [""; 0], "{output:#}");
}
