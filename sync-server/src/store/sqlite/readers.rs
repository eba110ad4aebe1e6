//! Connections that only read. WAL lets them work while the writer writes.

use super::{connect, fault, session};
use crate::{error::Result, store::connection::Connection};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Open at the same time as a rule, and kept open. A new one reads the whole schema and compiles every statement again,
/// which costs more than what is read, and more than this do not read faster.
const KEPT: usize = 8;
/// Whoever finds all of them taken waits for one so long. Then another is opened: they may be with a backup, or with
/// whoever asks.
const PATIENCE: Duration = Duration::from_millis(100);

/// A pool that opens when it is empty.
pub struct Readers {
    file: PathBuf,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    taken: usize,
}

impl Readers {
    /// Readers of `file`.
    pub fn new(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// Runs `query` in one read transaction, so that all it sees belongs together.
    pub fn with(&self, query: &mut dyn FnMut(&Connection)) -> Result<()> {
        let (idle, _taken) = self.take();
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
        let mut state = self.state();
        if state.idle.len() < KEPT {
            state.idle.push(connection);
        }
        Ok(())
    }

    fn take(&self) -> (Option<Connection>, Taken<'_>) {
        let busy = |state: &mut State| state.idle.is_empty() && state.taken >= KEPT;
        let waited = self
            .returned
            .wait_timeout_while(self.state(), PATIENCE, busy);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.taken += 1;
        (state.idle.pop(), Taken(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One is in use until this is dropped, however its query ended.
struct Taken<'a>(&'a Readers);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
        self.0.returned.notify_one();
    }
}
