//! SQLite: one file in the data folder. One thread writes and commits in groups, several connections read.

mod readers;
mod session;
mod writer;

use super::{
    backend::{Backend, Job},
    connection::{Connection, Fault},
};
use crate::error::{Error, Result};
use std::{path::Path, sync::Arc, time::Duration};

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Memory for pages of the connection that writes, at most.
const WRITER_KIB: i64 = 48 * 1024;
/// Statements that stay compiled. The writer runs every statement there is, some in several lengths; forgetting one means
/// compiling it again for the next job.
const STATEMENTS: usize = 512;
/// The WAL is folded into the file when it has so many pages (32 MiB).
const WAL_PAGES: i64 = 8_192;

/// An open file.
pub struct Sqlite {
    writer: writer::Writer,
    readers: readers::Readers,
}

impl Sqlite {
    /// Opens the file, makes it on first start and brings it to the newest schema. `queue` bounds waiting writes.
    /// `heard` is called whenever something was published.
    pub fn open(file: &Path, queue: usize, heard: impl Fn() + Send + 'static) -> Result<Self> {
        let mut connection = connect(file)?;
        set_up_writer(&connection).map_err(fault)?;
        // Numbers are given out ahead of the work, so a lower one may arrive after a higher one.
        migrations::migrations::runner()
            .set_abort_missing(false)
            .run(&mut connection)
            .map_err(|error| Error::internal("migration", error))?;
        let news = Arc::default();
        let connection = session::open(connection, Arc::clone(&news));
        super::furnish(&connection)?;
        Ok(Self {
            writer: writer::Writer::start(connection, queue, news, heard)?,
            readers: readers::Readers::new(file),
        })
    }
}

impl Backend for Sqlite {
    fn read(&self, query: &mut dyn FnMut(&Connection)) -> Result<()> {
        self.readers.with(query)
    }

    fn writers(&self) -> usize {
        1
    }

    fn hears_others(&self) -> bool {
        false
    }

    fn submit(&self, job: Job) -> Result<()> {
        self.writer.submit(job)
    }

    fn submit_waiting(&self, job: Job) -> Result<()> {
        self.writer.submit_waiting(job)
    }
}

/// One connection as every part of the server uses it.
fn connect(file: &Path) -> Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(file).map_err(fault)?;
    set_up(&connection).map_err(fault)?;
    // FULL: a commit has reached the disk before anybody is told so. This is promise 1; never weaken it.
    connection
        .pragma_update(None, "synchronous", "full")
        .map_err(fault)?;
    let mode: String = connection
        .query_row("pragma journal_mode = wal", [], |row| row.get(0))
        .map_err(fault)?;
    if mode != "wal" {
        return Err(Error::Internal(format!(
            "the database cannot be opened in WAL mode (it is in {mode})"
        )));
    }
    Ok(connection)
}

fn set_up(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // what was erased is overwritten, not only forgotten
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// The one connection that writes meets every page again and again in a rush: it keeps them instead of asking the kernel
/// for each, and folds the WAL into the file when the same pages have been written many times, not at every group.
fn set_up_writer(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -WRITER_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)
}

fn fault(error: rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => Fault::Full,
        Some(rusqlite::ErrorCode::DatabaseBusy) => Fault::Busy(error.to_string()),
        _ => Fault::Failed(error.to_string()),
    }
}
