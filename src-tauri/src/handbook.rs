//! 手册, and 通知公告 with one receipt. The texts are the centre's reference rows: they lie on the phone and need no network.

use crate::{
    Phone,
    delivery::receipt,
    documents::{self, Edit, Target},
    error::{Answer, Failure},
    reference, today,
    view::{AnnouncementRow, Receipt},
};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    ids::{AnnouncementId, WorkerDayId},
    reference::Page,
    worker_day::WorkerDayEdit,
};
use rusqlite::{Connection, OptionalExtension};

impl Phone {
    /// Everything that a worker looks up.
    pub fn pages(&self) -> Answer<Vec<Page>> {
        self.database().read(reference::pages)
    }

    /// What was announced and still matters: unread first, then the newest.
    pub fn announcements(&self) -> Answer<Vec<AnnouncementRow>> {
        let today = self.now().local_date();
        self.database().read(|db| announcements(db, today))
    }

    /// The one receipt. Giving it again changes nothing.
    pub fn read_announcement(&self, id: AnnouncementId) -> Answer<Vec<AnnouncementRow>> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let fresh = WorkerDayId(self.new_id()?);
        self.database().write(|db| {
            let said = reference::announcements(db)?;
            let said = said
                .into_iter()
                .find(|said| said.id == id)
                .ok_or_else(|| Failure::new(Code::NotFound, "no such announcement"))?;
            if receipt_for(db, id)?.is_some_and(|receipt| !receipt.needs_a_person()) {
                return Ok(());
            }
            let (day, mut edits) = today::own_day(db, &who.identity, now.local_date(), fresh)?;
            let read = WorkerDayEdit::ReadAnnouncement {
                announcement: id,
                at: now,
            };
            edits.push(Edit::WorkerDay(read));
            let target = Target {
                document: day.into(),
                grid: who.identity.home(now),
                title: said.title,
                record: id.to_string(),
                severity: None,
            };
            documents::record(db, &who.identity, &target, &edits, &act)
        })?;
        self.wake(false);
        self.announcements()
    }
}

fn announcements(db: &Connection, today: NaiveDate) -> Answer<Vec<AnnouncementRow>> {
    let said = reference::announcements(db)?.into_iter();
    let mut rows: Vec<AnnouncementRow> = said
        .filter(|said| said.expires.is_none_or(|last| last >= today))
        .map(|said| {
            let read = receipt_for(db, said.id)?;
            Ok(AnnouncementRow { said, read })
        })
        .collect::<Answer<_>>()?;
    rows.sort_by_key(|row| row.read.is_some()); // stable: the newest stay first
    Ok(rows)
}

/// What this phone wrote about it, on whatever day that was.
fn receipt_for(db: &Connection, id: AnnouncementId) -> Answer<Option<Receipt>> {
    let found = db
        .prepare_cached(
            "select standing, code from edit where item = ?1 and noun = 'announcement'
             order by number desc limit 1",
        )?
        .query_row([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(standing, code): (String, Option<String>)| receipt(&standing, code)))
}
