//! Blobs that no record names. A photo may come before its record, so they are kept for a month, counted from the night on which
//! that was seen first; after it they belong to nothing. What waits for a person keeps its photos: as long as something that a
//! worker's phones brought is in quarantine or is not merged, their blobs stay.

use crate::{
    error::Result,
    store::{Connection, FromValue, blob, params},
};
use gridwalk_core::{ids::Hash, time::Timestamp};
use std::{collections::HashSet, hash::Hash as Hashable};
use uuid::Uuid;

/// A blob that no record named for so long belongs to nothing.
const LIVES_MS: i64 = 30 * 24 * 3_600_000;

/// What a night sees.
#[derive(Debug)]
pub struct Seen {
    /// Nothing names them, and nobody had seen that before.
    unnamed: Vec<Hash>,
    /// They were among them, and are no longer.
    named: Vec<Hash>,
    /// They have been among them for a month, and nothing waits that could name them.
    pub over: Vec<Hash>,
}

/// Looks which blobs no record names at this moment.
pub fn look(connection: &Connection, now: Timestamp) -> Result<Seen> {
    let mut named: HashSet<Hash> = HashSet::new();
    for names in [
        "select hash from photo",
        "select thumbnail from photo where thumbnail is not null",
    ] {
        let names: HashSet<String> = all(connection, names)?;
        named.extend(names.iter().filter_map(|name| name.parse::<Hash>().ok()));
    }
    let seen: HashSet<[u8; 32]> = all(connection, "select hash from blob_unnamed")?;
    let seen: HashSet<Hash> = seen.into_iter().map(Hash).collect();
    let here: HashSet<[u8; 32]> = all(connection, "select hash from blob")?;
    let here: HashSet<Hash> = here.into_iter().map(Hash).collect();
    let mut waiting: HashSet<Uuid> = HashSet::new();
    for workers in WAITING {
        waiting.extend(all::<Uuid>(connection, workers)?);
    }
    let mut over = Vec::new();
    let mut statement = connection.prepare_cached(
        "select u.hash, d.worker from blob_unnamed u join blob b on b.hash = u.hash
           left join device d on d.id = b.device
         where u.since <= ?1 order by u.hash",
    )?;
    let rows = statement.query_map([now.plus_ms(-LIVES_MS).0], |row| {
        Ok((Hash(row.get(0)?), row.get::<_, Option<Uuid>>(1)?))
    })?;
    for row in rows {
        let (hash, worker) = row?;
        if !named.contains(&hash) && worker.is_none_or(|worker| !waiting.contains(&worker)) {
            over.push(hash);
        }
    }
    let is_unnamed = |hash: &&Hash| here.contains(*hash) && !named.contains(*hash);
    Ok(Seen {
        unnamed: here.difference(&seen).filter(is_unnamed).copied().collect(),
        named: seen
            .iter()
            .filter(|hash| !is_unnamed(hash))
            .copied()
            .collect(),
        over,
    })
}

/// Workers of whom something waits. Another phone of theirs may bring what this one wrote, so all of their phones count; what a
/// person let in was merged, and names its photos.
const WAITING: [&str; 3] = [
    "select distinct worker from evidence where coalesce(decision, '') <> 'released'",
    "select distinct worker from change where state in ('held', 'logged', 'quarantined')",
    "select distinct c.worker from change c join document d on d.id = c.document where d.quarantined is not null",
];

fn all<T: FromValue + Eq + Hashable>(
    connection: &Connection,
    query: &'static str,
) -> Result<HashSet<T>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// Writes down what was seen.
pub fn note(connection: &Connection, seen: &Seen, now: Timestamp) -> Result<()> {
    for hash in &seen.named {
        begins_again(connection, hash)?;
    }
    for hash in &seen.unnamed {
        connection
            .prepare_cached(
                "insert into blob_unnamed (hash, since) values (?1, ?2) on conflict do nothing",
            )?
            .execute(params![hash.0, now.0])?;
    }
    Ok(())
}

/// Somebody named it, or was told again that it is here: its month has not begun.
pub fn begins_again(connection: &Connection, hash: &Hash) -> Result<()> {
    connection
        .prepare_cached("delete from blob_unnamed where hash = ?1")?
        .execute([hash.0])?;
    Ok(())
}

/// Removes the row of a blob whose month is over. False when somebody named it meanwhile, or asked for it.
pub fn forget(connection: &Connection, hash: &Hash, now: Timestamp) -> Result<bool> {
    let over = connection
        .prepare_cached("select 1 from blob_unnamed where hash = ?1 and since <= ?2 for update")?
        .exists(params![hash.0, now.plus_ms(-LIVES_MS).0])?;
    if !over || blob::is_named(connection, hash)? {
        return Ok(false);
    }
    for statement in [
        "delete from blob where hash = ?1",
        "delete from blob_loss where hash = ?1",
        "delete from blob_unnamed where hash = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([hash.0])?;
    }
    Ok(true)
}
