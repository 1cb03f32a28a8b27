//! Texts that findings share: stored once, looked up by the writer, and searched in memory.
//!
//! A search is for any part of a text, which neither database has an index for that both would
//! understand in the same way. So the texts, which are far fewer than the findings, are kept in one
//! piece of memory and read from end to end: gigabytes in a second.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use aws_lc_rs::digest;
use memchr::memmem;

use crate::StoreError;
use crate::transaction::{Columns, Kind, Rows, Transaction, Value};

/// What a text is known by in memory.
type Digest = [u8; 16];

const TEXTS: Columns = Columns {
    table: "texts",
    columns: &[("id", Kind::Int), ("digest", Kind::Int), ("text", Kind::Text)],
};

/// The texts a writer has met, by digest.
#[derive(Default)]
pub(crate) struct Known(HashMap<Digest, i64>);

impl Known {
    /// Stores what is new of these texts. None holds the character 0.
    pub(crate) fn add(
        &mut self,
        transaction: &mut Transaction<'_>,
        texts: &[&str],
    ) -> Result<(), StoreError> {
        let mut missing: HashMap<Digest, &str> = HashMap::new();
        for text in texts {
            let digest = digest_of(text);
            if !self.0.contains_key(&digest) {
                missing.insert(digest, text);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let asked: Vec<i64> = missing.keys().map(stored_digest).collect();
        let sql = format!("SELECT id, text FROM texts WHERE {}", transaction.within("digest", 1));
        transaction.each(&sql, &[Value::Ints(asked.into())], |row| {
            let digest = digest_of(row.text(1)?);
            if missing.remove(&digest).is_some() {
                self.0.insert(digest, row.int(0)?);
            }
            Ok(())
        })?;
        if missing.is_empty() {
            return Ok(());
        }
        let first = transaction.take("texts", missing.len())?;
        let mut rows = Rows::of(&TEXTS);
        for (id, (digest, text)) in (first..).zip(missing) {
            rows.push([id.into(), stored_digest(&digest).into(), Value::text(text)]);
            self.0.insert(digest, id);
        }
        transaction.insert(&TEXTS, &rows, "")
    }

    pub(crate) fn number(&self, text: &str) -> Option<i64> {
        self.0.get(&digest_of(text)).copied()
    }
}

/// The number of a text, if it was ever stored.
pub(crate) fn number(
    transaction: &mut Transaction<'_>,
    text: &str,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM texts WHERE digest = $1 AND text = $2";
    let values = [stored_digest(&digest_of(text)).into(), Value::text(text)];
    transaction.first(sql, &values, |row| row.int(0))
}

/// An attacker may choose the texts, so that it is a cryptographic one.
fn digest_of(text: &str) -> Digest {
    let mut digest = [0; 16];
    digest.copy_from_slice(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..16]);
    digest
}

fn stored_digest(digest: &Digest) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(bytes)
}

/// All texts in memory, read on as others are stored.
#[derive(Default)]
pub(crate) struct Texts(RwLock<Kept>);

/// The texts one after the other, in small letters, each ended by the character 0, which none
/// holds.
#[derive(Default)]
pub(crate) struct Kept {
    letters: Vec<u8>,
    /// Number and beginning of each, in the order of both.
    places: Vec<(i64, usize)>,
}

impl Texts {
    /// The texts, with all that a transaction sees.
    pub(crate) fn read(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<RwLockReadGuard<'_, Kept>, StoreError> {
        let last = self.kept().last();
        let newest = transaction.integer("SELECT COALESCE(MAX(id), 0) FROM texts", &[])?;
        if newest > last {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // Somebody else may have read them meanwhile.
            let last = kept.last();
            let sql = "SELECT id, text FROM texts WHERE id > $1 ORDER BY id";
            transaction.each(sql, &[last.into()], |row| {
                kept.push(row.int(0)?, row.text(1)?);
                Ok(())
            })?;
        }
        Ok(self.kept())
    }

    /// Forgets them: they are read again when they are needed.
    pub(crate) fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn last(&self) -> i64 {
        self.places.last().map_or(0, |(id, _)| *id)
    }

    fn push(&mut self, id: i64, text: &str) {
        self.places.push((id, self.letters.len()));
        self.letters.extend(text.bytes().map(|letter| letter.to_ascii_lowercase()));
        self.letters.push(0);
    }

    /// The numbers of the texts that hold `part`, which is in small letters; none when they are
    /// more than `most`.
    pub(crate) fn with(&self, part: &str, most: usize) -> Option<Vec<i64>> {
        let mut found = Vec::new();
        if part.contains('\0') {
            return Some(found);
        }
        let finder = memmem::Finder::new(part);
        let mut from = 0;
        while let Some(at) = finder.find(self.letters.get(from..)?) {
            let at = from + at;
            let place = self.places.partition_point(|(_, begin)| *begin <= at);
            if found.len() == most {
                return None;
            }
            found.extend(place.checked_sub(1).and_then(|it| self.places.get(it)).map(|it| it.0));
            match self.places.get(place) {
                Some((_, next)) => from = *next,
                None => break,
            }
        }
        Some(found)
    }

    /// Whether the text of a number holds what is looked for.
    pub(crate) fn has(&self, id: i64, finder: &memmem::Finder<'_>) -> bool {
        let Ok(place) = self.places.binary_search_by_key(&id, |(id, _)| *id) else { return false };
        let end = self.places.get(place + 1).map_or(self.letters.len(), |(_, next)| *next);
        let text = self.letters.get(self.places[place].1..end);
        text.is_some_and(|text| finder.find(text).is_some())
    }
}

#[cfg(test)]
mod tests {
    use memchr::memmem::Finder;

    use super::Kept;

    #[test]
    fn parts_are_found_in_the_texts_that_hold_them() {
        let mut kept = Kept::default();
        assert_eq!(kept.with("a", 9), Some(vec![]));
        for (id, text) in [(2, "Container `Web`"), (3, ""), (7, "web-web"), (9, "we"), (12, "b-1")]
        {
            kept.push(id, text);
        }
        assert_eq!(kept.with("web", 9), Some(vec![2, 7]));
        assert_eq!(kept.with("b", 9), Some(vec![2, 7, 12]));
        assert_eq!(kept.with("b", 3), Some(vec![2, 7, 12]));
        assert_eq!(kept.with("b", 2), None);
        // Neither across two texts nor by what stands between them.
        for part in ["wewe", "eb-1", "b\0", "\0", "`\0web"] {
            assert_eq!(kept.with(part, 9), Some(vec![]), "{part:?}");
        }
        assert!(kept.has(12, &Finder::new("-1")) && kept.has(2, &Finder::new("web`")));
        assert!(!kept.has(9, &Finder::new("b")) && !kept.has(4, &Finder::new("b")));
    }
}
