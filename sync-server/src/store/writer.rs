//! Group commit: one thread takes what waits, runs each job in a savepoint, commits once, then answers them all.
//! An fsync costs milliseconds and a job microseconds; sixteen uploads in one transaction cost one fsync.

use crate::error::{Error, Result};
use rusqlite::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};
use tokio::sync::oneshot;

/// Jobs per transaction: enough to share the fsync, few enough that nobody waits long.
const GROUP: usize = 32;

/// A job that ran and now waits for the commit.
type Answer = Box<dyn FnOnce(Option<Error>) + Send>;
/// A job: runs, says whether its savepoint is kept, and leaves its answer.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;

/// The way to the writing thread.
#[derive(Clone)]
pub struct Writer {
    queue: Arc<SyncSender<Job>>,
}

impl Writer {
    /// Starts the thread, which ends when the last handle is dropped.
    pub fn start(connection: Connection, queue: usize) -> Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, &receiver))
            .map_err(|error| Error::internal("writer thread", error))?;
        Ok(Self {
            queue: Arc::new(sender),
        })
    }

    /// Queues `job`; the receiver is answered after the commit. Refused when the queue is full.
    pub fn submit<T, F>(&self, job: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (job, receiver) = boxed(job);
        match self.queue.try_send(job) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Disconnected(_)) => Err(stopped()),
        }
    }

    /// The same, waiting for room in the queue.
    pub fn submit_waiting<T, F>(&self, job: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (job, receiver) = boxed(job);
        self.queue.send(job).map_err(|_| stopped())?;
        Ok(receiver)
    }
}

fn stopped() -> Error {
    Error::Internal("the writer has stopped".into())
}

fn boxed<T, F>(job: F) -> (Job, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        // A panic in one job is that job's failure, not the end of the writer.
        let outcome = catch_unwind(AssertUnwindSafe(|| job(connection)))
            .unwrap_or_else(|_| Err(Error::Internal("a write panicked".into())));
        let keep = outcome.is_ok();
        let answer: Answer = Box::new(move |commit_failure| {
            let outcome = match commit_failure {
                Some(error) if outcome.is_ok() => Err(error),
                _ => outcome,
            };
            // Whoever asked may have hung up; what is durable stays durable.
            let _ = sender.send(outcome);
        });
        (keep, answer)
    });
    (job, receiver)
}

fn run(connection: &Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        commit_group(connection, group);
    }
}

fn commit_group(connection: &Connection, group: Vec<Job>) {
    let mut failure = connection.execute_batch("begin immediate").err();
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        if failure.is_some() {
            // Dropping the job drops its sender: the caller hears that nothing was written.
            continue;
        }
        failure = connection.execute_batch("savepoint job").err();
        if failure.is_some() {
            continue;
        }
        let (keep, answer) = job(connection);
        let end = if keep {
            "release job"
        } else {
            "rollback to job; release job"
        };
        failure = connection.execute_batch(end).err();
        answers.push(answer);
    }
    if failure.is_none() {
        failure = connection.execute_batch("commit").err();
    }
    if let Some(error) = &failure {
        tracing::error!(%error, "a group of writes was rolled back");
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("rollback");
        }
    }
    for answer in answers {
        answer(
            failure
                .as_ref()
                .map(|error| match error.sqlite_error_code() {
                    Some(rusqlite::ErrorCode::DiskFull) => Error::StorageFull,
                    Some(rusqlite::ErrorCode::DatabaseBusy) => Error::Busy,
                    _ => Error::internal("commit", error),
                }),
        );
    }
}
