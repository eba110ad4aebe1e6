//! Several threads, each with one job and its transaction at a time; the database writes what they commit together to the
//! disk together. A job that met another writer is run again from its beginning; one whose commit was cut off is not,
//! because nobody knows what became of it: whoever asked is told to come back, and finds it done or not by its hash.

use super::{Drive, session};
use crate::{
    error::{Error, Result},
    store::backend::Job,
};
use deadpool_postgres::Pool;
use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};

/// How often a job is run before whoever asked is told to come back.
const ATTEMPTS: usize = 6;

/// The way to the writing threads, which end when it is dropped.
pub struct Writers {
    queue: SyncSender<Job>,
}

impl Writers {
    /// Starts so many threads.
    pub fn start(pool: Pool, drive: &Arc<Drive>, count: usize, queue: usize) -> Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..count {
            let (pool, drive, receiver) = (pool.clone(), drive.clone(), receiver.clone());
            std::thread::Builder::new()
                .name("store-writer".into())
                .spawn(move || {
                    while let Some(job) = next(&receiver) {
                        carry_out(&pool, &drive, job);
                    }
                })
                .map_err(|error| Error::internal("writer thread", error))?;
        }
        Ok(Self { queue: sender })
    }

    /// Queues `job`, which is answered after its commit. Refused when the queue is full.
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
    Error::Internal("the writers have stopped".into())
}

fn next(receiver: &Mutex<Receiver<Job>>) -> Option<Job> {
    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
    receiver.recv().ok()
}

enum Attempt {
    /// Over, and committed unless there is a failure; the job itself knows of its own.
    Over(Option<Error>),
    /// Another writer was in the way, or the connection went before anything was committed.
    Again(Error),
}

fn carry_out(pool: &Pool, drive: &Arc<Drive>, mut job: Job) {
    let mut failure = None;
    for _ in 0..ATTEMPTS {
        match attempt(pool, drive, &mut job) {
            Attempt::Over(end) => return job.answer(end),
            Attempt::Again(error) => failure = Some(error),
        }
    }
    tracing::warn!("a write met other writers too often");
    job.answer(failure);
}

fn attempt(pool: &Pool, drive: &Arc<Drive>, job: &mut Job) -> Attempt {
    let (connection, pulse) = match drive.wait(session::open(pool, drive)) {
        Ok(opened) => opened,
        Err(fault) => return Attempt::Over(Some(fault.into())),
    };
    if let Err(fault) = connection.execute_batch("begin isolation level read committed") {
        return Attempt::Again(fault.into());
    }
    let wanted = job.run(&connection);
    if wanted && pulse.is_whole() {
        return match connection.execute_batch("commit") {
            Ok(()) => Attempt::Over(None),
            Err(fault) if pulse.is_overtaken() && !pulse.is_lost() => Attempt::Again(fault.into()),
            Err(fault) => Attempt::Over(Some(fault.into())),
        };
    }
    if pulse.is_lost() {
        return Attempt::Again(Error::Busy);
    }
    let undone = connection.execute_batch("rollback");
    if pulse.is_overtaken() {
        return Attempt::Again(Error::Busy);
    }
    if wanted {
        // A commit would silently have been a rollback.
        let words = "a write went on after a statement of it had failed";
        return Attempt::Over(Some(Error::Internal(words.into())));
    }
    Attempt::Over(undone.err().map(Error::from))
}
