//! After the centre was restored, this phone was, or a digest did not fit: what this phone holds is compared with what the
//! centre has (`core::sync::repair`), and what the centre lost is put into the outbox again. This phone's own acts lose
//! their receipt until they have a new one. Other people's changes leave under the name of the device that wrote them,
//! which is found by trying: an actor is computed from device, document and incarnation, and the devices of a grid are
//! reference rows.

use crate::{
    database::{fact, set_fact},
    documents::{self, Identity},
    error::Answer,
    pack, reference,
};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, GridId, Hash},
    scan::ActorId,
    sync::{
        self,
        apply::Plan,
        message::{AccessClass, Cursor, Digest, Epoch, Partition, Repair},
        repair::{self, Holding, Question, Step},
    },
};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// How many incarnations of a device are tried for an actor.
const LOOK_AHEAD: u64 = 32;

/// What is to be compared in the next exchange.
#[derive(Default, Serialize, Deserialize)]
struct Pending {
    /// Every document, by fingerprint.
    all: bool,
    /// These by all their names.
    full: Vec<DocumentId>,
}

/// Whether something that has a receipt may have lost it.
pub(crate) fn is_pending(db: &Connection) -> Answer<bool> {
    Ok(pending(db)?.is_some())
}

fn pending(db: &Connection) -> Answer<Option<Pending>> {
    Ok(fact::<Option<Pending>>(db, "repair")?.flatten())
}

/// Whether the next exchange asks: nothing is compared while a pack is under way or what came out of it is not yet checked.
pub(super) fn is_due(db: &Connection) -> Answer<bool> {
    Ok(due(db)?.is_some())
}

fn due(db: &Connection) -> Answer<Option<Pending>> {
    match pending(db)? {
        Some(pending) if pack::all_verified(db)? => Ok(Some(pending)),
        _ => Ok(None),
    }
}

/// The question of this exchange, if there is something to ask. `seed` is random.
pub(super) fn ask(db: &Connection, seed: u64) -> Answer<Option<(Repair, Question)>> {
    let Some(pending) = due(db)? else {
        return Ok(None);
    };
    let held = match pending.all {
        true => held(db)?,
        false => Vec::new(),
    };
    let names = pending.full.iter().map(|document| {
        let changes = holdings(db, *document)?;
        Ok((
            *document,
            changes.iter().map(|change| change.hash).collect(),
        ))
    });
    Ok(Some(repair::ask(
        seed,
        &held,
        names.collect::<Answer<_>>()?,
    )))
}

/// The documents of a partition with the sum of their changes.
type Held = (Partition, Vec<(DocumentId, Digest)>);

/// Every document that the centre once had something of.
fn held(db: &Connection) -> Answer<Vec<Held>> {
    let mut select = db.prepare_cached(
        "select document.grid, document.class, document.id, held.hash from document join
           (select document, hash from change where standing = 'stored'
            union all select document, hash from quarantine) held on held.document = document.id
         order by document.grid, document.class, document.id",
    )?;
    let mut rows = select.query([])?;
    let mut all: Vec<Held> = Vec::new();
    while let Some(row) = rows.next()? {
        let partition = Partition {
            grid: GridId(row.get(0)?),
            class: AccessClass(row.get(1)?),
        };
        let document = DocumentId(row.get(2)?);
        if all.last().is_none_or(|(last, _)| *last != partition) {
            all.push((partition, Vec::new()));
        }
        let Some((_, documents)) = all.last_mut() else {
            continue;
        };
        if documents.last().is_none_or(|(last, _)| *last != document) {
            documents.push((document, Digest::EMPTY));
        }
        if let Some((_, sum)) = documents.last_mut() {
            sum.add(&Hash(row.get(3)?));
        }
    }
    Ok(all)
}

