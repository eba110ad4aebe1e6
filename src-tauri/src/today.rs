//! 今日: what the centre assigned, minus what is done, in the order in which it is walked.

use crate::{
    Phone, asked, brief, care,
    database::{fact, set_fact},
    documents::{self, Edit, Identity, Target},
    error::{Answer, Failure},
    forms,
    households::{self, Lookups, days_between},
    patrols, places, reference, reminders, rounds, snooze,
    view::{GroupHint, News, TaskGroup, TaskRow, Today},
};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    ids::{HouseholdId, TaskId, WorkerDayId},
    reference::{Person, Task, TaskKind},
    time::Timestamp,
    worker_day::{NewWorkerDay, WorkerDayEdit},
};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Today's worker day of this phone.
#[derive(Serialize, Deserialize)]
struct OwnDay {
    date: NaiveDate,
    id: WorkerDayId,
}

impl Phone {
    /// 今日.
    pub fn today(&self) -> Answer<Today> {
        let now = self.now();
        let worker = self.enrolment().map(|who| who.identity.worker.clone());
        self.database().read(|db| {
            let grids = worker.as_ref().map(|w| w.grids_on(now.local_date()));
            let grids = grids.unwrap_or_default();
            let names: Vec<String> = reference::grids(db)?
                .into_iter()
                .filter(|grid| grids.contains(&grid.id))
                .map(|grid| grid.name)
                .collect();
            let list = rows(db, now, worker.as_ref())?;
            let waits = |row: &TaskRow| row.later.until.is_some();
            let open = || list.iter().filter(|(row, _)| !row.done && !waits(row));
            let date = now.local_date();
            let lookups = Lookups::read(db, date)?;
            let (care_later, care): (Vec<_>, Vec<_>) = care::due(db, &lookups, date)?
                .into_iter()
                .partition(|row| row.later.until.is_some());
            Ok(Today {
                care,
                care_later,
                places: places::due(db, date)?,
                forms: forms::due(db, date)?,
                date,
                grid_name: names.join("、"),
                overdue: count(open().filter(|(row, _)| row.overdue_days > 0)),
                due_today: count(open().filter(|(row, _)| row.task.due == date)),
                returned: count(open().filter(|(row, _)| row.task.kind == TaskKind::Returned)),
                plans: rounds::plans(db, worker.as_ref(), now)?,
                found: brief::found(db, worker.as_ref(), now)?,
                running_patrol: patrols::running(db)?,
                groups: groups(list),
            })
        })
    }

    /// After news of the centre: which tasks this phone had not heard of before.
    pub(crate) fn hear(&self) -> Answer<()> {
        let (Some(who), now) = (self.enrolment(), self.now()) else {
            return Ok(());
        };
        self.database()
            .write(|db| asked::hear(db, &mine(db, now, Some(&who.identity.worker))?, now))
    }

    /// A task is done that no visit or result settles by itself.
    pub fn complete_task(&self, task: TaskId, note: Option<String>) -> Answer<Today> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let fresh = WorkerDayId(self.new_id()?);
        self.database().write(|db| {
            let row = reference::tasks(db)?
                .into_iter()
                .find(|row| row.id == task)
                .ok_or_else(|| Failure::new(Code::NotFound, "no such task on this phone"))?;
            let (day, mut edits) = own_day(db, &who.identity, now.local_date(), fresh)?;
            edits.push(Edit::WorkerDay(WorkerDayEdit::CompleteTask {
                task,
                at: now,
                note,
            }));
            let target = Target {
                document: day.into(),
                grid: row.grid,
                title: row.text,
                record: task.to_string(),
                severity: None,
            };
            documents::record(db, &who.identity, &target, &edits, &act)
        })?;
        self.wake(false);
        self.today()
    }
}

/// The document of this phone's own day, begun under `fresh` when nothing was written in it yet.
pub(crate) fn own_day(
    db: &Connection,
    who: &Identity,
    date: NaiveDate,
    fresh: WorkerDayId,
) -> Answer<(WorkerDayId, Vec<Edit>)> {
    if let Some(day) = known_day(db, date)? {
        return Ok((day, Vec::new()));
    }
    set_fact(db, "own_day", &OwnDay { date, id: fresh })?;
    let new = NewWorkerDay {
        id: fresh,
        worker: who.worker.id,
        date,
    };
    Ok((fresh, vec![Edit::CreateWorkerDay(new)]))
}

/// The document of that day, if this phone wrote in it.
pub(crate) fn known_day(db: &Connection, date: NaiveDate) -> Answer<Option<WorkerDayId>> {
    let known: Option<OwnDay> = fact(db, "own_day")?;
    Ok(known.filter(|day| day.date == date).map(|day| day.id))
}

fn count<T>(rows: impl Iterator<Item = T>) -> u32 {
    u32::try_from(rows.count()).unwrap_or(u32::MAX)
}

/// Every task of this worker, whenever it is due: those that the centre assigned, and those that a case asks for.
fn mine(db: &Connection, now: Timestamp, worker: Option<&Person>) -> Answer<Vec<Task>> {
    let mut tasks = reference::tasks(db)?;
    if let Some(worker) = worker {
        tasks.extend(asked::by_cases(db, worker, now, &tasks)?);
        tasks.extend(open_reminders(db, worker, now, &tasks)?);
    }
    tasks.retain(|task| {
        task.assignee
            .is_none_or(|id| worker.is_some_and(|w| w.id == id))
    });
    Ok(tasks)
}

