use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher, RandomState};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Params, Row, Statement};

/// The rows of a query that is made again and again: one that comes again as it was is shared, not
/// understood again. Of thousands of rows that a screen shows, a change concerns a few.
#[derive(Debug)]
pub struct Memo<T> {
    hashing: RandomState,
    /// The rows of the last time, by what all their columns came to; that two different ones come
    /// to the same has a chance of one in 2^64.
    rows: RefCell<HashMap<u64, Arc<T>>>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self {
            hashing: RandomState::new(),
            rows: RefCell::default(),
        }
    }
}

impl<T> Memo<T> {
    /// All rows of the query, in its order. `understand` may look at nothing but the row.
    ///
    /// # Errors
    /// Those of the query, and of `understand`.
    pub fn rows(
        &self,
        statement: &mut Statement<'_>,
        params: impl Params,
        understand: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<Arc<T>>> {
        let columns = statement.column_count();
        let before = self.rows.take();
        let mut now = HashMap::with_capacity(before.len());
        let mut all = Vec::with_capacity(before.len());
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            let content = self.content(row, columns)?;
            let one = match before.get(&content) {
                Some(known) => known.clone(),
                None => Arc::new(understand(row)?),
            };
            now.insert(content, one.clone());
            all.push(one);
        }
        self.rows.replace(now);
        Ok(all)
    }

    fn content(&self, row: &Row<'_>, columns: usize) -> rusqlite::Result<u64> {
        let mut hasher = self.hashing.build_hasher();
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => hasher.write_u8(0),
                ValueRef::Integer(number) => (1_u8, number).hash(&mut hasher),
                ValueRef::Real(number) => (2_u8, number.to_bits()).hash(&mut hasher),
                ValueRef::Text(text) => (3_u8, text).hash(&mut hasher),
                ValueRef::Blob(bytes) => (4_u8, bytes).hash(&mut hasher),
            }
        }
        Ok(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn texts(connection: &Connection, memo: &Memo<String>) -> Vec<Arc<String>> {
        let mut statement = connection
            .prepare("SELECT id, text FROM rows ORDER BY id DESC")
            .unwrap();
        memo.rows(&mut statement, [], |row| row.get(1)).unwrap()
    }

    #[test]
    fn only_what_changed_is_understood_again() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO rows VALUES (1, \
                 'one'), (2, 'two'), (3, 'three')",
            )
            .unwrap();
        let memo = Memo::default();
        let before = texts(&connection, &memo);
        connection
            .execute_batch(
                "UPDATE rows SET text = 'zwei' WHERE id = 2; DELETE FROM rows WHERE id = 3; \
                 INSERT INTO rows VALUES (4, 'one')",
            )
            .unwrap();
        let after = texts(&connection, &memo);
        let seen: Vec<&str> = after.iter().map(|text| text.as_str()).collect();
        assert_eq!(seen, ["one", "zwei", "one"]);
        assert!(Arc::ptr_eq(&after[2], &before[2]));
        assert!(!Arc::ptr_eq(&after[0], &before[2]), "another row");
        // What is gone isn't kept.
        drop(before);
        assert_eq!(Arc::strong_count(&after[1]), 2);
        assert_eq!(memo.rows.borrow().len(), 3);
    }

    #[test]
    fn what_cannot_be_understood_is_told_each_time() {
        let connection = Connection::open_in_memory().unwrap();
        let memo: Memo<i64> = Memo::default();
        for _ in 0..2 {
            let mut statement = connection.prepare("SELECT 'no number'").unwrap();
            assert!(memo.rows(&mut statement, [], |row| row.get(0)).is_err());
        }
    }
}
