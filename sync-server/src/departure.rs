//! Documents that leave where they were: into another grid, or for ever. Each is one transaction with everything that
//! follows from it, and both are written down.

use crate::{
    error::{Error, Result},
    ledger::{self, remember},
    merge::{finished, load},
    state::AppState,
    store::{
        Connection, OptionalExtension,
        audit::{self, Entry},
        document::{self, published},
        erasure,
        feed::{self, Departure},
        log, params, reference,
    },
};
use gridwalk_core::{
    error::Code,
    ids::{DocumentId, GridId, Hash},
    sync::message::{DocumentKind, Partition},
    time::Timestamp,
};

/// Moves a document into the same class of another grid. Its old feed says that it left, its changes enter the new one
/// in the order in which they stood; phones that read only the old one let go of it.
pub async fn move_document(
    state: &AppState,
    id: DocumentId,
    to: GridId,
    entry: Entry,
) -> Result<()> {
    let now = state.now();
    placed(state, id).await?;
    remember(state, ledger::Entry::Moved { document: id, to }).await?;
    state
        .store
        .write(move |connection| {
            move_now(connection, id, to)?;
            audit::add(connection, &entry, now)
        })
        .await?;
    Ok(())
}

/// The same in a store that nobody is served from yet, because the ledger says so. What lives there already stays, and what
/// the store has never heard of is left to whoever brings it.
pub fn move_again(connection: &Connection, id: DocumentId, to: GridId) -> Result<()> {
    let known = connection
        .prepare_cached("select 1 from grid where id = ?1")?
        .exists([to.to_string()])?;
    match log::placement(connection, id)? {
        Some((from, _)) if known && from.grid != to => move_now(connection, id, to),
        _ => Ok(()),
    }
}

/// Where a document lives, before anything is written down about it.
async fn placed(state: &AppState, id: DocumentId) -> Result<(Partition, DocumentKind)> {
    let found = state
        .store
        .read(move |connection| log::placement(connection, id))
        .await?;
    found.ok_or(Error::NotFound)
}

fn move_now(connection: &Connection, id: DocumentId, to: GridId) -> Result<()> {
    let known = connection
        .prepare_cached("select 1 from grid where id = ?1")?
        .exists([to.to_string()])?;
    let (from, _) = locked(connection, id)?;
    if !known {
        return Err(Error::NotFound);
    }
    let to = Partition {
        grid: to,
        class: from.class,
    };
    if from == to {
        return Err(Error::refused(
            Code::AlreadyRecorded,
            "the document is there already",
        ));
    }
    feed::lock(connection, &[from, to])?;
    // in the order in which everybody folds them
    let standing: Vec<(i64, Hash)> = connection
        .prepare_cached(
            "select c.sequence, c.hash from feed f join change c on c.sequence = f.change
             where c.document = ?1 and f.grid = ?2 and f.class = ?3 order by f.position",
        )?
        .query_map(params![id.0, from.grid.0, from.class.0], |row| {
            Ok((row.get(0)?, Hash(row.get(1)?)))
        })?
        .collect::<std::result::Result<_, _>>()?;
    feed::depart(connection, id, from, Departure::Left)?;
    // a merge under way was made for the old place and is void
    connection
        .prepare_cached("update document set grid = ?2, revision = revision + 1 where id = ?1")?
        .execute(params![id.0, to.grid.0])?;
    for (sequence, hash) in &standing {
        feed::publish(connection, to, *sequence, hash)?;
    }
    let material = published(connection, id)?.ok_or(Error::NotFound)?;
    match load(&material).and_then(|document| finished(document, &material, Vec::new())) {
        Ok(merged) => document::make_again(connection, &merged),
        Err(reason) => {
            tracing::warn!(document = %id, reason, "moved without its rows");
            Ok(())
        }
    }
}

/// Erases a document: its changes, its snapshot, its rows, what lay in quarantine of it, and the blobs that nothing else
/// refers to. Its id stays, so that nothing that comes late brings it back.
pub async fn erase_document(
    state: &AppState,
    id: DocumentId,
    reason: String,
    entry: Entry,
) -> Result<()> {
    let now = state.now();
    let (Partition { grid, class }, kind) = placed(state, id).await?;
    let erased = ledger::Entry::Erased {
        document: id,
        kind: kind.0,
        grid,
        class: class.0,
    };
    remember(state, erased).await?;
    state
        .store
        .write(move |connection| {
            erase_now(connection, id, &reason, &entry.subject, now)?;
            audit::add(connection, &entry, now)
        })
        .await?;
    remove_blobs(state).await?;
    Ok(())
}

/// The same in a store that nobody is served from yet, because the ledger says so. Its readers are told also when the store
/// has never heard of it: they may have.
pub fn erase_again(
    connection: &Connection,
    id: DocumentId,
    kind: DocumentKind,
    partition: Partition,
    at: Timestamp,
) -> Result<()> {
    log::catalogue(connection, id, kind, partition)?;
    match log::placement(connection, id)? {
        Some(_) => erase_now(connection, id, "the ledger says so", "operator", at),
        None => Ok(()), // erased before the backup was made
    }
}

fn erase_now(
    connection: &Connection,
    id: DocumentId,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let (partition, kind) = locked(connection, id)?;
    feed::lock(connection, &[partition])?;
    feed::depart(connection, id, partition, Departure::Erased)?;
    feed::marks_say_erased(connection, id)?;
    erasure::forget_blobs(connection, id)?;
    erasure::forget_rows(connection, id)?;
    reference::withdraw_about(connection, id)?;
    erasure::keep(connection, id, kind, reason, by, now)
}

/// The document's place, with its row locked.
fn locked(connection: &Connection, id: DocumentId) -> Result<(Partition, DocumentKind)> {
    connection
        .prepare_cached("select revision from document where id = ?1 for update")?
        .query_row([id.0], |row| row.get::<_, i64>(0))
        .optional()?
        .ok_or(Error::NotFound)?;
    log::placement(connection, id)?.ok_or(Error::NotFound)
}

/// Removes the files of what was erased. A crash in between leaves their names, and the next sweep goes on.
pub async fn remove_blobs(state: &AppState) -> Result<()> {
    let hashes = state.store.read(erasure::blobs_to_remove).await?;
    if hashes.is_empty() {
        return Ok(());
    }
    let (blobs, gone) = (state.blobs.clone(), hashes.clone());
    tokio::task::spawn_blocking(move || gone.iter().try_for_each(|hash| blobs.forget(hash)))
        .await
        .map_err(|error| Error::internal("removing blobs", error))??;
    state
        .store
        .write(move |connection| erasure::blobs_are_removed(connection, &hashes))
        .await
}
