//! Documents on the phone: loaded from the log, edited, and written back, all in the caller's one transaction.
//!
//! ```text
//! change log ──▶ snapshot + tail ──▶ Document ──edit──▶ change + edit + outbox + projection + search   (one commit)
//! ```

mod edit;
mod rebuild;
mod twins;

pub(crate) use edit::{Edit, Noun};
pub(crate) use rebuild::{RefusedChange, rebuild};
pub(crate) use twins::torn_by;

use crate::{
    error::{Answer, Failure},
    pack,
    photo::original,
    projection,
};
use ed25519_dalek::SigningKey;
use gridwalk_core::{
    act::Act,
    document::{Author, Document, RawChange},
    error::Code,
    ids::{DeviceId, DocumentId, GridId, Hash},
    reference::Person,
    sync::{
        self,
        message::{DocumentKind, Partition},
    },
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// After so many changes the next edit writes a snapshot, so that opening stays cheap.
pub(crate) const TAIL: usize = 12;

/// Whose hand writes on this phone.
#[derive(Clone)]
pub(crate) struct Identity {
    pub device: DeviceId,
    /// As the centre knows them by now, with the grids they cover for others.
    pub worker: Person,
    pub signing_key: SigningKey,
}

impl Identity {
    /// Where documents are created that belong to no other grid.
    pub fn home(&self, now: Timestamp) -> GridId {
        let home = self.worker.home_on(now.local_date());
        home.unwrap_or(GridId(uuid::Uuid::nil()))
    }

    /// The frame of an act of this worker.
    pub fn act(&self, recorded_at: Timestamp) -> Act {
        Act {
            by: self.worker.id,
            role: self.worker.role,
            device: self.device,
            recorded_at,
            observed_at: None,
        }
    }
}

/// A document with what the phone knows about it.
pub(crate) struct Held {
    pub document: Document,
    pub incarnation: u64,
    /// Changes behind the last snapshot.
    pub tail: usize,
}

/// Where an edit goes.
pub(crate) struct Target {
    pub document: DocumentId,
    /// Where it is created, if it is.
    pub grid: GridId,
    /// What the worker calls it.
    pub title: String,
    /// Edits with the same word are one record for the person who made them.
    pub record: String,
    /// How urgent its photos are, for incidents.
    pub severity: Option<u8>,
}

/// The document as the log has it; none when nothing of it is held.
pub(crate) fn load(db: &Connection, id: DocumentId) -> Answer<Option<Held>> {
    pack::waiting(db, id)?;
    let row: Option<(u16, u64, Option<Vec<u8>>)> = db
        .prepare_cached("select kind, incarnation, snapshot from document where id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((kind, incarnation, snapshot)) = row else {
        return Ok(None);
    };
    let kind = DocumentKind(kind);
    let loaded = match &snapshot {
        Some(snapshot) => {
            let later = changes(db, id, true)?;
            let tail = later.len();
            Document::from_snapshot(id, kind, snapshot, later).map(|document| (document, tail))
        }
        None => {
            let all = changes(db, id, false)?;
            let tail = all.len();
            Document::from_changes(id, kind, all).map(|document| (document, tail))
        }
    };
    // nothing left of it: its creation was refused
    if loaded
        .as_ref()
        .is_ok_and(|(document, _)| document.heads().is_empty())
    {
        return Ok(None);
    }
    // the log is the truth: a snapshot that does not load is only a slower start (F71)
    let (document, tail) = match loaded {
        Err(_) if snapshot.is_some() => {
            let all = changes(db, id, false)?;
            let tail = all.len();
            Document::from_changes(id, kind, all).map(|document| (document, tail))
        }
        other => other,
    }
    .map_err(|error| Failure::new(error.code(), format!("document {id}: {error}")))?;
    Ok(Some(Held {
        document,
        incarnation,
        tail,
    }))
}

fn changes(db: &Connection, id: DocumentId, tail_only: bool) -> Answer<Vec<Vec<u8>>> {
    let mut select = db.prepare_cached(
        "select bytes from change
         where document = ?1 and standing <> 'retired' and snapshotted <= ?2 order by number",
    )?;
    let rows = select.query_map((id.0, i32::from(!tail_only)), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Feed positions of a document's changes: the order of its fold.
pub(crate) fn positions(db: &Connection, id: DocumentId) -> Answer<HashMap<Hash, u64>> {
    let mut select = db.prepare_cached(
        "select change.hash, min(placed.position) from change join placed on placed.hash = change.hash
         where change.document = ?1 and placed.departed = 0 group by change.hash",
    )?;
    let rows = select.query_map([id.0], |row| Ok((Hash(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records acts on one document: log, edit, outbox, snapshot, projection. The caller's transaction makes them one.
pub(crate) fn record(
    db: &Connection,
    who: &Identity,
    target: &Target,
    edits: &[Edit],
    act: &Act,
) -> Answer<()> {
    let held = load(db, target.document)?;
    let (incarnation, mut tail) = held
        .as_ref()
        .map_or((1, 0), |held| (held.incarnation, held.tail));
    let mut document = held.map(|held| held.document);
    let feed = positions(db, target.document)?;
    for edit in edits {
        if document.is_none() && edit.creates() {
            add_document(
                db,
                target.document,
                edit.kind(),
                Partition {
                    grid: target.grid,
                    class: edit.kind().class(),
                },
            )?;
        }
        let author = author(who, target.document, incarnation, act);
        let edited = edit.apply(document, &author, &feed)?;
        append_edit(db, target, edit, act, &edited.change)?;
        append_own(db, target.document, incarnation, &edited.change)?;
        attach(db, target, edit, &edited.change)?;
        tail += 1;
        document = Some(edited.document);
    }
    let mut document =
        document.ok_or_else(|| Failure::new(Code::NotFound, "no such document on this phone"))?;
    if tail >= TAIL {
        snapshot(db, &mut document)?;
    }
    projection::write(db, &document, &feed)
}

fn author(who: &Identity, document: DocumentId, incarnation: u64, act: &Act) -> Author {
    Author {
        actor: sync::actor(who.device, document, incarnation),
        act: act.clone(),
    }
}

/// Makes the row of a document, if it is new.
pub(crate) fn add_document(
    db: &Connection,
    id: DocumentId,
    kind: DocumentKind,
    partition: Partition,
) -> Answer<()> {
    db.prepare_cached(
        "insert into document (id, kind, grid, class) values (?1, ?2, ?3, ?4) on conflict do nothing",
    )?
    .execute((id.0, kind.0, partition.grid.0, partition.class.0))?;
    Ok(())
}

fn append_edit(
    db: &Connection,
    target: &Target,
    edit: &Edit,
    act: &Act,
    change: &RawChange,
) -> Answer<()> {
    let (noun, item) = edit.noun_and_item();
    db.prepare_cached(
        "insert into edit (change, document, noun, item, record, title, act, value, at, bytes, standing)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'waiting')",
    )?
    .execute((
        change.hash.0,
        target.document.0,
        noun.word(),
        item,
        &target.record,
        &target.title,
        serde_json::to_string(act)?,
        serde_json::to_string(edit)?,
        act.recorded_at.0,
        change.bytes.len() as u32,
    ))?;
    Ok(())
}

/// An own change goes into the log and into the outbox.
fn append_own(
    db: &Connection,
    document: DocumentId,
    incarnation: u64,
    change: &RawChange,
) -> Answer<()> {
    db.prepare_cached(
        "insert into change (hash, document, actor, seq, bytes, own, incarnation, standing)
         values (?1, ?2, ?3, ?4, ?5, 1, ?6, 'waiting')",
    )?
    .execute((
        change.hash.0,
        document.0,
        change.actor,
        change.seq,
        &change.bytes,
        incarnation,
    ))?;
    db.prepare_cached("insert into outbox (hash) values (?1)")?
        .execute([change.hash.0])?;
    Ok(())
}

/// Photos, voice notes and lines of an edit: the small blobs travel with its change, the large ones may leave from now on.
fn attach(db: &Connection, target: &Target, edit: &Edit, change: &RawChange) -> Answer<()> {
    let mut blobs: Vec<Hash> = edit.photos().iter().map(|photo| photo.thumbnail).collect();
    if let Edit::Patrol(gridwalk_core::patrol::PatrolEdit::Finish {
        line: Some(line), ..
    }) = edit
    {
        blobs.push(line.blob);
    }
    for blob in blobs {
        let known = db
            .prepare_cached("select 1 from record_blob where hash = ?1")?
            .exists([blob.0])?;
        if !known {
            return Err(Failure::new(
                Code::NotFound,
                format!("the blob {blob} is not on this phone"),
            ));
        }
        db.prepare_cached(
            "insert into change_blob (change, blob) values (?1, ?2) on conflict do nothing",
        )?
        .execute((change.hash.0, blob.0))?;
    }
    for voice in edit.voices() {
        let here = db
            .prepare_cached("select 1 from photo where hash = ?1")?
            .exists([voice.hash.0])?;
        if !here {
            return Err(Failure::new(
                Code::NotFound,
                format!("the voice note {} is not on this phone", voice.hash),
            ));
        }
    }
    for hash in edit.large_blobs() {
        db.prepare_cached(
            "update photo set standing = iif(standing = 'kept', 'waiting', standing), document = ?2,
                              title = ?3, severity = coalesce(?4, severity)
             where hash = ?1",
        )?
        .execute((hash.0, target.document.0, &target.title, target.severity))?;
    }
    let photos = edit.photos();
    if photos.is_empty() {
        return Ok(());
    }
    for photo in photos {
        match &photo.original {
            Some(original) => db
                .prepare_cached(
                    "update photo set standing = iif(standing = 'kept', 'waiting', standing), document = ?2,
                                      title = ?3, severity = coalesce(?4, severity)
                     where hash = ?1 and turn is not null",
                )?
                .execute((original.hash.0, target.document.0, &target.title, target.severity))?,
            None => db
                .prepare_cached("update photo set original = null where hash = ?1")?
                .execute([photo.hash.0])?,
        };
    }
    original::let_go(db)
}

/// Writes the whole document, so that the next start need not replay its history.
pub(crate) fn snapshot(db: &Connection, document: &mut Document) -> Answer<()> {
    let id = document.id();
    let bytes = document.save();
    // Automerge can write what it cannot read (F71): only a snapshot that loads replaces the log's replay
    let readable = Document::from_snapshot(id, document.kind(), &bytes, [] as [&[u8]; 0])
        .is_ok_and(|again| again.heads() == document.heads());
    if !readable {
        return Ok(());
    }
    db.prepare_cached("update document set snapshot = ?2 where id = ?1")?
        .execute((id.0, bytes))?;
    db.prepare_cached(
        "update change set snapshotted = 1 where document = ?1 and standing <> 'retired'",
    )?
    .execute([id.0])?;
    Ok(())
}

/// The outbox holds every own change without a receipt. Whatever a fault took out of it is put back; how many.
pub(crate) fn check_outbox(db: &Connection) -> Answer<usize> {
    // both look at what waits only (`change_waiting`): the log of a year is a hundred megabytes to decrypt
    db.execute(FORGET, [])?;
    Ok(db.execute(PUT_BACK, [])?)
}

const FORGET: &str = "delete from outbox where not exists (
   select 1 from change where hash = outbox.hash and (standing <> 'retired' or not own))";
const PUT_BACK: &str = "insert into outbox (hash) select hash from change
 where own and standing = 'waiting' and hash not in (select hash from outbox) order by number";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::Database, ports::DatabaseKey};

    /// Three own changes: one waits, one has its receipt, one was refused.
    fn street() -> (tempfile::TempDir, Database) {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join("one.db"), &DatabaseKey([7; 32])).unwrap();
        database
            .write(|db| {
                for (n, standing) in (1_u8..).zip(["waiting", "stored", "retired"]) {
                    db.execute(
                        "insert into change (hash, document, actor, seq, bytes, own, standing)
                         values (?1, x'01', x'02', ?2, x'03', 1, ?3)",
                        ([n; 32], n, standing),
                    )?;
                }
                Ok(())
            })
            .unwrap();
        (dir, database)
    }

    #[test]
    fn what_waits_is_in_the_outbox_and_what_was_refused_is_not() {
        let (_dir, database) = street();
        database
            .write(|db| {
                db.execute("insert into outbox (hash) values (?1)", [[3_u8; 32]])?;
                assert_eq!(check_outbox(db)?, 1);
                let mut select = db.prepare("select hash from outbox")?;
                let left: Vec<[u8; 32]> = select
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                assert_eq!(left, [[1; 32]]);
                assert_eq!(check_outbox(db)?, 0);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn the_check_of_the_outbox_does_not_read_the_log() {
        let (_dir, database) = street();
        for statement in [FORGET, PUT_BACK] {
            let steps: Vec<String> = database
                .read(|db| {
                    let mut plan = db.prepare(&format!("explain query plan {statement}"))?;
                    let steps = plan.query_map([], |row| row.get("detail"))?;
                    Ok(steps.collect::<Result<_, _>>()?)
                })
                .unwrap();
            let reads_all =
                |step: &String| step.starts_with("SCAN change") && !step.contains("change_waiting");
            assert!(!steps.iter().any(reads_all), "{steps:?}");
        }
    }
}
