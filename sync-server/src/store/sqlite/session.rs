//! A connection of SQLite under the store's own words.

use super::fault;
use crate::store::{
    connection::{Connection, Fault, Session},
    value::{Cells, Row, Value},
};
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};
use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// Wraps it; `news` is set when what was written is to be told of.
pub fn open(connection: rusqlite::Connection, news: Arc<AtomicBool>) -> Connection {
    Connection::new(Box::new(Sqlite(connection, news)))
}

struct Sqlite(rusqlite::Connection, Arc<AtomicBool>);

impl Sqlite {
    fn run<T>(
        &self,
        sql: &str,
        params: &[Value<'_>],
        run: impl FnOnce(
            &mut rusqlite::CachedStatement<'_>,
            rusqlite::ParamsFromIter<&[Value<'_>]>,
        ) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let mut statement = self.0.prepare_cached(&without_locks(sql)).map_err(fault)?;
        run(&mut statement, rusqlite::params_from_iter(params)).map_err(fault)
    }
}

impl Session for Sqlite {
    fn execute(&self, sql: &str, params: &[Value<'_>]) -> Result<usize, Fault> {
        self.run(sql, params, |statement, params| statement.execute(params))
    }

    fn query(
        &self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), Fault> {
        self.run(sql, params, |statement, params| {
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                if !each(&Row(&Shown(row))) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn batch(&self, sql: &str) -> Result<(), Fault> {
        self.0.execute_batch(sql).map_err(fault)
    }

    fn announce(&self) -> Result<(), Fault> {
        self.1.store(true, Relaxed);
        Ok(())
    }
}

/// There is one writer, so rows need no lock, and SQLite has no words for it.
fn without_locks(sql: &str) -> Cow<'_, str> {
    if sql.contains(" for update") {
        sql.replace(" for update skip locked", "")
            .replace(" for update", "")
            .into()
    } else {
        sql.into()
    }
}

struct Shown<'a>(&'a rusqlite::Row<'a>);

impl Cells for Shown<'_> {
    fn count(&self) -> usize {
        self.0.as_ref().column_count()
    }

    fn cell(&self, at: usize) -> Result<Value<'_>, Fault> {
        Ok(match self.0.get_ref(at).map_err(fault)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(text) => Value::Text(
                std::str::from_utf8(text).map_err(|error| Fault::Failed(error.to_string()))?,
            ),
            ValueRef::Blob(bytes) => Value::Blob(bytes),
        })
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(number),
            Value::Real(number) => ValueRef::Real(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
