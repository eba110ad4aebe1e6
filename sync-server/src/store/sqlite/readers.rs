//! Connections that only read. WAL lets them work while the writer writes.

use super::{connect, fault, session};
use crate::{error::Result, store::connection::Connection};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Kept open at most; more are opened in a rush and closed after it.
const KEPT: usize = 4;

/// A pool that opens when it is empty.
pub struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of `file`.
    pub fn new(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs `query` in one read transaction, so that all it sees belongs together.
    pub fn with(&self, query: &mut dyn FnMut(&Connection)) -> Result<()> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.file)?;
                connection
                    .pragma_update(None, "query_only", true)
                    .map_err(fault)?;
                session::open(connection, Arc::default())
            }
        };
        connection.execute_batch("begin")?;
        // Should it panic, the connection is closed with its view.
        query(&connection);
        connection.execute_batch("rollback")?;
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
