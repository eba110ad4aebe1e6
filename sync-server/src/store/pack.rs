//! Packs in the store: what to build them from, what was built, and who may fetch a file.

use crate::{
    error::{Error, Result},
    store::{self, Connection, OptionalExtension, feed, params},
};
use gridwalk_core::{
    household::HouseholdView,
    ids::{DocumentId, GridId, Hash},
    incident::IncidentView,
    registry::Projection,
    scan,
    sync::{
        message::{AccessClass, Cursor, Digest, DocumentKind, Epoch, PackOffer, Partition},
        pack::{
            Manifest,
            build::{self, Material, Source},
        },
    },
    time::Timestamp,
};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Partitions with at least `least` rows of which more than a fifth is not in their newest pack.
pub fn due(connection: &Connection, least: u64) -> Result<Vec<Partition>> {
    let epoch = store::epoch(connection)?;
    let mut statement =
        connection.prepare_cached("select grid, class, tip from partition order by grid, class")?;
    let tips = statement
        .query_map([], |row| {
            let partition = Partition {
                grid: GridId(row.get::<_, Uuid>(0)?),
                class: AccessClass(row.get(1)?),
            };
            Ok((partition, row.get::<_, i64>(2)?.cast_unsigned()))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut due = Vec::new();
    for (partition, tip) in tips {
        let packed = newest(connection, partition, epoch)?.map_or(0, |pack| pack.position);
        if tip >= least && tip.saturating_sub(packed) > packed / 5 {
            due.push(partition);
        }
    }
    Ok(due)
}

/// A pack that is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Hash of its manifest.
    pub name: Hash,
    /// Where it stands in its feed.
    pub position: u64,
    /// What a phone gets.
    pub offer: PackOffer,
}

/// The newest pack of a partition in this life of the store.
pub fn newest(
    connection: &Connection,
    partition: Partition,
    epoch: Epoch,
) -> Result<Option<Ready>> {
    let ready = connection
        .prepare_cached(
            "select name, position, manifest, signature from pack
             where grid = ?1 and class = ?2 and epoch_counter = ?3 and epoch_nonce = ?4
             and superseded_at is null order by position desc limit 1",
        )?
        .query_row(
            params![
                partition.grid.0,
                partition.class.0,
                epoch.counter.cast_signed(),
                epoch.nonce.to_be_bytes()
            ],
            |row| {
                Ok(Ready {
                    name: Hash(row.get(0)?),
                    position: row.get::<_, i64>(1)?.cast_unsigned(),
                    offer: PackOffer {
                        manifest: row.get::<_, Vec<u8>>(2)?.into(),
                        signature: row.get::<_, Vec<u8>>(3)?.into(),
                    },
                })
            },
        )
        .optional()?;
    Ok(ready)
}

/// Which partition a pack is of, as long as it can be fetched.
pub fn partition_of(connection: &Connection, name: &Hash) -> Result<Option<Partition>> {
    Ok(connection
        .prepare_cached("select grid, class from pack where name = ?1")?
        .query_row(params![name.0], |row| {
            Ok(Partition {
                grid: GridId(row.get::<_, Uuid>(0)?),
                class: AccessClass(row.get(1)?),
            })
        })
        .optional()?)
}

/// The partitions whose packs have a file of this name.
pub fn readers_of(connection: &Connection, file: &Hash) -> Result<Vec<Partition>> {
    let mut statement = connection.prepare_cached(
        "select p.grid, p.class from pack_file f join pack p on p.name = f.pack where f.hash = ?1",
    )?;
    let rows = statement.query_map(params![file.0], |row| {
        Ok(Partition {
            grid: GridId(row.get::<_, Uuid>(0)?),
            class: AccessClass(row.get(1)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everything that a pack is built from, in one view of the store. None when something published has no snapshot yet.
pub fn material(connection: &Connection, partition: Partition) -> Result<Option<Material>> {
    let tip = connection
        .prepare_cached("select tip, digest from partition where grid = ?1 and class = ?2")?
        .query_row(params![partition.grid.0, partition.class.0], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), Digest(row.get(1)?)))
        })
        .optional()?;
    let Some((position, digest)) = tip else {
        return Ok(None);
    };
    let mut unsaved = BTreeSet::new();
    let mut documents: BTreeMap<DocumentId, Source> = BTreeMap::new();
    {
        let mut statement = connection.prepare_cached(
            "select id, kind, snapshot from document
             where grid = ?1 and class = ?2 and erased_at is null",
        )?;
        let rows = statement.query_map(params![partition.grid.0, partition.class.0], |row| {
            Ok((
                DocumentId(row.get::<_, Uuid>(0)?),
                DocumentKind(row.get(1)?),
                row.get::<_, Option<Vec<u8>>>(2)?,
            ))
        })?;
        for row in rows {
            let (document, kind, snapshot) = row?;
            if snapshot.is_none() {
                unsaved.insert(document);
            }
            let source = Source {
                document,
                kind,
                snapshot: snapshot.unwrap_or_default(),
                changes: Vec::new(),
            };
            documents.insert(document, source);
        }
    }
    // what is left of the digest belongs to changes that moved away or were erased
    let mut rest = digest;
    {
        let mut statement = connection.prepare_cached(
            "select c.document, c.hash, c.bytes, f.position from feed f join change c on c.sequence = f.change
             where f.grid = ?1 and f.class = ?2 order by f.position",
        )?;
        let rows = statement.query_map(params![partition.grid.0, partition.class.0], |row| {
            Ok((
                DocumentId(row.get::<_, Uuid>(0)?),
                Hash(row.get(1)?),
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, i64>(3)?.cast_unsigned(),
            ))
        })?;
        for row in rows {
            let (document, hash, bytes, position) = row?;
            let Some(source) = documents.get_mut(&document) else {
                continue;
            };
            rest.remove(&hash);
            let header = scan::scan_change(&bytes, &scan::Limits::default())
                .map_err(|error| Error::internal("a published change", error))?;
            source.changes.push((hash, header.deps, position));
        }
    }
    documents.retain(|_, source| !source.changes.is_empty());
    if documents.keys().any(|document| unsaved.contains(document)) {
        return Ok(None); // its registry is being made again
    }
    let mut index = Vec::new();
    if partition.class == AccessClass::GENERAL {
        // the same rows that the console shows
        for select in [
            "select id, view from household where grid = ?1 order by id",
            "select id, view from incident where grid = ?1 order by id",
        ] {
            for (id, view) in views(connection, select, partition)? {
                let kind = documents.get(&id).map(|source| source.kind);
                index.extend(match kind {
                    Some(DocumentKind::HOUSEHOLD) => {
                        build::index_item(Projection::Household(read::<HouseholdView>(&view)?))
                    }
                    Some(DocumentKind::INCIDENT) => {
                        build::index_item(Projection::Incident(read::<IncidentView>(&view)?))
                    }
                    _ => None,
                });
            }
        }
    }
    Ok(Some(Material {
        epoch: store::epoch(connection)?,
        cursor: Cursor {
            partition,
            position,
            digest,
        },
        rest,
        index,
        documents: documents.into_values().collect(),
    }))
}

fn views(
    connection: &Connection,
    select: &'static str,
    partition: Partition,
) -> Result<Vec<(DocumentId, String)>> {
    let mut statement = connection.prepare_cached(select)?;
    let rows = statement
        .query_map([partition.grid.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(id, view)| {
            let id: Uuid = id
                .parse()
                .map_err(|error| Error::internal("an id of the registry", error))?;
            Ok((DocumentId(id), view))
        })
        .collect()
}

fn read<T: DeserializeOwned>(view: &str) -> Result<T> {
    serde_json::from_str(view).map_err(|error| Error::internal("a row of the registry", error))
}

/// A pack is ready: its files are durable. The ones before it are superseded. False when a document left the feed while it
/// was built: nobody may fetch it.
pub fn add(
    connection: &Connection,
    manifest: &Manifest,
    name: &Hash,
    offer: &PackOffer,
    now: Timestamp,
) -> Result<bool> {
    let partition = manifest.cursor.partition;
    feed::lock(connection, &[partition])?; // whoever takes a document out of the feed now waits, and withdraws this pack
    let left = connection
        .prepare_cached("select 1 from feed_mark where grid = ?1 and class = ?2 and position > ?3")?
        .exists(params![
            partition.grid.0,
            partition.class.0,
            manifest.cursor.position.cast_signed()
        ])?;
    if left {
        return Ok(false);
    }
    connection.execute(
        "update pack set superseded_at = ?3 where grid = ?1 and class = ?2 and superseded_at is null and name <> ?4",
        params![partition.grid.0, partition.class.0, now.0, name.0],
    )?;
    connection.execute(
        "insert into pack (name, grid, class, epoch_counter, epoch_nonce, position, manifest, signature, made_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (name) do nothing",
        params![
            name.0,
            partition.grid.0,
            partition.class.0,
            manifest.epoch.counter.cast_signed(),
            manifest.epoch.nonce.to_be_bytes(),
            manifest.cursor.position.cast_signed(),
            offer.manifest.to_vec(),
            offer.signature.to_vec(),
            now.0
        ],
    )?;
    for file in &manifest.files {
        connection.execute(
            "insert into pack_file (pack, hash, bytes) values (?1, ?2, ?3) on conflict (pack, hash) do nothing",
            params![name.0, file.hash.0, file.bytes().cast_signed()],
        )?;
    }
    Ok(true)
}

/// Takes back every pack of a partition at once: what is in them may not be read any more (an erasure).
pub fn withdraw(connection: &Connection, partition: Partition) -> Result<()> {
    for delete in [
        "delete from pack_file where pack in (select name from pack where grid = ?1 and class = ?2)",
        "delete from pack where grid = ?1 and class = ?2",
    ] {
        connection.execute(delete, params![partition.grid.0, partition.class.0])?;
    }
    Ok(())
}

/// Forgets packs that were superseded before.
pub fn expire(connection: &Connection, before: Timestamp) -> Result<usize> {
    connection.execute(
        "delete from pack_file where pack in (select name from pack where superseded_at < ?1)",
        params![before.0],
    )?;
    Ok(connection.execute(
        "delete from pack where superseded_at < ?1",
        params![before.0],
    )?)
}

/// Every file that some pack still names.
pub fn files(connection: &Connection) -> Result<Vec<Hash>> {
    let mut statement = connection.prepare_cached("select distinct hash from pack_file")?;
    let rows = statement.query_map([], |row| Ok(Hash(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
