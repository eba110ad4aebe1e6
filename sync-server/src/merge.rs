//! Durable first, published second. What admission let into the log is merged here, away from the writer and from
//! every request, and only what merged enters the feed and the registry.
//!
//! The merging itself happens on a thread that may panic or hang: then that one document is quarantined, visible to a
//! person (`document.quarantined`), and the rest goes on. A document that ends the whole process twice is quarantined
//! at the next start. (A limit on memory needs a process of its own; that is not built yet.)

use crate::{
    error::{Error, Result},
    store::{
        Store,
        document::{self, Material, Merged},
    },
};
use gridwalk_core::{
    document::Document,
    ids::{DocumentId, Hash},
    registry::{Projection, project},
    scan::{Admission, Limits, Lineage},
};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{
        Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
    },
    time::Duration,
};
use tokio::sync::oneshot;

/// A household of years merges in milliseconds; what takes longer than this is not honest.
const LIMIT: Duration = Duration::from_secs(10);
/// Requests whose documents are merged and published together.
const GROUP: usize = 32;
/// Changes of one document that may fail by themselves before the rest is put aside unseen.
const FAILURES: usize = 3;
/// Ends of the process that a document may survive.
const ATTEMPTS: i64 = 2;

/// The way to the merging thread. It ends when the last handle is dropped.
#[derive(Clone)]
pub struct Merger {
    queue: SyncSender<Order>,
}

enum Order {
    /// Merge these and say when that was tried.
    Merge(Vec<DocumentId>, oneshot::Sender<()>),
    /// Merge what an earlier process left behind.
    Recover,
}

