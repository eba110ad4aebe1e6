//! What is known of packs: which are coming, which frames are here, and what of them the screens may show already.

use super::unpack;
use crate::{
    database::{fact, set_fact},
    error::Answer,
    projection,
    sync::APP,
};
use ed25519_dalek::VerifyingKey;
use gridwalk_core::{
    ids::{DocumentId, GridId, Hash},
    sync::{
        message::{AccessClass, Digest, PackNews, PackOffer, PackWish, Partition},
        pack::{
            self, Content, Manifest, PackError, PackFile, PackFrame,
            read::{self, PackedDocument},
        },
    },
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};

/// The server's public key in hex: given at enrolment, or with the first packs that a phone of before them is offered.
pub(crate) const SERVER_KEY: &str = "server_key";
/// The app that met an offer which it could not even tell the partition of; a newer one tries again.
const PACKS_OFF: &str = "packs_off";

/// One pack on this phone.
pub(super) struct Held {
    pub name: Hash,
    pub manifest: Manifest,
}

/// What the next request says of packs.
pub(crate) fn wish(db: &Connection) -> Answer<Option<PackWish>> {
    let off: Option<String> = fact(db, PACKS_OFF)?;
    if off.as_deref() == Some(APP) {
        return Ok(None);
    }
    let mut wish = PackWish::default();
    let mut select = db.prepare_cached("select grid, class, name, standing from pack")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let standing: String = row.get(3)?;
        match standing.as_str() {
            "coming" => wish.under_way.push(Hash(row.get(2)?)),
            "refused" => wish.refused.push(partition(row.get(0)?, row.get(1)?)),
            _ => {}
        }
    }
    Ok(Some(wish))
}

fn partition(grid: uuid::Uuid, class: u8) -> Partition {
    Partition {
        grid: GridId(grid),
        class: AccessClass(class),
    }
}

