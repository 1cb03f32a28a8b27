//! Names that many rows share, stored once and meant by a number.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::StoreError;
use crate::texts::Known;
use crate::transaction::{Columns, Kind, Rows, Transaction, Value};

/// What a right to see is given for: objects of a kind in a namespace of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// What [`Sight::Scopes`](crate::Sight::Scopes) names it by.
    pub id: i64,
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; none for objects that stand in none.
    pub namespace: Option<String>,
}

/// The numbers of one cluster's names, as the writer has them.
pub(crate) struct Names {
    pub(crate) cluster: i64,
    scopes: HashMap<[String; 3], i64>,
    /// The highest number among them.
    last_scope: i64,
    controls: HashMap<String, i64>,
    owners: HashMap<String, i64>,
    texts: Known,
}

const SCOPES: Columns = Columns {
    table: "scopes",
    columns: &[
        ("id", Kind::Int),
        ("cluster", Kind::Int),
        ("api_group", Kind::Text),
        ("kind", Kind::Text),
        ("namespace", Kind::Text),
    ],
};
const OWNERS: Columns =
    Columns { table: "owners", columns: &[("id", Kind::Int), ("name", Kind::Text)] };

impl Names {
    /// The names stored so far; the cluster is made when it is new.
    pub(crate) fn read(
        transaction: &mut Transaction<'_>,
        cluster: &str,
    ) -> Result<Self, StoreError> {
        let cluster = number(transaction, "clusters", cluster)?;
        let mut names = Self {
            cluster,
            scopes: HashMap::new(),
            last_scope: 0,
            controls: all(transaction, "controls")?,
            owners: all(transaction, "owners")?,
            texts: Known::default(),
        };
        names.read_scopes(transaction)?;
        Ok(names)
    }

    /// Reads the scopes that were stored since the last time: decisions store some, too.
    fn read_scopes(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let sql = "SELECT id, api_group, kind, namespace FROM scopes \
                   WHERE cluster = $1 AND id > $2";
        let since = [self.cluster.into(), self.last_scope.into()];
        transaction.each(sql, &since, |row| {
            let id = row.int(0)?;
            self.scopes.insert([row.string(1)?, row.string(2)?, row.string(3)?], id);
            self.last_scope = self.last_scope.max(id);
            Ok(())
        })
    }

