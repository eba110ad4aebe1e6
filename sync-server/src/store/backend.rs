//! What a database has to do for the server: run jobs. Everything else of this folder is SQL that both understand.

use super::connection::Connection;
use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// One database. Implemented by `sqlite/` and `postgres/`.
pub trait Backend: Send + Sync {
    /// Shows `query` one consistent view of the store, on the caller's thread.
    fn read(&self, query: &mut dyn FnMut(&Connection)) -> Result<()>;
    /// How many jobs it does at the same time.
    fn writers(&self) -> usize;
    /// Whether it is told of what other processes announce, and not only of what this one does.
    fn hears_others(&self) -> bool;
    /// Takes a job, which is answered after its transaction is durable. A full queue answers [`Error::Busy`] at once.
    fn submit(&self, job: Job) -> Result<()>;
    /// The same, waiting for room in the queue.
    fn submit_waiting(&self, job: Job) -> Result<()>;
}

/// A write that waits for its turn.
pub type Job = Box<dyn Write>;

/// A write, seen by whoever runs it.
pub trait Write: Send {
    /// Does it inside an open transaction; says whether that is to be kept. May be called again after a rollback.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Says how it ended: with what [`Write::run`] found, or with the failure of the commit.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

/// A closure as a job, and where its answer is waited for.
pub(super) fn job<T, F>(work: F) -> (Job, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnMut(&Connection) -> Result<T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let asked = Asked {
        work,
        outcome: None,
        sender,
    };
    (Box::new(asked), receiver)
}

struct Asked<T, F> {
    work: F,
    outcome: Option<Result<T>>,
    sender: oneshot::Sender<Result<T>>,
}

impl<T, F> Write for Asked<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let work = &mut self.work;
        // A panic in one job is that job's failure, not the end of the writer.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
            .unwrap_or_else(|_| Err(Error::Internal("a write panicked".into())));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let outcome = match (self.outcome, failure) {
            (Some(Err(error)), _) | (_, Some(error)) => Err(error),
            (Some(Ok(answer)), None) => Ok(answer),
            (None, None) => Err(Error::Internal("a write was not begun".into())),
        };
        // Whoever asked may have hung up; what is durable stays durable.
        let _ = self.sender.send(outcome);
    }
}
