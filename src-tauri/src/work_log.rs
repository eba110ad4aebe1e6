//! 工作日志: the day's own records, from the documents that this phone wrote in today; and the words that the worker confirms.

use crate::{
    Phone,
    delivery::receipt_of,
    documents::{self, Edit, Noun, Target},
    error::Answer,
    households, reference,
    settings::drop_drafts,
    today,
    view::{ConfirmedLog, Receipt, WorkLog},
};
use chrono::NaiveDate;
use gridwalk_core::{
    care::{CareView, SupportView},
    document::Document,
    form::HandedIn,
    household::HouseholdView,
    ids::{BuildingId, DocumentId, LogEntryId, PersonId, WorkerDayId},
    incident::{IncidentAction, IncidentView},
    patrol::PatrolView,
    place::PlaceView,
    time::Timestamp,
    work_log::{self, CaseDeed, FormTitle, Record},
    worker_day::{self, WorkerDayEdit, WorkerDayView},
};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Phone {
    /// Today's log: its lines follow the records, until the worker confirms words of their own.
    pub fn work_log(&self) -> Answer<WorkLog> {
        let who = self.who()?;
        let date = self.now().local_date();
        let worker = who.identity.worker.clone();
        self.database().read(|db| {
            let day = own_day(db, date)?;
            let grids = reference::grids(db)?.into_iter();
            let names: Vec<String> = grids
                .filter(|grid| worker.grids_on(date).contains(&grid.id))
                .map(|grid| grid.name)
                .collect();
            let confirmed = match day
                .as_ref()
                .and_then(|(id, view)| Some((id, view.log.clone()?)))
            {
                None => None,
                Some((id, log)) => Some(ConfirmedLog {
                    text: log.text,
                    at: log.at,
                    receipt: receipt_of(
                        db,
                        (*id).into(),
                        &[Noun::WorkLog],
                        Some(&log.entry.to_string()),
                    )?
                    .unwrap_or(Receipt::Centre),
                }),
            };
            let records = records(db, date, worker.id, day.as_ref().map(|(_, view)| view))?;
            Ok(WorkLog {
                date,
                worker: worker.name,
                grid_name: names.join("、"),
                lines: work_log::lines(records),
                confirmed,
            })
        })
    }

    /// The worker stands by these words. Confirming again keeps the earlier words in the document.
    pub fn confirm_work_log(&self, text: String) -> Answer<WorkLog> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let (fresh, entry) = (WorkerDayId(self.new_id()?), LogEntryId(self.new_id()?));
        self.database().write(|db| {
            let (day, mut edits) = today::own_day(db, &who.identity, now.local_date(), fresh)?;
            edits.push(Edit::WorkerDay(WorkerDayEdit::WriteLog {
                entry,
                at: now,
                text,
            }));
            let target = Target {
                document: day.into(),
                grid: who.identity.home(now),
                title: now.local_date().to_string(),
                record: entry.to_string(),
                severity: None,
            };
            documents::record(db, &who.identity, &target, &edits, &act)?;
            drop_drafts(db, &[format!("work-log-{}", now.local_date())])
        })?;
        self.wake(false);
        self.work_log()
    }
}

fn own_day(db: &Connection, date: NaiveDate) -> Answer<Option<(WorkerDayId, WorkerDayView)>> {
    let Some(id) = today::known_day(db, date)? else {
        return Ok(None);
    };
    let document: Option<Document> = documents::load(db, id.into())?.map(|held| held.document);
    Ok(document.map(|document| (id, worker_day::view(&document))))
}

