//! `bollwerk db verify`: whether a key has signed a database.

use std::fs;
use std::path::Path;

use advisory::Database;
use advisory::signature::{PublicKey, verified};
use anyhow::{Context, Result};

use super::FAILED;
use crate::arguments::DbVerify;
use crate::console::RED;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &DbVerify) -> Result<u8> {
    let key = key(&arguments.key)?;
    let shown = arguments.file.display();
    let file = fs::read(&arguments.file).with_context(|| format!("{shown} cannot be read"))?;
    let opened = verified(&file, &key).map_err(anyhow::Error::from);
    let opened = opened.and_then(|bytes| Ok(Database::open(bytes)?.advisories_count()));
    match opened {
        Ok(count) => {
            anstream::println!("{shown}: signed by {}, {count} advisories", key.name());
            Ok(0)
        }
        Err(error) => {
            anstream::eprintln!("{RED}{shown}:{RED:#} {error}");
            Ok(FAILED)
        }
    }
}

/// The key in a file.
pub(super) fn key(path: &Path) -> Result<PublicKey> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    PublicKey::of_pem(&text).with_context(|| format!("{shown} is no key to verify with"))
}