/// Doors to visit again, without those that a task of the centre sends somebody to.
fn open_reminders(
    db: &Connection,
    worker: &Person,
    now: Timestamp,
    tasks: &[Task],
) -> Answer<Vec<Task>> {
    let mut assigned = Vec::new();
    for task in tasks {
        if task.household.is_some() && done_at(db, task.id)?.is_none() {
            assigned.push(task.clone());
        }
    }
    reminders::due(db, worker, now.local_date(), &assigned)
}

/// Those up to today that are open or were done today, and whether they were.
fn due(db: &Connection, now: Timestamp, worker: Option<&Person>) -> Answer<Vec<(Task, bool)>> {
    let today = now.local_date();
    let mut due = Vec::new();
    for task in mine(db, now, worker)? {
        let done = done_at(db, task.id)?;
        if task.due <= today && done.is_none_or(|at| at.local_date() == today) {
            due.push((task, done.is_some()));
        }
    }
    Ok(due)
}

/// What came today.
pub(crate) fn news(db: &Connection, now: Timestamp, worker: Option<&Person>) -> Answer<News> {
    asked::news(db, &mine(db, now, worker)?, now)
}

/// The same in walking order, with the building each stands under.
fn rows(
    db: &Connection,
    now: Timestamp,
    worker: Option<&Person>,
) -> Answer<Vec<(TaskRow, String)>> {
    let today = now.local_date();
    let lookups = Lookups::read(db, today)?;
    let mut tasks = due(db, now, worker)?;
    let doors = tasks.iter().filter_map(|(task, _)| task.household);
    let doors = households::rows(db, doors, &lookups)?;
    // nobody is sent to a door that is none any more; when that is taken back, its tasks are due again
    let gone = |task: &Task| {
        let door = task.household.and_then(|id| doors.get(&id));
        door.is_some_and(|door| door.void)
    };
    tasks.retain(|(task, done)| *done || !gone(task));
    let mut rows: Vec<(TaskRow, String)> = tasks
        .into_iter()
        .map(|(task, done)| {
            let wait = snooze::of_task(&task);
            let later = snooze::later(db, task.id.0, task.due, wait, today)?;
            let door = task.household.and_then(|id| doors.get(&id).cloned());
            let building = door.as_ref().map(|door| door.building_name.clone());
            let row = TaskRow {
                plate: door
                    .as_ref()
                    .map(|door| door.room.clone())
                    .unwrap_or_default(),
                name: match &door {
                    Some(door) => door.name.clone(),
                    None => task.place.clone().unwrap_or_default(),
                },
                days_since_visit: door.as_ref().and_then(|door| door.days_since),
                overdue_days: days_between(task.due, today),
                household: door,
                task,
                done,
                later,
            };
            Ok((row, building.unwrap_or_default()))
        })
        .collect::<Answer<_>>()?;
    rows.sort_by_cached_key(|(row, _)| {
        let walk = row.household.as_ref().map(|door| lookups.walk(door));
        (walk.is_none(), walk, row.task.due, row.task.id)
    });
    Ok(rows)
}

fn groups(rows: Vec<(TaskRow, String)>) -> Vec<TaskGroup> {
    let mut groups: Vec<TaskGroup> = Vec::new();
    let (mut overdue, mut waiting) = (Vec::new(), Vec::new());
    for (row, building) in rows {
        let (title, hint) = match row {
            _ if row.later.until.is_some() && !row.done => {
                waiting.push(row);
                continue;
            }
            _ if row.overdue_days > 0 => {
                overdue.push(row);
                continue;
            }
            TaskRow {
                household: Some(_), ..
            } => (building, GroupHint::Walking),
            _ => (String::new(), GroupHint::Elsewhere),
        };
        match groups.last_mut() {
            Some(group) if group.title == title && group.hint == hint => group.rows.push(row),
            _ => groups.push(TaskGroup {
                title,
                hint,
                rows: vec![row],
            }),
        }
    }
    if !overdue.is_empty() {
        groups.insert(
            0,
            TaskGroup {
                title: String::new(),
                hint: GroupHint::Overdue,
                rows: overdue,
            },
        );
    }
    if !waiting.is_empty() {
        groups.push(TaskGroup {
            title: String::new(),
            hint: GroupHint::Later,
            rows: waiting,
        });
    }
    for group in &mut groups {
        group.rows.sort_by_key(|row| row.done); // stable: the order of the way stays
    }
    groups
}

fn done_at(db: &Connection, task: TaskId) -> Answer<Option<Timestamp>> {
    let at: Option<i64> = db
        .prepare_cached("select min(at) from task_done where task = ?1")?
        .query_row([task.0], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(at.map(Timestamp))
}

/// Open tasks of one door; the visit that is due there is one of them unless a task of the centre sends somebody.
pub(crate) fn of_household(
    db: &Connection,
    household: HouseholdId,
    today: NaiveDate,
) -> Answer<Vec<Task>> {
    let mut open = Vec::new();
    for task in reference::tasks(db)? {
        if task.household == Some(household) && done_at(db, task.id)?.is_none() {
            open.push(task);
        }
    }
    if open.is_empty() {
        open.extend(reminders::of_door(db, household, today)?);
    }
    open.sort_by_key(|task| task.due);
    Ok(open)
}

/// Doors with an open task up to today.
pub(crate) fn due_doors(db: &Connection, today: NaiveDate) -> Answer<HashSet<HouseholdId>> {
    let mut due = reminders::doors(db, today)?;
    for task in reference::tasks(db)? {
        if let Some(household) = task.household
            && task.due <= today
            && done_at(db, task.id)?.is_none()
        {
            due.insert(household);
        }
    }
    Ok(due)
}
