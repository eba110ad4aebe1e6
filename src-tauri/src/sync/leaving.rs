//! What leaves this phone: documents that moved away or were erased, grids that its worker no longer has, and everything
//! once the phone is revoked. Nothing leaves while the centre lacks an act of it, and whatever cannot leave now is tried
//! again after every exchange: what has to go is found by looking, not remembered.

use super::cursors;
use crate::{
    database::{Database, fact, set_fact},
    error::{Answer, Failure},
    pack,
};
use gridwalk_core::{
    ids::{DocumentId, GridId},
    sync::{
        apply::{Departed, Placed, Plan},
        message::{AccessClass, FeedBody, FeedRow, Partition},
    },
    time::Timestamp,
};
use rusqlite::{Connection, Params};
use serde::{Deserialize, Serialize};
use std::{io::ErrorKind, path::Path};

/// Documents of which the centre has not judged something yet.
const UNSENT: &str = "(select document from edit where standing = 'waiting'
     union select document from change where own and standing = 'waiting')";

/// Documents that a pack has brought and that are not taken out yet: they stand in a feed that this phone reads.
const PACKED: &str = "(select document from pack_document)";

/// Takes down what the feeds say about departures, in the transaction that stores their rows.
pub(super) fn told(db: &Connection, plan: &Plan) -> Answer<()> {
    for place in &plan.vacated {
        vacated(db, place)?;
    }
    plan.departed
        .iter()
        .try_for_each(|departed| departs(db, departed))
}

/// A name whose change had left before this phone came by: it counts in the digest and is no position of the document.
fn vacated(db: &Connection, place: &Placed) -> Answer<()> {
    db.prepare_cached(
        "insert or replace into placed (grid, class, position, hash, departed) values (?1, ?2, ?3, ?4, 1)",
    )?
    .execute((
        place.partition.grid.0,
        place.partition.class.0,
        place.position,
        place.hash.0,
    ))?;
    Ok(())
}

fn departs(db: &Connection, departed: &Departed) -> Answer<()> {
    let Partition { grid, class } = departed.partition;
    db.prepare_cached(
        "update placed set departed = 1 where grid = ?1 and class = ?2 and position < ?3
         and hash in (select hash from change where document = ?4)",
    )?
    .execute((grid.0, class.0, departed.position, departed.document.0))?;
    db.prepare_cached(
        "insert into leaving (document, erased) values (?1, ?2)
         on conflict (document) do update set erased = max(erased, excluded.erased)",
    )?
    .execute((departed.document.0, departed.erased))?;
    // if the other feed was read first
    db.prepare_cached(
        "update document set (grid, class) =
           (select placed.grid, placed.class from change join placed on placed.hash = change.hash
            where change.document = ?1 and placed.departed = 0 limit 1)
         where id = ?1 and exists
           (select 1 from change join placed on placed.hash = change.hash
            where change.document = ?1 and placed.departed = 0)",
    )?
    .execute([departed.document.0])?;
    Ok(())
}

/// Rows that an older app could only keep and this one understands.
pub(crate) fn reconsider(db: &Connection) -> Answer<()> {
    let kept: Vec<(Partition, u64, Vec<u8>)> = db
        .prepare("select grid, class, position, bytes from unknown_row order by position")?
        .query_map([], |row| {
            let partition = Partition {
                grid: GridId(row.get(0)?),
                class: AccessClass(row.get(1)?),
            };
            Ok((partition, row.get(2)?, row.get(3)?))
        })?
        .collect::<Result<_, _>>()?;
    for (partition, position, bytes) in kept {
        let row: FeedRow = minicbor::decode(&bytes).map_err(Failure::internal)?;
        let (FeedBody::Left { document, .. } | FeedBody::Erased { document, .. }) = row.body else {
            continue;
        };
        let departed = Departed {
            document,
            partition,
            position,
            erased: matches!(row.body, FeedBody::Erased { .. }),
        };
        departs(db, &departed)?;
        db.prepare_cached(
            "delete from unknown_row where grid = ?1 and class = ?2 and position = ?3",
        )?
        .execute((partition.grid.0, partition.class.0, position))?;
    }
    Ok(())
}

/// Once every feed has been read to its tip: lets go of what has to go and may.
pub(super) fn settle(db: &Connection, plan: &Plan, now: Timestamp) -> Answer<()> {
    if plan.more {
        return Ok(()); // it may be on its way in another feed
    }
    let drafts = count_drafts(db)?;
    if !pack::is_coming(db)? {
        depart(db)?;
    }
    plan.gone
        .iter()
        .try_for_each(|partition| lose(db, partition))?;
    strays(db)?;
    late_drafts(db)?;
    match drafts.saturating_sub(count_drafts(db)?) {
        0 => Ok(()),
        left => note_drafts(db, left, now),
    }
}

/// A screen that stood open while its document left has kept its words once more.
fn late_drafts(db: &Connection) -> Answer<()> {
    if count_drafts(db)? == 0 {
        return Ok(());
    }
    let gone = format!(
        "select id from document where id not in {UNSENT} and id not in {PACKED} and id not in (select document from change)"
    );
    documents(db, &gone, [])?
        .into_iter()
        .try_for_each(|document| purge_drafts(db, document))
}

