//! After a refusal the document is the server's again, and what survives is applied to it by a new actor. The refused
//! act itself stays with its code and its words; nothing that came after it is lost with it. What the feed has another of
//! under the same number goes in the same way, whoever wrote it.

use super::{Edit, Identity, append_own, author, load, positions, twins};
use crate::{
    error::{Answer, Failure},
    projection,
};
use gridwalk_core::{
    act::Act,
    document::Document,
    error::Code,
    ids::{DocumentId, Hash},
    sync,
};
use rusqlite::{Connection, OptionalExtension};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An edit that is refused again and again is shown instead of being tried for ever.
const MOST_TRIES: i64 = 4;
/// How far another life of this phone may have come.
const LOOK_AHEAD: u64 = 32;

/// One refused change of the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RefusedChange {
    pub hash: Hash,
    pub code: Code,
    /// It was refused only for what it builds on, or for its actor: the act itself may stand.
    pub innocent: bool,
}

/// Takes the refused changes out of `document`, what the feed displaced, and what builds on either; and applies the
/// surviving edits again.
pub(crate) fn rebuild(
    db: &Connection,
    who: &Identity,
    document: DocumentId,
    refused: &[RefusedChange],
) -> Answer<()> {
    for change in refused {
        if !change.innocent || is_tired(db, &change.hash)? {
            refuse_change(db, &change.hash, change.code)?;
        }
    }
    if !refused.is_empty() {
        retire_waiting(db, document)?;
    }
    let own = twins::let_go(db, who, document)?;
    for hash in &own {
        if is_tired(db, hash)? {
            refuse_change(db, hash, Code::ActorForked)?;
        }
    }
    db.prepare_cached("update document set snapshot = null where id = ?1")?
        .execute([document.0])?;
    db.prepare_cached("update change set snapshotted = 0 where document = ?1")?
        .execute([document.0])?;
    if refused.is_empty() && own.is_empty() {
        // only what others wrote went, and own acts go on as before
        db.prepare_cached("update document set stale = 1 where id = ?1")?
            .execute([document.0])?;
        return Ok(());
    }
    // what a verified backup of the centre had once is kept here without its value: it cannot be applied again, and says so
    let code = refused
        .first()
        .map_or(Code::ActorForked, |change| change.code);
    db.prepare_cached(
        "update edit set standing = 'refused', code = ?2 where standing = 'stored' and value is null and change in
           (select hash from change where document = ?1 and own and standing = 'retired')",
    )?
    .execute((document.0, code.as_str()))?;
    let incarnation = unused_incarnation(db, who, document)?;
    db.prepare_cached("update document set incarnation = ?2 where id = ?1")?
        .execute((document.0, incarnation))?;
    apply_again(db, who, document, code)
}

/// Tried often enough to be shown instead.
fn is_tired(db: &Connection, change: &Hash) -> Answer<bool> {
    Ok(db
        .prepare_cached(
            "select 1 from edit where change = ?1 and standing = 'waiting' and tries >= ?2",
        )?
        .exists((change.0, MOST_TRIES))?)
}

/// Every own change without a receipt was written on top of a refused one.
fn retire_waiting(db: &Connection, document: DocumentId) -> Answer<()> {
    db.prepare_cached(
        "delete from outbox where hash in
           (select hash from change where document = ?1 and own and standing = 'waiting')",
    )?
    .execute([document.0])?;
    db.prepare_cached(
        "update change set standing = 'retired' where document = ?1 and own and standing = 'waiting'",
    )?
    .execute([document.0])?;
    Ok(())
}

/// Applies what survived. When what is left of the document cannot be read, that is no reason to stop everything else: the
/// words stay, with the reason.
fn apply_again(db: &Connection, who: &Identity, document: DocumentId, code: Code) -> Answer<()> {
    let applied = catch_unwind(AssertUnwindSafe(|| {
        apply_survivors(db, who, document, code)
    }));
    let failure = match applied {
        Ok(Err(failure)) if !is_of_the_phone(&failure) => failure,
        Ok(done) => return done,
        Err(_) => Failure::internal("the library panicked"),
    };
    projection::cannot_show(db, document, &failure.to_string())?;
    let left = survivors(db, document)?;
    left.iter()
        .try_for_each(|edit| refuse_edit(db, edit.number, failure.code))
}

