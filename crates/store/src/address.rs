//! Where a store is.

use std::path::PathBuf;
use std::str::FromStr;

use crate::StoreError;

/// Where a store is: `memory`, `sqlite:PATH`, `postgres://USER@HOST/DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In the memory of this process; gone with it.
    Memory,
    /// A file, made when it is not there.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server, by its URL.
    Postgres(String),
}

impl FromStr for Address {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        // What stands behind the scheme may hold a password.
        let scheme = text.split_once(':').map_or(text, |(scheme, _)| scheme);
        Err(StoreError::Address(scheme.chars().take(40).collect()))
    }
}
