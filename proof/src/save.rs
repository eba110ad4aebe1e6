//! What a save costs beside the least that still keeps what it acknowledged.

use crate::{corner, measure::Times, process::Outcome, watch::Watch};
use gridwalk::{Phone, ports::Ports};
use gridwalk_core::{ids::HouseholdId, time::Timestamp};
use gridwalk_fixtures::demo_day;
use rusqlite::Connection;
use std::{path::Path, sync::Arc};

/// Saves before the first that counts: a fresh file and empty caches are no usual day.
pub const WARM_UP: usize = 20;

/// The phone at nine in the morning of the demo day, whatever the hour: nobody knocks at night.
pub fn in_the_morning(phone: &Path) -> Outcome<(Phone, Arc<Watch>)> {
    let nine = Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?;
    let watch = Arc::new(Watch::at(nine));
    let ports = Ports {
        clock: watch.clone(),
        ..Ports::of_this_machine(phone)
    };
    Ok((Phone::open(phone, ports)?, watch))
}

/// 没变化 at this door; how long the save took.
pub fn visit(phone: &Phone, watch: &Watch, door: HouseholdId) -> Outcome<f64> {
    let mut visit = phone.begin_visit(door, None)?;
    watch.minutes_pass(1);
    visit.ended_at = visit.started_at.plus_ms(60_000);
    let (ms, saved) = Times::of(|| phone.save_visit(door, visit));
    saved?;
    Ok(ms)
}

/// Both, as they were measured.
pub struct Saves {
    /// Of a visit on the phone.
    pub phone: Times,
    /// Of one raw transaction of as many bytes.
    pub raw: Times,
    /// Of a visit's change, as it travels.
    pub bytes: usize,
}

/// The phone's save and the raw transaction in turns, so that both meet the same moods of the disk; so many that count, each
/// at another door.
pub fn saves(phone: &Path, raw: &Path, count: usize) -> Outcome<Saves> {
    let (phone, watch) = in_the_morning(phone)?;
    let doors = corner::doors(&phone)?;
    if doors.len() < WARM_UP + count {
        return Err("not enough doors".into());
    }
    let raw = raw_database(raw)?;
    let (mut of_phone, mut of_raw, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for (n, door) in doors.into_iter().take(WARM_UP + count).enumerate() {
        let bytes = of_last_save(&phone)?;
        let (first, second) = if n % 2 == 0 {
            let saved = visit(&phone, &watch, door)?;
            (saved, raw_save(&raw, bytes)?)
        } else {
            let written = raw_save(&raw, bytes)?;
            (visit(&phone, &watch, door)?, written)
        };
        if n >= WARM_UP {
            of_phone.push(first);
            of_raw.push(second);
            sizes.push(bytes);
        }
    }
    sizes.sort_unstable();
    Ok(Saves {
        phone: Times::new(of_phone),
        raw: Times::new(of_raw),
        bytes: sizes[sizes.len() / 2],
    })
}

/// Bytes of the change of the visit that was saved last; of nothing at first.
fn of_last_save(phone: &Phone) -> Outcome<usize> {
    let items = phone.sync_page()?.items;
    let last = items.iter().max_by_key(|item| item.at.0);
    Ok(last.map_or(0, |item| item.bytes_total as usize))
}

/// A plain file with the least that still keeps what it acknowledged.
fn raw_database(path: &Path) -> Outcome<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("create table visit (id integer primary key, bytes blob not null) strict")?;
    Ok(db)
}

fn raw_save(db: &Connection, bytes: usize) -> Outcome<f64> {
    let bytes = vec![0xA5_u8; bytes];
    let (ms, saved) = Times::of(|| -> rusqlite::Result<usize> {
        // a single statement is a transaction of its own
        db.prepare_cached("insert into visit (bytes) values (?1)")?
            .execute([&bytes])
    });
    saved?;
    Ok(ms)
}
