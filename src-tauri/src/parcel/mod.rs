//! Moving to a new phone with unsent work, where there is no network to send it first.
//!
//! ```text
//! old phone                                            new phone, enrolled by the same worker
//!   packs what has no receipt ──file, code──▶            takes it out, and brings it to the centre
//!   ◀──────────────── a receipt of six letters ────────── under the name of the old phone, as it was written
//!   says that it has been replaced
//! ```
//!
//! What travels are the very changes that the old phone wrote, so both phones may bring them, in any order and as often as they
//! like: a change is its name, and the second one is told that it is there. Only where the centre does not take such a change
//! is its act applied again as one of the new phone's own, as after any refusal; visits, events and hits keep their ids.
//!
//! The file is sealed under a code of twelve letters (Argon2id), which the worker types on the new phone and sends nobody.
//!
//! Not in it: what the centre refused (hand that over as a file of its own), the way of a patrol (it stays on the phone that
//! walked it, so a patrol is ended first), settings, and what would make the file larger than [`MOST`].

mod content;
mod sealing;

use crate::{
    Phone,
    database::{fact, set_fact},
    documents,
    error::{Answer, Failure},
    projection,
    view::{MoveState, Parcel, Unpacked},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use content::Content;
use gridwalk_core::{
    error::Code,
    ids::Hash,
    sync::message::{AccessClass, DocumentKind, Partition},
    time::Timestamp,
};
use rusqlite::Connection;
use sealing::Seal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// So many bytes of pictures in one file; larger ones stay, and are sent by the old phone.
const MOST: u64 = 64 * 1024 * 1024;
const FACT: &str = "parcel";

/// What this phone packed last.
#[derive(Serialize, Deserialize)]
struct Packed {
    at: Timestamp,
    records: u32,
    photos: u32,
    left_out: u32,
    /// The last act, and the pictures, that are in it.
    last_edit: i64,
    pictures: BTreeSet<String>,
    /// What the new phone shows once it has taken it out.
    receipt: String,
    arrived_at: Option<Timestamp>,
}

impl Phone {
    /// What is unsent, and whether it was handed to another phone.
    pub fn move_state(&self) -> Answer<MoveState> {
        let state = self.sync_state()?;
        let (packed, newer) = self.database().read(|db| {
            let packed: Option<Packed> = fact(db, FACT)?;
            let newer = packed.as_ref().map_or(Ok(0), |packed| not_in(db, packed))?;
            Ok((packed, newer))
        })?;
        Ok(MoveState {
            records: state.waiting_records,
            photos: state.waiting_photos + state.waiting_voices,
            stuck: state.stuck,
            packed_at: packed.as_ref().map(|packed| packed.at),
            left_out: packed.as_ref().map_or(0, |packed| packed.left_out),
            newer,
            replaced_at: packed.and_then(|packed| packed.arrived_at),
        })
    }

    /// Everything without a receipt, sealed under a new code. Nothing changes by it, and delivery goes on.
    pub fn pack_parcel(&self) -> Answer<Parcel> {
        let who = self.who()?;
        if self.patrol_running()?.is_some() {
            return Err(Failure::new(Code::PatrolRunning, "its way would stay here"));
        }
        let now = self.now();
        let (mut content, pictures) = self
            .database()
            .read(|db| content::gather(db, &who.identity, now))?;
        let mut bytes = 0;
        let mut left_out = 0;
        for picture in pictures {
            bytes += u64::from(picture.bytes);
            if bytes > MOST {
                left_out += 1;
                continue;
            }
            let plain = self.own_photo_bytes(picture.hash)?;
            let plain =
                plain.ok_or_else(|| Failure::new(Code::StorageBroken, "a picture has no file"))?;
            content.pictures.push(picture.with(plain));
        }
        let seal = Seal::new(&*self.ports().dice)?;
        let file = seal.close(&content, &*self.ports().dice)?;
        let packed = Packed {
            at: now,
            records: content.records(),
            photos: u32::try_from(content.pictures.len()).unwrap_or(u32::MAX),
            left_out,
            last_edit: content.last_edit,
            pictures: content
                .pictures
                .iter()
                .map(|picture| picture.hash().to_string())
                .collect(),
            receipt: seal.receipt()?,
            arrived_at: None,
        };
        self.database().write(|db| set_fact(db, FACT, &packed))?;
        Ok(Parcel {
            code: seal.code,
            file: STANDARD.encode(file),
            records: packed.records,
            photos: packed.photos,
            left_out,
        })
    }

    /// The new phone showed this: it has everything. From now on this one says that it has been replaced.
    pub fn parcel_arrived(&self, receipt: String) -> Answer<MoveState> {
        let now = self.now();
        self.database().write(|db| {
            let packed: Option<Packed> = fact(db, FACT)?;
            let packed =
                packed.ok_or_else(|| Failure::new(Code::NotFound, "nothing was packed"))?;
            if sealing::typed(&receipt) != packed.receipt {
                return Err(Failure::new(Code::ParcelUnreadable, "another receipt"));
            }
            let arrived_at = packed.arrived_at.or(Some(now));
            set_fact(
                db,
                FACT,
                &Packed {
                    arrived_at,
                    ..packed
                },
            )
        })?;
        self.move_state()
    }

    /// Whether another phone has everything that this one has not sent.
    pub(crate) fn is_handed_over(&self) -> Answer<bool> {
        let state = self.move_state()?;
        let nothing_stays = state.left_out == 0 && state.newer == 0 && state.stuck == 0;
        Ok(state.replaced_at.is_some() && nothing_stays)
    }

    /// Takes out what another phone of this worker packed. Twice is once; what the centre has meanwhile is left alone.
    pub fn open_parcel(&self, file: String, code: String) -> Answer<Unpacked> {
        let who = self.who()?;
        let unreadable = |why: &str| Failure::new(Code::ParcelUnreadable, why);
        let sealed = STANDARD
            .decode(file.trim())
            .map_err(|_| unreadable("not a parcel"))?;
        let (content, receipt) = sealing::open(&sealed, &code)?;
        if content.worker != who.identity.worker.id {
            return Err(Failure::new(
                Code::ParcelOfAnother,
                "somebody else packed it",
            ));
        }
        content.check()?;
        let mut laid = Vec::new();
        for picture in &content.pictures {
            let hash = picture.hash();
            let here = self.database().read(|db| is_known(db, "photo", &hash))?;
            if !here {
                laid.push((picture, self.lay(&hash, &picture.plain)?));
            }
        }
        let now = self.now();
        let records = self.database().write(|db| {
            let records = put_changes(db, &content)?;
            for (picture, place) in &laid {
                picture.put(db, place, now)?;
            }
            for draft in &content.drafts {
                db.prepare_cached(
                    "insert into draft (key, json, at) values (?1, ?2, ?3) on conflict do nothing",
                )?
                .execute((&draft.key, &draft.json, draft.at))?;
            }
            Ok(records)
        })?;
        while projection::refresh(self.database())? {}
        self.wake(false);
        self.wake_photos();
        Ok(Unpacked {
            records,
            photos: u32::try_from(laid.len()).unwrap_or(u32::MAX),
            receipt,
        })
    }
}

/// How much was recorded or taken since, and is not in it.
fn not_in(db: &Connection, packed: &Packed) -> Answer<u32> {
    let edits: u32 = db.query_row(
        "select count(distinct record) from edit where standing = 'waiting' and number > ?1",
        [packed.last_edit],
        |row| row.get(0),
    )?;
    let mut select = db.prepare_cached("select hash from photo where standing = 'waiting'")?;
    let waiting: Vec<Hash> = select
        .query_map([], |row| Ok(Hash(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    let newer = waiting
        .iter()
        .filter(|hash| !packed.pictures.contains(&hash.to_string()));
    Ok(edits + u32::try_from(newer.count()).unwrap_or(u32::MAX))
}

fn is_known(db: &Connection, table: &str, hash: &Hash) -> Answer<bool> {
    Ok(db
        .prepare_cached(&format!("select 1 from {table} where hash = ?1"))?
        .exists([hash.0])?)
}

/// Changes of the old phone leave under its name. How many records are new here.
fn put_changes(db: &Connection, content: &Content) -> Answer<u32> {
    let mut new = BTreeSet::new();
    for change in &content.changes {
        let header = change.header()?;
        documents::add_document(
            db,
            change.document,
            DocumentKind(change.kind),
            Partition {
                grid: change.grid,
                class: AccessClass(change.class),
            },
        )?;
        let inserted = db
            .prepare_cached(
                "insert into change (hash, document, actor, seq, bytes, own, incarnation, standing)
                 values (?1, ?2, ?3, ?4, ?5, 0, ?6, 'waiting') on conflict do nothing",
            )?
            .execute((
                header.hash.0,
                change.document.0,
                header.actor,
                header.seq,
                &change.bytes[..],
                change.incarnation,
            ))?;
        if inserted == 0 {
            continue; // the old phone sent it after all, or this is the second time
        }
        new.insert(header.hash);
        db.prepare_cached(
            "insert into outbox (hash, author, incarnation) values (?1, ?2, ?3) on conflict do nothing",
        )?
        .execute((header.hash.0, content.device.0, change.incarnation))?;
        db.prepare_cached("update document set stale = 1 where id = ?1")?
            .execute([change.document.0])?;
    }
    let mut records = BTreeSet::new();
    for act in content.acts.iter().filter(|act| new.contains(&act.change)) {
        act.put(db)?;
        records.insert(&act.record);
    }
    for blob in &content.blobs {
        blob.put(db, &new)?;
    }
    Ok(u32::try_from(records.len()).unwrap_or(u32::MAX))
}

/// Whether a change of another phone of this worker came with its act.
pub(crate) fn carries(db: &Connection, change: &Hash) -> Answer<bool> {
    Ok(db
        .prepare_cached(
            "select 1 from edit join change on change.hash = edit.change
             where edit.change = ?1 and not change.own and edit.standing = 'waiting'",
        )?
        .exists([change.0])?)
}

/// The centre does not take such a change: its act is applied again by this phone. False when it is none.
pub(crate) fn let_go(db: &Connection, change: &Hash) -> Answer<bool> {
    if !carries(db, change)? {
        return Ok(false);
    }
    db.prepare_cached("delete from outbox where hash = ?1")?
        .execute([change.0])?;
    db.prepare_cached("update change set standing = 'retired' where hash = ?1")?
        .execute([change.0])?;
    Ok(true)
}
