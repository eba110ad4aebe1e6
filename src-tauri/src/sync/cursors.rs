//! Where this phone stands in each feed it reads. Packs and lost grids move a cursor too, also while an answer is on its way.

use crate::error::Answer;
use gridwalk_core::{
    ids::GridId,
    sync::{
        apply::Asked,
        message::{AccessClass, Cursor, Digest, Partition},
    },
};
use rusqlite::Connection;

/// Every cursor.
pub(super) fn held(db: &Connection) -> Answer<Vec<Cursor>> {
    let mut select = db.prepare_cached("select grid, class, position, digest from cursor")?;
    let rows = select.query_map([], |row| {
        Ok(Cursor {
            partition: Partition {
                grid: GridId(row.get(0)?),
                class: AccessClass(row.get(1)?),
            },
            position: row.get(2)?,
            digest: Digest(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The feed is read up to here.
pub(super) fn put(db: &Connection, cursor: &Cursor) -> Answer<()> {
    let Partition { grid, class } = cursor.partition;
    db.prepare_cached(
        "insert or replace into cursor (grid, class, position, digest) values (?1, ?2, ?3, ?4)",
    )?
    .execute((grid.0, class.0, cursor.position, cursor.digest.0))?;
    Ok(())
}

/// Back to the start of the feed, whose positions are void.
pub(crate) fn restart(db: &Connection, partition: &Partition) -> Answer<()> {
    db.prepare_cached("delete from placed where grid = ?1 and class = ?2")?
        .execute((partition.grid.0, partition.class.0))?;
    let start = Cursor {
        partition: *partition,
        position: 0,
        digest: Digest::EMPTY,
    };
    put(db, &start)
}

/// Partitions whose feed this phone has begun to read elsewhere since it asked: a pack turned out to be no good while the
/// answer was on its way, say, and the feed is read from its start. The answer goes on from where it was asked, and taking
/// its cursor would leave out all before.
pub(super) fn elsewhere(db: &Connection, asked: &Asked) -> Answer<Vec<Partition>> {
    let here = held(db)?;
    let moved = asked.cursors.iter().filter(|asked| {
        let mut now = here.iter().filter(|now| now.partition == asked.partition);
        now.any(|now| now != *asked)
    });
    Ok(moved.map(|cursor| cursor.partition).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::Database, documents::Identity, ports::DatabaseKey, sync::store};
    use ed25519_dalek::SigningKey;
    use gridwalk_core::{
        act::Role,
        ids::{DeviceId, PersonId},
        reference::Person,
        sync::{
            message::{Epoch, PartitionNews, ReferenceNews, Response},
            version,
        },
        time::Timestamp,
    };
    use uuid::Uuid;

    const GENERAL: Partition = Partition {
        grid: GridId(Uuid::from_u128(3)),
        class: AccessClass::GENERAL,
    };

    fn tip(position: u64) -> Cursor {
        Cursor {
            partition: GENERAL,
            position,
            digest: Digest([9; 32]),
        }
    }

    /// The centre has nothing behind `position`.
    fn nothing_behind(position: u64) -> Response {
        Response {
            protocol: version::PROTOCOL,
            epoch: Epoch {
                counter: 1,
                nonce: 1,
            },
            server_time: Timestamp(0),
            results: Vec::new(),
            partitions: vec![PartitionNews {
                partition: GENERAL,
                restart: false,
                rows: Vec::new(),
                cursor: tip(position),
                more: false,
            }],
            reference: ReferenceNews::default(),
            blobs: Vec::new(),
            envelope: None,
            gone: Vec::new(),
            dictionaries: None,
            packs: None,
            repair: None,
            watermarks: None,
            wanted: None,
        }
    }

    #[test]
    fn an_answer_does_not_skip_what_is_read_again_since_it_was_asked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("street.db");
        let database = Database::open(&file, &DatabaseKey([7; 32])).unwrap();
        let who = Identity {
            device: DeviceId(Uuid::from_u128(1)),
            worker: Person {
                id: PersonId(Uuid::from_u128(2)),
                name: "林晓".into(),
                role: Role::Worker,
                grids: vec![GENERAL.grid],
                department: None,
                covers: Vec::new(),
            },
            signing_key: SigningKey::from_bytes(&[7; 32]),
        };
        let cursor = |meanwhile: bool| {
            database
                .write(|db| {
                    let (_, asked, _) = store::collect(db, &who, 64 * 1024, Timestamp(0), 1)?;
                    store::apply(db, &who, &asked, &nothing_behind(40))?; // names its epoch
                    put(db, &tip(40))?;
                    let (_, asked, _) = store::collect(db, &who, 64 * 1024, Timestamp(0), 1)?;
                    if meanwhile {
                        restart(db, &GENERAL)?;
                    }
                    store::apply(db, &who, &asked, &nothing_behind(40))?;
                    held(db)
                })
                .unwrap()
        };
        assert_eq!(cursor(false), [tip(40)]);
        assert_eq!(
            cursor(true)[0].position,
            0,
            "the feed is read from its start"
        );
    }
}
