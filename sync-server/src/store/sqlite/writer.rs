//! Group commit: one thread takes what waits, runs each job in a savepoint, commits once, then answers them all.
//! An fsync costs milliseconds and a job microseconds; sixteen uploads in one transaction cost one fsync.

use crate::{
    error::{Error, Result},
    store::{
        backend::Job,
        connection::{Connection, Fault},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
    mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};

/// Jobs per transaction: enough to share the fsync and the pages, few enough that nobody waits long. Names of changes are
/// scattered over their index, so a group writes nearly every page of it once, however many changes it has.
const GROUP: usize = 128;

/// The way to the writing thread.
pub struct Writer {
    queue: SyncSender<Job>,
}

impl Writer {
    /// Starts the thread, which ends when the last handle is dropped. `heard` is called after a commit that set `news`.
    pub fn start(
        connection: Connection,
        queue: usize,
        news: Arc<AtomicBool>,
        heard: impl Fn() + Send + 'static,
    ) -> Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                while let Ok(first) = receiver.recv() {
                    commit_group(&connection, group(first, &receiver));
                    if news.swap(false, Relaxed) {
                        heard();
                    }
                }
            })
            .map_err(|error| Error::internal("writer thread", error))?;
        Ok(Self { queue: sender })
    }

    /// Queues `job`, which is answered after the commit. Refused when the queue is full.
    pub fn submit(&self, job: Job) -> Result<()> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })
    }

    /// The same, waiting for room in the queue.
    pub fn submit_waiting(&self, job: Job) -> Result<()> {
        self.queue.send(job).map_err(|_| stopped())
    }
}

fn stopped() -> Error {
    Error::Internal("the writer has stopped".into())
}

fn group(first: Job, queue: &Receiver<Job>) -> Vec<Job> {
    std::iter::once(first)
        .chain(queue.try_iter().take(GROUP - 1))
        .collect()
}

fn commit_group(connection: &Connection, group: Vec<Job>) {
    let mut failure = connection.execute_batch("begin immediate").err();
    let mut ran = Vec::with_capacity(group.len());
    for mut job in group {
        if failure.is_some() {
            // Dropping the job drops its sender: the caller hears that nothing was written.
            continue;
        }
        failure = connection.execute_batch("savepoint job").err();
        if failure.is_some() {
            continue;
        }
        let end = if job.run(connection) {
            "release job"
        } else {
            "rollback to job; release job"
        };
        failure = connection.execute_batch(end).err();
        ran.push(job);
    }
    if failure.is_none() {
        failure = connection.execute_batch("commit").err();
    }
    if let Some(error) = &failure {
        tracing::error!(%error, "a group of writes was rolled back");
        // Where it has ended by itself there is none to roll back.
        let _ = connection.execute_batch("rollback");
    }
    for job in ran {
        job.answer(failure.as_ref().map(|fault| match fault {
            Fault::Full => Error::StorageFull,
            Fault::Busy(_) => Error::Busy,
            _ => Error::internal("commit", fault),
        }));
    }
}
