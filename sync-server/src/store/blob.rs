//! What is known of blobs: the finished ones and the uploads under way. The bytes are objects (`crate::blobs`).

use crate::{
    error::Result,
    store::{Connection, OptionalExtension, awaited, loss, params},
};
use gridwalk_core::{
    ids::{DeviceId, GridId, Hash},
    sync::limits,
    time::Timestamp,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Writes down that a blob's bytes are durable. The same hash again changes nothing.
pub fn add(
    connection: &Connection,
    hash: &Hash,
    bytes: usize,
    media: &str,
    device: Option<DeviceId>,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into blob (hash, bytes, media, received_at, device) values (?1, ?2, ?3, ?4, ?5) on conflict do nothing",
        )?
        .execute(params![
            hash.0,
            i64::try_from(bytes).unwrap_or(i64::MAX),
            media,
            now.0,
            device.map(|device| device.0)
        ])?;
    awaited::arrived(connection, hash)?;
    loss::mend(connection, hash)
}

/// How long a blob is that is here.
pub fn length(connection: &Connection, hash: &Hash) -> Result<Option<u64>> {
    let bytes: Option<i64> = connection
        .prepare_cached("select bytes from blob where hash = ?1")?
        .query_row([hash.0], |row| row.get(0))
        .optional()?;
    Ok(bytes.map(i64::cast_unsigned))
}

/// The grid of the record that shows this photo.
pub fn grid_of(connection: &Connection, hash: &Hash) -> Result<Option<GridId>> {
    let grid: Option<String> = connection
        .prepare_cached("select grid from photo where hash = ?1 order by document limit 1")?
        .query_row([hash.to_string()], |row| row.get(0))
        .optional()?;
    Ok(grid.and_then(|grid| grid.parse().ok()).map(GridId))
}

/// The media type of a blob that is here.
pub fn media(connection: &Connection, hash: &Hash) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("select media from blob where hash = ?1")?
        .query_row([hash.0], |row| row.get(0))
        .optional()?)
}

/// Whether some record in one of these grids refers to this blob as photo, thumbnail or line.
pub fn is_referred_to(connection: &Connection, hash: &Hash, grids: &[GridId]) -> Result<bool> {
    let text = hash.to_string();
    let mut statement = connection.prepare_cached(
        "select grid from photo where hash = ?1 union select grid from photo where thumbnail = ?1",
    )?;
    let rows = statement.query_map([text], |row| row.get::<_, String>(0))?;
    for grid in rows {
        let grid = grid?;
        if grids.iter().any(|allowed| allowed.to_string() == grid) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a record names this blob as an original. At its full size it shows more than the work needs every day: whoever
/// opens one says what for, at the console and through a phone (`store/opening.rs`).
pub fn is_original(connection: &Connection, hash: &Hash) -> Result<bool> {
    Ok(connection
        .prepare_cached("select 1 from photo where hash = ?1 and kind = 'original'")?
        .exists([hash.to_string()])?)
}

/// Whether some incident in one of these grids has this voice note. One of a visit or a finding is for the phones of its grid alone.
pub fn is_voice_of_incident(
    connection: &Connection,
    hash: &Hash,
    grids: &[GridId],
) -> Result<bool> {
    let mut statement =
        connection.prepare_cached("select grid from photo where hash = ?1 and kind = 'voice'")?;
    let rows = statement.query_map([hash.to_string()], |row| row.get::<_, String>(0))?;
    for grid in rows {
        let grid = grid?;
        if grids.iter().any(|allowed| allowed.to_string() == grid) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether any record names this blob.
pub fn is_named(connection: &Connection, hash: &Hash) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "select 1 from photo where hash = ?1 union select 1 from photo where thumbnail = ?1",
    )?;
    Ok(statement.exists([hash.to_string()])?)
}

/// Whether this device brought this blob and the record that names it has not come yet. Once it has, whoever reads the
/// record reads the blob, and nobody else.
pub fn is_brought_ahead_by(connection: &Connection, hash: &Hash, device: DeviceId) -> Result<bool> {
    if is_named(connection, hash)? {
        return Ok(false);
    }
    Ok(connection
        .query_row(
            "select 1 from blob where hash = ?1 and device = ?2",
            params![hash.0, device.0],
            |_| Ok(()),
        )
        .optional()?
        .is_some())
}

/// Bytes of the blobs that a revoked device brought since it was revoked.
pub fn brought_since_revoked(connection: &Connection, device: DeviceId) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "select cast(coalesce(sum(b.bytes), 0) as bigint) from blob b join device d on d.id = b.device
             where b.device = ?1 and b.received_at >= d.revoked_at",
        )?
        .query_row([device.0], |row| row.get(0))?)
}

/// An upload under way.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Names it in its address.
    pub id: String,
    /// What its bytes must hash to.
    pub hash: Hash,
    /// How long it will be.
    pub length: u64,
    /// Who may continue it.
    pub device: DeviceId,
    /// When it was begun; it lives for [`UPLOAD_LIVES_MS`].
    pub made_at: Timestamp,
}

