//! The way back: into an empty data folder, under a new epoch, with everything applied that must not come back.

use super::{blob, dump, manifest, seal::Identity};
use crate::{
    blobs::Blobs,
    departure::{erase_again, move_again},
    error::{Error, Result},
    ledger::{Entry, Line, remember},
    params, rebuild,
    state::{AppState, random},
    store::{Connection, audit, device, life, person, reference},
};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    reference::Person,
    sync::message::{AccessClass, DocumentKind, Epoch, Partition},
    time::Timestamp,
};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// A line is written before what it says is done: one from shortly before the backup began may be missing in it.
const MARGIN_MS: i64 = 3_600_000;

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
/// before this has come to its end.
pub async fn restore(
    state: &AppState,
    from: &Path,
    number: Option<u64>,
    identity: &Identity,
) -> Result<Restored> {
    let (manifest, _) = manifest(from, number)?;
    let lines = state.config.ledger().read()?;
    let now = state.now();
    let new = Epoch {
        counter: 1 + lives(&lines).fold(manifest.epoch()?.counter, u64::max),
        nonce: u64::from_be_bytes(random()?),
    };
    state.store.read(refuse_unless_empty).await?;
    std::fs::write(state.config.restoring(), [])?;
    // before it begins: of two restores the later one has the higher number, whatever became of the first
    let counter = new.counter;
    remember(state, Entry::Epoch { counter }).await?;
    let read = {
        let (from, identity, manifest) = (from.to_owned(), identity.clone(), manifest.clone());
        let lines = lines.clone();
        move |connection: &Connection| {
            refuse_unless_empty(connection)?;
            let (head, counts) = dump::read(connection, manifest.open(&from, &identity)?)?;
            if head.number != manifest.number || head.epoch != manifest.epoch()? {
                return Err(Error::Internal("the rows are of another backup".into()));
            }
            // Up to here the new life is the old one. What the ledger says comes behind: phones read on and hear of it.
            life::begin(connection, new)?;
            life::adopt_backup(connection, head.number, now)?;
            let rebuilt = rebuild::make_again(connection)?;
            replay(connection, &lines, head.began_at)?;
            audit::add(connection, &note(&head.number, counter), now)?;
            Ok((counts, rebuilt))
        }
    };
    let (counts, rebuilt) = state.store.write(read).await?;
    let (blobs, missing) = blobs(state, from, identity).await?;
    std::fs::remove_file(state.config.restoring())?;
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

fn lives(lines: &[Line]) -> impl Iterator<Item = u64> {
    lines.iter().filter_map(|line| match line.entry {
        Entry::Epoch { counter } => Some(counter),
        _ => None,
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

/// Does again what the ledger says of the time after the backup began. Erasures and revocations are for ever, so all of
/// them; of moves and of each person's grids the last word.
fn replay(connection: &Connection, lines: &[Line], began_at: Timestamp) -> Result<()> {
    let mut moved: BTreeMap<DocumentId, GridId> = BTreeMap::new();
    let mut scopes: BTreeMap<PersonId, (&Line, &Person)> = BTreeMap::new();
    for line in lines {
        let may_be_newer = line.at >= began_at.plus_ms(-MARGIN_MS);
        match &line.entry {
            Entry::Revoked { device } => revoke(connection, device, line.at)?,
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
                erase_again(connection, *document, kind, partition, line.at)?;
            }
            Entry::Moved { document, to } if may_be_newer => {
                moved.insert(*document, *to);
            }
            Entry::Scope { person, .. } if may_be_newer => {
                scopes.insert(person.id, (line, person));
            }
            Entry::Moved { .. } | Entry::Scope { .. } | Entry::Epoch { .. } => {}
        }
    }
    for (document, to) in moved {
        move_again(connection, document, to)?;
    }
    for (line, person) in scopes.into_values() {
        if let Entry::Scope { login, days, .. } = &line.entry {
            let mut person = Person::clone(person);
            let said_apart = days.iter().map(|(grid, days)| days.of(*grid));
            person.covers.extend(said_apart);
            scope(connection, person, login.as_deref(), line.at)?;
        }
    }
    Ok(())
}

fn revoke(connection: &Connection, id: &DeviceId, at: Timestamp) -> Result<()> {
    connection.execute(
        "insert into revoked (device, revoked_at) values (?1, ?2) on conflict (device) do nothing",
        params![id.0, at.0],
    )?;
    device::revoke(connection, *id, at)?;
    Ok(())
}

/// Whoever is unknown came after the backup, and is known again by this line.
fn scope(
    connection: &Connection,
    mut person: Person,
    login: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    person.grids.sort_unstable();
    person.covers.sort_unstable();
    let mut had = person::grids(connection, person.id)?;
    had.sort_unstable();
    let mut limited = person::covers(connection, person.id)?;
    limited.sort_unstable();
    let role = person::role(connection, person.id)?;
    if had == person.grids && limited == person.covers && role == Some(person.role) {
        return Ok(());
    }
    reference::reassign(connection, &person, login, at)
}
