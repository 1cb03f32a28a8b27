//! Images and SBOMs in a folder, found by the names that deployments know them by.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use image::Reference;

use super::input::{Input, Load};

/// Files and folders that are looked at.
const ENTRIES_MAX: usize = 100_000;

/// What is in the folder.
#[derive(Default)]
pub(super) struct LocalImages {
    found: HashMap<String, Arc<Input>>,
    /// What is no image and no SBOM, or has the name of another, as a sentence each.
    pub(super) problems: Vec<String>,
}

impl LocalImages {
    /// Reads every layout, archive and SBOM of a folder.
    pub(super) fn read(folder: &Path, how: Load<'_>) -> Result<Self> {
        let shown = || format!("the folder {} cannot be read", folder.display());
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).with_context(shown)? {
            paths.push(entry.with_context(shown)?.path());
        }
        paths.sort();
        let mut local = Self::default();
        if paths.len() > ENTRIES_MAX {
            let more = paths.len() - ENTRIES_MAX;
            local.problems.push(format!("{more} more files in {}", folder.display()));
            paths.truncate(ENTRIES_MAX);
        }
        for path in paths {
            let is_image = path.join("oci-layout").is_file()
                || path.extension().is_some_and(|it| it == "tar" || it == "json");
            if !is_image {
                continue;
            }
            match Input::load_all(&path, how) {
                Ok(inputs) => {
                    for (names, input) in inputs {
                        local.add(&names, input, &path);
                    }
                }
                Err(error) => local.problems.push(format!("{}: {error:#}", path.display())),
            }
        }
        Ok(local)
    }

    /// The image that a deployment means: by its digest if it names one, else by its name.
    pub(super) fn find(&self, reference: &str) -> Option<&Arc<Input>> {
        self.found.get(&key(reference))
    }

    fn add(&mut self, names: &[String], input: Input, path: &Path) {
        let input = Arc::new(input);
        let mut keys: Vec<String> = names.iter().map(|name| key(name)).collect();
        keys.push(input.digest.clone());
        keys.sort();
        keys.dedup();
        for key in keys {
            let before = self.found.entry(key.clone()).or_insert_with(|| input.clone());
            if before.digest != input.digest {
                self.problems.push(format!(
                    "{}: another file of the folder has an image `{key}` too, which is taken",
                    path.display()
                ));
            }
        }
    }
}

/// One spelling of what means the same image.
fn key(name: &str) -> String {
    match name.parse::<Reference>() {
        Ok(Reference { digest: Some(digest), .. }) => digest.to_string(),
        Ok(it) => {
            format!("{}/{}:{}", it.registry, it.repository, it.tag.as_deref().unwrap_or("latest"))
        }
        Err(_) => name.to_owned(),
    }
}
