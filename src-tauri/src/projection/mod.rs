//! What the screens read: rows made from merged documents, in the same transaction as the change behind them, or
//! right after a download in small batches. All of it can be made again from the log.

mod household;
mod place;

pub(crate) use household::{find_again, floor, fold_buildings};

use crate::{database::Database, documents, error::Answer, search};
use gridwalk_core::{
    care::CareView,
    document::{Document, FeedOrder},
    household::HouseholdView,
    ids::{DocumentId, TaskId},
    incident::IncidentView,
    patrol::PatrolView,
    registry::{self, Projection},
    sync::{message::DocumentKind, pack::read::IndexItem},
    time::Timestamp,
    worker_day::WorkerDayView,
};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Documents per transaction: a worker who saves meanwhile waits for at most one batch.
const BATCH: usize = 32;

/// Writes the rows of one document and marks it as shown.
pub(crate) fn write(db: &Connection, document: &Document, feed: &dyn FeedOrder) -> Answer<()> {
    match registry::project(document, feed) {
        Projection::Household(view) => household::write(db, &view)?,
        Projection::Incident(view) => incident(db, &view)?,
        Projection::Patrol(view) => patrol(db, document.id(), &view)?,
        Projection::WorkerDay(view) => worker_day(db, document.id(), &view)?,
        Projection::Care(view) => care_plan(db, &view)?,
        Projection::Place(view) => place::write(db, &view)?,
        Projection::Unknown => {}
    }
    db.prepare_cached(
        "update document set stale = 0, unreadable = null
         where id = ?1 and (stale <> 0 or unreadable is not null)",
    )?
    .execute([document.id().0])?;
    Ok(())
}

/// A row for the lists before its document is here, and of which document; none when the phone knows that already, or
/// when there is none to write.
pub(crate) fn early(db: &Connection, item: &IndexItem) -> Answer<Option<DocumentId>> {
    let new = |id: DocumentId| -> Answer<bool> {
        Ok(!db
            .prepare_cached("select 1 from change where document = ?1")?
            .exists([id.0])?)
    };
    match item.kind {
        DocumentKind::HOUSEHOLD => {
            if let Ok(view) = serde_json::from_str::<HouseholdView>(&item.view)
                && new(view.id.into())?
            {
                household::write(db, &view)?;
                return Ok(Some(view.id.into()));
            }
        }
        DocumentKind::INCIDENT => {
            if let Ok(view) = serde_json::from_str::<IncidentView>(&item.view)
                && new(view.created.id.into())?
            {
                incident(db, &view)?;
                return Ok(Some(view.created.id.into()));
            }
        }
        _ => {}
    }
    Ok(None)
}

/// Takes the rows of a document away.
pub(crate) fn forget(db: &Connection, id: DocumentId) -> Answer<()> {
    for delete in [
        "delete from household where id = ?1",
        "delete from incident where id = ?1",
        "delete from patrol where id = ?1",
        "delete from care_plan where id = ?1",
        "delete from place where id = ?1",
        "delete from task_done where document = ?1",
        "delete from visit_report where document = ?1",
        "delete from proposal where document = ?1",
        "delete from search_entry where document = ?1",
    ] {
        db.prepare_cached(delete)?.execute([id.0])?;
    }
    Ok(())
}

/// Shows one batch of what was downloaded; true while there is more.
pub(crate) fn refresh(database: &Database) -> Answer<bool> {
    database.write(|db| {
        let stale: Vec<DocumentId> = db
            .prepare_cached("select id from document where stale = 1 limit ?1")?
            .query_map([BATCH], |row| Ok(DocumentId(row.get(0)?)))?
            .collect::<Result<_, _>>()?;
        for document in &stale {
            show(db, *document)?;
        }
        Ok(stale.len() == BATCH)
    })
}

fn show(db: &Connection, id: DocumentId) -> Answer<()> {
    // a change may pass the scanner and still break the library behind it: that document only (design §5)
    let shown = catch_unwind(AssertUnwindSafe(|| -> Answer<()> {
        let Some(mut held) = documents::load(db, id)? else {
            return Ok(());
        };
        let feed = documents::positions(db, id)?;
        write(db, &held.document, &feed)?;
        if held.tail >= 2 * documents::TAIL {
            documents::snapshot(db, &mut held.document)?;
        }
        Ok(())
    }));
    let why = match shown {
        Ok(Ok(())) => {
            db.prepare_cached("update document set stale = 0 where id = ?1")?
                .execute([id.0])?;
            return Ok(());
        }
        Ok(Err(failure)) => failure.to_string(),
        Err(_) => "the library panicked".to_owned(),
    };
    cannot_show(db, id, &why)
}

