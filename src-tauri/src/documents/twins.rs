//! Two changes with one number: two copies of a phone wrote them, and the centre, gone back to an older backup, took the
//! other one than before. Which of them goes, and what goes with it, is decided in `core::sync::fork`.

use super::Identity;
use crate::{error::Answer, sync::offer};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    scan,
    sync::fork::{self, Holding},
};
use rusqlite::{Connection, OptionalExtension};

/// The document of a change that stands in a feed, if another change with its number is held as part of it.
pub(crate) fn torn_by(db: &Connection, change: &Hash) -> Answer<Option<DocumentId>> {
    Ok(db
        .prepare_cached(
            "select change.document from change join change as twin
               on twin.document = change.document and twin.actor = change.actor and twin.seq = change.seq
             where change.hash = ?1 and twin.hash <> ?1 and twin.standing <> 'retired' limit 1",
        )?
        .query_row([change.0], |row| Ok(DocumentId(row.get(0)?)))
        .optional()?)
}

/// Lets go of what the feed displaced and of what builds on something retired; own changes among it, whose edits wait again.
/// The bytes stay: the feed may yet bring them back, after another restore.
pub(super) fn let_go(db: &Connection, who: &Identity, document: DocumentId) -> Answer<Vec<Hash>> {
    let lost = fork::displaced(&holdings(db, document)?, retired(db, document)?);
    // nobody else may be left who has what a colleague wrote: the centre refuses it, and keeps it for a person to look at
    offer(db, who, document, &lost)?;
    let mut own = Vec::new();
    for hash in lost {
        tracing::warn!(%document, change = %hash, "another change stands under this number, or below what it builds on");
        let mine: bool = db
            .prepare_cached("update change set standing = 'retired' where hash = ?1 returning own")?
            .query_row([hash.0], |row| row.get(0))?;
        if mine {
            db.prepare_cached("delete from outbox where hash = ?1")?
                .execute([hash.0])?;
            own.push(hash);
        }
    }
    Ok(own)
}

fn holdings(db: &Connection, document: DocumentId) -> Answer<Vec<Holding>> {
    let mut select = db.prepare_cached(
        "select bytes, exists (select 1 from placed where placed.hash = change.hash and departed = 0)
         from change where document = ?1 and standing <> 'retired' order by number",
    )?;
    let mut rows = select.query([document.0])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        // whatever lies in the log has passed the scanner
        if let Ok(header) = scan::scan_change(&bytes, &Default::default()) {
            held.push(Holding::new(header, row.get(1)?));
        }
    }
    Ok(held)
}

fn retired(db: &Connection, document: DocumentId) -> Answer<Vec<Hash>> {
    let mut select =
        db.prepare_cached("select hash from change where document = ?1 and standing = 'retired'")?;
    let rows = select.query_map([document.0], |row| Ok(Hash(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
