//! Pages of a list, one after the other by what the last row of one was.

use std::fmt;
use std::str::FromStr;

use crate::StoreError;

/// The most rows a page has.
pub const PAGE_ROWS_MAX: usize = 1_000;

/// Where a page ended: opaque to all but the list that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which list and order it belongs to.
    list: char,
    /// What the last row is ordered by.
    keys: Vec<i64>,
}

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the page before it ended; none for the first.
    pub after: Option<Cursor>,
    /// How many rows at most; more than [`PAGE_ROWS_MAX`] are never given.
    pub limit: usize,
}

impl PageRequest {
    /// The first page.
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }

    pub(crate) fn rows(&self) -> usize {
        self.limit.clamp(1, PAGE_ROWS_MAX)
    }

    /// What the last row of the page before was ordered by.
    pub(crate) fn keys<const KEYS: usize>(
        &self,
        list: char,
    ) -> Result<Option<[i64; KEYS]>, StoreError> {
        let Some(cursor) = &self.after else {
            return Ok(None);
        };
        if cursor.list != list {
            return Err(StoreError::Cursor);
        }
        cursor.keys.as_slice().try_into().map(Some).map_err(|_| StoreError::Cursor)
    }
}

/// Rows of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
    /// How many rows the whole list has, exactly unless `is_least`.
    pub total: u64,
    /// Whether there are more than `total`: of a search that finds very many, no more than
    /// [`COUNTED_MAX`](crate::COUNTED_MAX) are counted.
    pub is_least: bool,
}

impl<T> Page<T> {
    /// A page of rows of which one more than asked for was read, if there are more.
    pub(crate) fn of<const KEYS: usize>(
        list: char,
        request: &PageRequest,
        mut rows: Vec<([i64; KEYS], T)>,
        total: u64,
    ) -> Self {
        let has_more = rows.len() > request.rows();
        rows.truncate(request.rows());
        let next =
            rows.last().filter(|_| has_more).map(|(keys, _)| Cursor { list, keys: keys.to_vec() });
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        Self { rows, next, total, is_least: false }
    }

    /// The page with its rows made into something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        let rows = self.rows.into_iter().map(change).collect();
        Page { rows, next: self.next, total: self.total, is_least: self.is_least }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.list)?;
        self.keys.iter().try_for_each(|key| write!(formatter, ".{key}"))
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let mut parts = text.split('.');
        let list = parts.next().and_then(|part| part.parse().ok()).ok_or(StoreError::Cursor)?;
        // No list is ordered by more than four values.
        let keys: Result<Vec<i64>, _> = parts.take(5).map(str::parse).collect();
        Ok(Self { list, keys: keys.map_err(|_| StoreError::Cursor)? })
    }
}
