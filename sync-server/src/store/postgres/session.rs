//! A connection of PostgreSQL under the store's own words, and what its errors mean.

use super::{Drive, told, value::Cell};
use crate::store::{
    connection::{Connection, Fault, Session},
    value::{Cells, Row, Value},
};
use deadpool_postgres::{Object, Pool, PoolError};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};
use tokio_postgres::{error::SqlState, types::ToSql};

/// How a transaction is doing, for the thread that will have to end it.
#[derive(Default, Debug)]
pub struct Pulse {
    /// A statement failed, and with it everything since the last savepoint.
    broken: AtomicBool,
    /// Another writer was in the way; the same again may succeed.
    overtaken: AtomicBool,
    /// The connection has gone.
    lost: AtomicBool,
    /// A transaction is open.
    open: AtomicBool,
    /// It announces something already: once is enough, and each time is a way to the database and back.
    announced: AtomicBool,
}

impl Pulse {
    /// A commit would keep everything that was written.
    pub fn is_whole(&self) -> bool {
        !self.broken.load(SeqCst) && !self.lost.load(SeqCst)
    }
    /// The same again may succeed.
    pub fn is_overtaken(&self) -> bool {
        self.overtaken.load(SeqCst)
    }
    /// The connection has gone.
    pub fn is_lost(&self) -> bool {
        self.lost.load(SeqCst)
    }
}

/// Takes a connection from the pool until it is dropped.
pub async fn open(pool: &Pool, drive: &Arc<Drive>) -> Result<(Connection, Arc<Pulse>), Fault> {
    let pulse = Arc::new(Pulse::default());
    let client = pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => fault(&error, &pulse),
        other => Fault::Busy(other.to_string()),
    })?;
    let session = Postgres {
        client: Some(client),
        drive: drive.clone(),
        pulse: pulse.clone(),
    };
    Ok((Connection::new(Box::new(session)), pulse))
}

struct Postgres {
    /// None only while it is dropped.
    client: Option<Object>,
    drive: Arc<Drive>,
    pulse: Arc<Pulse>,
}

impl Postgres {
    fn client(&self) -> Result<&Object, Fault> {
        let closing = || Fault::Failed("the connection is closing".into());
        self.client.as_ref().ok_or_else(closing)
    }

    fn failed(&self, error: &tokio_postgres::Error) -> Fault {
        self.pulse.broken.store(true, SeqCst);
        fault(error, &self.pulse)
    }

    fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        self.drive
            .wait(async { work.await.map_err(|error| self.failed(&error)) })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A transaction that nobody ended (a panic) must not be the next one's: the connection goes with it.
        if self.pulse.open.load(SeqCst)
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

impl Session for Postgres {
    fn execute(&self, sql: &str, params: &[Value<'_>]) -> Result<usize, Fault> {
        let (client, sql) = (self.client()?, numbered(sql));
        let params = bound(params);
        let touched = self.wait(async {
            let statement = client.prepare_cached(&sql).await?;
            client.execute(&statement, &params).await
        })?;
        Ok(usize::try_from(touched).unwrap_or(usize::MAX))
    }

    fn query(
        &self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), Fault> {
        let (client, sql) = (self.client()?, numbered(sql));
        let params = bound(params);
        let rows = self.wait(async {
            let statement = client.prepare_cached(&sql).await?;
            client.query(&statement, &params).await
        })?;
        for row in &rows {
            if !each(&Row(&Shown(row))) {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<(), Fault> {
        let client = self.client()?;
        if sql.starts_with("begin") {
            self.pulse.open.store(true, SeqCst);
            self.pulse.announced.store(false, SeqCst);
        }
        self.wait(client.batch_execute(sql))?;
        if sql == "commit" || sql == "rollback" {
            self.pulse.open.store(false, SeqCst);
        } else if sql.starts_with("rollback to") {
            self.pulse.broken.store(false, SeqCst);
            self.pulse.announced.store(false, SeqCst); // it went with the rest
        }
        Ok(())
    }

    fn walk(&self, sql: &str, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<(), Fault> {
        // A name for each query: `fetch` is prepared once per connection, with the columns that it had then.
        let name = sql.bytes().fold(0u64, |name, byte| {
            name.wrapping_mul(31).wrapping_add(byte.into())
        });
        let fetch = format!("fetch 500 from walk_{name}");
        self.batch(&format!("declare walk_{name} no scroll cursor for {sql}"))?;
        let (mut found, mut wanted) = (true, true);
        while found && wanted {
            found = false;
            self.query(&fetch, &[], &mut |row| {
                found = true;
                wanted = each(row);
                wanted
            })?;
        }
        self.batch(&format!("close walk_{name}"))
    }

    fn count_on(&self, table: &str, column: &str) -> Result<(), Fault> {
        let sql = format!(
            "select setval(pg_get_serial_sequence('{table}', '{column}'),
               coalesce((select max({column}) from {table}), 0) + 1, false)"
        );
        self.query(&sql, &[], &mut |_| true)
    }

    fn lock(&self, sql: &str, params: &[Value<'_>]) -> Result<(), Fault> {
        self.query(sql, params, &mut |_| true)
    }

    fn overtaken(&self) {
        self.pulse.overtaken.store(true, SeqCst);
    }

    fn announce(&self) -> Result<(), Fault> {
        if self.pulse.announced.swap(true, SeqCst) {
            return Ok(());
        }
        self.query(super::listen::ANNOUNCE, &[], &mut |_| true)
    }
}

fn bound<'a>(params: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|value| value as _).collect()
}

/// Our words as PostgreSQL writes them: `?1` is `$1`, and a lock that leaves foreign keys alone is enough for us.
fn numbered(sql: &str) -> String {
    let mut quoted = false;
    let numbered: String = sql
        .chars()
        .map(|sign| {
            quoted ^= sign == '\'';
            if sign == '?' && !quoted { '$' } else { sign }
        })
        .collect();
    numbered.replace(" for update", " for no key update")
}

/// What an error means, and what it says of the transaction.
fn fault(error: &tokio_postgres::Error, pulse: &Pulse) -> Fault {
    let text = told(error);
    let Some(code) = error.code() else {
        if error.is_closed()
            || std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
        {
            pulse.lost.store(true, SeqCst);
            return Fault::Busy(text);
        }
        return Fault::Failed(text);
    };
    match *code {
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            pulse.overtaken.store(true, SeqCst);
            Fault::Busy(text)
        }
        // Two writers made the same row; whoever comes second looks again and finds it.
        SqlState::UNIQUE_VIOLATION => {
            pulse.overtaken.store(true, SeqCst);
            Fault::Failed(text)
        }
        SqlState::DISK_FULL => Fault::Full,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            pulse.lost.store(true, SeqCst);
            Fault::Busy(text)
        }
        SqlState::LOCK_NOT_AVAILABLE
        | SqlState::TOO_MANY_CONNECTIONS
        | SqlState::QUERY_CANCELED => Fault::Busy(text),
        _ => Fault::Failed(text),
    }
}

struct Shown<'a>(&'a tokio_postgres::Row);

impl Cells for Shown<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn cell(&self, at: usize) -> Result<Value<'_>, Fault> {
        let cell: Cell<'_> = self
            .0
            .try_get(at)
            .map_err(|error| Fault::Failed(told(&error)))?;
        Ok(cell.0)
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn parameters_are_numbered_as_the_database_does_and_quoted_text_is_left_alone() {
        assert_eq!(
            numbered("select '?' from a where b = ?1 and c = ?12 for update"),
            "select '?' from a where b = $1 and c = $12 for no key update"
        );
    }
}
