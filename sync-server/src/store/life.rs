//! The lives of the store: where one ended and the next began, which backups there are, and what a phone may compare after
//! it heard of a new one.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, epoch, feed::Reading, params},
};
use gridwalk_core::{
    ids::{DocumentId, GridId, Hash},
    scan::ActorId,
    sync::{
        answer::Feed,
        message::{AccessClass, Cursor, Digest, Epoch, Partition, Watermark},
        repair::Archive,
    },
    time::Timestamp,
};
use uuid::Uuid;

/// Begins a new life of the store, and takes down where each feed stands: up to there it is the same as before.
pub fn begin(connection: &Connection, new: Epoch) -> Result<()> {
    connection.execute(
        "update server set epoch_counter = ?1, epoch_nonce = ?2",
        params![new.counter, new.nonce.to_be_bytes()],
    )?;
    connection.execute("delete from seam where epoch_counter = ?1", [new.counter])?;
    connection.execute(
        "insert into seam (epoch_counter, grid, class, position, digest)
         select cast(?1 as bigint), grid, class, tip, digest from partition",
        [new.counter],
    )?;
    Ok(())
}

/// Up to where a phone of another epoch has the same feed: its own cursor, or the earliest cut since its epoch. None when
/// nobody knows, and the feed must be read from its start.
pub fn seam(connection: &Connection, held: Epoch, cursor: &Cursor) -> Result<Option<Cursor>> {
    let now = epoch(connection)?;
    // a twin of this life was cut where this one was
    let after = held.counter.min(now.counter.saturating_sub(1));
    let Partition { grid, class } = cursor.partition;
    let cut = connection
        .prepare_cached(
            "select position, digest from seam
             where epoch_counter > ?1 and grid = ?2 and class = ?3 order by position limit 1",
        )?
        .query_row(params![after, grid.0, class.0], |row| {
            Ok(Cursor {
                partition: cursor.partition,
                position: row.get(0)?,
                digest: Digest(row.get(1)?),
            })
        })
        .optional()?;
    let Some(cut) = cut else { return Ok(None) };
    if cursor.position > cut.position {
        return Ok(Some(cut));
    }
    let here = Reading(connection).digest_at(&cursor.partition, cursor.position)?;
    Ok((cursor.position > 0 && here == Some(cursor.digest)).then_some(*cursor))
}

/// Whether this store was ever restored, so that it may have lost what it had acknowledged.
pub fn was_restored(connection: &Connection) -> Result<bool> {
    Ok(epoch(connection)?.counter > 1)
}

/// Takes down that a backup begins; answers its number, which is higher than any before and than `taken`.
pub fn begin_backup(connection: &Connection, taken: u64, now: Timestamp) -> Result<u64> {
    let epoch = epoch(connection)?;
    let last: Option<i64> =
        connection.query_row("select max(number) from backup", [], |row| row.get(0))?;
    let number = last.unwrap_or(0).max(taken.cast_signed()) + 1;
    connection.execute(
        "insert into backup (number, epoch_counter, epoch_nonce, began_at) values (?1, ?2, ?3, ?4)",
        params![number, epoch.counter, epoch.nonce.to_be_bytes(), now.0],
    )?;
    Ok(number.unsigned_abs())
}

