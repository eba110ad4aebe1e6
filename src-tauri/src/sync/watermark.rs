//! What a verified backup of the centre has, and what this phone therefore need not keep any longer: the values of
//! acknowledged acts, from which they could be applied again, and the bytes of photos. Changes stay; they are the documents.

use crate::{database::Database, database::fact, error::Answer, photo::voice};
use gridwalk_core::{photo::DAYS_ON_PHONE, sync::message::Watermark, time::Timestamp};
use rusqlite::Connection;

/// Nothing goes by itself before it has been here for so long after it arrived; a person may clear before.
const UNASKED_MS: i64 = 30 * DAY_MS;
/// Clocks are not compared more finely than this.
const MARGIN_MS: i64 = DAY_MS;
const DAY_MS: i64 = 24 * 3_600_000;

/// Takes down the watermarks of an answer; they belong to its epoch, which is the one stored.
pub(super) fn store(db: &Connection, watermarks: &[Watermark]) -> Answer<()> {
    for mark in watermarks {
        db.prepare_cached(
            "insert into watermark (grid, class, position, began_at) values (?1, ?2, ?3, ?4)
             on conflict (grid, class) do update set position = excluded.position, began_at = excluded.began_at
             where excluded.position >= watermark.position",
        )?
        .execute((
            mark.partition.grid.0,
            mark.partition.class.0,
            mark.position,
            mark.began_at.0,
        ))?;
    }
    if watermarks.is_empty() {
        return Ok(());
    }
    db.execute(
        "update edit set value = null where standing = 'stored' and value is not null and change in
           (select placed.hash from placed join watermark
              on watermark.grid = placed.grid and watermark.class = placed.class
             where placed.position <= watermark.position)",
        [],
    )?;
    Ok(())
}

/// A photo that a verified backup of the centre has.
pub(crate) struct Safe {
    hash: [u8; 32],
    file: String,
    /// Of the picture, before sealing.
    pub bytes: f64,
    /// A voice note, which lies among the photos.
    pub is_voice: bool,
    arrived_at: Timestamp,
    /// Until then it stays all the same: the retention 留存 that its task states.
    pub stays_until: Timestamp,
}

/// Photos that arrived at the centre well before the backup that its watermark tells of.
pub(crate) fn safe_photos(db: &Connection) -> Answer<Vec<Safe>> {
    let ahead: i64 = fact(db, "clock_ahead_ms")?.unwrap_or(0);
    let mut select = db.prepare_cached(
        "select photo.hash, photo.file, photo.bytes, photo.stage = ?3, photo.arrived_at,
           json_extract(category.json, '$.photo_days')
         from photo join document on document.id = photo.document
           join watermark on watermark.grid = document.grid and watermark.class = document.class
           left join incident on incident.id = photo.document
           left join reference as category on category.kind = 'category' and category.id = incident.category
         where photo.standing = 'stored' and photo.file is not null and photo.arrived_at is not null
           and photo.arrived_at - ?1 + ?2 < watermark.began_at",
    )?;
    let rows = select.query_map((ahead, MARGIN_MS, voice::STAGE), |row| {
        let arrived_at = Timestamp(row.get(4)?);
        let days: Option<u16> = row.get(5)?;
        Ok(Safe {
            hash: row.get(0)?,
            file: row.get(1)?,
            bytes: row.get(2)?,
            is_voice: row.get(3)?,
            arrived_at,
            stays_until: arrived_at.plus_ms(i64::from(days.unwrap_or(DAYS_ON_PHONE)) * DAY_MS),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lets go of the files of those that have stayed as long as their task states and that `may` go, and says which. They become
/// litter, and the next sweep removes them: the row is told first, because a row without its file would be a broken promise.
pub(crate) fn let_go(
    database: &Database,
    now: Timestamp,
    may: impl Fn(&Safe) -> bool,
) -> Answer<Vec<Safe>> {
    database.write(|db| {
        let mut safe = safe_photos(db)?;
        safe.retain(|photo| photo.stays_until <= now && may(photo));
        for photo in &safe {
            db.prepare_cached("insert into litter (file) values (?1) on conflict do nothing")?
                .execute([&photo.file])?;
            db.prepare_cached("update photo set file = null where hash = ?1")?
                .execute([photo.hash])?;
        }
        Ok(safe)
    })
}

/// The same by itself, for photos that have been here long enough.
pub(super) fn clear_photos(database: &Database, now: Timestamp) -> Answer<()> {
    let long_ago = now.plus_ms(-UNASKED_MS);
    let_go(database, now, |photo| photo.arrived_at < long_ago).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridwalk_core::{
        ids::GridId,
        sync::message::{AccessClass, Partition},
    };
    use uuid::Uuid;

    const GRID: GridId = GridId(Uuid::from_u128(1));

    fn mark(position: u64) -> Watermark {
        Watermark {
            partition: Partition {
                grid: GRID,
                class: AccessClass::GENERAL,
            },
            position,
            began_at: Timestamp(0),
        }
    }

    /// Three acknowledged acts at positions 1 to 3, and one that waits.
    fn phone() -> Connection {
        let db = Connection::open_in_memory().expect("a database");
        for migration in [
            include_str!("../../migrations/V1__first.sql"),
            include_str!("../../migrations/V3__restore.sql"),
        ] {
            db.execute_batch(migration).expect("migrated");
        }
        for n in 1..=4u8 {
            let standing = if n == 4 { "waiting" } else { "stored" };
            db.execute(
                "insert into edit (change, document, noun, item, record, title, act, value, at, bytes, standing)
                 values (?1, ?2, 'visit', 'v', 'r', 't', '{}', '{}', 0, 1, ?3)",
                ([n; 32], [1u8; 16], standing),
            )
            .expect("an edit");
            if n < 4 {
                db.execute(
                    "insert into placed (grid, class, position, hash) values (?1, 0, ?2, ?3)",
                    (GRID.0, n, [n; 32]),
                )
                .expect("placed");
            }
        }
        db
    }

    fn kept(db: &Connection) -> Vec<u8> {
        let mut select = db
            .prepare("select change from edit where value is not null order by number")
            .expect("a query");
        let rows = select
            .query_map([], |row| row.get::<_, [u8; 32]>(0))
            .expect("rows");
        rows.map(|row| row.expect("a row")[0]).collect()
    }

    #[test]
    fn values_are_kept_above_the_watermark_and_let_go_below_it() {
        let db = phone();
        store(&db, &[]).expect("nothing said");
        assert_eq!(kept(&db), [1, 2, 3, 4]);
        store(&db, &[mark(2)]).expect("a watermark");
        assert_eq!(kept(&db), [3, 4]);
        store(&db, &[mark(1)]).expect("an older one");
        assert_eq!(kept(&db), [3, 4]);
        store(&db, &[mark(9)]).expect("a newer one");
        assert_eq!(kept(&db), [4], "what waits is kept whatever a backup has");
    }
}
