//! Durable first, published second. What admission let into the log is merged here, away from the writer and from
//! every request, and only what merged enters the feed and the registry.
//!
//! * `merging.rs` is the merge, pure; `child.rs` is the process in which it may panic, hang or ask for memory without
//!   end; `hand.rs` starts another one and finds what did it.
//! * What does not merge is quarantined, visible to a person (`change.quarantined`, `document.quarantined`), and the rest
//!   goes on. Where merging shares the server's own process, a document that ends it twice is quarantined at the next start.

mod child;
mod hand;
mod merging;

pub use child::serve;
pub use merging::{finished, load, merge};

use crate::{
    error::{Error, Result},
    gate::Gate,
    store::{
        Store,
        document::{self, Merged},
        feed,
    },
};
use gridwalk_core::ids::DocumentId;
use hand::Hand;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};
use tokio::sync::oneshot;

/// Requests whose documents are merged in one go.
const GROUP: usize = 32;
/// Documents that are published in one transaction: few enough that an upload behind it does not wait long.
const BATCH: usize = 64;
/// While phones are delivering in a crowd, merging waits for them, but not longer than this at a time.
const STAND_BACK: Duration = Duration::from_secs(4);
/// What the store did not let through (a database that starts again, a full disk) is tried again after so long.
const PAUSE: Duration = Duration::from_secs(2);
/// Ends of the process, or failed publications, that a document may survive.
const ATTEMPTS: i64 = 2;

/// The way to the merging thread. It ends when the last handle is dropped.
#[derive(Clone)]
pub struct Merger {
    queue: SyncSender<Order>,
    /// Orders found the queue full or the store away: their documents are looked for in the log once there is time.
    behind: Arc<AtomicBool>,
}

enum Order {
    /// Merge these and say when that was tried.
    Merge(Vec<DocumentId>, oneshot::Sender<()>),
    /// Merge what an earlier process left behind.
    Recover,
    /// Something found the queue full.
    Look,
}

impl Merger {
    /// Starts the thread; it merges in processes of `program`, each with so many bytes of memory, or by itself where
    /// there is no program.
    pub fn start(store: Store, gate: Gate, program: Option<PathBuf>, memory: u64) -> Result<Self> {
        let (sender, receiver) = sync_channel(1024);
        let behind = Arc::new(AtomicBool::new(false));
        let merger = Self {
            queue: sender,
            behind: behind.clone(),
        };
        std::thread::Builder::new()
            .name("merger".into())
            .spawn(move || {
                let mut hand = Hand::new(program, memory);
                let stand_back = || gate.wait_until_calm(STAND_BACK);
                let mut failed = false;
                loop {
                    let next = match (failed, behind.load(Ordering::Acquire)) {
                        (true, _) => receiver.recv_timeout(PAUSE),
                        (false, true) => receiver.recv_timeout(Duration::ZERO),
                        (false, false) => {
                            receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
                        }
                    };
                    let done = match next {
                        Ok(first) => {
                            let more = receiver.try_iter().take(GROUP - 1);
                            let orders = std::iter::once(first).chain(more).collect();
                            carry_out(&store, &mut hand, &stand_back, orders)
                        }
                        Err(RecvTimeoutError::Timeout) => {
                            behind.store(false, Ordering::Release);
                            catch_up(&store, &mut hand, &stand_back)
                        }
                        Err(RecvTimeoutError::Disconnected) => return,
                    };
                    failed = done.is_err();
                    if let Err(error) = done {
                        // Logged and durable; looked for in the log again after a pause.
                        tracing::error!(%error, "merging was put off");
                        behind.store(true, Ordering::Release);
                    }
                }
            })
            .map_err(|error| Error::internal("merger thread", error))?;
        Ok(merger)
    }

    /// Merges what an earlier process logged and did not get to publish. Only a server asks for it at its start; the
    /// command line beside a running one does not.
    pub fn recover(&self) {
        if self.queue.try_send(Order::Recover).is_err() {
            tracing::warn!("the merge queue is full");
        }
    }

    /// Merges these documents; resolves when that was tried. When the queue is full they wait in the log until it has
    /// been worked off.
    pub async fn merge(&self, documents: Vec<DocumentId>) {
        if documents.is_empty() {
            return;
        }
        let (done, merged) = oneshot::channel();
        if self.order(Order::Merge(documents, done)) {
            let _ = merged.await;
        }
    }

    fn order(&self, order: Order) -> bool {
        let taken = self.queue.try_send(order).is_ok();
        if !taken {
            self.behind.store(true, Ordering::Release);
            // The thread looks before it rests. It may rest already; where there is no room for this it does not.
            let _ = self.queue.try_send(Order::Look);
        }
        taken
    }
}

