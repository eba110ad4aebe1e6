//! 走访报告: a period's own visits, from the households and places that this phone has; and the words that the worker confirms.

use crate::{
    Phone,
    delivery::receipt_of,
    documents::{self, Edit, Noun, Target},
    error::{Answer, Failure},
    reference,
    settings::drop_drafts,
    today,
    view::{ConfirmedReport, EarlierReport, Receipt, VisitReportPage},
    work_log::building_name,
};
use chrono::NaiveDate;
use gridwalk_core::{
    household::{Amendment, HouseholdView},
    ids::{BuildingId, DocumentId, PersonId, VisitReportId, WorkerDayId},
    place::PlaceView,
    time::Timestamp,
    visit_report::{self, Door, Period, Shop, VisitMaterial},
    worker_day::{VisitReport, WorkerDayEdit},
};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

impl Phone {
    /// The report of a period: its figures follow the records. `VALUE_OUT_OF_RANGE` for a period that is none.
    pub fn visit_report(&self, from: NaiveDate, until: NaiveDate) -> Answer<VisitReportPage> {
        let who = self.who()?;
        let period = Period { from, until }.checked()?;
        let today = self.now().local_date();
        let worker = who.identity.worker.clone();
        self.database().read(|db| {
            let grids = worker.grids_on(today);
            let names: Vec<String> = reference::grids(db)?
                .into_iter()
                .filter(|grid| grids.contains(&grid.id))
                .map(|grid| grid.name)
                .collect();
            let confirmed = match wording(db, worker.id, period)? {
                None => None,
                Some((document, report)) => Some(ConfirmedReport {
                    receipt: receipt_of(
                        db,
                        document,
                        &[Noun::VisitReport],
                        Some(&report.report.to_string()),
                    )?
                    .unwrap_or(Receipt::Centre),
                    figures: report.figures,
                    narrative: report.narrative,
                    at: report.at,
                }),
            };
            Ok(VisitReportPage {
                worker: worker.name,
                grid_name: names.join("、"),
                material: material(db, worker.id, period)?,
                confirmed,
                earlier: earlier(db, worker.id, period)?,
            })
        })
    }

    /// The worker stands by the figures as they are now, and by these words. Confirming again keeps the earlier wording in
    /// the document.
    pub fn confirm_visit_report(
        &self,
        from: NaiveDate,
        until: NaiveDate,
        narrative: String,
    ) -> Answer<VisitReportPage> {
        let who = self.who()?;
        let period = Period { from, until }.checked()?;
        let now = self.now();
        let act = who.identity.act(now);
        let (fresh, report) = (WorkerDayId(self.new_id()?), VisitReportId(self.new_id()?));
        self.database().write(|db| {
            let figures = material(db, who.identity.worker.id, period)?.figures;
            let (day, mut edits) = today::own_day(db, &who.identity, now.local_date(), fresh)?;
            edits.push(Edit::WorkerDay(WorkerDayEdit::WriteReport {
                report,
                at: now,
                figures,
                narrative,
            }));
            let target = Target {
                document: day.into(),
                grid: who.identity.home(now),
                title: format!("{from}–{until}"),
                record: report.to_string(),
                severity: None,
            };
            documents::record(db, &who.identity, &target, &edits, &act)?;
            drop_drafts(db, &[format!("visit-report-{from}-{until}")])
        })?;
        self.wake(false);
        self.visit_report(from, until)
    }
}

/// The last wording of a period, and the worker day that it stands in.
fn wording(
    db: &Connection,
    worker: PersonId,
    period: Period,
) -> Answer<Option<(DocumentId, VisitReport)>> {
    let row: Option<(DocumentId, String)> = db
        .prepare_cached(
            "select document, view from visit_report where worker = ?1 and from_date = ?2 and until_date = ?3
             order by at desc, id desc limit 1",
        )?
        .query_row(
            (worker.0, period.from.to_string(), period.until.to_string()),
            |row| Ok((DocumentId(row.get(0)?), row.get(1)?)),
        )
        .optional()?;
    row.map(|(document, json)| Ok((document, serde_json::from_str(&json)?)))
        .transpose()
}

fn earlier(db: &Connection, worker: PersonId, but: Period) -> Answer<Vec<EarlierReport>> {
    let mut select = db.prepare_cached(
        "select from_date, until_date, max(at) from visit_report where worker = ?1
           and not (from_date = ?2 and until_date = ?3)
         group by from_date, until_date order by max(at) desc limit 12",
    )?;
    let mut rows = select.query((worker.0, but.from.to_string(), but.until.to_string()))?;
    let mut earlier = Vec::new();
    while let Some(row) = rows.next()? {
        let day = |at: usize| -> Answer<NaiveDate> {
            let day: String = row.get(at)?;
            day.parse().map_err(Failure::internal)
        };
        earlier.push(EarlierReport {
            period: Period {
                from: day(0)?,
                until: day(1)?,
            },
            at: Timestamp(row.get(2)?),
        });
    }
    Ok(earlier)
}

/// Own visits of the period. A door whose last visit, by whomever, was before it has none in it, and is not read.
fn material(db: &Connection, worker: PersonId, period: Period) -> Answer<VisitMaterial> {
    let since = Timestamp::from_shanghai(period.from, 0, 0).map_or(i64::MIN, |begin| begin.0);
    let mut names: BTreeMap<BuildingId, String> = BTreeMap::new();
    let (mut doors, mut shops) = (Vec::new(), Vec::new());
    seen_since::<HouseholdView>(db, "household", since, |view| {
        let building = match names.get(&view.building) {
            Some(name) => name.clone(),
            None => {
                let name = building_name(db, view.building)?;
                names.insert(view.building, name.clone());
                name
            }
        };
        let door = [view.unit.as_str(), view.room.as_str()].join(" ");
        for seen in view.visits.into_iter().filter(|seen| seen.by == worker) {
            doors.push(Door {
                household: view.id,
                building: building.clone(),
                door: door.trim().to_owned(),
                at: seen.visit.ended_at,
                outcome: seen.visit.outcome,
                changed: u32::try_from(seen.visit.changes.len()).unwrap_or(u32::MAX),
                notes: notes(seen.visit.note, seen.amendments),
            });
        }
        Ok(())
    })?;
    seen_since::<PlaceView>(db, "place", since, |view| {
        for seen in view.visits.into_iter().filter(|seen| seen.by == worker) {
            shops.push(Shop {
                place: view.created.id,
                name: view.created.name.clone(),
                at: seen.visit.ended_at,
                outcome: seen.visit.outcome,
                failed: u32::try_from(seen.visit.failed()).unwrap_or(u32::MAX),
                notes: notes(seen.visit.note, seen.amendments),
            });
        }
        Ok(())
    })?;
    let ledger = db
        .prepare_cached("select count(*) from household where void = 0")?
        .query_row([], |row| row.get(0))?;
    Ok(visit_report::compose(period, ledger, &doors, &shops))
}

fn seen_since<T: DeserializeOwned>(
    db: &Connection,
    table: &str,
    since: i64,
    mut each: impl FnMut(T) -> Answer<()>,
) -> Answer<()> {
    let mut select = db.prepare_cached(&format!(
        "select view from {table} where last_visit_at >= ?1"
    ))?;
    let mut rows = select.query([since])?;
    while let Some(row) = rows.next()? {
        let json: String = row.get(0)?;
        each(serde_json::from_str(&json)?)?;
    }
    Ok(())
}

fn notes(first: Option<String>, added: Vec<Amendment>) -> Vec<String> {
    let added = added.into_iter().map(|added| added.note);
    first.into_iter().chain(added).collect()
}
