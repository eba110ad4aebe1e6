//! Scope that has ended. What somebody saved before their phone could know of it is taken as if nothing had happened;
//! what comes later waits for a person.

use crate::{
    auth::{device::Phone, scope},
    error::Result,
    store::{
        Connection, OptionalExtension,
        feed::{self, Reading},
        params,
    },
};
use chrono::{Days, NaiveDate};
use gridwalk_core::{
    ids::{DeviceId, GridId, PersonId},
    sync::{
        answer::Feed,
        message::{AccessClass, Cursor, Digest, Partition},
    },
    time::Timestamp,
};

/// A phone works without network for so long; nobody hears of a move later than that.
const OFFLINE_MS: i64 = 90 * 24 * 3_600_000;

/// Writes down where the feeds of a grid stood when somebody lost it.
pub fn ends(connection: &Connection, person: PersonId, grid: GridId, now: Timestamp) -> Result<()> {
    let tip = |class| feed::tip(connection, &Partition { grid, class });
    connection
        .prepare_cached(
            "insert into past_grid (person, grid, ended_at, general, care) values (?1, ?2, ?3, ?4, ?5)
             on conflict (person, grid) do update set ended_at = excluded.ended_at, general = excluded.general,
               care = excluded.care",
        )?
        .execute(params![
            person.to_string(),
            grid.to_string(),
            now.0,
            tip(AccessClass::GENERAL)?,
            tip(AccessClass::CARE)?
        ])?;
    Ok(())
}

/// Somebody has a grid (again): there is nothing past about it.
pub fn begins(connection: &Connection, person: PersonId, grid: GridId) -> Result<()> {
    connection
        .prepare_cached("delete from past_grid where person = ?1 and grid = ?2")?
        .execute([person.to_string(), grid.to_string()])?;
    connection
        .prepare_cached(
            "delete from told where grid = ?2 and device in (select id from device where worker = ?1)",
        )?
        .execute(params![person.0, grid.0])?;
    Ok(())
}

/// A phone hears that it lost these, and has nothing more to send: whatever it saves there from now on, it knew.
pub fn tell(
    connection: &Connection,
    device: DeviceId,
    gone: &[Partition],
    now: Timestamp,
) -> Result<()> {
    for partition in gone {
        connection
            .prepare_cached(
                "insert into told (device, grid, class, told_at) values (?1, ?2, ?3, ?4) on conflict do nothing",
            )?
            .execute(params![
                device.0,
                partition.grid.0,
                partition.class.0,
                now.0
            ])?;
    }
    Ok(())
}

/// The partitions that this phone has lost and cannot know of yet: its cursor is one of before, and nobody told it.
pub fn unaware(
    connection: &Connection,
    phone: &Phone,
    cursors: &[Cursor],
    now: Timestamp,
) -> Result<Vec<Partition>> {
    let mut unaware = Vec::new();
    for cursor in cursors {
        let partition = cursor.partition;
        if phone.reads(&partition) || !scope::reads(phone.role, partition.class) {
            continue;
        }
        let Some((ended, tip)) = ended(connection, phone.worker, &partition, now)? else {
            continue;
        };
        let read = match cursor.position {
            0 => Some(Digest::EMPTY),
            position => Reading(connection).digest_at(&partition, position)?,
        };
        let told = connection
            .prepare_cached("select 1 from told where device = ?1 and grid = ?2 and class = ?3")?
            .exists(params![phone.device.0, partition.grid.0, partition.class.0])?;
        let before = tip.is_none_or(|tip| cursor.position <= tip) && read == Some(cursor.digest);
        if before && !told && now.since(ended) <= OFFLINE_MS {
            unaware.push(partition);
        }
    }
    Ok(unaware)
}

/// When this person lost a partition, and where its feed stood if anybody looked; none when they never had it.
fn ended(
    connection: &Connection,
    person: PersonId,
    partition: &Partition,
    now: Timestamp,
) -> Result<Option<(Timestamp, Option<u64>)>> {
    let key = [person.to_string(), partition.grid.to_string()];
    let past = connection
        .prepare_cached(
            "select ended_at, general, care from past_grid where person = ?1 and grid = ?2",
        )?
        .query_row([&key[0], &key[1]], |row| {
            let tip = match partition.class {
                AccessClass::CARE => row.get(2)?,
                _ => row.get(1)?,
            };
            Ok((Timestamp(row.get(0)?), Some(tip)))
        })
        .optional()?;
    if past.is_some() {
        return Ok(past);
    }
    // the days of a substitute end by themselves
    let last = connection
        .prepare_cached(
            "select to_day from person_grid where person = ?1 and grid = ?2 and to_day < ?3",
        )?
        .query_row(
            params![key[0], key[1], now.local_date().to_string()],
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    let after = last
        .and_then(|day| day.parse::<NaiveDate>().ok())
        .and_then(|day| day.checked_add_days(Days::new(1)))
        .and_then(|day| Timestamp::from_shanghai(day, 0, 0));
    Ok(after.map(|ended| (ended, None)))
}