fn carry_out(
    store: &Store,
    hand: &mut Hand,
    stand_back: &dyn Fn(),
    orders: Vec<Order>,
) -> Result<()> {
    let (mut documents, mut waiting) = (Vec::new(), Vec::new());
    let mut outcome = Ok(());
    for order in orders {
        match order {
            Order::Recover => outcome = outcome.and(recover(store, hand, stand_back)),
            Order::Merge(more, done) => {
                documents.extend(more);
                waiting.push(done);
            }
            Order::Look => {}
        }
    }
    let outcome = outcome.and_then(|()| merge_all(store, hand, stand_back, documents));
    for done in waiting {
        let _ = done.send(());
    }
    outcome
}

/// Merges what found the queue full or the store away.
fn catch_up(store: &Store, hand: &mut Hand, stand_back: &dyn Fn()) -> Result<()> {
    let documents = store.read_now(document::unmerged)?;
    merge_all(store, hand, stand_back, documents)
}

fn recover(store: &Store, hand: &mut Hand, stand_back: &dyn Fn()) -> Result<()> {
    for document in store.read_now(document::unmerged)? {
        // A document that is merged in a process of its own ends that one and is blamed there; whatever ended the server
        // then was something else, and several servers may begin with the same document.
        if !hand.is_apart() {
            let attempts =
                store.write_now(move |connection| document::count_attempt(connection, document))?;
            if attempts > ATTEMPTS {
                put_aside(store, document, "merging it ended the server twice".into())?;
                continue;
            }
        }
        merge_all(store, hand, stand_back, vec![document])?;
    }
    Ok(())
}

fn merge_all(
    store: &Store,
    hand: &mut Hand,
    stand_back: &dyn Fn(),
    mut documents: Vec<DocumentId>,
) -> Result<()> {
    documents.sort_unstable();
    documents.dedup();
    for batch in documents.chunks(BATCH) {
        stand_back();
        merge_batch(store, hand, batch.to_vec())?;
    }
    Ok(())
}

fn merge_batch(store: &Store, hand: &mut Hand, mut documents: Vec<DocumentId>) -> Result<()> {
    while !documents.is_empty() {
        let mut merged = Vec::new();
        for document in documents.drain(..) {
            match merge_one(store, hand, document)? {
                Outcome::Merged(one) => merged.push(*one),
                Outcome::Nothing => {}
                Outcome::Failed(reason) => put_aside(store, document, reason)?,
            }
        }
        if !merged.is_empty() {
            documents = publish_all(store, merged)?;
        }
    }
    Ok(())
}

enum Outcome {
    Merged(Box<Merged>),
    Nothing,
    Failed(String),
}

fn merge_one(store: &Store, hand: &mut Hand, id: DocumentId) -> Result<Outcome> {
    let Some(material) = store.read_now(|connection| document::material(connection, id))? else {
        return Ok(Outcome::Nothing);
    };
    if material.waiting.is_empty() {
        return Ok(Outcome::Nothing);
    }
    Ok(match hand.merge(material) {
        Ok(merged) => Outcome::Merged(Box::new(merged)),
        Err(reason) => Outcome::Failed(reason),
    })
}

/// One transaction for all; a document whose rows cannot be written is left out alone. Answers those that somebody
/// else published meanwhile: they are merged again.
fn publish_all(store: &Store, merged: Vec<Merged>) -> Result<Vec<DocumentId>> {
    let (overtaken, failed) = store.write_now(move |connection| {
        let (mut overtaken, mut failed) = (Vec::new(), Vec::new());
        // Several processes publish: all in one order, or they wait for each other.
        document::lock(connection, merged.iter().map(|one| one.document))?;
        let partitions: Vec<_> = merged.iter().map(|one| one.partition).collect();
        feed::lock(connection, &partitions)?;
        for one in &merged {
            match connection.savepoint(|connection| document::publish(connection, one)) {
                Ok(true) => {}
                Ok(false) => overtaken.push(one.document),
                Err(Error::Internal(reason)) => failed.push((one.document, reason)),
                Err(error) => return Err(error),
            }
        }
        Ok((overtaken, failed))
    })?;
    for (document, reason) in failed {
        // A full or failing disk is not the document's fault: it is tried again when it is touched or at the next start.
        let attempts =
            store.write_now(move |connection| document::count_attempt(connection, document))?;
        if attempts > ATTEMPTS {
            put_aside(store, document, reason)?;
        } else {
            tracing::error!(%document, reason, attempts, "publishing was put off");
        }
    }
    Ok(overtaken)
}

fn put_aside(store: &Store, document: DocumentId, reason: String) -> Result<()> {
    tracing::error!(%document, reason, "document quarantined");
    store.write_now(move |connection| document::quarantine(connection, document, &reason))
}
