//! Photos and voice notes that a record names and that have not arrived: on their way, as long as nobody has waited for a day.

use crate::{
    error::Result,
    store::{Connection, params},
};
use gridwalk_core::{
    ids::{GridId, Hash},
    time::Timestamp,
};
use uuid::Uuid;

/// A photo goes behind the records, over a line that is not charged for: so long nobody is told that it is missing.
const PATIENCE_MS: i64 = 24 * 3_600_000;
/// Shown at once; all are counted.
const SHOWN: usize = 200;

/// A record names this photo. Since when it is waited for is when the change came that was merged last, which at the first
/// time is the one that names it; later times change nothing.
pub fn note(connection: &Connection, hash: &Hash, document: &str) -> Result<()> {
    let here = connection
        .prepare_cached("select 1 from blob where hash = ?1")?
        .exists([hash.0])?;
    let Some(document) = document.parse::<Uuid>().ok().filter(|_| !here) else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "insert into photo_awaited (hash, since)
             select cast(?1 as text), coalesce(max(received_at), 0) from change where document = ?2
             on conflict do nothing",
        )?
        .execute(params![hash.to_string(), document])?;
    Ok(())
}

/// It has arrived.
pub fn arrived(connection: &Connection, hash: &Hash) -> Result<()> {
    connection
        .prepare_cached("delete from photo_awaited where hash = ?1")?
        .execute([hash.to_string()])?;
    Ok(())
}

/// A photo that is missing, as the console shows it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Awaited {
    /// Its name.
    pub hash: Hash,
    /// The record that names it.
    pub document: String,
    /// What it is of that record: `incident`, `checkpoint` and `original` are photos, `voice`, `visit_voice` and `finding_voice` voice notes.
    pub shown_as: String,
    /// The record's grid.
    pub grid: GridId,
    /// When it was taken, by the phone's clock.
    pub taken_at: Option<String>,
    /// When the record came that names it.
    pub named_at: Timestamp,
}

/// Those that records of these grids have named for more than a day: how many, and the first of them, longest first.
pub fn all(
    connection: &Connection,
    sees: &dyn Fn(&GridId) -> bool,
    now: Timestamp,
) -> Result<(usize, Vec<Awaited>)> {
    let mut statement = connection.prepare_cached(
        "select photo.hash, photo.document, photo.kind, photo.grid, photo.taken_at, awaited.since
         from photo_awaited awaited join photo on photo.hash = awaited.hash
         where awaited.since < ?1 and photo.kind <> 'line' order by awaited.since, photo.hash, photo.document",
    )?;
    let rows = statement.query_map([now.plus_ms(-PATIENCE_MS).0], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, Option<String>>(4)?,
            Timestamp(row.get(5)?),
        ))
    })?;
    let (mut count, mut shown) = (0, Vec::new());
    for row in rows {
        let (hash, document, shown_as, grid, taken_at, named_at) = row?;
        let (Ok(hash), Ok(grid)) = (hash.parse::<Hash>(), grid.parse().map(GridId)) else {
            continue;
        };
        // it may have come while its record was merged
        if !sees(&grid) || super::blob::length(connection, &hash)?.is_some() {
            continue;
        }
        count += 1;
        if shown.len() < SHOWN {
            shown.push(Awaited {
                hash,
                document,
                shown_as,
                grid,
                taken_at,
                named_at,
            });
        }
    }
    Ok((count, shown))
}