/// An upload that was not finished for so long will not be.
pub const UPLOAD_LIVES_MS: i64 = 7 * 24 * 3_600_000;

impl Upload {
    /// Until then it may be continued.
    pub fn expires_at(&self) -> Timestamp {
        self.made_at.plus_ms(UPLOAD_LIVES_MS)
    }
}

/// Begins an upload, or finds the one that this device began for the same bytes before.
pub fn begin_upload(connection: &Connection, upload: &Upload, now: Timestamp) -> Result<Upload> {
    connection.execute(
        "insert into upload (id, hash, length, device, made_at) values (?1, ?2, ?3, ?4, ?5)
         on conflict (device, hash) do nothing",
        params![
            upload.id,
            upload.hash.0,
            upload.length.cast_signed(),
            upload.device.0,
            now.0
        ],
    )?;
    let row = connection.query_row(
        "select id, length, made_at from upload where device = ?1 and hash = ?2",
        params![upload.device.0, upload.hash.0],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        },
    )?;
    Ok(Upload {
        id: row.0,
        length: row.1.cast_unsigned(),
        made_at: Timestamp(row.2),
        ..upload.clone()
    })
}

/// The upload of that name.
pub fn upload(connection: &Connection, id: &str) -> Result<Option<Upload>> {
    Ok(connection
        .query_row(
            "select hash, length, device, made_at from upload where id = ?1",
            [id],
            |row| {
                Ok(Upload {
                    id: id.into(),
                    hash: Hash(row.get(0)?),
                    length: row.get::<_, i64>(1)?.cast_unsigned(),
                    device: DeviceId(row.get::<_, Uuid>(2)?),
                    made_at: Timestamp(row.get(3)?),
                })
            },
        )
        .optional()?)
}

