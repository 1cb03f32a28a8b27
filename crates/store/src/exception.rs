//! Exceptions that were made in the interface.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::filter::choices;
use crate::query::Conditions;
use crate::transaction::{Row, Transaction, Value};
use crate::{Page, PageRequest, Store, StoreError, text};

/// An exception as somebody makes it. Texts may hold `*` for any run of characters; what is none
/// holds for all, as `analyze::exception::Scope` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewException {
    /// The cluster it holds in.
    pub cluster: String,
    /// The control: a name or an id.
    pub control: String,
    /// The object's namespace.
    pub namespace: Option<String>,
    /// The object's kind.
    pub kind: Option<String>,
    /// The object's name.
    pub name: Option<String>,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// An exception as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its number.
    pub id: i64,
    /// What was made.
    pub made: NewException,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, control, namespace, kind, name, reason, owner, until, made_by, \
                       made_at, ended_by, ended_at, cluster";

impl Store {
    /// Adds an exception; its number.
    pub fn add_exception(
        &self,
        new: &NewException,
        made_by: &str,
        made_at: Timestamp,
    ) -> Result<i64, StoreError> {
        self.write(|transaction| {
            let id = transaction.take("exceptions", 1)?;
            let made = Exception {
                id,
                made: new.clone(),
                made_by: made_by.to_owned(),
                made_at,
                ended_by: None,
                ended_at: None,
            };
            insert(transaction, &made)?;
            Ok(id)
        })
    }

    /// Ends an exception; whether there was one that had not ended.
    pub fn end_exception(&self, id: i64, by: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE exceptions SET ended_by = $2, ended_at = $3 \
                   WHERE id = $1 AND ended_at IS NULL";
        let by = Value::Text(text::line(by));
        self.write(|transaction| Ok(transaction.execute(sql, &[id.into(), by, at.into()])? > 0))
    }

    /// One exception.
    pub fn exception(&self, id: i64) -> Result<Option<Exception>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exceptions WHERE id = $1");
        self.read(|transaction| transaction.first(&sql, &[id.into()], read))
    }

    /// Exceptions of these clusters (none: of all), the last made first; `with_ended` says whether
    /// those that were ended are among them. One whose last day is over has not been ended.
    pub fn exceptions(
        &self,
        clusters: Option<&[String]>,
        with_ended: bool,
        page: &PageRequest,
    ) -> Result<Page<Exception>, StoreError> {
        self.read(|transaction| {
            let mut conditions = Conditions::default();
            if !with_ended {
                conditions.add("ended_at IS NULL".to_owned());
            }
            if let Some(clusters) = clusters {
                choices(&mut conditions, "cluster", clusters);
            }
            let sql = format!("SELECT COUNT(*) FROM exceptions {}", conditions.clause());
            let total = transaction.count(&sql, &conditions.values)?;
            if let Some([id]) = page.keys('e')? {
                conditions.compare("id", "<", id);
            }
            let limit = conditions.value(page.rows() + 1);
            let sql = format!(
                "SELECT {COLUMNS} FROM exceptions {} ORDER BY id DESC LIMIT ${limit}",
                conditions.clause()
            );
            let rows = transaction.all(&sql, &conditions.values, |row| {
                let exception = read(row)?;
                Ok(([exception.id], exception))
            })?;
            Ok(Page::of('e', page, rows, total))
        })
    }
}

/// Writes an exception under its own number.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    exception: &Exception,
) -> Result<(), StoreError> {
    let NewException { cluster, control, namespace, kind, name, reason, owner, until } =
        &exception.made;
    let kept = |text: &Option<String>| match text {
        Some(text) => Value::Text(text::line(text).into_owned().into()),
        None => Value::Null,
    };
    let sql = format!(
        "INSERT INTO exceptions ({COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    let values = [
        exception.id.into(),
        Value::Text(text::line(control)),
        kept(namespace),
        kept(kind),
        kept(name),
        Value::Text(text::line(reason)),
        kept(owner),
        Value::int_or_null(until.map(crate::counts::day_number)),
        Value::Text(text::line(&exception.made_by)),
        exception.made_at.into(),
        kept(&exception.ended_by),
        Value::int_or_null(exception.ended_at.map(Timestamp::as_microsecond)),
        Value::Text(text::line(cluster)),
    ];
    transaction.execute(&sql, &values).map(drop)
}

fn read(row: &Row<'_>) -> Result<Exception, StoreError> {
    let until = row.int_or_null(7)?.map(crate::counts::date_of).transpose()?;
    Ok(Exception {
        id: row.int(0)?,
        made: NewException {
            cluster: row.string(12)?,
            control: row.string(1)?,
            namespace: row.string_or_null(2)?,
            kind: row.string_or_null(3)?,
            name: row.string_or_null(4)?,
            reason: row.string(5)?,
            owner: row.string_or_null(6)?,
            until,
        },
        made_by: row.string(8)?,
        made_at: row.time(9)?,
        ended_by: row.string_or_null(10)?,
        ended_at: row.time_or_null(11)?,
    })
}
