//! The store: one SQLite file. One thread writes and commits in groups, several connections read.
//!
//! A write is a closure over the connection. It is answered only after its transaction is on the disk
//! (`synchronous=FULL`), so whoever awaits [`Store::write`] may acknowledge. One backend means no trait; the closures
//! of this folder are what a second backend will have to speak.

pub mod account;
pub mod audit;
pub mod blob;
pub mod device;
pub mod document;
pub mod envelope;
pub mod feed;
pub mod log;
pub mod person;
mod readers;
pub mod reference;
pub mod registry;
mod writer;

use crate::{
    error::{Error, Result},
    server_key::ServerKey,
};
use gridwalk_core::sync::message::Epoch;
use rusqlite::Connection;
use std::{path::Path, time::Duration};

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// A cheap handle; clones share the writer and the readers.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: readers::Readers,
}

impl Store {
    /// Opens the file, makes it on first start and brings it to the newest schema. `queue` bounds waiting writes.
    pub fn open(file: &Path, queue: usize) -> Result<Self> {
        let mut connection = connect(file)?;
        migrations::migrations::runner()
            .run(&mut connection)
            .map_err(|error| Error::internal("migration", error))?;
        begin_first_epoch(&connection)?;
        ServerKey::make(&connection)?;
        Ok(Self {
            writer: writer::Writer::start(connection, queue)?,
            readers: readers::Readers::new(file),
        })
    }

    /// Runs `job` in a transaction and answers after it is durable. A job that fails leaves nothing behind and does
    /// not disturb the others of its group. A full queue answers [`Error::Busy`] at once.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let Pending(answer) = self.try_begin_write(job)?;
        answer.await.map_err(|_| stopped())?
    }

    /// The same in two steps.
    pub fn try_begin_write<T, F>(&self, job: F) -> Result<Pending<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.writer.submit(job).map(Pending)
    }

    /// The same for callers that have a thread to wait on (merging, the seed); a full queue is waited for.
    pub fn write_now<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.begin_write(job)?.wait()
    }

    /// The same in two steps, for whoever has something to do meanwhile.
    pub fn begin_write<T, F>(&self, job: F) -> Result<Pending<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.writer.submit_waiting(job).map(Pending)
    }

    /// Runs `query` on a reader, in one consistent view of the store.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let readers = self.readers.clone();
        tokio::task::spawn_blocking(move || readers.with(query))
            .await
            .map_err(|error| Error::internal("reader", error))?
    }

    /// The same for callers without an executor.
    pub fn read_now<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.readers.with(query)
    }
}

/// A write under way.
pub struct Pending<T>(tokio::sync::oneshot::Receiver<Result<T>>);

impl<T> Pending<T> {
    /// Waits until it is durable.
    pub fn wait(self) -> Result<T> {
        self.0.blocking_recv().map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::Internal("the writer did not answer".into())
}

/// One connection as every part of the server uses it.
fn connect(file: &Path) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    let mode: String = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Internal(format!(
            "the database cannot be opened in WAL mode (it is in {mode})"
        )));
    }
    // FULL: a commit has reached the disk before anybody is told so. This is promise 1; never weaken it.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// An epoch names one life of the store. The first begins here; every restore begins another.
fn begin_first_epoch(connection: &Connection) -> Result<()> {
    let mut nonce = [0u8; 8];
    getrandom::fill(&mut nonce).map_err(|error| Error::internal("randomness", error))?;
    connection.execute(
        "insert or ignore into server (one, epoch_counter, epoch_nonce) values (1, 1, ?1)",
        [nonce.as_slice()],
    )?;
    Ok(())
}

/// Which life of the store this is.
pub fn epoch(connection: &Connection) -> Result<Epoch> {
    let (counter, nonce) = connection
        .prepare_cached("select epoch_counter, epoch_nonce from server")?
        .query_row([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 8]>(1)?))
        })?;
    Ok(Epoch {
        counter: counter.unsigned_abs(),
        nonce: u64::from_be_bytes(nonce),
    })
}

/// A number that only grows, by name. Read and moved inside the caller's transaction.
pub fn next_count(connection: &Connection, name: &str) -> Result<u64> {
    let value: i64 = connection
        .prepare_cached(
            "insert into counter (name, value) values (?1, 1)
             on conflict (name) do update set value = value + 1 returning value",
        )?
        .query_row([name], |row| row.get(0))?;
    Ok(value.unsigned_abs())
}
