//! What is in a parcel: rows as they stood on the old phone, the bytes of pictures in the clear (the parcel is sealed as a whole).

use crate::{
    documents::Identity,
    error::{Answer, Failure},
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    scan::{self, ChangeHeader},
    sync,
    time::Timestamp,
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use rusqlite::Connection;
use std::collections::BTreeSet;

#[derive(Encode, Decode)]
pub(super) struct Content {
    #[n(0)]
    pub worker: PersonId,
    /// Which phone wrote all of it.
    #[n(1)]
    pub device: DeviceId,
    #[n(2)]
    pub made_at: Timestamp,
    #[n(3)]
    pub changes: Vec<Change>,
    #[n(4)]
    pub acts: Vec<Act>,
    #[n(5)]
    pub blobs: Vec<Blob>,
    #[n(6)]
    pub pictures: Vec<Picture>,
    #[n(7)]
    pub drafts: Vec<Draft>,
    /// The number of the last act on the old phone.
    #[n(8)]
    pub last_edit: i64,
}

/// An own change without a receipt.
#[derive(Encode, Decode)]
pub(super) struct Change {
    #[n(0)]
    pub document: DocumentId,
    #[n(1)]
    pub kind: u16,
    #[n(2)]
    pub grid: GridId,
    #[n(3)]
    pub class: u8,
    #[n(4)]
    pub incarnation: u64,
    #[n(5)]
    pub bytes: ByteVec,
}

/// What was done by it, so that it can be shown, and applied again.
#[derive(Encode, Decode)]
pub(super) struct Act {
    #[n(0)]
    pub change: Hash,
    #[n(1)]
    pub document: DocumentId,
    #[n(2)]
    pub noun: String,
    #[n(3)]
    pub item: String,
    #[n(4)]
    pub record: String,
    #[n(5)]
    pub title: String,
    #[n(6)]
    pub act: String,
    #[n(7)]
    pub value: Option<String>,
    #[n(8)]
    pub at: i64,
    #[n(9)]
    pub bytes: u32,
}

/// A thumbnail or a shared line, and the changes that it travels with.
#[derive(Encode, Decode)]
pub(super) struct Blob {
    #[n(0)]
    pub bytes: ByteVec,
    #[n(1)]
    pub changes: Vec<Hash>,
}

/// A photo, an original or a voice note with its row.
#[derive(Encode, Decode)]
pub(super) struct Picture {
    #[n(0)]
    pub plain: ByteVec,
    #[n(1)]
    pub row: Row,
}

#[derive(Encode, Decode)]
pub(super) struct Row {
    #[n(0)]
    pub thumbnail: Hash,
    #[n(1)]
    pub stage: String,
    #[n(2)]
    pub taken_at: i64,
    #[n(3)]
    pub position: Option<String>,
    #[n(4)]
    pub width: u32,
    #[n(5)]
    pub height: u32,
    #[n(6)]
    pub document: Option<DocumentId>,
    #[n(7)]
    pub title: String,
    #[n(8)]
    pub severity: Option<u8>,
    #[n(9)]
    pub original: Option<Hash>,
    #[n(10)]
    pub turn: Option<u8>,
    /// `waiting`, or `kept` for a form that is half written.
    #[n(11)]
    pub standing: String,
}

#[derive(Encode, Decode)]
pub(super) struct Draft {
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub json: String,
    #[n(2)]
    pub at: i64,
}

/// A picture that is to be packed, before its bytes are read.
pub(super) struct Wanted {
    pub hash: Hash,
    pub bytes: u32,
    row: Row,
}

impl Wanted {
    pub fn with(self, plain: Vec<u8>) -> Picture {
        Picture {
            plain: plain.into(),
            row: self.row,
        }
    }
}

impl Content {
    /// Records, as a person counts them.
    pub fn records(&self) -> u32 {
        let records: BTreeSet<&str> = self.acts.iter().map(|act| act.record.as_str()).collect();
        u32::try_from(records.len()).unwrap_or(u32::MAX)
    }

    /// Whoever made this file was that phone, or has not changed a letter of what it wrote.
    pub fn check(&self) -> Answer<()> {
        for change in &self.changes {
            let header = change.header()?;
            let actor = sync::actor(self.device, change.document, change.incarnation);
            if header.actor != actor {
                return Err(Failure::new(
                    Code::ParcelUnreadable,
                    "a change of another hand",
                ));
            }
        }
        Ok(())
    }
}

impl Change {
    pub fn header(&self) -> Answer<ChangeHeader> {
        scan::scan_change(&self.bytes, &Default::default())
            .map_err(|error| Failure::new(Code::ParcelUnreadable, error.to_string()))
    }
}

/// Everything of this phone's own that has no receipt; pictures first, then originals, as they leave.
pub(super) fn gather(
    db: &Connection,
    who: &Identity,
    made_at: Timestamp,
) -> Answer<(Content, Vec<Wanted>)> {
    let mut changes = db.prepare_cached(
        "select change.document, document.kind, document.grid, document.class,
                coalesce(outbox.incarnation, change.incarnation), change.bytes
         from change join document on document.id = change.document join outbox on outbox.hash = change.hash
         where change.own and change.standing = 'waiting' and outbox.author is null order by change.number",
    )?;
    let changes = changes.query_map([], |row| {
        Ok(Change {
            document: DocumentId(row.get(0)?),
            kind: row.get(1)?,
            grid: GridId(row.get(2)?),
            class: row.get(3)?,
            incarnation: row.get(4)?,
            bytes: row.get::<_, Vec<u8>>(5)?.into(),
        })
    })?;
    let mut acts = db.prepare_cached(
        "select edit.change, edit.document, noun, item, record, title, act, value, at, edit.bytes
         from edit join change on change.hash = edit.change
         where change.own and change.standing = 'waiting' and edit.standing = 'waiting' order by edit.number",
    )?;
    let acts = acts.query_map([], |row| {
        Ok(Act {
            change: Hash(row.get(0)?),
            document: DocumentId(row.get(1)?),
            noun: row.get(2)?,
            item: row.get(3)?,
            record: row.get(4)?,
            title: row.get(5)?,
            act: row.get(6)?,
            value: row.get(7)?,
            at: row.get(8)?,
            bytes: row.get(9)?,
        })
    })?;
    let mut drafts = db.prepare_cached("select key, json, at from draft")?;
    let drafts = drafts.query_map([], |row| {
        Ok(Draft {
            key: row.get(0)?,
            json: row.get(1)?,
            at: row.get(2)?,
        })
    })?;
    let last_edit = db.query_row("select coalesce(max(number), 0) from edit", [], |row| {
        row.get(0)
    })?;
    let content = Content {
        worker: who.worker.id,
        device: who.device,
        made_at,
        changes: changes.collect::<Result<_, _>>()?,
        acts: acts.collect::<Result<_, _>>()?,
        blobs: blobs(db)?,
        pictures: Vec::new(),
        drafts: drafts.collect::<Result<_, _>>()?,
        last_edit,
    };
    Ok((content, wanted(db)?))
}

/// Small ones of unsent changes, and those of photos that no record refers to yet.
fn blobs(db: &Connection) -> Answer<Vec<Blob>> {
    let mut select = db.prepare_cached(
        "select hash, bytes from record_blob where standing = 'waiting' and
           (hash in (select blob from change_blob join change on change.hash = change_blob.change
                     where change.own and change.standing = 'waiting')
            or hash in (select thumbnail from photo where standing = 'kept'))",
    )?;
    let mut travels = db.prepare_cached("select change from change_blob where blob = ?1")?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let hash: [u8; 32] = row.get(0)?;
        let changes = travels.query_map([hash], |row| Ok(Hash(row.get(0)?)))?;
        all.push(Blob {
            bytes: row.get::<_, Vec<u8>>(1)?.into(),
            changes: changes.collect::<Result<_, _>>()?,
        });
    }
    Ok(all)
}

