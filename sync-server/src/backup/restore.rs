//! The way back: into an empty data folder, under a new epoch, with everything applied that must not come back.

use super::{blob, dump, manifest, seal::Identity};
use crate::{
    blobs::Blobs,
    error::{Error, Result},
    ledger::{Entry, Line},
    params, rebuild,
    state::{AppState, random},
    store::{Connection, audit, device, document, epoch, life, person, reference},
};
use gridwalk_core::{
    ids::{DeviceId, Hash},
    reference::Person,
    sync::message::{AccessClass, DocumentKind, Epoch, Partition},
    time::Timestamp,
};
use serde::Serialize;
use std::path::Path;

/// What a restore did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Restored {
    /// From which backup.
    pub number: u64,
    /// The new life of the store.
    pub epoch: u64,
    /// Rows read.
    pub rows: u64,
    /// Changes among them.
    pub changes: u64,
    /// Blobs that are here again.
    pub blobs: u64,
    /// Blobs that the backup names and does not have, or has damaged: phones that still hold them bring them again.
    pub missing: Vec<String>,
    /// Lines of the ledger that were applied.
    pub ledger: usize,
    /// Documents made again from the log.
    pub documents: usize,
    /// Documents whose changes do not merge.
    pub failed: Vec<String>,
}

/// Reads the backup `number` (or the newest) in `from` into the store of `state`, which must hold nothing. Nobody is served
/// before this has ended.
pub async fn restore(
    state: &AppState,
    from: &Path,
    number: Option<u64>,
    identity: &Identity,
) -> Result<Restored> {
    let (manifest, _) = manifest(from, number)?;
    let lines = state.config.ledger().read()?;
    let now = state.now();
    let nonce = u64::from_be_bytes(random()?);
    let read = {
        let (from, identity, manifest) = (from.to_owned(), identity.clone(), manifest.clone());
        let lines = lines.clone();
        move |connection: &Connection| {
            refuse_unless_empty(connection)?;
            let (head, counts) = dump::read(connection, manifest.open(&from, &identity)?)?;
            if head.number != manifest.number || head.epoch != manifest.epoch()? {
                return Err(Error::Internal("the rows are of another backup".into()));
            }
            let counter = 1 + lines
                .iter()
                .filter_map(|line| match line.entry {
                    Entry::Epoch { counter } => Some(counter),
                    _ => None,
                })
                .fold(epoch(connection)?.counter, u64::max);
            // erasures first: what they take out of a feed lies before the seam
            for line in &lines {
                apply(connection, line)?;
            }
            life::begin(connection, Epoch { counter, nonce })?;
            life::adopt_backup(connection, head.number, now)?;
            audit::add(connection, &note(&head.number, counter), now)?;
            Ok((counts, counter))
        }
    };
    let (counts, counter) = state.store.write(read).await?;
    state
        .config
        .ledger()
        .append(Entry::Epoch { counter }, now)?;
    let (blobs, missing) = blobs(state, from, identity).await?;
    let rebuilt = rebuild::rebuild(&state.store).await?;
    Ok(Restored {
        number: manifest.number,
        epoch: counter,
        rows: counts.values().sum(),
        changes: counts.get("change").copied().unwrap_or(0),
        blobs,
        missing,
        ledger: lines.len(),
        documents: rebuilt.documents,
        failed: rebuilt
            .failed
            .into_iter()
            .map(|(document, reason)| format!("{document}: {reason}"))
            .collect(),
    })
}

fn note(number: &u64, counter: u64) -> audit::Entry {
    audit::Entry {
        subject: "operator".into(),
        action: "restore",
        object: format!("backup {number}, epoch {counter}"),
        result: "done".into(),
        address: "command line".into(),
    }
}

fn refuse_unless_empty(connection: &Connection) -> Result<()> {
    for table in ["change", "person", "device", "blob"] {
        let sql = format!("select 1 from {table} limit 1");
        if connection.prepare_cached(sql)?.exists([])? {
            return Err(Error::Internal(
                "a backup is restored into an empty data folder only".into(),
            ));
        }
    }
    Ok(())
}

async fn blobs(state: &AppState, from: &Path, identity: &Identity) -> Result<(u64, Vec<String>)> {
    let named = state
        .store
        .read(|connection| {
            let rows = connection
                .prepare_cached("select hash from blob order by hash")?
                .query_map([], |row| row.get(0).map(Hash))?;
            Ok(rows.collect::<std::result::Result<Vec<Hash>, _>>()?)
        })
        .await?;
    let (folder, from, identity) = (state.blobs.clone(), from.to_owned(), identity.clone());
    let (found, missing) =
        tokio::task::spawn_blocking(move || put_back(&folder, &from, &identity, named))
            .await
            .map_err(|error| Error::internal("restore", error))??;
    // A row whose bytes are not here would turn away the phone that still has them.
    let gone = missing.clone();
    state
        .store
        .write(move |connection| {
            for hash in &gone {
                connection.execute("delete from blob where hash = ?1", [hash.0])?;
            }
            Ok(())
        })
        .await?;
    Ok((found, missing.iter().map(Hash::to_string).collect()))
}

fn put_back(
    folder: &Blobs,
    from: &Path,
    identity: &Identity,
    named: Vec<Hash>,
) -> Result<(u64, Vec<Hash>)> {
    let (mut found, mut missing) = (0, Vec::new());
    for hash in named {
        match blob(from, &hash, identity) {
            Ok(bytes) => {
                folder.put(&bytes)?;
                found += 1;
            }
            Err(error) => {
                tracing::error!(%hash, %error, "a blob of the backup could not be read");
                missing.push(hash);
            }
        }
    }
    Ok((found, missing))
}

/// What a line of the ledger means for a store that may be older than it. Each may be applied again.
pub fn apply(connection: &Connection, line: &Line) -> Result<()> {
    match &line.entry {
        Entry::Revoked { device } => revoke(connection, device, line.at),
        Entry::Erased {
            document,
            kind,
            grid,
            class,
        } => {
            let partition = Partition {
                grid: *grid,
                class: AccessClass(*class),
            };
            let kind = DocumentKind(*kind);
            document::erase_before_serving(connection, *document, kind, partition, line.at)
        }
        Entry::Scope { person, login } => scope(connection, person, login.as_deref()),
        Entry::Epoch { .. } => Ok(()),
    }
}

fn revoke(connection: &Connection, id: &DeviceId, at: Timestamp) -> Result<()> {
    connection.execute(
        "insert into revoked (device, revoked_at) values (?1, ?2) on conflict (device) do nothing",
        params![id.0, at.0],
    )?;
    device::revoke(connection, *id, at)?;
    Ok(())
}

/// Who is unknown came after the backup; whoever has the ledger only knows the grids.
fn scope(connection: &Connection, person: &Person, login: Option<&str>) -> Result<()> {
    if person::grids(connection, person.id)? == person.grids
        && person::role(connection, person.id)? == Some(person.role)
    {
        return Ok(());
    }
    reference::put_person(connection, person, login)
}
