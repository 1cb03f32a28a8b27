//! Names that many rows share, stored once and meant by a number.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::StoreError;
use crate::transaction::{Transaction, Value};

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
    controls: HashMap<String, i64>,
    owners: HashMap<String, i64>,
}

impl Names {
    /// The names stored so far; the cluster is made when it is new.
    pub(crate) fn read(
        transaction: &mut Transaction<'_>,
        cluster: &str,
    ) -> Result<Self, StoreError> {
        let cluster = number(transaction, "clusters", cluster)?;
        let mut scopes = HashMap::new();
        let sql = "SELECT id, api_group, kind, namespace FROM scopes WHERE cluster = $1";
        transaction.each(sql, &[cluster.into()], |row| {
            scopes.insert([row.string(1)?, row.string(2)?, row.string(3)?], row.int(0)?);
            Ok(())
        })?;
        let controls = all(transaction, "controls")?;
        let owners = all(transaction, "owners")?;
        Ok(Self { cluster, scopes, controls, owners })
    }

    /// The scope's number; it is stored when it is new.
    pub(crate) fn scope(
        &mut self,
        transaction: &mut Transaction<'_>,
        group: &str,
        kind: &str,
        namespace: &str,
    ) -> Result<i64, StoreError> {
        let key = [group.to_owned(), kind.to_owned(), namespace.to_owned()];
        if let Some(id) = self.scopes.get(&key) {
            return Ok(*id);
        }
        let id = scope(transaction, self.cluster, [group, kind, namespace].map(Cow::Borrowed))?;
        self.scopes.insert(key, id);
        Ok(id)
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

    /// The owner's number; it is stored when it is new. Nobody known is the owner ''.
    pub(crate) fn owner(
        &mut self,
        transaction: &mut Transaction<'_>,
        name: &str,
    ) -> Result<i64, StoreError> {
        if let Some(id) = self.owners.get(name) {
            return Ok(*id);
        }
        let id = number(transaction, "owners", name)?;
        self.owners.insert(name.to_owned(), id);
        Ok(id)
    }
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