/// What was half written about documents that left: it leaves with them, since whoever may not read of somebody keeps no
/// notes of them either, and the worker is told.
#[derive(Serialize, Deserialize)]
struct DraftsLeft {
    count: u32,
    at: Timestamp,
}

fn count_drafts(db: &Connection) -> Answer<u32> {
    Ok(db.query_row("select count(*) from draft", [], |row| row.get(0))?)
}

fn note_drafts(db: &Connection, left: u32, now: Timestamp) -> Answer<()> {
    let count = left + drafts_left(db, now)?;
    set_fact(db, "drafts_left", &DraftsLeft { count, at: now })
}

/// How many half-written records left on this day.
pub(crate) fn drafts_left(db: &Connection, now: Timestamp) -> Answer<u32> {
    let left: Option<DraftsLeft> = fact(db, "drafts_left")?;
    let today = left.filter(|left| left.at.local_date() == now.local_date());
    Ok(today.map_or(0, |left| left.count))
}

fn depart(db: &Connection) -> Answer<()> {
    db.execute(
        &format!(
            "delete from leaving where erased = 0 and (document in {PACKED} or exists
               (select 1 from change join placed on placed.hash = change.hash
                  join cursor on cursor.grid = placed.grid and cursor.class = placed.class
                where change.document = leaving.document and placed.departed = 0))"
        ),
        [],
    )?;
    let departed = format!("select document from leaving where document not in {UNSENT}");
    for document in documents(db, &departed, [])? {
        purge(db, document)?;
        db.prepare_cached("delete from leaving where document = ?1")?
            .execute([document.0])?;
    }
    Ok(())
}

/// A partition that the worker no longer has. Its cursor stays, and goes on being named, as long as acts in it are unsent:
/// that says that this phone had not been told when they were made. It goes back to the start as soon as something left,
/// because a worker who gets the grid back before that must be given it again.
fn lose(db: &Connection, partition: &Partition) -> Answer<()> {
    let place = (partition.grid.0, partition.class.0);
    let sent = format!(
        "select id from document where grid = ?1 and class = ?2 and id not in {UNSENT}
           and id not in {PACKED} and id in (select document from change)"
    );
    let sent = documents(db, &sent, place)?;
    sent.iter().try_for_each(|document| purge(db, *document))?;
    let unsent =
        format!("select id from document where grid = ?1 and class = ?2 and id in {UNSENT}");
    if !documents(db, &unsent, place)?.is_empty() {
        return match sent.is_empty() {
            true => Ok(()),
            false => cursors::restart(db, partition),
        };
    }
    for table in ["cursor", "placed", "unknown_row"] {
        db.execute(
            &format!("delete from {table} where grid = ?1 and class = ?2"),
            place,
        )?;
    }
    if partition.class == AccessClass::GENERAL {
        forget_reference(db, Some(partition.grid))?;
    }
    Ok(())
}

/// Documents of partitions that this phone does not read: what an earlier loss had to leave behind.
fn strays(db: &Connection) -> Answer<()> {
    let strays = format!(
        "select id from document where id not in {UNSENT} and id not in {PACKED} and id in (select document from change) and not exists
           (select 1 from cursor where cursor.grid = document.grid and cursor.class = document.class)"
    );
    documents(db, &strays, [])?
        .into_iter()
        .try_for_each(|document| purge(db, document))
}

/// A revoked phone that has delivered what it had keeps nothing about anybody: no document, no task, no draft. What the
/// centre holds for a person to look at is still named here, without its words.
pub(super) fn everything(db: &Connection) -> Answer<()> {
    pack::forget_all(db)?;
    let sent = format!("select distinct document from change where document not in {UNSENT}");
    for document in documents(db, &sent, [])? {
        purge(db, document)?;
    }
    let left = format!("select 1 from document where id in {UNSENT}");
    if db.prepare(&left)?.exists([])? {
        return Ok(());
    }
    forget_reference(db, None)?;
    db.execute_batch(
        "delete from edit where standing = 'stored'; delete from draft; delete from cursor; delete from placed; delete from unknown_row; delete from leaving; delete from held_change;
         insert or ignore into litter (file) select file from photo where standing in ('stored', 'kept') and file is not null;
         delete from photo where standing in ('stored', 'kept'); delete from record_blob where standing = 'stored';",
    )?;
    Ok(())
}

/// Rows of one grid, or of every grid. They come again with the grid.
fn forget_reference(db: &Connection, grid: Option<GridId>) -> Answer<()> {
    let grid = grid.map(|grid| grid.to_string());
    db.prepare_cached(
        "delete from reference where json_extract(json, '$.grid') is not null
           and (?1 is null or json_extract(json, '$.grid') = ?1)",
    )?
    .execute([&grid])?;
    db.prepare_cached("delete from reference where kind = 'grid' and (?1 is null or id = ?1)")?
        .execute([&grid])?;
    Ok(())
}