fn is_of_the_phone(failure: &Failure) -> bool {
    matches!(failure.code, Code::StorageFull | Code::StorageBroken)
}

/// Applies what survived to what is left of the document, or shows it with `code` when nothing is.
fn apply_survivors(
    db: &Connection,
    who: &Identity,
    document: DocumentId,
    code: Code,
) -> Answer<()> {
    let survivors = survivors(db, document)?;
    let Some(held) = load(db, document)? else {
        // its very creation was refused: it stays on this phone as it was written, with the reason
        return survivors
            .iter()
            .try_for_each(|edit| refuse_edit(db, edit.number, code));
    };
    let mut rebuilt: Document = held.document;
    let feed = positions(db, document)?;
    for survivor in survivors {
        let author = author(who, document, held.incarnation, &survivor.act);
        match survivor.edit.apply(Some(rebuilt.clone()), &author, &feed) {
            Ok(edited) => {
                append_own(db, document, held.incarnation, &edited.change)?;
                db.prepare_cached(
                    "update edit set change = ?2, tries = tries + 1 where number = ?1",
                )?
                .execute((survivor.number, edited.change.hash.0))?;
                if let Some(before) = survivor.change {
                    db.prepare_cached("update change_blob set change = ?2 where change = ?1")?
                        .execute((before.0, edited.change.hash.0))?;
                }
                rebuilt = edited.document;
            }
            Err(refusal) => refuse_edit(db, survivor.number, refusal.code)?,
        }
    }
    projection::write(db, &rebuilt, &feed)
}

/// The next incarnation that nobody has seen, also when this phone is an old copy of itself and the log shows actors
/// that it does not remember.
fn unused_incarnation(db: &Connection, who: &Identity, document: DocumentId) -> Answer<u64> {
    let current: u64 = db
        .prepare_cached("select incarnation from document where id = ?1")?
        .query_row([document.0], |row| row.get(0))?;
    let mut highest = current;
    for candidate in current..current.saturating_add(LOOK_AHEAD) {
        let actor = sync::actor(who.device, document, candidate);
        let seen = db
            .prepare_cached("select 1 from change where document = ?1 and actor = ?2")?
            .exists((document.0, actor))?;
        if seen {
            highest = candidate;
        }
    }
    Ok(highest.saturating_add(1))
}

struct Survivor {
    number: i64,
    change: Option<Hash>,
    act: Act,
    edit: Edit,
}

fn survivors(db: &Connection, document: DocumentId) -> Answer<Vec<Survivor>> {
    let mut select = db.prepare_cached(
        "select number, change, act, value from edit
         where document = ?1 and standing = 'waiting' and value is not null and not exists
           (select 1 from change where change.hash = edit.change and change.standing <> 'retired')
         order by number",
    )?;
    let rows = select.query_map([document.0], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, Option<[u8; 32]>>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
        ))
    })?;
    rows.map(|row| {
        let (number, change, act, value) = row?;
        Ok(Survivor {
            number,
            change: change.map(Hash),
            act: serde_json::from_str(&act)?,
            edit: serde_json::from_str(&value)?,
        })
    })
    .collect::<Result<_, Failure>>()
}

fn refuse_change(db: &Connection, change: &Hash, code: Code) -> Answer<()> {
    let edit: Option<i64> = db
        .prepare_cached("select number from edit where change = ?1")?
        .query_row([change.0], |row| row.get(0))
        .optional()?;
    edit.map_or(Ok(()), |number| refuse_edit(db, number, code))
}

fn refuse_edit(db: &Connection, number: i64, code: Code) -> Answer<()> {
    db.prepare_cached("update edit set standing = 'refused', code = ?2 where number = ?1")?
        .execute((number, code.as_str()))?;
    let value: Option<String> = db
        .prepare_cached("select value from edit where number = ?1")?
        .query_row([number], |row| row.get(0))?;
    let Some(value) = value else { return Ok(()) };
    let edit: Edit = serde_json::from_str(&value)?;
    let photos = edit.photos().into_iter();
    let originals = photos.filter_map(|photo| photo.original.map(|original| original.hash));
    // its photos and voice notes stay here with it
    for hash in edit.large_blobs().into_iter().chain(originals) {
        db.prepare_cached(
            "update photo set standing = 'refused', code = ?2 where hash = ?1 and standing <> 'stored'",
        )?
        .execute((hash.0, code.as_str()))?;
    }
    Ok(())
}