/// Every upload under way.
pub fn uploads(connection: &Connection) -> Result<Vec<Upload>> {
    let mut statement =
        connection.prepare_cached("select id, hash, length, device, made_at from upload")?;
    let rows = statement.query_map([], |row| {
        Ok(Upload {
            id: row.get(0)?,
            hash: Hash(row.get(1)?),
            length: row.get::<_, i64>(2)?.cast_unsigned(),
            device: DeviceId(row.get::<_, Uuid>(3)?),
            made_at: Timestamp(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends an upload, finished or given up; answers with the names of its pieces, which nothing refers to any more.
pub fn end_upload(connection: &Connection, id: &str) -> Result<Vec<String>> {
    let pieces = pieces(connection, id)?;
    connection.execute("delete from upload where id = ?1", [id])?;
    connection.execute("delete from upload_piece where upload = ?1", [id])?;
    Ok(pieces)
}

/// A piece of an upload that is durable.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where it begins.
    pub at: u64,
    /// How long it is.
    pub bytes: u64,
    /// Its name among the parts.
    pub object: String,
}

/// Writes these pieces down. False when the upload has ended, or when somebody else wrote a piece for this place before:
/// then nothing is written.
pub fn add_pieces(connection: &Connection, upload: &Upload, pieces: &[Piece]) -> Result<bool> {
    let under_way = connection
        .prepare_cached("select 1 from upload where id = ?1 for update")?
        .exists([&upload.id])?;
    let Some(first) = pieces.first().filter(|_| under_way) else {
        return Ok(under_way);
    };
    if arrived(connection, &upload.id)? != first.at {
        return Ok(false);
    }
    for piece in pieces {
        connection.execute(
            "insert into upload_piece (upload, at, bytes, object) values (?1, ?2, ?3, ?4)",
            params![
                upload.id,
                piece.at.cast_signed(),
                piece.bytes.cast_signed(),
                piece.object
            ],
        )?;
    }
    Ok(true)
}

/// How much of an upload has arrived.
pub fn arrived(connection: &Connection, id: &str) -> Result<u64> {
    let bytes: i64 = connection
        .prepare_cached(
            "select cast(coalesce(sum(bytes), 0) as bigint) from upload_piece where upload = ?1",
        )?
        .query_row([id], |row| row.get(0))?;
    Ok(bytes.cast_unsigned())
}

/// How much of an upload has arrived, and in how many pieces.
pub fn arrived_in_pieces(connection: &Connection, id: &str) -> Result<(u64, u32)> {
    Ok(connection
        .prepare_cached(
            "select cast(coalesce(sum(bytes), 0) as bigint), count(*) from upload_piece where upload = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Names of an upload's pieces, in their order.
pub fn pieces(connection: &Connection, id: &str) -> Result<Vec<String>> {
    let mut statement = connection
        .prepare_cached("select object from upload_piece where upload = ?1 order by at")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Names of the pieces of all uploads.
pub fn all_pieces(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached("select object from upload_piece")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many uploads a device has under way, and how long they will be together.
pub fn under_way(connection: &Connection, device: DeviceId) -> Result<(u32, u64)> {
    let (count, bytes) = connection.query_row(
        "select count(*), cast(coalesce(sum(length), 0) as bigint) from upload where device = ?1",
        [device.0],
        |row| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?)),
    )?;
    Ok((count, bytes.cast_unsigned()))
}

/// Bytes of the photos that records of this grid name.
pub fn of_grid(connection: &Connection, grid: &GridId) -> Result<u64> {
    let bytes: i64 = connection.query_row(
        "select cast(coalesce(sum(bytes), 0) as bigint) from photo where grid = ?1",
        [grid.to_string()],
        |row| row.get(0),
    )?;
    Ok(bytes.cast_unsigned())
}

/// Longer ones do not travel with their record.
const SMALL: usize = limits::UPLOAD_BLOB;

/// Small blobs of a device and day: thumbnails, short voice notes, small photos. A photo has one thumbnail; a phone that begins
/// on a new server brings those of many days.
pub const SMALL_PER_DAY: u32 = 4 * limits::PHOTOS_PER_DAY;
/// Bytes of a device and day, of every size. A month of photos that waited for a network is a quarter of it.
pub const BYTES_PER_DAY: u64 = 2 * 1024 * 1024 * 1024;

/// What a device brought, and began to bring.
#[derive(Clone, Copy, Debug)]
pub struct Brought {
    photos: u32,
    small: u32,
    bytes: u64,
}

impl Brought {
    /// More than a day's share.
    pub fn is_too_much(&self) -> bool {
        self.photos > limits::PHOTOS_PER_DAY
            || self.small > SMALL_PER_DAY
            || self.bytes > BYTES_PER_DAY
    }
}

/// What this device brought or began since `since`.
pub fn brought_since(
    connection: &Connection,
    device: DeviceId,
    since: Timestamp,
) -> Result<Brought> {
    let mut brought = Brought {
        photos: 0,
        small: 0,
        bytes: 0,
    };
    for one in [
        "select count(*), cast(coalesce(sum(case when length > ?3 then 1 else 0 end), 0) as bigint),
                cast(coalesce(sum(length), 0) as bigint)
         from upload where device = ?1 and made_at >= ?2",
        "select count(*), cast(coalesce(sum(case when bytes > ?3 then 1 else 0 end), 0) as bigint),
                cast(coalesce(sum(bytes), 0) as bigint)
         from blob where device = ?1 and received_at >= ?2",
    ] {
        let (all, photos, bytes) = connection
            .prepare_cached(one)?
            .query_row(params![device.0, since.0, SMALL], |row| {
                Ok((
                    row.get::<_, u32>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, u64>(2)?,
                ))
            })?;
        brought.photos += photos;
        brought.small += all - photos;
        brought.bytes += bytes;
    }
    Ok(brought)
}

/// Which of these small blobs are beyond what the device may bring since `since`. What is here already costs nothing.
pub fn beyond_the_day(
    connection: &Connection,
    device: DeviceId,
    since: Timestamp,
    hashes: impl IntoIterator<Item = Hash>,
) -> Result<HashSet<Hash>> {
    let brought = brought_since(connection, device, since)?;
    let mut room = match brought.bytes < BYTES_PER_DAY {
        true => SMALL_PER_DAY.saturating_sub(brought.small),
        false => 0,
    };
    let mut beyond = HashSet::new();
    for hash in hashes {
        if length(connection, &hash)?.is_some() {
            continue;
        }
        match room.checked_sub(1) {
            Some(rest) => room = rest,
            None => _ = beyond.insert(hash),
        }
    }
    Ok(beyond)
}

/// Ids of uploads that have expired.
pub fn stale_uploads(connection: &Connection, now: Timestamp) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached("select id from upload where made_at < ?1")?;
    let rows = statement.query_map([now.plus_ms(-UPLOAD_LIVES_MS).0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A shared line whose day has passed.
pub struct ExpiredLine(pub Hash);

/// Forgets the lines whose day has passed, except those that a younger patrol shares too, and the references to them.
pub fn expire_lines(connection: &Connection, now: Timestamp) -> Result<Vec<ExpiredLine>> {
    let mut statement = connection.prepare_cached(
        "select line from patrol where line is not null group by line having max(line_expires_at) <= ?1",
    )?;
    let names = statement
        .query_map([now.to_string()], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut expired = Vec::new();
    for name in names {
        let Ok(hash) = name.parse::<Hash>() else {
            continue;
        };
        connection.execute(
            "delete from photo where hash = ?1 and kind = 'line'",
            [&name],
        )?;
        // A line is JSON. Whoever calls a photo their line does not get it deleted.
        let gone = connection.execute(
            "delete from blob where hash = ?1 and media = 'application/json'",
            [hash.0],
        )?;
        if gone > 0 {
            expired.push(ExpiredLine(hash));
        }
    }
    Ok(expired)
}