    /// Stores what is new of these scopes (group, kind, namespace), all at once.
    pub(crate) fn add_scopes(
        &mut self,
        transaction: &mut Transaction<'_>,
        scopes: impl Iterator<Item = [String; 3]>,
    ) -> Result<(), StoreError> {
        let mut missing: BTreeSet<[String; 3]> =
            scopes.filter(|scope| !self.scopes.contains_key(scope)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.read_scopes(transaction)?;
        missing.retain(|scope| !self.scopes.contains_key(scope));
        if missing.is_empty() {
            return Ok(());
        }
        let first = transaction.take("scopes", missing.len())?;
        let mut rows = Rows::of(&SCOPES);
        for (id, scope) in (first..).zip(&missing) {
            let [group, kind, namespace] = scope.each_ref().map(|part| Value::text(part));
            rows.push([id.into(), self.cluster.into(), group, kind, namespace]);
        }
        transaction.insert(&SCOPES, &rows, "")?;
        self.scopes.extend(missing.into_iter().zip(first..));
        Ok(())
    }

    /// Stores what is new of these owners, all at once.
    pub(crate) fn add_owners<'a>(
        &mut self,
        transaction: &mut Transaction<'_>,
        owners: impl Iterator<Item = &'a str>,
    ) -> Result<(), StoreError> {
        let missing: BTreeSet<&str> =
            owners.filter(|owner| !self.owners.contains_key(*owner)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let first = transaction.take("owners", missing.len())?;
        let mut rows = Rows::of(&OWNERS);
        for (id, owner) in (first..).zip(&missing) {
            rows.push([id.into(), Value::text(owner)]);
        }
        transaction.insert(&OWNERS, &rows, "")?;
        self.owners.extend(missing.into_iter().map(str::to_owned).zip(first..));
        Ok(())
    }

    /// Stores what is new of these texts, all at once.
    pub(crate) fn add_texts(
        &mut self,
        transaction: &mut Transaction<'_>,
        texts: &[&str],
    ) -> Result<(), StoreError> {
        self.texts.add(transaction, texts)
    }

    /// The number of a scope that was added.
    pub(crate) fn scope(&self, scope: &[String; 3]) -> Result<i64, StoreError> {
        self.scopes.get(scope).copied().ok_or_else(|| unknown("scope"))
    }

    /// The number of an owner that was added. Nobody known is the owner ''.
    pub(crate) fn owner(&self, name: &str) -> Result<i64, StoreError> {
        self.owners.get(name).copied().ok_or_else(|| unknown("owner"))
    }

    /// The number of a text that was added.
    pub(crate) fn text(&self, text: &str) -> Result<i64, StoreError> {
        self.texts.number(text).ok_or_else(|| unknown("text"))
    }

    /// The control's number; it is stored when it is new.
    pub(crate) fn control(
        &mut self,
        transaction: &mut Transaction<'_>,
        name: &str,
        code: &str,
    ) -> Result<i64, StoreError> {
        if let Some(id) = self.controls.get(name) {
            return Ok(*id);
        }
        let id = transaction.take("controls", 1)?;
        let sql = "INSERT INTO controls (id, name, code) VALUES ($1, $2, $3)";
        transaction.execute(sql, &[id.into(), name.into(), code.into()])?;
        self.controls.insert(name.to_owned(), id);
        Ok(id)
    }
}

fn unknown(what: &str) -> StoreError {
    StoreError::Corrupt(format!("a {what} was not stored before it was used"))
}

/// The number of one scope: group, kind, namespace. It is stored when it is new.
pub(crate) fn scope(
    transaction: &mut Transaction<'_>,
    cluster: i64,
    [group, kind, namespace]: [Cow<'_, str>; 3],
) -> Result<i64, StoreError> {
    let sql = "SELECT id FROM scopes WHERE cluster = $1 AND api_group = $2 AND kind = $3 \
               AND namespace = $4";
    let values = [cluster.into(), Value::Text(group), Value::Text(kind), Value::Text(namespace)];
    if let Some(id) = transaction.first(sql, &values, |row| row.int(0))? {
        return Ok(id);
    }
    let id = transaction.take("scopes", 1)?;
    let sql = "INSERT INTO scopes (id, cluster, api_group, kind, namespace) \
               VALUES ($5, $1, $2, $3, $4)";
    let [cluster, group, kind, namespace] = values;
    transaction.execute(sql, &[cluster, group, kind, namespace, id.into()])?;
    Ok(id)
}

/// The number of a name in a table that has nothing else; it is stored when it is new.
pub(crate) fn number(
    transaction: &mut Transaction<'_>,
    table: &'static str,
    name: &str,
) -> Result<i64, StoreError> {
    let sql = format!("SELECT id FROM {table} WHERE name = $1");
    if let Some(id) = transaction.first(&sql, &[name.into()], |row| row.int(0))? {
        return Ok(id);
    }
    let id = transaction.take(table, 1)?;
    let sql = format!("INSERT INTO {table} (id, name) VALUES ($1, $2)");
    transaction.execute(&sql, &[id.into(), Value::text(name)])?;
    Ok(id)
}

fn all(
    transaction: &mut Transaction<'_>,
    table: &'static str,
) -> Result<HashMap<String, i64>, StoreError> {
    let mut all = HashMap::new();
    transaction.each(&format!("SELECT name, id FROM {table}"), &[], |row| {
        all.insert(row.string(0)?, row.int(1)?);
        Ok(())
    })?;
    Ok(all)
}
