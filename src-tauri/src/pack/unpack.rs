//! A document out of a pack becomes what it would be if the feed had brought it: its changes in the log, their places, its
//! projection. Every change is scanned again and counted, and when all are, their sum must be what the server signed.

use super::shelf::{self, Held};
use crate::{database::Database, documents, enrolment, error::Answer, projection, sync};
use gridwalk_core::{
    ids::{DocumentId, GridId, Hash},
    sync::{
        message::{AccessClass, Digest, Partition},
        pack::{
            PackError,
            read::{self, PackedDocument, Unpacked},
        },
    },
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Documents per transaction: few, because a worker who saves meanwhile waits for at most one batch, and a small phone
/// holds them all at once.
const BATCH: usize = 8;

struct Waiting {
    document: DocumentId,
    partition: Partition,
    /// None when it does not count any more.
    pack: Option<Hash>,
    bytes: Vec<u8>,
}

/// Unpacks some documents; true while there are more.
pub(crate) fn some(database: &Database) -> Answer<bool> {
    database.write(|db| {
        let rows = next(db)?;
        let more = rows.len() == BATCH;
        for row in rows {
            one(db, row)?;
        }
        Ok(more)
    })
}

fn next(db: &Connection) -> Answer<Vec<Waiting>> {
    let mut select = db.prepare_cached(
        "select document, grid, class, pack, bytes from pack_document order by number limit ?1",
    )?;
    let rows = select.query_map([BATCH], waiting_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn waiting_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        document: DocumentId(row.get(0)?),
        partition: Partition {
            grid: GridId(row.get(1)?),
            class: AccessClass(row.get(2)?),
        },
        pack: row.get::<_, Vec<u8>>(3)?.try_into().ok().map(Hash),
        bytes: row.get(4)?,
    })
}

/// Somebody needs this document now: if it waits, it is taken out first.
pub(crate) fn waiting(db: &Connection, document: DocumentId) -> Answer<()> {
    let row = db
        .prepare_cached(
            "select document, grid, class, pack, bytes from pack_document where document = ?1",
        )?
        .query_row([document.0], waiting_row)
        .optional()?;
    row.map_or(Ok(()), |row| one(db, row))
}

fn one(db: &Connection, row: Waiting) -> Answer<()> {
    db.prepare_cached("delete from pack_document where document = ?1")?
        .execute([row.document.0])?;
    db.prepare_cached("delete from pack_early where document = ?1")?
        .execute([row.document.0])?;
    let unpacked = minicbor::decode::<PackedDocument>(&row.bytes)
        .map_err(|_| PackError::Malformed("a document on this phone"))
        .and_then(|packed| {
            // the scanner has seen it; the library behind it may still break on it (design §5)
            let unpacked = catch_unwind(AssertUnwindSafe(|| read::unpack(&packed)));
            let unpacked = unpacked.unwrap_or(Err(PackError::Document(packed.document)))?;
            Ok((packed, unpacked))
        });
    match unpacked {
        Ok((packed, unpacked)) => {
            let sum = shelve(db, &row, &packed, unpacked)?;
            if let Some(pack) = &row.pack {
                count(db, pack, &sum)?;
            }
        }
        Err(error) => {
            tracing::error!(document = %row.document, %error, "a document of a pack is no good");
            if let Some(held) = of_name(db, row.pack.as_ref())? {
                give_up(db, &held)?;
            }
        }
    }
    match of_name(db, row.pack.as_ref())? {
        Some(held) => settle(db, &held),
        None => Ok(()),
    }
}

