//! OCI layouts, written file by file.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::io::Write;
use std::path::{Path, PathBuf};

use image::Digest;
use serde_json::{Value, json};

use super::{Folder, bollwerk};

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
        self.described(layers, platform, "2026-01-01T00:00:00Z")
    }

    /// An image with a name of its own.
    pub(crate) fn built_at(&self, layers: &[Files<'_>], created: &str, name: &str) -> Value {
        let mut manifest = self.described(layers, ("linux", "amd64"), created);
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        manifest
    }

    fn described(&self, layers: &[Files<'_>], platform: (&str, &str), created: &str) -> Value {
        let contents: Vec<Vec<u8>> = layers.iter().map(|files| tar(files)).collect();
        let digests: Vec<String> = contents.iter().map(|it| Digest::of(it).to_string()).collect();
        let packed = |content: &Vec<u8>| {
            self.blob("application/vnd.oci.image.layer.v1.tar+gzip", &gzip(content))
        };
        let layers: Vec<Value> = contents.iter().map(packed).collect();
        let (os, architecture) = platform;
        let config = json!({"os": os, "architecture": architecture, "created": created,
            "rootfs": {"type": "layers", "diff_ids": digests}});
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

    /// Files of all layers.
    pub(crate) fn layers(&self) -> Vec<PathBuf> {
        let index = std::fs::read(self.path().join("index.json")).unwrap();
        let index: Value = serde_json::from_slice(&index).unwrap();
        let manifests = index["manifests"].as_array().unwrap().iter();
        let manifest = |it: &Value| -> Value {
            let content = std::fs::read(self.file(it["digest"].as_str().unwrap())).unwrap();
            serde_json::from_slice(&content).unwrap()
        };
        let layers = manifests.flat_map(|it| manifest(it)["layers"].as_array().unwrap().clone());
        layers.map(|it| self.file(it["digest"].as_str().unwrap())).collect()
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
