//! Which database is used: the one that is named, else the newer of the user's and the embedded.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use advisory::signature::verified;
use advisory::{Database, Date, EMBEDDED};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use super::verify::key;
use crate::arguments::DatabaseInput;

/// The name of the user's database in the folder for data.
const FILE: &str = "bollwerk/advisories.bwdb";

/// Bytes of a database, and where they come from.
pub(crate) struct Chosen {
    file: Cow<'static, [u8]>,
    /// Bytes of the database; signatures may stand behind it.
    length: usize,
    /// None of the embedded one.
    path: Option<PathBuf>,
    is_verified: bool,
}

impl Chosen {
    /// Chooses, and verifies where a key is given.
    pub(crate) fn of(input: &DatabaseInput) -> Result<Self> {
        let key = input.database_key.as_deref();
        if let Some(path) = &input.database {
            return Self::read(path, key);
        }
        let own = user_path().filter(|path| path.is_file());
        let Some(path) = own else {
            if key.is_some() {
                bail!(
                    "the advisories that bollwerk carries are not signed by this key; fetch some \
                     that are with `bollwerk db update --database-key`"
                );
            }
            return Ok(Self::embedded());
        };
        let own = Self::read(&path, key)?;
        let embedded = Self::embedded();
        let is_newer = key.is_some() || state(&own.open()?) >= state(&embedded.open()?);
        Ok(if is_newer { own } else { embedded })
    }

    fn embedded() -> Self {
        let length = EMBEDDED.len();
        Self { file: Cow::Borrowed(EMBEDDED), length, path: None, is_verified: false }
    }

    fn read(path: &Path, public: Option<&Path>) -> Result<Self> {
        let shown = path.display();
        let file = fs::read(path).with_context(|| format!("the database {shown}"))?;
        let opened = match public {
            Some(public) => verified(&file, &key(public)?).map_err(anyhow::Error::from),
            None => Database::split(&file).map(|(bytes, _)| bytes).map_err(anyhow::Error::from),
        };
        let bytes = opened.map_err(|error| anyhow!("{shown} cannot be used: {error}"))?;
        let length = bytes.len();
        let path = Some(path.to_owned());
        Ok(Self { file: Cow::Owned(file), length, path, is_verified: public.is_some() })
    }

    /// Opens it.
    pub(crate) fn open(&self) -> Result<Database<'_>> {
        let bytes = self.file.get(..self.length).unwrap_or_default();
        let shown =
            || self.path.as_ref().map_or_else(String::new, |it| format!(" {}", it.display()));
        Database::open(bytes).map_err(|error| anyhow!("the database{} {error}", shown()))
    }

    /// The whole file, with its signatures.
    pub(super) fn file(&self) -> &[u8] {
        &self.file
    }

    /// Where it is; none of the embedded one.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Which it is, on one line.
    pub(crate) fn words(&self) -> String {
        let state = self.open().ok().and_then(|it| state(&it));
        let state = state.map_or_else(String::new, |day| format!(", of {day}"));
        match &self.path {
            Some(path) => format!("{}{state}", path.display()),
            None => format!("those that bollwerk carries{state}"),
        }
    }

    /// The same for programs.
    pub(crate) fn as_json(&self) -> Value {
        let database = self.open().ok();
        json!({
            "origin": if self.path.is_some() { "file" } else { "embedded" },
            "path": self.path.as_ref().map(|it| it.display().to_string()),
            "state": database.and_then(|it| state(&it)).map(|it| it.to_string()),
            "fingerprint": database.map(|it| format!("{:016x}", it.fingerprint())),
            "verified": self.is_verified,
        })
    }
}

/// The day a database is of: when it was built, else the newest of its sources.
pub(crate) fn state(database: &Database<'_>) -> Option<Date> {
    let built = database.built_at().and_then(|it| Date::parse(&it.to_string()));
    built.or_else(|| database.sources().iter().filter_map(|source| source.date).max())
}

/// Where the user's database is: `BOLLWERK_DATABASE`, else in the platform's folder for data (the
/// XDG Base Directory Specification; `Library/Application Support`; `LOCALAPPDATA`).
pub(super) fn user_path() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = || folder("HOME");
    let data = || {
        if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            Some(home()?.join("Library/Application Support"))
        } else {
            let data = folder("XDG_DATA_HOME").filter(|it| it.is_absolute());
            data.or_else(|| Some(home()?.join(".local/share")))
        }
    };
    folder("BOLLWERK_DATABASE").or_else(|| Some(data()?.join(FILE)))
}
