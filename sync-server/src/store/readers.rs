//! Connections that only read. WAL lets them work while the writer writes.

use crate::error::Result;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Kept open at most; more are opened in a rush and closed after it.
const KEPT: usize = 4;

/// A pool that opens when it is empty.
#[derive(Clone)]
pub struct Readers(Arc<Inner>);

struct Inner {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of `file`.
    pub fn new(file: &Path) -> Self {
        Self(Arc::new(Inner {
            file: file.to_owned(),
            idle: Mutex::new(Vec::new()),
        }))
    }

    /// Runs `query` in one read transaction, so that all it sees belongs together.
    pub fn with<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = super::connect(&self.0.file)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let view = connection.transaction()?;
        let answer = query(&view);
        drop(view);
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