/// The tip of every partition.
pub fn tips(connection: &Connection) -> Result<Vec<(Partition, u64)>> {
    let mut statement =
        connection.prepare_cached("select grid, class, tip from partition order by grid, class")?;
    let rows = statement.query_map([], |row| {
        let partition = Partition {
            grid: GridId(row.get::<_, Uuid>(0)?),
            class: AccessClass(row.get(1)?),
        };
        Ok((partition, row.get(2)?))
    })?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// A backup is complete: what its manifest is, and which positions are in it.
pub fn complete_backup(
    connection: &Connection,
    number: u64,
    manifest: &Hash,
    tips: &[(Partition, u64)],
) -> Result<()> {
    connection.execute(
        "update backup set manifest = ?2 where number = ?1",
        params![number, manifest.0],
    )?;
    for (partition, position) in tips {
        connection.execute(
            "insert into backup_position (number, grid, class, position) values (?1, ?2, ?3, ?4)
             on conflict (number, grid, class) do update set position = excluded.position",
            params![number, partition.grid.0, partition.class.0, *position],
        )?;
    }
    Ok(())
}

/// Somebody opened the backup with that manifest and everything fitted. False when it is none of this life's.
pub fn verify_backup(
    connection: &Connection,
    number: u64,
    manifest: &Hash,
    now: Timestamp,
) -> Result<bool> {
    let epoch = epoch(connection)?;
    let known = connection.execute(
        "update backup set verified_at = coalesce(verified_at, ?3)
         where number = ?1 and manifest = ?2 and epoch_counter = ?4 and epoch_nonce = ?5",
        params![
            number,
            manifest.0,
            now.0,
            epoch.counter,
            epoch.nonce.to_be_bytes()
        ],
    )?;
    Ok(known == 1)
}

/// The backup that this store was restored from counts for its new life: it was opened and read to its end.
pub fn adopt_backup(connection: &Connection, number: u64, now: Timestamp) -> Result<()> {
    let epoch = epoch(connection)?;
    let tips = tips(connection)?;
    connection.execute("delete from backup where number > ?1", [number])?;
    connection.execute(
        "update backup set epoch_counter = ?2, epoch_nonce = ?3, verified_at = ?4 where number = ?1",
        params![number, epoch.counter, epoch.nonce.to_be_bytes(), now.0],
    )?;
    connection.execute("delete from backup_position where number = ?1", [number])?;
    for (partition, position) in tips {
        connection.execute(
            "insert into backup_position (number, grid, class, position) values (?1, ?2, ?3, ?4)",
            params![number, partition.grid.0, partition.class.0, position],
        )?;
    }
    Ok(())
}

/// What the newest verified backup of this life has of these partitions.
pub fn watermarks(connection: &Connection, partitions: &[Partition]) -> Result<Vec<Watermark>> {
    let epoch = epoch(connection)?;
    let newest = connection
        .prepare_cached(
            "select number, began_at from backup
             where verified_at is not null and epoch_counter = ?1 and epoch_nonce = ?2 order by number desc limit 1",
        )?
        .query_row(params![epoch.counter, epoch.nonce.to_be_bytes()], |row| {
            Ok((row.get::<_, u64>(0)?, Timestamp(row.get(1)?)))
        })
        .optional()?;
    let Some((number, began_at)) = newest else {
        return Ok(Vec::new());
    };
    let mut marks = Vec::new();
    for partition in partitions {
        let position = connection
            .prepare_cached(
                "select position from backup_position where number = ?1 and grid = ?2 and class = ?3",
            )?
            .query_row(params![number, partition.grid.0, partition.class.0], |row| {
                row.get(0)
            })
            .optional()?;
        marks.extend(position.map(|position| Watermark {
            partition: *partition,
            position,
            began_at,
        }));
    }
    Ok(marks)
}

/// The log as a repair compares it.
pub struct Shelf<'a>(pub &'a Connection);

impl Archive for Shelf<'_> {
    type Error = Error;

    fn documents(&self, partition: &Partition) -> Result<Vec<(DocumentId, Digest)>> {
        let mut all: Vec<(DocumentId, Digest)> = Vec::new();
        let mut statement = self.0.prepare_cached(
            "select c.document, c.hash from document d join change c on c.document = d.id
             where d.grid = ?1 and d.class = ?2 and d.erased_at is null order by c.document",
        )?;
        let rows = statement.query_map(params![partition.grid.0, partition.class.0], |row| {
            Ok((DocumentId(row.get::<_, Uuid>(0)?), Hash(row.get(1)?)))
        })?;
        for row in rows {
            let (document, hash) = row?;
            if all.last().is_none_or(|(last, _)| *last != document) {
                all.push((document, Digest::EMPTY));
            }
            if let Some((_, sum)) = all.last_mut() {
                sum.add(&hash);
            }
        }
        Ok(all)
    }

    fn partition(&self, document: &DocumentId) -> Result<Option<Partition>> {
        Ok(super::log::placement(self.0, *document)?.map(|(partition, _)| partition))
    }

    fn clock(&self, document: &DocumentId) -> Result<Vec<(ActorId, u64)>> {
        let mut statement = self.0.prepare_cached(
            "select actor, max(seq) from change where document = ?1 and state <> 'held' group by actor order by actor",
        )?;
        let rows = statement.query_map([document.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    fn has(&self, document: &DocumentId, change: &Hash) -> Result<bool> {
        Ok(self
            .0
            .prepare_cached("select 1 from change where hash = ?1 and document = ?2")?
            .exists(params![change.0, document.0])?)
    }
}