fn holdings(db: &Connection, document: DocumentId) -> Answer<Vec<Holding>> {
    let mut select = db.prepare_cached(
        "select hash, actor, seq from change where document = ?1 and standing = 'stored' order by number",
    )?;
    let rows = select.query_map([document.0], |row| {
        Ok(Holding {
            hash: Hash(row.get(0)?),
            actor: row.get(1)?,
            seq: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes down what the answer says: what is to be compared next, and what the centre lacks.
pub(super) fn settle(
    db: &Connection,
    who: &Identity,
    question: Option<&Question>,
    plan: &Plan,
) -> Answer<()> {
    let mut next = Pending::default();
    match (question, &plan.repair) {
        (None, _) => next = pending(db)?.unwrap_or_default(),
        // a centre that does not know the question yet is offered everything of this phone's own
        (Some(_), None) => offer_all_own(db)?,
        (Some(question), Some(answer)) => {
            for difference in &answer.partitions {
                let asked = question.partitions.iter();
                let Some((_, documents)) = asked
                    .into_iter()
                    .find(|(partition, _)| *partition == difference.partition)
                else {
                    continue;
                };
                for (document, clock) in repair::differing(documents, difference) {
                    if is_erased(db, plan, document)? {
                        continue;
                    }
                    match repair::step(&holdings(db, document)?, &clock) {
                        Step::Offer(changes) => offer(db, who, document, &changes)?,
                        Step::Behind => {} // the feed brings it
                        Step::Compare => next.full.push(document),
                    }
                }
            }
            for difference in &answer.full {
                let asked = question.full.iter();
                let names = asked
                    .into_iter()
                    .find(|(document, _)| *document == difference.document);
                if let Some((document, names)) = names {
                    offer(db, who, *document, &repair::lacking(names, difference))?;
                }
            }
        }
    }
    next.all |= plan.compare;
    let next = (next.all || !next.full.is_empty()).then_some(next);
    set_fact(db, "repair", &next)
}

/// It was erased at the centre: what this phone still holds of it is not sent, it leaves.
fn is_erased(db: &Connection, plan: &Plan, document: DocumentId) -> Answer<bool> {
    let mut told = plan.departed.iter();
    let now = told.any(|departed| departed.erased && departed.document == document);
    Ok(now
        || db
            .prepare_cached("select 1 from leaving where document = ?1 and erased")?
            .exists([document.0])?)
}

fn offer_all_own(db: &Connection) -> Answer<()> {
    let own: Vec<Hash> = db
        .prepare_cached(
            "select hash from change where own and standing = 'stored' order by number",
        )?
        .query_map([], |row| Ok(Hash(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    own.iter().try_for_each(|hash| {
        offer_own(db, hash)?;
        Ok(())
    })
}

/// The centre lacks these: they leave again.
pub(crate) fn offer(
    db: &Connection,
    who: &Identity,
    document: DocumentId,
    changes: &[Hash],
) -> Answer<()> {
    let mut actors = None;
    for hash in changes {
        if offer_own(db, hash)? {
            continue;
        }
        let actor: Option<ActorId> = db
            .prepare_cached(
                "select actor from change where hash = ?1 and not own and standing = 'stored'",
            )?
            .query_row([hash.0], |row| row.get(0))
            .optional()?;
        let Some(actor) = actor else { continue };
        if actors.is_none() {
            actors = Some(writers(db, who, document)?);
        }
        let known = actors.as_ref().and_then(|actors| actors.get(&actor));
        let Some((device, incarnation)) = known else {
            tracing::warn!(%document, change = %hash, "whoever wrote this is not known, so it cannot be offered");
            continue;
        };
        db.prepare_cached(
            "insert into outbox (hash, author, incarnation) values (?1, ?2, ?3) on conflict do nothing",
        )?
        .execute((hash.0, device.0, incarnation))?;
    }
    Ok(())
}

/// An own change loses its receipt and waits for another; false when it is not one.
fn offer_own(db: &Connection, hash: &Hash) -> Answer<bool> {
    let own = db
        .prepare_cached(
            "update change set standing = 'waiting' where hash = ?1 and own and standing <> 'retired'",
        )?
        .execute([hash.0])?;
    if own == 0 {
        return Ok(false);
    }
    db.prepare_cached("insert into outbox (hash) values (?1) on conflict do nothing")?
        .execute([hash.0])?;
    db.prepare_cached(
        "update edit set standing = 'waiting', arrived_at = null
         where change = ?1 and standing = 'stored' and value is not null",
    )?
    .execute([hash.0])?;
    db.prepare_cached(
        "update record_blob set standing = 'waiting'
         where hash in (select blob from change_blob where change = ?1)",
    )?
    .execute([hash.0])?;
    Ok(true)
}

/// Who may have written in this document: every actor of every device that this phone has heard of, its own old ones too.
fn writers(
    db: &Connection,
    who: &Identity,
    document: DocumentId,
) -> Answer<HashMap<ActorId, (DeviceId, u64)>> {
    let mut devices: Vec<DeviceId> = reference::devices(db)?.into_keys().collect();
    devices.push(who.device);
    let of = |device: DeviceId| {
        (0..=LOOK_AHEAD).map(move |incarnation| {
            let actor = sync::actor(device, document, incarnation);
            (actor, (device, incarnation))
        })
    };
    Ok(devices.into_iter().flat_map(of).collect())
}

/// The certificates of these devices, as the centre gave them.
pub(super) fn certificates(
    db: &Connection,
    authors: impl IntoIterator<Item = DeviceId>,
) -> Answer<Option<Vec<minicbor::bytes::ByteVec>>> {
    let authors: BTreeSet<DeviceId> = authors.into_iter().collect();
    if authors.is_empty() {
        return Ok(None);
    }
    let mut known = reference::devices(db)?;
    known.retain(|device, _| authors.contains(device));
    Ok(Some(known.into_values().map(Into::into).collect()))
}

/// The centre's store has another life. Which acts it lost is found out by comparing; photos are offered again one by one,
/// which costs a question each for those that are there.
pub(super) fn new_epoch(db: &Connection, epoch: Epoch) -> Answer<()> {
    tracing::warn!(counter = epoch.counter, "the centre was restored");
    db.execute("delete from watermark", [])?;
    db.execute(
        "update photo set standing = 'waiting', upload = null, sent = 0, arrived_at = null
         where standing = 'stored' and file is not null and document is not null",
        [],
    )?;
    documents::check_outbox(db)?;
    Ok(())
}

/// Goes on from an earlier position of a feed: what stood beyond it stands there no longer.
pub(super) fn rewind(db: &Connection, to: &Cursor) -> Answer<()> {
    let Partition { grid, class } = to.partition;
    for table in ["placed", "unknown_row"] {
        db.execute(
            &format!("delete from {table} where grid = ?1 and class = ?2 and position > ?3"),
            (grid.0, class.0, to.position),
        )?;
    }
    Ok(())
}

/// The digest of a feed up to a position, from the places that this phone remembers.
pub(super) fn digest_at(db: &Connection, partition: &Partition, position: u64) -> Answer<Digest> {
    let mut select = db.prepare_cached(
        "select hash from placed where grid = ?1 and class = ?2 and position <= ?3",
    )?;
    let rows = select.query_map((partition.grid.0, partition.class.0, position), |row| {
        Ok(Hash(row.get(0)?))
    })?;
    let mut digest = Digest::EMPTY;
    for hash in rows {
        digest.add(&hash?);
    }
    Ok(digest)
}
