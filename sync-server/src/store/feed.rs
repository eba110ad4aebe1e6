//! Feeds: per partition, gap-free positions with a running digest. Given out under the partition's row.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, params},
};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, Hash},
    sync::{
        answer::{Feed, StoredRow},
        message::{Digest, DocumentKind, Partition},
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
                "select digest from feed where grid = ?1 and class = ?2 and position = ?3",
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
}

/// Gives a logged change the next position of its partition: from now on every reader of it sees the change.
pub fn publish(
    connection: &Connection,
    partition: Partition,
    sequence: i64,
    hash: &Hash,
) -> Result<u64> {
    let row = connection
        .prepare_cached("select tip, digest from partition where grid = ?1 and class = ?2")?
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

/// Numbers every feed from 1 again and makes its digests again. Only for a store that nobody is served from.
pub fn close_up(connection: &Connection) -> Result<()> {
    let partitions = super::life::tips(connection)?;
    for (partition, _) in partitions {
        let Partition { grid, class } = partition;
        let rows = connection
            .prepare_cached(
                "select f.change, f.position, c.hash from feed f join change c on c.sequence = f.change
                 where f.grid = ?1 and f.class = ?2 order by f.position",
            )?
            .query_map(params![grid.0, class.0], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, u64>(1)?, Hash(row.get(2)?)))
            })?
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let (mut tip, mut digest) = (0, Digest::EMPTY);
        for (change, position, hash) in rows {
            tip += 1;
            digest.add(&hash);
            // from the front on, so that no position is taken twice on the way
            if tip != position {
                connection
                    .prepare_cached("update feed set position = ?2, digest = ?3 where change = ?1")?
                    .execute(params![change, tip, digest.0])?;
            }
        }
        connection
            .prepare_cached(
                "update partition set tip = ?3, digest = ?4 where grid = ?1 and class = ?2",
            )?
            .execute(params![grid.0, class.0, tip, digest.0])?;
    }
    Ok(())
}
