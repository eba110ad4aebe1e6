//! One open transaction, as every part of the server speaks to it: SQL that both stores understand, numbered parameters
//! (`?1`), rows that are looked at one by one. What a statement may say is told in `store/mod.rs`.

use super::value::{Params, Row};
use crate::error::Error;
use std::borrow::Cow;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// One row was asked for and there is none.
    #[error("no such row")]
    NoRow,
    /// There is no room left.
    #[error("the disk is full")]
    Full,
    /// Another writer was in the way, or the database is not there at this moment: come again.
    #[error("busy: {0}")]
    Busy(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Full => Self::StorageFull,
            Fault::Busy(_) => Self::Busy,
            Fault::NoRow | Fault::Failed(_) => Self::internal("store", fault),
        }
    }
}

/// What a backend does inside a transaction. Everything else is written on top of it.
pub trait Session {
    /// Runs a statement; answers how many rows it touched.
    fn execute(&self, sql: &str, params: &[super::Value<'_>]) -> Result<usize, Fault>;
    /// Shows each row to `each`, until that says false.
    fn query(
        &self,
        sql: &str,
        params: &[super::Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), Fault>;
    /// Runs several statements without parameters.
    fn batch(&self, sql: &str) -> Result<(), Fault>;
    /// The same for as many rows as there are, without holding them all.
    fn walk(&self, sql: &str, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<(), Fault> {
        self.query(sql, &[], each)
    }
    /// Rows of this table were given their numbers by hand: whatever numbers it by itself goes on behind them.
    fn count_on(&self, _table: &str, _column: &str) -> Result<(), Fault> {
        Ok(())
    }
    /// Keeps other writers off the rows of this query, where there may be others.
    fn lock(&self, _sql: &str, _params: &[super::Value<'_>]) -> Result<(), Fault> {
        Ok(())
    }
    /// Notes that another writer was faster, so that the same again may succeed.
    fn overtaken(&self) {}
    /// Tells every process, once this is committed, that there is something new to read.
    fn announce(&self) -> Result<(), Fault>;
}

/// An open transaction.
pub struct Connection {
    session: Box<dyn Session + Send>,
}

impl Connection {
    /// Speaks through a backend's session.
    pub(super) fn new(session: Box<dyn Session + Send>) -> Self {
        Self { session }
    }

    /// A statement, compiled once per connection however often it is prepared.
    pub fn prepare_cached<'a>(
        &'a self,
        sql: impl Into<Cow<'a, str>>,
    ) -> Result<Statement<'a>, Fault> {
        Ok(Statement {
            connection: self,
            sql: sql.into(),
        })
    }

    /// Runs a statement; answers how many rows it touched.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Fault> {
        params.bind(|params| self.session.execute(sql, params))
    }

    /// The first row of an answer.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.prepare_cached(sql)?.query_row(params, read)
    }

    /// Runs several statements without parameters.
    pub fn execute_batch(&self, sql: &str) -> Result<(), Fault> {
        self.session.batch(sql)
    }

    /// Shows each row of a whole table to `each`, until that says false, and never holds them all.
    pub fn walk(&self, sql: &str, mut each: impl FnMut(&Row<'_>) -> bool) -> Result<(), Fault> {
        self.session.walk(sql, &mut each)
    }

    /// Rows of this table were given their numbers by hand: whatever numbers it by itself goes on behind them.
    pub fn count_on(&self, table: &str, column: &str) -> Result<(), Fault> {
        self.session.count_on(table, column)
    }

    /// Keeps other writers off the rows of this query until the end of the transaction. It ends with `for update` and has
    /// an order, lest two wait for each other; where there is one writer it is not even asked.
    pub fn lock(&self, sql: &str, params: impl Params) -> Result<(), Fault> {
        params.bind(|params| self.session.lock(sql, params))
    }

    /// What was decided on is not so any more, because another writer was faster. The transaction is run again if it can
    /// be; otherwise whoever asked is told to come back.
    pub fn overtaken(&self) -> Error {
        self.session.overtaken();
        Error::Busy
    }

    /// Tells every process, once this is committed, that there is something new to read.
    pub fn announce(&self) -> Result<(), Fault> {
        self.session.announce()
    }

    /// Runs `part` so that nothing of it stays when it fails, and the rest of the transaction goes on.
    pub fn savepoint<T, E: From<Fault>>(
        &self,
        part: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.execute_batch("savepoint part")?;
        let done = part(self);
        self.execute_batch(match done {
            Ok(_) => "release savepoint part",
            Err(_) => "rollback to savepoint part; release savepoint part",
        })?;
        done
    }
}

/// A prepared statement.
pub struct Statement<'a> {
    connection: &'a Connection,
    sql: Cow<'a, str>,
}

impl Statement<'_> {
    /// Runs it; answers how many rows it touched.
    pub fn execute(&mut self, params: impl Params) -> Result<usize, Fault> {
        self.connection.execute(&self.sql, params)
    }

    /// The first row of its answer.
    pub fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (mut read, mut answer) = (Some(read), Err(Fault::NoRow));
        self.each(params, |row| {
            if let Some(read) = read.take() {
                answer = read(row);
            }
            false
        })?;
        answer
    }

    /// Every row, read.
    pub fn query_map<T>(
        &mut self,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<std::vec::IntoIter<Result<T, Fault>>, Fault> {
        self.query_and_then(params, read)
    }

    /// The same where reading can fail for reasons of its own.
    pub fn query_and_then<T, E>(
        &mut self,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, E>,
    ) -> Result<std::vec::IntoIter<Result<T, E>>, Fault> {
        let mut rows = Vec::new();
        self.each(params, |row| {
            rows.push(read(row));
            true
        })?;
        Ok(rows.into_iter())
    }

    /// Shows each row to `each`, until that says false.
    pub fn each(
        &mut self,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> bool,
    ) -> Result<(), Fault> {
        params.bind(|params| self.connection.session.query(&self.sql, params, &mut each))
    }

    /// Whether there is a row.
    pub fn exists(&mut self, params: impl Params) -> Result<bool, Fault> {
        let mut found = false;
        self.each(params, |_| {
            found = true;
            false
        })?;
        Ok(found)
    }
}

/// A row that need not be there.
pub trait OptionalExtension<T> {
    /// None instead of [`Fault::NoRow`].
    fn optional(self) -> Result<Option<T>, Fault>;
}

impl<T> OptionalExtension<T> for Result<T, Fault> {
    fn optional(self) -> Result<Option<T>, Fault> {
        match self {
            Ok(found) => Ok(Some(found)),
            Err(Fault::NoRow) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
