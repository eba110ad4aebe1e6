//! Feeds: per partition, gap-free positions with a running digest. Given out under the partition's row.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, params},
};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, Hash},
    sync::{
        answer::{Feed, StoredMark, StoredRow},
        message::{Digest, DocumentKind, FeedBody, Partition},
    },
};
use std::collections::HashMap;
use uuid::Uuid;

/// Feeds as phones read them.
pub struct Reading<'a>(pub &'a Connection);

impl Feed for Reading<'_> {
    type Error = Error;

    fn digest_at(&self, partition: &Partition, position: u64) -> Result<Option<Digest>> {
        Ok(self
            .0
            .prepare_cached(
                "select digest from feed where grid = ?1 and class = ?2 and position = ?3
                 union all
                 select digest from feed_mark where grid = ?1 and class = ?2 and position = ?3",
            )?
            .query_row(
                params![partition.grid.0, partition.class.0, position.cast_signed()],
                |row| row.get(0).map(Digest),
            )
            .optional()?)
    }

    fn rows(&self, partition: &Partition, after: u64, limit: usize) -> Result<Vec<StoredRow>> {
        let mut statement = self.0.prepare_cached(
            "select f.position, f.digest, d.id, d.kind, c.bytes, coalesce(c.offered_by, c.device), c.number, c.place
             from feed f join change c on c.sequence = f.change join document d on d.id = c.document
             where f.grid = ?1 and f.class = ?2 and f.position > ?3 order by f.position limit ?4",
        )?;
        let rows = statement.query_map(
            params![
                partition.grid.0,
                partition.class.0,
                after.cast_signed(),
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
            |row| {
                let number: Option<i64> = row.get(6)?;
                let place: Option<u32> = row.get(7)?;
                let device = DeviceId(row.get::<_, Uuid>(5)?);
                Ok(StoredRow {
                    position: row.get::<_, i64>(0)?.cast_unsigned(),
                    digest: Digest(row.get(1)?),
                    document: DocumentId(row.get::<_, Uuid>(2)?),
                    kind: DocumentKind(row.get(3)?),
                    bytes: row.get(4)?,
                    from: number
                        .zip(place)
                        .map(|(number, place)| (device, number.cast_unsigned(), place)),
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn marks(&self, partition: &Partition, after: u64, limit: usize) -> Result<Vec<StoredMark>> {
        let mut statement = self.0.prepare_cached(
            "select position, digest, kind, document, change from feed_mark
             where grid = ?1 and class = ?2 and position > ?3 order by position limit ?4",
        )?;
        let rows = statement.query_map(
            params![
                partition.grid.0,
                partition.class.0,
                after.cast_signed(),
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
            |row| {
                let document = DocumentId(row.get::<_, Uuid>(3)?);
                let change = row.get::<_, Option<[u8; 32]>>(4)?.map(Hash);
                Ok(StoredMark {
                    position: row.get::<_, i64>(0)?.cast_unsigned(),
                    digest: Digest(row.get(1)?),
                    body: if row.get::<_, i64>(2)? == Departure::Erased as i64 {
                        FeedBody::Erased { document, change }
                    } else {
                        FeedBody::Left { document, change }
                    },
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Why a document no longer stands in a feed; as `feed_mark.kind` and [`FeedBody`] have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Departure {
    /// It lives in another partition now.
    Left = 2,
    /// It is nowhere any more.
    Erased = 3,
}

/// Takes the rows of these partitions in the one order in which everybody takes them.
pub fn lock(connection: &Connection, partitions: &[Partition]) -> Result<()> {
    let mut ordered = partitions.to_vec();
    ordered.sort_unstable();
    ordered.dedup();
    for partition in ordered {
        connection
            .prepare_cached(
                "insert into partition (grid, class, tip, digest) values (?1, ?2, 0, ?3)
                 on conflict (grid, class) do nothing",
            )?
            .execute(params![
                partition.grid.0,
                partition.class.0,
                Digest::EMPTY.0
            ])?;
        connection
            .prepare_cached("select tip from partition where grid = ?1 and class = ?2 for update")?
            .query_row(params![partition.grid.0, partition.class.0], |row| {
                row.get::<_, i64>(0)
            })?;
    }
    Ok(())
}

/// How far a feed has come.
pub fn tip(connection: &Connection, partition: &Partition) -> Result<u64> {
    let tip = connection
        .prepare_cached("select tip from partition where grid = ?1 and class = ?2")?
        .query_row(params![partition.grid.0, partition.class.0], |row| {
            row.get::<_, i64>(0)
        })
        .optional()?;
    Ok(tip.unwrap_or(0).cast_unsigned())
}

/// Takes a document out of a feed: where its changes stood, their names stay, with the digests of before, and the next
/// position says that it is gone. Whoever calls this holds the partition's lock.
pub fn depart(
    connection: &Connection,
    document: DocumentId,
    partition: Partition,
    departure: Departure,
) -> Result<()> {
    // whoever fetches a pack from now on gets nothing of it; one that leaves it out is built soon
    super::pack::withdraw(connection, partition)?;
    let kind = departure as i64;
    connection
        .prepare_cached(
            "insert into feed_mark (grid, class, position, kind, document, change, digest)
             select f.grid, f.class, f.position, cast(?2 as bigint), c.document, c.hash, f.digest
             from feed f join change c on c.sequence = f.change
             where c.document = ?1 and c.state <> 'held' and f.grid = ?3 and f.class = ?4",
        )?
        .execute(params![
            document.0,
            kind,
            partition.grid.0,
            partition.class.0
        ])?;
    connection
        .prepare_cached(
            "delete from feed where grid = ?2 and class = ?3
             and change in (select sequence from change where document = ?1)",
        )?
        .execute(params![document.0, partition.grid.0, partition.class.0])?;
    connection
        .prepare_cached("update partition set tip = tip + 1 where grid = ?1 and class = ?2")?
        .execute(params![partition.grid.0, partition.class.0])?;
    connection
        .prepare_cached(
            "insert into feed_mark (grid, class, position, kind, document, digest)
             select p.grid, p.class, p.tip, cast(?3 as bigint), d.id, p.digest from partition p, document d
             where p.grid = ?1 and p.class = ?2 and d.id = ?4",
        )?
        .execute(params![
            partition.grid.0,
            partition.class.0,
            kind,
            document.0
        ])?;
    Ok(connection.announce()?)
}

/// In every feed in which this document once stood, its marks say that it was erased.
pub fn marks_say_erased(connection: &Connection, document: DocumentId) -> Result<()> {
    connection
        .prepare_cached("update feed_mark set kind = ?2 where document = ?1")?
        .execute(params![document.0, Departure::Erased as i64])?;
    Ok(())
}

/// Gives a logged change the next position of its partition: from now on every reader of it sees the change.
pub fn publish(
    connection: &Connection,
    partition: Partition,
    sequence: i64,
    hash: &Hash,
) -> Result<u64> {
    let row = connection
        .prepare_cached(
            "select tip, digest from partition where grid = ?1 and class = ?2 for update",
        )?
        .query_row(params![partition.grid.0, partition.class.0], |row| {
            Ok((row.get::<_, i64>(0)?, Digest(row.get(1)?)))
        })
        .optional()?;
    let (tip, mut digest) = row.unwrap_or((0, Digest::EMPTY));
    let position = tip + 1;
    digest.add(hash);
    connection
        .prepare_cached(
            "insert into partition (grid, class, tip, digest) values (?1, ?2, ?3, ?4)
             on conflict (grid, class) do update set tip = excluded.tip, digest = excluded.digest",
        )?
        .execute(params![
            partition.grid.0,
            partition.class.0,
            position,
            digest.0
        ])?;
    connection
        .prepare_cached(
            "insert into feed (grid, class, position, change, digest) values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            partition.grid.0,
            partition.class.0,
            position,
            sequence,
            digest.0
        ])?;
    connection
        .prepare_cached("update change set state = 'published' where sequence = ?1")?
        .execute([sequence])?;
    connection.announce()?;
    Ok(position.cast_unsigned())
}

/// Where the published changes of a document stand in their feed.
pub fn positions(connection: &Connection, document: DocumentId) -> Result<HashMap<Hash, u64>> {
    let mut statement = connection.prepare_cached(
        "select c.hash, f.position from change c join feed f on f.change = c.sequence
         where c.document = ?1 and c.state <> 'held'",
    )?;
    let rows = statement.query_map([document.0], |row| {
        Ok((Hash(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