/// Everything about one document leaves, except edits that were refused: those stay as words. Its row stays too, because
/// its retired actor must not be used again.
fn purge(db: &Connection, document: DocumentId) -> Answer<()> {
    for statement in [
        "delete from pack_document where document = ?1",
        "delete from pack_early where document = ?1",
        "delete from household where id = ?1",
        "delete from incident where id = ?1",
        "delete from patrol where id = ?1",
        "delete from care_plan where id = ?1",
        "delete from place where id = ?1",
        "delete from task_done where document = ?1",
        "delete from visit_report where document = ?1",
        "delete from proposal where document = ?1",
        "delete from search_entry where document = ?1",
        "delete from track_point where patrol = ?1",
        "delete from quarantine where document = ?1",
        "insert into litter (file) select file from photo where document = ?1 and standing = 'stored' and file is not null
           on conflict do nothing",
        "delete from photo where document = ?1 and standing = 'stored'",
        "delete from change_blob where change in (select hash from change where document = ?1)",
        "delete from change where document = ?1",
        "update edit set value = null where document = ?1 and standing = 'stored'",
        "update document set incarnation = incarnation + 1, snapshot = null, stale = 0, unreadable = null where id = ?1",
    ] {
        db.prepare_cached(statement)?.execute([document.0])?;
    }
    purge_drafts(db, document)?;
    // thumbnails of colleagues have no record here; those of other documents are fetched again when they are looked at
    db.prepare_cached(
        "delete from record_blob where standing = 'stored' and hash not in (select blob from change_blob)
           and hash not in (select thumbnail from photo)",
    )?
    .execute([])?;
    Ok(())
}

fn purge_drafts(db: &Connection, document: DocumentId) -> Answer<()> {
    // what was half written at a door goes with the household, a form there too, about somebody in care with the plan, what
    // was half checked with the place; a hazard that somebody saw is their own and stays
    db.prepare_cached(
        "delete from draft where key = ?1 or key = 'visit:' || ?1 or key = 'support ' || ?1 or key = 'place-visit:' || ?1
           or key like 'report:' || ?1 || ':%' or key like 'form:' || ?1 || ':%'",
    )?
    .execute([document.to_string()])?;
    Ok(())
}

/// Removes the files of photos whose rows are gone.
pub(crate) fn sweep(dir: &Path, database: &Database) -> Answer<()> {
    database.write(|db| {
        let litter: Vec<String> = db
            .prepare_cached(
                "select file from litter where file not in (select file from photo where file is not null)",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for file in litter {
            match std::fs::remove_file(dir.join(file)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        db.execute("delete from litter", [])?;
        Ok(())
    })
}

fn documents(db: &Connection, query: &str, params: impl Params) -> Answer<Vec<DocumentId>> {
    let mut select = db.prepare_cached(query)?;
    let rows = select.query_map(params, |row| Ok(DocumentId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::FILE, ports::DatabaseKey, sync::store::keep_unknown};
    use uuid::Uuid;

    #[test]
    fn a_departure_that_an_older_app_could_only_keep_is_understood_after_the_upgrade() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join(FILE), &DatabaseKey([7; 32])).unwrap();
        let partition = Partition {
            grid: GridId(Uuid::from_u128(3)),
            class: AccessClass::GENERAL,
        };
        let document = DocumentId(Uuid::from_u128(502));
        let row = |position, body| FeedRow { position, body };
        let newer = vec![0x82, 0x18, 0x63, 0x80];
        database
            .write(|db| {
                let erased = FeedBody::Erased {
                    document,
                    change: None,
                };
                keep_unknown(db, &partition, &row(4, erased))?;
                let other = FeedBody::Other {
                    bytes: newer.into(),
                };
                keep_unknown(db, &partition, &row(5, other))?;
                reconsider(db)?;
                reconsider(db)
            })
            .unwrap();
        let (leaving, kept): (Vec<(Vec<u8>, bool)>, u64) = database
            .read(|db| {
                let leaving = db
                    .prepare("select document, erased from leaving")?
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<_, _>>()?;
                let kept = db.query_row("select min(position) from unknown_row", [], |row| {
                    row.get(0)
                })?;
                Ok((leaving, kept))
            })
            .unwrap();
        assert_eq!(leaving, [(document.0.as_bytes().to_vec(), true)]);
        assert_eq!(kept, 5, "what is still unknown stays");
    }

    #[test]
    fn the_file_of_a_purged_photo_goes_and_one_that_was_taken_again_stays() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join(FILE), &DatabaseKey([7; 32])).unwrap();
        for name in ["gone", "again"] {
            std::fs::write(dir.path().join(name), b"sealed").unwrap();
        }
        database
            .write(|db| {
                db.execute_batch(
                    "insert into litter (file) values ('gone'), ('again'), ('never there');
                     insert into photo (hash, thumbnail, stage, taken_at, width, height, bytes, file, added_at, standing)
                     values (x'01', x'02', 'before', 0, 1, 1, 1, 'again', 0, 'kept');",
                )?;
                Ok(())
            })
            .unwrap();
        sweep(dir.path(), &database).unwrap();
        assert!(!dir.path().join("gone").exists());
        assert!(dir.path().join("again").exists());
    }
}