/// Takes what the server offers. True when something was no good and the session has to ask for the feed instead.
pub(crate) fn offered(db: &Connection, news: &PackNews, at: Timestamp) -> Answer<bool> {
    let mut refused = false;
    for offer in &news.offers {
        match checked(db, news, offer) {
            Ok(Ok(manifest)) => accept(db, offer, &manifest, at)?,
            Ok(Err(error)) => {
                tracing::error!(%error, "a pack was offered that is no good");
                // nothing of it is believed but the name of the partition that is now read from its feed
                match minicbor::decode::<Manifest>(&offer.manifest) {
                    Ok(manifest) => refuse(db, &manifest.cursor.partition, &pack::name(offer))?,
                    Err(_) => set_fact(db, PACKS_OFF, &APP)?,
                }
                refused = true;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(refused)
}

fn checked(
    db: &Connection,
    news: &PackNews,
    offer: &PackOffer,
) -> Answer<Result<Manifest, PackError>> {
    let pinned: Option<String> = fact(db, SERVER_KEY)?;
    let key = match &pinned {
        Some(hex) => hex::decode(hex).unwrap_or_default(),
        None => news.key.to_vec(),
    };
    let key: Option<VerifyingKey> = key
        .try_into()
        .ok()
        .and_then(|bytes: [u8; 32]| VerifyingKey::from_bytes(&bytes).ok());
    let Some(key) = key else {
        return Ok(Err(PackError::Signature));
    };
    let manifest = pack::verify(&key, offer);
    // The first key is believed because the connection is the centre's; from then on it never changes.
    if manifest.is_ok() && pinned.is_none() {
        set_fact(db, SERVER_KEY, &hex::encode(key.to_bytes()))?;
    }
    Ok(manifest)
}

fn accept(db: &Connection, offer: &PackOffer, manifest: &Manifest, at: Timestamp) -> Answer<()> {
    let partition = manifest.cursor.partition;
    let name = pack::name(offer);
    let before: Option<(Hash, String)> = db
        .prepare_cached("select name, standing from pack where grid = ?1 and class = ?2")?
        .query_row((partition.grid.0, partition.class.0), |row| {
            Ok((Hash(row.get(0)?), row.get(1)?))
        })
        .optional()?;
    match before {
        Some((before, standing)) if before == name && standing == "coming" => return Ok(()),
        Some((before, _)) => abandon(db, &partition, &before)?,
        None => {}
    }
    db.prepare_cached(
        "insert or replace into pack (grid, class, name, manifest, standing, digest, at)
         values (?1, ?2, ?3, ?4, 'coming', ?5, ?6)",
    )?
    .execute((
        partition.grid.0,
        partition.class.0,
        name.0,
        &offer.manifest[..],
        Digest::EMPTY.0,
        at.0,
    ))?;
    // a feed that is read, from its start so far: what comes out of the pack meanwhile is no stray
    db.prepare_cached(
        "insert into cursor (grid, class, position, digest) values (?1, ?2, 0, ?3) on conflict do nothing",
    )?
    .execute((partition.grid.0, partition.class.0, Digest::EMPTY.0))?;
    Ok(())
}

/// Packs of that standing.
pub(super) fn held(db: &Connection, standing: &str) -> Answer<Vec<Held>> {
    let mut select = db.prepare_cached("select name, manifest from pack where standing = ?1")?;
    let rows = select
        .query_map([standing], |row| {
            Ok((Hash(row.get(0)?), row.get::<_, Vec<u8>>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let manifest = |bytes: &[u8]| minicbor::decode(bytes).map_err(crate::Failure::internal);
    rows.into_iter()
        .map(|(name, bytes)| {
            Ok(Held {
                name,
                manifest: manifest(&bytes)?,
            })
        })
        .collect()
}

/// Frames of one file that lie one behind the other and are fetched at once.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub file: usize,
    pub frames: std::ops::Range<usize>,
}

/// What is missing of a pack, in runs of about `bytes`; most useful first.
pub(super) fn missing(db: &Connection, held: &Held, bytes: u64) -> Answer<Vec<Run>> {
    let mut select =
        db.prepare_cached("select 1 from pack_frame where file = ?1 and number = ?2")?;
    let mut runs: Vec<Run> = Vec::new();
    for (at, file) in held.manifest.files.iter().enumerate() {
        if file.content != Content::INDEX && file.content != Content::DOCUMENTS {
            continue; // of a newer server: what it holds, documents hold too
        }
        let mut size = u64::MAX;
        for (number, frame) in file.frames.iter().enumerate() {
            if select.exists((file.hash.0, number))? {
                size = u64::MAX;
                continue;
            }
            size = size.saturating_add(u64::from(frame.packed));
            match runs.last_mut().filter(|_| size <= bytes) {
                Some(run) => run.frames.end = number + 1,
                None => {
                    size = u64::from(frame.packed);
                    runs.push(Run {
                        file: at,
                        frames: number..number + 1,
                    });
                }
            }
        }
    }
    Ok(runs)
}

/// What storing led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stored {
    /// There is more to fetch.
    Part,
    /// It was the last one: the session reads on behind the pack.
    All,
    /// It was no good: the session reads the feed.
    Refused,
    /// The server does not have it any more.
    Gone,
}

/// Stores one frame, in the caller's transaction. Again is a no-op; so is a frame of a pack that is not wanted any more.
pub(super) fn store(
    db: &Connection,
    name: &Hash,
    file: usize,
    number: usize,
    packed: &[u8],
) -> Answer<Stored> {
    let coming = held(db, "coming")?;
    let Some(held) = coming.into_iter().find(|held| held.name == *name) else {
        return Ok(Stored::Refused);
    };
    let (Some(of), manifest) = (held.manifest.files.get(file), &held.manifest) else {
        return Ok(Stored::Refused);
    };
    let Some(frame) = of.frames.get(number) else {
        return Ok(Stored::Refused);
    };
    let partition = manifest.cursor.partition;
    if let Err(error) = put(db, name, manifest, of, frame, packed)? {
        tracing::error!(%error, "a frame of a pack is no good");
        refuse(db, &partition, name)?;
        return Ok(Stored::Refused);
    }
    db.prepare_cached(
        "insert into pack_frame (file, number) values (?1, ?2) on conflict do nothing",
    )?
    .execute((of.hash.0, number))?;
    if !missing(db, &held, 0)?.is_empty() {
        return Ok(Stored::Part);
    }
    arrived(db, &held)?;
    Ok(Stored::All)
}

fn put(
    db: &Connection,
    name: &Hash,
    manifest: &Manifest,
    file: &PackFile,
    frame: &PackFrame,
    packed: &[u8],
) -> Answer<Result<(), PackError>> {
    let partition = manifest.cursor.partition;
    if file.content == Content::INDEX {
        return Ok(match read::index(frame, packed) {
            Ok(items) => {
                for item in items {
                    early(db, partition, &item)?;
                }
                Ok(())
            }
            Err(error) => Err(error),
        });
    }
    let documents = match read::documents(manifest, file, frame, packed) {
        Ok(documents) => documents,
        Err(error) => return Ok(Err(error)),
    };
    for document in documents {
        keep(db, name, partition, &document)?;
    }
    Ok(Ok(()))
}

fn keep(
    db: &Connection,
    name: &Hash,
    partition: Partition,
    document: &PackedDocument,
) -> Answer<()> {
    let bytes = minicbor::to_vec(document).map_err(crate::Failure::internal)?;
    let elsewhere = db
        .prepare_cached(
            "select 1 from pack_document where document = ?1 and (grid <> ?2 or class <> ?3)",
        )?
        .exists((document.document.0, partition.grid.0, partition.class.0))?;
    if elsewhere {
        unpack::waiting(db, document.document)?; // it moved from one pack to the other, and counts in both
    }
    // what an earlier pack brought of it is in this one too
    db.prepare_cached(
        "insert into pack_document (document, grid, class, pack, bytes) values (?1, ?2, ?3, ?4, ?5)
         on conflict (document) do update set pack = excluded.pack, bytes = excluded.bytes",
    )?
    .execute((
        document.document.0,
        partition.grid.0,
        partition.class.0,
        name.0,
        bytes,
    ))?;
    Ok(())
}

/// A row for the lists, until its document is here. What the phone knows already is newer.
fn early(db: &Connection, partition: Partition, item: &read::IndexItem) -> Answer<()> {
    let Some(document) = projection::early(db, item)? else {
        return Ok(());
    };
    db.prepare_cached(
        "insert into pack_early (document, grid, class) values (?1, ?2, ?3) on conflict do nothing",
    )?
    .execute((document.0, partition.grid.0, partition.class.0))?;
    Ok(())
}

/// Everything is here: the feed goes on behind the pack, whose digest the server signed and the phone has yet to check.
fn arrived(db: &Connection, held: &Held) -> Answer<()> {
    let cursor = held.manifest.cursor;
    db.prepare_cached("update pack set standing = 'here' where name = ?1")?
        .execute([held.name.0])?;
    db.prepare_cached(
        "insert into cursor (grid, class, position, digest) values (?1, ?2, ?3, ?4)
         on conflict (grid, class) do update set position = excluded.position, digest = excluded.digest
         where cursor.position < excluded.position",
    )?
    .execute((
        cursor.partition.grid.0,
        cursor.partition.class.0,
        cursor.position,
        cursor.digest.0,
    ))?;
    unpack::settle(db, held)
}

/// The pack of this partition is no good. Its feed is read from the start; what came out of the pack stays, because
/// every change is what its name says, whoever brought it.
pub(super) fn refuse(db: &Connection, partition: &Partition, name: &Hash) -> Answer<()> {
    let key = (partition.grid.0, partition.class.0);
    frames_away(db, name)?;
    db.prepare_cached(
        "insert into pack (grid, class, name, manifest, standing, digest, at)
         values (?1, ?2, ?3, x'', 'refused', ?4, 0)
         on conflict (grid, class) do update set name = excluded.name, manifest = x'', standing = 'refused'",
    )?
    .execute((key.0, key.1, name.0, Digest::EMPTY.0))?;
    early_away(db, partition)
}

/// The pack is not there any more; another may be offered. `again`: this very one was offered twice, and is not there.
pub(super) fn gone(db: &Connection, held: &Held, again: bool) -> Answer<()> {
    if again {
        return refuse(db, &held.manifest.cursor.partition, &held.name);
    }
    abandon(db, &held.manifest.cursor.partition, &held.name)?;
    db.prepare_cached("delete from pack where name = ?1")?
        .execute([held.name.0])?;
    Ok(())
}

/// This pack will never be whole, and another may come instead of it. What the first had and the next has not was moved
/// or erased between the two, and no feed will say so to a phone that begins behind the next. So all of it counts as told
/// to leave, until the next one or the feed brings it again.
fn abandon(db: &Connection, partition: &Partition, name: &Hash) -> Answer<()> {
    let key = (partition.grid.0, partition.class.0);
    frames_away(db, name)?;
    db.prepare_cached("delete from pack_document where grid = ?1 and class = ?2")?
        .execute(key)?;
    db.prepare_cached(
        "insert into leaving (document, erased)
         select distinct change.document, 0 from placed join change on change.hash = placed.hash
         where placed.grid = ?1 and placed.class = ?2 on conflict do nothing",
    )?
    .execute(key)?;
    early_away(db, partition)?;
    crate::sync::restart(db, partition)
}

/// Something may still be on its way in a pack.
pub(crate) fn is_coming(db: &Connection) -> Answer<bool> {
    Ok(db
        .prepare_cached("select 1 from pack where standing = 'coming'")?
        .exists([])?)
}

/// Forgets which frames are here, and that what came in them counts: should the same pack be fetched again, it counts then.
pub(super) fn frames_away(db: &Connection, name: &Hash) -> Answer<()> {
    db.prepare_cached("update pack_document set pack = x'' where pack = ?1")?
        .execute([name.0])?;
    let manifest: Option<Vec<u8>> = db
        .prepare_cached("select manifest from pack where name = ?1")?
        .query_row([name.0], |row| row.get(0))
        .optional()?;
    let Some(Ok(manifest)) = manifest.map(|bytes| minicbor::decode::<Manifest>(&bytes)) else {
        return Ok(());
    };
    for file in &manifest.files {
        db.prepare_cached("delete from pack_frame where file = ?1")?
            .execute([file.hash.0])?;
    }
    Ok(())
}

/// Rows whose document never came.
pub(super) fn early_away(db: &Connection, partition: &Partition) -> Answer<()> {
    let rows: Vec<DocumentId> = db
        .prepare_cached("select document from pack_early where grid = ?1 and class = ?2")?
        .query_map((partition.grid.0, partition.class.0), |row| {
            Ok(DocumentId(row.get(0)?))
        })?
        .collect::<Result<_, _>>()?;
    for document in rows {
        let known = db
            .prepare_cached(
                "select 1 where exists (select 1 from change where document = ?1)
                 or exists (select 1 from pack_document where document = ?1)",
            )?
            .exists([document.0])?;
        if !known {
            projection::forget(db, document)?;
            db.prepare_cached("delete from pack_early where document = ?1")?
                .execute([document.0])?;
        }
    }
    Ok(())
}

/// Nothing of any pack stays: this phone is to hold nothing any more.
pub(crate) fn forget_all(db: &Connection) -> Answer<()> {
    let early: Vec<DocumentId> = db
        .prepare_cached("select document from pack_early")?
        .query_map([], |row| Ok(DocumentId(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    for document in early {
        projection::forget(db, document)?;
    }
    db.execute_batch(
        "delete from pack_early; delete from pack_document; delete from pack_frame; delete from pack;",
    )?;
    Ok(())
}

/// The partition leaves this phone, or its server began a new life: a pack of it is not wanted any more.
pub(crate) fn forget(db: &Connection, partition: &Partition, leaves: bool) -> Answer<()> {
    let key = (partition.grid.0, partition.class.0);
    let name: Option<Hash> = db
        .prepare_cached("select name from pack where grid = ?1 and class = ?2")?
        .query_row(key, |row| Ok(Hash(row.get(0)?)))
        .optional()?;
    if let Some(name) = name {
        frames_away(db, &name)?;
        db.prepare_cached("delete from pack where grid = ?1 and class = ?2")?
            .execute(key)?;
    }
    if leaves {
        db.prepare_cached("delete from pack_document where grid = ?1 and class = ?2")?
            .execute(key)?;
    }
    early_away(db, partition)
}
