//! Documents between the log and the feed: what waits to be merged, and what a merge led to.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, feed, glance, log, params, registry},
};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    registry::Projection,
    sync::message::{DocumentKind, Partition},
    time::Timestamp,
};
use std::collections::HashMap;
use uuid::Uuid;

/// A logged change that no reader sees yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its place in the log.
    pub sequence: i64,
    /// Its name.
    pub hash: Hash,
    /// Raw bytes.
    pub bytes: Vec<u8>,
}

/// Everything a merge needs, read in one view of the store.
#[derive(Clone, Debug)]
pub struct Material {
    /// Which document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// Its partition.
    pub partition: Partition,
    /// Publications so far; a merge is only good for this number.
    pub revision: i64,
    /// The saved document, if it was ever published.
    pub snapshot: Option<Vec<u8>>,
    /// Published changes, causes first: the truth, should the snapshot be damaged.
    pub published: Vec<Vec<u8>>,
    /// Where the published changes stand in the feed.
    pub positions: HashMap<Hash, u64>,
    /// What is to be merged, causes first.
    pub waiting: Vec<Waiting>,
    /// When the centre first heard of the document.
    pub received_at: Timestamp,
}

/// Keeps other writers off these documents until the end of the transaction. Answers those that are in the catalogue now.
pub fn lock(
    connection: &Connection,
    documents: impl IntoIterator<Item = DocumentId>,
) -> Result<()> {
    glance::lock(connection, documents)
}

/// Reads what a merge needs; none when there is no such document or it is quarantined.
pub fn material(connection: &Connection, document: DocumentId) -> Result<Option<Material>> {
    let Some(published) = published(connection, document)? else {
        return Ok(None);
    };
    let (snapshot, quarantined) = connection
        .prepare_cached("select snapshot, quarantined is not null from document where id = ?1")?
        .query_row([document.0], |row| {
            Ok((row.get::<_, Option<Vec<u8>>>(0)?, row.get::<_, bool>(1)?))
        })?;
    if quarantined {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(
        "select sequence, hash, bytes from change where document = ?1 and state = 'logged' order by sequence",
    )?;
    let waiting = statement
        .query_map([document.0], |row| {
            Ok(Waiting {
                sequence: row.get(0)?,
                hash: Hash(row.get(1)?),
                bytes: row.get(2)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Material {
        snapshot,
        waiting,
        ..published
    }))
}

/// What readers have been shown of a document, from the log alone: no snapshot, nothing that waits. None when there is
/// no such document.
pub fn published(connection: &Connection, document: DocumentId) -> Result<Option<Material>> {
    let Some((partition, kind)) = log::placement(connection, document)? else {
        return Ok(None);
    };
    let revision = connection
        .prepare_cached("select revision from document where id = ?1")?
        .query_row([document.0], |row| row.get(0))?;
    let received_at = connection
        .prepare_cached("select min(received_at) from change where document = ?1")?
        .query_row([document.0], |row| row.get::<_, Option<i64>>(0))?
        .map_or(Timestamp(0), Timestamp);
    let mut statement = connection.prepare_cached(
        "select bytes from change where document = ?1 and state = 'published' order by sequence",
    )?;
    let published = statement
        .query_map([document.0], |row| row.get(0))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Material {
        document,
        kind,
        partition,
        revision,
        snapshot: None,
        published,
        positions: feed::positions(connection, document)?,
        waiting: Vec::new(),
        received_at,
    }))
}

/// Documents that readers see, in the order in which their first change arrived: rows that two documents claim go to
/// the same one as when they were written first.
pub fn all_published(connection: &Connection) -> Result<Vec<DocumentId>> {
    let mut statement = connection.prepare_cached(
        "select document from change where state = 'published' group by document order by min(sequence)",
    )?;
    let rows = statement.query_map([], |row| Ok(DocumentId(row.get::<_, Uuid>(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a merge led to.
#[derive(Clone, Debug)]
pub struct Merged {
    /// From what.
    pub document: DocumentId,
    /// Its partition.
    pub partition: Partition,
    /// From which revision.
    pub revision: i64,
    /// The document saved, with everything in it.
    pub snapshot: Vec<u8>,
    /// What the registry will say.
    pub projection: Projection,
    /// What enters the feed, in this order.
    pub entering: Vec<(i64, Hash)>,
    /// What does not fit the document's history or does not merge, and why: kept in the log, seen by nobody.
    pub aside: Vec<(i64, String)>,
    /// When the centre first heard of the document.
    pub received_at: Timestamp,
}

/// Publishes a merge: feed, snapshot and registry rows together. False when another merge was faster; then this one
/// is void and must be made again.
pub fn publish(connection: &Connection, merged: &Merged) -> Result<bool> {
    let moved = connection
        .prepare_cached(
            "update document set snapshot = ?3, revision = revision + 1, attempts = 0
             where id = ?1 and revision = ?2 and quarantined is null",
        )?
        .execute(params![merged.document.0, merged.revision, merged.snapshot])?;
    if moved == 0 {
        return Ok(false);
    }
    for (sequence, hash) in &merged.entering {
        feed::publish(connection, merged.partition, *sequence, hash)?;
    }
    for (sequence, reason) in &merged.aside {
        connection.execute(
            "update change set state = 'quarantined', quarantined = ?2 where sequence = ?1",
            params![sequence, reason],
        )?;
    }
    registry::write(
        connection,
        merged.document,
        &merged.projection,
        facts(merged),
    )?;
    Ok(true)
}

/// Writes again what a publication made, from the log: the snapshot and the registry's rows. Feed and revision stay.
pub fn make_again(connection: &Connection, merged: &Merged) -> Result<()> {
    connection
        .prepare_cached("update document set snapshot = ?2 where id = ?1")?
        .execute(params![merged.document.0, merged.snapshot])?;
    registry::write(
        connection,
        merged.document,
        &merged.projection,
        facts(merged),
    )
}

fn facts(merged: &Merged) -> registry::Facts {
    registry::Facts {
        grid: merged.partition.grid,
        received_at: merged.received_at,
    }
}

/// Takes a document out of merging. Its changes stay in the log; a person looks at it.
pub fn quarantine(connection: &Connection, document: DocumentId, reason: &str) -> Result<()> {
    connection.execute(
        "update document set quarantined = ?2, dismissed = null where id = ?1",
        params![document.0, reason],
    )?;
    connection.execute(
        "update change set state = 'quarantined', quarantined = 'its document is' where document = ?1 and state = 'logged'",
        [document.0],
    )?;
    Ok(())
}

/// Documents with something to merge: after a start, whatever the last process did not get to.
pub fn unmerged(connection: &Connection) -> Result<Vec<DocumentId>> {
    let mut statement = connection.prepare_cached(
        "select distinct document from change where state = 'logged' order by document",
    )?;
    let rows = statement.query_map([], |row| Ok(DocumentId(row.get::<_, Uuid>(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether this document has something to merge.
pub fn is_unmerged(connection: &Connection, document: DocumentId) -> Result<bool> {
    Ok(connection
        .prepare_cached("select 1 from change where document = ?1 and state = 'logged'")?
        .exists([document.0])?)
}

/// Counts an attempt that may end this process; answers how many there were since the last success.
pub fn count_attempt(connection: &Connection, document: DocumentId) -> Result<i64> {
    connection
        .query_row(
            "update document set attempts = attempts + 1 where id = ?1 returning attempts",
            [document.0],
            |row| row.get(0),
        )
        .optional()?
        .ok_or(Error::NotFound)
}
