//! 稍后: something of 今日 waits for another day. Kept on this phone alone (`core`'s `snooze` says what may wait, and how
//! long).

use crate::{
    Phone, care,
    error::{Answer, Failure},
    households::days_between,
    reference, reminders, rounds,
    view::{Later, SnoozeInput, SnoozeSubject, Today},
};
use chrono::{Days, NaiveDate};
use gridwalk_core::{
    error::Code,
    reference::{Person, Task},
    snooze::{Due, SnoozeReason},
    time::Timestamp,
};
use rusqlite::Connection;
use uuid::Uuid;

impl Phone {
    /// It leaves the list until that day.
    pub fn snooze(&self, input: SnoozeInput) -> Answer<Today> {
        let who = self.who()?;
        let now = self.now();
        let today = now.local_date();
        let words = input.words.map(|words| words.trim().to_owned());
        let words = words.filter(|words| !words.is_empty());
        self.database().write(|db| {
            let (due, day) = found(db, input.subject, now, Some(&who.identity.worker))?;
            let subject = input.subject.id();
            let before = later(db, subject, day, due, today)?;
            if before.until.is_some() {
                return Err(Failure::new(Code::AlreadySo, "it waits already"));
            }
            due.may_wait(input.days, before.times, input.reason, words.as_deref())?;
            let until = today
                .checked_add_days(Days::new(input.days.into()))
                .ok_or_else(|| Failure::internal("the calendar ends"))?;
            db.prepare_cached(
                "insert into snooze (subject, due, at, until, reason, words) values (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                subject,
                day.to_string(),
                now.0,
                until.to_string(),
                serde_json::to_string(&input.reason)?,
                words,
            ))?;
            Ok(())
        })?;
        self.today()
    }

    /// It stands in the list again, as if it had not been put off that last time.
    pub fn end_snooze(&self, subject: SnoozeSubject) -> Answer<Today> {
        let now = self.now();
        let today = now.local_date();
        let who = self.enrolment();
        self.database().write(|db| {
            let (_, day) = found(
                db,
                subject,
                now,
                who.as_ref().map(|who| &who.identity.worker),
            )?;
            db.prepare_cached(
                "delete from snooze where subject = ?1 and due = ?2 and until > ?3
                   and at = (select max(at) from snooze where subject = ?1 and due = ?2)",
            )?
            .execute((subject.id(), day.to_string(), today.to_string()))?;
            Ok(())
        })?;
        self.today()
    }
}

/// What is due there, and since which day.
fn found(
    db: &Connection,
    subject: SnoozeSubject,
    now: Timestamp,
    worker: Option<&Person>,
) -> Answer<(Due, NaiveDate)> {
    let today = now.local_date();
    let missing = || Failure::new(Code::NotFound, "nothing of 今日");
    match subject {
        SnoozeSubject::Task { id } => {
            let tasks = reference::tasks(db)?;
            let reminders = match worker {
                Some(worker) => reminders::due(db, worker, today, &[])?,
                None => Vec::new(),
            };
            let mut tasks = tasks.into_iter().chain(reminders);
            let task = tasks.find(|task| task.id == id).ok_or_else(missing)?;
            Ok((of_task(&task), task.due))
        }
        SnoozeSubject::Care { id } => care::due_of(db, id, today)?.ok_or_else(missing),
        SnoozeSubject::Patrol { id } => rounds::due_of(db, id, now)?.ok_or_else(missing),
    }
}

/// A task as what is due.
pub(crate) fn of_task(task: &Task) -> Due {
    Due::Task {
        kind: task.kind,
        of_incident: task.incident.is_some(),
    }
}

/// How it stands with something that was due on that day.
pub(crate) fn later(
    db: &Connection,
    subject: Uuid,
    day: NaiveDate,
    due: Due,
    today: NaiveDate,
) -> Answer<Later> {
    let mut select = db.prepare_cached(
        "select until, reason, words from snooze where subject = ?1 and due = ?2 order by at",
    )?;
    let mut rows = select.query((subject, day.to_string()))?;
    let mut later = Later::default();
    while let Some(row) = rows.next()? {
        let until: String = row.get(0)?;
        let reason: String = row.get(1)?;
        let until: NaiveDate = until.parse().map_err(Failure::internal)?;
        later.times += 1;
        // a phone with a newer app knows more reasons; the item waits all the same
        later.reason = serde_json::from_str(&reason).unwrap_or(Some(SnoozeReason::Other));
        later.words = row.get(2)?;
        later.until = (days_between(today, until) > 0).then_some(until);
    }
    later.refused = due.refused(later.times);
    later.days = match later.refused {
        None => due.longest().unwrap_or_default(),
        Some(_) => 0,
    };
    Ok(later)
}
