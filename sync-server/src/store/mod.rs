//! The store: what the server keeps, in SQLite (one file, the default) or in PostgreSQL (several servers on one).
//!
//! A write is a closure over a [`Connection`]. It is answered only after its transaction is on the disk, so whoever
//! awaits [`Store::write`] may acknowledge.
//!
//! SQL is written once, in the words that both databases have:
//! * `on conflict … do nothing` and `do update`, `returning`; in `do update set` the row's own columns are named with their
//!   table (`counter.value + 1`). No `insert or ignore`, `json_each`, `rowid`, `zeroblob`, `strftime`, `last_insert_rowid`.
//! * Parameters are `?1`, `?2`; lists are written into the text by whoever has typed ids. Truth is an integer: `exclusive = 0`.
//! * Whoever reads in order to decide what to write keeps other writers off first: [`Connection::lock`], or `for update` at the
//!   end of the select. Locks are taken in one order: device, documents by id, partitions by grid and class, counters. SQLite
//!   has one writer and does without.
//! * A write may run again after a rollback (two writers in each other's way), so it is an `FnMut` and has no other effects.

pub mod account;
pub mod audit;
pub mod awaited;
mod backend;
pub mod blob;
mod connection;
pub mod device;
pub mod document;
pub mod envelope;
pub mod erasure;
pub mod feed;
pub mod glance;
pub mod life;
pub mod log;
pub mod loss;
pub mod opening;
pub mod pack;
pub mod person;
mod postgres;
pub mod reference;
pub mod registry;
pub mod scope;
mod sqlite;
pub mod unnamed;
mod value;

pub use crate::params;
pub use connection::{Connection, Fault, OptionalExtension, Statement};
pub use value::{Column, FromValue, Params, Row, ToValue, Value};

use crate::{
    error::{Error, Result},
    server_key::ServerKey,
};
use backend::Backend;
use gridwalk_core::sync::message::Epoch;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::watch;

/// A cheap handle; clones share the database.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    published: watch::Receiver<u64>,
    readings: Arc<AtomicU64>,
}

impl Store {
    /// Opens the file, makes it on first start and brings it to the newest schema. `queue` bounds waiting writes.
    pub fn open(file: &Path, queue: usize) -> Result<Self> {
        let (heard, published) = bell();
        let backend = Arc::new(sqlite::Sqlite::open(file, queue, heard)?);
        Ok(Self::of(backend, published))
    }

    /// Connects to a PostgreSQL database, which may be shared, and brings it to the newest schema. Refuses one that would
    /// lose what it has acknowledged.
    pub fn connect(url: &str, queue: usize) -> Result<Self> {
        let (heard, published) = bell();
        let backend = Arc::new(postgres::Postgres::connect(url, queue, heard)?);
        Ok(Self::of(backend, published))
    }

    fn of(backend: Arc<dyn Backend>, published: watch::Receiver<u64>) -> Self {
        Self {
            backend,
            published,
            readings: Arc::default(),
        }
    }

    /// How often this process has read from it: most of what a request costs that changes nothing.
    pub fn readings(&self) -> u64 {
        self.readings.load(Ordering::Relaxed)
    }

    /// How many writes it does at the same time.
    pub fn writers(&self) -> usize {
        self.backend.writers()
    }

    /// Changes whenever this process, or another one if [`Store::hears_others`], has made something visible to phones: the
    /// moment to tell those that wait.
    pub fn published(&self) -> watch::Receiver<u64> {
        self.published.clone()
    }

    /// Whether [`Store::published`] speaks of other processes too; where not, one has to look.
    pub fn hears_others(&self) -> bool {
        self.backend.hears_others()
    }

    /// Runs `job` in a transaction and answers after it is durable. A job that fails leaves nothing behind and does
    /// not disturb the others of its group. A full queue answers [`Error::Busy`] at once.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        let Pending(answer) = self.try_begin_write(job)?;
        answer.await.map_err(|_| stopped())?
    }

    /// The same in two steps.
    pub fn try_begin_write<T, F>(&self, job: F) -> Result<Pending<T>>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        let (job, answer) = backend::job(job);
        self.backend.submit(job)?;
        Ok(Pending(answer))
    }

    /// The same for callers that have a thread to wait on (merging, the seed); a full queue is waited for.
    pub fn write_now<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        self.begin_write(job)?.wait()
    }

    /// The same in two steps, for whoever has something to do meanwhile.
    pub fn begin_write<T, F>(&self, job: F) -> Result<Pending<T>>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        let (job, answer) = backend::job(job);
        self.backend.submit_waiting(job)?;
        Ok(Pending(answer))
    }

    /// Runs `query` on a reader, in one consistent view of the store.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read_now(query))
            .await
            .map_err(|error| Error::internal("reader", error))?
    }

    /// The same for callers without an executor.
    pub fn read_now<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.readings.fetch_add(1, Ordering::Relaxed);
        let (mut query, mut answer) = (Some(query), None);
        self.backend.read(&mut |connection| {
            answer = query.take().map(|query| query(connection));
        })?;
        answer.ok_or_else(|| Error::Internal("a query was not asked".into()))?
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

fn bell() -> (impl Fn() + Send + Sync + 'static, watch::Receiver<u64>) {
    let (sender, receiver) = watch::channel(0);
    (move || sender.send_modify(|count| *count += 1), receiver)
}

fn stopped() -> Error {
    Error::Internal("the writer did not answer".into())
}

/// What a store is given at its first start, after its migrations: an epoch and a key.
fn furnish(connection: &Connection) -> Result<()> {
    begin_first_epoch(connection)?;
    ServerKey::make(connection)?;
    Ok(())
}

/// An epoch names one life of the store. The first begins here; every restore begins another.
fn begin_first_epoch(connection: &Connection) -> Result<()> {
    let mut nonce = [0u8; 8];
    getrandom::fill(&mut nonce).map_err(|error| Error::internal("randomness", error))?;
    connection.execute(
        "insert into server (one, epoch_counter, epoch_nonce) values (1, 1, ?1) on conflict do nothing",
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
             on conflict (name) do update set value = counter.value + 1 returning value",
        )?
        .query_row([name], |row| row.get(0))?;
    Ok(value.unsigned_abs())
}
