//! What is still on a phone after a cut: opened by the phone's own code, asked through its own verbs, and once more by SQLite.

use super::{
    promised,
    script::{Promise, Worked, recorded},
    stage::{self, NoLine, Stage},
};
use crate::{holdings::Holdings, process::Outcome, watch::Watch};
use gridwalk::{Phone, ports::DatabaseKey};
use gridwalk_core::ids::{CarePlanId, HouseholdId, IncidentId, PatrolId};
use gridwalk_crashvfs::{Image, Level, Point, mount};
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

/// The name of the phone's file.
const FILE: &str = "gridwalk.db";

/// One session's phones, looked at one after the other.
pub struct Looking<'a> {
    stage: &'a Stage,
    worked: &'a Worked,
}

impl<'a> Looking<'a> {
    /// At that session.
    pub fn new(stage: &'a Stage, worked: &'a Worked) -> Self {
        Self { stage, worked }
    }

    /// An error says what is missing or broken.
    pub fn look(&self, point: &Point, image: Image) -> Outcome<()> {
        let folder = self.stage.phone_folder()?;
        sound(folder.path(), image.clone())?;
        // Photo files are not SQLite's: all that were written are there, and the phone sweeps those without a row.
        let photos = self.worked.folder.path().join("photos");
        if photos.exists() {
            link(&photos, &folder.path().join("photos"))?;
        }
        let _disk = mount(folder.path(), image, Level::AsAsked);
        let watch = Arc::new(Watch::at(stage::morning()?));
        let phone = stage::open(folder.path(), watch, u64::MAX, NoLine)?;
        self.kept(&phone, promised(&self.worked.saved, point))
    }

    fn kept(&self, phone: &Phone, promises: &[Promise]) -> Outcome<()> {
        let (held, delivered) = recorded(phone)?;
        let mut owed = Holdings::default();
        let mut doors: BTreeMap<HouseholdId, BTreeSet<String>> = BTreeMap::new();
        let mut plans: BTreeMap<CarePlanId, BTreeSet<String>> = BTreeMap::new();
        let mut incidents: BTreeMap<IncidentId, &[String]> = BTreeMap::new();
        let mut patrols: BTreeMap<PatrolId, &[String]> = BTreeMap::new();
        for promise in promises {
            match promise {
                Promise::Visit(door, id) => {
                    owed.visits.insert(id.clone());
                    doors.entry(*door).or_default().insert(id.clone());
                }
                Promise::Member(door, id) => {
                    doors.entry(*door).or_default().insert(id.to_string());
                }
                Promise::Support(id, done) => {
                    plans.entry(*id).or_default().insert(done.clone());
                }
                Promise::Events(id, events) => {
                    owed.incident_events.extend(events.iter().cloned());
                    incidents.insert(*id, events);
                }
                Promise::Patrol(id, hits) => {
                    owed.patrols.insert(id.to_string());
                    owed.checkpoint_hits.extend(hits.iter().cloned());
                    patrols.insert(*id, hits);
                }
                Promise::Draft(key, json) => {
                    let kept = phone.draft_get(key.clone())?;
                    missing("draft", kept.as_ref() != Some(json), key)?;
                }
                Promise::Photo(hash) => {
                    let bytes = self.stage.runtime.block_on(phone.photo_bytes(*hash))?;
                    missing("photo", gridwalk_core::ids::Hash::of(&bytes) != *hash, hash)?;
                }
                Promise::Delivered(then) => {
                    let gone = then.without(&delivered);
                    missing("receipts", gone != Holdings::default(), format!("{gone:?}"))?;
                }
            }
        }
        let gone = owed.without(&held);
        missing("records", gone != Holdings::default(), format!("{gone:?}"))?;
        // and the documents behind the rows can be read
        for (door, ids) in doors {
            let view = phone.household(door)?.view;
            let visits = view.visits.iter().map(|visit| visit.visit.id.to_string());
            let members = view
                .members
                .iter()
                .map(|member| member.member.id.to_string());
            let there: BTreeSet<String> = visits.chain(members).collect();
            missing("of a household", !ids.is_subset(&there), door)?;
        }
        for (id, done) in plans {
            let view = phone.care_plan(id)?.view;
            let support = view.support.iter();
            let there: BTreeSet<String> = support.map(|done| done.support.id.to_string()).collect();
            missing("of a care plan", !done.is_subset(&there), id)?;
        }
        for (id, events) in incidents {
            let view = phone.incident(id)?.view;
            let there: BTreeSet<String> = view
                .events
                .iter()
                .map(|event| event.event.id.to_string())
                .collect();
            missing(
                "events",
                events.iter().any(|event| !there.contains(event)),
                id,
            )?;
        }
        for (id, hits) in patrols {
            let view = phone.patrol(id)?.view;
            let there: BTreeSet<String> =
                view.hits.iter().map(|hit| hit.hit.id.to_string()).collect();
            missing("hits", hits.iter().any(|hit| !there.contains(hit)), id)?;
        }
        Ok(())
    }
}

/// Before the phone's code repairs anything: the database is sound, and every change that waits is in the outbox.
fn sound(folder: &Path, image: Image) -> Outcome<()> {
    let _disk = mount(folder, image, Level::AsAsked);
    let key = std::fs::read(folder.join("keys/database.key"))?;
    let key = DatabaseKey(key.try_into().map_err(|_| "the key has another length")?);
    let db = open(&folder.join(FILE), &key)?;
    let sound: String = db.query_row("pragma integrity_check", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(format!("integrity: {sound}").into());
    }
    let astray: i64 = db.query_row(
        "select count(*) from change
         where own and standing = 'waiting' and hash not in (select hash from outbox)",
        [],
        |row| row.get(0),
    )?;
    if astray > 0 {
        return Err(format!("{astray} changes wait outside the outbox").into());
    }
    Ok(())
}

fn missing(what: &str, gone: bool, of: impl std::fmt::Display) -> Outcome<()> {
    if gone {
        return Err(format!("missing: {what} {of}").into());
    }
    Ok(())
}

fn open(file: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    let db = Connection::open(file)?;
    db.pragma_update(None, "cipher_log_level", "NONE")?;
    db.pragma_update(None, "key", key.salted())?;
    db.query_row("select count(*) from sqlite_master", [], |_| Ok(()))?;
    Ok(db)
}

/// The same files under another folder.
fn link(from: &Path, to: &Path) -> Outcome<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        let there = to.join(file.file_name());
        if !there.exists() {
            std::fs::hard_link(file.path(), there)?;
        }
    }
    Ok(())
}
