//! rpm's database of installed packages, in the three forms it was kept in.
//!
//! Source: `lib/backend` of rpm: SQLite since rpm 4.16, `ndb` of SUSE, Berkeley DB before.

mod berkeley;
mod header;
mod ndb;
mod sqlite;

use crate::Fact;

/// Files of all packages of a database. The largest installations have about one million.
const FILES_MAX: usize = 4_000_000;

/// In which form a database is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpmDatabase {
    /// `rpmdb.sqlite`.
    Sqlite,
    /// What SQLite has not yet written into `rpmdb.sqlite`.
    SqliteLog,
    /// `Packages.db`.
    Ndb,
    /// `Packages`.
    Berkeley,
}

impl RpmDatabase {
    /// The form of a file of this name in a folder that is a database.
    pub(super) fn of(folder: &str, name: &str) -> Option<Self> {
        let is_database = matches!(
            folder,
            "var/lib/rpm" | "usr/lib/sysimage/rpm" | "usr/share/rpm" | "usr/lib/rpm-db"
        );
        Some(match name {
            _ if !is_database => return None,
            "rpmdb.sqlite" => Self::Sqlite,
            "rpmdb.sqlite-wal" => Self::SqliteLog,
            "Packages.db" => Self::Ndb,
            "Packages" => Self::Berkeley,
            _ => return None,
        })
    }
}

/// The packages of a database, and the files they brought.
pub(super) fn installed(form: RpmDatabase, content: &[u8]) -> Result<Vec<Fact>, String> {
    let mut packages = Vec::new();
    let mut owned = Vec::new();
    let mut bytes = 0;
    let mut take = |blob: &[u8]| {
        // Two of them that share bytes would make a small file endless.
        bytes += blob.len();
        if bytes > content.len() {
            return Err("its packages are larger than it is itself".to_owned());
        }
        let header = header::Header::parse(blob)?;
        packages.extend(header.package()?);
        header.files(&mut owned)?;
        if owned.len() > FILES_MAX {
            return Err(format!("its packages have more than {FILES_MAX} files"));
        }
        Ok(())
    };
    match form {
        RpmDatabase::Sqlite => sqlite::packages(content, &mut take)?,
        RpmDatabase::Ndb => ndb::packages(content, &mut take)?,
        RpmDatabase::Berkeley => berkeley::packages(content, &mut take)?,
        RpmDatabase::SqliteLog if content.is_empty() => return Ok(Vec::new()),
        RpmDatabase::SqliteLog => {
            return Err("SQLite's log of changes, which is not read: packages that stand in it \
                        alone are not known"
                .to_owned());
        }
    }
    Ok(vec![Fact::Packages(packages), Fact::Owned(owned.into())])
}