fn wanted(db: &Connection) -> Answer<Vec<Wanted>> {
    let mut select = db.prepare_cached(
        "select hash, bytes, thumbnail, stage, taken_at, position, width, height, document, title, severity,
                original, turn, standing
         from photo where standing in ('waiting', 'kept') and file is not null
         order by turn is not null, standing <> 'waiting', coalesce(severity, 9), bytes",
    )?;
    let rows = select.query_map([], |row| {
        Ok(Wanted {
            hash: Hash(row.get(0)?),
            bytes: row.get(1)?,
            row: Row {
                thumbnail: Hash(row.get(2)?),
                stage: row.get(3)?,
                taken_at: row.get(4)?,
                position: row.get(5)?,
                width: row.get(6)?,
                height: row.get(7)?,
                document: row.get::<_, Option<uuid::Uuid>>(8)?.map(DocumentId),
                title: row.get(9)?,
                severity: row.get(10)?,
                original: row.get::<_, Option<[u8; 32]>>(11)?.map(Hash),
                turn: row.get(12)?,
                standing: row.get(13)?,
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Act {
    pub fn put(&self, db: &Connection) -> Answer<()> {
        db.prepare_cached(
            "insert into edit (change, document, noun, item, record, title, act, value, at, bytes, standing)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'waiting') on conflict do nothing",
        )?
        .execute((
            self.change.0,
            self.document.0,
            &self.noun,
            &self.item,
            &self.record,
            &self.title,
            &self.act,
            &self.value,
            self.at,
            self.bytes,
        ))?;
        Ok(())
    }
}

impl Blob {
    /// With those of its changes that are new here.
    pub fn put(&self, db: &Connection, new: &BTreeSet<Hash>) -> Answer<()> {
        let hash = Hash::of(&self.bytes);
        db.prepare_cached(
            "insert into record_blob (hash, bytes, standing) values (?1, ?2, 'waiting') on conflict do nothing",
        )?
        .execute((hash.0, &self.bytes[..]))?;
        for change in self.changes.iter().filter(|change| new.contains(change)) {
            db.prepare_cached(
                "insert into change_blob (change, blob) values (?1, ?2) on conflict do nothing",
            )?
            .execute((change.0, hash.0))?;
        }
        Ok(())
    }
}

impl Picture {
    pub fn hash(&self) -> Hash {
        Hash::of(&self.plain)
    }

    /// Its row, once its file lies there.
    pub fn put(&self, db: &Connection, place: &str, now: Timestamp) -> Answer<()> {
        let row = &self.row;
        db.prepare_cached(
            "insert into photo (hash, thumbnail, stage, taken_at, position, width, height, bytes, file, document, title,
                                severity, added_at, original, turn, standing)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) on conflict do nothing",
        )?
        .execute(rusqlite::params![
            self.hash().0,
            row.thumbnail.0,
            row.stage,
            row.taken_at,
            row.position,
            row.width,
            row.height,
            self.plain.len() as u32,
            place,
            row.document.map(|document| document.0),
            row.title,
            row.severity,
            now.0,
            row.original.map(|hash| hash.0),
            row.turn,
            row.standing,
        ])?;
        Ok(())
    }
}