/// The lists keep what they had of it.
pub(crate) fn cannot_show(db: &Connection, id: DocumentId, why: &str) -> Answer<()> {
    tracing::warn!(document = %id, why, "a document cannot be shown");
    db.prepare_cached("update document set stale = 2, unreadable = ?2 where id = ?1")?
        .execute((id.0, why))?;
    Ok(())
}

fn incident(db: &Connection, view: &IncidentView) -> Answer<()> {
    let created = &view.created;
    let position = created.place.position;
    db.prepare_cached(
        "insert or replace into incident
           (id, grid, household, category, state, reported_by, reported_at, lon, lat, view)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        created.id.0,
        created.grid.0,
        created.place.household.map(|household| household.0),
        &created.category,
        word(&view.state)?,
        view.reported.by.0,
        view.reported.recorded_at.0,
        position.map(|p| p.lon),
        position.map(|p| p.lat),
        serde_json::to_string(view)?,
    ))?;
    search::incident(db, view)
}

fn patrol(db: &Connection, id: DocumentId, view: &PatrolView) -> Answer<()> {
    db.prepare_cached(
        "insert or replace into patrol (id, leader, started_at, ended_at, view) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        id.0,
        view.leader.0,
        view.created.started_at.0,
        view.ended_at.map(|at| at.0),
        serde_json::to_string(view)?,
    ))?;
    Ok(())
}

fn care_plan(db: &Connection, view: &CareView) -> Answer<()> {
    db.prepare_cached(
        "insert into care_plan (id, household, view) values (?1, ?2, ?3)
         on conflict (id) do update set household = excluded.household, view = excluded.view",
    )?
    .execute((
        view.created.id.0,
        view.created.household.0,
        serde_json::to_string(view)?,
    ))?;
    Ok(())
}

fn worker_day(db: &Connection, id: DocumentId, view: &WorkerDayView) -> Answer<()> {
    reports(db, id, view)?;
    proposals(db, id, view)?;
    settle(db, id, &view.completed)
}

/// The reports that were confirmed on a day.
fn reports(db: &Connection, day: DocumentId, view: &WorkerDayView) -> Answer<()> {
    db.prepare_cached("delete from visit_report where document = ?1")?
        .execute([day.0])?;
    for report in &view.reports {
        let period = report.figures.period;
        db.prepare_cached(
            "insert or replace into visit_report (id, document, worker, from_date, until_date, at, view)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            report.report.0,
            day.0,
            view.created.worker.0,
            period.from.to_string(),
            period.until.to_string(),
            report.at.0,
            serde_json::to_string(report)?,
        ))?;
    }
    Ok(())
}

/// What was proposed on a day.
fn proposals(db: &Connection, day: DocumentId, view: &WorkerDayView) -> Answer<()> {
    db.prepare_cached("delete from proposal where document = ?1")?
        .execute([day.0])?;
    for said in &view.proposals {
        db.prepare_cached(
            "insert or replace into proposal (id, document, worker, at, view) values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            said.proposal.id.0,
            day.0,
            view.created.worker.0,
            said.at.0,
            serde_json::to_string(&said.proposal)?,
        ))?;
    }
    Ok(())
}

/// Says which tasks a document settles.
fn settle(db: &Connection, document: DocumentId, tasks: &[(TaskId, Timestamp)]) -> Answer<()> {
    db.prepare_cached("delete from task_done where document = ?1")?
        .execute([document.0])?;
    for (task, at) in tasks {
        db.prepare_cached(
            "insert into task_done (task, document, at) values (?1, ?2, ?3) on conflict do nothing",
        )?
        .execute((task.0, document.0, at.0))?;
    }
    Ok(())
}

/// A word of an enum as it is written in JSON.
fn word(value: &impl serde::Serialize) -> Answer<String> {
    Ok(match serde_json::to_value(value)? {
        serde_json::Value::String(word) => word,
        other => other.to_string(),
    })
}