impl Merger {
    /// Starts the thread.
    pub fn start(store: Store) -> Result<Self> {
        let (sender, receiver) = sync_channel(1024);
        let merger = Self { queue: sender };
        std::thread::Builder::new()
            .name("merger".into())
            .spawn(move || {
                let mut hand = Hand::default();
                while let Ok(first) = receiver.recv() {
                    let orders = std::iter::once(first).chain(receiver.try_iter().take(GROUP - 1));
                    carry_out(&store, &mut hand, orders.collect());
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

    /// Merges these documents; resolves when that was tried. When the queue is full the documents wait in the log for
    /// their next change or the next start.
    pub async fn merge(&self, documents: Vec<DocumentId>) {
        if documents.is_empty() {
            return;
        }
        let (done, merged) = oneshot::channel();
        match self.queue.try_send(Order::Merge(documents, done)) {
            Ok(()) => {
                let _ = merged.await;
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                tracing::warn!("the merge queue is full");
            }
        }
    }
}

fn carry_out(store: &Store, hand: &mut Hand, orders: Vec<Order>) {
    let (mut documents, mut waiting) = (Vec::new(), Vec::new());
    let mut outcome = Ok(());
    for order in orders {
        match order {
            Order::Recover => outcome = outcome.and(recover(store, hand)),
            Order::Merge(more, done) => {
                documents.extend(more);
                waiting.push(done);
            }
        }
    }
    if let Err(error) = outcome.and_then(|()| merge_all(store, hand, documents)) {
        // Logged and durable; merged when the document is next touched or the server starts.
        tracing::error!(%error, "merging was put off");
    }
    for done in waiting {
        let _ = done.send(());
    }
}

fn recover(store: &Store, hand: &mut Hand) -> Result<()> {
    for document in store.read_now(document::unmerged)? {
        let attempts =
            store.write_now(move |connection| document::count_attempt(connection, document))?;
        if attempts > ATTEMPTS {
            put_aside(store, document, "merging it ended the server twice".into())?;
            continue;
        }
        merge_all(store, hand, vec![document])?;
    }
    Ok(())
}

fn merge_all(store: &Store, hand: &mut Hand, mut documents: Vec<DocumentId>) -> Result<()> {
    documents.sort_unstable();
    documents.dedup();
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
    Ok(match hand.merge(material.clone()) {
        Ok(merged) => Outcome::Merged(Box::new(merged)),
        Err(reason) => apart(hand, material, reason),
    })
}

/// Together they did not merge. One by one it shows which of them do; the others are put aside.
fn apart(hand: &mut Hand, mut material: Material, mut reason: String) -> Outcome {
    let waiting = std::mem::take(&mut material.waiting);
    let mut merged = None;
    let mut aside = Vec::new();
    for change in waiting {
        let sequence = change.sequence;
        if aside.len() >= FAILURES {
            aside.push((sequence, "too many before it failed".into()));
            continue;
        }
        material.waiting.push(change);
        match hand.merge(material.clone()) {
            Ok(good) => merged = Some(good),
            Err(bad) => {
                tracing::error!(document = %material.document, sequence, reason = bad, "a change does not merge");
                material.waiting.pop();
                aside.push((sequence, bad.clone()));
                reason = bad;
            }
        }
    }
    match merged {
        Some(mut merged) => {
            merged.aside.extend(aside);
            Outcome::Merged(Box::new(merged))
        }
        None => Outcome::Failed(reason),
    }
}

/// One transaction for all; a document whose rows cannot be written is put aside alone. Answers those that somebody
/// else published meanwhile: they are merged again.
fn publish_all(store: &Store, merged: Vec<Merged>) -> Result<Vec<DocumentId>> {
    let (overtaken, failed) = store.write_now(move |connection| {
        let (mut overtaken, mut failed) = (Vec::new(), Vec::new());
        for one in &merged {
            connection.execute_batch("savepoint document")?;
            let end = match document::publish(connection, one) {
                Ok(true) => "release document",
                Ok(false) => {
                    overtaken.push(one.document);
                    "rollback to document; release document"
                }
                Err(Error::Internal(reason)) => {
                    failed.push((one.document, reason));
                    "rollback to document; release document"
                }
                Err(error) => return Err(error),
            };
            connection.execute_batch(end)?;
        }
        Ok((overtaken, failed))
    })?;
    for (document, reason) in failed {
        put_aside(store, document, reason)?;
    }
    Ok(overtaken)
}

fn put_aside(store: &Store, document: DocumentId, reason: String) -> Result<()> {
    tracing::error!(%document, reason, "document quarantined");
    store.write_now(move |connection| document::quarantine(connection, document, &reason))
}

/// The thread that touches Automerge. Replaced when it does not come back.
#[derive(Default)]
struct Hand {
    work: Option<Work>,
}

impl Hand {
    fn merge(&mut self, material: Material) -> Result<Merged, String> {
        let (work, answers) = match &self.work {
            Some(work) => work,
            None => self.work.insert(start_hand()?),
        };
        let sent = work.send(material);
        let answer = match sent {
            Ok(()) => answers.recv_timeout(LIMIT),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        match answer {
            Ok(outcome) => outcome,
            Err(reason) => {
                // It keeps its thread until it ends by itself; we do not wait for it.
                self.work = None;
                Err(match reason {
                    RecvTimeoutError::Timeout => {
                        format!("merging took longer than {} s", LIMIT.as_secs())
                    }
                    RecvTimeoutError::Disconnected => "merging ended its thread".into(),
                })
            }
        }
    }
}

type Work = (Sender<Material>, Receiver<Result<Merged, String>>);

fn start_hand() -> Result<Work, String> {
    let (work, inbox) = channel::<Material>();
    let (outbox, answers) = channel();
    std::thread::Builder::new()
        .name("merge-hand".into())
        .spawn(move || {
            while let Ok(material) = inbox.recv() {
                let outcome = catch_unwind(AssertUnwindSafe(|| merge(material)))
                    .unwrap_or_else(|_| Err("merging panicked".into()));
                if outbox.send(outcome).is_err() {
                    return;
                }
            }
        })
        .map_err(|error| error.to_string())?;
    Ok((work, answers))
}

/// The merge: pure, from what was read to what will be published. Changes that do not fit the document's history are
/// put aside before Automerge sees them.
pub fn merge(mut material: Material) -> Result<Merged, String> {
    let mut lineage = Lineage::new(Limits::default());
    for bytes in &material.published {
        // A history that was published once has passed; should the rules be stricter now, it stays published.
        let _ = lineage.admit(bytes);
    }
    let mut aside = Vec::new();
    material.waiting.retain(|change| {
        let reason = match lineage.admit(&change.bytes) {
            Ok(Admission::New(_)) => return true,
            Ok(Admission::Known(_)) => "it is there already".into(),
            Ok(Admission::Held(..)) => "it builds on a change that is quarantined".into(),
            Err(error) => error.to_string(),
        };
        aside.push((change.sequence, reason));
        false
    });
    let mut document = load(&material)?;
    document
        .merge_changes(material.waiting.iter().map(|change| &change.bytes))
        .map_err(|error| error.to_string())?;
    let entering = material
        .waiting
        .iter()
        .map(|change| (change.sequence, change.hash))
        .collect();
    let merged = finished(document, &material, entering)?;
    Ok(Merged { aside, ..merged })
}

/// The document as it is published: from its snapshot, which is a cache, else from the log, which decides.
pub fn load(material: &Material) -> Result<Document, String> {
    let (id, kind) = (material.document, material.kind);
    if let Some(snapshot) = &material.snapshot {
        match Document::from_snapshot(id, kind, snapshot, [] as [&[u8]; 0]) {
            Ok(document) => return Ok(document),
            Err(error) => {
                tracing::error!(document = %id, %error, "a snapshot does not load; the log does")
            }
        }
    }
    Document::from_changes(id, kind, &material.published).map_err(|error| error.to_string())
}

/// A document with everything in it, ready to be published.
pub fn finished(
    mut merged: Document,
    material: &Material,
    entering: Vec<(i64, Hash)>,
) -> Result<Merged, String> {
    // Positions are given out when it is published; until then it is enough that the new ones come last, in order.
    let mut order: HashMap<Hash, u64> = material.positions.clone();
    order.extend(
        (1..)
            .zip(&entering)
            .map(|(place, (_, hash))| (*hash, (1 << 62) + place)),
    );
    let projection = project(&merged, &order);
    if let Some(named) = named(&projection)
        && named != material.document
    {
        return Err(format!("the document calls itself {named}"));
    }
    let snapshot = merged.save();
    // Bytes that were saved and do not load again would poison the next merge.
    Document::from_snapshot(
        material.document,
        material.kind,
        &snapshot,
        [] as [&[u8]; 0],
    )
    .map_err(|error| format!("what was saved does not load: {error}"))?;
    Ok(Merged {
        document: material.document,
        partition: material.partition,
        revision: material.revision,
        snapshot,
        projection,
        entering,
        aside: Vec::new(),
        received_at: material.received_at,
    })
}

/// The id that a document gives itself; rows go under it, so it must be its own.
fn named(projection: &Projection) -> Option<DocumentId> {
    match projection {
        Projection::Household(view) => Some(view.id.into()),
        Projection::Incident(view) => Some(view.created.id.into()),
        Projection::Patrol(view) => Some(view.created.id.into()),
        Projection::Place(place) => Some(place.id.into()),
        Projection::WorkerDay(view) => Some(view.created.id.into()),
        Projection::Unknown => None,
    }
}
