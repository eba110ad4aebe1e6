//! The phone itself: who it is, how it looks, and what is half written.

use crate::{
    Phone,
    database::{fact, set_fact},
    error::{Answer, Failure},
    reference,
    view::{PhoneStatus, Settings},
};
use gridwalk_core::{error::Code, reference::Category};
use rusqlite::{Connection, OptionalExtension};

/// The sizes that the screens were drawn for.
const TEXT_SCALES: [f64; 4] = [1.0, 1.15, 1.3, 1.5];
/// A form is text; whoever stores more than this has lost its way.
const LONGEST_DRAFT: usize = 256 * 1024;

impl Phone {
    /// Who this phone is and how it stands.
    pub fn status(&self) -> Answer<PhoneStatus> {
        let enrolment = self.enrolment();
        let now = self.now();
        let sync = self.sync_state()?;
        self.database().read(|db| {
            let worker = enrolment.as_ref().map(|who| who.identity.worker.clone());
            let mut grids = reference::grids(db)?;
            if let Some(worker) = &worker {
                let theirs = worker.grids_on(now.local_date());
                grids.retain(|grid| theirs.contains(&grid.id));
            }
            Ok(PhoneStatus {
                enrolled: enrolment.is_some(),
                worker,
                grids,
                server: enrolment.as_ref().map(|who| who.server.clone()),
                now,
                today: now.local_date(),
                sync,
            })
        })
    }

    /// How this phone likes to look.
    pub fn settings(&self) -> Answer<Settings> {
        self.database()
            .read(|db| Ok(fact(db, "settings")?.unwrap_or_default()))
    }

    /// Changes that.
    pub fn save_settings(&self, settings: Settings) -> Answer<Settings> {
        if !TEXT_SCALES.contains(&settings.text_scale) {
            return Err(Failure::new(
                Code::ValueOutOfRange,
                format!("text scale {}", settings.text_scale),
            ));
        }
        self.database()
            .write(|db| set_fact(db, "settings", &settings))?;
        self.dress_lock(&settings)?;
        self.wake(false);
        self.wake_photos();
        Ok(settings)
    }

    /// Keeps what is half written, before the camera opens or the app goes away.
    pub fn draft_put(&self, key: String, json: String) -> Answer<()> {
        if key.len() > 200 || json.len() > LONGEST_DRAFT {
            return Err(Failure::new(Code::TextTooLong, "the draft is too long"));
        }
        let now = self.now();
        self.database().write(|db| {
            db.prepare_cached("insert or replace into draft (key, json, at) values (?1, ?2, ?3)")?
                .execute((&key, &json, now.0))?;
            Ok(())
        })
    }

    /// What was half written under this key.
    pub fn draft_get(&self, key: String) -> Answer<Option<String>> {
        self.database().read(|db| {
            Ok(db
                .prepare_cached("select json from draft where key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?)
        })
    }

    /// Throws it away.
    pub fn draft_drop(&self, key: String) -> Answer<()> {
        self.database().write(|db| {
            db.prepare_cached("delete from draft where key = ?1")?
                .execute([key])?;
            Ok(())
        })
    }

    /// The category tree.
    pub fn categories(&self) -> Answer<Vec<Category>> {
        self.database().read(reference::categories)
    }
}

/// A saved record takes its draft with it: every draft whose key ends in one of these ids.
pub(crate) fn drop_drafts(db: &Connection, ids: &[String]) -> Answer<()> {
    for id in ids {
        db.prepare_cached("delete from draft where key like '%' || ?1")?
            .execute([id])?;
    }
    Ok(())
}
