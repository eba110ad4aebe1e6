//! A backup is worth what was read from it. Everything is decrypted, unpacked and put into a store as a restore would, and
//! then held against itself: every change against its name, every feed against its digests, every blob against its hash,
//! every document merged.

use super::{blob, dump, manifest, seal::Identity};
use crate::{
    error::{Error, Result},
    rebuild,
    store::{Connection, Store, feed::Reading, life},
};
use gridwalk_core::{
    ids::Hash,
    sync::{
        answer::Feed,
        envelope::change_hash,
        message::{Digest, FeedBody, Partition},
    },
};
use serde::Serialize;
use std::path::Path;

/// Rows of a feed that are read at once.
const PAGE: usize = 512;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verified {
    /// Which backup.
    pub number: u64,
    /// SHA-256 of its manifest: what the server compares before it believes.
    pub manifest: String,
    /// Changes whose bytes have their name.
    pub changes: u64,
    /// Feeds whose digests fit from the first row to the tip.
    pub feeds: u64,
    /// Blobs that opened and have their hash.
    pub blobs: u64,
    /// Documents that merged.
    pub documents: u64,
    /// What does not fit; nothing when the backup is good.
    pub wrong: Vec<String>,
}

/// Opens the backup `number` (or the newest) in `from`. `scratch` is an empty folder that may hold as much as the backup;
/// what is put there is readable, so the caller removes it.
pub async fn verify(
    from: &Path,
    number: Option<u64>,
    identity: &Identity,
    scratch: &Path,
) -> Result<Verified> {
    let (manifest, hash) = manifest(from, number)?;
    let store = Store::open(&scratch.join("verify.db"), 16)?;
    let rows = {
        let (from, identity, manifest) = (from.to_owned(), identity.clone(), manifest.clone());
        move |connection: &Connection| {
            let (head, _) = dump::read(connection, manifest.open(&from, &identity)?)?;
            if head.number != manifest.number || head.epoch != manifest.epoch()? {
                return Err(Error::Internal("the rows are of another backup".into()));
            }
            Ok(())
        }
    };
    store.write(rows).await?;
    let mut verified = Verified {
        number: manifest.number,
        manifest: hash.to_string(),
        changes: 0,
        feeds: 0,
        blobs: 0,
        documents: 0,
        wrong: Vec::new(),
    };
    let rebuilt = rebuild::rebuild(&store).await?;
    verified.documents = rebuilt.documents as u64;
    for (document, reason) in rebuilt.failed {
        verified
            .wrong
            .push(format!("document {document}: {reason}"));
    }
    let (from, identity) = (from.to_owned(), identity.clone());
    let named = manifest.blobs;
    tokio::task::spawn_blocking(move || {
        store.read_now(|connection| {
            changes(connection, &mut verified)?;
            feeds(connection, &mut verified)?;
            blobs(connection, &from, &identity, named, &mut verified)?;
            Ok(verified)
        })
    })
    .await
    .map_err(|error| Error::internal("verify", error))?
}

fn changes(connection: &Connection, verified: &mut Verified) -> Result<()> {
    let mut fault = Ok(());
    connection
        .prepare_cached("select hash, bytes from change order by sequence")?
        .each([], |row| {
            match (row.get(0).map(Hash), row.get::<_, Vec<u8>>(1)) {
                (Ok(hash), Ok(bytes)) if change_hash(&bytes) == hash => verified.changes += 1,
                (Ok(hash), Ok(_)) => verified
                    .wrong
                    .push(format!("change {hash} has other bytes")),
                (Err(error), _) | (_, Err(error)) => fault = Err(error.into()),
            }
            fault.is_ok()
        })?;
    fault
}

fn feeds(connection: &Connection, verified: &mut Verified) -> Result<()> {
    for (partition, tip) in life::tips(connection)? {
        match feed(connection, partition)? {
            Some(position) if position == tip => verified.feeds += 1,
            other => verified.wrong.push(format!(
                "the feed of {} ({}) goes to {other:?} and not to {tip}",
                partition.grid, partition.class.0
            )),
        }
    }
    Ok(())
}

/// How far a feed is what it says, row by row: no gap, and after every row the digest that stands there.
fn feed(connection: &Connection, partition: Partition) -> Result<Option<u64>> {
    let reading = Reading(connection);
    let (mut position, mut digest) = (0, Digest::EMPTY);
    loop {
        let rows = reading.rows(&partition, position, PAGE)?.into_iter();
        let marks = reading.marks(&partition, position, PAGE)?.into_iter();
        let mut next: Vec<(u64, Digest, Option<Hash>)> = rows
            .map(|row| (row.position, row.digest, Some(change_hash(&row.bytes))))
            .chain(marks.map(|mark| (mark.position, mark.digest, left_behind(&mark.body))))
            .collect();
        next.sort_by_key(|(position, ..)| *position);
        next.truncate(PAGE);
        if next.is_empty() {
            return Ok(Some(position));
        }
        for (at, promised, change) in next {
            change.iter().for_each(|change| digest.add(change));
            if at != position + 1 || digest != promised {
                return Ok(None);
            }
            position = at;
        }
    }
}

/// The name of a change that no longer stands in its place; it counts as before.
fn left_behind(body: &FeedBody) -> Option<Hash> {
    match body {
        FeedBody::Left { change, .. } | FeedBody::Erased { change, .. } => *change,
        _ => None,
    }
}

fn blobs(
    connection: &Connection,
    from: &Path,
    identity: &Identity,
    named: u64,
    verified: &mut Verified,
) -> Result<()> {
    let rows = connection
        .prepare_cached("select hash from blob order by hash")?
        .query_map([], |row| row.get(0).map(Hash))?;
    for hash in rows {
        let hash = hash?;
        match blob(from, &hash, identity) {
            Ok(_) => verified.blobs += 1,
            Err(error) => verified.wrong.push(format!("blob {hash}: {error}")),
        }
    }
    if verified.blobs < named {
        verified.wrong.push(format!(
            "{named} blobs were backed up and {} open",
            verified.blobs
        ));
    }
    Ok(())
}
