//! Blobs that a row promises and that are not here as promised, until a phone has brought them again.

use crate::{
    error::Result,
    store::{Connection, OptionalExtension, params},
};
use gridwalk_core::{
    ids::{DeviceId, GridId, Hash},
    time::Timestamp,
};

/// What is wrong with one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// There is nothing under its name.
    Missing,
    /// What is there does not have its hash.
    Damaged,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
        }
    }
}

/// Writes down that a blob is lost; it keeps the moment at which that was seen first. False when it was known.
pub fn note(connection: &Connection, hash: &Hash, kind: Kind, now: Timestamp) -> Result<bool> {
    let known = connection
        .prepare_cached("select 1 from blob_loss where hash = ?1")?
        .exists([hash.0])?;
    connection.execute(
        "insert into blob_loss (hash, kind, found_at) values (?1, ?2, ?3)
         on conflict (hash) do update set kind = excluded.kind",
        params![hash.0, kind.word(), now.0],
    )?;
    Ok(!known)
}

/// Whether a blob is known to be lost.
pub fn is_lost(connection: &Connection, hash: &Hash) -> Result<bool> {
    Ok(connection
        .prepare_cached("select 1 from blob_loss where hash = ?1")?
        .exists([hash.0])?)
}

/// It is here again.
pub fn mend(connection: &Connection, hash: &Hash) -> Result<()> {
    connection.execute("delete from blob_loss where hash = ?1", [hash.0])?;
    Ok(())
}

/// Lost blobs that a phone of these grids may still have: what its records show, and what it brought itself. All of them, by
/// their hash; how many an answer asks for is somebody else's business (`asking.rs`).
pub fn wanted(connection: &Connection, grids: &[GridId], device: DeviceId) -> Result<Vec<Hash>> {
    let mut statement = connection.prepare_cached(
        "select loss.hash, blob.device from blob_loss loss join blob on blob.hash = loss.hash order by loss.hash",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((Hash(row.get(0)?), row.get::<_, Option<uuid::Uuid>>(1)?))
    })?;
    let lost: Vec<_> = rows.collect::<std::result::Result<_, _>>()?;
    let mut wanted = Vec::new();
    for (hash, by) in lost {
        if by == Some(device.0) || super::blob::is_referred_to(connection, &hash, grids)? {
            wanted.push(hash);
        }
    }
    Ok(wanted)
}

/// A lost blob as the console shows it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Lost {
    /// Its name.
    pub hash: Hash,
    /// `missing` or `damaged`.
    pub kind: String,
    /// When that was seen first.
    pub found_at: Timestamp,
    /// The record that shows it, where one does.
    pub document: Option<String>,
    /// What it is of that record: `incident` and `checkpoint` are photos, `voice`, `visit_voice` and `finding_voice` voice notes.
    pub shown_as: Option<String>,
}

/// All of them that records of these grids show; those that no record shows belong to everybody.
pub fn all(connection: &Connection, sees: &dyn Fn(&GridId) -> bool) -> Result<Vec<Lost>> {
    let mut statement = connection
        .prepare_cached("select hash, kind, found_at from blob_loss order by found_at, hash")?;
    let rows = statement.query_map([], |row| {
        Ok((
            Hash(row.get(0)?),
            row.get::<_, String>(1)?,
            Timestamp(row.get(2)?),
        ))
    })?;
    let mut lost = Vec::new();
    for row in rows {
        let (hash, kind, found_at) = row?;
        let shown = connection
            .query_row(
                "select document, kind, grid from photo where hash = ?1 or thumbnail = ?1
                 order by document limit 1",
                [hash.to_string()],
                |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                    ))
                },
            )
            .optional()?;
        let seen = shown
            .as_ref()
            .is_none_or(|(.., grid)| grid.parse().is_ok_and(|grid| sees(&GridId(grid))));
        if seen {
            let (document, shown_as) = shown.map(|(document, kind, _)| (document, kind)).unzip();
            lost.push(Lost {
                hash,
                kind,
                found_at,
                document,
                shown_as,
            });
        }
    }
    Ok(lost)
}

/// What a scrub saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, utoipa::ToSchema)]
pub struct Scrubbed {
    /// Rows looked at.
    pub blobs: u64,
    /// Of them missing or damaged.
    pub losses: u64,
    /// Files without a row.
    pub strays: u64,
    /// Of them removed, because they were old.
    pub removed: u64,
}

/// Writes down that a scrub ended.
pub fn scrubbed(connection: &Connection, seen: Scrubbed, now: Timestamp) -> Result<()> {
    connection.execute(
        "insert into scrub (one, at, blobs, losses, strays, removed) values (1, ?1, ?2, ?3, ?4, ?5)
         on conflict (one) do update set at = excluded.at, blobs = excluded.blobs, losses = excluded.losses,
           strays = excluded.strays, removed = excluded.removed",
        params![
            now.0,
            seen.blobs.cast_signed(),
            seen.losses.cast_signed(),
            seen.strays.cast_signed(),
            seen.removed.cast_signed()
        ],
    )?;
    Ok(())
}

/// When the last scrub ended, and what it saw.
pub fn last_scrub(connection: &Connection) -> Result<Option<(Timestamp, Scrubbed)>> {
    Ok(connection
        .query_row(
            "select at, blobs, losses, strays, removed from scrub",
            [],
            |row| {
                let count = |at| Ok(row.get::<_, i64>(at)?.cast_unsigned());
                Ok((
                    Timestamp(row.get(0)?),
                    Scrubbed {
                        blobs: count(1)?,
                        losses: count(2)?,
                        strays: count(3)?,
                        removed: count(4)?,
                    },
                ))
            },
        )
        .optional()?)
}
