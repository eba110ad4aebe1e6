//! The server's own edits: what the console does to a document. Read, edited, logged, published and projected in one
//! transaction, so that the answer to a click is already true.

use crate::{
    error::{Error, Result},
    merge::{finished, load},
    state::AppState,
    store::{
        Connection, device,
        document::{Material, lock, material, publish},
        log::{Entry, Origin, append, catalogue},
    },
};
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, FeedOrder, RawChange},
    error::{Code, Refusal},
    ids::{DeviceId, DocumentId, Hash, PersonId},
    registry::Projection,
    sync::{
        actor,
        message::{DocumentKind, Partition},
    },
    time::Timestamp,
};

/// In whose name the server writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Writer {
    /// Who clicked.
    pub by: PersonId,
    /// In which role.
    pub role: Role,
}

/// What an edit led to.
#[derive(Clone, Debug)]
pub struct Done {
    /// The change that carries it.
    pub change: Hash,
    /// What the registry says now.
    pub projection: Projection,
}

/// Edits a document in `writer`'s name. `edit` is given the document as everybody sees it, the author to sign as, and
/// the feed order; it is refused with 422 and the rule's own code. Whoever calls this has decided that the writer may.
pub async fn edit_document<F>(
    state: &AppState,
    id: DocumentId,
    writer: Writer,
    mut edit: F,
) -> Result<Done>
where
    F: FnMut(Document, &Author, &dyn FeedOrder) -> Result<Edited, Refusal> + Send + 'static,
{
    let (process, now) = (state.process, state.now());
    state
        .store
        .write(move |connection| {
            edit_now(connection, id, &author(process, id, writer, now), &mut edit)
        })
        .await
}

/// The same for an edit that names another document: `look` decides in the edit's own transaction whether that one is as it
/// must be, and until its end nobody changes either. Two people who name each other's document at once are served one
/// after the other.
pub async fn edit_beside<L, F>(
    state: &AppState,
    id: DocumentId,
    other: DocumentId,
    mut look: L,
    writer: Writer,
    mut edit: F,
) -> Result<Done>
where
    L: FnMut(&Connection) -> Result<()> + Send + 'static,
    F: FnMut(Document, &Author, &dyn FeedOrder) -> Result<Edited, Refusal> + Send + 'static,
{
    let (process, now) = (state.process, state.now());
    state
        .store
        .write(move |connection| {
            lock(connection, [id, other])?;
            look(connection)?;
            edit_now(connection, id, &author(process, id, writer, now), &mut edit)
        })
        .await
}

/// Creates a document in `writer`'s name.
pub async fn create_document<F>(
    state: &AppState,
    id: DocumentId,
    kind: DocumentKind,
    partition: Partition,
    writer: Writer,
    mut create: F,
) -> Result<Done>
where
    F: FnMut(&Author) -> Result<Edited, Refusal> + Send + 'static,
{
    let (process, now) = (state.process, state.now());
    state
        .store
        .write(move |connection| {
            catalogue(connection, id, kind, partition)?;
            edit_now(
                connection,
                id,
                &author(process, id, writer, now),
                |document, author, _| match document.heads().is_empty() {
                    true => create(author),
                    false => Err(Refusal::new(Code::AlreadyRecorded, "the document exists")),
                },
            )
        })
        .await
}

fn author(process: DeviceId, id: DocumentId, writer: Writer, now: Timestamp) -> Author {
    Author {
        actor: actor(process, id, 0),
        act: Act {
            by: writer.by,
            role: writer.role,
            device: process,
            recorded_at: now,
            observed_at: None,
        },
    }
}

fn edit_now<F>(
    connection: &Connection,
    id: DocumentId,
    author: &Author,
    mut edit: F,
) -> Result<Done>
where
    F: FnMut(Document, &Author, &dyn FeedOrder) -> Result<Edited, Refusal>,
{
    lock(connection, [id])?;
    let before = material(connection, id)?.ok_or(Error::NotFound)?;
    let document = load(&before).map_err(Error::Internal)?;
    // What a phone has delivered and the merger has not looked at yet is not part of what was clicked on.
    let edited = edit(document, author, &before.positions)?;
    let change = edited.change;
    let origin = Origin {
        device: author.act.device,
        worker: author.act.by,
        envelope: None,
        received_at: author.act.recorded_at,
        offered_by: None,
    };
    device::announce(
        connection,
        author.act.device,
        before.partition.grid,
        author.act.recorded_at,
    )?;
    let entry = Entry {
        document: id,
        hash: change.hash,
        actor: change.actor,
        seq: change.seq,
        bytes: &change.bytes,
    };
    let sequence = append(connection, &entry, "logged", &origin)?;
    let first = Material {
        received_at: if before.received_at == Timestamp(0) {
            author.act.recorded_at
        } else {
            before.received_at
        },
        ..before
    };
    let merged = finished(edited.document, &first, vec![(sequence, change.hash)])
        .map_err(Error::Internal)?;
    if !publish(connection, &merged)? {
        return Err(Error::Conflict(
            Code::ServerBusy,
            "somebody else changed the document at this moment".into(),
        ));
    }
    Ok(Done {
        change: change.hash,
        projection: merged.projection,
    })
}

/// One document of a history that was written elsewhere (the demo street) by our own hand, with all its changes:
/// logged, published and projected in the caller's transaction.
pub fn import_document(
    connection: &Connection,
    document: Document,
    partition: Partition,
    changes: &[(RawChange, Origin)],
) -> Result<()> {
    let id = document.id();
    catalogue(connection, id, document.kind(), partition)?;
    let mut entering = Vec::with_capacity(changes.len());
    for (change, origin) in changes {
        let entry = Entry {
            document: id,
            hash: change.hash,
            actor: change.actor,
            seq: change.seq,
            bytes: &change.bytes,
        };
        entering.push((append(connection, &entry, "logged", origin)?, change.hash));
    }
    let material = material(connection, id)?.ok_or(Error::NotFound)?;
    let merged = finished(document, &material, entering).map_err(Error::Internal)?;
    publish(connection, &merged)?;
    Ok(())
}