/// Into the log, with positions, snapshot and projection; the sum of its changes.
fn shelve(
    db: &Connection,
    row: &Waiting,
    packed: &PackedDocument,
    unpacked: Unpacked,
) -> Answer<Digest> {
    let id = row.document;
    documents::add_document(db, id, packed.kind, row.partition)?;
    let held: usize = db
        .prepare_cached("select count(*) from change where document = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    let fresh = db
        .prepare_cached("select 1 from document where id = ?1 and snapshot is null")?
        .exists([id.0])?;
    let at = db
        .prepare_cached("select at from pack where name = ?1")?
        .query_row([row.pack.map(|pack| pack.0)], |row| {
            Ok(Timestamp(row.get(0)?))
        })
        .optional()?
        .unwrap_or_default();
    let mut sum = Digest::EMPTY;
    let mut positions: HashMap<Hash, u64> = HashMap::with_capacity(unpacked.changes.len());
    let mut torn = false;
    for (position, change) in &unpacked.changes {
        sum.add(&change.hash);
        positions.insert(change.hash, *position);
        let new = db
            .prepare_cached(
                "insert into change (hash, document, actor, seq, bytes, own, standing, snapshotted)
                 values (?1, ?2, ?3, ?4, ?5, 0, 'stored', ?6) on conflict do nothing",
            )?
            .execute((
                change.hash.0,
                id.0,
                change.actor,
                change.seq,
                &change.bytes,
                fresh,
            ))?;
        if new == 0 {
            sync::stored(db, &change.hash, at)?;
            sync::released(db, &change.hash, at)?;
            db.prepare_cached(
                "update change set snapshotted = ?2 where hash = ?1 and snapshotted = 0",
            )?
            .execute((change.hash.0, fresh))?;
        }
        db.prepare_cached(
            "insert or replace into placed (grid, class, position, hash) values (?1, ?2, ?3, ?4)",
        )?
        .execute((
            row.partition.grid.0,
            row.partition.class.0,
            position,
            change.hash.0,
        ))?;
        torn |= held > 0 && documents::torn_by(db, &change.hash)?.is_some();
    }
    lives_here(db, id, &row.partition)?;
    if fresh {
        db.prepare_cached("update document set snapshot = ?2 where id = ?1")?
            .execute((id.0, &packed.snapshot[..]))?;
    }
    if torn && let Some(who) = enrolment::identity(db)? {
        documents::rebuild(db, &who, id, &[])?;
    } else if held == 0 {
        projection::write(db, &unpacked.document, &positions)?;
    } else {
        db.prepare_cached("update document set stale = 1 where id = ?1")?
            .execute([id.0])?;
    }
    Ok(sum)
}

/// Where its changes stand, a document lives, also when it was created elsewhere; unless a feed that was read meanwhile
/// has it in another place.
fn lives_here(db: &Connection, id: DocumentId, partition: &Partition) -> Answer<()> {
    db.prepare_cached(
        "update document set grid = ?1, class = ?2 where id = ?3 and (grid <> ?1 or class <> ?2) and not exists
           (select 1 from change join placed on placed.hash = change.hash
            where change.document = ?3 and placed.departed = 0 and (placed.grid <> ?1 or placed.class <> ?2))",
    )?
    .execute((partition.grid.0, partition.class.0, id.0))?;
    Ok(())
}

fn of_name(db: &Connection, name: Option<&Hash>) -> Answer<Option<Held>> {
    let Some(name) = name else { return Ok(None) };
    for standing in ["here", "coming"] {
        if let Some(held) = shelf::held(db, standing)?
            .into_iter()
            .find(|held| held.name == *name)
        {
            return Ok(Some(held));
        }
    }
    Ok(None)
}

/// Adds to what was counted of this pack; a pack that is not wanted any more counts nothing.
fn count(db: &Connection, name: &Hash, sum: &Digest) -> Answer<()> {
    let counted: Option<[u8; 32]> = db
        .prepare_cached("select digest from pack where name = ?1")?
        .query_row([name.0], |row| row.get(0))
        .optional()?;
    let Some(counted) = counted else {
        return Ok(());
    };
    let mut digest = Digest(counted);
    digest.add(&Hash(sum.0)); // sums are added like names
    db.prepare_cached("update pack set digest = ?2 where name = ?1")?
        .execute((name.0, digest.0))?;
    Ok(())
}

/// Once all frames are here and all documents are out: does it add up?
pub(super) fn settle(db: &Connection, held: &Held) -> Answer<()> {
    let open = db
        .prepare_cached(
            "select 1 where exists (select 1 from pack_document where pack = ?1)
             or not exists (select 1 from pack where name = ?1 and standing = 'here')",
        )?
        .exists([held.name.0])?;
    if open {
        return Ok(());
    }
    let digest: [u8; 32] = db
        .prepare_cached("select digest from pack where name = ?1")?
        .query_row([held.name.0], |row| row.get(0))?;
    if !read::adds_up(&held.manifest, &Digest(digest)) {
        tracing::error!("a pack does not add up to what was signed; its feed is read instead");
        return give_up(db, held);
    }
    shelf::frames_away(db, &held.name)?;
    db.prepare_cached("delete from pack where name = ?1")?
        .execute([held.name.0])?;
    shelf::early_away(db, &held.manifest.cursor.partition)
}

/// The pack is no good after all: the feed from its start.
fn give_up(db: &Connection, held: &Held) -> Answer<()> {
    let partition = held.manifest.cursor.partition;
    shelf::refuse(db, &partition, &held.name)?;
    crate::sync::restart(db, &partition)
}

/// Nothing waits and nothing is unchecked: until then no repair is begun.
pub(crate) fn all_verified(db: &Connection) -> Answer<bool> {
    let open = db
        .prepare_cached(
            "select 1 where exists (select 1 from pack where standing <> 'refused') or exists (select 1 from pack_document)",
        )?
        .exists([])?;
    Ok(!open)
}