/// Everything that this worker recorded on the day. Documents are found through the edits that this phone made in them, so
/// that a thousand others are not read.
fn records(
    db: &Connection,
    date: NaiveDate,
    worker: PersonId,
    day: Option<&WorkerDayView>,
) -> Answer<Vec<Record>> {
    let Some(begin) = Timestamp::from_shanghai(date, 0, 0) else {
        return Ok(Vec::new());
    };
    let touched: Vec<DocumentId> = db
        .prepare_cached("select distinct document from edit where at >= ?1 and at < ?2")?
        .query_map([begin.0, begin.0 + DAY_MS], |row| {
            Ok(DocumentId(row.get(0)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut records = Vec::new();
    for document in touched {
        if let Some(view) = shown::<HouseholdView>(db, "household", document)? {
            visits(db, &view, date, worker, &mut records)?;
            forms(db, &view, date, worker, &mut records)?;
        } else if let Some(view) = shown::<IncidentView>(db, "incident", document)? {
            deeds(&view, date, worker, &mut records);
        } else if let Some(view) = shown::<PatrolView>(db, "patrol", document)? {
            patrol(db, document, &view, date, worker, &mut records)?;
        } else if let Some(view) = shown::<PlaceView>(db, "place", document)? {
            checks(&view, date, worker, &mut records);
        } else if let Some(view) = shown::<CareView>(db, "care_plan", document)? {
            let own =
                |done: &&SupportView| done.by == worker && done.support.at.local_date() == date;
            records.extend(view.support.iter().filter(own).map(|done| Record::Care {
                plan: view.created.id,
                at: done.support.at,
            }));
        }
    }
    for task in reference::tasks(db)? {
        let done = day.and_then(|day| day.completed.iter().find(|(id, _)| *id == task.id));
        if let Some((_, at)) = done {
            records.push(Record::Task {
                text: task.text,
                at: *at,
            });
        }
    }
    Ok(records)
}

fn shown<T: DeserializeOwned>(
    db: &Connection,
    table: &str,
    document: DocumentId,
) -> Answer<Option<T>> {
    let json: Option<String> = db
        .prepare_cached(&format!("select view from {table} where id = ?1"))?
        .query_row([document.0], |row| row.get(0))
        .optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

fn visits(
    db: &Connection,
    view: &HouseholdView,
    date: NaiveDate,
    worker: PersonId,
    records: &mut Vec<Record>,
) -> Answer<()> {
    let building = building_name(db, view.building)?;
    for visit in &view.visits {
        if visit.by != worker || visit.visit.ended_at.local_date() != date {
            continue;
        }
        let door = [view.unit.as_str(), view.room.as_str()];
        records.push(Record::Visit {
            household: view.id,
            building: building.clone(),
            door: door.join(" ").trim().to_owned(),
            started_at: visit.visit.started_at,
            ended_at: visit.visit.ended_at,
            outcome: visit.visit.outcome,
            changed: u32::try_from(visit.visit.changes.len()).unwrap_or(u32::MAX),
            note: visit.visit.note.clone(),
        });
    }
    Ok(())
}

fn forms(
    db: &Connection,
    view: &HouseholdView,
    date: NaiveDate,
    worker: PersonId,
    records: &mut Vec<Record>,
) -> Answer<()> {
    for form in &view.forms {
        let own = |done: &&HandedIn| done.by == worker && done.at.local_date() == date;
        let Some(done) = form.handed_in.iter().find(own) else {
            continue;
        };
        // a template that has left the phone since has no name any more
        if let Some(template) = reference::form(db, &form.form.id, form.form.version)? {
            records.push(Record::Form {
                household: view.id,
                title: FormTitle {
                    zh: template.title_zh,
                    en: template.title_en,
                },
                at: done.at,
            });
        }
    }
    Ok(())
}

fn checks(view: &PlaceView, date: NaiveDate, worker: PersonId, records: &mut Vec<Record>) {
    let many = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let own = view
        .visits
        .iter()
        .filter(|seen| seen.by == worker && seen.visit.ended_at.local_date() == date);
    records.extend(own.map(|seen| Record::Place {
        place: view.created.id,
        name: view.created.name.clone(),
        started_at: seen.visit.started_at,
        ended_at: seen.visit.ended_at,
        outcome: seen.visit.outcome,
        failed: many(seen.visit.failed()),
        leaflets: many(seen.visit.leaflets.len()),
        note: seen.visit.note.clone(),
    }));
}

/// `听雨苑 3幢`; empty where the phone does not know the building.
pub(crate) fn building_name(db: &Connection, id: BuildingId) -> Answer<String> {
    let building = reference::building(db, id)?;
    Ok(building
        .as_ref()
        .map(households::building_words)
        .unwrap_or_default())
}

fn deeds(view: &IncidentView, date: NaiveDate, worker: PersonId, records: &mut Vec<Record>) {
    for event in &view.events {
        let act = &event.event.act;
        if act.by != worker || act.recorded_at.local_date() != date {
            continue;
        }
        // to look at something is no work on it
        if matches!(event.event.action, IncidentAction::OpenOriginal { .. }) {
            continue;
        }
        records.push(Record::Case {
            incident: view.created.id,
            local_no: view.created.local_no.clone(),
            category: view.created.category.clone(),
            place: view.created.place.text.clone(),
            at: act.recorded_at,
            deed: match event.event.action {
                IncidentAction::Submit { .. } => CaseDeed::Reported,
                IncidentAction::SelfHandle { .. } => CaseDeed::HandledOnSite,
                IncidentAction::VerifyResult { .. } => CaseDeed::Verified,
                IncidentAction::CheckPass | IncidentAction::CheckFail { .. } => CaseDeed::Checked,
                IncidentAction::Feedback { .. } => CaseDeed::ReportedBack,
                _ => CaseDeed::FollowedUp,
            },
        });
    }
}

fn patrol(
    db: &Connection,
    document: DocumentId,
    view: &PatrolView,
    date: NaiveDate,
    worker: PersonId,
    records: &mut Vec<Record>,
) -> Answer<()> {
    if view.leader != worker || view.created.started_at.local_date() != date {
        return Ok(());
    }
    let many = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let plan = view
        .created
        .plan
        .map(|id| reference::plan(db, id))
        .transpose()?;
    records.push(Record::Patrol {
        patrol: document.into(),
        name: plan.flatten().map(|plan| plan.name).unwrap_or_default(),
        started_at: view.created.started_at,
        ended_at: view.ended_at,
        reached: many(view.hits.iter().filter(|hit| hit.counts).count()),
        planned: many(view.created.checkpoints.len()),
        findings: many(view.findings.len()),
    });
    Ok(())
}
